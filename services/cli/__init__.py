"""The `dateline` command, one file per noun. Each is imported only when it is called, so that `--help` is quick."""

import importlib
import keyword
import sys

import click

from services.core.errors import ConfigurationError, DatelineError

COMMANDS: dict[str, tuple[str, str]] = {
    "up": ("services.cli.roles", "All roles on this machine, embedded servers where nothing is configured."),
    "api": ("services.cli.roles", "Serve the API and the pages."),
    "scheduler": ("services.cli.roles", "Hint at work that is due; any number of copies may run."),
    "worker": ("services.cli.roles", "Run jobs: ingest, classify, stories, or all."),
    "migrate": ("services.cli.roles", "Bring the database to the newest schema."),
    "feeds": ("services.cli.feeds", "Add, import, check, list and pause feeds."),
    "rules": ("services.cli.rules", "Check, test, explain, measure and publish the rulebook."),
    "corrections": ("services.cli.corrections", "Say what the labels of an article are, above the rules."),
    "judge": ("services.cli.judge", "Say what articles are to each other, or that one is no news."),
    "tokens": ("services.cli.tokens", "Keys for editors, operators and programs."),
    "webhooks": ("services.cli.webhooks", "Send streams to addresses: add, list, pause, replay, rotate."),
    "queues": ("services.cli.queues", "What waits, what workers died of, and starting that anew."),
    "stories": (
        "services.cli.stories",
        "One story, what is rising, what stays out of it, and how well articles are grouped.",
    ),
    "dedupe": ("services.cli.dedupe", "Measure how the same article and its copies are found."),
    "latest": ("services.cli.latest", "Show the Latest stream, and follow it."),
    "doctor": ("services.cli.doctor", "Say in sentences what is wrong and what to do."),
    "pulse": (
        "services.cli.pulse",
        "For health checks of containers: end the role that leads this one if it hangs.",
    ),
    "backup": ("services.cli.backups", "Everything in one file, while it runs."),
    "restore": ("services.cli.backups", "Put a backup in place of what is there."),
    "export": ("services.cli.files", "Feeds, rules, corrections and judgements as text in a folder."),
    "import": ("services.cli.files", "Take feeds, rules, corrections and judgements from a folder."),
    "settings": ("services.cli.about", "Every setting with its value and where it came from."),
    "version": ("services.cli.about", "The version of Dateline."),
}


class LazyGroup(click.Group):
    """A group that knows its commands' names and imports the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click names the arguments
        """Names, in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        """The command, from the module that defines a function of its name."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(COMMANDS[cmd_name][0])
        found = getattr(module, cmd_name + "_" if keyword.iskeyword(cmd_name) else cmd_name)
        assert isinstance(found, click.Command)  # noqa: S101 - a mistake in the table above
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - as above
        """The list of commands without importing any of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Dateline: the news of thousands of feeds, once each, under its region and topic.

    Start everything on this machine with `dateline up`.
    """


def main() -> None:
    """Run the command line. Exit codes: 0 done, 1 the thing asked about is wrong, 2 used wrongly."""
    try:
        cli(prog_name="dateline", standalone_mode=True)
    except DatelineError as error:
        click.echo(f"dateline: {error}", err=True)
        sys.exit(2 if isinstance(error, ConfigurationError) else 1)

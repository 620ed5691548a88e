"""What is wrong and what to do, in sentences."""

import json
import os
import shutil
import sys
import textwrap

import click

from services.core.health import ROLES_NEEDED, examine, examine_role
from services.core.settings import settings

SHOWN = {
    "ok": click.style("ok   ", fg="green"),
    "note": click.style("note ", fg="yellow"),
    "wrong": click.style("WRONG", fg="red", bold=True),
}
"""On a terminal; elsewhere the words alone."""
INDENT = 19
"""Where sentences begin."""


@click.command(epilog="Example: dateline doctor --json")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--role",
    type=click.Choice(ROLES_NEEDED),
    help="Only whether this role gives signs of life from this host.",
)
def doctor(as_json: bool, role: str | None) -> None:
    """Look at every part and say in a sentence what is wrong and what to do; exit 1 when something is, 0 where there are notes only."""
    settings()  # a wrong setting is a mistake of the call, not a finding
    findings = [examine_role(role)] if role else examine()
    if as_json:
        rows = [
            {"ok": f.ok, "level": f.level, "about": f.about, "says": f.says, "see": f.see} for f in findings
        ]
        click.echo(json.dumps(rows, indent=2))
    else:
        colour = False if os.environ.get("NO_COLOR") else None
        for f in findings:
            click.echo(f"{SHOWN[f.level]} {f.about:12} {_in_the_window(f.says)}", color=colour)
        wrong = [f for f in findings if not f.ok]
        if wrong:
            click.echo(f"More on each: {wrong[0].see}")
    raise SystemExit(0 if all(f.ok for f in findings) else 1)


def _in_the_window(says: str) -> str:
    """A sentence that does not break amid a word, on a terminal; for other programs a finding is a line."""
    if not sys.stdout.isatty():
        return says
    width = max(40, shutil.get_terminal_size().columns - INDENT)
    lines = textwrap.wrap(says, width, break_long_words=False, break_on_hyphens=False)
    return ("\n" + " " * INDENT).join(lines)

"""`dateline backup` and `dateline restore`: everything in one file, while it runs."""

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from services.cli.printing import JSON, plural, print_json
from services.core.errors import InvalidInputError
from services.core.settings import settings

_MEGABYTE = 1_000_000


@click.command(epilog="Example: dateline backup news.dump")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--force", is_flag=True, help="Replace FILE where it is there already.")
@JSON
def backup(file: Path, force: bool, as_json: bool) -> None:
    """Write everything in the database to FILE (`-`: standard output), while it runs or while nothing does.

    FILE takes its name when it is whole and on the disk. It is PostgreSQL's own format, which `pg_restore` reads too.
    """
    from services.backups.backup import backup as make
    from services.backups.place import database

    pipe = str(file) == "-"
    if pipe and as_json:
        raise click.UsageError("With `-` standard output is the backup: leave out --json.")
    if pipe and sys.stdout.isatty():
        raise click.UsageError("A backup is no text for a terminal: name a file, or send it into a pipe.")
    with database(settings(), make=False) as url, _told("backed up") as progress:
        made = make(url, None if pipe else file, force=force, progress=progress)
    if as_json:
        print_json(asdict(made))
    elif not pipe:
        click.echo(f"{file}: {_size(made.bytes or 0)} in {made.seconds:.1f} s, schema {made.schema}.")


@click.command(epilog="Example: dateline restore news.dump")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--force", is_flag=True, help="Although roles are connected to the database.")
@click.option(
    "--epoch-only",
    is_flag=True,
    help="Restore nothing: the database was set back by other means, let followers begin anew.",
)
@JSON
def restore(file: Path | None, force: bool, epoch_only: bool, as_json: bool) -> None:
    """Put the backup in FILE (`-`: standard input) in place of everything the database holds.

    In one transaction: a file that is no backup, or cut short, changes nothing. An older schema is brought to the newest. Followers'
    cursors are refused afterwards (410), and they begin anew instead of missing something.
    """
    from services.backups import restore as restoring
    from services.backups.place import database
    from services.core import cache

    if epoch_only == (file is not None):
        raise click.UsageError("Name a FILE, or say --epoch-only.")
    with database(settings(), make=not epoch_only) as url:
        if file is None:
            restoring.new_epoch(url)
            done = None
        else:
            with _on_disk(file) as found, _told("restored") as progress:
                done = restoring.restore(url, found, force=force, progress=progress)
    cache.tell_followers(0)
    if as_json:
        print_json({"epoch": "new"} | ({} if done is None else asdict(done) | {"file": str(file)}))
    elif done is None:
        click.echo(
            "A new epoch has begun: cursors of before are refused with 410; webhooks are paused until they are replayed."
        )
    else:
        moved = (
            ""
            if done.schema == done.schema_before
            else f", brought from schema {done.schema_before} to {done.schema}"
        )
        click.echo(
            f"{plural(done.articles, 'article')} and {plural(done.feeds, 'feed')} of {done.made} are back after {done.seconds:.1f} s{moved}. "
            "Followers begin anew; webhooks are paused until they are replayed."
        )


@contextmanager
def _on_disk(file: Path) -> Iterator[Path]:
    """A file that can be read twice: what comes through a pipe is put aside first."""
    if str(file) != "-":
        yield file
        return
    with TemporaryDirectory(prefix="dateline-restore-") as folder:
        aside = Path(folder) / "standard input"
        try:
            with aside.open("wb") as opened:
                shutil.copyfileobj(sys.stdin.buffer, opened)
        except OSError as error:
            raise InvalidInputError(
                f"Standard input cannot be put aside in {folder}: {error.strerror}."
            ) from error
        yield aside


@contextmanager
def _told(what: str) -> Iterator[Callable[[int], None]]:
    """Bytes so far, in place, on a terminal alone."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return

    def tell(done: int) -> None:
        click.echo(f"\r{what}: {_size(done)}\x1b[K", err=True, nl=False)

    try:
        yield tell
    finally:
        with suppress(OSError):
            click.echo("\r\x1b[K", err=True, nl=False)


def _size(count: int) -> str:
    return f"{count / _MEGABYTE:,.1f} MB"

"""What is in force, what becomes so, and what was."""

import getpass
from pathlib import Path
from typing import Any

import click

from services.cli.printing import JSON, plural, print_json
from services.core.db import long_transaction, transaction
from services.core.errors import InvalidInputError

BASE_FILE = ".dateline-version"
"""Beside exported rules: the version that they are, so that publishing them later notices what others published."""


@click.command()
@click.argument("path", required=False, type=click.Path(exists=True))
@click.option("-m", "--message", required=True, help="What changed and why; the history shows it.")
@click.option("--author", default=None, help="Who publishes; your login name when left out.")
@click.option("--base", default=None, help="The version you began from; exported folders know theirs.")
@click.option("--force", is_flag=True, help="Publish over what others published meanwhile.")
@click.option("--starter", is_flag=True, help="The rulebook that ships, in place of a PATH.")
@JSON
def publish(
    path: str | None,
    message: str,
    author: str | None,
    base: str | None,
    force: bool,
    starter: bool,
    as_json: bool,
) -> None:
    """Put a rules folder in force, if all tests in it pass; what is listed gets its labels anew.

    Example: dateline rules publish rules/ -m "Kyrgyz leaders after the election"
    """
    from services.classify.errands import publishing
    from services.classify.starter import load_folder, starter_texts
    from services.classify.work import TestsFailError

    if (path is None) is not starter:
        raise click.UsageError("Give a PATH, or --starter, and not both.")
    texts = starter_texts() if path is None else load_folder(path)
    given = {"texts": texts, "message": message, "base": base or _base_of(path), "force": force or starter}
    try:
        with long_transaction() as session:
            done = publishing.publish(session, given, author or getpass.getuser())
    except TestsFailError as error:
        raise InvalidInputError(f"{error} `dateline rules test {path}` shows them all.") from error
    if path is not None and Path(path).is_dir() and (Path(path) / BASE_FILE).exists():
        (Path(path) / BASE_FILE).write_text(done["version"] + "\n")
    _say(done, as_json=as_json)


def _base_of(path: str | None) -> str | None:
    """What an exported folder began from; nothing is known of others."""
    file = Path(path or "") / BASE_FILE
    return file.read_text().strip() or None if path is not None and file.is_file() else None


def _say(done: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(done)
    elif done["relabelling"] is None:
        click.echo(f"Rulebook {done['version'][:12]} is in force already.")
    else:
        click.echo(f"Rulebook {done['version'][:12]} is in force; what is listed gets its labels anew.")
        _warn(done)


def _warn(done: dict[str, Any]) -> None:
    """What becomes of articles by other rules of addresses, and how to go back."""
    found = (done.get("figures") or {}).get("addresses")
    if found is None:
        return
    for sentence in found["sentences"]:
        click.echo(sentence, err=True)
    if found["joined"] and done["before"]:
        back = f"dateline rules rollback {done['before'][:12]}"
        click.echo(f"To go back: {back}. To part two of them alone: dateline judge different A B.", err=True)


@click.command()
@JSON
@click.option("-n", "--limit", type=click.IntRange(1, 1000), default=30, help="How many at most (30).")
def history(as_json: bool, limit: int) -> None:
    """What was put in force and when, newest first; the star marks what is in force. Then how far relabelling is.

    Example: dateline rules history
    """
    from services.classify import rulebook
    from services.classify.labelling import walk

    with transaction() as session:
        rows = rulebook.history(session, limit=limit)
        last = walk.last(session)
    if as_json:
        print_json(rows)
        return
    for row in rows:
        mark = "*" if row["active"] else " "
        click.echo(
            f"{mark} {row['version'][:12]}  {row['at']:%Y-%m-%d %H:%M}  {row['author']}: {row['message']}"
        )
        for sentence in (row["figures"].get("addresses") or {}).get("sentences", ()):
            click.echo(f"    {sentence}")
    if last is not None:
        click.echo(last.in_words())


@click.command()
@click.argument("version")
@click.option("-m", "--message", default="", help="Why; the history shows it.")
@click.option("--author", default=None, help="Who goes back; your login name when left out.")
@JSON
def rollback(version: str, message: str, author: str | None, as_json: bool) -> None:
    """Put an earlier VERSION (its first letters do) in force again.

    Example: dateline rules rollback 40d819c8 -m "Kyrgyz rules caught sports"
    """
    from services.classify.errands import publishing

    given = {"version": version, "message": message}
    with long_transaction() as session:
        done = publishing.roll_back(session, given, author or getpass.getuser())
    _say(done, as_json=as_json)


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--version", default=None, help="An earlier version; the one in force when left out.")
def export(folder: Path, version: str | None) -> None:
    """Write the rulebook in force into an empty FOLDER, to be changed and published.

    Example: dateline rules export rules/
    """
    from services.classify import rulebook

    if folder.exists() and any(folder.iterdir()):
        raise InvalidInputError(f"{folder} is not empty; name a new folder.")
    with transaction() as session:
        which = rulebook.find_version(session, version) if version else rulebook.require_version(session)
        texts = rulebook.texts_of(session, which)
    try:
        for name, text in texts.items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        (folder / BASE_FILE).write_text(which + "\n")
    except OSError as error:
        raise InvalidInputError(f"{error.filename or folder} cannot be written: {error.strerror}.") from error
    click.echo(f"{plural(len(texts), 'file')} of rulebook {which[:12]} written to {folder}.")

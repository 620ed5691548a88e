"""What would a change do? `diff` says what two rulebooks say differently, `impact` what that does to stored articles."""

from pathlib import Path
from typing import Any

import click

from services.cli.printing import JSON, print_json

IN_FORCE, STARTER = "in-force", "starter"


@click.command()
@click.argument("before")
@click.argument("after", required=False)
@JSON
def diff(before: str, after: str | None, as_json: bool) -> None:
    """Say what AFTER says differently from BEFORE, whatever the layout of their files.

    Each is a rules folder or file, a published version (its first letters do), `in-force` or `starter`. With one alone: what
    it says differently from what is in force. Exit code 1 when they differ.

    Example: dateline rules diff 40d819c8 rules/
    """
    from services.classify.rules import diff as compare

    one, other = (before, after) if after is not None else (IN_FORCE, before)
    difference = compare(_rulebook(one), _rulebook(other))
    if as_json:
        print_json(difference.to_json())
    else:
        for line in difference.lines():
            click.echo(line)
    click.get_current_context().exit(1 if difference else 0)


def _rulebook(named: str) -> Any:
    """What is meant by a word on the command line. Raises RulebookError, NotFoundError."""
    from services.classify import rulebook
    from services.classify.rules import load_texts
    from services.classify.starter import load_folder, starter_texts
    from services.core.db import transaction

    if named == STARTER:
        return load_texts(starter_texts())
    if Path(named).exists():
        return load_texts(load_folder(named))
    with transaction() as session:
        version = (
            rulebook.require_version(session) if named == IN_FORCE else rulebook.find_version(session, named)
        )
        return load_texts(rulebook.texts_of(session, version), version=version)


@click.command()
@click.argument("path")
@click.option(
    "-n", "--articles", type=click.IntRange(1, 200_000), default=10_000, help="How many of the newest."
)
@click.option(
    "--examples", type=click.IntRange(1, 100), default=3, help="Headlines shown for each label (3)."
)
@JSON
def impact(path: str, articles: int, examples: int, as_json: bool) -> None:
    """Say what the rules of PATH would do to the articles that are stored, and which edit does it. Changes nothing.

    PATH is a rules folder or file, or a published version (its first letters do): what going back to it would do.

    Example: dateline rules impact my-rules/ -n 2000
    """
    from services.classify.errands.joining import address_lines
    from services.classify.errands.measuring import foresee
    from services.classify.rules import Impact
    from services.cli.rules.common import reference
    from services.core.db import long_transaction

    rulebook = reference(path) if Path(path).exists() else {"version": path}
    given = {"rulebook": rulebook, "limit": articles, "examples": max(examples, 10)}
    with long_transaction() as session:
        told = foresee(session, given, "")
    if as_json:
        print_json(told)
        return
    for line in [
        *address_lines(told["addresses"], examples),
        *Impact.from_json(told).lines(samples=examples),
    ]:
        click.echo(line)

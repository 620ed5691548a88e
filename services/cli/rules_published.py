"""The part of `dateline rules` that needs the database: what is in force, and what becomes so."""

import getpass
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from services.core.db import transaction
from services.core.errors import InvalidInputError

if TYPE_CHECKING:
    from services.classify.rules import CompiledRulebook, Document

JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.command()
@click.argument("path", type=click.Path(exists=True))
@click.option("-m", "--message", required=True, help="What changed and why; the history shows it.")
@click.option("--author", default=None, help="Who publishes; your login name when left out.")
def publish(path: str, message: str, author: str | None) -> None:
    """Put a rules folder in force, if all tests in it pass; recent articles get their labels anew.

    Example: dateline rules publish rules/ -m "Kyrgyz leaders after the election"
    """
    from services.classify import rulebook
    from services.classify.rules import compile_rulebook, load_texts, run_tests
    from services.classify.starter import load_folder

    texts = load_folder(path)
    failed = [result for result in run_tests(compile_rulebook(load_texts(texts))) if not result.passed]
    if failed:
        first = failed[0]
        raise InvalidInputError(
            f"{len(failed)} of its own tests fail, the first at {first.example.position}: {first.sentence} "
            f"Nothing was published; `dateline rules test {path}` shows them all."
        )
    with transaction() as session:
        version = rulebook.publish(session, texts, message=message, author=author or getpass.getuser())
    click.echo(f"Rulebook {version[:12]} is in force.")


@click.command()
@JSON
def history(as_json: bool) -> None:
    """Published versions, newest first; the star marks the one in force.

    Example: dateline rules history
    """
    import orjson

    from services.classify import rulebook

    with transaction() as session:
        rows = rulebook.history(session)
    if as_json:
        click.echo(orjson.dumps(rows, option=orjson.OPT_INDENT_2).decode())
        return
    for row in rows:
        mark = "*" if row["active"] else " "
        click.echo(
            f"{mark} {row['version'][:12]}  {row['created_at']:%Y-%m-%d %H:%M}  {row['author']}: {row['message']}"
        )


@click.command()
@click.argument("version")
def rollback(version: str) -> None:
    """Put an earlier VERSION (its first letters do) in force again.

    Example: dateline rules rollback 40d819c8
    """
    from services.classify import rulebook

    with transaction() as session:
        back = rulebook.put_in_force(session, version)
    click.echo(f"Rulebook {back[:12]} is in force.")


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def export(folder: Path) -> None:
    """Write the rulebook in force into an empty FOLDER, to be changed and published.

    Example: dateline rules export rules/
    """
    from services.classify import rulebook

    if folder.exists() and any(folder.iterdir()):
        raise InvalidInputError(f"{folder} is not empty; name a new folder.")
    with transaction() as session:
        texts = rulebook.texts_in_force(session)
    for name, text in texts.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    click.echo(f"{len(texts)} files written to {folder}.")


def stored_document(article_id: int) -> "tuple[Document, CompiledRulebook]":
    """A stored article as rules see it, and the rulebook in force. Raises NotFoundError."""
    from services.classify import rulebook, store

    with transaction() as session:
        return store.document(session, article_id), rulebook.current(session)


def refuse_both(article_id: int | None, *given: Any) -> None:
    """An article has its own title and body; a caller who gives both meant one of them."""
    if article_id is not None and any(given):
        click.echo("Give an ARTICLE-ID or --title and --body, not both.", err=True)
        sys.exit(2)

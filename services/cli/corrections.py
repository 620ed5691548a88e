"""Corrections: what an editor says the labels of an article are. They stand above the rules and measure them."""

import getpass
from typing import Any

import click

from services.cli.printing import JSON, plural
from services.core.db import transaction

_NUMBER = click.IntRange(min=1, max=2**63 - 1)
ARTICLE = click.argument("article_id", type=_NUMBER)
_KINDS = ("regions", "topics", "places")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def corrections() -> None:
    """Say what the labels of an article are, above the rules.

    Example: dateline corrections set 17 --region central-asia --topic energy --note "about the dam"
    """


@corrections.command(
    "set", epilog='Example: dateline corrections set 17 --region central-asia --note "the dam"'
)
@ARTICLE
@click.option("--region", "regions", multiple=True, help="A region's slug; repeatable, the first is primary.")
@click.option("--topic", "topics", multiple=True, help="A topic's slug; repeatable.")
@click.option("--place", "places", multiple=True, help="A country's ISO code such as KZ; repeatable.")
@click.option("--no-regions", is_flag=True, help="It belongs to no region.")
@click.option("--no-topics", is_flag=True, help="It belongs to no topic.")
@click.option("--no-places", is_flag=True, help="It is about no country.")
@click.option("--note", default="", help="Why; shown beside the labels.")
@click.option("--author", default=None, help="Who says so; your login name when left out.")
def set_(
    article_id: int,
    regions: tuple[str, ...],
    topics: tuple[str, ...],
    places: tuple[str, ...],
    no_regions: bool,
    no_topics: bool,
    no_places: bool,
    note: str,
    author: str | None,
) -> None:
    """Say what the labels of a stored article are.

    A kind that is not named stays as it was: as an earlier correction says, or with the rules.
    """
    from services.core.corrections import Judgement, correct, of_article

    asked = {
        "regions": _said("region", regions, none=no_regions),
        "topics": _said("topic", topics, none=no_topics),
        "places": _said("place", places, none=no_places),
    }
    if all(said is None for said in asked.values()):
        raise click.UsageError("Say something: --region, --topic, --place, or --no-regions and the like.")
    judgement = Judgement(
        **asked,
        note=note,
        keeps=frozenset(kind for kind, said in asked.items() if said is None),
    )
    with transaction() as session:
        correct(session, article_id, judgement, author=author or getpass.getuser())
        stands = of_article(session, article_id)[0]
    click.echo(f"Article {article_id} has, within seconds: {_of(stands)}; the rest is the rules' affair.")


def _said(kind: str, given: tuple[str, ...], *, none: bool) -> tuple[str, ...] | None:
    if given and none:
        raise click.UsageError(f"Give --{kind} or --no-{kind}s, not both.")
    return tuple(slug.removeprefix(f"{kind}/") for slug in given) if given or none else None


class _NumberOrAddress(click.ParamType[int | str]):
    """The number of an article that is here, or the address of one that is not."""

    name = "article"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | str:
        return _NUMBER.convert(value, param, ctx) if str(value).isdecimal() else str(value)


@corrections.command(epilog="Example: dateline corrections withdraw 17")
@click.argument("article", type=_NumberOrAddress(), metavar="ARTICLE_ID|URL")
def withdraw(article: int | str) -> None:
    """Leave an article to the rules again; exit 1 when no correction stands.

    What was said of an article that is not here is withdrawn by the address that `dateline corrections list` shows for it.
    """
    from services.core import corrections as stored

    with transaction() as session:
        if isinstance(article, int):
            stood = stored.withdraw(session, article)
            said = f"Article {article} {'is left to the rules again' if stood else 'has no correction'}."
        else:
            count = stored.withdraw_kept(session, article)
            stood = count > 0
            said = (
                f"{plural(count, 'correction')} of {article} withdrawn."
                if stood
                else f"Nothing stands of an article that is not here and has the address {article}; of one that is here give the number."
            )
    click.echo(said)
    click.get_current_context().exit(0 if stood else 1)


@corrections.command("list", epilog="Example: dateline corrections list -n 20")
@click.option("-n", "--limit", type=click.IntRange(1, 1000), default=30, help="How many at most (30).")
@JSON
def list_(limit: int, as_json: bool) -> None:
    """Corrections that stand, the newest first."""
    import orjson

    from services.core.corrections import standing

    with transaction() as session:
        found = standing(session, limit=limit)
    if as_json:
        click.echo(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode())
        return
    for row in found:
        said = _of(row)
        note = f" ({row.note})" if row.note else ""
        click.echo(
            f"{row.article_id or 'not here'}  {row.created_at:%Y-%m-%d %H:%M}  {row.author}: {said}{note}"
        )
        click.echo(f"    {row.document.get('title', '')}")
        if row.article_id is None and "section" in row.document:
            click.echo(f"    {row.document['section']}")


def _of(row: Any) -> str:
    """What a correction says, kind by kind."""
    return ", ".join(_in_words(kind, getattr(row, kind)) for kind in _KINDS if getattr(row, kind) is not None)


def _in_words(kind: str, slugs: Any) -> str:
    return f"{kind} {' '.join(slugs)}" if slugs else f"no {kind}"


@corrections.command(epilog="Example: dateline corrections export > corrected.jsonl")
def export() -> None:
    """Print the corrected articles as labelled rows (JSON lines), as `dateline rules evaluate` reads them."""
    import orjson

    from services.classify.errands.measuring import corrected_rows

    with transaction() as session:
        rows = corrected_rows(session)
    for row in rows:
        click.echo(orjson.dumps(row).decode())

"""Why does a text get its labels, and why not others?"""

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from services.classify.rules import CompiledRulebook
from services.cli.printing import JSON, print_json
from services.cli.rules.common import RULES, compiled, reference
from services.core import languages


@click.command()
@click.argument("article_id", required=False, type=int)
@click.option("--title", default="", help="The headline.")
@click.option("--body", default="", help="Teaser or text.")
@click.option("--lang", default=None, help="Language of the text, such as en or ru.")
@click.option(
    "--dateline", default=None, help="Where the report was filed, if it stands apart from the text."
)
@click.option("--country", default=None, help="ISO code of the publisher's country.")
@RULES
@JSON
def explain(
    article_id: int | None,
    title: str,
    body: str,
    lang: str | None,
    dateline: str | None,
    country: str | None,
    rules_path: str | None,
    as_json: bool,
) -> None:
    """Say which labels a text gets and why, which hits did not count, and what came near.

    The text is a stored article's or the one given; the rulebook is that of --rules, else the one in force, and where no
    database answers the one that ships.

    Example: dateline rules explain --title "Tokayev visits Tashkent" --json
    """
    if lang and (wrong := languages.fault(lang)):
        raise click.BadParameter(wrong.sentence, param_hint="--lang")
    given = {"title": title, "body": body, "lang": lang, "dateline": dateline, "source_country": country}
    if article_id is not None:
        if title or body or dateline:
            raise click.UsageError("Give an ARTICLE-ID or --title and --body, not both.")
        told = _of_stored(article_id, rules_path)
    elif title or body:
        told = _of_text(given, rules_path)
    else:
        raise click.UsageError("Give an ARTICLE-ID, or --title or --body, or both.")
    if as_json:
        print_json(told)
        return
    text = told["document"]
    dated = text["dateline"] or text["body"]
    _print(
        told, {"title": text["title"], "body": text["body"], "dateline": dated, "section": text["section"]}
    )


def _of_stored(article_id: int, rules_path: str | None) -> dict[str, Any]:
    from services.classify.errands.reading import explain_text
    from services.core.db import transaction

    with transaction() as session:
        return explain_text(session, {"article_id": article_id, "rulebook": reference(rules_path)}, "")


def _of_text(given: dict[str, Any], rules_path: str | None) -> dict[str, Any]:
    """By the rules of --rules; else by what is in force; where no database answers, by the rulebook that ships."""
    from services.classify.errands.common import document_json
    from services.classify.rules import explain
    from services.classify.rules.judging.evaluate import read_document

    document = read_document(given)
    rulebook, name = (compiled(rules_path), rules_path) if rules_path else _at_hand()
    return explain(document, rulebook) | {"document": document_json(document), "rulebook": name}


def _at_hand() -> "tuple[CompiledRulebook, str]":
    from services.classify import rulebook
    from services.core.db import transaction
    from services.core.errors import DatelineError

    try:
        with transaction() as session:
            found = rulebook.current(session)
    except DatelineError:
        return compiled(None), "the one that ships"
    return found, f"{found.version[:12]}, in force"


def _print(told: dict[str, Any], texts: dict[str, str]) -> None:
    if told.get("correction"):
        click.echo(
            f"An editor ({told['correction']['author']}) says: {_said(told['correction'])}. By the rules:"
        )
    if told.get("rulebook"):
        click.echo(f"(rulebook: {told['rulebook']})", err=True)
    click.echo(f"Region: {told['region'] or 'none'}")
    for kind in ("regions", "topics", "places"):
        for label in told[kind]:
            origin = "" if label["origin"] == "rule" else f" ({label['origin'].replace('_', ' ')})"
            click.echo(f"{kind[:-1]} {label['slug']}: {label['score']:g}{origin}")
            for reason in label["why"]:
                click.echo("    " + _reason(reason, texts))
    for miss in told["near_misses"]:
        click.echo(f"not {miss['kind']} {miss['slug']}: {miss['score']:g} points, {miss['reason']}")
    for ignored in told["ignored"]:
        click.echo(
            f"ignored {ignored['term']!r} in the {ignored['field']} ({ignored['rule']}): {ignored['reason']}"
        )


def _said(correction: dict[str, Any]) -> str:
    kinds = [
        (kind, correction[kind]) for kind in ("regions", "topics", "places") if correction[kind] is not None
    ]
    return ", ".join(f"{kind} {' '.join(slugs)}" if slugs else f"no {kind}" for kind, slugs in kinds)


def _reason(reason: dict[str, Any], texts: dict[str, str]) -> str:
    text = texts.get("body" if reason["field"] == "lead" else reason["field"], "")
    found = text[reason["start"] : reason["end"]]
    times = f" x{reason['count']}" if reason["count"] > 1 else ""
    place = f" [{reason['place']}]" if reason["place"] else ""
    found = repr(found) if found else "found"  # several tags are joined: no one text to cut from
    return f"{reason['points']:+.2f} {found}{times} in the {reason['field']}: {reason['term']}{place} ({reason['rule']})"

"""Which addresses are one article, and which rules say so."""

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from services.classify.rules import Rulebook
from services.cli.printing import JSON, plural, print_json
from services.cli.rules.common import RULES, load


@click.command()
@click.argument("urls", nargs=-1, required=True, metavar="URL...")
@RULES
@JSON
def addresses(urls: tuple[str, ...], rules_path: str | None, as_json: bool) -> None:
    """Show the key of each address and the rules that made it, and whether they are one article.

    By the rules of --rules, else those in force, and where no database answers those that ship.

    Example: dateline rules addresses https://m.paper.example/a-1 https://paper.example/a-1?utm_source=rss --rules rules/
    """
    from services.core.urls import AddressRules
    from services.core.urls.told import told

    rulebook, name = (load(rules_path), rules_path) if rules_path else _at_hand()
    rules = AddressRules.of(rulebook.addresses.data)
    answers = [_as_json(told(url, rules), rulebook) for url in urls]
    many = len({answer["key"] for answer in answers})
    if as_json:
        print_json({"rulebook": name, "addresses": answers, "articles": many})
        return
    click.echo(f"(rulebook: {name})", err=True)
    for answer in answers:
        _print(answer)
    if len(urls) > 1:
        click.echo("They are one article." if many == 1 else f"They are {plural(many, 'article')}.")


def _at_hand() -> "tuple[Rulebook, str]":
    from services.classify import rulebook
    from services.classify.rules import load_texts
    from services.core.db import transaction
    from services.core.errors import DatelineError

    try:
        with transaction() as session:
            version = rulebook.require_version(session)
            return load_texts(
                rulebook.texts_of(session, version), version=version
            ), f"{version[:12]}, in force"
    except DatelineError:
        return load(None), "the one that ships"


def _as_json(answer: Any, rulebook: "Rulebook") -> dict[str, Any]:
    at = rulebook.addresses.positions
    return {
        "url": answer.url,
        "key": answer.key,
        "built_in": answer.built_in,
        "why": [
            {"sentence": why.sentence, "rule": str(at[why.rule]) if why.rule else None} for why in answer.why
        ],
    }


def _print(answer: dict[str, Any]) -> None:
    click.echo(answer["url"])
    click.echo(f"  key: {answer['key']}")
    if answer["built_in"] != answer["key"]:
        click.echo(f"  without the rulebook: {answer['built_in']}")
    for why in answer["why"]:
        click.echo(f"  {why['sentence']}" + (f" ({why['rule']})" if why["rule"] else ""))

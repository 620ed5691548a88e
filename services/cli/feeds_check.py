"""`dateline feeds check`: what an address holds, and what would become of it, before anything is stored."""

import asyncio
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from services.core.clock import utc_now
from services.core.errors import ConfigurationError, UnavailableError
from services.core.settings import settings

if TYPE_CHECKING:
    from services.classify.rules import CompiledRulebook
    from services.ingest.entry import Entry

SHOWN = 10
"""Entries printed; JSON has all."""


@click.command(epilog="Example: dateline feeds check https://akipress.example/rss --json")
@click.argument("url")
@click.option("--region", help="Region of items that name none, as `add` would take it.")
@click.option("--country", help="Country of the publisher, two letters, as `add` would take it.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def check(url: str, region: str | None, country: str | None, as_json: bool) -> None:
    """Fetch an address once and say what it holds and what would become of it; nothing is stored.

    Labels are those of the rulebook in force, or of the one that ships where there is no database. Of a web page, the
    feeds that it offers are shown.
    """
    from services.ingest.check import look
    from services.ingest.discover import addresses

    looked = asyncio.run(look(addresses(url), settings(), now=utc_now()))
    report = looked.report
    report["rulebook"], report["feed_id"] = None, None
    if looked.entries:
        _foretell(report, looked.entries, region=region, country=country and country.upper())
    if as_json:
        click.echo(json.dumps(report, indent=2, ensure_ascii=False))
    else:
        _print(report)
    raise SystemExit(0 if report["format"] else 1)


def _foretell(
    report: dict[str, Any], entries: "tuple[Entry, ...]", *, region: str | None, country: str | None
) -> None:
    """Add to each entry its labels and the article that it is already."""
    from services.classify.rules import Document, classify

    compiled, articles, report["rulebook"] = _rulebook(report, entries)
    for shown, entry in zip(report["entries"], entries, strict=True):
        verdict = classify(
            Document(
                title=entry.title,
                body=entry.text,
                language=entry.language,
                source_country=country,
                tags=entry.tags,
                section=entry.url,
                prior_region=region,
            ),
            compiled,
        )
        shown["region"] = verdict.region
        shown["regions"] = [label.slug for label in verdict.regions]
        shown["topics"] = [label.slug for label in verdict.topics]
        shown["article_id"] = articles.get(entry.url_key)


def _rulebook(
    report: dict[str, Any], entries: "tuple[Entry, ...]"
) -> "tuple[CompiledRulebook, dict[str, int], str]":
    """The rulebook in force with the articles that are known already; where there is no database, the one that ships."""
    from services.classify import rulebook
    from services.classify.rules import compile_rulebook, load_texts
    from services.classify.starter import starter_texts
    from services.core.db import transaction
    from services.ingest.store.adding import same_as
    from services.ingest.store.known import articles_at

    with suppress(ConfigurationError, UnavailableError), transaction() as session:
        compiled = rulebook.current(session)
        known = articles_at(session, [entry.url_key for entry in entries])
        same = same_as(session, [report["url"]]).get(report["url"])
        report["feed_id"] = same and same.feed_id
        return compiled, {key: standing.id for key, standing in known.items()}, "in force"
    return compile_rulebook(load_texts(starter_texts())), {}, "starter"


def _print(report: dict[str, Any]) -> None:
    if report["format"]:
        _print_feed(report)
    for problem in report["problems"]:
        click.echo(f"problem: {problem}", err=True)
    if report["feeds"]:
        click.echo(f"{report['url']} is a page that offers:")
    for offer in report["feeds"]:
        click.echo(f"  {offer['url']}  {described(offer)}")


def _print_feed(report: dict[str, Any]) -> None:
    click.echo(f"{report['format']}: {report['title']} ({len(report['entries'])} entries)")
    if report["publishes"]:
        click.echo(f"publishes: {report['publishes']}")
    click.echo(f"pace: {report['interval_reason']}")
    for note in report["notes"]:
        click.echo(note)
    if report["feed_id"]:
        click.echo(f"It is feed {report['feed_id']} already.")
    known = sum(entry.get("article_id") is not None for entry in report["entries"])
    if known:
        click.echo(f"{known} of its {len(report['entries'])} entries are articles that are known already.")
    for entry in report["entries"][:SHOWN]:
        click.echo(f"  {entry['published_at'] or 'undated':32} {entry['title']}")
        labels = ", ".join([entry["region"] or "no region", *entry["topics"]])
        there = f"; article {entry['article_id']} already" if entry["article_id"] else ""
        click.echo(f"  {'':32} {labels}{there}")
    if report["rulebook"] == "starter":
        click.echo("Labels are those of the rulebook that ships.")


def described(offer: dict[str, Any]) -> str:
    """An offered feed in a few words."""
    from datetime import datetime

    from services.ingest.check import ago

    count = offer["entries"]
    words = [offer["title"] or "untitled", offer["format"], f"{count} {'entry' if count == 1 else 'entries'}"]
    if offer["newest_at"]:
        words.append("newest " + ago(datetime.fromisoformat(offer["newest_at"]), utc_now()))
    if offer["comments"]:
        words.append("comments of readers")
    if offer["same_as"]:
        words.append(f"the same as {offer['same_as']}")
    return ", ".join(words)

"""Latest, as the API serves it."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import click

from services.cli.asking import Api, BusyError, asks_the_api, waits
from services.core.errors import UnavailableError


def line_of(item: dict[str, Any]) -> str:
    """One article for people: when, where, what, by whom."""
    label = item["region"] or (item["topics"] or ["-"])[0]
    second = (item["published_at"] or item["first_seen_at"])[: len("2026-11-28T12:00:00")]
    return f"{second}Z  {label:18}  {item['title']}  ({item['source']['name']})"


def _change(change: dict[str, Any]) -> str:
    article = change["article"]
    told = line_of(article) if "title" in article else f"article {article['id']}"
    return f"{change['change']:8} {told}"


@click.command(epilog="Example: dateline latest --region central-asia -n 5 --follow")
@click.option("--region", multiple=True, help="Slug of a region; may be given several times.")
@click.option("--topic", multiple=True, help="Slug of a topic; may be given several times.")
@click.option("--q", help='Words that all occur; "in quotes" together, -not, or.')
@click.option("-n", "limit", default=20, show_default=True, help="How many.")
@click.option("--follow", is_flag=True, help="Go on printing what happens, until Ctrl-C.")
@click.option("--since", help="Follow from this cursor on, as an earlier --follow named it when it ended.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
@asks_the_api
def latest(
    api: Api,
    region: tuple[str, ...],
    topic: tuple[str, ...],
    q: str | None,
    limit: int,
    follow: bool,
    since: str | None,
    as_json: bool,
) -> None:
    """The newest articles, newest first; with --follow what happens, as it happens.

    Following outlives an API that is restarted: it goes on where it was, without a word twice and without a gap.
    """
    asked = [("region", r) for r in region] + [("topic", t) for t in topic] + ([("q", q)] if q else [])
    cursor = since
    if cursor is None:
        page = api.ask("/v1/latest", [*asked, ("limit", str(limit))])
        for item in page["items"]:
            click.echo(json.dumps(item, ensure_ascii=False) if as_json else line_of(item))
        cursor = page["changes"]
    if not follow and since is None:
        return
    try:
        for answer in followed(api, asked, cursor):
            for change in answer["items"]:
                click.echo(json.dumps(change, ensure_ascii=False) if as_json else _change(change))
            cursor = answer["cursor"]
    except KeyboardInterrupt:
        click.echo(f"\nGo on from here with --since {cursor}", err=True)


def followed(
    api: Api,
    asked: list[tuple[str, str]],
    cursor: str,
    *,
    rest: Callable[[float], None] = time.sleep,
    wait_s: int = 30,
) -> Iterator[dict[str, Any]]:
    """The answers of /v1/changes after a cursor, for ever. Where the API is away or busy, the same is asked again, later and later.

    An answer that was cut off was not given: nothing of it is passed on, and it comes again whole. Raises InvalidInputError for a
    cursor that is not honoured any more.
    """
    away: Iterator[float] | None = None
    while True:
        try:
            answer = api.ask("/v1/changes", [*asked, ("since", cursor), ("wait", str(wait_s))])
        except UnavailableError as error:
            if away is None:
                click.echo(f"dateline: {error} Asking again until it does.", err=True)
                away = waits()
            rest(max(next(away), error.wait_s if isinstance(error, BusyError) else 0))
            continue
        if away is not None:
            click.echo("dateline: It answers again.", err=True)
            away = None
        yield answer
        cursor = answer["cursor"]

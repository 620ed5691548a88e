"""Feeds: list, show, refresh, pause, remove; finding and adding them have files of their own."""

import json
from datetime import datetime
from typing import Any

import click

from services.api.pages.feed_shapes import STATES, State
from services.cli import feeds_shown
from services.cli.feeds_add import add, replace
from services.cli.feeds_check import check
from services.cli.feeds_lists import export, import_
from services.core.clock import utc_now
from services.core.db import transaction
from services.core.errors import DatelineError, NotFoundError


def _json(value: Any) -> None:
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=_text))


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


@click.group()
def feeds() -> None:
    """Add, import, check, list and pause feeds."""


for _command in (add, import_, export, check, replace):
    feeds.add_command(_command)


@feeds.command("list", epilog="Example: dateline feeds list --state failing --limit 20")
@click.option("--state", type=click.Choice(STATES), help="Only feeds in this state.")
@click.option("--find", help="Only feeds with these words in title, address or publisher.")
@click.option("--limit", type=click.IntRange(min=1), help="How many at most; all when left out.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(state: State | None, find: str | None, limit: int | None, as_json: bool) -> None:
    """Feeds with their state in words, those in trouble first."""
    from services.api.queries import feeds as queries

    wanted = queries.Wanted(state=state, q=find)
    now = utc_now()
    with transaction() as session:
        connection = session.connection()
        rows = queries.rows(connection, wanted, now=now, limit=limit)
        total = queries.total(connection, wanted, now=now) if limit else len(rows)
        articles = queries.articles_of_each(connection) if as_json else {}
    if as_json:
        _json([feeds_shown.record(row, articles.get(row.id, 0)) for row in rows])
        return
    for line in feeds_shown.listed(rows, now):
        click.echo(line)
    if total > len(rows):
        click.echo(f"{len(rows)} of {total} feeds; a larger --limit shows more.", err=True)


@feeds.command(epilog="Example: dateline feeds show 12")
@click.argument("feed_id", type=int)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(feed_id: int, as_json: bool) -> None:
    """One feed: why it is in its state, when it is asked next and why, gaps, and its last fetches."""
    from services.api.queries import feeds as queries

    now = utc_now()
    with transaction() as session:
        whole = queries.whole(session.connection(), feed_id, now=now)
    if whole is None:
        raise NotFoundError(f"There is no feed {feed_id}; `dateline feeds list` shows them all.")
    if as_json:
        _json(feeds_shown.whole_record(whole))
        return
    for line in feeds_shown.shown(whole, now):
        click.echo(line)


@feeds.command(epilog="Example: dateline feeds refresh 12")
@click.argument("feed_id", type=int)
def refresh(feed_id: int) -> None:
    """Fetch a feed now, and resume it if it was paused."""
    from services.ingest.store import catalogue

    with transaction() as session:
        catalogue.refresh(session, feed_id)
    click.echo(f"Feed {feed_id} is due now.")


@feeds.command(epilog='Example: dateline feeds pause 12 --reason "moved to a paywall"')
@click.argument("feed_id", type=int)
@click.option("--reason", default="Paused by an operator.", help="Shown wherever the feed is.")
def pause(feed_id: int, reason: str) -> None:
    """Stop asking a feed until it is refreshed."""
    from services.ingest.store import catalogue

    if not reason.strip():
        raise DatelineError("A pause needs a reason: it is what others will see.")
    with transaction() as session:
        catalogue.pause(session, feed_id, reason)
    click.echo(f"Feed {feed_id} is paused.")


@feeds.command(epilog="Example: dateline feeds remove 12")
@click.argument("feed_id", type=int)
def remove(feed_id: int) -> None:
    """Forget a feed and its history. Its articles stay."""
    from services.ingest.store import catalogue

    with transaction() as session:
        catalogue.remove(session, feed_id)
    click.echo(f"Feed {feed_id} is removed.")

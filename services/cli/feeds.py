"""Feeds: add, import, export, list, show, check, refresh, pause, remove."""

import asyncio
import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from services.core.clock import utc_now
from services.core.db import transaction
from services.core.errors import DatelineError
from services.core.settings import settings
from services.core.urls import check_http_url


def _json(value: Any) -> None:
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=_text))


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


@click.group()
def feeds() -> None:
    """Add, import, check, list and pause feeds."""


@feeds.command(epilog="Example: dateline feeds add https://akipress.example/rss --region central-asia")
@click.argument("url")
@click.option("--title", default="", help="Name to show; the feed's own when left out.")
@click.option("--region", help="Region of items that name none.")
@click.option("--topic", help="Topic hint.")
@click.option("--language", help="Language of items that name none, such as en or ru.")
@click.option("--country", help="Country of the publisher, two letters.")
def add(
    url: str, title: str, region: str | None, topic: str | None, language: str | None, country: str | None
) -> None:
    """Add one feed; it is fetched within seconds."""
    from services.ingest.store import catalogue

    feed = catalogue.FeedToAdd(
        check_http_url(url),
        title,
        language=language,
        country=country and country.upper(),
        region_hint=region,
        topic_hint=topic,
    )
    with transaction() as session:
        catalogue.check_hints(session, feed)
        added = catalogue.add(session, [feed])
    click.echo(f"Added {feed.url}." if added else f"{feed.url} was there already.")


@feeds.command("import", epilog="Example: dateline feeds import my-feeds.opml")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def import_(file: Path, as_json: bool) -> None:
    """Add the feeds of an OPML list. Lines that are wrong are named and left out; the rest is added."""
    from services.ingest.listing import import_opml

    with transaction() as session:
        done = import_opml(session, file)
    if as_json:
        _json({"added": done.added, "known": done.known, "refused": list(done.refused)})
    else:
        for line in done.refused:
            click.echo(f"left out: {line}", err=True)
        click.echo(
            f"{done.added} feeds added, {done.known} were there already, {len(done.refused)} left out."
        )
    raise SystemExit(1 if done.refused and not done.added and not done.known else 0)


@feeds.command(epilog="Example: dateline feeds export > feeds.opml")
def export() -> None:
    """Print all feeds as OPML."""
    from services.ingest.opml import ListedFeed, write_opml
    from services.ingest.store import catalogue

    with transaction() as session:
        rows = catalogue.rows(session)
    listed = [
        ListedFeed(
            url=r.url,
            title=r.title,
            site_url=r.site_url,
            folders=tuple(r.folders),
            language=r.language,
            country=r.country,
            region=r.region_hint,
            topic=r.topic_hint,
        )
        for r in rows
    ]
    click.echo(write_opml(listed, title="Feeds of Dateline", now=utc_now()).decode(), nl=False)


@feeds.command("list", epilog="Example: dateline feeds list --state failing")
@click.option(
    "--state", type=click.Choice(["new", "ok", "failing", "paused"]), help="Only feeds in this state."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(state: str | None, as_json: bool) -> None:
    """Every feed with its state in words."""
    from services.ingest.store import catalogue

    with transaction() as session:
        rows = [r for r in catalogue.rows(session) if state in {None, r.state}]
    if as_json:
        _json([asdict(r) for r in rows])
        return
    for r in rows:
        click.echo(f"{r.id:>5}  {r.state:8} {r.articles:>6} articles  {r.title[:36]:36}  {r.url}")
        if r.error:
            click.echo(f"{'':7}{r.error}")


@feeds.command(epilog="Example: dateline feeds show 12")
@click.argument("feed_id", type=int)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(feed_id: int, as_json: bool) -> None:
    """One feed with the history of its fetches."""
    from services.ingest.store import catalogue

    with transaction() as session:
        row, history = catalogue.one(session, feed_id), catalogue.history(session, feed_id)
    if as_json:
        _json(asdict(row) | {"fetches": history})
        return
    for name, value in asdict(row).items():
        click.echo(f"{name:14} {'-' if value is None else _text(value)}")
    for f in history:
        brought = f["brought"]
        what = (
            f["error"] or f"{brought['new']} new, {brought['again']} again, {brought['unchanged']} unchanged"
        )
        click.echo(
            f"  {f['at']:%Y-%m-%d %H:%M:%S}  {f['status'] or '-'}  {f['outcome']:10} {f['elapsed_ms']:>6} ms  {what}"
        )


@feeds.command(epilog="Example: dateline feeds check https://akipress.example/rss --json")
@click.argument("url")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def check(url: str, as_json: bool) -> None:
    """Fetch an address once and say what it holds; nothing is stored."""
    from services.ingest.check import check_url

    report = asyncio.run(check_url(check_http_url(url), settings(), now=utc_now()))
    if as_json:
        _json(report)
    elif report["format"]:
        click.echo(f"{report['format']}: {report['title']} ({len(report['entries'])} entries)")
        for entry in report["entries"][:10]:
            click.echo(f"  {entry['published_at'] or 'undated':32} {entry['title']}")
    if not as_json:
        for problem in report["problems"]:
            click.echo(f"problem: {problem}", err=True)
    raise SystemExit(0 if report["format"] else 1)


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

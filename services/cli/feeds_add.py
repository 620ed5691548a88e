"""`dateline feeds add` and `replace`: a feed by its address, or by that of its site; another address for one that is there."""

import asyncio
import json
from typing import TYPE_CHECKING, Any

import click

from services.cli.feeds_check import described
from services.core.clock import utc_now
from services.core.db import transaction
from services.core.errors import NotFoundError
from services.core.settings import settings

if TYPE_CHECKING:
    from services.ingest.check import Sought
    from services.ingest.discover import Offer
    from services.ingest.store.adding import Added, FeedToAdd, Same

MOST_OF_ALL = 50
"""Feeds of one page that `--all` looks at."""


@click.command(epilog="Example: dateline feeds add https://akipress.example/ --region central-asia")
@click.argument("url")
@click.option("--title", default="", help="Name to show; the feed's own when left out.")
@click.option("--region", help="Region of items that name none.")
@click.option("--topic", help="Topic hint.")
@click.option("--language", help="Language of items that name none, such as en or ru.")
@click.option("--country", help="Country of the publisher, two letters.")
@click.option(
    "--all", "take_all", is_flag=True, help="Add every feed that the page offers, not only the best."
)
@click.option(
    "--no-discover", "--anyway", "as_it_is", is_flag=True, help="Add the address as it is, without asking it."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def add(
    url: str,
    title: str,
    region: str | None,
    topic: str | None,
    language: str | None,
    country: str | None,
    take_all: bool,
    as_it_is: bool,
    as_json: bool,
) -> None:
    """Add a feed, or the feed that a web page offers; it is fetched within seconds.

    The address is asked once. Where it is a page, the feeds that it announces or links to are looked at, and only if
    there is none, up to five usual places; the best one is added and the others are shown.
    """
    from services.ingest.discover import addresses
    from services.ingest.listing import forbidden, not_fetched
    from services.ingest.store.adding import FeedToAdd, check_hints, same_as

    urls = addresses(url)
    asked = FeedToAdd(
        urls[0],
        title,
        language=language,
        country=country and country.upper(),
        region_hint=region,
        topic_hint=topic,
    )
    with transaction() as session:
        check_hints(session, asked)
        known = same_as(session, urls)
    there = next((known[spelt] for spelt in urls if spelt in known), None)
    if there:
        _tell([], {urls[0]: there}, [], as_json=as_json)
        return
    if as_it_is:
        _store([asked], [], [], as_json=as_json)
        if refused := forbidden(urls[:1], allow=settings().fetch_allow):
            click.echo(not_fetched(refused), err=True)
    else:
        offers, more = _discover(urls, most=MOST_OF_ALL if take_all else None)
        taken = offers if take_all else offers[:1]
        feeds = [_named(asked, offer, first=not n) for n, offer in enumerate(taken)]
        _store(feeds, offers[len(taken) :], more, as_json=as_json)


@click.command(epilog="Example: dateline feeds replace 12 https://akipress.example/new.rss")
@click.argument("feed_id", type=int)
@click.argument("url", required=False)
def replace(feed_id: int, url: str | None) -> None:
    """Let a feed go on at another address: the one given, or the replacement that was found for it.

    It keeps its number, its articles and its hints; whoever adds the old address gets this feed.
    """
    from services.ingest.discover import addresses
    from services.ingest.store import catalogue

    target = addresses(url)[0] if url else None
    with transaction() as session:
        moved = catalogue.replace(session, feed_id, target)
    click.echo(
        f"Feed {feed_id} is at {moved.url} now, and due at once; {moved.old_url} stays known as its earlier address."
    )


def _discover(urls: tuple[str, ...], *, most: int | None) -> "tuple[list[Offer], list[str]]":
    """The feeds at an address, best first, and addresses that were not looked at. Raises NotFoundError with a sentence."""
    from services.ingest.check import find
    from services.ingest.discover.search import MOST

    sought = asyncio.run(find(urls, settings(), now=utc_now(), most=most or MOST))
    if sought.itself is not None:
        return [sought.itself], []
    found = sought.found
    if found is None or not found.offers:
        raise NotFoundError(_nothing(sought))
    return list(found.offers), list(found.unseen)


def _nothing(sought: "Sought") -> str:
    """Why nothing was found, and what to do."""
    anyway = "`--no-discover` adds it all the same."
    if sought.found is None:
        return f"{sought.problem} Nothing was added; {anyway}"
    told = [f"{sought.url} is a web page that offers no feed, neither by a link nor in a usual place."]
    if sought.problem and "wall against robots" in sought.problem:
        told = [sought.problem]
    told += sought.found.refused[:3]
    if sought.found.forbidden:
        told.append(f"Its robots.txt forbids to try {len(sought.found.forbidden)} of them.")
    return " ".join([*told, f"Nothing was added; {anyway}"])


def _named(asked: "FeedToAdd", offer: "Offer", *, first: bool) -> "FeedToAdd":
    """The feed to add: what the operator says of it, and what it says of itself. A title given is for one feed."""
    from dataclasses import replace as with_

    title = asked.title if first and asked.title else offer.title
    return with_(asked, url=offer.url, title=title, site_url=offer.site_url)


def _store(feeds: "list[FeedToAdd]", others: "list[Offer]", unseen: list[str], *, as_json: bool) -> None:
    from services.ingest.check.look import offered
    from services.ingest.store.adding import add_each

    with transaction() as session:
        done: Added = add_each(session, feeds)
    added = [
        {"id": done.ids[feed.url], "url": feed.url, "title": feed.title}
        for feed in feeds
        if feed.url in done.ids
    ]
    left = [offered(offer) for offer in others] + [{"url": url} for url in unseen]
    _tell(added, done.known, left, as_json=as_json)


def _tell(
    added: list[dict[str, Any]], known: "dict[str, Same]", others: list[dict[str, Any]], *, as_json: bool
) -> None:
    if as_json:
        there = [
            {"asked": url, "id": same.feed_id, "url": same.url, "by": same.by} for url, same in known.items()
        ]
        click.echo(
            json.dumps({"added": added, "known": there, "others": others}, indent=2, ensure_ascii=False)
        )
        return
    for feed in added:
        click.echo(f"Added {feed['url']} as feed {feed['id']}.")
    for url, same in known.items():
        click.echo(_known(url, same))
    if others:
        click.echo("The page also offers:")
    for other in others:
        click.echo(f"  dateline feeds add {other['url']}")
        if "format" in other:
            click.echo(f"      {described(other)}")


def _known(url: str, same: "Same") -> str:
    match same.by:
        case "address":
            return f"{url} was there already, as feed {same.feed_id}."
        case "spelling":
            return f"{url} was there already, as feed {same.feed_id}, spelt {same.url}."
        case "alias":
            return f"{url} was there already: it is an earlier address of feed {same.feed_id}, now at {same.url}."

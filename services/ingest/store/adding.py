"""Feeds into the catalogue, one or eleven thousand: what is there already, under whatever spelling, stays as it is.

Lists go to the database as lists: a statement for a thousand feeds, not one for each.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, TypeVar

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from services.core import iso, languages
from services.core.errors import InvalidInputError
from services.core.events import FeedsAdded
from services.core.models import Rulebook
from services.core.outbox import publish
from services.core.sites import authority_of
from services.ingest.discover import spellings
from services.ingest.opml import Labels

CHUNK = 1000
"""Feeds in one statement."""

ADD_LOCK = 0x44_4C_41_44  # "DLAD"
"""Held by whoever adds feeds: two lists that name the same publishers in another order would lock each other out."""


@dataclass(frozen=True, slots=True)
class FeedToAdd:
    """A feed as somebody names it; `url` is a checked http(s) address."""

    url: str
    title: str = ""
    site_url: str | None = None
    language: str | None = None
    country: str | None = None
    region_hint: str | None = None
    topic_hint: str | None = None
    folders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Same:
    """The feed that an address is already: `by` its address itself, one that differs in spelling only, or an earlier one."""

    feed_id: int
    url: str
    by: Literal["address", "spelling", "alias"]


@dataclass(slots=True)
class Added:
    """What became of a list: the numbers of new feeds by address, and the feeds that others were already."""

    ids: dict[str, int] = field(default_factory=dict)
    known: dict[str, Same] = field(default_factory=dict)


_SAME = text(
    """
    SELECT id, url, url AS found, false AS alias FROM feeds WHERE url = ANY(:urls)
    UNION ALL
    SELECT f.id, f.url, a.url, true FROM feed_aliases a JOIN feeds f ON f.id = a.feed_id WHERE a.url = ANY(:urls)
    """
)

# Sorted, so that a list and a worker that meets new publishers wait for each other instead of locking each other out.
_SOURCES = text(
    """
    INSERT INTO sources (key, name, url, country)
    SELECT key, name, url, country
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(key text, name text, url text, country text) ORDER BY key
    ON CONFLICT (key) DO UPDATE
    SET country = coalesce(sources.country, excluded.country), url = coalesce(sources.url, excluded.url)
    WHERE sources.country IS NULL AND excluded.country IS NOT NULL OR sources.url IS NULL AND excluded.url IS NOT NULL
    """
)
_HOSTS = text(
    "INSERT INTO hosts (host) SELECT host FROM unnest(CAST(:hosts AS text[])) AS host ORDER BY host ON CONFLICT DO NOTHING"
)
_FEEDS = text(
    """
    INSERT INTO feeds (source_id, url, host, title, site_url, language, region_hint, topic_hint, folders)
    SELECT s.id, r.url, r.host, r.title, r.site_url, r.language, r.region_hint, r.topic_hint,
           ARRAY(SELECT jsonb_array_elements_text(r.folders))
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(
        n int, source text, url text, host text, title text, site_url text, language text, region_hint text,
        topic_hint text, folders jsonb)
    JOIN sources s ON s.key = r.source ORDER BY r.n
    ON CONFLICT (url) DO NOTHING RETURNING id, url
    """
)


def add(session: Session, feeds: Iterable[FeedToAdd]) -> int:
    """Add feeds that are not there yet, due at once; how many were new. Those that are there stay as they are."""
    return len(add_each(session, feeds).ids)


def add_each(session: Session, feeds: Iterable[FeedToAdd]) -> Added:
    """`add`, telling what became of each feed. The same one twice in the list is added once, as it stands first."""
    done = Added()
    session.execute(select(func.pg_advisory_xact_lock(ADD_LOCK)))
    for chunk in chunks(list(feeds)):
        known = same_as(session, [feed.url for feed in chunk])
        done.known |= known
        fresh: dict[str, FeedToAdd] = {}
        taken: set[str] = set()
        for feed in chunk:
            if feed.url not in known and feed.url not in taken:
                fresh[feed.url] = feed
                taken.update(spellings(feed.url))
        if fresh:
            done.ids |= _insert(session, list(fresh.values()))
    if done.ids:
        publish(session, FeedsAdded())
    return done


def same_as(session: Session, urls: Sequence[str], *, but: int | None = None) -> dict[str, Same]:
    """Which of the addresses are feeds that are there: the address itself, another spelling of it, or an earlier one.

    `but`: a feed that does not count.
    """
    spelt: dict[str, list[str]] = {}
    for url in urls:
        for spelling in spellings(url):
            spelt.setdefault(spelling, []).append(url)
    found: dict[str, Same] = {}
    for row in session.execute(_SAME, {"urls": list(spelt)}):
        for url in spelt[row.found]:
            by: Literal["address", "spelling", "alias"] = "address" if row.found == url else "spelling"
            same = Same(row.id, row.url, "alias" if row.alias else by)
            if row.id != but and (url not in found or _closer(same, found[url])):
                found[url] = same
    return found


def _closer(same: Same, other: Same) -> bool:
    order = ("address", "spelling", "alias")
    return (order.index(same.by), same.feed_id) < (order.index(other.by), other.feed_id)


def publisher_name(title: str) -> str:
    """The publisher's part of a feed's title, where the rest names one of its sections.

    >>> publisher_name("BBC News: Asia")
    'BBC News'
    """
    return title.partition(": ")[0].strip()


def ensure_host(session: Session, *urls: str) -> None:
    """Let the hosts of these addresses be known, as feeds on them need."""
    session.execute(_HOSTS, {"hosts": list({authority_of(url) for url in urls})})


def ensure_sources(session: Session, feeds: Iterable[FeedToAdd]) -> None:
    """Let the publishers of these feeds be known. Those that are keep their name, and their site and country if they have any."""
    rows: dict[str, dict[str, str | None]] = {}
    for feed in feeds:
        key = source_key(feed.url, feed.site_url)
        row = rows.setdefault(key, {"key": key, "name": publisher_name(feed.title) or key})
        row["url"] = row.get("url") or feed.site_url
        row["country"] = row.get("country") or feed.country
    session.execute(_SOURCES, {"rows": json.dumps(list(rows.values()))})


def source_key(url: str, site_url: str | None) -> str:
    """The publisher: the site that the list names, else the host of the feed, until the feed names its site."""
    return authority_of(site_url or url)


def _insert(session: Session, feeds: Sequence[FeedToAdd]) -> dict[str, int]:
    ensure_sources(session, feeds)
    ensure_host(session, *(feed.url for feed in feeds))
    rows = [
        asdict(feed) | {"n": n, "source": source_key(feed.url, feed.site_url), "host": authority_of(feed.url)}
        for n, feed in enumerate(feeds)
    ]
    return {row.url: row.id for row in session.execute(_FEEDS, {"rows": json.dumps(rows)})}


Item = TypeVar("Item")


def chunks(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """The items, as many at a time as one statement takes."""
    return (items[start : start + CHUNK] for start in range(0, len(items), CHUNK))


def labels_in_force(session: Session) -> Labels:
    """Regions and topics of the rulebook in force; none where there is none."""
    rows: Iterable[Mapping[str, Any]] = session.scalar(select(Rulebook.labels).where(Rulebook.active)) or []
    return Labels.of(rows)


def wrong_hints(feed: FeedToAdd, labels: Labels) -> dict[str, str]:
    """Hints that cannot be taken, each by the name of its field with a sentence: no language or country, or a region or
    topic that the rulebook in force does not know.
    """
    wrong: dict[str, str] = {}
    if feed.language and (fault := languages.fault(feed.language)):
        wrong["language"] = f"{fault.sentence[:1].upper()}{fault.sentence[1:]}"
    if feed.country and feed.country.upper() not in iso.CODES:
        wrong["country"] = (
            f"{feed.country!r} is no country; two letters of ISO 3166 are expected, such as KZ."
        )
    for kind, slug in (("region", feed.region_hint), ("topic", feed.topic_hint)):
        known = labels.slugs.get(kind, frozenset())
        if slug is not None and known and slug not in known:
            wrong[f"{kind}_hint"] = f"There is no {kind} {slug!r}; there are {', '.join(sorted(known))}."
    return wrong


def check_hints(session: Session, feed: FeedToAdd) -> None:
    """Refuse hints that cannot be taken. Raises InvalidInputError with the first one's sentence."""
    for sentence in wrong_hints(feed, labels_in_force(session)).values():
        raise InvalidInputError(sentence)

"""What is known and unchanged leaves before anything dear is done with it (pure).

Of the entries in a body nearly all were there at the last look. Which entry it is and whether it has changed can be said
of an entry as parsed, for a fraction of what cleaning costs.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.core.sites import authority_of, same_site
from services.core.urls import BUILT_IN, AddressRules
from services.ingest.clean import Identity, Skipped, clean_entry, fingerprint, identify
from services.ingest.dedupe import stored_name
from services.ingest.entry import Entry, RawEntry, Told
from services.ingest.plan import FeedState, KnownSighting


@dataclass(frozen=True, slots=True)
class Sifted:
    """`rest` must be looked at closely; `unchanged` are the stored names of sightings that stay as they are."""

    rest: tuple[Told, ...]
    unchanged: tuple[str, ...]


def tell(
    entries: Iterable[RawEntry], *, site_url: str | None, rules: AddressRules = BUILT_IN
) -> tuple[Told, ...]:
    """What each entry is recognised by. `site_url` and `rules` as for `clean_entry`."""
    return tuple(_told(raw, identify(raw, site_url=site_url, rules=rules)) for raw in entries)


def _told(raw: RawEntry, identity: Identity | None) -> Told:
    guid, url_key = identity or (None, None)
    return Told(raw, guid, url_key, fingerprint(raw))


def _identity(told: Told) -> Identity | None:
    return None if told.guid is None or told.url_key is None else Identity(told.guid, told.url_key)


def names(told: Iterable[Told]) -> list[str]:
    """Under which names sightings of these would be stored."""
    return [stored_name(t.guid) for t in told if t.guid is not None]


def sift(told: Sequence[Told], sighted: Mapping[str, KnownSighting], *, feed: FeedState) -> Sifted:
    """Part `told` into what is known and unchanged, and the rest.

    What could be more than unchanged is rest: a guid or an address that stands twice in the body, and an article that this
    feed may adopt. `sighted`: sightings of this feed by name.
    """
    guids, urls = Counter(t.guid for t in told), Counter(t.url_key for t in told)
    rest: list[Told] = []
    unchanged: list[str] = []
    for t in told:
        name = stored_name(t.guid) if t.guid is not None else None
        once = guids[t.guid] == 1 and urls[t.url_key] == 1
        known = sighted.get(name) if name is not None and once else None
        if name is None or known is None or not _stays(t, known, feed):
            rest.append(t)
        else:
            unchanged.append(name)
    return Sifted(tuple(rest), tuple(unchanged))


def _stays(told: Told, known: KnownSighting, feed: FeedState) -> bool:
    """Nothing is to be done about it: it has not changed, and is not this feed's to adopt from another publisher."""
    if known.content_hash != told.fingerprint:
        return False
    url = told.raw.url or told.raw.guid or ""
    if known.article.removed:
        return True
    at_home = same_site(url, authority_of(feed.url)) and not same_site(url, known.article.source_key)
    return known.article.own or not at_home


def clean(
    told: Iterable[Told],
    *,
    language: str | None,
    site_url: str | None,
    now: datetime,
    rules: AddressRules = BUILT_IN,
) -> tuple[tuple[Entry, ...], tuple[str, ...]]:
    """These as entries fit for storing, and the reasons why some are none."""
    entries: list[Entry] = []
    skipped: list[str] = []
    for t in told:
        cleaned = clean_entry(
            t.raw,
            feed_language=language,
            now=now,
            site_url=site_url,
            identity=_identity(t),
            mark=t.fingerprint,
            rules=rules,
        )
        if isinstance(cleaned, Skipped):
            skipped.append(cleaned.reason)
        else:
            entries.append(cleaned)
    return tuple(entries), tuple(skipped)

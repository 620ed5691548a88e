"""What is known and unchanged leaves before anything dear is done with it (pure).

Of the entries in a body nearly all were there at the last look. Which entry it is and whether it has changed can be said
of an entry as parsed, for a fraction of what cleaning costs.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from services.core.sites import authority_of, same_site
from services.ingest.clean import Identity, fingerprint, identify
from services.ingest.dedupe import stored_name
from services.ingest.entry import RawEntry
from services.ingest.plan import FeedState, KnownArticle, KnownSighting


@dataclass(frozen=True, slots=True)
class Told:
    """An entry as parsed, with what it is recognised by. `identity` is None where only cleaning can tell."""

    raw: RawEntry
    identity: Identity | None
    print: bytes


@dataclass(frozen=True, slots=True)
class Sifted:
    """`rest` must be looked at closely; `unchanged` are the stored names of sightings that stay as they are."""

    rest: tuple[Told, ...]
    unchanged: tuple[str, ...]


def tell(entries: Iterable[RawEntry], *, site_url: str | None) -> tuple[Told, ...]:
    """What each entry is recognised by. `site_url` as for `clean_entry`."""
    return tuple(Told(raw, identify(raw, site_url=site_url), fingerprint(raw)) for raw in entries)


def names(told: Sequence[Told]) -> list[str]:
    """Under which names sightings of these would be stored."""
    return [stored_name(t.identity.guid) for t in told if t.identity is not None]


def sift(told: Sequence[Told], sighted: Mapping[str, KnownSighting], *, feed: FeedState) -> Sifted:
    """Part `told` into what is known and unchanged, and the rest.

    What could be more than unchanged is rest: a guid or an address that stands twice in the body, and an article that this
    feed may adopt. `sighted`: sightings of this feed by name.
    """
    guids = Counter(t.identity.guid for t in told if t.identity is not None)
    urls = Counter(t.identity.url_key for t in told if t.identity is not None)
    rest: list[Told] = []
    unchanged: list[str] = []
    for t in told:
        once = t.identity is not None and guids[t.identity.guid] == 1 and urls[t.identity.url_key] == 1
        name = stored_name(t.identity.guid) if t.identity is not None else ""
        known = sighted.get(name) if once else None
        if known is None or known.content_hash != t.print or _may_adopt(t, known.article, feed):
            rest.append(t)
        else:
            unchanged.append(name)
    return Sifted(tuple(rest), tuple(unchanged))


def _may_adopt(told: Told, article: KnownArticle, feed: FeedState) -> bool:
    """The article stands under another publisher, and the entry may lie on the site that serves this feed."""
    if article.own:
        return False
    url = told.raw.url or told.raw.guid or ""
    return same_site(url, authority_of(feed.url)) and not same_site(url, article.source_key)

"""What is new, what changed, what is known (pure).

The rules, in their order:

1. The same canonical URL is the same article, whatever the feed calls it.
2. The same guid in the same feed is the same article even at a new URL, if the titles are alike: the site moved it.
   If they are not, the feed reuses guids: the entry is another article, known here by guid and URL together.
3. Whatever is left is new.
4. Only the feed that an article stands under may correct it; others carry teasers of their own.
5. A publisher's own feed adopts what stood under an aggregator that happened to list it first: text and source
   become the publisher's, the place in Latest stays.
6. An entry of an article that was removed for good is that article, whatever its feed calls it and whatever it says now:
   it is remembered where it was seen, and that is all. What is older than articles are kept is not begun with.
7. A feed that had entries before and shows none of them now has a gap: its window ran over between two looks. What
   others brought already is no sign that this feed had shown it.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from services.core.sites import authority_of, same_site
from services.ingest import rates
from services.ingest.dedupe import alike, content_hash, guid_of, guid_with_url
from services.ingest.entry import Entry
from services.ingest.plan import Again, FeedState, Known, KnownArticle, KnownSighting, New, Plan, Seen

GAP_WINDOW = 5
"""A body with fewer entries than this says nothing about a gap."""


def decide(
    entries: Iterable[Entry],
    known: Known,
    *,
    feed: FeedState,
    now: datetime,
    sifted: Iterable[str] = (),
    oldest: datetime | None = None,
) -> Plan:
    """Sort the entries of one fetch into new, again, unchanged and skipped; each article at most once.

    `sifted`: stored names of entries of the same body that were seen to be unchanged already. `oldest`: what would stand
    before it in Latest is skipped unless it is there already; None keeps everything.
    """
    new: list[New] = []
    again: list[Again] = []
    unchanged = list(sifted)
    skipped: list[str] = []
    taken_guids: set[str] = set()
    taken_urls: set[str] = set()
    reaches_back = False
    for entry in entries:
        if entry.url_key in taken_urls:
            skipped.append(f"twice in one body: {entry.url}")
            continue
        taken_urls.add(entry.url_key)
        guid, article, sighting = _identify(entry, known, taken_guids)
        taken_guids.add(guid)
        seen = Seen(guid, entry, entry.fingerprint or content_hash(entry))
        if article is None:
            place = place_in_latest(entry, now=now, index=len(new), first_look=feed.ok_at is None)
            if oldest is not None and place < oldest:
                skipped.append(f"older than articles are kept: {entry.url}")
                reaches_back = True
                continue
            new.append(New(seen, place))
        elif article.removed:
            if sighting is None or entry.url_key not in known.by_url:
                again.append(Again(article.article_id, seen, sighting is None, changed=False, removed=True))
            else:
                unchanged.append(guid)
        elif _adopts(entry, article, feed):
            again.append(Again(article.article_id, seen, sighting is None, changed=True, adopted=True))
        elif sighting is None or sighting.content_hash != seen.content_hash:
            changed = sighting is not None and article.own
            again.append(Again(article.article_id, seen, first_here=sighting is None, changed=changed))
        else:
            unchanged.append(guid)
    unknown = not unchanged and all(a.first_here for a in again)
    # A window that reaches so far back has lost nothing below.
    gap = feed.window > 0 and len(new) >= GAP_WINDOW and unknown and not reaches_back
    missed = _missed(new, again, feed=feed, now=now) if gap else 0
    return Plan(tuple(new), tuple(again), tuple(unchanged), tuple(skipped), gap, missed)


def _missed(new: Iterable[New], again: Iterable[Again], *, feed: FeedState, now: datetime) -> int:
    """About how many entries a gap has cost."""
    shown = [n.seen.entry for n in new] + [a.seen.entry for a in again]
    return rates.missed(
        shown,
        before=feed.window,
        since=feed.ok_at or now,
        interval_s=feed.interval_s,
        usual_s=feed.usual_s,
        now=now,
    )


def _identify(
    entry: Entry, known: Known, taken: set[str]
) -> tuple[str, KnownArticle | None, KnownSighting | None]:
    """Under which guid the entry goes, which stored article it is, and its earlier sighting in this feed."""
    guid = guid_of(entry)
    sighting = known.by_guid.get(guid)
    owner = known.by_url.get(entry.url_key)
    reused = guid in taken or (sighting is not None and not _same(sighting.article, owner, entry))
    if reused:
        guid = guid_with_url(entry)
        sighting = known.by_guid.get(guid)
    if owner is None and sighting is not None:
        owner = sighting.article
    if sighting is not None and owner is not None and sighting.article.article_id != owner.article_id:
        sighting = None
    return guid, owner, sighting


def _same(sighted: KnownArticle, owner: KnownArticle | None, entry: Entry) -> bool:
    if owner is not None:
        return sighted.article_id == owner.article_id
    return alike(sighted.title, entry.title)


def _adopts(entry: Entry, article: KnownArticle, feed: FeedState) -> bool:
    """The entry lies on the very site that serves the feed, and its article stands under somebody else.

    The site that a feed says it belongs to does not count: anybody can say so.
    """
    return (
        not article.own
        and same_site(entry.url, authority_of(feed.url))
        and not same_site(entry.url, article.source_key)
    )


UNDATED_STEP = timedelta(hours=1)
"""How far apart undated entries are taken to be when a feed is met for the first time."""


def place_in_latest(entry: Entry, *, now: datetime, index: int, first_look: bool) -> datetime:
    """When an article stands in Latest: as published, but never after it was first seen, and never moved again.

    Undated entries keep the order of their feed (`index` counts from its top). At the first look at a feed most of
    them are not of this minute: without a date to go by they are laid an hour apart rather than all on top.
    """
    if entry.published_at is not None:
        return min(entry.published_at, now)
    return now - index * (UNDATED_STEP if first_look else timedelta(microseconds=1))


def guids_to_ask(entries: Iterable[Entry]) -> list[str]:
    """Every name under which the entries may have been stored for their feed."""
    return [name for entry in entries for name in (guid_of(entry), guid_with_url(entry))]

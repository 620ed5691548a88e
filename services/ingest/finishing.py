"""From answers to what is stored: read each, then decide and store many of them in one transaction.

known? -> clean the rest -> decide -> pace, habit, move -> store. The looks of one transaction are decided on in their
order, each knowing what those before it come to.
"""

import logging
import random
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy.orm import Session

from services.core import addresses, traces
from services.core.clock import utc_now
from services.core.db import transaction
from services.core.errors import DatelineError, UnavailableError
from services.core.settings import settings
from services.core.sites import authority_of
from services.core.urls import BUILT_IN, AddressRules
from services.ingest import habit, moves, schedule, sift
from services.ingest.decide import decide, guids_to_ask
from services.ingest.entry import FetchResponse
from services.ingest.plan import FeedState, Known, KnownSighting, Outcome, Plan, Reading
from services.ingest.store import apply, catalogue, feeds, known, leases, sightings, subscriptions
from services.ingest.store.bulk import new_ids
from services.ingest.telling import tell

log = logging.getLogger(__name__)

RETRY_S = 10
"""After trouble of our own (a deadlock, the database away) a feed is tried again this soon at the latest: after a second at first,
then twice as long each time. What cannot be stored will not be storable in ten seconds either: then the pause doubles as after
any other failure.
"""

PRUNED_SHARE = 0.1
"""Histories are cut short at one look in ten: a few rows too many harm nobody."""


@dataclass(frozen=True, slots=True)
class Look:
    """A feed in hand, what its server answered, and what that says. `rules`: by which keys were made. `sifted`: names of
    what was seen to be unchanged.
    """

    feed: FeedState
    response: FetchResponse
    reading: Reading
    rules: AddressRules = BUILT_IN
    sifted: tuple[str, ...] = ()


class _Publisher(NamedTuple):
    id: int
    key: str


class _Decided(NamedTuple):
    """A look, what it comes to, and the ids that its new articles get."""

    look: Look
    plan: Plan
    ids: tuple[int, ...]


def finish(looks: Sequence[Look], now: datetime | None = None) -> list[Outcome]:
    """Store all of these, each feed's in one piece; what was stored.

    A look whose lease ran out is dropped: whoever has the feed now will store the same. Trouble with one of several looks
    is that one's own: they are tried again one by one, and the one that cannot be stored is given back.
    """
    try:
        return _finish(looks, now or utc_now())
    except UnavailableError as error:
        for look in looks:
            _give_back([look.feed], str(error), retry_s=min(RETRY_S, 2 ** min(look.feed.failures, 4)))
    except Exception as error:  # noqa: BLE001 - logged and shown with its feed
        if len(looks) > 1:
            return [outcome for look in looks for outcome in finish([look], now)]
        give_up(looks[0].feed, error)
    return []


def _finish(looks: Sequence[Look], now: datetime) -> list[Outcome]:
    with traces.span("feeds.store", dateline__feeds=[look.feed.id for look in looks]) as mark:
        looks, stored = _sifted(looks, now), None
        while stored is None:
            with suppress(apply.BeatenError, known.GoneError):
                stored = _store(looks, now)
        mark.set(dateline__articles=[number for _, ids in stored for number in ids])
    for outcome, ids in stored:
        tell(outcome, ids)
    return [outcome for outcome, _ in stored]


def _store(looks: Sequence[Look], now: datetime) -> list[tuple[Outcome, tuple[int, ...]]]:
    """One transaction; what it stored, and the ids that new articles got.

    Raises apply.BeatenError when another worker stored first what we had found to be new, known.GoneError when a
    tombstone went. It ends: whoever beat us has committed, so that the next turn finds at least one article more, or less.
    """
    conf = settings()
    with transaction() as session:
        rules = addresses.hold(session)
        looks = _of_this_rulebook(session, _still_ours(session, looks), rules)
        publishers = _publishers(session, looks)
        decided = _decided(session, looks, publishers, now)
        outcomes = [_outcome(d, publishers[d.look.feed.id].id, now) for d in decided]
        brought = [
            apply.Brought(o.feed.id, o.source_id, o.plan, d.ids)
            for o, d in zip(outcomes, decided, strict=True)
        ]
        with known.still_stored():
            apply.store_entries(session, brought, now=now)
        names = [(o.feed.id, guid) for o in outcomes for guid in o.plan.unchanged]
        sightings.still_there(session, names, now=now)
        feeds.store_history(session, outcomes, now=now)
        feeds.store_outcomes(session, outcomes, lease_s=leases.LEASE_S, now=now)
        _note_pushes(session, outcomes, now)
        feeds.free_hosts(session, outcomes, pause_s=conf.fetch_host_pause)
        _move(session, outcomes)
        if random.random() < PRUNED_SHARE:  # noqa: S311 - spreads work, guards nothing
            feeds.prune(session, [o.feed.id for o in outcomes])
    return [(o, d.ids) for o, d in zip(outcomes, decided, strict=True)]


def _still_ours(session: Session, looks: Sequence[Look]) -> list[Look]:
    held = feeds.fence(session, [look.feed for look in looks])
    for look in looks:
        if look.feed.id not in held:
            log.info("feed %s was taken over by another worker", look.feed.id, extra={"feed": look.feed.id})
    return [look for look in looks if look.feed.id in held]


def _of_this_rulebook(session: Session, looks: Sequence[Look], rules: AddressRules) -> list[Look]:
    """Without those whose keys were made by rules that are in force no more: their feeds are due again at once."""
    stale = [look.feed for look in looks if look.rules.of_keys != rules.of_keys]
    if stale:
        log.info(
            "%d feeds are read again: other rules of addresses are in force",
            len(stale),
            extra={"feeds": [feed.id for feed in stale]},
        )
        addresses.forget()
        leases.release(session, stale, pause_s=settings().fetch_host_pause)
    return [look for look in looks if look.rules.of_keys == rules.of_keys]


def _publishers(session: Session, looks: Sequence[Look]) -> dict[int, _Publisher]:
    """By feed, the publisher it belongs to: that of the site it names, once it has named one."""
    named: dict[int, tuple[str, str, str]] = {}
    for look in looks:
        site = look.reading.site_url if look.feed.site_url is None else None
        if site is not None and authority_of(site) != look.feed.source_key:
            name = catalogue.publisher_name(look.feed.title or look.reading.title or "")
            named[look.feed.id] = (authority_of(site), name or authority_of(site), site)
    ids = feeds.sources_of(session, list(named.values()))
    found = {look.feed.id: _Publisher(look.feed.source_id, look.feed.source_key) for look in looks}
    return found | {feed_id: _Publisher(ids[key], key) for feed_id, (key, _, _) in named.items()}


def _sifted(looks: Sequence[Look], now: datetime) -> list[Look]:
    """What is known and unchanged leaves; the rest is cleaned.

    Before the transaction that stores: only who holds a feed's lease changes its sightings, and whether it is held still is
    asked there.
    """
    names = [(look.feed.id, name) for look in looks for name in sift.names(look.reading.told)]
    if not names:
        return list(looks)
    with transaction() as session:
        sighted = sightings.known(session, names)
    by_feed = _by_feed(sighted)
    return [
        _sifted_one(look, by_feed.get(look.feed.id, {}), now) if look.reading.told else look for look in looks
    ]


def _by_feed(sighted: Mapping[tuple[int, str], KnownSighting]) -> dict[int, dict[str, KnownSighting]]:
    """The sightings of each feed by name; feeds that have none are not in it."""
    found: dict[int, dict[str, KnownSighting]] = {}
    for (feed_id, name), sighting in sighted.items():
        found.setdefault(feed_id, {})[name] = sighting
    return found


def _sifted_one(look: Look, sighted: Mapping[str, KnownSighting], now: datetime) -> Look:
    feed, reading = look.feed, look.reading
    parted = sift.sift(reading.told, sighted, feed=feed)
    entries, skipped = sift.clean(
        parted.rest,
        language=reading.language,
        site_url=reading.site_url or feed.site_url,
        now=now,
        rules=look.rules,
    )
    return replace(look, reading=replace(reading, entries=entries, skipped=skipped), sifted=parted.unchanged)


def _decided(
    session: Session, looks: Sequence[Look], publishers: Mapping[int, _Publisher], now: datetime
) -> list[_Decided]:
    """What each look comes to, one after the other: what an earlier one makes, moves or adopts stands already for the later ones.

    That takes ids before the articles are there; those of entries that prove not to be new are lost, which costs nothing.
    """
    names = [
        (look.feed.id, guid)
        for look in looks
        if look.feed.ok_at is not None  # of a feed never read there is no sighting
        for guid in guids_to_ask(look.reading.entries)
    ]
    by_feed = _by_feed(sightings.known(session, names))
    standing = known.articles_at(session, {e.url_key for look in looks for e in look.reading.entries})
    fresh = sum(e.url_key not in standing for look in looks for e in look.reading.entries)
    ids = iter(new_ids(session, "articles", fresh))
    oldest = now - timedelta(days=settings().retention_days)
    decided: list[_Decided] = []
    for look in looks:
        entries, feed = look.reading.entries, look.feed
        by_guid = by_feed.get(feed.id, {})
        by_url = {e.url_key: standing[e.url_key].seen_by(feed.id) for e in entries if e.url_key in standing}
        known_here = Known(by_guid, by_url)
        plan = decide(entries, known_here, feed=feed, now=now, sifted=look.sifted, oldest=oldest)
        made = [(next(ids), new.seen.entry) for new in plan.new]
        changed = [(a.article_id, a.seen.entry) for a in plan.again if a.changed]
        key = publishers[feed.id].key
        standing |= {e.url_key: known.Standing(n, e.title, feed.id, key) for n, e in [*made, *changed]}
        standing |= {a.seen.entry.url_key: known.Standing.gone(a.article_id) for a in plan.again if a.removed}
        decided.append(_Decided(look, plan, tuple(number for number, _ in made)))
    return decided


def _outcome(decided: _Decided, source_id: int, now: datetime) -> Outcome:
    feed, reading, plan, conf = decided.look.feed, decided.look.reading, decided.plan, settings()
    limits = schedule.Limits(conf.fetch_interval_min, conf.fetch_interval_max)
    dice = random.random()  # noqa: S311 - spreads load, guards nothing
    return Outcome(
        feed=feed,
        response=decided.look.response,
        reading=reading,
        plan=plan,
        pace=schedule.next_check(feed, reading, plan, now=now, limits=limits, dice=dice),
        habit=habit.learn(feed, plan, reading.entries, now=now, dates=reading.dates),
        move=moves.follow(feed, reading, now=now),
        source_id=source_id,
    )


def _note_pushes(session: Session, outcomes: Sequence[Outcome], now: datetime) -> None:
    """Of feeds that a hub pushes: whether this look of our own found what no push had told."""
    for o in outcomes:
        if o.feed.push_until is not None and o.reading.error is None:
            subscriptions.note_look(
                session,
                o.feed.id,
                found_new=bool(o.plan.new),
                previous_look=o.feed.ok_at,
                now=now,
            )


def _move(session: Session, outcomes: Sequence[Outcome]) -> None:
    """Feeds whose permanent redirect is believed by now live at their new address from here on."""
    for outcome in outcomes:
        if outcome.move.adopt and outcome.move.to:
            catalogue.move(session, outcome.feed.id, outcome.move.to)


def _give_back(held: Sequence[FeedState], error: str, *, retry_s: float) -> None:
    """Best effort: when the database is away too, the leases run out by themselves."""
    log.warning(
        "%d feeds could not be stored: %s", len(held), error, extra={"feeds": [feed.id for feed in held]}
    )
    pause_s = settings().fetch_host_pause
    for feed in held:
        with suppress(DatelineError), transaction() as session:
            leases.give_back(session, feed, error=error, retry_s=retry_s, pause_s=pause_s)


def give_up(feed: FeedState, error: Exception) -> None:
    """What it holds cannot be read or stored: said, shown, and asked for ever less often."""
    log.error("feed %s (%s) could not be stored", feed.id, feed.url, exc_info=error, extra={"feed": feed.id})
    conf = settings()
    limits = schedule.Limits(conf.fetch_interval_min, conf.fetch_interval_max)
    sentence = f"What it holds could not be stored ({type(error).__name__}); see the log of ingest."
    _give_back([feed], sentence, retry_s=schedule.back_off(feed.failures + 1, limits))

"""What is new, what changed, what is known: tables for each rule, and no entry lost whatever a feed does."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.decide import GAP_WINDOW, decide, guids_to_ask, place_in_latest
from services.ingest.dedupe import content_hash, guid_of, guid_with_url
from services.ingest.entry import Entry
from services.ingest.plan import FeedState, Known, KnownArticle, KnownSighting, Plan
from tests.fixtures.entries import NOW, entry, feed_state


def known_as(
    entry: Entry, article_id: int = 1, *, own: bool = True, source: str = "a.example", here: bool = True
) -> Known:
    """The entry stored as article `article_id`; `here`: with a sighting of this feed."""
    article = KnownArticle(article_id, entry.title, own, source)
    sightings = {guid_of(entry): KnownSighting(article, content_hash(entry))} if here else {}
    return Known(sightings, {entry.url_key: article})


def decided(*entries: Entry, known: Known | None = None, feed: FeedState | None = None) -> Plan:
    return decide(entries, known or Known(), feed=feed or feed_state(), now=NOW)


def test_what_nobody_knows_is_new():
    plan = decided(entry(1), entry(2))
    assert [n.seen.entry for n in plan.new] == [entry(1), entry(2)]
    assert (plan.again, plan.unchanged, plan.skipped, plan.gap) == ((), (), (), False)


def test_what_is_stored_as_it_stands_is_unchanged():
    plan = decided(entry(1), known=known_as(entry(1)))
    assert plan == Plan(unchanged=("guid-1",))


def test_a_feed_corrects_its_own_article():
    (again,) = decided(entry(1, text="Corrected"), known=known_as(entry(1))).again
    assert (again.article_id, again.changed, again.first_here, again.adopted) == (1, True, False, False)


def test_a_feed_that_carries_another_ones_article_corrects_nothing():
    stored = known_as(entry(1), own=False)
    (again,) = decided(entry(1, text="A teaser of its own"), known=stored).again
    assert (again.article_id, again.changed, again.first_here) == (1, False, False)


def test_the_same_address_is_the_same_article_whatever_the_feed_calls_it():
    stored = known_as(entry(1), own=False, here=False)
    (again,) = decided(entry(1, guid="another name", title="Another title"), known=stored).again
    assert (again.article_id, again.first_here, again.changed) == (1, True, False)


def test_a_publisher_adopts_what_stood_under_an_aggregator():
    """A publisher is who serves the feed from the site of the article, not who says that the site is his."""
    stored = known_as(entry(1), own=False, source="aggregator.example", here=False)
    (again,) = decided(entry(1), known=stored).again
    assert (again.changed, again.adopted) == (True, True)
    says_so = feed_state(
        url="https://other.example/feed", source_key="a.example", site_url="https://a.example/"
    )
    (again,) = decided(entry(1), known=stored, feed=says_so).again
    assert (again.changed, again.adopted) == (False, False)


def test_an_aggregator_does_not_take_back_what_the_publisher_adopted():
    stored = known_as(entry(1), own=False, source="a.example")
    plan = decided(entry(1, text="x"), known=stored, feed=feed_state(source_key="aggregator.example"))
    assert [a.changed for a in plan.again] == [False]


def test_a_moved_article_stays_the_one_it_was():
    moved = entry(1, url="https://a.example/new-place", title="Title number 1 of the day, updated")
    (again,) = decided(moved, known=known_as(entry(1))).again
    assert (again.article_id, again.changed, again.seen.guid) == (1, True, "guid-1")


def test_a_guid_used_for_another_article_names_a_new_one():
    other = entry(2, guid="guid-1", title="Nothing alike at all")
    (new,) = decided(other, known=known_as(entry(1))).new
    assert new.seen.guid == guid_with_url(other)


def test_a_guid_used_twice_in_one_body_names_two_articles():
    plan = decided(entry(1, guid="g"), entry(2, guid="g"), entry(3, guid="g"))
    assert len({n.seen.guid for n in plan.new}) == 3


def test_a_guid_that_turns_up_at_another_stored_address_follows_the_address():
    stored = known_as(entry(1))
    stored.by_url[entry(2).url_key] = KnownArticle(2, "T", own=True)
    (again,) = decided(entry(2, guid="guid-1"), known=stored).again
    assert (again.article_id, again.seen.guid) == (2, guid_with_url(entry(2, guid="guid-1")))


def test_the_same_address_twice_in_one_body_is_one_article():
    plan = decided(entry(1), entry(1, guid="other"))
    assert len(plan.new) == 1
    assert plan.skipped == ("twice in one body: https://a.example/1",)


@pytest.mark.parametrize(
    ("fresh", "stored", "window", "gap"),
    [
        (GAP_WINDOW, 0, 10, True),
        (GAP_WINDOW - 1, 0, 10, False),
        (GAP_WINDOW, 1, 10, False),
        (GAP_WINDOW, 0, 0, False),
    ],
)
def test_a_gap_is_a_full_window_of_nothing_known(fresh, stored, window, gap):
    old = entry("old")
    entries = [entry(n) for n in range(fresh)] + [old] * stored
    assert decided(*entries, known=known_as(old), feed=feed_state(window=window)).gap is gap


def test_a_place_in_latest_is_as_published_but_never_in_the_future():
    past, future = NOW - timedelta(days=3), NOW + timedelta(seconds=1)

    def place(published_at, index=0, first_look=False):
        dated = entry(published_at=published_at)
        return place_in_latest(dated, now=NOW, index=index, first_look=first_look)

    assert place(past) == past
    assert place(future) == NOW
    assert place(None) == NOW
    assert place(None, index=2) < place(None, index=1) < NOW
    assert place(None, index=2, first_look=True) == NOW - timedelta(hours=2)


# --- nothing is lost ----------------------------------------------------------------------------------------------

NAMES = st.sampled_from(["g", "h", guid_with_url(entry(2, guid="g")), "x" * 501])
TITLES = st.sampled_from(["One title of a council", "One title of a council, again", "Nothing of that kind"])
ENTRIES = st.builds(
    lambda number, guid, title, text: entry(number, guid=guid, title=title, text=text),
    st.integers(1, 4),
    NAMES,
    TITLES,
    st.sampled_from(["a", "b"]),
)
BODIES = st.lists(st.lists(ENTRIES, max_size=6), min_size=1, max_size=4)


class Shelf:
    """Remembers what plans say as the database would; addresses and names belong to one article each."""

    def __init__(self) -> None:
        self.by_url: dict[str, int] = {}
        self.by_guid: dict[str, tuple[int, bytes]] = {}
        self.titles: dict[int, str] = {}

    def known(self, entries: list[Entry]) -> Known:
        asked = guids_to_ask(entries)

        def article(number: int) -> KnownArticle:
            return KnownArticle(number, self.titles[number], own=True, source_key="a.example")

        return Known(
            {g: KnownSighting(article(number), h) for g, (number, h) in self.by_guid.items() if g in asked},
            {e.url_key: article(self.by_url[e.url_key]) for e in entries if e.url_key in self.by_url},
        )

    def store(self, plan: Plan) -> None:
        for new in plan.new:
            number = len(self.titles) + 1
            self.titles[number] = new.seen.entry.title
            assert new.seen.entry.url_key not in self.by_url, "an address would belong to two articles"
            self.by_url[new.seen.entry.url_key] = number
            self.see(new.seen.guid, number, new.seen.content_hash)
        for again in plan.again:
            if again.changed:
                self.titles[again.article_id] = again.seen.entry.title
                self.by_url.setdefault(again.seen.entry.url_key, again.article_id)
            self.see(again.seen.guid, again.article_id, again.seen.content_hash)

    def see(self, guid: str, number: int, hashed: bytes) -> None:
        stood_for, _ = self.by_guid.get(guid, (number, b""))
        assert stood_for == number, "a sighting would change its article"
        self.by_guid[guid] = (number, hashed)


@given(BODIES)
def test_every_entry_of_every_body_ends_in_exactly_one_place(bodies):
    """However a feed reuses, swaps and forges names, and the next look at the same body brings nothing."""
    shelf, feed = Shelf(), feed_state()
    for body in bodies:
        for look in ("first", "second"):
            plan = decide(body, shelf.known(body), feed=feed, now=NOW)
            ends = len(plan.new) + len(plan.again) + len(plan.unchanged) + len(plan.skipped)
            assert ends == len(body)
            names = [s.guid for s in (*(n.seen for n in plan.new), *(a.seen for a in plan.again))]
            names += plan.unchanged
            assert len(set(names)) == len(names)
            assert len({n.seen.entry.url_key for n in plan.new}) == len(plan.new)
            assert len(plan.skipped) == len(body) - len({e.url_key for e in body})
            shelf.store(plan)
            for stored in body:
                assert stored.url_key in shelf.by_url or look == "first"
            if look == "second":
                assert plan.new == ()


@given(st.permutations([entry(n, guid="g" if n < 3 else f"guid-{n}") for n in range(5)]))
def test_the_order_of_a_body_does_not_decide_what_is_known(shuffled):
    shelf, feed = Shelf(), feed_state()
    first = [entry(n, guid="g" if n < 3 else f"guid-{n}") for n in range(5)]
    shelf.store(decide(first, Known(), feed=feed, now=NOW))
    plan = decide(shuffled, shelf.known(shuffled), feed=feed, now=NOW)
    assert plan.new == ()
    shelf.store(plan)
    assert len(shelf.titles) == 5


def test_decisions_leave_their_input_alone():
    stored, one = known_as(entry(1)), entry(1, text="x")
    before = (dict(stored.by_guid), dict(stored.by_url), replace(one))
    decided(one, known=stored)
    assert (stored.by_guid, stored.by_url, one) == before

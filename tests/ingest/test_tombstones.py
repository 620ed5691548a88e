"""What was taken out does not come back because a feed still shows it: by its address, by its guid, whatever it says now."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.core import removal
from services.core.clock import utc_now
from services.core.db import transaction
from services.ingest import finishing, sift
from services.ingest.decide import GAP_WINDOW, decide, guids_to_ask
from services.ingest.dedupe import alike, content_hash, guid_of, guid_with_url
from services.ingest.entry import Entry, RawEntry
from services.ingest.plan import FeedState, Known, KnownArticle, KnownSighting, Plan
from tests.fixtures.entries import NOW, answer, entry, feed_state, rss
from tests.ingest.test_store_apply import ITEM, A, B, add, claim, finish, label_all, look, looked, sql

GONE = KnownArticle(1, entry(1).title, own=True, source_key="a.example", removed=True)
WHY = "It is no news, says ada."


def decided(one: Entry, *, guid: bool = True, url: bool = True, article: KnownArticle = GONE) -> Plan:
    """An entry of a feed that knows article 1 (`entry(1)`) by its guid, by its address, or by both."""
    first = entry(1)
    by_guid = {guid_of(first): KnownSighting(article, content_hash(first))} if guid else {}
    by_url = {first.url_key: article} if url and one.url_key == first.url_key else {}
    return decide([one], Known(by_guid, by_url), feed=feed_state(), now=NOW)


@pytest.mark.parametrize(
    "one",
    [entry(1), entry(1, text="Corrected"), entry(1, title="Something wholly different happened")],
    ids=["as it was", "corrected", "another headline"],
)
def test_what_a_feed_says_of_a_removed_article_changes_nothing(one):
    assert decided(one) == Plan(unchanged=("guid-1",))


@pytest.mark.parametrize("own", [True, False])
def test_by_its_address_it_is_known_under_any_name_and_in_any_feed(own):
    """Seen there from now on, which keeps the tombstone; the publisher's own feed does not adopt it either."""
    article = replace(GONE, own=own, source_key="aggregator.example")
    plan = decided(entry(1, guid="another name", text="x"), guid=False, article=article)
    (again,) = plan.again
    assert (plan.new, again.article_id, again.seen.guid) == ((), 1, "another name")
    assert (again.removed, again.first_here, again.changed, again.adopted) == (True, True, False, False)


def test_by_its_guid_it_is_known_at_another_address_and_from_then_on_there_too():
    plan = decided(entry(1, url="https://a.example/moved"))
    (again,) = plan.again
    assert (plan.new, again.article_id, again.removed, again.changed) == ((), 1, True, False)


def test_another_article_under_its_guid_is_no_part_of_it():
    other = entry(2, guid="guid-1", title="Nothing alike at all")
    (new,) = decided(other).new
    assert new.seen.guid == guid_with_url(other)


def test_what_is_older_than_articles_are_kept_is_not_begun_with():
    old, fresh = entry(1, published_at=NOW - timedelta(days=91)), entry(2)
    plan = decide([old, fresh], Known(), feed=feed_state(), now=NOW, oldest=NOW - timedelta(days=90))
    assert [n.seen.entry for n in plan.new] == [fresh]
    assert plan.skipped == ("older than articles are kept: https://a.example/1",)
    stored = Known(by_url={old.url_key: replace(GONE, removed=False)})
    assert decide([old], stored, feed=feed_state(), now=NOW, oldest=NOW - timedelta(days=90)).again


def test_undated_entries_of_a_long_first_body_are_as_old_as_they_are_taken_to_be():
    many = [entry(n, published_at=None) for n in range(30)]
    plan = decide(
        many, Known(), feed=feed_state(ok_at=None), now=NOW, oldest=NOW - timedelta(hours=9, minutes=30)
    )
    assert (len(plan.new), len(plan.skipped)) == (10, 20)


def test_a_window_that_reaches_back_to_what_is_not_kept_has_no_gap():
    fresh = [entry(n) for n in range(GAP_WINDOW)]
    old = entry("old", published_at=NOW - timedelta(days=100))
    for body, gap in ((fresh, True), ([*fresh, old], False)):
        plan = decide(body, Known(), feed=feed_state(window=9), now=NOW, oldest=NOW - timedelta(days=90))
        assert plan.gap is gap


def test_an_entry_of_a_removed_article_leaves_before_it_is_cleaned_although_this_feed_might_adopt_it():
    raw = RawEntry("guid-number-1", "https://a.example/1", "Title", "<p>Text</p>", published_at=NOW)
    (told,) = sift.tell([raw], site_url="https://a.example/")
    for removed, rest in ((False, 1), (True, 0)):
        article = KnownArticle(1, "Title", own=False, source_key="wire.example", removed=removed)
        sighted = {"guid-number-1": KnownSighting(article, told.fingerprint)}
        assert len(sift.sift([told], sighted, feed=feed_state()).rest) == rest
        changed = replace(told, fingerprint=b"another")
        assert len(sift.sift([changed], sighted, feed=feed_state()).rest) == 1


# --- whatever feeds do ----------------------------------------------------------------------------------------------

TITLES = ("One title of a council", "One title of a council, again", "Nothing of that kind")
ENTRIES = st.builds(
    lambda number, guid, title, text: entry(number, guid=guid, title=title, text=text),
    st.integers(1, 4),
    st.sampled_from(["g", "h", "i"]),
    st.sampled_from(TITLES),
    st.sampled_from(["a", "b"]),
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from([1, 2]), st.lists(ENTRIES, min_size=1, max_size=4)),
        st.tuples(st.just(0), st.integers(0, 9)),
    ),
    min_size=1,
    max_size=12,
)


@dataclass
class Shelf:
    """What is stored of two feeds, and which articles were taken out."""

    by_url: dict[str, int] = field(default_factory=dict)
    by_guid: dict[tuple[int, str], tuple[int, bytes]] = field(default_factory=dict)
    titles: dict[int, str] = field(default_factory=dict)
    owner: dict[int, int] = field(default_factory=dict)
    removed: set[int] = field(default_factory=set)

    def known(self, feed: int, entries: list[Entry]) -> Known:
        def article(number: int) -> KnownArticle:
            own = self.owner[number] == feed
            return KnownArticle(number, self.titles[number], own, "a.example", number in self.removed)

        found = {g: self.by_guid.get((feed, g)) for g in guids_to_ask(entries)}
        return Known(
            {g: KnownSighting(article(f[0]), f[1]) for g, f in found.items() if f is not None},
            {e.url_key: article(self.by_url[e.url_key]) for e in entries if e.url_key in self.by_url},
        )

    def store(self, feed: int, plan: Plan) -> None:
        for new in plan.new:
            number = len(self.titles) + 1
            self.titles[number], self.owner[number] = new.seen.entry.title, feed
            self.by_url[new.seen.entry.url_key] = number
            self.by_guid[feed, new.seen.guid] = number, new.seen.content_hash
        for again in plan.again:
            if again.changed:
                self.titles[again.article_id] = again.seen.entry.title
            if again.changed or again.removed:
                self.by_url.setdefault(again.seen.entry.url_key, again.article_id)
            self.by_guid[feed, again.seen.guid] = again.article_id, again.seen.content_hash


@given(STEPS)
def test_nothing_taken_out_comes_back_and_nothing_else_is_taken_for_it(steps: list[tuple[int, Any]]):
    shelf = Shelf()
    for feed, what in steps:
        if feed == 0:
            if what % max(len(shelf.titles), 1) + 1 in shelf.titles:
                shelf.removed.add(what % len(shelf.titles) + 1)
            continue
        known = shelf.known(feed, what)
        plan = decide(what, known, feed=feed_state(id=feed), now=NOW)
        for new in plan.new:
            assert new.seen.entry.url_key not in shelf.by_url
            stood_for = shelf.by_guid.get((feed, new.seen.entry.guid))
            if stood_for is not None and stood_for[0] in shelf.removed:
                taken = next(e for e in what if e.guid == new.seen.entry.guid) is not new.seen.entry
                assert taken or not alike(shelf.titles[stood_for[0]], new.seen.entry.title)
        for again in plan.again:
            gone = again.article_id in shelf.removed
            assert again.removed is gone
            assert not gone or not (again.changed or again.adopted)
        shelf.store(feed, plan)
        again = decide(what, shelf.known(feed, what), feed=feed_state(id=feed), now=NOW)
        assert again.new == ()
        assert all(not a.removed for a in again.again), "seen here, and known to be"


# --- stored ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def gone(service: pytest.MonkeyPatch) -> int:
    """An article that feed A brought, that was listed, and that somebody took out."""
    add(A, B)
    look(A, rss(ITEM))
    label_all()
    ((number,),) = sql("SELECT id FROM articles")
    with transaction() as session:
        assert removal.remove(session, [number], why=WHY, keep_text=True) == [number]
    return number


def row(number: int) -> list[Any]:
    return sql("SELECT * FROM articles WHERE id = :id", id=number)


@pytest.mark.parametrize(
    "item",
    [ITEM, (ITEM[0], ITEM[1], "The council changed its mind"), ("other", ITEM[1], ITEM[2]),
     (ITEM[0], "https://a.example/moved", ITEM[2]), ("other", ITEM[1] + "?utm_source=rss", "Wholly new")],
    ids=["unchanged", "edited", "another guid", "another address", "both but the key"],
)  # fmt: skip
@pytest.mark.parametrize("feed", [A, B])
def test_it_stays_out_through_either_feed(gone, feed, item):
    before = row(gone)
    if feed == B and item[1].endswith("moved"):
        look(A, rss(item))  # B can know the new address only from A
    plan = look(feed, rss(item) + b"<!-- -->")
    assert plan is not None
    assert plan.new == ()
    assert row(gone) == before
    assert sql("SELECT count(*) FROM articles") == [(1,)]
    assert sql("SELECT count(*) FROM sightings WHERE article_id = :id", id=gone)[0][0] in {1, 2}
    again = look(feed, rss(item) + b"<!-- once more -->")
    assert again is not None
    assert (again.new, again.again, len(again.unchanged)) == ((), (), 1)


def test_two_feeds_of_one_transaction_agree_that_it_moved(gone):
    moved = (ITEM[0], "https://a.example/moved", ITEM[2])
    one, two = claim(A, B)
    looks = [
        looked(feed, answer(rss(("x", *moved[1:]) if feed is two else moved), feed_id=feed.id))
        for feed in (one, two)
    ]
    assert [len(o.plan.new) for o in finishing.finish(looks)] == [0, 0]
    assert sql("SELECT count(*) FROM articles") == [(1,)]


def test_a_correction_that_was_decided_on_before_it_was_taken_out_is_not_stored(service, monkeypatch):
    add(A)
    look(A, rss(ITEM))
    label_all()
    real = finishing.decide

    def decide_late(*words: Any, **named: Any) -> Plan:
        plan = real(*words, **named)
        with transaction() as session:
            removal.remove(session, [1], why=WHY, keep_text=False)
        return plan

    monkeypatch.setattr(finishing, "decide", decide_late)
    (feed,) = claim(A)
    plan = finish(feed, answer(rss((ITEM[0], ITEM[1], "The council changed its mind")), feed_id=feed.id))
    assert plan is not None
    assert [a.changed for a in plan.again] == [True]
    assert sql("SELECT text, title, waiting_since FROM articles") == [("", ITEM[2], None)]


def test_a_tombstone_that_goes_while_its_entry_is_stored_is_looked_at_again(gone, monkeypatch):
    real, times = finishing.decide, []

    def decide_and_lose(*words: Any, **named: Any) -> Plan:
        plan = real(*words, **named)
        if not times:
            sql("DELETE FROM changes")
            sql("DELETE FROM articles")
        times.append(plan)
        return plan

    monkeypatch.setattr(finishing, "decide", decide_and_lose)
    plan = look(B, rss(ITEM))
    assert plan is not None
    assert [len(p.again) for p in times] == [1, 0]
    assert len(plan.new) == 1


def feed_of(url: str) -> FeedState:
    return claim(url)[0]


def test_what_is_too_old_to_be_kept_is_counted_as_skipped_with_the_reason(service):
    add(A)
    dated = rss(ITEM).replace(
        b"<item>", b"<item><pubDate>" + (utc_now() - timedelta(days=91)).strftime("%d %b %Y %H:%M:%S +0000").encode() + b"</pubDate>"
    )  # fmt: skip
    plan = look(A, dated)
    assert plan is not None
    assert (plan.new, len(plan.skipped)) == ((), 1)
    ((brought,),) = sql("SELECT brought FROM fetches")
    assert brought["skipped"] == ["older than articles are kept: https://a.example/1"]

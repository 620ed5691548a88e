"""Other rules of addresses are in force: new articles go by them at once, stored ones get their keys, what is one becomes a pair."""

import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services import scheduler
from services.classify import rulebook
from services.core import addresses, removal
from services.core.clock import utc_now
from services.core.db import transaction
from services.core.queues import Job
from services.core.urls import BUILT_IN, AddressRules, canonical_url, keys_anew
from services.ingest import finishing, rekeying
from services.ingest.finishing import Look
from services.ingest.reading import read
from services.ingest.store import rekeying as store
from tests.fixtures.entries import answer, rss
from tests.fixtures.rulebooks import ECONOMY
from tests.ingest.test_store_apply import add, claim, label_all, sql

PAPER, REGIONAL, WIRE = (
    "https://paper.example/feed",
    "https://regional.example/feed",
    "https://wire.example/feed",
)
ALIAS = "  hosts: {regional.example: paper.example}\n"
SECT = "  sites: {paper.example: {drop: [sect]}}\n"
OWNERS = "  owners: {Paper Group: [paper.example, regional.example]}\n"


@pytest.fixture(autouse=True)
def _feeds(service: pytest.MonkeyPatch) -> None:
    add(PAPER, REGIONAL, WIRE)
    publish("")


def publish(rules: str) -> str:
    texts = {"rules.yaml": ECONOMY} | ({"addresses.yml": "addresses:\n" + rules} if rules else {})
    with transaction() as session:
        return rulebook.publish(session, texts, message="for a test", author="ada").version


def read_now(url: str, *items: tuple[str, str, str]) -> Look:
    """A look at a feed as a worker takes one."""
    (feed,) = claim(url)
    addresses.forget()
    rules, got = addresses.current(), answer(rss(*items) + b"<!-- x -->", feed_id=feed.id)
    return Look(feed, got, read(feed, got, now=utc_now(), rules=rules), rules)


def fetch(url: str, *items: tuple[str, str, str]) -> Any:
    (outcome,) = finishing.finish([read_now(url, *items)])
    return outcome.plan


def keys() -> dict[str, int]:
    return dict(sql("SELECT url_key, article_id FROM article_urls ORDER BY 1"))


def pairs() -> list[tuple]:
    return sql("SELECT one, other, by, judgement->>'sentence' FROM copies ORDER BY 1, 2")


def waits() -> list[int]:
    return [
        number for (number,) in sql("SELECT id FROM articles WHERE waiting_since IS NOT NULL ORDER BY id")
    ]


def item(number: int | str, host: str = "paper.example", query: str = "") -> tuple[str, str, str]:
    return (
        f"guid-{host}-{number}{query}",
        f"https://{host}/story-{number}{query}",
        f"Headline {number} of {host} {query}",
    )


def test_an_alias_makes_a_pair_of_what_was_two_and_the_next_look_finds_one():
    fetch(PAPER, item(1), item(2))
    fetch(REGIONAL, item(1, "regional.example"), item(3, "regional.example"))
    label_all()
    publish(ALIAS)
    assert rekeying.make_anew() == 4
    assert keys() == {"paper.example/story-1": 1, "paper.example/story-2": 2, "paper.example/story-3": 4}
    assert pairs() == [(1, 3, "address", "the same address: paper.example/story-1")]
    assert waits() == [1, 3]
    assert rekeying.make_anew() == 0
    plan = fetch(WIRE, ("w", "https://m.regional.example/story-2/", "Of the wire"))
    assert [(a.article_id, a.first_here) for a in plan.again] == [(2, True)]


def test_looking_again_finds_nothing_more_and_lets_nobody_wait():
    fetch(PAPER, item(1))
    fetch(REGIONAL, item(1, "regional.example"))
    publish(ALIAS)
    rekeying.make_anew()
    label_all()
    sql("UPDATE address_state SET finished_at = NULL, at_id = NULL")
    assert rekeying.make_anew() == 2
    assert (len(pairs()), waits()) == (1, [])


def test_a_rule_that_is_taken_back_gives_the_keys_of_before_and_leaves_none():
    fetch(PAPER, item(1, query="?sect=2"), item(2))
    before = keys()
    publish(SECT)
    rekeying.make_anew()
    assert set(keys()) == {"paper.example/story-1", "paper.example/story-2"}
    publish("")
    rekeying.make_anew()
    assert keys() == before


def test_a_pair_that_no_address_makes_any_more_is_none_and_each_has_its_own_key():
    fetch(PAPER, item(1), item(1, query="?sect=1"), item(1, query="?sect=2"))
    before = keys()
    publish(SECT)
    rekeying.make_anew()
    assert keys() == {"paper.example/story-1": 1}
    assert [row[:3] for row in pairs()] == [(1, 2, "address"), (2, 3, "address")]
    label_all()
    publish("")
    rekeying.make_anew()
    assert (keys(), pairs(), waits()) == (before, [], [1, 2, 3])


@pytest.mark.parametrize("limit", [1, 2, 200])
def test_what_was_seen_of_one_under_the_address_of_another_parts_with_the_rule(limit: int):
    entries = item(1), item(1, query="?sect=1"), item(1, query="?sect=2"), item(1, query="?sect=3")
    fetch(PAPER, *entries[:3])
    before = keys()
    publish(SECT)
    rekeying.make_anew()
    for guid, url, title in entries[1:]:  # each is taken for the first one now, the last one was never seen
        assert fetch(PAPER, (guid, url, title + ", they say")).new == ()
    assert sql("SELECT count(*) FROM sightings WHERE article_id = 1") == [(4,)]
    publish("")
    for _ in range(5):
        with transaction() as session:
            store.step(session, limit=limit)
    assert (keys(), pairs()) == (before, [])
    assert sql("SELECT count(*) FROM sightings WHERE article_id = 1") == [(1,)]
    plan = fetch(PAPER, entries[3])  # and the last one is an article where its feed still has it
    assert [new.seen.entry.url for new in plan.new] == [entries[3][1]]


def test_what_one_has_by_the_rules_of_before_is_left_to_whose_it_is_now():
    fetch(PAPER, item(1, query="?sect=1"))
    publish(SECT)
    rekeying.make_anew()  # the first one stands under the bare address
    publish("")
    fetch(WIRE, ("w", "https://wire.example/story-1", "Of the wire"))
    publish("  hosts: {wire.example: paper.example}\n")  # and now it is that of the second one
    with transaction() as session:
        assert store.step(session, limit=1).merged == 0
    rekeying.make_anew()
    assert keys() == {"paper.example/story-1": 2, "paper.example/story-1?sect=1": 1}
    assert pairs() == []


def test_pairs_that_an_address_still_makes_stay_and_wait_for_nobody():
    fetch(PAPER, item(1))
    fetch(REGIONAL, item(1, "regional.example"))
    publish(ALIAS)
    rekeying.make_anew()
    label_all()
    publish(ALIAS + SECT)
    rekeying.make_anew()
    assert ([row[:3] for row in pairs()], waits()) == ([(1, 2, "address")], [])


def test_an_address_that_an_article_had_before_is_still_its_address():
    fetch(REGIONAL, item(1, "regional.example"))
    label_all()
    moved = ("guid-regional.example-1", "https://regional.example/moved-1", "Headline 1 of regional.example ")
    fetch(REGIONAL, moved)
    publish(ALIAS)
    rekeying.make_anew()
    assert keys() == {"paper.example/story-1": 1, "paper.example/moved-1": 1}


def test_entries_that_share_an_address_stay_apart_under_another_name_of_it():
    shared = [
        (f"a-guid-that-tells-{n}", "https://regional.example/", f"Headline {n} of the day") for n in range(3)
    ]
    fetch(REGIONAL, *shared)
    before = keys()
    assert len(before) == 3
    publish(ALIAS)
    rekeying.make_anew()
    assert {key.replace("regional", "paper") for key in before} == set(keys())
    assert pairs() == []
    plan = fetch(
        REGIONAL, *shared, ("a-guid-that-tells-9", "https://regional.example/", "Headline 9 of the day")
    )
    assert (len(plan.new), len(plan.unchanged)) == (1, 3)


def test_what_was_removed_is_recognised_under_the_new_keys_and_what_expired_says_nothing():
    fetch(PAPER, item(1), item(2))
    fetch(REGIONAL, item(1, "regional.example"), item(2, "regional.example"), item(3, "regional.example"))
    label_all()
    with transaction() as session:
        removal.remove(session, [1], why="No news, says the desk.", keep_text=True)
    with transaction() as session:
        removal.remove(session, [2, 5], why="Old.", keep_text=False)
    publish(ALIAS)
    rekeying.make_anew()
    assert [row[:2] for row in pairs()] == [(1, 3)]
    assert waits() == [3]
    assert fetch(WIRE, ("w", "https://paper.example/story-3", "Of the wire")).new == ()


def test_a_walk_that_is_killed_goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch):
    fetch(PAPER, *(item(n, query="?sect=1") for n in range(5)))
    publish(SECT)
    with transaction() as session:
        assert store.step(session, limit=2).looked == 2

    class Killed(Exception):  # noqa: N818
        pass

    with pytest.raises(Killed), transaction() as session:  # noqa: PT012
        store.step(session, limit=2)
        raise Killed
    assert sum("?" in key for key in keys()) == 3
    assert rekeying.make_anew() == 3
    assert not any("?" in key for key in keys())


def test_another_publication_in_the_middle_begins_anew_and_forgets_no_rule_of_before():
    fetch(PAPER, *(item(n, query="?sect=1") for n in range(4)))
    before = keys()
    publish(SECT)
    with transaction() as session:
        store.step(session, limit=2)
    publish(ALIAS)
    rekeying.make_anew()
    assert keys() == before


def test_what_was_read_by_the_rules_of_before_is_not_stored_and_its_feed_is_read_again():
    look = read_now(PAPER, item(1, query="?sect=2"))
    publish(SECT)
    rekeying.make_anew()
    assert finishing.finish([look]) == []
    assert keys() == {}
    assert sql(
        "SELECT lease_token, attempts, failures, next_check_at <= now() FROM feeds WHERE url = :url",
        url=PAPER,
    ) == [(None, 0, 0, True)]
    fetch(PAPER, item(1, query="?sect=2"))
    assert set(keys()) == {"paper.example/story-1"}


def test_whoever_publishes_other_rules_waits_for_what_is_being_stored():
    held, published = threading.Event(), threading.Event()

    def publish_meanwhile() -> None:
        held.wait(10)
        publish(SECT)
        published.set()

    publishing = threading.Thread(target=publish_meanwhile)
    publishing.start()
    with transaction() as session:
        assert addresses.hold(session) is BUILT_IN
        held.set()
        assert not published.wait(0.5)
    publishing.join(10)
    assert published.is_set()
    with transaction() as session:
        assert addresses.hold(session).of_keys


def test_a_publication_without_other_addresses_waits_for_nobody():
    with transaction() as session:
        addresses.hold(session)
        texts = {"rules.yaml": ECONOMY.replace("inflation", "prices")}
        with transaction() as other:
            version = rulebook.publish(other, texts, message="", author="ada").version
    assert sql("SELECT version FROM rulebooks WHERE active") == [(version,)]


def owners() -> dict[str, str | None]:
    return dict(sql("SELECT key, owner FROM sources ORDER BY key"))


def test_sources_get_their_owners_new_ones_too_and_lose_them_with_the_rule():
    publish(OWNERS)
    rekeying.make_anew()
    assert owners() == {
        "paper.example": "Paper Group",
        "regional.example": "Paper Group",
        "wire.example": None,
    }
    add("https://sport.paper.example/feed")
    rekeying.make_anew()
    assert owners()["sport.paper.example"] == "Paper Group"
    publish("")
    rekeying.make_anew()
    assert set(owners().values()) == {None}


def test_the_scheduler_hints_where_keys_or_owners_are_others():
    def hinted() -> int:
        return scheduler.tick()[Job.REKEY_ARTICLES]

    assert hinted() == 0
    publish(OWNERS)
    assert hinted() == 1
    rekeying.make_anew()
    with transaction() as session:
        assert rekeying.waiting(session) == 0
    publish(OWNERS + ALIAS)
    with transaction() as session:
        assert rekeying.waiting(session) == 1
    rekeying.make_anew()
    add("https://sport.paper.example/feed")
    with transaction() as session:
        assert rekeying.waiting(session) == 1


# --- the keys alone -------------------------------------------------------------------------------------------------

HOSTS = st.sampled_from(["paper.example", "regional.example", "www.paper.example", "old.example"])
URLS = st.sets(
    st.builds("https://{}/{}{}".format, HOSTS, st.sampled_from(["a-1", "b-2", "c/print"]), st.sampled_from(["", "?id=1", "?sect=2", "?id=1&sect=3"])),
    min_size=1,
    max_size=4,
)  # fmt: skip
RULES = st.sampled_from(
    [
        BUILT_IN,
        AddressRules.of({"hosts": {"regional.example": "paper.example"}}),
        AddressRules.of({"hosts": {"old.example": "regional.example"}, "drop": ["sect"]}),
        AddressRules.of({"sites": {"paper.example": {"drop": ["id"], "strip_suffix": ["/print"]}}}),
    ]
)


@given(URLS, st.lists(RULES, min_size=1, max_size=5))
def test_after_any_rules_an_article_has_the_keys_of_its_addresses_and_no_others(urls, several):
    stored = {canonical_url(url) for url in urls}
    before = BUILT_IN
    for rules in several:
        found = keys_anew(stored, urls, rules, [before])
        assert found.wanted == {canonical_url(url, rules) for url in urls}
        assert found.stale == stored - found.wanted
        stored, before = set(found.wanted), rules


@given(URLS, URLS, RULES)
def test_keys_of_addresses_that_are_not_known_any_more_are_kept_as_the_rules_have_them(urls, lost, rules):
    stored = {canonical_url(url) for url in urls | lost}
    wanted = keys_anew(stored, urls, rules, [BUILT_IN]).wanted
    gone = {canonical_url(url) for url in urls}
    for url in lost:
        if canonical_url(url) not in gone:
            assert canonical_url("https://" + canonical_url(url), rules) in wanted


@given(URLS, RULES, RULES, st.randoms())
def test_what_only_a_rule_of_before_made_one_address_is_known_by_its_own_alone(urls, before, rules, random):
    own = random.choice(sorted(urls))
    stored = {canonical_url(url, before) for url in urls}
    wanted = keys_anew(stored, urls, rules, [before], own).wanted
    assert canonical_url(own, rules) in wanted
    for url in urls:
        parted = canonical_url(url, before) == canonical_url(own, before)
        assert parted or canonical_url(url, rules) in wanted
        others = urls - {url}
        if parted and canonical_url(url, rules) not in {canonical_url(other, rules) for other in others}:
            assert (canonical_url(url, rules) in wanted) == (url == own)

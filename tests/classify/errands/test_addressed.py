"""What rules of addresses are foreseen to join and part is what they do: compared with the walk and with labelling."""

import random
from collections import defaultdict

import pytest

from services.classify import rulebook
from services.classify.errands import addressed
from services.classify.errands.measuring import foresee
from services.classify.labelling import label
from services.classify.rules import load_texts
from services.core import removal
from services.core.db import transaction
from services.ingest import rekeying
from tests.fixtures import entries
from tests.fixtures.rulebooks import ECONOMY
from tests.ingest.test_rekeying import ALIAS, PAPER, REGIONAL, SECT, WIRE, fetch, publish
from tests.ingest.test_store_apply import add, sql

NR = "  sites:\n    paper.example:\n      drop: [nr]\n"
KEEP = "  sites: {paper.example: {keep: [utm_id]}}\n"
PRINT = "  sites: {paper.example: {strip_suffix: [/print]}}\n"
BOTH = ALIAS + SECT
POOL = ["", ALIAS, SECT, BOTH, NR, KEEP, PRINT, "  drop: [sect, nr]\n" + ALIAS]
FEEDS = {"paper.example": PAPER, "regional.example": REGIONAL, "wire.example": WIRE}


@pytest.fixture(autouse=True)
def _feeds(service: pytest.MonkeyPatch) -> None:
    add(PAPER, REGIONAL, WIRE)
    publish("")


def words(count: int) -> str:
    return " ".join("".join(random.choices("abcdefghijklmnopqrst", k=7)) for _ in range(count))


def bring(monkeypatch: pytest.MonkeyPatch, *urls: str) -> None:
    """Each as an article of its own, with a text that is nobody else's."""
    for url in urls:
        monkeypatch.setattr(entries, "LONG", words(40))
        fetch(FEEDS[url.split("/")[2]], (words(2), url, words(6)))
    settle()


def settle() -> None:
    while label.label_waiting():
        pass
    while sql("SELECT FROM articles WHERE waiting_since IS NOT NULL AND quarantined IS NULL"):
        label.label_waiting()


def rules_of(rules: str):
    texts = {"rules.yaml": ECONOMY} | ({"addresses.yml": "addresses:\n" + rules} if rules else {})
    return load_texts(texts).addresses, texts


def foreseen(rules: str, limit: int = 1000, examples: int = 1000):
    with transaction() as session:
        now = rulebook.current(session).rulebook.addresses
        return addressed.foresee(session, now, rules_of(rules)[0], limit=limit, examples=examples)


def groups() -> set[frozenset[int]]:
    found = defaultdict(set)
    for number, head in sql("SELECT id, coalesce(duplicate_of, id) FROM articles WHERE removed_at IS NULL"):
        found[head].add(number)
    return {frozenset(group) for group in found.values()}


def put_in_force(rules: str) -> None:
    publish(rules)
    rekeying.make_anew()
    settle()


def test_three_unrelated_articles_are_told_before_they_become_one(service):
    bring(service, *(f"https://paper.example/view?nr={n}" for n in (1, 2, 3)), "https://wire.example/a-1")
    told = foreseen(NR)
    assert (told["articles"], told["joined"], told["joined_to"], told["parted"]) == (4, 3, 1, 0)
    assert told["sentences"][0].startswith(
        "3 articles would become 1 by addresses.yml:4:14 (drop nr at paper.example). Going back parts them again"
    )
    (example,) = told["examples"]
    assert example["key"] == "paper.example/view"
    assert [(a["id"], a["source"], a["url"][-4:]) for a in example["articles"]] == [
        (n, "paper.example", f"nr={n}") for n in (1, 2, 3)
    ]
    (rule,) = told["rules"]
    assert (rule["rule"], rule["joined"]) == ("sites/paper.example/drop/nr", 3)
    assert [one["at"] for one in example["rules"]] == [rule["at"]] == ["addresses.yml:4:14"]
    put_in_force(NR)
    assert groups() == {frozenset({1, 2, 3}), frozenset({4})}


def test_what_going_back_parts_is_told_too(service):
    bring(service, "https://paper.example/a-1?sect=1", "https://paper.example/a-1?sect=2")
    put_in_force(SECT)
    told = foreseen("")
    assert (told["joined"], told["parted_from"], told["parted"]) == (0, 1, 2)
    assert told["sentences"][0].startswith(
        "1 article would become 2 by addresses.yml:2:34 (no longer drop sect at paper.example): what only an address"
    )


def test_rules_that_join_nothing_say_so_and_others_of_owners_alone_are_not_looked_at(service):
    bring(service, "https://wire.example/a-1")
    assert "of the newest 1 article none" in foreseen(NR)["sentences"][0]
    assert foreseen("  owners: {Paper Group: [paper.example, regional.example]}\n") is None
    assert foreseen("") is None


def test_editors_who_part_two_and_what_was_removed_count(service):
    bring(service, *(f"https://paper.example/view?nr={n}" for n in (1, 2, 3)))
    sql(
        "INSERT INTO judgements (one, other, says, author, documents) VALUES (1, 2, 'no', 'ada', '[]'), (1, 3, 'no', 'ada', '[]')"
    )
    told = foreseen(NR)
    assert [group["count"] for group in told["examples"]] == [2]
    with transaction() as session:
        removal.remove(session, [2], why="No news, says ada.", keep_text=True)
    assert foreseen(NR)["joined"] == 0


def test_an_older_one_that_has_the_key_counts_though_nobody_looks_at_it(service):
    bring(
        service,
        "https://paper.example/a-1",
        "https://wire.example/b-2",
        "https://regional.example/a-1",
    )
    sql("UPDATE articles SET sort_at = sort_at - interval '1 hour' * (10 - id)")
    told = foreseen(ALIAS, limit=1)
    assert (told["articles"], told["joined"], told["joined_to"]) == (1, 2, 1)


def test_no_more_examples_are_told_than_asked_for(service):
    bring(
        service,
        *(f"https://paper.example/{n}?sect={m}" for n in ("a", "b", "c") for m in (1, 2)),
    )
    told = foreseen(SECT, examples=1)
    assert (told["joined"], told["joined_to"], len(told["examples"])) == (6, 3, 1)


def test_an_impact_has_it_and_costs_nothing_where_addresses_are_the_same(service):
    bring(service, "https://paper.example/view?nr=1", "https://paper.example/view?nr=2")
    with transaction() as session:
        told = foresee(session, {"rulebook": {"texts": rules_of(NR)[1]}}, "ada")
        assert told["addresses"]["joined"] == 2
        assert foresee(session, {"rulebook": {"texts": rules_of("")[1]}}, "ada")["addresses"] is None


def url() -> str:
    host, page = random.choice([*FEEDS]), random.choice(["a-1", "a-1/print", "b-2"])
    query = "&".join(
        f"{name}={random.choice('12')}" for name in ("sect", "nr", "utm_id") if random.random() < 0.4
    )
    return f"https://{host}/{page}" + (f"?{query}" if query else "")


@pytest.mark.parametrize("seed", range(8))
def test_whatever_is_foreseen_is_what_happens(seed: int, service):
    random.seed(seed)
    for rules in random.sample(POOL, 5):
        told, before = foreseen(rules), groups()
        put_in_force(rules)
        after = groups()
        if told is None:
            assert after == before
        else:
            joined = sorted(len(parts) for parts in _parts(after, before) if len(parts) > 1)
            parted = sorted(len(parts) for parts in _parts(before, after) if len(parts) > 1)
            assert joined == sorted(row["count"] for row in told["examples"])
            assert parted == sorted(row["count"] for row in told["examples_parted"])
            assert (told["joined"], told["parted"]) == (sum(joined), sum(parted))
            assert [row for row in told["examples"] + told["examples_parted"] if not row["rules"]] == [], (
                rules
            )
        bring(service, *dict.fromkeys(url() for _ in range(12)))
    assert len(groups()) > 10


def _parts(whole: set[frozenset[int]], parts: set[frozenset[int]]) -> list[set[frozenset[int]]]:
    return [{part for part in parts if part & group} for group in whole]

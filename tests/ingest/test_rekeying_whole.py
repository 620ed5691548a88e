"""Other rules of addresses, from their publication to what a follower hears of it."""

import pytest

from services.classify.labelling import label
from services.core import removal
from services.core.db import transaction
from services.ingest import rekeying
from tests.fixtures import entries
from tests.ingest.test_rekeying import ALIAS, PAPER, REGIONAL, WIRE, fetch, item, publish
from tests.ingest.test_store_apply import add, sql

OTHER = "Farmers of the northern valley brought in a record harvest of apples while diesel rose for the third week"


@pytest.fixture(autouse=True)
def _two(service: pytest.MonkeyPatch) -> None:
    """Two articles of two feeds that say other things, under one path of two hosts, both in Latest."""
    add(PAPER, REGIONAL, WIRE)
    publish("")
    fetch(PAPER, item(1))
    service.setattr(entries, "LONG", OTHER)
    fetch(REGIONAL, item(1, "regional.example"))
    label.label_waiting()


def changes() -> list[tuple]:
    return sql("SELECT article_id, change FROM changes ORDER BY seq")


def test_two_articles_with_one_address_become_one_and_followers_hear_it():
    assert changes() == [(1, "added"), (2, "added")]
    publish(ALIAS)
    rekeying.make_anew()
    label.label_waiting()
    assert sql("SELECT id, listed, duplicate_of FROM articles ORDER BY id") == [
        (1, True, None),
        (2, False, 1),
    ]
    assert changes()[2:] == [(1, "updated"), (2, "merged")]


def test_without_the_rule_each_is_an_article_again_and_followers_hear_it():
    publish(ALIAS)
    rekeying.make_anew()
    label.label_waiting()
    publish("")
    rekeying.make_anew()
    label.label_waiting()
    label.label_waiting()
    assert sql("SELECT id, listed, duplicate_of FROM articles ORDER BY id") == [
        (1, True, None),
        (2, True, None),
    ]
    assert changes()[4:] == [(1, "updated"), (2, "added")]


def test_what_was_never_seen_with_it_goes_from_also_at_and_followers_hear_it():
    publish(ALIAS)
    rekeying.make_anew()
    label.label_waiting()
    other = ("a-guid", "https://regional.example/story-1?utm_source=rss", "Another headline")
    assert fetch(WIRE, other).new == ()
    assert sql("SELECT count(*) FROM sightings WHERE article_id = 1") == [(2,)]
    label.label_waiting()
    sql("DELETE FROM changes")
    publish("")
    rekeying.make_anew()
    label.label_waiting()
    label.label_waiting()
    assert sql("SELECT article_id, count(*) FROM sightings GROUP BY 1 ORDER BY 1") == [(1, 1), (2, 1)]
    assert sorted(changes()) == [(1, "updated"), (2, "added")]
    label.label_waiting()
    assert sql("SELECT count(*) FROM articles WHERE waiting_since IS NOT NULL") == [(0,)]


def test_one_whose_address_is_that_of_no_news_goes_behind_it():
    sql("INSERT INTO judgements (one, says, author, documents) VALUES (1, 'not_news', 'ada', '[]')")
    with transaction() as session:
        removal.remove(session, [1], why="No news, says the desk.", keep_text=True)
    publish(ALIAS)
    rekeying.make_anew()
    label.label_waiting()
    assert sql("SELECT id, listed, duplicate_of FROM articles ORDER BY id") == [
        (1, False, None),
        (2, False, 1),
    ]
    assert changes()[2:] == [(1, "removed"), (2, "removed")]  # what is shown for it is gone
    assert sql("SELECT count(*) FROM articles WHERE waiting_since IS NOT NULL") == [(0,)]

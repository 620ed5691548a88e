"""A sample of what the fast parser reads is read by the reference too; what differs is kept, the newest few only."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from services.core.db import transaction
from services.ingest import parsing, sampling
from services.ingest.parsers import NotAFeedError
from services.ingest.store import adding, differences
from tests.fixtures.entries import feed_state, rss

BODY = rss(("g1", "https://a.example/1", "One"))
WORDS = {"content_type": None, "url": "https://a.example/feed"}


def kept() -> list[tuple]:
    with transaction() as session:
        found = session.execute(text("SELECT feed_id, what, body FROM parse_differences ORDER BY id"))
        return [(feed_id, what, bytes(body)) for feed_id, what, body in found]


@pytest.fixture
def feed(service):
    with transaction() as session:
        adding.add(session, [adding.FeedToAdd("https://a.example/feed")])
        number = session.scalar(text("SELECT id FROM feeds"))
    yield feed_state(id=number)
    parsing.close()


def test_where_both_agree_nothing_is_kept(feed):
    assert sampling.parser_for(feed, share=1)(BODY, **WORDS).entries[0].title == "One"
    assert kept() == []


def test_what_differs_is_kept_with_its_body_and_the_answer_stays_the_fast_one(feed, monkeypatch):
    parse = parsing.parse

    def parse_wrongly(*words, **named):
        return replace(parse(*words, **named), title="Another")

    monkeypatch.setattr(parsing, "parse", parse_wrongly)
    assert sampling.parser_for(feed, share=1)(BODY, **WORDS).title == "Another"
    ((number, what, body),) = kept()
    assert (number, body) == (feed.id, BODY)
    assert "title" in what
    sampling.parser_for(feed, share=0)(BODY, **WORDS)
    assert len(kept()) == 1


def test_only_the_newest_are_kept_and_no_large_body(feed):
    with transaction() as session:
        for number in range(differences.KEPT + 3):
            differences.keep(
                session,
                feed_id=feed.id,
                what=[f"difference {number}"],
                body=b"x" * (differences.LARGEST + (number == 5)),
            )
    found = kept()
    assert [what for _, what, _ in found] == [f"difference {n}" for n in range(3, differences.KEPT + 3)]
    assert [len(body) for _, _, body in found].count(0) == 1


def test_what_is_no_feed_is_refused_as_ever(feed):
    with pytest.raises(NotAFeedError):
        sampling.parser_for(feed, share=1)(b"<html></html>", **WORDS)

"""What an editor says of copies and stories, through every room: foreseen, said, done by workers, held, taken back."""

import pytest

from services.classify.errands.agreement import agree
from services.classify.labelling import label
from services.classify.storykeeping.work import Consumer
from services.core import judgements
from services.core.clock import utc_now
from services.core.db import transaction
from tests.fixtures.articles import Desk
from tests.fixtures.database import sql
from tests.fixtures.rulebooks import ECONOMY, publish

QUAKE = "A strong earthquake shook the port of Iquique in northern Chile on Monday, cutting power and sending residents to the hills above it."
REPORT = "Residents of Iquique in northern Chile went to the hills on Monday after a strong earthquake cut the power in the port."
OPERA = (
    "The Vienna State Opera named a new director on Tuesday who will begin in autumn with an opera by Mozart."
)


@pytest.fixture(autouse=True)
def _today(service: pytest.MonkeyPatch, desk: Desk) -> None:
    desk.now = utc_now()
    publish(ECONOMY)


@pytest.fixture
def settle():
    """Workers label and group, and stories are decided, until nothing waits."""
    consumer = Consumer()

    def done():
        while label.label_waiting() or consumer.work():
            pass
        while sql("SELECT 1 FROM judgements WHERE heard_at IS NULL"):
            consumer.work()
        while label.label_waiting() or consumer.work():
            pass

    return done


@pytest.fixture
def wire(desk, settle):
    """An article, a copy of it at another publisher, a report of the same event, and one of another."""
    ids = [
        desk.article("Earthquake shakes Iquique in Chile", text=QUAKE, source="wire.example", listed=False),
        desk.article("Strong quake in Chile", text=QUAKE + " More follows.", source="tribune.example", listed=False),
        desk.article("Iquique: Chile port hit by earthquake", text=REPORT, source="mercury.example", listed=False),
        desk.article("Vienna opera names director", text=OPERA, source="courier.example", listed=False),
    ]  # fmt: skip
    settle()
    return ids


def shown():
    """Which article stands for which."""
    return dict(sql("SELECT id, coalesce(duplicate_of, id) FROM articles ORDER BY id"))


def listed():
    return [row[0] for row in sql("SELECT id FROM articles WHERE listed ORDER BY id")]


def stories():
    return dict(sql("SELECT article_id, story_id FROM story_articles ORDER BY article_id"))


def changes(article):
    return [
        row[0] for row in sql("SELECT change FROM changes WHERE article_id = :id ORDER BY seq", id=article)
    ]


def say(*said):
    with transaction() as session:
        return judgements.say(session, *said, author="dana")


def withdraw(number):
    with transaction() as session:
        return judgements.withdraw(session, number)


def agrees(foreseen, before):
    """What was foreseen of copies is what became of them."""
    after = shown()
    hides = {(n, head) for n, head in after.items() if head not in {n, before[n]}}
    shows = {n for n, head in after.items() if head == n != before[n]}
    assert (set(foreseen.hides), set(foreseen.shows)) == (hides, shows)


def test_before_anybody_says_anything(wire):
    first, copy, report, other = wire
    assert shown() == {first: first, copy: first, report: report, other: other}
    assert stories()[first] == stories()[report] != stories()[other]


def test_not_the_same_shows_the_copy_again_and_it_stays_so(wire, settle):
    first, copy, *_ = wire
    before = shown()
    judged, foreseen = say(first, copy, "no")
    settle()
    agrees(foreseen, before)
    assert listed() == wire
    assert changes(copy) == ["added"]
    assert stories()[first] != stories()[copy]
    sql("UPDATE articles SET waiting_since = now()")
    settle()
    assert listed() == wire
    assert stories()[first] != stories()[copy]
    withdraw(judged.id)
    settle()
    assert shown()[copy] == first
    assert changes(copy)[-1] == "merged"


def test_one_event_and_not_one_text_shows_both_in_one_story(wire, settle):
    first, copy, *_ = wire
    before = shown()
    _, foreseen = say(first, copy, "story")
    settle()
    agrees(foreseen, before)
    assert listed() == wire
    assert stories()[first] == stories()[copy]


def test_the_same_hides_what_no_text_tells(wire, settle):
    first, copy, _, other = wire
    before = shown()
    judged, foreseen = say(other, copy, "duplicate")
    settle()
    agrees(foreseen, before)
    assert shown() == {first: first, copy: first, wire[2]: wire[2], other: first}
    assert changes(other) == ["added", "merged"]
    withdraw(judged.id)
    settle()
    assert listed() == [first, wire[2], other]


def test_two_events_leave_one_story_and_one_event_joins_two(wire, settle):
    first, _, report, other = wire
    say(first, report, "no")
    settle()
    assert stories()[first] != stories()[report]
    sql("UPDATE articles SET revision = revision + 1, waiting_since = now() WHERE id = :id", id=report)
    settle()
    assert stories()[first] != stories()[report]
    say(first, other, "story")
    lost = max(stories()[first], stories()[other])
    settle()
    assert stories()[first] == stories()[other]
    assert sql("SELECT merged_into FROM stories WHERE id = :id", id=lost) == [(stories()[first],)]


def test_what_was_said_of_stories_is_taken_back(wire, settle):
    first, _, report, other = wire
    apart, _ = say(first, report, "no")
    together, _ = say(first, other, "story")
    settle()
    assert stories()[first] == stories()[other] != stories()[report]
    for judged, moved in ((apart, report), (together, other)):
        _, foreseen = withdraw(judged.id)
        assert f"Article {moved} is decided anew" in " ".join(foreseen.sentences)
        settle()
    assert stories()[first] == stories()[report] != stories()[other]


def test_no_news_goes_with_its_copies_and_comes_back(wire, settle):
    first, copy, report, other = wire
    judged, _ = say(first, None, "not_news")
    settle()
    assert listed() == [report, other]
    assert changes(first) == ["added", "removed"]
    withdraw(judged.id)
    settle()
    assert listed() == [first, report, other]
    assert changes(first) == ["added", "removed", "added"]
    assert shown()[copy] == first


def test_figures_are_taken_without_what_was_said(wire, settle):
    first, copy, report, other = wire
    for said in ((first, copy, "no"), (first, report, "story"), (first, other, "no")):
        say(*said)
    settle()
    with transaction() as session:
        told = agree(session, {}, "dana")
    assert (told["agreed"], told["of"]) == (2, 3)
    assert [(row["one"], row["other"], row["machine"]) for row in told["apart"]] == [
        (first, copy, "duplicate")
    ]


@pytest.mark.parametrize("says", ["no", "story", "duplicate"])
def test_stories_may_hear_of_it_before_copies_do(wire, settle, says):
    first, copy, *_ = wire
    consumer = Consumer()
    say(first, copy, says)
    while sql("SELECT 1 FROM judgements WHERE heard_at IS NULL"):
        consumer.work()
    settle()
    if says == "duplicate":
        assert shown()[copy] == first
    else:
        assert listed() == wire
        assert (stories()[first] == stories()[copy]) is (says == "story")

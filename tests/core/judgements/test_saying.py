"""What an editor says is stored with its texts, makes what it concerns wait, and is refused where it cannot be."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from sqlalchemy import text

from services.core import cache, judgements
from services.core.db import transaction
from services.core.errors import ConflictError, InvalidInputError, NotFoundError
from services.core.models import Copy, Story, StoryArticle
from services.core.queues import Queue
from tests.fixtures.database import sql


def say(one, other, says, **more):
    with transaction() as session:
        return judgements.say(session, one, other, says, **({"author": "dana"} | more))


def withdraw(number):
    with transaction() as session:
        return judgements.withdraw(session, number)


def standing(**more):
    with transaction() as session:
        return judgements.listing(session, **more)


def waiting():
    return [row[0] for row in sql("SELECT id FROM articles WHERE waiting_since IS NOT NULL ORDER BY id")]


def settle():
    """As if workers and the consumer of stories had done their part."""
    sql("UPDATE articles SET waiting_since = NULL")
    sql("UPDATE judgements SET heard_at = now()")


@pytest.fixture
def two(desk):
    first = desk.article("Quake in Osh", text="A quake shook Osh.", language="en", source="wire.example")
    second = desk.article("Osh: a quake", text="Osh was shaken.", language="ru")
    return first, second


def copied(desk, shown, *more):
    hidden = desk.duplicate(shown, source="other.example")
    with transaction() as session:
        session.add(Copy(one=min(shown, hidden), other=max(shown, hidden), by="text", judgement={}))
    return hidden


def test_it_is_stored_in_order_with_the_texts_that_were_judged(two):
    first, second = two
    judged, _ = say(second, first, "duplicate", note="word for word")
    assert (judged.one, judged.other, judged.says) == (first, second, "duplicate")
    assert (judged.note, judged.author, judged.withdrawn_at, judged.heard_at) == (
        "word for word", "dana", None, None,
    )  # fmt: skip
    assert [
        {key: document[key] for key in ("id", "title", "body", "source", "lang")} for document in judged.documents
    ] == [
        {"id": first, "title": "Quake in Osh", "body": "A quake shook Osh.", "source": "wire.example", "lang": "en"},
        {"id": second, "title": "Osh: a quake", "body": "Osh was shaken.", "source": "tribune.example", "lang": "ru"},
    ]  # fmt: skip
    ((url, at),) = sql("SELECT url, sort_at FROM articles WHERE id = :id", id=first)
    assert (judged.documents[0]["url"], judged.documents[0]["date"]) == (url, at.isoformat())


@pytest.mark.parametrize("says", ["duplicate", "story", "no"])
def test_everything_that_is_one_with_them_waits_and_a_worker_is_told(desk, two, says):
    first, second = two
    hidden, other = copied(desk, first), copied(desk, second)
    desk.article("Apart from all this")
    cache.client().flushall()
    say(hidden, second, says)
    assert waiting() == [first, second, hidden, other]
    assert cache.queue_length(Queue.CLASSIFY) == 1


def test_what_a_worker_has_in_hand_is_taken_out_of_it(two):
    sql(
        "UPDATE articles SET lease_token = 'x', lease_until = now() + interval '1 hour', attempts = 2, quarantined = 'why'"
    )
    say(*two, "no")
    assert sql("SELECT DISTINCT lease_token, lease_until < now(), attempts, quarantined FROM articles") == [
        (None, True, 0, None)
    ]


def test_a_later_one_takes_the_place_of_an_earlier_one_and_both_are_unheard(two):
    first, _ = say(*two, "duplicate")
    settle()
    second, _ = say(*reversed(two), "no", author="ada")
    assert [(j.id, j.says, j.author) for j in standing()] == [(second.id, "no", "ada")]
    assert [(j.id, j.withdrawn_at is None, j.heard_at) for j in standing(withdrawn=True)] == [
        (second.id, True, None),
        (first.id, False, None),
    ]
    assert [j.replaced_by for j in standing(withdrawn=True)] == [
        None,
        {"id": second.id, "author": "ada", "says": "no"},
    ]
    with pytest.raises(NotFoundError, match=f"judgement {second.id} of ada took its place"):
        withdraw(first.id)
    withdraw(second.id)
    say(*two, "no")
    assert standing(withdrawn=True)[1].replaced_by is None


@pytest.mark.parametrize(
    ("says", "told"),
    [("no", "said on {}: one text (one wire)"), ("duplicate", "said the same on {} (one wire)")],
)
def test_what_it_takes_the_place_of_is_told_first(two, says, told):
    first, _ = say(*two, "duplicate", note="one wire")
    at = first.created_at
    sentence = f"dana {told.format(f'{at.day} {at:%B %Y, %H:%M} UTC')}. This takes its place."
    before = foreseen(*two, says)
    assert (before.sentences[0], before.replaces) == (sentence, first.id)
    assert say(*two, says, author="ada")[1] == before


def test_nobody_replaces_what_they_have_not_seen(two):
    first, _ = say(*two, "duplicate", replaces={0})
    for seen in ({0}, {first.id + 1}):
        with pytest.raises(
            ConflictError, match=r"Something else stands by now. dana said on .*: one text\."
        ) as told:
            say(*two, "no", replaces=seen)
        assert told.value.standing == first.id
    assert [row.id for row in standing(withdrawn=True)] == [first.id]
    second, _ = say(*two, "no", replaces={first.id})
    withdraw(second.id)
    with pytest.raises(ConflictError, match=f"judgement {second.id} was taken back"):
        say(*two, "story", replaces={second.id})
    assert standing() == []


def test_withdrawing_leaves_them_to_the_machine_and_is_heard(two):
    judged, _ = say(*two, "no")
    settle()
    done, changes = withdraw(judged.id)
    assert done.withdrawn_at is not None
    assert done.heard_at is None
    assert "by their texts alone" in " ".join(changes.sentences)
    assert waiting() == list(two)
    assert standing() == []
    with pytest.raises(NotFoundError, match="withdrawn already"):
        withdraw(judged.id)
    with pytest.raises(NotFoundError, match="no judgement 999"):
        withdraw(999)


@pytest.mark.parametrize(
    ("pair", "says", "error", "sentence"),
    [
        ((1, 1), "no", InvalidInputError, "Both are article 1"),
        ((1, 99), "no", NotFoundError, "There is no article 99"),
        ((1, 2), "twin", InvalidInputError, "not 'twin'"),
        ((1, None), "no", InvalidInputError, "name the other one"),
        ((1, 2), "not_news", InvalidInputError, "of one article"),
        ((99, None), "not_news", NotFoundError, "There is no article 99"),
    ],
)
def test_what_is_wrong_is_refused_and_changes_nothing(two, pair, says, error, sentence):
    assert two == (1, 2)
    for call in (say, foreseen):
        with pytest.raises(error, match=sentence):
            call(*pair, says)
    assert standing(withdrawn=True) == []
    assert waiting() == []


def foreseen(one, other, says):
    with transaction() as session:
        return judgements.would(session, one, other, says)


@pytest.mark.parametrize("author", ["", "x" * 65, " dana", "da\nna"])
def test_an_author_is_called_as_the_owner_of_a_token_may_be(desk, two, author):
    with pytest.raises(InvalidInputError, match="An author's name has 1 to 64 characters"):
        say(*two, "no", author=author)
    with transaction() as session, pytest.raises(InvalidInputError, match="An author's name"):
        judgements.mute(session, 7, author=author)
    say(*two, "no", author="x" * 64)


def test_a_note_is_no_letter(two):
    for note in ("x" * 1001, "a\x00b"):
        with pytest.raises(InvalidInputError, match="A note"):
            say(*two, "no", note=note)


def test_what_contradicts_is_refused_until_something_is_withdrawn(desk, two):
    first, second = two
    third = desk.article("Osh again")
    one, _ = say(first, second, "duplicate")
    say(second, third, "duplicate", author="ada")
    for call in (say, foreseen):
        with pytest.raises(InvalidInputError, match=r"judgement 1, dana.*judgement 2, ada"):
            call(first, third, "no")
    withdraw(one.id)
    say(first, third, "no")


@pytest.mark.parametrize("hidden", [False, True])
def test_one_text_with_what_is_no_news_is_refused_until_that_is_taken_back(desk, two, hidden):
    first, second = two
    behind = copied(desk, first) if hidden else first
    taken_out, _ = say(first, None, "not_news", author="ada", note="An advertisement.")
    settle()
    told = f"Article {first} was taken out as no news by ada: An advertisement. .* first \\(judgement {taken_out.id}\\)"
    for call in (say, foreseen):
        for pair in ((behind, second), (second, behind)):
            with pytest.raises(InvalidInputError, match=told):
                call(*pair, "duplicate")
    assert [row.id for row in standing()] == [taken_out.id]
    assert waiting() == []
    assert foreseen(behind, second, "no").hides == ()
    withdraw(taken_out.id)
    say(behind, second, "duplicate")
    assert [row.says for row in standing()] == ["duplicate"]


def test_two_editors_who_contradict_each_other_at_once_do_not_both_stand(desk):
    ids = [desk.article(f"Number {n}") for n in range(8)]
    chain = list(pairwise(ids))

    def attempt(said):
        try:
            say(*said)
        except InvalidInputError:
            return False
        return True

    said = [(*pair, "duplicate") for pair in chain] + [(ids[0], ids[-1], "no")]
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(attempt, said))
    assert done.count(False) == 1
    assert len(standing()) == len(chain)


def test_a_copy_may_be_judged_against_its_article_and_the_preview_is_what_is_told(desk, two):
    first, _ = two
    hidden = copied(desk, first)
    before = foreseen(first, hidden, "no")
    _, changes = say(first, hidden, "no")
    assert before == changes
    assert changes.shows == (hidden,)


def test_hidden_without_a_pair_that_says_why_is_still_foreseen(desk, two):
    hidden = desk.duplicate(two[0], source="other.example")
    assert foreseen(two[0], hidden, "no").shows == (hidden,)


def test_stories_are_foreseen(desk, two):
    with transaction() as session:
        for story, article in zip((3, 5), two, strict=True):
            session.add(Story(id=story, founded_at=desk.now, updated_at=desk.now))
            session.flush()
            session.add(
                StoryArticle(
                    article_id=article, story_id=story, number=article, decided_at=desk.now, decision={}
                )
            )
    assert (
        foreseen(*two, "story").sentences[-1]
        == "Story 5 becomes part of story 3, the older one, whose number stays."
    )


def test_no_news_leaves_latest_and_comes_back(desk, two):
    first, _ = two
    judged, changes = say(first, None, "not_news", note="An advertisement.")
    assert (judged.one, judged.other, judged.articles) == (first, None, (first,))
    assert changes.sentences[0].startswith(f"Article {first} leaves Latest")
    ((listed, why),) = sql("SELECT listed, removed_why FROM articles WHERE id = :id", id=first)
    assert (listed, why) == (False, "No news, says the desk: An advertisement.")
    assert sql("SELECT change FROM changes WHERE article_id = :id ORDER BY seq DESC LIMIT 1", id=first) == [
        ("removed",)
    ]
    _, back = withdraw(judged.id)
    assert back.shows == (first,)
    assert sql("SELECT removed_at, waiting_since IS NULL FROM articles WHERE id = :id", id=first) == [
        (None, False)
    ]


def test_no_news_is_said_of_the_one_that_is_shown(desk, two):
    hidden = copied(desk, two[0])
    with pytest.raises(InvalidInputError, match=f"repeats article {two[0]}"):
        say(hidden, None, "not_news")


def test_of_what_has_expired_nothing_can_be_said(two):
    sql(
        "UPDATE articles SET listed = false, removed_at = now(), removed_why = 'Older than 30 days.', emptied = true WHERE id = :id",
        id=two[0],
    )
    with pytest.raises(InvalidInputError, match=r"expired, and its text is gone. Older than 30 days."):
        say(*two, "no")


def test_a_judgement_outlives_its_articles(desk, two):
    third = desk.article("A third")
    pair, _ = say(*two, "duplicate")
    say(two[0], third, "no")
    for table in ("sightings", "article_labels", "changes"):
        sql(f"DELETE FROM {table}")
    sql("DELETE FROM articles WHERE id <> :id", id=two[0])
    with transaction() as session:
        left = judgements.find(session, pair.id)
    assert (left.one, left.other) == (two[0], None)
    assert judgements.as_pair(left)["b"]["title"] == "Osh: a quake"
    assert len(standing()) == 2
    _, changes = withdraw(pair.id)
    assert changes.sentences == ("Nothing changes: what it was said of is gone.",)


def test_they_are_listed_by_article_and_page_by_page(desk):
    ids = [desk.article(f"Number {n}") for n in range(6)]
    said = [say(ids[0], other, "no")[0].id for other in ids[1:]]
    assert [j.id for j in standing(limit=2)] == said[:2:-1]
    assert [j.id for j in standing(limit=2, below=said[3])] == [said[2], said[1]]
    assert [j.id for j in standing(article=ids[3])] == [said[2]]
    say(ids[5], None, "not_news")
    assert len(standing(pairs=True)) == 5
    with transaction() as session:
        assert judgements.standing_count(session) == 6


def test_what_is_muted_while_it_becomes_part_of_another_story_mutes_that_one(desk):
    with transaction() as session:
        session.add_all([Story(id=n, founded_at=desk.now, updated_at=desk.now) for n in (3, 5)])

    def mute():
        with transaction() as session:
            return judgements.mute(session, 5, author="dana")

    with ThreadPoolExecutor(1) as pool:
        with transaction() as session:
            session.execute(text("UPDATE stories SET merged_into = 3 WHERE id = 5"))
            muting = pool.submit(mute)
            while not sql(
                "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            ):
                assert not muting.done()
        assert muting.result() == 3
    assert sql("SELECT id, muted_by FROM stories ORDER BY id") == [(3, "dana"), (5, None)]


def test_a_story_is_kept_out_of_trending_by_whatever_number_it_is_asked(desk):
    with transaction() as session:
        session.add(Story(id=3, founded_at=desk.now, updated_at=desk.now))
        session.flush()
        session.add(Story(id=5, founded_at=desk.now, updated_at=desk.now, merged_into=3))
        session.flush()
        before = session.scalar(text("SELECT version FROM story_state"))
        assert judgements.mute(session, 5, author="dana") == 3
        assert [(m.id, m.muted_by) for m in judgements.muted(session)] == [(3, "dana")]
        assert judgements.mute(session, 3, author="dana") == 3
        assert session.scalar(text("SELECT version FROM story_state")) == before + 1
        assert judgements.unmute(session, 3) == (3, True)
        assert judgements.unmute(session, 3) == (3, False)
        assert judgements.muted(session) == []
        with pytest.raises(NotFoundError, match="no story 9"):
            judgements.mute(session, 9, author="dana")

"""The consumer of stories on a real database: what it writes, how it keeps its place, what it does when something dies."""

from collections import Counter
from datetime import timedelta

import pytest

from services.classify.stories import Stories, memory
from services.classify.stories.rising import Trends
from services.classify.storykeeping import keep as story_keep
from services.classify.storykeeping import recall as story_recall
from services.classify.storykeeping import store as story_store
from services.classify.storykeeping import work as story_work
from services.classify.storykeeping.work import Consumer
from services.core.db import transaction
from services.core.latest import Draft, publish
from services.core.models import StoryState
from services.core.trends import top
from tests.classify.stories import older_snapshot
from tests.classify.stories.test_stories import EVENTS
from tests.fixtures.database import sql

EN, RU, DE, ES, TR = (EVENTS[code] for code in ("en", "ru", "de", "es", "tr"))


def one(statement, **values):
    return sql(statement, **values)[0]


def article(desk, report, *, source="a.example", **values):
    return desk.article(report[0], text=report[1], source=source, **values)


def placed():
    return dict(sql("SELECT article_id, story_id FROM story_articles"))


def groups():
    found = {}
    for number, story in placed().items():
        found.setdefault(story, set()).add(number)
    return sorted(map(sorted, found.values()))


def figures(story):
    return one(
        "SELECT articles, publishers, lead_id, merged_into FROM stories WHERE id = :story", story=story
    )


def work(consumer=None):
    consumer = consumer or Consumer()
    consumer.work()
    return consumer


def image(consumer):
    return story_keep.pack_memory(consumer.held.memory.export())


# --- what readers see -----------------------------------------------------------------------------------------------


def test_two_reports_of_one_event_are_one_story_with_its_reason_and_figures(desk):
    first = article(desk, EN[0], age=timedelta(hours=2))
    other = article(desk, RU[0])
    second = article(desk, EN[1], source="b.example", age=timedelta(hours=1))
    work()
    stories = placed()
    assert groups() == [[first, second], [other]]
    assert figures(stories[first]) == (2, 2, first, None)
    assert figures(stories[other]) == (1, 1, other, None)
    story, first_at, last_at = one(
        "SELECT id, first_at, last_at FROM stories WHERE id = :id", id=stories[first]
    )
    assert story == 1
    assert last_at - first_at == timedelta(hours=1)
    why, number, at, told_at = one(
        "SELECT decision, number, decided_at, c.at FROM story_articles s JOIN changes c USING (article_id) WHERE article_id = :id",
        id=second,
    )
    assert "similarity" in why["sentence"]
    assert "chile" in dict(why["words"])
    assert (why["nearest"], why["by"]) == (1, "similarity")
    assert why["similarity"] >= why["needed"]
    assert (number, at) == (3, told_at)


def test_what_is_not_listed_has_no_story(desk):
    article(desk, EN[0], listed=False)
    work()
    assert placed() == {}


def test_what_readers_can_see_has_a_version_and_nothing_new_keeps_it(desk):
    article(desk, EN[0])
    consumer = work()
    before = one("SELECT version, seq, step FROM story_state")
    work(consumer)
    work()
    assert one("SELECT version, seq, step FROM story_state") == before
    article(desk, EN[1], source="b.example")
    work(consumer)
    after = one("SELECT version, seq, step FROM story_state")
    assert all(new > old for new, old in zip(after, before, strict=True))


def test_an_article_that_became_another_one_moves_and_one_that_grew_stays(desk):
    first, second, nobel = (
        article(desk, EN[0]),
        article(desk, EN[1], source="b.example"),
        article(desk, DE[0]),
    )
    consumer = work()
    desk.edit(second, text=EN[1][1] + " Schools stay closed.")
    work(consumer)
    assert groups() == [[first, second], [nobel]]
    desk.edit(second, title=DE[1][0], text=DE[1][1])
    work(consumer)
    stories = placed()
    assert groups() == [[first], [second, nobel]]
    assert (figures(stories[first])[:2], figures(stories[nobel])[:2]) == ((1, 1), (2, 2))


def test_a_removed_article_leaves_and_the_story_stays_empty(desk):
    first = article(desk, EN[0])
    second = article(desk, EN[1], source="b.example")
    consumer = work()
    desk.take_out(first)
    work(consumer)
    assert figures(1) == (1, 1, second, None)
    desk.take_out(second)
    work(consumer)
    assert figures(1) == (0, 0, None, None)
    assert placed() == {}
    assert one("SELECT first_at, last_at FROM stories") == (None, None)


def test_a_copy_leaves_its_story_and_its_publisher_still_counts(desk):
    first = article(desk, EN[0])
    second = article(desk, EN[1], source="b.example")
    third = article(desk, EN[1], source="c.example")
    consumer = work()
    assert figures(1)[:2] == (3, 3)
    desk.take_out(third, "merged", into=second)
    desk.edit(second)
    work(consumer)
    assert figures(1)[:2] == (2, 3)
    assert groups() == [[first, second]]
    (loud,) = one("SELECT loud FROM trend_scopes WHERE scope = ''")
    assert [(name, weight) for name, _, weight in loud[0]["voices"]] == [
        ("a.example", 1),
        ("b.example", 1),
        ("c.example", 0.25),
    ]


def test_feeds_of_one_owner_and_sightings_are_publishers_once(desk):
    first = article(desk, EN[0])
    article(desk, EN[1], source="b.example")
    desk.sighting(first, source="c.example", url="https://c.example/1")
    sql("UPDATE sources SET owner = 'House' WHERE key IN ('b.example', 'c.example')")
    work()
    assert figures(1)[:2] == (2, 2)


def test_other_labels_move_a_trend(desk):
    made = [
        article(desk, EN[n % 2], source=f"{name}.example", regions=["asia"], topics=["energy"])
        for n, name in enumerate("abc")
    ]
    consumer = work()
    scopes = {"", "region/asia", "topic/energy", "region/asia+topic/energy"}
    assert {
        scope for (scope,) in sql("SELECT scope FROM trend_scopes WHERE jsonb_array_length(loud) > 0")
    } == scopes
    for number in made:
        desk.relabel(number, regions=["europe"])
    work(consumer)
    assert {*sql("SELECT scope, jsonb_array_length(loud) FROM trend_scopes")} == {
        ("", 1),
        ("region/europe", 1),
    }
    assert Counter(change for (change,) in sql("SELECT change FROM changes")) == {"added": 3, "moved": 3}


def test_rows_of_trends_are_what_a_count_of_everything_gives(desk):
    reports = [EN[0], EN[1], RU[0], RU[1], DE[0], DE[1]]
    for n in range(30):
        regions = [["asia"], ["europe"], []][n % 3]
        article(
            desk, reports[n % 6], source=f"p{n % 7}.example", regions=regions, topics=["energy"] * (n % 2)
        )
    consumer = work()
    desk.take_out(3)
    desk.relabel(5, regions=["russia"], topics=["economy"])
    desk.edit(8, title=ES[0][0], text=ES[0][1])
    work(consumer)
    counted = Trends()
    with transaction() as session:
        now = story_store.state(session).now
        stored = story_store.articles(session, [number for (number,) in sql("SELECT id FROM articles")])
    for number, found in stored.items():
        if found.article is not None:
            counted.tell(found.story, number, found.article.said)
    assert counted.export() == consumer.held.memory.trends.export() | {"pruned": 0}
    rows = {scope: (loud, habit) for scope, loud, habit in sql("SELECT scope, loud, habit FROM trend_scopes")}
    assert rows == {scope: counted.row(scope) for scope in counted.scopes()}
    assert top(*rows["region/asia"], now) != []


# --- merges ---------------------------------------------------------------------------------------------------------


def say(one_, other, says, *, author="aigerim", note=""):
    sql(
        "INSERT INTO judgements (one, other, says, author, note, documents) VALUES (:one, :other, :says, :author, :note, '[]')",
        one=one_, other=other, says=says, author=author, note=note,
    )  # fmt: skip


def why(number):
    return one("SELECT decision FROM story_articles WHERE article_id = :id", id=number)[0]


def heard():
    return sql("SELECT count(*) FROM judgements WHERE heard_at IS NULL") == [(0,)]


def test_an_editor_makes_one_story_of_two_and_the_older_id_stays(desk):
    made = [article(desk, report[0]) for report in (EN, RU, DE)]
    consumer = work()
    assert groups() == [[number] for number in made]
    say(made[1], made[2], "story")
    work(consumer)
    assert heard()
    assert sql("SELECT id, merged_into, articles FROM stories ORDER BY id") == [
        (1, None, 1),
        (2, None, 2),
        (3, 2, 0),
    ]
    say(made[0], made[2], "duplicate")
    work()
    assert sql("SELECT id, merged_into, articles FROM stories ORDER BY id") == [
        (1, None, 3),
        (2, 1, 0),
        (3, 1, 0),
    ]
    assert groups() == [made]
    late = article(desk, DE[1], source="b.example")
    work(consumer)
    assert placed()[late] == 1


@pytest.mark.parametrize(
    ("muted", "by"), [((None, "ada"), "ada"), (("dana", "ada"), "dana"), (("dana", None), "dana")]
)
def test_what_becomes_part_of_another_story_stays_muted(desk, muted, by):
    first, second = some(desk, EN[0], RU[0])
    consumer = work()
    for story, who in zip((1, 2), muted, strict=True):
        sql("UPDATE stories SET muted_by = :who WHERE id = :story", who=who, story=story)
    say(first, second, "story")
    work(consumer)
    assert groups() == [[first, second]]
    assert one("SELECT muted_by FROM stories WHERE id = 1") == (by,)


def test_what_an_editor_says_of_an_article_that_has_no_story_yet_holds_when_it_comes(desk):
    first, second = article(desk, EN[0]), article(desk, RU[0], listed=False)
    say(first, second, "story")
    consumer = work()
    assert heard()
    desk.relabel(second)
    work(consumer)
    assert groups() == [[first, second]]
    assert one("SELECT decision->>'by' FROM story_articles WHERE article_id = :id", id=second) == ("editor",)


def test_the_later_of_two_that_are_not_one_event_leaves_and_stays_away(desk):
    first, second = article(desk, EN[0]), article(desk, EN[1], source="b.example")
    consumer = work()
    assert groups() == [[first, second]]
    say(first, second, "no")
    work(consumer)
    assert groups() == [[first], [second]]
    assert (figures(1)[:3], figures(2)[:3]) == ((1, 1, first), (1, 1, second))
    desk.edit(second, text=EN[0][1])
    work()
    assert groups() == [[first], [second]]
    sql("UPDATE judgements SET withdrawn_at = now(), heard_at = NULL")
    again = work()
    assert heard()
    assert again.held.memory.stories.judged.export()["apart"] == []
    assert groups() == [[first, second]], "it is decided anew, and comes back"
    assert (figures(1)[:3], figures(2)[:3]) == ((2, 2, first), (0, 0, None))


BECAUSE = "because aigerim said that article {} and article {} are of one event: {}"


def test_what_an_editor_said_is_the_reason_and_those_who_come_along_are_told_of_it(desk):
    first, second, third = some(desk, EN[0], RU[0], RU[1])
    consumer = work()
    own = why(third)["sentence"]
    say(first, second, "story", note="One quake,\nseen twice.")
    work(consumer)
    told = BECAUSE.format(first, second, "One quake, seen twice")
    assert (why(second)["by"], why(second)["judgement"]) == ("editor", 1)
    assert why(second)["sentence"] == f"story 1, {told}"
    assert why(third)["sentence"] == f"{own}. Story 2 became part of story 1, {told}"
    assert (why(third)["by"], why(third)["judgement"]) == ("similarity", None)
    assert "begins" in why(first)["sentence"]
    sql("UPDATE story_state SET snapshot = NULL")
    say(second, third, "no", note="Another one")
    work()
    assert why(third)["sentence"].startswith(
        "it does not belong to story 1, aigerim said: Another one. Story 3 begins: "
    )
    assert (why(third)["by"], why(third)["judgement"]) == ("similarity", 2)
    take_back()
    work()
    assert [why(number)["judgement"] for number in (first, second, third)] == [None] * 3


def test_what_stands_in_one_story_already_stands_there_by_the_word_of_an_editor_then(desk):
    first, second = some(desk, EN[0], EN[1])
    consumer = work()
    (before,) = one("SELECT version FROM story_state")
    say(first, second, "story", note="Yes")
    work(consumer)
    assert why(second)["sentence"] == f"story 1, {BECAUSE.format(first, second, 'Yes')}"
    assert one("SELECT version FROM story_state") > (before,), "whoever has read the story asks anew"
    take_back()
    work(consumer)
    assert why(second)["sentence"].startswith("similarity")


def take_back():
    sql("UPDATE judgements SET withdrawn_at = now(), heard_at = NULL WHERE withdrawn_at IS NULL")


def test_taking_back_that_two_are_one_event_parts_them_and_steps_done_again_say_the_same(desk):
    first, second, third = some(desk, EN[0], RU[0], RU[1])
    lived = work()
    lived.save(at_end=True)
    say(first, second, "story")
    work(lived)
    assert groups() == [[first, second, third]]
    say(first, third, "duplicate")
    work(lived)
    sql("UPDATE judgements SET withdrawn_at = now(), heard_at = NULL WHERE says = 'story'")
    work(lived)
    assert groups() == [[first, third], [second]], "the third is held by a word of its own"
    take_back()
    work(lived)
    assert groups() == [[first], [second, third]]
    woken = Consumer()
    assert not woken._ready(until=1e18) or woken.held
    assert image(woken) == image(lived)


def test_two_made_one_by_an_editor_alone_are_two_again_when_that_is_taken_back(desk):
    first, second = some(desk, EN[0], RU[0])
    consumer = work()
    say(first, second, "story")
    work(consumer)
    assert groups() == [[first, second]]
    take_back()
    work(consumer)
    assert heard()
    assert groups() == [[first], [second]]
    assert sql("SELECT id, merged_into, articles FROM stories ORDER BY id") == [
        (1, None, 1),
        (2, 1, 0),
        (3, None, 1),
    ]


def test_who_stands_there_by_a_word_is_the_one_that_moves_when_it_is_taken_back(desk):
    first, second = some(desk, EN[0], RU[0])
    consumer = work()
    say(first, second, "story")
    work(consumer)
    sql("UPDATE story_articles SET number = 99 WHERE article_id = :id", id=first)
    take_back()
    work(consumer)
    assert placed() == {first: 1, second: 3}


def test_a_word_that_takes_the_place_of_another_moves_nothing_twice(desk):
    first, second = some(desk, EN[0], RU[0])
    consumer = work()
    say(first, second, "story")
    work(consumer)
    take_back()
    say(first, second, "duplicate")
    work(consumer)
    assert heard()
    assert groups() == [[first, second]]
    assert one("SELECT max(id) FROM stories") == (2,)


def test_of_two_the_one_decided_later_moves_whatever_its_number(desk):
    first, second = article(desk, EN[0], listed=False), article(desk, EN[1], source="b.example")
    consumer = work()
    desk.relabel(first)
    work(consumer)
    assert groups() == [[first, second]]
    say(first, second, "no")
    work(consumer)
    assert placed() == {second: 1, first: 2}
    take_back()
    work(consumer)
    assert placed() == {second: 1, first: 1}


def test_a_judgement_of_a_copy_is_one_of_the_article_that_is_shown(desk):
    first, second = article(desk, EN[0]), article(desk, RU[0])
    copy = desk.duplicate(second, source="c.example")
    work()
    say(first, copy, "story")
    work()
    assert groups() == [[first, second]]


@pytest.mark.parametrize("what", ["not_news", "gone"])
def test_what_does_not_concern_stories_is_heard_all_the_same(desk, what):
    first, second = article(desk, EN[0]), article(desk, RU[0])
    say(first, None if what == "not_news" else second, "not_news" if what == "not_news" else "story")
    sql("UPDATE judgements SET one = NULL")
    work()
    assert heard()
    assert groups() == [[first], [second]]


# --- how the place is kept ------------------------------------------------------------------------------------------


def some(desk, *reports):
    return [article(desk, report, source=f"s{n}.example") for n, report in enumerate(reports)]


def test_a_snapshot_and_the_steps_since_are_what_an_uninterrupted_run_holds(desk):
    some(desk, EN[0], RU[0])
    lived = work()
    assert lived.save(at_end=True)
    made = some(desk, EN[1], RU[1], DE[0])
    work(lived)
    say(made[0], made[1], "no")
    desk.take_out(made[2])
    work(lived)
    desk.edit(made[0], title="Something else altogether", text="Which nobody who comes back must read.")
    woken = Consumer()
    assert not woken._ready(until=1e18) or woken.held
    assert image(woken) == image(lived)
    work(woken)
    work(lived)
    assert image(woken) == image(lived)
    rows = dict(sql("SELECT scope, loud FROM trend_scopes"))
    assert rows == {
        scope: lived.held.memory.trends.row(scope)[0] for scope in lived.held.memory.trends.scopes()
    }


def test_steps_are_forgotten_with_the_snapshot_that_holds_them(desk):
    consumer = work()
    some(desk, EN[0], RU[0])
    work(consumer)
    assert len(sql("SELECT step FROM story_steps")) == 1
    assert not consumer.save(), "it is too soon"
    assert consumer.save(at_end=True)
    assert sql("SELECT step FROM story_steps") == []
    assert not consumer.save(at_end=True), "nothing is new"


def test_who_dies_again_and_again_saves_all_the_same(desk, monkeypatch):
    """Each lives shorter than it takes until a snapshot is due: it is due by the time of the last one, whoever took that."""
    monkeypatch.setattr(story_work, "SAVE_AFTER", 2)
    work().save(at_end=True)
    first = one("SELECT snapshot_step, step FROM story_state")
    some(desk, EN[0], RU[0])
    work()
    assert one("SELECT snapshot_step FROM story_state") == first[:1], "the last one is young"
    sql("UPDATE story_state SET snapshot_at = now() - interval '30 seconds'")
    some(desk, DE[0])
    work()
    assert one("SELECT snapshot_step = step FROM story_state") == (True,)
    assert sql("SELECT step FROM story_steps") == []


def steps_kept():
    return [
        part[0]
        for (packed,) in sql("SELECT packed FROM story_steps ORDER BY step")
        for part in story_keep.unpack(packed)
    ]


def test_a_snapshot_of_the_version_before_is_read_and_stored_anew_before_a_step_is(desk, monkeypatch):
    lived = Consumer()
    some(desk, EN[0], RU[0])
    work(lived)
    lived.save(at_end=True)
    before = image(lived)
    sql("UPDATE story_state SET snapshot = :packed", packed=older_snapshot.packed(lived.held.memory))
    some(desk, EN[1])
    written = []
    keep_step, keep_snapshot = story_keep.keep_step, story_keep.keep_snapshot
    monkeypatch.setattr(story_keep, "keep_step", lambda *args: (written.append("step"), keep_step(*args)))
    monkeypatch.setattr(
        story_keep, "keep_snapshot", lambda *args: (written.append(args[2]), keep_snapshot(*args))
    )
    woken = work()
    assert written == [before, "step"]
    assert steps_kept() == ["entered"]
    assert image(work(lived)) == image(woken)


def test_while_another_one_decides_a_snapshot_of_the_version_before_waits(desk):
    lived = work()
    some(desk, EN[0])
    sql("UPDATE story_state SET snapshot = :packed", packed=older_snapshot.packed(lived.held.memory))
    woken = Consumer()
    assert woken._go_on(until=_soon()) == 0
    with transaction() as session:
        assert story_store.lock(session) is not None
        assert woken._go_on(until=1e18) is None
    assert steps_kept() == []
    work(woken)
    assert len(placed()) == 1


def test_two_who_take_turns_hold_the_same(desk):
    reports = [report for pair in EVENTS.values() for report in pair]
    first, second = Consumer(), Consumer()
    for n, report in enumerate(reports):
        article(desk, report, source=f"s{n % 5}.example")
        work(first if n % 3 else second)
        if n % 7 == 0:
            first.save(at_end=True)
    work(first)
    work(second)
    assert (first.held.step, image(first)) == (second.held.step, image(second))
    assert groups() == _offline()


def _offline():
    """What one pass over the stream decides."""
    stories, found = Stories(), {}
    for number, at in sql("SELECT article_id, at FROM changes WHERE change = 'added' ORDER BY seq"):
        with transaction() as session:
            document = story_store.articles(session, [number])[number].article.document
        stories.decide(document, at)
    for number, story in stories.story_of.items():
        found.setdefault(story, set()).add(number)
    return sorted(map(sorted, found.values()))


def test_what_takes_long_to_do_again_is_done_from_job_to_job(desk, monkeypatch):
    lived = Consumer()
    for report in [EN[0], RU[0], DE[0], EN[1]]:
        article(desk, report)
        work(lived)
    clock = iter(range(1000))
    woken, jobs = Consumer(), 0
    with monkeypatch.context() as patch:
        patch.setattr(story_recall, "monotonic", lambda: next(clock))
        patch.setattr(story_recall, "_STEPS", 1)
        patch.setattr(story_work, "SAVE_AFTER", 0)
        patch.setattr(story_work, "SAVE_SOONEST_S", 0)
        patch.delattr(story_work, "packed_memory")
        while woken.held is None or woken.held.mark != lived.held.mark:
            assert woken._ready(until=jobs * 2 + 1.5)
            assert not woken.held.untried or not woken.save(), "of what is behind nothing is packed"
            jobs += 1
    assert jobs > 1
    assert image(woken) == image(lived)


def test_while_somebody_decides_nobody_else_does(desk):
    some(desk, EN[0])
    idle = Consumer()
    with transaction() as session:
        assert story_store.lock(session) is not None
        idle.work()
        assert placed() == {}
    idle.work()
    assert len(placed()) == 1


def test_a_rollback_throws_the_memory_away(desk, monkeypatch):
    consumer = work()
    made = some(desk, EN[0])

    def die(*_args, **_values):
        raise ConnectionError("the database is away")

    with monkeypatch.context() as patch:
        patch.setattr(story_keep, "keep_step", die)
        with pytest.raises(ConnectionError):
            consumer.work()
    assert consumer.held is None
    assert placed() == {}
    work(consumer)
    assert placed() == {made[0]: 1}


# --- a memory that cannot be had ------------------------------------------------------------------------------------


def spoil(how, monkeypatch):
    if how == "no snapshot":
        sql("UPDATE story_state SET snapshot = NULL")
    elif how == "another version":
        monkeypatch.setattr(memory, "VERSION", memory.VERSION + 1)
    elif how == "another stream":
        sql("UPDATE stream_state SET epoch = 'restored'")
    elif how == "below the floor":
        sql("UPDATE stream_state SET floor = (SELECT seq + 1 FROM story_state)")
        sql("SELECT nextval('changes_seq')")


@pytest.mark.parametrize("how", ["no snapshot", "another version", "another stream", "below the floor"])
def test_a_memory_that_cannot_be_had_is_rebuilt_from_the_articles(desk, monkeypatch, how):
    first, second, third = some(desk, EN[0], RU[0], DE[0])
    consumer = work()
    say(second, third, "no")
    work(consumer)
    consumer.save(at_end=True)
    before = placed()
    rows = sql("SELECT scope, loud, habit FROM trend_scopes ORDER BY scope")
    spoil(how, monkeypatch)
    again = work(Consumer() if how == "another version" else consumer)
    assert placed() == before
    assert sql("SELECT scope, loud, habit FROM trend_scopes ORDER BY scope") == rows
    assert again.held.memory.stories.story_of == before
    assert again.held.memory.stories.judged.export()["apart"] == [[second, third]]
    late = article(desk, EN[1], source="z.example")
    new = article(desk, ES[0], source="z.example")
    work(again)
    assert (placed()[late], placed()[new]) == (before[first], 4)
    assert one("SELECT epoch FROM story_state") == one("SELECT epoch FROM stream_state")
    work()
    assert len(placed()) == 5


def test_what_is_stored_for_weeks_is_not_read_at_the_first_start(desk):
    old, new = some(desk, EN[0], RU[0])
    sql("UPDATE changes SET at = now() - interval '8 days' WHERE article_id = :id", id=old)
    work()
    assert placed().keys() == {new}


def test_a_rebuild_goes_on_from_job_to_job(desk, monkeypatch):
    some(desk, EN[0], RU[0], DE[0])
    work()
    sql("UPDATE story_state SET snapshot = NULL")
    monkeypatch.setattr(story_keep.placed, "__kwdefaults__", {"limit": 1})
    consumer, jobs = Consumer(), 0
    while consumer.held is None:
        consumer._go_on(until=0) if consumer.rebuild is None else consumer._go_on(until=_soon())
        jobs += 1
    assert jobs > 1
    work(consumer)
    assert len(consumer.held.memory.stories.story_of) == 3


def _soon():
    return story_work.monotonic() + 0.003


# --- poison -----------------------------------------------------------------------------------------------------------


def test_an_article_that_cannot_be_decided_stops_nobody(desk, monkeypatch, caplog):
    made = some(desk, EN[0], RU[0], EN[1])
    decide = Stories.decide

    def choke(self, document, now, **how):
        if document.id == made[1]:
            raise ZeroDivisionError("no such word")
        return decide(self, document, now, **how)

    with monkeypatch.context() as patch:
        patch.setattr(Stories, "decide", choke)
        consumer = work()
    assert groups() == [[made[0], made[2]]]
    assert f"article {made[1]}, which stays without a story" in caplog.text
    assert "no such word" in caplog.text
    desk.edit(made[1], text=RU[1][1])
    work(consumer)
    assert placed().keys() == {*made}


def test_an_article_that_kills_who_decides_is_found_and_passed_over(desk, monkeypatch, caplog):
    made = some(desk, *[report for pair in EVENTS.values() for report in pair][:8])
    decide, deaths = Stories.decide, 0

    class DeadError(BaseException):
        """As good as a SIGKILL: nothing is done after it."""

    def die(self, document, now, **how):
        if document.id == made[5]:
            raise DeadError
        return decide(self, document, now, **how)

    monkeypatch.setattr(Stories, "decide", die)
    monkeypatch.setattr(story_work, "PATIENCE", timedelta(0))
    while len(placed()) < 7:
        try:
            work(Consumer())
        except DeadError:
            deaths += 1
        assert deaths < 10
    assert made[5] not in placed()
    assert deaths == 2 * story_work.TRIES + 1, (
        "together, then on the way there one by one, then over this one"
    )
    assert f"stories pass over article {made[5]}" in caplog.text
    with transaction() as session:
        assert session.query(StoryState).one().tries == 0


def test_a_change_of_an_article_that_is_not_listed_costs_nothing(desk):
    number = article(desk, EN[0])
    consumer = work()
    with transaction() as session:
        publish(session, [Draft(number, "updated", 2, [], [])] * 3)
    work(consumer)
    assert placed() == {number: 1}
    assert one("SELECT seq FROM story_state") == one("SELECT max(seq) FROM changes")

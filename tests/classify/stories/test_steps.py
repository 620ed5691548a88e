"""What the consumer holds: steps done again give the same, trends follow what stories say, editors are heeded."""

import json
import zlib
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.classify.stories import memory as steps
from services.classify.stories.effects import Effects
from services.classify.stories.memory import Article, Memory
from services.classify.stories.model import Ruling
from services.classify.stories.rising import Trends
from services.classify.stories.state import Stories
from services.classify.stories.voices import Said, Voice
from services.classify.storykeeping.keep import pack_memory, unpack_memory
from services.core.errors import InvalidInputError
from tests.classify.stories import older_snapshot
from tests.classify.stories.test_stories import EVENTS, LOOSE, NOON, TEXTS, bridge, document, sums, whole

HOUR = timedelta(hours=1)


def article(number, title, body="", *, hours=0.0, source=None, labels=(), copies=()):
    one = document(number, title, body, hours=hours, source=source)
    at = one.at.timestamp()
    voices = (Voice(one.source, at), *(Voice(name, at, 0.25) for name in copies))
    return Article(one, Said(voices, tuple(labels)))


def do(memory, *done):
    effects = Effects()
    for step in done:
        memory.do(json.loads(json.dumps(step)), effects)
    return effects


def image(memory):
    """The snapshot."""
    return pack_memory(memory.export())


def hear(memory, *articles, now=NOON):
    return do(memory, *(steps.heard(one, now, memory.stories.story_of.get(one.id)) for one in articles))


def stories_of(memory):
    return dict(memory.stories.story_of)


def pair(n, code="en"):
    return [article(n + k, *row) for k, row in enumerate(EVENTS[code])]


def word(pair, stories, *, same, later, number=1, note=""):
    return steps.Word(pair, stories, same, Ruling(number, "dana", note, pair), later)


def judge(memory, one, other, *, same, now=NOON):
    stored = (memory.stories.story_of.get(one.id), memory.stories.story_of.get(other.id))
    return do(memory, steps.judged(word((one.id, other.id), stored, same=same, later=other), now))


def withdraw(memory, one, other, *, same, now=NOON):
    stored = (memory.stories.story_of.get(one.id), memory.stories.story_of.get(other.id))
    return do(memory, steps.withdrawn(word((one.id, other.id), stored, same=same, later=other), now))


# --- what editors say ---------------------------------------------------------------------------------------------


def test_two_stories_become_one_because_an_editor_says_so():
    memory = Memory()
    one, other = article(1, *EVENTS["en"][0]), article(2, *EVENTS["ru"][0])
    hear(memory, one, other)
    effects = judge(memory, one, other, same=True)
    assert effects.merged == {2: 1}
    assert stories_of(memory) == {1: 1, 2: 1}


def test_an_article_that_comes_later_goes_where_an_editor_said():
    memory = Memory()
    one, other = article(1, *EVENTS["en"][0]), article(2, *EVENTS["ru"][0])
    hear(memory, one)
    judge(memory, one, other, same=True)
    effects = hear(memory, other)
    assert stories_of(memory) == {1: 1, 2: 1}
    assert effects.placed[2].why["by"] == "editor"


def test_the_later_of_two_that_are_not_one_event_is_decided_anew_and_kept_away():
    memory = Memory()
    one, other = pair(1)
    hear(memory, one, other)
    assert stories_of(memory) == {1: 1, 2: 1}
    effects = judge(memory, one, other, same=False)
    assert stories_of(memory) == {1: 1, 2: 2}
    assert (effects.placed.keys(), effects.touched) == ({2}, {1, 2})
    rewritten = article(2, EVENTS["en"][0][0], EVENTS["en"][0][1])
    hear(memory, rewritten)
    assert stories_of(memory) == {1: 1, 2: 2}


def test_what_is_not_one_event_is_not_bridged_by_a_third_article():
    documents, limits = bridge()
    rows = [Article(one, Said((Voice(one.source, NOON.timestamp()),))) for one in documents]
    bridged, parted = (Memory(limits) for _ in range(2))
    hear(bridged, *rows)
    assert {*stories_of(bridged).values()} == {1}
    hear(parted, *rows[:2])
    do(parted, steps.judged(word((0, 1), (1, 2), same=False, later=rows[1]), NOON))
    assert hear(parted, rows[2]).merged == {}
    assert {0: 1, 1: 2}.items() <= stories_of(parted).items()


def test_a_judgement_holds_when_the_articles_are_no_longer_remembered():
    memory = Memory()
    one, other = pair(1)
    hear(memory, one, other)
    judge(memory, one, other, same=False)
    late = NOON + timedelta(days=9)
    hear(memory, article(9, "Glaciers of the Pamir retreat", hours=24 * 9), now=late)
    assert 1 not in memory.stories.story_of
    assert memory.stories.judged.parted(1, 2)
    woken = Memory.load(unpack_memory(image(memory)))
    assert woken.stories.judged.parted(1, 2)


def test_what_was_withdrawn_holds_no_longer():
    memory = Memory()
    one, other = pair(1)
    hear(memory, one)
    judge(memory, one, other, same=False)
    withdraw(memory, one, other, same=False)
    hear(memory, other)
    assert stories_of(memory) == {1: 1, 2: 1}
    assert memory.stories.judged.export() == {"together": [], "apart": [], "named": [], "rulings": []}


def test_taking_back_that_two_are_one_event_lets_the_later_one_go():
    memory = Memory()
    one, other = article(1, *EVENTS["en"][0]), article(2, *EVENTS["ru"][0], labels=("region/russia",))
    hear(memory, one, other)
    judge(memory, one, other, same=True)
    effects = withdraw(memory, one, other, same=True)
    assert stories_of(memory) == {1: 1, 2: 3}
    assert (effects.founded.keys(), effects.placed[2].why["by"], effects.touched) == (
        {3},
        "similarity",
        {1, 3},
    )
    assert [memory.trends.knows(story, 2) for story in (1, 3)] == [False, True]


def test_taking_it_back_leaves_the_later_one_where_it_is_near_enough():
    memory = Memory()
    one, other = pair(1)
    hear(memory, one, other)
    judge(memory, one, other, same=True)
    effects = withdraw(memory, one, other, same=True)
    assert stories_of(memory) == {1: 1, 2: 1}
    assert effects.placed[2].why["sentence"].startswith("similarity"), "it has another reason now"


def test_of_a_merge_of_many_taking_back_moves_the_later_article_alone():
    memory = Memory()
    one, (two, three), vienna = article(1, *EVENTS["en"][0]), pair(2, "ru"), article(4, *EVENTS["de"][0])
    hear(memory, one, two, three, vienna)
    judge(memory, one, two, same=True)
    judge(memory, one, vienna, same=True)
    withdraw(memory, one, vienna, same=True)
    assert stories_of(memory) == {1: 1, 2: 1, 3: 1, 4: 4}


def test_taking_back_that_two_are_two_events_brings_the_later_one_back():
    memory = Memory()
    one, other = pair(1)
    hear(memory, one, other)
    judge(memory, one, other, same=False)
    effects = withdraw(memory, one, other, same=False)
    assert stories_of(memory) == {1: 1, 2: 1}
    assert effects.touched == {1, 2}


def test_what_is_near_to_nothing_keeps_its_story_when_that_is_taken_back():
    memory = Memory()
    one, other = article(1, *EVENTS["en"][0]), article(2, *EVENTS["ru"][0])
    hear(memory, one, other)
    judge(memory, one, other, same=False)
    effects = withdraw(memory, one, other, same=False)
    assert stories_of(memory) == {1: 1, 2: 2}
    assert (effects.founded, memory.stories.next_id) == ({}, 3)
    assert effects.placed[2].why["sentence"].startswith("story 2 keeps it")


def test_what_another_word_still_says_holds_when_one_is_taken_back():
    memory = Memory()
    (one, two), three = pair(1), article(3, *EVENTS["ru"][0])
    hear(memory, one, two, three)
    judge(memory, one, three, same=True)
    judge(memory, two, three, same=True)
    withdraw(memory, one, three, same=True)
    assert stories_of(memory) == {1: 1, 2: 1, 3: 1}


def test_what_is_older_than_what_is_remembered_stays_when_a_word_is_taken_back():
    memory = Memory()
    one, other = article(1, *EVENTS["en"][0]), article(2, *EVENTS["ru"][0])
    hear(memory, one, other)
    judge(memory, one, other, same=True)
    late = NOON + timedelta(days=9)
    hear(memory, article(9, "Glaciers of the Pamir retreat", hours=24 * 9), now=late)
    effects = do(memory, steps.withdrawn(word((1, 2), (1, 1), same=True, later=other), late))
    assert effects.anew[2][1]["sentence"] == (
        "story 1 keeps it: what dana said of article 1 and article 2 was taken back, but it is too old to be decided anew"
    )
    assert (effects.placed, effects.founded, effects.gone) == ({}, {}, set())
    assert memory.stories.judged.pinned(2) is None


def test_an_article_that_an_editor_put_there_stays_however_it_is_rewritten():
    memory = Memory()
    one, other = pair(1)
    hear(memory, one, other)
    judge(memory, one, other, same=True)
    hear(memory, article(2, "Nobel prize in literature", "The Swedish Academy gave the prize to a poet."))
    assert stories_of(memory) == {1: 1, 2: 1}


def test_stories_with_a_pair_apart_do_not_become_one_only_the_article_moves():
    memory = Memory()
    (one, two), (three, four) = pair(1), pair(3, "ru")
    hear(memory, one, two, three, four)
    judge(memory, one, three, same=False)
    effects = judge(memory, two, four, same=True)
    assert effects.merged == {}
    assert stories_of(memory) == {1: 1, 2: 1, 3: 2, 4: 1}


def test_the_latest_word_is_the_one_that_is_told():
    memory = Memory()
    (one, two), three = pair(1), article(3, *EVENTS["ru"][0])
    hear(memory, one, two)
    for number, other in ((4, one), (5, two)):
        said = word(
            (other.id, 3), (1, None), same=True, later=None, number=number, note="The same,\nI think."
        )
        do(memory, steps.judged(said, NOON))
    woken = Memory.load(unpack_memory(image(memory)))
    for held in (memory, woken):
        why = hear(held, three).placed[3].why
        assert why["judgement"] == 5
        assert (
            why["sentence"]
            == "story 1, because dana said that article 2 and article 3 are of one event: The same, I think"
        )


def test_what_an_editor_keeps_out_of_a_story_tells_so_wherever_it_is_decided():
    memory = Memory()
    one, other = pair(1)
    hear(memory, one)
    do(memory, steps.judged(word((1, 2), (1, None), same=False, later=None, note="Two quakes."), NOON))
    why = hear(memory, other).placed[2].why
    assert (why["by"], why["judgement"]) == ("similarity", 1)
    assert why["sentence"] == (
        "it does not belong to story 1, dana said: Two quakes. Story 2 begins: no story open shares a telling word"
    )


def test_what_was_told_of_a_story_goes_on_with_what_it_becomes_part_of():
    told = [Ruling(n, "dana", "", (n, n + 1)).of_one_event for n in (1, 2)]
    effects = Effects()
    effects.merge(3, 2, Ruling(1, "dana", "", (1, 2)))
    effects.merge(2, 1, Ruling(2, "dana", "", (2, 3)))
    second = f"Story 2 became part of story 1, {told[1]}"
    assert effects.told == {3: f"Story 3 became part of story 2, {told[0]}. {second}", 2: second}
    assert effects.merged == {3: 1, 2: 1}


# --- steps ----------------------------------------------------------------------------------------------------------


def test_an_article_is_decided_once_and_left_alone_while_it_reads_the_same():
    memory = Memory()
    one, other = pair(1)
    first = hear(memory, one, other)
    before = image(memory)
    again = hear(memory, one, other)
    assert first.placed.keys() == {1, 2}
    assert again.placed == {}
    assert image(memory) == before


def test_an_article_older_than_what_is_remembered_stays_where_it_is_stored():
    memory = Memory()
    effects = do(memory, steps.heard(pair(1)[0], NOON, 77))
    assert effects.placed == {}
    assert effects.touched == {77}
    assert stories_of(memory) == {}


def test_a_step_that_nobody_knows_is_an_error():
    with pytest.raises(ValueError, match="no step"):
        do(Memory(), ["sung", 1])


def test_a_snapshot_of_another_version_is_refused():
    with pytest.raises(InvalidInputError, match="version 0"):
        Memory.load({"version": 0})


def test_what_came_of_a_decision_is_done_again_without_deciding(monkeypatch):
    memory, woken = Memory(), Memory()
    rows = [article(n, *row, hours=n / 10) for n, row in enumerate(r for two in EVENTS.values() for r in two)]
    done = [memory.do(steps.heard(row, row.document.at, None), Effects()) for row in rows]
    assert {step[0] for step in done} == {"entered"}
    again = memory.do(steps.heard(rows[0], NOON, 1), Effects())
    assert again[0] == "heard", "nothing was decided"
    monkeypatch.delattr(Stories, "decide")
    effects = do(woken, *done, again)
    assert image(woken) == image(memory)
    assert (effects.placed, effects.founded) == ({}, {}), "readers were told when it was decided"


def test_a_snapshot_of_the_version_before_is_the_same_memory():
    memory = Memory()
    hear(memory, *(article(n, *row) for n, row in enumerate(r for two in EVENTS.values() for r in two)))
    woken = Memory.load(unpack_memory(older_snapshot.packed(memory)))
    assert image(woken) == image(memory)
    assert whole(woken.stories) == whole(memory.stories)


def test_whoever_reads_the_form_of_before_alone_finds_another_version():
    """As the code of before unpacks; it refuses what is not of version 3, and makes its memory anew from the articles."""
    memory = Memory()
    hear(memory, *pair(1))
    assert json.loads(zlib.decompress(image(memory)))["version"] == 4


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["heard"] * 8 + ["lost", "together", "apart", "not together", "not apart"]),
        st.integers(1, 14),
        st.integers(1, 14),
        TEXTS,
        st.sampled_from("abcd"),
        st.sampled_from([(), ("region/asia",), ("region/asia", "topic/energy")]),
        st.sampled_from([0, 0, 0, 1, 9, 30, 70]),
    ),
    max_size=50,
)


class Store:
    """What a database would hold: the story of each article, and the pointers of merged stories."""

    def __init__(self, *, dated=False):
        """`dated`: articles are of the time at which they are heard first; else of one time."""
        self.story_of, self.merged, self.read, self.hours = {}, {}, {}, {}
        self.dated = dated

    def take(self, effects):
        for article, placed in effects.placed.items():
            self.story_of[article] = placed.story
        for article in effects.gone:
            self.story_of.pop(article, None)
        for lost, kept in effects.merged.items():
            self.story_of = {a: kept if s == lost else s for a, s in self.story_of.items()}
            assert kept < lost
            assert lost not in self.merged
            self.merged[lost] = kept

    def step(self, row, now):
        what, number, second, text, source, labels, _ = row
        one, other = min(number, second), max(number, second)
        if what == "heard":
            hours = self.hours.setdefault(number, (now - NOON) / HOUR if self.dated else 0.0)
            self.read[number] = article(number, text, text, hours=hours, source=source, labels=labels)
            return steps.heard(self.read[number], now, self.story_of.get(number))
        if what == "lost":
            self.read.pop(number, None)
            return steps.lost(number, now, self.story_of.get(number))
        other += one == other
        known = self.story_of.get(one), self.story_of.get(other)
        later = self.read.get(other)
        if what.startswith("not "):
            return steps.withdrawn(word((one, other), known, same=what == "not together", later=later), now)
        return steps.judged(word((one, other), known, same=what == "together", later=later), now)


@given(ROWS, st.integers(0, 50))
@settings(deadline=None, max_examples=60)
def test_a_snapshot_and_the_steps_since_are_the_state_and_the_store_says_the_same(rows, cut):
    """Whether it is decided again, or what came of it is done."""
    lived, store, now, taken = Memory(LOOSE), Store(), NOON, image(Memory(LOOSE))
    again, short = [], []
    for number, row in enumerate(rows):
        if number == cut:
            taken, again, short = image(lived), [], []
        now += row[-1] * HOUR
        step, effects = store.step(row, now), Effects()
        again.append(json.loads(json.dumps(step)))
        short.append(json.loads(json.dumps(lived.do(step, effects))))
        store.take(effects)
    for done in (again, short):
        woken = Memory.load(unpack_memory(taken), LOOSE)
        for step in done:
            woken.do(step, Effects())
        assert image(woken) == image(lived)
        assert whole(woken.stories) == whole(lived.stories)
        assert sums(woken.stories) == sums(lived.stories)
        for scope in lived.trends.scopes():
            assert woken.trends.row(scope) == lived.trends.row(scope)
    assert stories_of(lived).items() <= store.story_of.items()
    _as_editors_said(lived)


def _as_editors_said(memory):
    told = memory.stories.judged.export()
    named = dict(told["named"])
    for one, other in told["apart"]:
        assert named[one] is None or named[one] != named[other]


@given(ROWS)
@settings(deadline=None, max_examples=60)
def test_trends_are_what_a_count_of_all_articles_gives(rows):
    """As long as nothing is over: everything at one time."""
    memory, store = Memory(LOOSE), Store()
    for row in rows:
        effects = Effects()
        memory.do(store.step(row, NOON), effects)
        store.take(effects)
    counted = Trends()
    for number, story in store.story_of.items():
        counted.tell(story, number, store.read[number].said)
    assert memory.trends.export() | {"pruned": 0} == counted.export()


def test_a_memory_recalled_from_what_is_stored_decides_on():
    """Frequencies are learned anew, so figures differ by a little; stories that are open are the same."""
    lived, woken = Memory(), Memory()
    rows = [article(n, *row, hours=n / 10) for n, row in enumerate(r for two in EVENTS.values() for r in two)]
    for row in rows[:-1]:
        hear(lived, row, now=row.document.at)
        woken.recall(row, lived.stories.story_of[row.id], row.document.at)
    assert stories_of(woken) == stories_of(lived)
    assert woken.trends.export() == lived.trends.export()
    last = rows[-1]
    assert hear(lived, last).placed[last.id].story == hear(woken, last).placed[last.id].story

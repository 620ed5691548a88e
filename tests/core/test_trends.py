"""Trends: several publishers beyond what is usual, fading; kept up by events, equal to counting everything anew."""

import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from math import exp2, fsum

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.classify.stories.rising import LOUDEST, Trends
from services.classify.stories.voices import Said, Voice
from services.core.trends import COPY, EVERYWHERE, OWN, Pace, scopes_of, top

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
KG, US, SPORT = "region/kyrgyzstan", "region/united-states", "topic/sport"


def asked(trends, now=NOON, *, scope=EVERYWHERE, **how):
    """What a reader is told who has the stored row alone."""
    loud, habit = json.loads(json.dumps(trends.row(scope)))
    return top(loud, habit, now, pace=trends.pace, **how)


def told(trends, *, hours=0.0, scope=EVERYWHERE, **how):
    return [trend.story for trend in asked(trends, NOON + hours * HOUR, scope=scope, **how)]


def voices(story, *publishers, hours=0.0, labels=(), weight=OWN):
    at = (NOON + hours * HOUR).timestamp()
    return [(story, (name, hours), Said((Voice(name, at, weight),), labels)) for name in publishers]


def of(*events):
    trends = Trends()
    for story, article, said in events:
        trends.tell(story, article, said)
    return trends


def counted(trend):
    return [(voice.publisher, voice.counts) for voice in trend.publishers]


def test_one_publisher_makes_no_trend_however_much_it_writes():
    many = [event for n in range(50) for event in voices(1, "loud.example", hours=-n / 60)]
    assert told(of(*many)) == []
    assert told(of(*many, *voices(1, "b", "c"))) == [1]


def test_two_publishers_are_too_few():
    assert told(of(*voices(1, "a", "b"))) == []


def test_a_trend_fades_and_is_over():
    trends = of(*voices(1, *"abcdefgh"))
    scores = [asked(trends, NOON + hours * HOUR)[0].score for hours in (0, 6, 12)]
    assert scores == sorted(scores, reverse=True)
    assert 1.9 < scores[0] / scores[1] < 2.1
    assert told(trends, hours=24) == []


def test_what_is_usual_in_a_busy_region_is_a_trend_in_a_quiet_one():
    usual = [
        voice
        for story in range(100, 160)
        for region, names in ((KG, "a"), (US, "abcdefgh"))
        for voice in voices(
            story if region == KG else story + 100, *names, hours=-story % 40 - 30, labels=(region,)
        )
    ]
    trends = of(*usual, *voices(1, *"abcd", labels=(KG,)), *voices(2, *"abcd", labels=(US,)))
    assert told(trends, scope=KG) == [1]
    assert 2 not in told(trends, scope=US)
    assert asked(trends, scope=KG)[0].habit < 1.5


def test_the_answer_holds_its_arithmetic():
    trends = of(*voices(1, "a", "b"), *voices(1, "c", hours=-6), *voices(1, "d", hours=-6, weight=COPY))
    (trend,) = asked(trends)
    assert counted(trend) == [("a", 1.0), ("b", 1.0), ("c", 0.5), ("d", 0.125)]
    assert trend.heat == 2.625
    assert trend.habit == (trend.prior + trend.usual_voices) / (trend.prior + trend.usual_stories)
    assert trend.score == trend.heat / trend.habit
    assert "heat: 1.00 a + 1.00 b + 0.50 c + 0.12 d (a copy)" in trend.sentence()
    assert f"= {trend.habit:.2f}" in trend.sentence()


def test_a_text_of_its_own_counts_more_than_a_copy_and_only_once():
    trends = of(
        *voices(1, "a", "b"), *voices(1, "c", hours=-6, weight=COPY), *voices(1, "c", hours=-3, weight=OWN)
    )
    (trend,) = asked(trends)
    assert counted(trend)[2] == ("c", exp2(-0.5))


def test_one_text_that_many_print_is_hardly_a_trend():
    printed = of(*voices(1, "wire"), *voices(1, "b", "c", "d", weight=COPY))
    written = of(*voices(1, "wire", "b", "c", "d"))
    assert asked(printed)[0].heat == 1.75 < asked(written)[0].heat / 2
    assert asked(printed)[0].score < asked(written)[0].score


def test_a_shorter_window_leaves_out_older_voices():
    trends = of(*voices(1, *"abcd", hours=-5), *voices(2, *"abc"))
    assert told(trends) == [2, 1]
    assert told(trends, window=4 * HOUR) == [2]
    assert asked(trends, window=1000 * HOUR) == asked(trends, window=trends.pace.window)


def test_a_muted_story_leaves_its_place_to_the_next():
    trends = of(*voices(1, *"abcd"), *voices(2, *"abc"))
    assert told(trends, limit=1) == [1]
    assert told(trends, limit=1, muted=frozenset({1})) == [2]


def test_a_merge_counts_each_publisher_once_by_its_earliest_article():
    trends = of(*voices(1, "a", "b"), *voices(2, "b", "c", hours=-6))
    trends.merge(2, 1)
    (trend,) = asked(trends)
    assert counted(trend) == [("a", 1.0), ("b", 0.5), ("c", 0.5)]
    assert trends.export() == of(*voices(1, "a", "b"), *voices(1, "b", "c", hours=-6)).export()


def test_an_article_stands_in_regions_topics_and_both():
    assert scopes_of((KG, US, SPORT)) == {EVERYWHERE, KG, US, SPORT, f"{KG}+{SPORT}", f"{US}+{SPORT}"}
    trends = of(*voices(1, *"abc", labels=(KG, SPORT)), *voices(2, *"abc", labels=(KG,)))
    assert told(trends, scope=f"{KG}+{SPORT}") == [1]
    assert told(trends, scope=KG) == [2, 1]


def test_other_labels_move_an_article_to_other_scopes():
    trends = of(*voices(1, *"abc", labels=(KG,)))
    trends.changed.clear()
    for event in voices(1, "c", labels=(US,)):
        trends.tell(*event)
    assert (told(trends, scope=KG), told(trends, scope=US), told(trends)) == ([], [], [1])
    assert trends.changed == {KG, US}


def test_what_is_no_news_leaves_no_trace():
    trends = of(*voices(1, *"abc", labels=(KG,)), *voices(2, *"abc", labels=(KG,)))
    for name in "abc":
        trends.retract(1, (name, 0.0))
    assert (told(trends, scope=KG), told(trends)) == ([2], [2])
    assert trends.export() == of(*voices(2, *"abc", labels=(KG,))).export()
    trends.drop(2)
    assert trends.export() == Trends().export()
    assert trends.row(KG) == ([], {"hours": []})


def test_an_unknown_scope_has_no_trends():
    assert told(Trends(), scope="region/nowhere") == []


def test_on_a_story_that_runs_on_a_publisher_may_be_heard_anew_after_a_week():
    trends = Trends()
    for day in range(10):
        for event in [*voices(1, "a", hours=24 * day, labels=(KG,)), *voices(1, f"p{day}", hours=24 * day)]:
            trends.tell(*event)
        trends.forget(NOON + 24 * day * HOUR)
    assert trends.heard(1)["a"][0] == (NOON + 24 * 2 * HOUR).timestamp()
    assert len(trends.export()["stories"][0][1]) == 16
    assert sum(stories for _, _, stories in trends.row(EVERYWHERE)[1]["hours"]) == 1
    assert sum(heard for _, heard, _ in trends.row(KG)[1]["hours"]) == 3


def test_what_can_be_no_trend_any_more_is_left_out_until_it_is_heard_again():
    trends = of(*voices(1, *"abc"))
    trends.forget(NOON + 10 * HOUR)
    assert trends.row(EVERYWHERE)[0] == []
    for event in voices(1, "d", hours=10):
        trends.tell(*event)
    assert [entry["story"] for entry in trends.row(EVERYWHERE)[0]] == [1]


def test_of_too_many_the_loudest_are_told():
    trends = of(*(event for n in range(LOUDEST + 5) for event in voices(n, *"abc", hours=-n / 100)))
    assert [entry["story"] for entry in trends.row(EVERYWHERE)[0]] == list(range(LOUDEST))


EVENTS = st.lists(
    st.tuples(
        st.integers(1, 5),
        st.integers(1, 9),
        st.sampled_from("abcdef"),
        st.integers(0, 1200),
        st.sampled_from([OWN, COPY]),
        st.sampled_from([(), (KG,), (US,), (KG, US), (KG, SPORT)]),
    ),
    max_size=60,
    unique_by=lambda row: row[1],
)


def heard(rows):
    return [
        (
            story,
            article,
            Said((Voice(name, (NOON - minutes * HOUR / 60).timestamp(), weight),), labels),
        )
        for story, article, name, minutes, weight, labels in rows
    ]


@given(EVENTS, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_neither_order_nor_repetition_matters(rows, dice):
    events = heard(rows)
    again = [*events, *events[::2]]
    dice.shuffle(again)
    one, other = of(*events), of(*again)
    assert one.export() == other.export()
    for scope in (EVERYWHERE, KG, US):
        assert one.row(scope) == other.row(scope)
        assert asked(one, scope=scope) == asked(other, scope=scope)


@given(EVENTS, EVENTS)
@settings(deadline=None)
def test_what_was_told_and_taken_back_leaves_no_trace(rows, others):
    trends = of(*heard(rows))
    before = trends.export()
    for story, article, said in heard(others):
        trends.tell(story, 100 + article, said)
    for story, article, _ in heard(others):
        trends.retract(story, 100 + article)
    assert trends.export() == before


@given(EVENTS)
@settings(deadline=None)
def test_a_snapshot_is_the_state(rows):
    trends = of(*heard(rows))
    woken = Trends.load(json.loads(json.dumps(trends.export())))
    assert woken.export() == trends.export()
    for scope in trends.scopes():
        assert woken.row(scope) == trends.row(scope)
    for event in heard(rows):
        woken.tell(*event)
    assert not woken.changed


@pytest.mark.parametrize("hours", [49, 24 * 15])
def test_silence_closes_a_story_and_leaves_only_what_is_usual(hours):
    trends = of(*voices(1, *"abc", labels=(KG,)))
    trends.changed.clear()
    trends.forget(NOON + hours * HOUR)
    assert trends.changed == {EVERYWHERE, KG}
    assert trends.export()["stories"] == []
    assert bool(trends.scopes()) is (hours < 24 * 14)
    trends.retract(1, ("a", 0.0))
    assert trends.row(KG)[0] == []


class Counting:
    """The same by the definition: everything that was ever heard is kept, and counted anew at every question."""

    def __init__(self, pace):
        self.pace, self.open, self.over = pace, [], []

    def earliest(self, voices):
        found = {}
        for name, story, publisher, at in voices:
            key = (name, story, publisher)
            found[key] = min(found.get(key, at), at)
        return found

    def forget(self, now):
        last = defaultdict(float)
        for (name, story, _), at in self.earliest(self.open).items():
            last[name, story] = max(last[name, story], at)
        silent = now.timestamp() - self.pace.window.total_seconds()
        gone = [voice for voice in self.open if last[voice[:2]] < silent]
        self.open = [voice for voice in self.open if last[voice[:2]] >= silent]
        begun = defaultdict(list)
        for (name, story, _), at in self.earliest(gone).items():
            begun[name, story].append(at)
        self.over += [
            (name, at, min(times) == at and times.index(at) == n)
            for (name, _), times in begun.items()
            for n, at in enumerate(times)
        ]

    def merge(self, lost, kept):
        self.open = [(name, kept if story == lost else story, *rest) for name, story, *rest in self.open]

    def top(self, now, scope):
        found = self.earliest(self.open)
        begun = defaultdict(dict)
        for (name, story, publisher), at in found.items():
            if name == scope:
                begun[story][publisher] = at
        voices = [at for times in begun.values() for at in times.values()] + [
            at for name, at, _ in self.over if name == scope
        ]
        stories = [min(times.values()) for times in begun.values()] + [
            at for name, at, first in self.over if name == scope and first
        ]
        habit = (self.pace.prior + self.usual(voices, now)) / (self.pace.prior + self.usual(stories, now))
        answer = []
        for story, times in begun.items():
            ages = [max(now.timestamp() - at, 0) for at in times.values()]
            ages = [age for age in ages if age <= self.pace.window.total_seconds()]
            heat = fsum(exp2(-age / self.pace.half_life.total_seconds()) for age in ages)
            if len(ages) >= self.pace.voices and heat > habit:
                answer.append((story, round(heat / habit, 9)))
        return sorted(answer, key=lambda pair: (-pair[1], -pair[0]))

    def usual(self, times, now):
        present = now.timestamp() // 3600
        ages = [max(present - at // 3600, 0) for at in times]
        limit = self.pace.habit_window.total_seconds() // 3600
        half_life = self.pace.habit_half_life.total_seconds() / 3600
        return fsum(exp2(-age / half_life) for age in ages if age <= limit)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["voice"] * 6 + ["merge", "forget", "forget"]),
        st.integers(1, 6),
        st.sampled_from("abcdef"),
        st.integers(0, 12),
        st.sampled_from([0, 0, 1, 4, 9, 30, 60]),
    ),
    max_size=70,
)


@given(STEPS)
@settings(deadline=None)
def test_kept_up_by_events_it_is_what_counting_everything_anew_gives(steps):
    pace = Pace(voices=2, prior=3)
    trends, naive, now = Trends(pace), Counting(pace), NOON
    for number, (what, story, publisher, late, passed) in enumerate(steps):
        now += passed * HOUR
        if what == "voice":
            at = (now - late * HOUR).timestamp()
            scopes = [EVERYWHERE, KG] if story % 2 else [EVERYWHERE]
            trends.tell(story, number, Said((Voice(publisher, at),), tuple(filter(None, scopes))))
            naive.open += [(scope, story, publisher, at) for scope in scopes]
        elif what == "merge" and story > 1:
            trends.merge(story, story - 1)
            naive.merge(story, story - 1)
        elif what == "forget":
            trends.forget(now)
            naive.forget(now)
        for scope in (EVERYWHERE, KG):
            found = [
                (trend.story, round(trend.score, 9)) for trend in asked(trends, now, scope=scope, limit=99)
            ]
            assert found == naive.top(now, scope)

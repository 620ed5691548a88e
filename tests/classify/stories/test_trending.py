"""Trends: several publishers beyond what is usual, fading; kept up by events, equal to counting everything anew."""

import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from math import exp2, fsum

from hypothesis import given, settings
from hypothesis import strategies as st

from services.classify.stories.trending import EVERYWHERE, Pace, Trends, Voice

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
KG, US = "region:kyrgyzstan", "region:united-states"


def told(trends, *, hours=0.0, scope=EVERYWHERE):
    return [trend.story for trend in trends.top(NOON + hours * HOUR, scope=scope)]


def voices(story, *publishers, hours=0.0, scopes=(EVERYWHERE,)):
    return [Voice(story, publisher, NOON + hours * HOUR, frozenset(scopes)) for publisher in publishers]


def of(*events):
    trends = Trends()
    for event in events:
        trends.add(event)
    return trends


def test_one_publisher_makes_no_trend_however_much_it_writes():
    many = [Voice(1, "loud.example", NOON - n * HOUR / 60) for n in range(50)]
    assert told(of(*many)) == []
    assert told(of(*many, *voices(1, "b", "c"))) == [1]


def test_two_publishers_are_too_few():
    assert told(of(*voices(1, "a", "b"))) == []


def test_a_trend_fades_and_is_over():
    trends = of(*voices(1, *"abcdefgh"))
    scores = [trends.top(NOON + hours * HOUR)[0].score for hours in (0, 6, 12)]
    assert scores == sorted(scores, reverse=True)
    assert 1.9 < scores[0] / scores[1] < 2.1
    assert told(trends, hours=24) == []


def test_what_is_usual_in_a_busy_region_is_a_trend_in_a_quiet_one():
    usual = [
        voice
        for story in range(100, 160)
        for region, names in ((KG, "a"), (US, "abcdefgh"))
        for voice in voices(
            story if region == KG else story + 100, *names, hours=-story % 40 - 30, scopes=[region]
        )
    ]
    trends = of(*usual, *voices(1, *"abcd", scopes=[KG]), *voices(2, *"abcd", scopes=[US]))
    assert told(trends, scope=KG) == [1]
    assert 2 not in told(trends, scope=US)
    assert trends.top(NOON, scope=KG)[0].habit < 1.5


def test_the_answer_holds_its_arithmetic():
    trends = of(*voices(1, "a", "b"), *voices(1, "c", hours=-6))
    (trend,) = trends.top(NOON)
    assert trend.publishers == (("a", 1.0), ("b", 1.0), ("c", 0.5))
    assert trend.heat == 2.5
    assert trend.habit == (trend.prior + trend.usual_voices) / (trend.prior + trend.usual_stories)
    assert trend.score == trend.heat / trend.habit
    assert "heat: 1.00 a + 1.00 b + 0.50 c" in trend.sentence()
    assert f"= {trend.habit:.2f}" in trend.sentence()


def test_a_merge_counts_each_publisher_once_by_its_earliest_article():
    trends = of(*voices(1, "a", "b"), *voices(2, "b", "c", hours=-6))
    trends.merge(2, 1)
    (trend,) = trends.top(NOON)
    assert trend.publishers == (("a", 1.0), ("b", 0.5), ("c", 0.5))
    assert trends.export() == of(*voices(1, "a"), *voices(1, "b", "c", hours=-6)).export()


def test_what_is_no_news_leaves_no_trace():
    trends = of(*voices(1, *"abc", scopes=[KG, EVERYWHERE]), *voices(2, *"abc", scopes=[KG, EVERYWHERE]))
    trends.drop(1, KG)
    assert (told(trends, scope=KG), told(trends)) == ([2], [2, 1])
    trends.drop(1)
    assert trends.export() == of(*voices(2, *"abc", scopes=[KG, EVERYWHERE])).export()


def test_an_unknown_scope_has_no_trends():
    assert Trends().top(NOON, scope="region:nowhere") == []


EVENTS = st.lists(
    st.tuples(
        st.integers(1, 5),
        st.sampled_from("abcdef"),
        st.integers(0, 1200),
        st.sets(st.sampled_from([EVERYWHERE, KG, US]), min_size=1),
    ),
    max_size=60,
)


def heard(rows):
    return [
        Voice(story, name, NOON - minutes * HOUR / 60, frozenset(scopes))
        for story, name, minutes, scopes in rows
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
        assert one.top(NOON, scope=scope) == other.top(NOON, scope=scope)


@given(EVENTS)
@settings(deadline=None)
def test_a_snapshot_is_the_state(rows):
    trends = of(*heard(rows))
    woken = Trends.load(json.loads(json.dumps(trends.export())))
    assert woken.export() == trends.export()
    assert woken.top(NOON, scope=KG) == trends.top(NOON, scope=KG)
    assert woken.add(Voice(9, "z", NOON)) is True
    assert woken.add(Voice(9, "z", NOON)) is False


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
    for what, story, publisher, late, passed in steps:
        now += passed * HOUR
        if what == "voice":
            voice = Voice(
                story,
                publisher,
                now - late * HOUR,
                frozenset({EVERYWHERE, KG} if story % 2 else {EVERYWHERE}),
            )
            trends.add(voice)
            naive.open += [(scope, story, publisher, voice.at.timestamp()) for scope in voice.scopes]
        elif what == "merge" and story > 1:
            trends.merge(story, story - 1)
            naive.merge(story, story - 1)
        elif what == "forget":
            trends.forget(now)
            naive.forget(now)
        for scope in (EVERYWHERE, KG):
            found = [(trend.story, round(trend.score, 9)) for trend in trends.top(now, scope=scope, limit=99)]
            assert found == naive.top(now, scope)

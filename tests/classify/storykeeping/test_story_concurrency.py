"""Stories are the same as one pass over the stream gives, however many decide, whatever dies, in whatever order and how often they are told.

Copies and reports arrive in bursts and shuffled, through the real change log; consumers are killed by SIGKILL all the while.
"""

import random
import subprocess
import sys
import time
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise

import pytest
from sqlalchemy import text

from services.classify.stories import Stories
from services.classify.storykeeping import store as story_store
from services.core.db import transaction
from services.core.latest import Draft, publish
from services.core.models import Article
from tests.classify.storykeeping.story_consumers import MERGING
from tests.fixtures.roles import eventually

COMMON = (
    "government said report monday people police city country officials statement minister year week capital"
)


def invented(dice):
    """A name that no other event has."""
    return "".join(
        dice.choice(("ka", "ri", "to", "mu", "be", "sol", "dar", "nik", "va", "lem")) for _ in range(3)
    ).title()


def reports(dice, events=70):
    """Events told by several publishers in changing words, some by hardly any; an article here and there tells of two."""
    told = []
    for _ in range(events):
        words = [invented(dice) for _ in range(9)]
        told += [dice.sample(words, 6) for _ in range(dice.randint(1, 8))]
        if dice.random() < 0.4:  # the same event begins a second time in other words, and is found to be one
            more = [*dice.sample(words, 4), *(invented(dice) for _ in range(5))]
            told += [dice.sample(more, 7) for _ in range(3)]
            told += [dice.sample(words + more, 14) for _ in range(2)]
    dice.shuffle(told)
    for words in told:
        filler = dice.sample(COMMON.split(), 5)
        yield " ".join(words[:4]), f"{' '.join(filler)} in {' '.join(words)} and {' '.join(filler[:2])}."


@dataclass
class Stream:
    """Publishes articles in bursts, as classify workers do."""

    desk: object
    dice: random.Random
    ids: list = field(default_factory=list)

    def store(self, count):
        """Articles that wait to be listed."""
        rows = list(reports(self.dice))[:count]
        assert len(rows) == count
        first = self.desk.article("Template", listed=False, source="p0.example")
        with transaction() as session:
            template = session.get_one(Article, first)
            for n in range(1, 12):
                self.desk.feed(f"p{n}.example")
            sources = list(session.scalars(text("SELECT id FROM sources ORDER BY id")))
            made = [
                Article(
                    feed_id=template.feed_id, source_id=self.dice.choice(sources), url=f"https://p0.example/n{n}", title=title,
                    teaser="", text=body, html="", authors=[], tags=[], language="en", content_hash=b"", date_guessed=False,
                    first_seen_at=template.sort_at, updated_at=template.sort_at, lease_until=template.sort_at,
                    sort_at=template.sort_at - self.dice.random() * timedelta(hours=20),
                )
                for n, (title, body) in enumerate(rows)
            ]  # fmt: skip
            session.add_all(made)
            session.flush()
            self.ids = [article.id for article in made]
        self.dice.shuffle(self.ids)

    def publish(self, after_each):
        """List them in bursts; now and then one gets other labels or is told of twice."""
        left = list(self.ids)
        while left:
            burst, left = left[: (size := self.dice.randint(1, 30))], left[size:]
            with transaction() as session:
                session.execute(
                    text("UPDATE articles SET listed = true WHERE id = ANY(:ids)"), {"ids": burst}
                )
                drafts = [Draft(number, "added", 1, (), ("region/asia",)) for number in burst]
                drafts += [
                    Draft(number, "updated", 2, (), ()) for number in self.dice.sample(burst, len(burst) // 4)
                ]
                drafts += [
                    Draft(number, "moved", 2, (), ("topic/energy",))
                    for number in self.dice.sample(burst, len(burst) // 4)
                ]
                publish(session, drafts)
            after_each()
            time.sleep(self.dice.random() * 0.2)


def rows(statement):
    with transaction() as session:
        return [tuple(row) for row in session.execute(text(statement))]


def offline():
    """One pass over the change log: the story of each article, and which stories became which."""
    stories, merged = Stories(MERGING), {}
    order = rows("SELECT DISTINCT ON (article_id) seq, article_id, at FROM changes ORDER BY article_id, seq")
    with transaction() as session:
        stored = story_store.articles(session, [number for _, number, _ in order])
    for _, number, at in sorted(order):
        for merge in stories.decide(stored[number].article.document, at).merges:
            merged = {old: merge.kept if new == merge.lost else new for old, new in merged.items()}
            merged[merge.lost] = merge.kept
    return stories.story_of, merged


@dataclass
class Watcher:
    """Looks at the stories of articles all the while, as readers do."""

    seen: dict = field(default_factory=dict)

    def look(self):
        for article, story in rows("SELECT article_id, story_id FROM story_articles"):
            told = self.seen.setdefault(article, [])
            if told[-1:] != [story]:
                told.append(story)

    def unexplained(self, merged):
        """Changes of an id that no recorded merge explains."""
        return [
            (article, told)
            for article, told in self.seen.items()
            if any(merged.get(before) != merged.get(after, after) for before, after in pairwise(told))
        ]


def run(desk, seed, *how, articles=320, consumers=3):
    """Publish while consumers decide and die; what a watcher saw, and how many were killed."""
    stream, watcher = Stream(desk, random.Random(seed)), Watcher()
    stream.store(articles)
    command = [
        sys.executable,
        "-m",
        "tests.classify.storykeeping.story_consumers",
        str(seed),
        str(consumers),
        *how,
    ]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as program:

        def kill():
            """Once for each burst: so many die, however fast the machine is, and no more than it can make up for."""
            print("kill", file=program.stdin, flush=True)

        stream.publish(kill)

        def everything_is_decided():
            watcher.look()
            return rows("SELECT s.seq = max(c.seq) FROM story_state s, changes c GROUP BY s.seq") == [(True,)]

        eventually(everything_is_decided, what="the last decision")
        killed, failed = map(int, program.communicate(timeout=150)[0].split())
    return watcher, killed, failed


def together(stories: dict[int, int]) -> set[frozenset[int]]:
    """Which articles are of one story, whatever its number."""
    found = defaultdict(set)
    for article, story in stories.items():
        found[story].add(article)
    return {frozenset(articles) for articles in found.values()}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_whoever_decides_and_dies_the_stories_are_those_of_one_pass(desk, seed):
    watcher, killed, failed = run(desk, seed)
    stories, merged = offline()
    assert failed == 0
    assert killed > 10
    assert len(merged) > 3, "nothing was merged: this would test less than it says"
    assert dict(rows("SELECT article_id, story_id FROM story_articles")) == stories
    assert dict(rows("SELECT id, merged_into FROM stories WHERE merged_into IS NOT NULL")) == merged
    assert watcher.unexplained(merged) == []
    assert (
        rows(
            "SELECT s.id FROM stories s LEFT JOIN story_articles a ON a.story_id = s.id GROUP BY s.id HAVING s.articles <> count(a.*)"
        )
        == []
    )


def test_without_lock_and_common_memory_the_same_run_goes_wrong(desk):
    """The test of the test above: three who decide each for themselves must be found out."""
    run(desk, 1, "naive")
    stories, _ = offline()
    assert together(dict(rows("SELECT article_id, story_id FROM story_articles"))) != together(stories)

"""How every term and label does on articles: how often it fires, alone or with others, and how often it is right.

    stats = Stats(compiled)
    for article in articles: stats.add(article)
    stats.to_json(), stats.lines()

After the summary of labelling functions in Snorkel (Ratner and others, 2017): coverage, overlaps, conflicts, and the
accuracy where people judged.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import combinations
from typing import Any

from services.classify.rules.engine.compiled import CompiledRulebook
from services.classify.rules.judging.corrections import Correction
from services.classify.rules.judging.gold import ancestors, compare
from services.classify.rules.model import Label, Verdict
from services.classify.rules.tools import stats_told
from services.classify.rules.tools.stats_counts import Counted, StatsCounts
from services.classify.rules.tools.stored import StoredArticle, read

KINDS = ("region", "topic", "place")


class Stats(Counted):
    """Counts articles by one rulebook; `counts` is plain data and can be merged."""

    def __init__(self, compiled: CompiledRulebook, counts: StatsCounts | None = None) -> None:
        book = compiled.rulebook
        names = [rule.id for rule in book.rules] + [f"place/{code}" for code in compiled.places]
        super().__init__(compiled, counts or StatsCounts(compiled.version), names)
        if self.counts.version != compiled.version:
            raise ValueError("The counts are of another version of the rulebook.")
        self.above = {
            "region": ancestors(book, "region"),
            "topic": ancestors(book, "topic"),
            "place": {},
        }
        self._branches: dict[int, frozenset[str]] = {}

    def add(self, article: StoredArticle) -> Verdict:
        """Read one article by the rules and count; the verdict of the rules, without the editor's correction."""
        reading = read(article.document, self.compiled)
        verdict = reading.verdict
        fired = dict(_fired(verdict))
        gold = _gold(article.correction)
        self.counts.articles += 1
        self.counts.corrected += bool(gold)
        hits: Counter[int] = Counter(hit[2] for hit in reading.hits)
        support = self._support(hits)
        for number, count in hits.items():
            self._term(number, count, fired, support, article.at)
            right = self._right(number, gold)
            if right is not None:
                self.counts.terms[number].right += right
                self.counts.terms[number].wrong += not right
        self._conflicts(hits, verdict)
        self._labels(fired, gold)
        self._source(article.source, verdict)
        return verdict

    def _support(self, hits: Iterable[int]) -> dict[int, set[int]]:
        """Terms that speak for each label."""
        support: defaultdict[int, set[int]] = defaultdict(set)
        for number in hits:
            term = self.compiled.terms[number]
            if term.term.weight > 0:
                for target, factor in term.targets:
                    if factor > 0:
                        support[target].add(number)
        return support

    def _term(
        self,
        number: int,
        hits: int,
        fired: dict[str, Label],
        support: dict[int, set[int]],
        at: datetime | None,
    ) -> None:
        count = self.counts.terms[number]
        count.hits += hits
        count.articles += 1
        if at is not None and (count.last is None or at > count.last):
            count.last = at
        owner = self.compiled.terms[number].owner
        speakers = support.get(owner, set())
        if number in speakers and self.names[owner] in fired:
            count.alone += len(speakers) == 1
            count.overlaps += len(speakers) > 1

    def _conflicts(self, hits: Iterable[int], verdict: Verdict) -> None:
        leading = {
            "region": verdict.region,
            "topic": verdict.topics[0].slug if verdict.topics else None,
        }
        for number in hits:
            term = self.compiled.terms[number]
            kind = "topic" if self.names[term.owner].startswith("topic/") else "region"
            first = leading[kind]
            branch = self._branch(number)
            if first is not None and branch and first not in branch:
                self.counts.terms[number].conflicts += 1

    def _branch(self, number: int) -> frozenset[str]:
        """Slugs of the labels a term speaks for, of those above and of those below them."""
        known = self._branches.get(number)
        if known is None:
            slugs = {
                name.partition("/")[2]
                for name in (self.names[target] for target, _ in self.compiled.terms[number].targets)
                if not name.startswith("place/")
            }
            kind = "topic" if self.names[self.compiled.terms[number].owner].startswith("topic/") else "region"
            above = self.above[kind]
            around = {parent for slug in slugs for parent in above.get(slug, ())}
            below = {child for child, parents in above.items() if not slugs.isdisjoint(parents)}
            known = self._branches[number] = frozenset(slugs | around | below)
        return known

    def _right(self, number: int, gold: dict[str, set[str]]) -> bool | None:
        """Whether an editor agrees with a term; None where they did not judge, or could not by it."""
        term = self.compiled.terms[number]
        if term.term.tier == "mask" or not gold:
            return None
        kind, _, slug = self.names[term.owner].partition("/")
        verdict = self._judged(kind, slug, gold)
        if verdict is None and kind == "place" and "region" in gold:
            found = {
                self._judged("region", region, gold)
                for region in self.compiled.regions_of_place.get(slug, ())
            }
            verdict = True if True in found else False if found == {False} else None
        against = term.veto or term.term.weight < 0
        return verdict if verdict is None or not against else not verdict

    def _judged(self, kind: str, slug: str, gold: dict[str, set[str]]) -> bool | None:
        if kind not in gold:
            return None
        found = compare([slug], gold[kind], self.above[kind])
        return True if found.hit else False if found.wrong else None

    def _labels(self, fired: dict[str, Label], gold: dict[str, set[str]]) -> None:
        labels = self.counts.labels
        for name, label in fired.items():
            labels[name].articles += 1
            labels[name].primary += label.primary
        for kind in ("region", "topic"):
            own = sorted(n for n, label in fired.items() if n.startswith(kind) and label.origin != "parent")
            self.counts.pairs.update(combinations(own, 2))
        for kind, wanted in gold.items():
            given = [name.partition("/")[2] for name in fired if name.startswith(f"{kind}/")]
            found = compare(given, wanted, self.above[kind])
            for attribute in ("hit", "wrong", "missed"):
                for slug in getattr(found, attribute):
                    count = labels[f"{kind}/{slug}"]
                    setattr(count, attribute, getattr(count, attribute) + 1)

    def _source(self, source: str, verdict: Verdict) -> None:
        self.counts.sources[source] += 1
        if not verdict.regions and not verdict.topics:
            self.counts.unclassified[source] += 1

    def to_json(self, label: str | None = None, *, limit: int = 100) -> dict[str, Any]:
        """The figures as plain JSON data, for all or for one label (a region with its places); see `stats_told`."""
        return stats_told.as_json(self, label, limit)

    def lines(self, label: str | None = None, *, limit: int = 20) -> list[str]:
        """The same as tables to read."""
        return stats_told.as_lines(self, label, limit)


def _fired(verdict: Verdict) -> Iterator[tuple[str, Label]]:
    for kind, labels in (
        ("region", verdict.regions),
        ("topic", verdict.topics),
        ("place", verdict.places),
    ):
        yield from ((f"{kind}/{label.slug}", label) for label in labels)


def _gold(correction: Correction | None) -> dict[str, set[str]]:
    if correction is None:
        return {}
    given = {"region": correction.regions, "topic": correction.topics, "place": correction.places}
    return {kind: set(slugs) for kind, slugs in given.items() if slugs is not None}

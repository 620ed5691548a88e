"""What another rulebook would do to the articles that are stored, before it is published.

    plan = ImpactPlan(compiled_in_force, compiled_draft)
    impact = plan.measure(articles)              # or chunk by chunk: impact.merge(plan.measure(more))

Only articles that the difference can reach are classified; the result is that of classifying everything twice.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from services.classify.rules.engine.compiled import CompiledRulebook
from services.classify.rules.engine.explain import to_json
from services.classify.rules.engine.matcher import Hit
from services.classify.rules.judging.corrections import Correction, corrected
from services.classify.rules.judging.examples import labels_of
from services.classify.rules.model import Document, Verdict
from services.classify.rules.text.prepare import Prepared, prepare
from services.classify.rules.tools.diff import diff
from services.classify.rules.tools.difference import label_line, setting_line, term_line
from services.classify.rules.tools.impact_told import SAMPLES, Because, EditCount, Impact, Sample
from services.classify.rules.tools.impact_words import Affected, affected, sieve
from services.classify.rules.tools.stored import Reading, StoredArticle, read


@dataclass(frozen=True, slots=True)
class Standing:
    """What subscribers see of a verdict: its labels, and which region leads."""

    region: str | None
    labels: tuple[str, ...]


class ImpactPlan:
    """Two rulebooks and what differs between them; made once, used for any number of articles."""

    def __init__(self, before: CompiledRulebook, after: CompiledRulebook, *, samples: int = SAMPLES) -> None:
        self.before, self.after, self.samples = before, after, samples
        self.difference = diff(before.rulebook, after.rulebook)
        self.affected: Affected = affected(before, after, self.difference)
        terms = self.difference.terms
        self._old = {id(edit.before.term): n for n, edit in enumerate(terms) if edit.before}
        self._new = {id(edit.after.term): n for n, edit in enumerate(terms) if edit.after}
        self._sieves = sieve(before, self._old, self.affected), sieve(after, self._new, self.affected)

    def empty(self) -> Impact:
        """No articles looked at yet; every edit by its line."""
        difference = self.difference
        return Impact(
            before=self.before.version,
            after=self.after.version,
            samples=self.samples,
            edits=[
                *(EditCount(term_line(edit), words=True) for edit in difference.terms),
                *(EditCount(setting_line(edit), words=False) for edit in difference.settings),
                *(EditCount(label_line(edit), words=False) for edit in difference.labels),
            ],
        )

    def measure(self, articles: Iterable[StoredArticle]) -> Impact:
        """Compare both rulebooks on articles; of examples the first ones are kept."""
        impact = self.empty()
        for article in articles:
            self._look(article, impact)
        return impact

    def _look(self, article: StoredArticle, impact: Impact) -> None:
        impact.articles += 1
        document = article.document
        prepared = prepare(document, self.after.defaults.lead_words)
        old, new = (side.hits(prepared, document) for side in self._sieves)
        standing = self._sieves[0].edits(old) | self._sieves[1].edits(new)
        for number in standing:
            impact.edits[number].hits += 1
        if not (old or new or self.affected.concerns(document, article.correction)):
            return
        impact.classified += 1
        after = read(document, self.after, prepared)
        known = self._known(article)
        before = None if known else self._read_before(document, prepared)
        was = self._standing(article, before.verdict if before else known, self.before)
        now = self._standing(article, after.verdict, self.after)
        if was.region == now.region and set(was.labels) == set(now.labels):
            return
        if before is None and any(self.difference.terms[number].before for number in standing):
            before = self._read_before(document, prepared)
        because = [
            *(self._counted(before, self.before, self._old, "before") if before else ()),
            *self._counted(after, self.after, self._new, "after"),
        ]
        if not because:  # a term that fails its condition still swallows what lies inside it
            because = [
                *self._places(prepared, old, self._sieves[0].numbers, "before"),
                *self._places(prepared, new, self._sieves[1].numbers, "after"),
            ]
        because += self._settings(was, now)
        impact.add(
            Sample(
                article.id,
                document.title,
                was.labels,
                now.labels,
                was.region,
                now.region,
                tuple(because),
            )
        )

    def _read_before(self, document: Document, prepared: Prepared) -> Reading:
        same = self.before.defaults.lead_words == self.after.defaults.lead_words
        return read(document, self.before, prepared if same else None)

    def _known(self, article: StoredArticle) -> Mapping[str, Any]:
        """The stored verdict, where it is of the very version and no withdrawn correction speaks in it; else empty."""
        known = article.known or {}
        told = known if isinstance(known, Mapping) else to_json(known)
        if told.get("version") != self.before.version:
            return {}
        judged = article.correction or Correction()
        for kind in ("regions", "topics", "places"):
            by_hand = any(label["origin"] == "editor" for label in told[kind])
            if by_hand and getattr(judged, kind) is None:
                return {}
        return told

    @staticmethod
    def _standing(
        article: StoredArticle, verdict: Verdict | Mapping[str, Any], compiled: CompiledRulebook
    ) -> Standing:
        if article.correction is not None:
            verdict = corrected(verdict, article.correction, compiled.rulebook)
        if isinstance(verdict, Verdict):
            return Standing(verdict.region, tuple(labels_of(verdict)))
        return Standing(
            verdict["region"],
            tuple(
                f"{kind}/{label['slug']}"
                for kind in ("region", "topic", "place")
                for label in verdict[f"{kind}s"]
            ),
        )

    # --- which edit did it

    def _counted(
        self, reading: Reading, compiled: CompiledRulebook, edits: dict[int, int], side: str
    ) -> Iterator[Because]:
        numbers = {
            term: edits[id(compiled.terms[term].term)]
            for _, _, term, _ in reading.hits
            if id(compiled.terms[term].term) in edits
        }
        return self._places(
            reading.prepared, (hit for hit in reading.hits if hit[2] in numbers), numbers, side
        )

    @staticmethod
    def _places(
        prepared: Prepared, hits: Iterable[Hit], numbers: Mapping[int, int], side: str
    ) -> Iterator[Because]:
        first: dict[int, Hit] = {}
        for hit in hits:
            number = numbers[hit[2]]
            if number >= 0 and (number not in first or hit < first[number]):
                first[number] = hit
        for number, (start, end, _, part) in sorted(first.items()):
            yield Because(number, side, *prepared.shown(start, end, part))

    def _settings(self, was: Standing, now: Standing) -> Iterator[Because]:
        """Edited settings of labels that the article has, or had; defaults concern every article."""
        labels = {"defaults", *was.labels, *now.labels}
        subjects = [
            *((edit.subject, edit.change.name) for edit in self.difference.settings),
            *((edit.id,) for edit in self.difference.labels),
        ]
        for number, names in enumerate(subjects, start=len(self.difference.terms)):
            if not labels.isdisjoint(names):
                yield Because(number, "after", None, 0, 0, "")

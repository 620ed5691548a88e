"""Terms that a label lacks, found in the articles that have it: candidates with their evidence.

    suggester = Suggester(compiled, "region/central-asia")
    for article in articles: suggester.add(article)
    for suggestion in suggester.suggestions(limit=15): ...

Articles that an editor corrected say what belongs to the label; of the others those to which the rules give exactly one
region (or the label as their first topic). A candidate is ranked by how much more often articles of the label hold it:
log-odds with an informative Dirichlet prior (Monroe, Colaresi and Quinn, "Fightin' Words", Political Analysis 16, 2008),
where the prior is the whole of the articles; articles are counted, not occurrences.
"""

from math import log, sqrt
from typing import Literal

from services.classify.rules import suggest_grams, suggest_notes
from services.classify.rules.compiled import CompiledRulebook
from services.classify.rules.corrections import Correction
from services.classify.rules.gold import ancestors, compare
from services.classify.rules.model import Label, Verdict
from services.classify.rules.stored import Reading, StoredArticle, read
from services.classify.rules.suggest_counts import MOST, SAMPLES, SuggestCounts, Suggestion
from services.classify.rules.suggest_grams import Grams, Span
from services.core.errors import InvalidInputError

Side = Literal["inside", "outside", "open"]

IN_TEXT = ("title", "lead", "body")
LEAST_ARTICLES = 3  # of the label that hold a candidate
LEAST_Z = 1.64  # standard deviations: one chance in twenty of being no better than the rest
LEAST_PRECISION = 1 / 3  # estimated too low where articles of the rest are about both
MORE = 1.25  # times the articles of a longer candidate that a part of it needs to be told beside it


class Suggester:
    """Counts articles for one label; `counts` is plain data and can be merged."""

    def __init__(
        self, compiled: CompiledRulebook, label: str, counts: SuggestCounts | None = None, *, most: int = MOST
    ) -> None:
        self.compiled, self.label, self.most = compiled, label, most
        self.kind, _, self.slug = label.partition("/")
        names = [rule.id for rule in compiled.rulebook.rules] + [f"place/{code}" for code in compiled.places]
        if label not in names:
            raise InvalidInputError(f"There is no label {label!r}; write region/…, topic/… or place/….")
        self.number = names.index(label)
        self.counts = counts or SuggestCounts(compiled.version, label)
        book = compiled.rulebook
        self.above = (
            {} if self.kind == "place" else ancestors(book, "topic" if self.kind == "topic" else "region")
        )

    def add(self, article: StoredArticle) -> None:
        """Count one article."""
        document = article.document
        reading = read(document, self.compiled)
        side = self._side(article, reading.verdict)
        if side is None:
            return
        counts = self.counts
        counts.articles[side] += 1
        grams = self._grams(article, reading, side)
        if side == "inside":
            counts.inside.update(grams.written.keys())
            for key in grams.written:
                known = counts.samples.get(key, ())
                if len(known) < SAMPLES:
                    counts.samples[key] = (*known, document.title)
            for key in grams.sure:
                known_as = counts.written.get(key)
                if known_as is None or (known_as[0].isupper() and not grams.written[key].isupper()):
                    counts.written[key] = grams.written[key], document.language
        else:
            (counts.outside if side == "outside" else counts.gain).update(grams.written.keys())
        if max(map(len, (counts.inside, counts.outside, counts.gain, counts.ordinary))) > self.most:
            counts.prune(self.most // 2)

    def _grams(self, article: StoredArticle, reading: Reading, side: Side) -> Grams:
        """The candidates of one article, without what the label's own terms explain."""
        terms = self.compiled.terms
        own = [hit for hit in reading.hits if any(n == self.number for n, _ in terms[hit.term].targets)]
        if self.kind == "topic":
            known = [(hit.start, hit.end) for hit in own]
            return suggest_grams.words(reading.prepared, known, title_only=side == "open" and self._high())
        document = article.document
        spans: tuple[list[Span], list[Span]] = ([], [])
        for hit in own:
            part = reading.prepared.fields[hit.field]
            if part.name in IN_TEXT:
                spans[part.name != "title"].append(part.source_span(hit.start, hit.end))
        self.counts.ordinary.update(suggest_grams.ordinary(document.body))
        return suggest_grams.names(document.title, document.body, spans)

    def _high(self) -> bool:
        """Whether one mention fires the label in the title only."""
        defaults = self.compiled.defaults
        threshold = self.compiled.rulebook.rules[self.number].threshold
        weights = defaults.fields
        return (defaults.topic_threshold if threshold is None else threshold) > weights["lead"] + weights[
            "body"
        ]

    def _side(self, article: StoredArticle, verdict: Verdict) -> Side | None:
        """Of the label, of the rest, or open: without any label of the kind. None: it tells nothing."""
        judged = self._judged(article.correction)
        if judged is not None:
            found = compare([self.slug], set(judged), self.above)
            return "inside" if found.hit else "outside" if found.wrong else None
        labels = {"region": verdict.regions, "topic": verdict.topics, "place": verdict.places}[self.kind]
        fired = [label for label in labels if label.origin != "parent"]
        if not fired:
            return "open"
        if self._silent(fired):  # only the feed speaks: neither known nor a gain where it says the same
            return None if any(self._of(label) for label in labels) else "open"
        if self.kind != "topic" and len(fired) > 1:
            return None
        if self._of(fired[0]):
            return "inside"
        return None if any(self._related(label) for label in labels) else "outside"

    def _judged(self, correction: Correction | None) -> tuple[str, ...] | None:
        if correction is None:
            return None
        kinds = {"region": correction.regions, "topic": correction.topics, "place": correction.places}
        return kinds[self.kind]

    @staticmethod
    def _silent(fired: list[Label]) -> bool:
        return all(label.origin == "feed_prior" for label in fired)

    def _of(self, label: Label) -> bool:
        return label.slug == self.slug or self.slug in self.above.get(label.slug, ())

    def _related(self, label: Label) -> bool:
        return self._of(label) or label.slug in self.above.get(self.slug, ())

    def suggestions(self, limit: int = 15) -> list[Suggestion]:
        """The best candidates, surest first; none that the label has, none that says the same as a better one."""
        chosen: list[Suggestion] = []
        taken: list[tuple[str, str]] = []  # folded words, stem of what its ending covers
        for z, key in self._ranked():
            if len(chosen) == limit:
                break
            if any(self._adds_little(one, stem, key) for one, stem in taken):
                continue
            if suggest_notes.known(*self.counts.written[key], self.compiled, self.number):
                continue
            notation = suggest_notes.notation(*self.counts.written[key], self._ordinary(key))
            taken.append((key, notation.stem))
            chosen.append(self._suggestion(key, z, notation))
        return chosen

    def _adds_little(self, chosen: str, stem: str, key: str) -> bool:
        """Whether a chosen candidate stands in nearly every article that holds this one."""
        if suggest_notes.covers(chosen, stem, key):
            return True
        inside = self.counts.inside
        return f" {key} " in f" {chosen} " and inside[key] < MORE * inside[chosen]

    def _ordinary(self, key: str) -> int:
        return self.counts.ordinary[key] if self.kind != "topic" else 0

    def _suggestion(self, key: str, z: float, notation: "suggest_notes.Notation") -> Suggestion:
        counts = self.counts
        warnings = suggest_notes.warnings(
            counts.written[key][0],
            notation,
            self.compiled,
            topic=self.kind == "topic",
            ordinary=counts.ordinary,
        )
        return Suggestion(
            term=counts.written[key][0],
            rule=notation.line,
            inside=counts.inside[key],
            outside=counts.outside[key],
            z=round(z, 2),
            gain=counts.gain[key],
            precision=round(self._precision(key), 4),
            samples=counts.samples.get(key, ()),
            warnings=tuple(warnings),
        )

    def _precision(self, key: str) -> float:
        inside, outside = self.counts.inside[key], self.counts.outside[key]
        return (inside + 0.5) / (inside + outside + 1)

    def _ranked(self) -> list[tuple[float, str]]:
        """Candidates that may be worth it, surest first; ties in the order of the alphabet."""
        counts = self.counts
        frequent = self._too_frequent()
        found: list[tuple[float, str]] = []
        for key, inside in counts.inside.items():
            if inside < LEAST_ARTICLES or key not in counts.written or self._precision(key) < LEAST_PRECISION:
                continue
            ends = key.split(" ")
            if ends[0] in frequent or ends[-1] in frequent or counts.ordinary[key] > inside:
                continue
            z = self._z(inside, counts.outside[key])
            if z >= LEAST_Z:
                found.append((z, key))
        found.sort(key=lambda item: (-item[0], item[1]))
        return suggest_notes.without_parts(found, counts.inside, counts.outside)

    def _too_frequent(self) -> frozenset[str]:
        """Words of every second article or more on either side say nothing of a topic."""
        if self.kind != "topic":
            return frozenset()
        outside = self.counts.articles["outside"] / 5
        return frozenset(key for key, count in self.counts.outside.items() if count > outside)

    def _z(self, inside: int, outside: int) -> float:
        """Log-odds between both sides with the whole as prior, in standard deviations."""
        n_in, n_out = self.counts.articles["inside"], self.counts.articles["outside"]
        prior, whole = inside + outside, n_in + n_out
        one, two = inside + prior, outside + prior
        odds = log(one / (n_in + whole - one)) - log(two / (n_out + whole - two))
        return odds / sqrt(1 / one + 1 / two)

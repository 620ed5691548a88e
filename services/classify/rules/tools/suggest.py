"""Terms that a label lacks, found in the articles that have it: candidates with their evidence.

    suggester = Suggester(compiled, "region/central-asia")
    for article in articles: suggester.add(article)
    for suggestion in suggester.suggestions(limit=15): ...

Articles that an editor corrected say what belongs to the label; of the others those to which the rules give exactly one
region (or the label as their first topic). How candidates are ranked stands in `suggest_rank`.
"""

from typing import Literal

from services.classify.rules.engine.compiled import CompiledRulebook
from services.classify.rules.judging.corrections import Correction
from services.classify.rules.judging.gold import ancestors, compare
from services.classify.rules.model import Label, Verdict
from services.classify.rules.tools import suggest_grams, suggest_notes, suggest_rank
from services.classify.rules.tools.stored import Reading, StoredArticle, read
from services.classify.rules.tools.suggest_counts import MOST, LanguageCounts, SuggestCounts, Suggestion
from services.classify.rules.tools.suggest_grams import Grams, Span
from services.core.errors import InvalidInputError

Side = Literal["inside", "outside", "open"]

IN_TEXT = ("title", "lead", "body")
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
        counts = self.counts.of(document.language)
        grams = self._grams(article, reading, side)
        if self.kind != "topic":
            counts.ordinary.update(suggest_grams.ordinary(document.body))
        if side == "open":
            counts.gain.update(grams.written.keys())
        elif side == "outside":
            counts.n_outside += 1
            counts.outside.update(grams.written.keys())
        else:
            counts.n_inside += 1
            counts.inside.update(grams.written.keys())
            counts.sure.update(grams.sure)
            for key, written in grams.written.items():
                counts.note(key, written, document.title)
        self.counts.bound(self.most)

    def _grams(self, article: StoredArticle, reading: Reading, side: Side) -> Grams:
        """The candidates of one article, without what the label's own terms explain."""
        terms = self.compiled.terms
        own = [hit for hit in reading.hits if any(n == self.number for n, _ in terms[hit[2]].targets)]
        if self.kind == "topic":
            known = [hit[:2] for hit in own]
            return suggest_grams.words(reading.prepared, known, title_only=side == "open" and self._high())
        document = article.document
        spans: tuple[list[Span], list[Span]] = ([], [])
        for start, end, _, part in own:
            field, first, last, _ = reading.prepared.shown(start, end, part)
            if field in IN_TEXT:
                spans[field != "title"].append((first, last))
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
        taken: list[tuple[str, str, str]] = []  # language, folded words, stem of what its ending covers
        for z, key, language in self._ranked():
            if len(chosen) == limit:
                break
            counts = self.counts.languages[language]
            if any(
                self._adds_little(counts, one, stem, key) for code, one, stem in taken if code == language
            ):
                continue
            written = counts.written[key]
            if suggest_notes.known(written, language or None, self.compiled, self.number):
                continue
            ordinary = 0 if self.kind == "topic" else counts.ordinary[key]
            notation = suggest_notes.notation(written, language or None, ordinary)
            taken.append((language, key, notation.stem))
            chosen.append(self._suggestion(counts, key, z, notation))
        return chosen

    def _ranked(self) -> list[tuple[float, str, str]]:
        found = [
            (z, key, language)
            for language, counts in self.counts.languages.items()
            for z, key in suggest_rank.ranked(counts, topic=self.kind == "topic")
        ]
        return sorted(found, key=lambda item: (-item[0], item[1:]))

    @staticmethod
    def _adds_little(counts: LanguageCounts, chosen: str, stem: str, key: str) -> bool:
        """Whether a chosen candidate stands in nearly every article that holds this one."""
        if suggest_notes.covers(chosen, stem, key):
            return True
        return f" {key} " in f" {chosen} " and counts.inside[key] < MORE * counts.inside[chosen]

    def _suggestion(
        self, counts: LanguageCounts, key: str, z: float, notation: suggest_notes.Notation
    ) -> Suggestion:
        written, topic = counts.written[key], self.kind == "topic"
        warnings = suggest_notes.warnings(
            written, notation, self.compiled, topic=topic, ordinary=counts.ordinary
        )
        return Suggestion(
            term=written,
            rule=notation.line,
            inside=counts.inside[key],
            outside=counts.outside[key],
            z=round(z, 2),
            gain=counts.gain[key],
            precision=round(suggest_rank.precision(counts, key), 4),
            samples=counts.samples.get(key, ()),
            warnings=tuple(warnings),
        )

"""Points to labels: sums, thresholds, the primary region, priors, parents. The answer of the rules."""

from collections import defaultdict
from dataclasses import dataclass, field
from math import log2
from typing import NamedTuple

from services.classify.rules.compiled import CompiledRulebook
from services.classify.rules.matcher import Hit, Match, find_hits
from services.classify.rules.model import Document, Label, LabelRule, Origin, Reason, Verdict
from services.classify.rules.prepare import Prepared, prepare

REASONS = 3  # told per label
HEADLINE_TIE = 0.4  # share of the first region's points from which an equal headline makes a tie
Key = tuple[int, int]  # term and field of a hit
_LOGS = [0.0, *(1 + log2(n) for n in range(1, 257))]


class Part(NamedTuple):
    """What one term brought to one label in one field; `hit` is its first."""

    hit: Hit
    value: float
    hits: int
    points: float


@dataclass(slots=True)
class Tally:
    """One label's sum."""

    number: int
    score: float = 0.0
    parts: list[Part] = field(default_factory=list)
    firm: bool = False  # something other than a weak term spoke for it
    first: int = 1 << 60  # where the first firm hit stands
    prior: bool = False


def classify(document: Document, compiled: CompiledRulebook, *, explain: bool = True) -> Verdict:
    """The labels of one document, each with up to three reasons (none with `explain=False`)."""
    prepared = prepare(document, compiled.defaults.lead_words)
    match = find_hits(prepared, compiled, document.language)
    return Scorer(document, compiled, prepared, match, reasons=REASONS if explain else 0).verdict()


class Scorer:
    """Adds up the hits of one document."""

    def __init__(
        self,
        document: Document,
        compiled: CompiledRulebook,
        prepared: Prepared,
        match: Match,
        *,
        reasons: int,
    ) -> None:
        self.document = document
        self.compiled = compiled
        self.prepared = prepared
        self.match = match
        self.reasons = reasons
        weights = compiled.defaults.fields
        self.weights = [weights[part.name] for part in prepared.fields]
        self.told: dict[tuple[Hit, int, float], Reason] = {}

    def verdict(self) -> Verdict:
        """Labels that fired, highest first, parents of regions and topics after them."""
        regions: list[Tally] = []
        topics: list[Tally] = []
        places: list[Tally] = []
        rules = self.compiled.rulebook.rules
        for tally in self.tallies().values():
            if tally.number >= self.compiled.rule_count:
                places.append(tally)
            elif rules[tally.number].kind == "region":
                regions.append(tally)
            else:
                topics.append(tally)
        foremost = self._foremost(regions, self.compiled.defaults.secondary_ratio)
        region_labels = self._labels(self._headline_first(foremost))
        return Verdict(
            version=self.compiled.version,
            region=region_labels[0].slug if region_labels else None,
            regions=self._with_parents("region", region_labels),
            topics=self._with_parents(
                "topic", self._labels(self._foremost(topics, self.compiled.defaults.topic_ratio))
            ),
            places=self._labels(self._foremost(places, self.compiled.defaults.place_ratio)),
        )

    def tallies(self) -> dict[int, Tally]:
        """The sum of every label and place that anything spoke for (rules by number, then places)."""
        tallies: dict[int, Tally] = {}
        counted, contested = self._count()
        won = self._contest(contested)
        for key, (hit, count) in counted.items():
            term = self.compiled.terms[hit.term]
            log = _LOGS[count] if count < len(_LOGS) else 1 + log2(count)
            worth = self.weights[hit.field] * log
            for number, factor in term.targets:
                more = won.get(number)
                if more and key in more:  # it also won spans that others claimed: one count for both
                    first, extra, value = more.pop(key)
                    self._add(tallies, number, min(hit, first), count + extra, value)
                    continue
                value = term.term.weight * factor
                self._credit(tallies, number, Part(hit, value, count, value * worth))
        for number, wins in won.items():
            for hit, count, value in wins.values():
                self._add(tallies, number, hit, count, value)
        self._silence(tallies)
        for number in self._priors(tallies):
            tally = tallies.setdefault(number, Tally(number))
            tally.score += self.compiled.defaults.prior
            tally.firm = tally.prior = True
        return tallies

    def _count(self) -> tuple[dict[Key, tuple[Hit, int]], list[list[Hit]]]:
        """First hit and number of hits by term and field; apart from them the spans that several terms claim."""
        spans: dict[tuple[int, int], list[Hit]] = {}
        for hit in self.match.hits:
            spans.setdefault(hit[:2], []).append(hit)
        counted: dict[Key, tuple[Hit, int]] = {}
        contested: list[list[Hit]] = []
        for hits in spans.values():
            if len(hits) > 1:
                contested.append(hits)
                continue
            hit = hits[0]
            known = counted.get(hit[2:])
            counted[hit[2:]] = (hit, 1) if known is None else (known[0], known[1] + 1)
        return counted, contested

    def _contest(self, contested: list[list[Hit]]) -> dict[int, dict[Key, tuple[Hit, int, float]]]:
        """One span counts once per label: there the heaviest term wins."""
        found: defaultdict[int, dict[Key, tuple[Hit, int, float]]] = defaultdict(dict)
        terms = self.compiled.terms
        for hits in contested:
            best: dict[int, tuple[float, Hit]] = {}
            for hit in hits:
                weight = terms[hit.term].term.weight
                for number, factor in terms[hit.term].targets:
                    value = weight * factor
                    if number not in best or abs(value) > abs(best[number][0]):
                        best[number] = (value, hit)
            for number, (value, hit) in best.items():
                first, count, _ = found[number].get(hit[2:], (hit, 0, value))
                found[number][hit[2:]] = (first, count + 1, value)
        return found

    def _add(self, tallies: dict[int, Tally], number: int, hit: Hit, count: int, value: float) -> None:
        log = _LOGS[count] if count < len(_LOGS) else 1 + log2(count)
        self._credit(tallies, number, Part(hit, value, count, value * self.weights[hit.field] * log))

    def _credit(self, tallies: dict[int, Tally], number: int, part: Part) -> None:
        tally = tallies.get(number)
        if tally is None:
            tally = tallies[number] = Tally(number)
        tally.score += part.points
        tally.parts.append(part)
        if part.value > 0 and not self.compiled.terms[part.hit.term].weak:
            tally.firm = True
            tally.first = min(tally.first, part.hit.start)

    def _silence(self, tallies: dict[int, Tally]) -> None:
        """A surviving veto kills its label; one of a place also takes that place's terms from the regions."""
        terms = self.compiled.terms
        killed = {terms[hit.term].owner for hit in self.match.hits if terms[hit.term].veto}
        if not killed:
            return
        for number in killed:
            tallies.pop(number, None)
        for tally in tallies.values():
            lost = [part for part in tally.parts if terms[part.hit.term].owner in killed]
            tally.parts = [part for part in tally.parts if terms[part.hit.term].owner not in killed]
            tally.score -= sum(part.points for part in lost)
            tally.firm = any(part.value > 0 and not terms[part.hit.term].weak for part in tally.parts)

    def _priors(self, tallies: dict[int, Tally]) -> list[int]:
        """Labels that the feed speaks for: its region, or that of the publisher's country.

        The country itself only where the text names none: a mention of it would stand on every article.
        """
        compiled, found = self.compiled, []
        country = (self.document.source_country or "").upper()
        region = self.document.prior_region or next(iter(compiled.regions_of_place.get(country, ())), None)
        if region in compiled.regions:
            found.append(compiled.regions[region])
        if country in compiled.regions_of_place and not any(n >= compiled.rule_count for n in tallies):
            found.append(compiled.rule_count + compiled.places.index(country))
        return found

    def threshold(self, number: int) -> float:
        """Points from which a label fires."""
        defaults = self.compiled.defaults
        if number >= self.compiled.rule_count:
            return defaults.region_threshold
        rule: LabelRule = self.compiled.rulebook.rules[number]
        if rule.threshold is not None:
            return rule.threshold
        return defaults.region_threshold if rule.kind == "region" else defaults.topic_threshold

    def _fired(self, tallies: list[Tally]) -> list[Tally]:
        fired = [t for t in tallies if t.firm and t.score > 0 and t.score >= self.threshold(t.number) - 1e-9]
        return sorted(fired, key=lambda t: (-round(t.score, 6), t.first, t.number))

    def _foremost(self, tallies: list[Tally], ratio: float) -> list[Tally]:
        """Those that fired and come near the first: an article that mentions nine countries is about few."""
        fired = self._fired(tallies)
        if not fired:
            return []
        least = fired[0].score * ratio - 1e-9
        return [tally for tally in fired if tally.score >= least]

    def _headline_first(self, tallies: list[Tally]) -> list[Tally]:
        """Of regions that headline and dateline speak for alike, the one named first leads.

        "Russia increases defence while U.S. backs down" is about Russia, whoever the text mentions more often.
        """
        if len(tallies) < 2 or not (top := self._evidence(tallies[0]))[0]:
            return tallies
        least = tallies[0].score * HEADLINE_TIE
        level = [t for t in tallies if t.score >= least and self._evidence(t) == top]
        first = min(level, key=lambda t: t.first)
        return [first, *(tally for tally in tallies if tally is not first)]

    def _evidence(self, tally: Tally) -> tuple[float, float]:
        """Points from the title and from the dateline."""
        points = {"title": 0.0, "dateline": 0.0}
        for part in tally.parts:
            name = self.prepared.fields[part.hit.field].name
            if name in points:
                points[name] += part.points
        return round(points["title"], 6), round(points["dateline"], 6)

    def _labels(self, tallies: list[Tally]) -> tuple[Label, ...]:
        return tuple(self._label(tally, primary=rank == 0) for rank, tally in enumerate(tallies))

    def _label(self, tally: Tally, *, primary: bool) -> Label:
        origin: Origin = "feed_prior" if tally.prior and not tally.parts else "rule"
        return Label(
            self.slug(tally.number), round(tally.score, 4), primary, origin, self.why(tally, self.reasons)
        )

    def slug(self, number: int) -> str:
        """The slug of a rule, the code of a place."""
        count = self.compiled.rule_count
        rules = self.compiled.rulebook.rules
        return rules[number].slug if number < count else self.compiled.places[number - count]

    def why(self, tally: Tally, limit: int) -> tuple[Reason, ...]:
        """The parts that brought most points, as reasons."""
        if not limit:
            return ()
        parts = tally.parts
        if len(parts) > 1:
            parts = sorted(parts, key=_weightiest)[:limit]
        return tuple([self.reason(part.hit, part.hits, part.points) for part in parts])

    def reason(self, hit: Hit, count: int, points: float) -> Reason:
        """One hit with its place in the rulebook and in the original text. A region and its place share one."""
        known = self.told.get((hit, count, points))
        if known is not None:
            return known
        term = self.compiled.terms[hit.term]
        part = self.prepared.fields[hit.field]
        start, end = part.source_span(hit.start, hit.end)
        written = term.term.written
        reason = Reason(term.at, written, term.place, part.name, start, end, count, round(points, 4))
        self.told[hit, count, points] = reason
        return reason

    def _with_parents(self, kind: str, labels: tuple[Label, ...]) -> tuple[Label, ...]:
        """Parents are implied by the tree and follow the labels that fired; a parent that fired stays as it is."""
        known = {label.slug for label in labels}
        implied: list[Label] = []
        for label in labels:
            for number in self.compiled.parents[self.compiled.numbers[kind, label.slug]]:
                slug = self.slug(number)
                if slug not in known:
                    known.add(slug)
                    implied.append(Label(slug, 0.0, primary=False, origin="parent"))
        return (*labels, *implied)


def _weightiest(part: Part) -> tuple[float, int]:
    return (-abs(part.points), part.hit.start)

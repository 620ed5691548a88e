"""Points to labels: thresholds, the primary region, priors, parents. The answer of the rules."""

from collections.abc import Iterable
from operator import attrgetter

from services.classify.rules.engine.compiled import PLACE, REGION, CompiledRulebook
from services.classify.rules.engine.matcher import Match, find_hits
from services.classify.rules.engine.reasons import Teller, Why
from services.classify.rules.engine.tally import Tally, add_up, vetoed
from services.classify.rules.model import Document, Label, Origin, Verdict
from services.classify.rules.text.prepare import Prepared, prepare

REASONS = 3  # told per label
HEADLINE_TIE = 0.4  # share of the first region's points from which an equal headline makes a tie


def classify(document: Document, compiled: CompiledRulebook, *, explain: bool = True) -> Verdict:
    """The labels of one document, each with up to three reasons (none with `explain=False`)."""
    prepared = prepare(document, compiled.defaults.lead_words)
    match = find_hits(prepared, compiled, document.language)
    return Scorer(document, compiled, prepared, match, reasons=REASONS if explain else 0).verdict()


class Scorer:
    """Makes labels of the hits of one document."""

    __slots__ = ("compiled", "document", "match", "prepared", "reasons", "teller")

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
        self.teller = Teller(prepared, compiled)

    def verdict(self) -> Verdict:
        """Labels that fired, highest first, parents of regions and topics after them."""
        compiled = self.compiled
        fired = self._fired()
        defaults = compiled.defaults
        regions = self._headline_first(_foremost(fired[REGION], defaults.secondary_ratio))
        topics, places = (
            _foremost(fired[1], defaults.topic_ratio),
            _foremost(fired[PLACE], defaults.place_ratio),
        )
        return Verdict(
            compiled.version,
            compiled.slugs[regions[0].number] if regions else None,
            self._with_parents(regions),
            self._with_parents(topics),
            self._labels(places),
        )

    def tallies(self) -> dict[int, Tally]:
        """The sum of every label and place that anything spoke for (rules by number, then places)."""
        compiled = self.compiled
        weights = compiled.defaults.fields
        killed = vetoed(self.match, compiled)
        tallies = add_up(self.match, compiled, [weights[field[0]] for field in self.prepared.fields], killed)
        if self.document.source_country or self.document.prior_region:
            for number in self._priors(tallies):
                if number not in killed:
                    tally = tallies.setdefault(number, Tally(number))
                    tally.score += compiled.defaults.prior
                    tally.firm = tally.prior = True
        return tallies

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

    def _fired(self) -> tuple[list[Tally], list[Tally], list[Tally]]:
        """Regions, topics and places over their thresholds, highest first; equal ones as the text names them."""
        kinds, thresholds = self.compiled.kinds, self.compiled.thresholds
        fired: tuple[list[Tally], list[Tally], list[Tally]] = ([], [], [])
        for number, tally in self.tallies().items():
            score = tally.score
            if tally.firm and score > 0 and score >= thresholds[number] - 1e-9:
                fired[kinds[number]].append(tally)
        for tallies in fired:
            if len(tallies) > 1:
                tallies.sort(key=_rank)
        return fired

    def _headline_first(self, tallies: list[Tally]) -> list[Tally]:
        """Of regions that headline and dateline speak for alike, the one named first leads.

        "Russia increases defence while U.S. backs down" is about Russia, whoever the text mentions more often.
        """
        if len(tallies) < 2 or not (top := self._evidence(tallies[0]))[0]:
            return tallies
        least = tallies[0].score * HEADLINE_TIE
        level = [t for t in tallies if t.score >= least and self._evidence(t) == top]
        first = min(level, key=attrgetter("first"))
        return [first, *(tally for tally in tallies if tally is not first)]

    def _evidence(self, tally: Tally) -> tuple[float, float]:
        """Points from the title and from the dateline."""
        fields = self.prepared.fields
        title = dateline = 0.0
        for part in tally.parts:
            name = fields[part[4]][0]
            if name == "title":
                title += part[6]
            elif name == "dateline":
                dateline += part[6]
        return round(title, 6), round(dateline, 6)

    def _labels(self, tallies: Iterable[Tally]) -> tuple[Label, ...]:
        slugs, teller, limit, primary, found = self.compiled.slugs, self.teller, self.reasons, True, []
        for tally in tallies:
            origin: Origin = "feed_prior" if tally.prior and not tally.parts else "rule"
            why = Why(teller, tally.parts, limit) if limit else ()
            found.append(Label(slugs[tally.number], round(tally.score, 4), primary, origin, why))
            primary = False
        return tuple(found)

    def _with_parents(self, tallies: list[Tally]) -> tuple[Label, ...]:
        """Parents are implied by the tree and follow the labels that fired; a parent that fired stays as it is."""
        labels = self._labels(tallies)
        compiled = self.compiled
        known = {tally.number for tally in tallies}
        implied: list[Label] = []
        for tally in tallies:
            for number in compiled.parents[tally.number]:
                if number not in known:
                    known.add(number)
                    implied.append(Label(compiled.slugs[number], 0.0, False, "parent"))
        return (*labels, *implied) if implied else labels


def _rank(tally: Tally) -> tuple[float, int, int]:
    return (-round(tally.score, 6), tally.first, tally.number)


def _foremost(fired: list[Tally], ratio: float) -> list[Tally]:
    """Those that come near the first: an article that mentions nine countries is about few."""
    if len(fired) < 2:
        return fired
    least = fired[0].score * ratio - 1e-9
    return [tally for tally in fired if tally.score >= least]

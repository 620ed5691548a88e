"""Are two texts one? From the two alone, the same whichever is asked first, with the figures that decided."""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TypeVar

from services.classify.duplicates.text import Prepared

_T = TypeVar("_T")

MIN_WORDS = 12
MIN_GRAMS = 30
"""Tokens that a text needs to be judged by its words; a token of a script without spaces is a run of characters."""
RUNS_SHARED = 0.5
WORDS_SHARED = 0.8
NUMBERS_SHARED = 0.8
NAMES_SHARED = 0.8
OWN_RUNS_SHARED = 0.95
OWN_NUMBERS_SHARED = 1.0
OWN_TITLES_ALIKE = 0.3
"""What two texts of one publisher need: a series of listings, forecasts or episodes repeats itself by design."""
TERSE_WORDS = 30
"""A shorter text than this may be a form that is filled in: dividends, prices, results. It needs more."""
TERSE_RUNS_SHARED = 0.85
"""For texts of which one has no headline that says anything."""
TERSE_TITLES_SHARED = 1 / 3
"""What short texts need of their headlines: an agency's stock sentence stands under any."""
VERBATIM = 0.9
"""Runs shared from which on names need not be compared: a credit or a note of correction at the end brings its own."""
TITLE_WORDS = 4
TITLE_GRAMS = 9
"""What a headline must say to prove anything alone, in words (or runs of characters) that are no stop words."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether two texts are one, and why: every figure that was asked for, the last one is what refused."""

    same: bool
    by: str
    """`text` where the words were compared, `title` where one of the two has too few of them."""
    reasons: tuple[tuple[str, float, float], ...]
    """What was asked, what was found, what was demanded."""

    def sentence(self) -> str:
        """The judgement for people."""
        told = "; ".join(f"{what} {found:.2f} of {wanted:.2f}" for what, found, wanted in self.reasons)
        return f"{'the same' if self.same else 'not the same'} by {self.by}: {told}"


def same_text(one: Prepared, other: Prepared) -> Judgement:
    """Judge two texts. Symmetric; needs no other text, no order and no clock."""
    if _long(one) and _long(other):
        shorter, longer = sorted((one, other), key=lambda text: (len(text.words), text.words, text.title))
        return _by_text(shorter, longer)
    return _by_title(one, other)


def _long(text: Prepared) -> bool:
    return len(text.words) >= (MIN_GRAMS if text.unspaced else MIN_WORDS)


def _by_text(shorter: Prepared, longer: Prepared) -> Judgement:
    reasons: list[tuple[str, float, float]] = []

    def holds(what: str, found: float, wanted: float) -> bool:
        reasons.append((what, found, wanted))
        return found >= wanted

    own = shorter.source is not None and shorter.source == longer.source
    terse = len(shorter.words) < (2 * TERSE_WORDS if shorter.unspaced else TERSE_WORDS)
    runs = _part(shorter.runs, longer.runs)
    same = (
        holds("runs of four words", runs, OWN_RUNS_SHARED if own else RUNS_SHARED)
        and holds("words", _weighed(shorter.weights, longer.weights), WORDS_SHARED)
        and holds(
            "numbers", _part(shorter.numbers, longer.numbers), OWN_NUMBERS_SHARED if own else NUMBERS_SHARED
        )
        and (
            runs >= VERBATIM
            or holds("names", _part(shorter.names, longer.names | longer.weights.keys()), NAMES_SHARED)
        )
        and holds("what the headlines name is in both", _named_in_both(shorter, longer), 1.0)
        and holds("numbers of the headlines agree", _agree(shorter, longer), 1.0)
        and (not terse or _vouched(shorter, longer, holds))
        and (not own or holds("words of the headlines", *_own_headlines(shorter, longer, terse=terse)))
    )
    return Judgement(same, "text", tuple(reasons))


def _by_title(one: Prepared, other: Prepared) -> Judgement:
    """Only the headline: the same words, and enough of them that two publishers do not find them by chance.

    One publisher does find them again: `Morning briefing` is another one every day.
    """
    if one.source is not None and one.source == other.source:
        return Judgement(same=False, by="title", reasons=(("another publisher", 0.0, 1.0),))
    equal = float(bool(one.title) and one.title == other.title)
    reasons = [("the same headline", equal, 1.0)]
    if equal:
        wanted = TITLE_GRAMS if one.unspaced or other.unspaced else TITLE_WORDS
        reasons.append(
            ("telling words of the headline", float(len(one.title_telling & other.title_telling)), wanted)
        )
    return Judgement(all(found >= wanted for _, found, wanted in reasons), "title", tuple(reasons))


def _part(part: AbstractSet[_T], whole: AbstractSet[_T]) -> float:
    """The share of `part` that is found again in `whole`; all of nothing."""
    return len(part & whole) / len(part) if part else 1.0


def _weighed(part: dict[str, float], whole: dict[str, float]) -> float:
    total = sum(part.values())
    return sum(weight for word, weight in part.items() if word in whole) / total if total else 1.0


def _vouched(one: Prepared, other: Prepared, holds: Callable[[str, float, float], bool]) -> bool:
    """Whether the headlines speak for what the short texts under them have in common; the texts alone, where there is none."""
    few, many = sorted((one.title_telling, other.title_telling), key=len)
    if not few:
        return holds("runs, without a headline", _part(one.runs, other.runs), TERSE_RUNS_SHARED)
    return holds("telling words of the shorter headline", _part(few, many), TERSE_TITLES_SHARED)


def _named_in_both(one: Prepared, other: Prepared) -> float:
    """Headlines that each name something of their own text which the other article does not have at all tell of two things: a
    form that was filled in twice. One alone may have lost a word.
    """
    alone = [
        (a.title_telling & a.weights.keys()) - b.weights.keys() - frozenset(b.title_words)
        for a, b in ((one, other), (other, one))
    ]
    return 0.0 if all(alone) else 1.0


def _own_headlines(one: Prepared, other: Prepared, *, terse: bool) -> tuple[float, float]:
    """How alike the headlines of one publisher are and must be: many a one puts the same few words under all of them, so that
    below a short text they must tell the same.
    """
    if terse:
        return float(one.title_telling == other.title_telling), 1.0
    return _alike(one, other), OWN_TITLES_ALIKE


def _alike(one: Prepared, other: Prepared) -> float:
    """Of all words in both headlines, the share that is in both."""
    a, b = frozenset(one.title_words), frozenset(other.title_words)
    return len(a & b) / len(a | b) if a or b else 1.0


def _agree(one: Prepared, other: Prepared) -> float:
    """Headlines that name numbers and none in common are of two events."""
    apart = one.title_numbers and other.title_numbers and not one.title_numbers & other.title_numbers
    return 0.0 if apart else 1.0

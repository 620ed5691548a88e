"""Two articles in two languages: do names, numbers and places say that they are of one event? Measured, and not yet relied on.

What two languages share of an event is who, where and how many. Names are compared by their consonants in Latin letters: `Токаев`,
`Tokayev` and `Tokajew` are one. On what this can and cannot do see `docs/explanation/stories.md`; no story is made by it.
"""

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from math import sqrt

from services.classify.stories.frequencies import Frequencies
from services.classify.stories.model import Document
from services.classify.stories.vectors import read
from services.classify.tokens import numbers

SHARED = 3
"""Names and numbers that two articles must share."""
ALIKE = 0.4
"""The cosine that they must reach."""
WINDOW = timedelta(hours=48)
MARKS = "*"
"""The language under which frequencies of marks are learned."""
_LETTERS = {
    **dict(zip("абвгдезийклмнопрстуфыэіїєғқңөұүһәўъь", "abvgdeziiklmnoprstufieiiegknouuhau  ", strict=True)),
    "ж": "zh",
    "х": "kh",
    "ц": "ts",
    "ч": "ch",
    "ш": "sh",
    "щ": "sh",
    "ю": "yu",
    "я": "ya",
    "ђ": "dj",
    "љ": "l",
    "њ": "n",
}
_SOUNDS = (
    ("tsch", "C"), ("dsch", "Z"), ("shch", "S"), ("sch", "S"), ("tch", "C"), ("dzh", "Z"), ("sh", "S"), ("ch", "C"), ("zh", "Z"), ("dj", "Z"),
    ("kh", "h"), ("ck", "k"), ("ph", "f"), ("qu", "k"), ("ts", "C"), ("tz", "C"), ("q", "k"), ("c", "k"), ("w", "v"), ("j", "i"), ("y", "i"), ("x", "ks"),
)  # fmt: skip
_LEAST = 3
_LEAST_DIGITS = 2


@dataclass(frozen=True, slots=True)
class Resemblance:
    """What speaks for one event; `same` where it is enough."""

    same: bool
    cosine: float
    shared: tuple[str, ...]
    """Skeletons of names, and numbers behind a `#`."""


@lru_cache(maxsize=1 << 15)
def skeleton(name: str) -> str:
    """The consonants of a folded name in Latin letters; a vowel at its front as `*`.

    >>> skeleton("токаев"), skeleton("tokayev"), skeleton("tokajew"), skeleton("алиев")
    ('tkv', 'tkv', 'tkv', '*lv')
    """
    latin = "".join(_LETTERS.get(letter, letter) for letter in name).replace(" ", "")
    for written, sound in _SOUNDS:
        latin = latin.replace(written, sound)
    kept = "*" if latin[:1] in set("aeiou") else latin[:1]
    for letter in latin[1:]:
        if letter not in "aeiou" and letter != kept[-1:]:
            kept += letter
    return kept


def marks(document: Document) -> frozenset[str]:
    """What an article names that every language writes alike: skeletons of three letters or more, numbers of two digits or more."""
    found = {skeleton(name) for name in read(document).names}
    counted = numbers(f"{document.title} {document.body[:700]}")
    return frozenset(
        {name for name in found if len(name.strip("*")) >= _LEAST}
        | {f"#{n}" for n in counted if len(n) >= _LEAST_DIGITS}
    )


def learn(document: Document, frequencies: Frequencies) -> None:
    """Count the marks of an article, of whatever language."""
    frequencies.learn(sorted(marks(document)), MARKS)


def resemblance(one: Document, other: Document, frequencies: Frequencies) -> Resemblance:
    """Judge two articles of two languages. Symmetric. Places that the rules found must not all differ, nor days lie between."""
    a, b = marks(one), marks(other)
    weights = dict(zip(every := sorted(a | b), frequencies.weights(every, MARKS), strict=True))
    shared = tuple(sorted(a & b, key=lambda mark: (-weights[mark], mark)))
    length = sqrt(sum(weights[mark] ** 2 for mark in a)) * sqrt(sum(weights[mark] ** 2 for mark in b))
    cosine = sum(weights[mark] ** 2 for mark in shared) / length if length else 0.0
    elsewhere = bool(one.places and other.places) and not one.places & other.places
    apart = one.at is not None and other.at is not None and abs(one.at - other.at) > WINDOW
    same = len(shared) >= SHARED and cosine >= ALIKE and not elsewhere and not apart
    return Resemblance(same, cosine, shared)

"""The rules alone: articles a CPU second, what reasons cost, what ten thousand rules cost, and reading the starter rulebook."""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from services.classify.rules import (
    CompiledRulebook,
    Document,
    classify,
    compile_rulebook,
    lint,
    load_texts,
    to_json,
)
from services.classify.rules.loading.terms import TermError, parse_term
from services.classify.starter import starter_texts
from tests.bench.rules_texts import LANGUAGES, documents

LIVING = [
    "minister",
    "government",
    "market",
    "bank",
    "trade",
    "price",
    "company",
    "year",
    "million",
    "agreement",
    "court",
    "police",
    "school",
    "water",
    "health",
    "energy",
    "army",
    "border",
    "city",
    "team",
]
"""Words that the press writes often: the same rules of these stand in every generated rulebook, the others never fire."""
SIZES = (10, 100, 1000, 10_000)
TURN = 20
REASONS_AT_MOST = 1.5
SLOPE_AT_MOST = 2.0
"""Far above what is to be reached, so that only what went really wrong is called so."""

Way = TypeVar("Way", str, int)


@dataclass(slots=True)
class Found:
    """CPU seconds an article, one number a round: `spent[what, which]`."""

    spent: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def note(self, what: str, which: str, seconds: float) -> None:
        """Add one round's figure."""
        self.spent.setdefault((what, which), []).append(seconds)


def measure(*, rounds: int, articles: int, more: dict[str, list[Document]]) -> Found:
    """All figures; `more` are further sets of texts by name, measured as the press's are."""
    found = Found()
    texts = starter_texts()
    for _ in range(rounds):  # first: the collector of garbage has least to look through
        _reading(found, texts)
    compiled = compile_rulebook(load_texts(texts))
    sets = {name: documents(language, articles) for language, name in LANGUAGES.items()} | more
    look_up = bare_look_up(compiled)
    found.faults += _differing(sets, compiled)
    for _ in range(rounds):
        for name, written in sets.items():
            ways: dict[str, Callable[[Document], object]] = {
                "labels": lambda document: classify(document, compiled, explain=False),
                "explained": lambda document: classify(document, compiled),
                "labels as JSON": lambda document: to_json(classify(document, compiled, explain=False)),
                "explained as JSON": lambda document: to_json(classify(document, compiled)),
                "look-up": look_up,
            }
            for way, seconds in _in_turns(ways, written).items():
                found.note(way, name, seconds)
    _slopes(found, sets[LANGUAGES["en"]], rounds=rounds)
    return found


def _slopes(found: Found, written: list[Document], *, rounds: int) -> None:
    books = {size: compile_rulebook(load_texts({"generated.yaml": generated(size)})) for size in SIZES}
    found.faults += _drifting(written, books)
    ways = {size: partial(_stored, book) for size, book in books.items()}
    for _ in range(rounds):
        for size, seconds in _in_turns(ways, written).items():
            found.note("rules", str(size), seconds)


def _stored(compiled: CompiledRulebook, document: Document) -> object:
    return to_json(classify(document, compiled))


def _reading(found: Found, texts: dict[str, str]) -> None:
    started = time.process_time()
    rulebook = load_texts(texts)
    read = time.process_time()
    compile_rulebook(rulebook)
    compiled = time.process_time()
    lint(rulebook)
    found.note("starter", "read", read - started)
    found.note("starter", "compiled", compiled - read)
    found.note("starter", "linted", time.process_time() - compiled)


def _in_turns(
    ways: Mapping[Way, Callable[[Document], object]], written: Sequence[Document]
) -> dict[Way, float]:
    """CPU seconds an article by each way, a few articles at a time in turn: what disturbs one disturbs all."""
    spent = dict.fromkeys(ways, 0.0)
    order = list(ways.items())
    for start in range(0, len(written), TURN):
        order.reverse()  # whoever comes first finds the texts in no cache
        for way, work in order:
            started = time.process_time()
            for document in written[start : start + TURN]:
                work(document)
            spent[way] += time.process_time() - started
    return {way: seconds / len(written) for way, seconds in spent.items()}


def bare_look_up(compiled: CompiledRulebook) -> Callable[[Document], object]:
    """The yardstick: what a simple aggregator does. Lower case, split, every word looked up; no phrases, endings, offsets."""
    words = {
        word.text.lower(): term.place or ""
        for term in compiled.terms
        for phrase in term.term.phrases
        for word in phrase.words[:1]
    }

    def look_up(document: Document) -> object:
        text = f"{document.title} {document.body}".lower().split()
        return {words[word] for word in text if word in words}

    return look_up


def generated(size: int) -> str:
    """A rulebook of so many topics. Ten of them hold words that the press uses, the others words that nobody does."""
    dice = random.Random(size)
    lines = ["labels:"]
    for number in range(size):
        living = [f"{word}*1" for word in LIVING[2 * number : 2 * number + 2]]
        terms = [*living, *(_word(dice) + dice.choice(("", "*1", "*2")) for _ in range(8))]
        terms.append(f"{_word(dice)} {_word(dice)}")
        lines.append(f"  - {{id: topic/t{number}, terms: [{', '.join(terms)}]}}")
    return "\n".join(lines)


def _word(dice: random.Random) -> str:
    """Letters that read like a word and are none."""
    while True:
        word = "".join(dice.choice("bdfgjklmnprstvz") + dice.choice("aeiou") for _ in range(4)) + "q"
        try:
            parse_term(word)
        except TermError:
            continue
        return word


def _differing(sets: dict[str, list[Document]], compiled: CompiledRulebook) -> list[str]:
    """Labels must not depend on whether somebody asks for reasons."""
    told = []
    for name, written in sets.items():
        for document in written:
            plain, explained = classify(document, compiled, explain=False), classify(document, compiled)
            if _slugs(plain) != _slugs(explained):
                told.append(f"rules: {name}: {document.title!r} has other labels when explained")
    return told[:5]


def _drifting(written: list[Document], books: dict[int, CompiledRulebook]) -> list[str]:
    """Labels must not depend on rules that have nothing to do with a text."""
    few, many = books[SIZES[0]], books[SIZES[-1]]
    return [
        f"rules: {document.title!r} has other labels among {SIZES[-1]} rules"
        for document in written
        if _slugs(classify(document, few)) != _slugs(classify(document, many))
    ][:5]


def _slugs(verdict: object) -> list[list[tuple[str, float]]]:
    return [
        [(label.slug, label.score) for label in getattr(verdict, kind)]
        for kind in ("regions", "topics", "places")
    ]

"""Candidates for terms in a text: runs of capitalised words, words of scripts without capitals, runs of characters.

A candidate is folded text; `sure` are those seen where a capital means something: not at the head of a sentence, not in
a headline that capitalises every word. What a term of the label explains already is left out: the run of capitalised words
in which it hits, or the words that it covers.
"""

import re
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from services.classify.rules.text.fold import fold, is_unspaced
from services.classify.rules.text.prepare import Prepared
from services.classify.rules.tools.suggest_words import NOT_NAMES

MOST_WORDS = 3
Span = tuple[int, int]
READ = 3000  # characters of a text: what names an article stands near its head
TOPIC_WORDS = 120  # words of a text that topics are looked for in
SHORT = 3  # letters below which a word carries no topic
TITLE_CASE = 0.6  # share of capitalised words from which a headline's capitals tell nothing

_CAPITALS = "".join(
    f"{chr(code)}" for code in range(0x41, 0x2000) if chr(code).isupper() and chr(code).isalpha()
)
_RUN = re.compile(rf"(?<![\w'’-])[{_CAPITALS}][\w'’-]*(?: [{_CAPITALS}][\w'’-]*)*")
_UNCASED_LETTERS = "".join(
    chr(code)
    for first, last in (
        (0x590, 0x8FF),  # Hebrew, Arabic
        (0x900, 0xDFF),  # Devanagari and its neighbours
        (0x10D0, 0x10FF),  # Georgian
        (0x1200, 0x139F),  # Ethiopic
        (0xAC00, 0xD7A3),  # Hangul
    )
    for code in range(first, last + 1)
    if unicodedata.category(chr(code))[0] in "LM"
)
_UNCASED = re.compile(f"[{_UNCASED_LETTERS}]{{2,}}(?: [{_UNCASED_LETTERS}]{{2,}})*")
_CHARACTERS = (
    (re.compile("[\u3400-\u4dbf\u4e00-\u9fff]{2,}"), 2, 4),  # Chinese characters
    (re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]{4,}"), 4, 6),  # Thai, Lao, Burmese, Khmer
)
_KATAKANA = re.compile("[\u30a1-\u30fa\u30fc]{3,}")
_POSSESSIVE = re.compile(r"['’][sS]?$")


@dataclass(slots=True)
class Grams:
    """The candidates of one article, each with how it was written."""

    written: dict[str, str] = field(default_factory=dict)
    sure: set[str] = field(default_factory=set)

    def add(self, words: str, *, sure: bool) -> None:
        """Note one; of several spellings one that is not all capitals is kept."""
        key = sys.intern(fold(words))
        if not key:
            return
        known = self.written.get(key)
        if known is None or (known.isupper() and not words.isupper()):
            self.written[key] = words
        if sure:
            self.sure.add(key)


def names(title: str, text: str, known: tuple[list[Span], list[Span]] = ([], [])) -> Grams:
    """Candidates for places and regions; `known`: where the label's terms hit in title and text."""
    grams = Grams()
    text = text[:READ]
    _capitalised(title, grams, known[0], sure=not _shouts(title))
    if not text.isupper():
        _capitalised(text, grams, known[1], sure=True)
    for part, spans in ((title, known[0]), (text, known[1])):
        if not part.isascii():
            for match in _UNCASED.finditer(part):
                if not _touches(match.span(), spans):
                    for run in _runs(match[0].split(" "), 2):
                        grams.add(" ".join(run), sure=True)
            _characters(part, grams, spans)
    return grams


def words(prepared: Prepared, known: list[Span], *, title_only: bool = False) -> Grams:
    """Candidates for topics: any one to three words in a row, long ones at both ends; `known` as in the joined text."""
    grams = Grams()
    left = TOPIC_WORDS
    for number, part in enumerate(prepared.fields):
        if part.name not in (("title",) if title_only else ("title", "lead", "body")):
            continue
        for stretch in _unknown(prepared, number, known):
            found = stretch.split()[:left]
            left -= len(found)
            _phrases(found, grams)
        if not part.original.isascii():
            _characters(part.original[:READ], grams, [])
    return grams


def _unknown(prepared: Prepared, field: int, known: list[Span]) -> Iterator[str]:
    """The folded text of a field, cut at the words that terms cover."""
    at, reach = prepared.reach(field)
    for low, high in sorted(known):
        if low >= at and high <= reach:
            yield prepared.joined[at:low]
            at = high
    yield prepared.joined[at:reach]


def _phrases(found: list[str], grams: Grams) -> None:
    for run in _runs(found, MOST_WORDS):
        if len(run[0]) >= SHORT and len(run[-1]) >= SHORT and not run[0].isdigit() and not run[-1].isdigit():
            key = " ".join(run)
            if not is_unspaced(key):
                grams.written[key] = key
                grams.sure.add(key)


def ordinary(text: str) -> set[str]:
    """Words in small letters: a name that is one of them needs exact case."""
    return {word for word in text[:READ].split() if word.islower() and word.isalpha()}


def _shouts(title: str) -> bool:
    found = [word for word in title.split() if word[0].isalpha()]
    capitals = sum(word[0].isupper() for word in found)
    return len(found) > 2 and capitals >= TITLE_CASE * len(found)


def _touches(span: Span, known: list[Span]) -> bool:
    return any(start < span[1] and span[0] < end for start, end in known)


def _capitalised(text: str, grams: Grams, known: list[Span], *, sure: bool) -> None:
    for match in _RUN.finditer(text):
        if _touches(match.span(), known):
            continue
        head = _heads_sentence(text, match.start())
        for run in _names_in(match[0]):
            for first, part in _numbered(run):
                grams.add(" ".join(part), sure=sure and not (head and first == 0))
            head = False


def _names_in(run: str) -> Iterator[list[str]]:
    """A run of capitalised words cut at days, months and agencies, and after a possessive."""
    found: list[str] = []
    for word in run.split(" "):
        bare = _POSSESSIVE.sub("", word).rstrip("-")
        if fold(bare) in NOT_NAMES or len(bare) < 2:
            yield found
            found = []
            continue
        found.append(bare)
        if bare != word:
            yield found
            found = []
    yield found


def _heads_sentence(text: str, start: int) -> bool:
    before = text[max(0, start - 3) : start].rstrip(" \"'“«(")
    return not before or before[-1] in ".!?:;\n"


def _numbered(found: list[str]) -> Iterator[tuple[int, list[str]]]:
    for first in range(len(found)):
        for last in range(first + 1, min(first + MOST_WORDS, len(found)) + 1):
            yield first, found[first:last]


def _runs(found: list[str], most: int) -> Iterable[list[str]]:
    count = len(found)
    return (found[i:j] for i in range(count) for j in range(i + 1, min(i + most, count) + 1))


def _characters(text: str, grams: Grams, known: list[Span]) -> None:
    for match in _KATAKANA.finditer(text):
        if not _touches(match.span(), known):
            grams.add(match[0], sure=True)
    for pattern, least, most in _CHARACTERS:
        for match in pattern.finditer(text):
            run = match[0]
            for start in range(len(run)):
                for end in range(start + least, min(start + most, len(run)) + 1):
                    if not _touches((match.start() + start, match.start() + end), known):
                        grams.add(run[start:end], sure=True)

"""Warnings about single terms: what an editor can see by looking at one line."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from services.classify.rules.engine.views import latin
from services.classify.rules.findings import Finding
from services.classify.rules.linting.owners import conditional, owned, readings, speaks, warning
from services.classify.rules.linting.quotes import curly_quotes
from services.classify.rules.model import Rulebook, Term
from services.classify.rules.text.fold import fold
from services.classify.rules.text.words import COMMON_WORDS, STOP_WORDS

OPEN_SHORT = 6  # letters of a stem from which an ending without a limit is harmless
TOO_SHORT = 2  # letters: such words stand in texts of many languages
MAX_FIGURES = 4
_JOINERS = "\u200c\u200d"  # part of the spelling of Persian and of Indic scripts
_SCRIPTS = {
    "CYRILLIC": "ru uk be bg mk tg mn ky",
    "ARABIC": "ar fa ur ps",
    "HEBREW": "he",
    "GREEK": "el",
    "HANGUL": "ko",
    "DEVANAGARI": "hi ne mr",
    "ARMENIAN": "hy",
    "GEORGIAN": "ka",
    "THAI": "th",
    "LATIN": "en fr es de pt it nl sv da fi pl cs sk hu ro tr vi id sw",
}
SCRIPT_OF = {language: script for script, languages in _SCRIPTS.items() for language in languages.split()}
_WORDS = re.compile(r"[^\W\d_]+")
_CONFUSED = frozenset({"LATIN", "CYRILLIC", "GREEK"})  # their letters look alike


def single_terms(rulebook: Rulebook) -> Iterator[Finding]:
    """All warnings about terms that nobody has accepted."""
    for owner, term in owned(rulebook):
        if not term.accepted:
            yield from (warning(term.position, sentence) for sentence in _sentences(owner, term))


def _sentences(owner: str, term: Term) -> Iterator[str]:
    yield from curly_quotes(term)
    yield from _everywhere(term)
    yield from _common(owner, term)
    yield from _short(owner, term)
    yield from _open(term)
    yield from _letters(term)
    yield from _impossible(term)


def _everywhere(term: Term) -> Iterator[str]:
    """Words that no text is without: as a term they give the label to everything."""
    if term.exact or not speaks(term) or conditional(term) or term.fields:
        return
    for reading in sorted(readings(term) & STOP_WORDS.get(term.lang or "", frozenset())):
        yield f"{reading!r} stands in nearly every text and would give this label to all of them; take it out, or write a phrase."


def _common(owner: str, term: Term) -> Iterator[str]:
    if not owner.startswith("place/") or term.exact or not speaks(term) or term.lang not in (None, "en"):
        return
    if not term.written.isascii():
        return
    if conditional(term) or term.tier == "weak":
        return
    for reading in sorted(readings(term) & COMMON_WORDS):
        exact = reading.upper() if len(reading) < 4 else reading.title()
        yield f"{reading!r} is an ordinary word too; write ={exact}, or give it unless or needs."


def _short(owner: str, term: Term) -> Iterator[str]:
    if term.exact or conditional(term) or not speaks(term) or term.fields:
        return
    if all(len(phrase.text) > MAX_FIGURES for phrase in term.phrases):
        return
    for reading in sorted(readings(term)):
        if reading.isdecimal() and len(reading) <= MAX_FIGURES:
            yield f"{reading!r} is a number that many texts hold; say more, or write it into a phrase."
        elif len(reading) <= TOO_SHORT and latin(term) and not owner.startswith("topic/"):
            yield f"{reading!r} is so short that it is a word of some language; write ={reading.upper()}."


def _open(term: Term) -> Iterator[str]:
    for phrase in term.phrases:
        last = phrase.words[-1]
        if last.ending is None and latin(term) and len(fold(last.text)) < OPEN_SHORT:
            yield f"{term.written!r} takes any ending on a short stem; limit it ({last.text}*3)."


def _letters(term: Term) -> Iterator[str]:
    if term.written.isascii():
        return  # Latin letters, which stand in texts of every language
    hidden = [c for c in term.written if c not in _JOINERS and _kind(c)[0] == "Cf"]
    if hidden:
        yield f"{term.written!r} holds an invisible character (U+{ord(hidden[0]):04X}); write it anew."
    for word in _WORDS.findall(term.written):
        mixed = _scripts(word) & _CONFUSED
        if len(mixed) > 1:
            names = " and ".join(sorted(name.title() for name in mixed))
            yield f"{word!r} mixes {names} letters, which look alike; type it again in one alphabet."
            return
    yield from _foreign(term)


def _foreign(term: Term) -> Iterator[str]:
    """A term of no script that its language is written in. Names in Latin letters and acronyms stand everywhere."""
    script = SCRIPT_OF.get(term.lang or "")
    if script is None or term.exact or not term.phrases:
        return
    found = set().union(*(_scripts(phrase.text) for phrase in term.phrases))
    if found and script not in found and found != {"LATIN"}:
        names = " and ".join(sorted(name.title() for name in found))
        yield f"{term.written!r} stands under {term.lang} and is written in {names} letters."


def _scripts(text: str) -> set[str]:
    return {_kind(letter)[1] for letter in text if letter.isalpha()}


@lru_cache(maxsize=4096)
def _kind(character: str) -> tuple[str, str]:
    """Category and script of a character."""
    return unicodedata.category(character), unicodedata.name(character, "").partition(" ")[0]


def _impossible(term: Term) -> Iterator[str]:
    """Conditions that never or always hold."""
    if term.within is not None and not conditional(term):
        yield f"{term.written!r} says within, but neither near nor unless nor needs."
    if not conditional(term):
        return
    clash = {context.written for context in term.needs} & {context.written for context in term.unless}
    if clash:
        yield f"{term.written!r} needs and refuses {min(clash)!r}: it never counts."
    own = readings(term)
    for context in term.unless:
        if own and all(any(_holds(reading, phrase.text) for phrase in context.phrases) for reading in own):
            yield f"{term.written!r} is refused by {context.written!r}, which it holds itself: it never counts."
    for context in (*term.needs, *term.near):
        if own and all(any(_holds(reading, phrase.text) for phrase in context.phrases) for reading in own):
            yield f"{term.written!r} asks for {context.written!r}, which it holds itself: it always counts."


def _holds(reading: str, words: str) -> bool:
    return f" {fold(words)} " in f" {reading} "

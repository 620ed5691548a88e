r"""The notation of one term, as an editor writes it.

term   = ["="] phrase ["^" weight]  |  "/" regex "/"
phrase = word {" " word}            "(a|b)" anywhere in it gives alternatives
word   = letters ["*" [digits]]
"""

import re
from dataclasses import dataclass

from services.classify.rules.model import Phrase, Word
from services.classify.rules.text.fold import fold, is_unspaced
from services.classify.rules.text.regexes import MIN_ANCHOR, RegexError, compile_regex, literal_anchor

MAX_TERM = 200  # characters
MAX_ALTERNATIVES = 256
MIN_OPEN_STEM = 4  # letters before an ending without a limit
MAX_ENDING = 30  # letters
MAX_WEIGHT = 100

_WEIGHT = re.compile(r"\^(-?\d+(?:\.\d+)?)$")
_ENDING = re.compile(r"\*(\d*)$")
_GROUP = re.compile(r"\(([^()]*)\)")
_SILENT = re.compile("[\u02bb\u02bc\u02be\u02bf\u0640\ufc5e-\ufc63\ufcf2-\ufcf4\ufe70-\ufe7f]")
"""Letters to Unicode of which nothing is left when they are folded: breathings, the line that stretches Arabic words, its vowels."""


class TermError(ValueError):
    """A term cannot be read; the message is a sentence."""


@dataclass(frozen=True, slots=True)
class Notation:
    """A term taken apart. `weight` None: the weight of its tier."""

    phrases: tuple[Phrase, ...] = ()
    exact: bool = False
    weight: float | None = None
    regex: str | None = None
    anchor: str | None = None


def parse_term(written: str) -> Notation:
    """Take a term apart. Raises TermError with a sentence that names the remedy."""
    text = written.strip()
    if not text:
        raise TermError("The term is empty.")
    if len(text) > MAX_TERM:
        raise TermError(f"The term is longer than {MAX_TERM} characters; cut it into several.")
    if text.startswith("/") and text.endswith("/") and len(text) > 1:
        return _regex(text[1:-1])
    exact = text.startswith("=")
    text, weight = _split_weight(text.removeprefix("="))
    phrases = tuple(_phrase(alternative, written) for alternative in _alternatives(text))
    if len(phrases) > 1:
        phrases = tuple(dict.fromkeys(phrases))
    return Notation(phrases=phrases, exact=exact, weight=weight)


def _split_weight(text: str) -> tuple[str, float | None]:
    if "^" not in text:
        return text, None
    match = _WEIGHT.search(text)
    if match:
        if abs(float(match[1])) > MAX_WEIGHT:
            raise TermError(f"A weight is a number from -{MAX_WEIGHT} to {MAX_WEIGHT}.")
        return text[: match.start()].rstrip(), float(match[1])
    raise TermError(f"After ^ stands a number, as in {text.partition('^')[0]}^2.")


def _alternatives(text: str) -> list[str]:
    """Every reading of `(a|b)`, innermost groups first."""
    if "(" not in text and "|" not in text and ")" not in text:
        return [text]
    open_ended = [text]
    done: list[str] = []
    while open_ended:
        current = open_ended.pop(0)
        group = _GROUP.search(current)
        if group is None:
            done.append(current)
            continue
        open_ended += [
            current[: group.start()] + part + current[group.end() :] for part in group[1].split("|")
        ]
        if len(open_ended) + len(done) > MAX_ALTERNATIVES:
            raise TermError(
                f"The alternatives give more than {MAX_ALTERNATIVES} terms; cut the term into several."
            )
    if any(mark in reading for reading in done for mark in "(|)"):
        raise TermError("Alternatives are written (one|other), each bracket with its partner.")
    return done


def _phrase(text: str, written: str) -> Phrase:
    # A part of punctuation alone ("Smith & Wesson") is a break in texts as well.
    words = tuple(word for word in map(_word, text.split()) if _has_letters(word.text))
    if not words:
        raise TermError(f"Nothing is left of {written!r} once punctuation is gone; write letters or digits.")
    return Phrase(words)


def _has_letters(text: str) -> bool:
    return (text.isalnum() and _SILENT.search(text) is None) or bool(fold(text))


def _word(part: str) -> Word:
    if "*" not in part:
        return Word(part)
    match = _ENDING.search(part)
    stem = part[: match.start()] if match else part
    if "*" in stem:
        raise TermError(f"A * ends a word (kazakh*2); in {part!r} it stands inside.")
    if match is None:
        return Word(stem)
    if match[1]:
        if int(match[1][:9]) > MAX_ENDING:
            raise TermError(f"An ending has {MAX_ENDING} letters at most; * alone takes any.")
        return Word(stem, int(match[1]))
    if len(fold(stem)) < MIN_OPEN_STEM and not is_unspaced(stem):
        raise TermError(f"{part!r} is open and short; give its ending a limit, as in {stem}*2.")
    return Word(stem, None)


def _regex(pattern: str) -> Notation:
    try:
        compile_regex(pattern)
    except RegexError as error:
        raise TermError(str(error)) from error
    anchor = literal_anchor(pattern)
    if anchor is None:
        raise TermError(
            f"The regex needs {MIN_ANCHOR} letters in a row that every match contains, outside brackets."
        )
    return Notation(regex=pattern, anchor=anchor)

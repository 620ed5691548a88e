"""How a suggested term is written, what speaks against it, and which candidates say the same."""

from collections import Counter
from dataclasses import dataclass

from services.classify.rules.engine.compiled import CompiledRulebook
from services.classify.rules.engine.matcher import find_hits
from services.classify.rules.loading.term_lists import script_is_latin
from services.classify.rules.model import Document
from services.classify.rules.text.fold import fold, is_unspaced
from services.classify.rules.text.prepare import prepare
from services.classify.rules.text.words import COMMON_WORDS
from services.classify.rules.tools.edits import Owned

ENDING = 3  # letters that Russian and its neighbours put after a name
LEAST_STEM = 4
OFTEN = 2  # articles from which a word counts as common
_VOWELS = "аеёиоуыэюяьйіїє"


@dataclass(frozen=True, slots=True)
class Notation:
    """A term as the rules write it; `stem` and `ending` where inflected forms are caught too."""

    line: str
    stem: str
    ending: int


def notation(written: str, language: str | None, ordinary: int) -> Notation:
    """The line to paste: exact case for a name that is an ordinary word too, an ending for a Cyrillic one."""
    if _cyrillic(written) and " " not in written and len(written) > LEAST_STEM and not written.isupper():
        stem = written[:-1] if written[-1].lower() in _VOWELS else written
        return Notation(_line(f"{stem}*{ENDING}", language), stem.lower(), ENDING)
    exact = ordinary >= OFTEN or written.lower() in COMMON_WORDS or (written.isupper() and len(written) <= 5)
    exact = exact and not written.islower() and written != written.swapcase()
    return Notation(_line(f"={written}" if exact else written, language), "", 0)


def _line(term: str, language: str | None) -> str:
    code = (language or "").replace("_", "-").partition("-")[0].lower()
    bare = term.lstrip("=")
    key = f"terms@{code}" if code and (script_is_latin(bare) or _cyrillic(bare)) else "terms"
    return f'{key}: ["{term}"]' if set(term) & set("'’\"") else f"{key}: [{term}]"


def _cyrillic(text: str) -> bool:
    return any("\u0400" <= letter <= "\u052f" for letter in text)


def covers(chosen: str, stem: str, key: str) -> bool:
    """Whether a term that is suggested already would hit where `key` stands."""
    if f" {chosen} " in f" {key} " or (is_unspaced(chosen) and chosen in key):
        return True
    return bool(stem) and any(
        word.startswith(stem) and len(word) <= len(stem) + ENDING for word in key.split(" ")
    )


def known(written: str, language: str | None, compiled: CompiledRulebook, number: int) -> bool:
    """Whether a term of the label hits within the candidate."""
    return any(number in targets for _, targets in _hits(written, language, compiled))


def warnings(
    written: str, note: Notation, compiled: CompiledRulebook, *, topic: bool, ordinary: Counter[str]
) -> list[str]:
    """What an editor should look at before taking it: of a topic's term only what other topics say."""
    found: list[str] = []
    key = fold(written)
    if ordinary[key] >= OFTEN:
        found.append(f"an ordinary word too, in {ordinary[key]} articles")
    elif key in COMMON_WORDS:
        found.append("an ordinary word too")
    for owned, _ in _hits(written, None, compiled):
        if owned.owner.startswith("topic/") == topic:
            found.append(
                f"{owned.list_name} {owned.term.written} stands in {owned.owner} ({owned.term.position})"
            )
    if note.stem:
        longer = sorted(
            word
            for word, count in ordinary.items()
            if count >= OFTEN and word.startswith(note.stem) and len(word) <= len(note.stem) + note.ending
        )
        if longer:
            found.append("the head of common words: " + ", ".join(longer[:3]))
    return list(dict.fromkeys(found))


def _hits(text: str, language: str | None, compiled: CompiledRulebook) -> list[tuple[Owned, frozenset[int]]]:
    """Terms of the rulebook that hit in a candidate, with the labels they speak for."""
    prepared = prepare(Document(text), compiled.defaults.lead_words)
    found = []
    for _, _, number, _ in find_hits(prepared, compiled, language).hits:
        term = compiled.terms[number]
        if term.targets and term.term.weight > 0:
            owner = f"place/{term.place}" if term.place else compiled.rulebook.rules[term.owner].id
            found.append((Owned(owner, term.term), frozenset(target for target, _ in term.targets)))
    return found

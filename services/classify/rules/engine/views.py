"""What every pattern calls in an article of a language. What all languages have in common is held once.

A starter rulebook has some hundred thousand patterns and sixty languages: a list of its own for each of them took ten
megabytes and a third of a second.
"""

from collections import defaultdict
from collections.abc import Sequence

from services.classify.rules.engine.postings import (
    ANY_ENDING,
    CONTEXT,
    ENDLESS,
    PLACE_FACET,
    CompiledTerm,
    Posting,
    Seen,
)
from services.classify.rules.model import Term

View = list[tuple[Seen, ...]]
_Scoped = list[tuple[str | None, bool, Seen]]
"""Of one pattern: the language that a posting is bound to (None: to none), whether it names a place, what it calls."""


class Views:
    """Views by language (`""`: one that the rules do not know), made when first asked for."""

    __slots__ = ("_default", "_made", "_of", "_scoped", "_shared")

    def __init__(
        self, postings: Sequence[Sequence[Posting]], terms: Sequence[CompiledTerm], default: str
    ) -> None:
        self._default = default
        self._made: dict[str, View] = {}
        self._shared: View = []
        self._scoped: dict[int, _Scoped] = {}
        self._of: defaultdict[str, list[int]] = defaultdict(list)
        bound = [
            term.lang if term.lang is not None and latin(term) else None for term in (c.term for c in terms)
        ]
        for number, called in enumerate(postings):
            told = [_told(posting, terms, bound) for posting in called]
            self._shared.append(tuple([seen for lang, _, seen in told if lang is None]))
            languages = {lang for lang, _, _ in told if lang is not None}
            if languages:
                self._scoped[number] = told
            for language in languages:
                self._of[language].append(number)

    def of(self, language: str) -> View:
        """For every pattern what it calls. Languages that the rules do not know are read with the place names of the default one."""
        found = self._made.get(language)
        if found is None:
            found = self._made[language] = self._make(language)
        return found

    def _make(self, language: str) -> View:
        view = self._shared.copy()
        spoken = language or self._default
        for number in self._of.get(spoken, ()):
            view[number] = tuple(
                [
                    seen
                    for bound, place, seen in self._scoped[number]
                    if bound is None or (bound == spoken and (place or language))
                ]
            )
        return view


def _told(
    posting: Posting, terms: Sequence[CompiledTerm], languages: Sequence[str | None]
) -> tuple[str | None, bool, Seen]:
    kind, called, bound = CONTEXT, posting.group, None
    if called < 0:
        called = posting.term
        kind, bound = terms[called].facet, languages[called]
    ending = ENDLESS if posting.ending == ANY_ENDING else posting.ending
    more = None if posting.simple else posting
    return bound, kind == PLACE_FACET, (posting.before, posting.after, ending, kind, called, more)


def latin(term: Term) -> bool:
    """Whether a term is written in Latin letters: only those are bound to their language.

    Feeds often declare the wrong language, and a Cyrillic or Chinese word names itself.
    """
    text = "".join(phrase.text for phrase in term.phrases) or term.regex or ""
    return text.isascii() or all(
        letter < "\u0370" or "\u1e00" <= letter <= "\u1eff" for letter in text if letter.isalpha()
    )

"""What an article is found by, as the text of a `tsvector`. Pure."""

from collections import defaultdict
from collections.abc import Iterator

from services.core.search.cut import Run, grams, has_no_runs, parts, words
from services.core.search.forms import code_of, kept

VERSION = "4"
"""Raise it when the same text gives something else: stored articles are then indexed anew."""
_LAST_PLACE = 16383
"""PostgreSQL keeps no place beyond it."""
_PLACES = 255
"""Nor more places of one word."""


def vector(title: str, text: str, language: str | None) -> str:
    """What is found by these words, as PostgreSQL reads a `tsvector`.

    >>> vector("Elections", "in Oslo", "en")
    "'en:elect':1 'en:in':3 'en:oslo':4"
    """
    code = code_of(language)
    places: defaultdict[str, list[int]] = defaultdict(list)
    place = 0
    for field in (title, text):
        spaced = has_no_runs(field)
        for word in words(field):
            for forms in (kept(word, code),) if spaced else _forms(word, code):
                place += 1
                for form in forms:
                    places[form].append(place)
        place += 1  # no phrase begins in one and ends in the other
    return " ".join([f"'{form}':{_listed(found)}" for form, found in places.items()])


def _forms(word: str, code: str) -> Iterator[tuple[str, ...]]:
    """What each place of a word is found by: one place for each sign of a run."""
    for part in parts(word):
        if isinstance(part, Run):
            yield from ((gram,) for gram in grams(part))
        else:
            yield kept(part, code)


def _listed(places: list[int]) -> str:
    if len(places) == 1:
        return str(min(places[0], _LAST_PLACE))
    return ",".join([str(place) for place in places[:_PLACES] if place <= _LAST_PLACE] or [str(_LAST_PLACE)])

"""Tells fictional news: seeded, believable, each item with the labels an attentive editor would give it.

A storyteller goes through the scenes of a language like through a deck of cards and tells a scene about a country it was not told
about lately, so that thousands of headlines differ. The same seed and the same sequence of calls give the same stories.
"""

import random
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from newswire.days import weekday
from newswire.grammar import Scene, draw, expand, scenes
from newswire.model import Outlet, Story
from newswire.places import Place, codes_in, gazetteer, person, regions_of

_HOME_SHARE, _BEAT_SHARE = 0.55, 0.33
_TOO_ALIKE = 0.55
_REMEMBERED_TITLES = 60
_BARE_WATERS = ("Lake ", "Issyk", "Tonle", "Laguna", "Apia", "Sogne", "Wang")
_SEPARATORS = {"en": ",", "zh": ",", "ru": " ", "kk": " ", "fr": " ", "es": ".", "tr": ".", "ar": ","}


@dataclass(slots=True)
class _Desk:
    """What is remembered of one language: the deck of scenes, and the countries and titles each scene had lately."""

    rng: random.Random
    deck: list[Scene] = field(default_factory=list)
    decks: int = 0
    told: dict[str, deque[str]] = field(default_factory=dict)
    titles: dict[str, deque[frozenset[str]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Draft:
    """A headline that may still be thrown away for another, with all that was drawn for it."""

    title: str
    other_title: str
    lead: str
    slots: Mapping[str, str]
    countries: tuple[str, ...]
    words: frozenset[str]


class Storyteller:
    """Makes stories up, one at a time, for the outlets of one press."""

    def __init__(self, *, seed: int) -> None:
        self._seed = seed
        self._desks: dict[str, _Desk] = {}

    def tell(self, outlet: Outlet, *, now: datetime, tries: int = 8) -> Story:
        """A new story in the outlet's language, most often about its own country or beat.

        A headline too much like a late one of the same scene is drawn again, at most `tries` times.
        """
        desk = self._desk(outlet.language)
        code = _pick_country(outlet, desk.rng)
        scene = self._pick_scene(desk, outlet.language, code)
        draft = _draft(scene, outlet.language, code, now=now, rng=desk.rng)
        titles = desk.titles.setdefault(scene.name, deque(maxlen=_REMEMBERED_TITLES))
        for _ in range(tries):
            if not any(_alike(draft.words, earlier) for earlier in titles):
                break
            draft = _draft(scene, outlet.language, code, now=now, rng=desk.rng)
        titles.append(draft.words)
        return _finished(scene, outlet.language, draft, rng=desk.rng)

    def _desk(self, language: str) -> _Desk:
        if language not in self._desks:
            self._desks[language] = _Desk(rng=random.Random(f"{self._seed}:{language}"))
        return self._desks[language]

    def _pick_scene(self, desk: _Desk, language: str, code: str) -> Scene:
        for _ in range(2):
            for scene in reversed(desk.deck):
                told = desk.told.setdefault(scene.name, deque(maxlen=12))
                if _fits(scene, language, code) and code not in told:
                    desk.deck.remove(scene)
                    told.append(code)
                    return scene
            desk.deck = _shuffled_deck(desk, language)
        return desk.rng.choice([scene for scene in desk.deck if _fits(scene, language, code)])


def _shuffled_deck(desk: _Desk, language: str) -> list[Scene]:
    """All scenes once, except that one without a place, which has less to vary, comes in every third deck only."""
    desk.decks += 1
    found = [
        scene
        for number, scene in enumerate(scenes(language))
        if scene.places != ("none",) or (number + desk.decks) % 3 == 0
    ]
    desk.rng.shuffle(found)
    return found


def _pick_country(outlet: Outlet, rng: random.Random) -> str:
    codes = codes_in(outlet.language, ("*",))
    chance = rng.random()
    if chance < _HOME_SHARE and outlet.country in codes:
        return outlet.country
    beat = codes_in(outlet.language, outlet.beats)
    if beat and chance < _HOME_SHARE + _BEAT_SHARE:
        return rng.choice(beat)
    return rng.choice(codes)


def _fits(scene: Scene, language: str, code: str) -> bool:
    return scene.places in {("*",), ("none",)} or code in codes_in(language, scene.places)


def _draft(scene: Scene, language: str, code: str, *, now: datetime, rng: random.Random) -> _Draft:
    place = None if scene.places == ("none",) else gazetteer(language)[code]
    other = _other_place(scene, language, code, rng) if place else None
    slots = _slots(scene, language, place, other, now=now, rng=rng)
    opening = rng.choices(scene.openings, [len(found.titles) for found in scene.openings])[0]
    title, other_title = (expand(text, slots, rng) for text in _two(opening.titles, rng))
    countries = tuple(found.code for found in (place, other) if found) or scene.countries
    return _Draft(
        title, "" if other_title == title else other_title, opening.lead, slots, countries, _words(title)
    )


def _finished(scene: Scene, language: str, draft: _Draft, *, rng: random.Random) -> Story:
    count = min(len(scene.body), rng.choice((3, 3, 4)))
    kept = sorted(rng.sample(range(len(scene.body)), count))
    return Story(
        scene=scene.name,
        language=language,
        title=draft.title,
        other_title=draft.other_title,
        dateline=scene.dateline or draft.slots.get("city", ""),
        lead=expand(draft.lead, draft.slots, rng),
        paragraphs=tuple(expand(scene.body[index], draft.slots, rng) for index in kept),
        author=draft.slots.get("author", ""),
        regions=scene.regions if scene.regions is not None else _regions(draft.countries),
        topics=scene.topics,
        countries=draft.countries,
        facts=draft.slots,
    )


def _two(texts: list[str], rng: random.Random) -> list[str]:
    return rng.sample(texts, 2) if len(texts) > 1 else texts * 2


def _regions(countries: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(region for code in countries for region in regions_of(code)))


def _other_place(scene: Scene, language: str, code: str, rng: random.Random) -> Place | None:
    if not scene.other:
        return None
    wanted = regions_of(code) if scene.other == "near" else tuple(scene.other.replace("any", "*").split("+"))
    codes = [found for found in codes_in(language, wanted) if found != code]
    codes = codes or [found for found in codes_in(language, ("*",)) if found != code]
    return gazetteer(language)[rng.choice(codes)]


def _slots(
    scene: Scene,
    language: str,
    place: Place | None,
    other: Place | None,
    *,
    now: datetime,
    rng: random.Random,
) -> Mapping[str, str]:
    slots = {"day": weekday(now, language), "year": str(now.year), "nextyear": str(now.year + 1)}
    if place:
        slots |= _place_slots(place, rng)
        slots["author"], _ = person(place.people, rng)
    if other:
        slots |= {f"other{key}": text for key, text in _place_slots(other, rng).items()}
        slots["other"] = slots["othercountry"]
    separator = _SEPARATORS[language]
    for key, choices in scene.draws.items():
        slots[key] = draw(
            expand(choices, slots, rng) if "{" in choices else choices, rng, separator=separator
        )
    return slots


def _place_slots(place: Place, rng: random.Random) -> dict[str, str]:
    slots = dict(place.forms)
    city = rng.choice(place.cities)
    second = rng.choice([found for found in place.cities if found != city] or [city])
    for name, forms in (("city", city), ("city2", second), ("capital", place.cities[0])):
        slots |= {f"{name}{case}": text for case, text in forms.items()}
    if place.waters:
        slots["water"] = rng.choice(place.waters)
        slots["thewater"] = (
            slots["water"] if slots["water"].startswith(_BARE_WATERS) else f"the {slots['water']}"
        )
    if place.areas:
        slots["area"] = rng.choice(place.areas)
    slots["person"], slots["surname"] = person(place.people, rng)
    slots["person2"], slots["surname2"] = person(place.people, rng)
    return slots


def _words(title: str) -> frozenset[str]:
    """The words of a title, or its pairs of characters where the script writes no spaces."""
    words = title.lower().split()
    return frozenset(words if len(words) > 2 else (title[at : at + 2] for at in range(len(title) - 1)))


def _alike(words: frozenset[str], earlier: frozenset[str]) -> bool:
    shared = len(words & earlier)
    return shared >= _TOO_ALIKE * (len(words) + len(earlier) - shared)

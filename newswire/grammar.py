"""Reads scene files and fills them in: `[a|b]` is a choice, `{slot}` a value, `a(n)` the right English article.

A scene file holds blocks of lines, each with a one-letter key:

    @ name; topics=energy, business; places=central-asia; other=near
    = plant: wind farm | solar park          a value drawn once per story, used as {plant}
    = mw: 40..900/10                         a number drawn from a range with a step
    T headline    L lead of the headlines above it    B sentence of the body (drawn, in their order)

`places` names regions or country codes (`*` for all, `none` for a story without a place), `other` how a second country is found
(`near`: same region; `any`). `regions` and `countries` state gold labels outright and `dateline` the place line of a story without a place.
"""

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

TEXTS = Path(__file__).parent / "texts"

_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_SLOT = re.compile(r"\{(\w+)\}")
_RANGE = re.compile(r"(\d+)\.\.(\d+)(?:/(\d+))?")
_ARTICLE = re.compile(r"\b([Aa])\(n\) (?=(\w+))")
_SENTENCE = re.compile(r"(^|[.!?]\s+)([a-zа-яёçğışöüéèàáíóúñәіңғүұқөһ])")


@dataclass(slots=True)
class Opening:
    """Headlines that one lead goes with."""

    titles: list[str] = field(default_factory=list)
    lead: str = ""


@dataclass(slots=True, eq=False)
class Scene:
    """A kind of event, with its wordings and the labels that hold for every story told from it."""

    name: str
    topics: tuple[str, ...]
    places: tuple[str, ...] = ("*",)
    other: str = ""
    regions: tuple[str, ...] | None = None
    countries: tuple[str, ...] = ()
    dateline: str = ""
    draws: dict[str, str] = field(default_factory=dict)
    openings: list[Opening] = field(default_factory=list)
    body: list[str] = field(default_factory=list)


def expand(text: str, slots: Mapping[str, str], rng: random.Random) -> str:
    """Returns `text` with every choice made and every slot filled; raises KeyError for a slot nobody defined."""
    while "[" in text:
        text = _CHOICE.sub(lambda found: rng.choice(found[1].split("|")), text)
    while "{" in text:
        text = _SLOT.sub(lambda found: slots[found[1]], text)
        while "[" in text:
            text = _CHOICE.sub(lambda found: rng.choice(found[1].split("|")), text)
    if "(n)" in text:
        text = _ARTICLE.sub(_with_article, text)
    return _SENTENCE.sub(lambda found: found[1] + found[2].upper(), text.replace("  ", " "))


def draw(choices: str, rng: random.Random, *, separator: str = ",") -> str:
    """Draws one value of a `=` line: a number of a range, grouped by `separator`, or one of the words between bars."""
    span = _RANGE.fullmatch(choices.strip())
    if span is None:
        return rng.choice(choices.split("|")).strip()
    low, high, step = int(span[1]), int(span[2]), int(span[3] or 1)
    return f"{rng.randrange(low, high + 1, step):,}".replace(",", separator)


@cache
def scenes(language: str) -> tuple[Scene, ...]:
    """All scenes of a language, in the order of their files."""
    found: list[Scene] = []
    for path in sorted((TEXTS / language).glob("*.txt")):
        found += parse_scenes(path.read_text(encoding="utf-8"), name=path.name)
    return tuple(found)


def parse_scenes(text: str, *, name: str) -> list[Scene]:
    """Reads a scene file; raises ValueError naming the line that has no meaning."""
    found: list[Scene] = []
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        key, _, rest = line.partition(" ")
        if key == "@":
            found.append(_header(rest))
        elif not found or key not in _WRITERS:
            raise ValueError(f"{name}, line {number}: start it with @, =, T, L or B.")
        else:
            _WRITERS[key](found[-1], rest.strip())
    return found


def _header(text: str) -> Scene:
    name, *pairs = (part.strip() for part in text.split(";"))
    given = {key.strip(): value.strip() for key, _, value in (pair.partition("=") for pair in pairs)}
    listed = {
        key: tuple(word.strip() for word in value.split(",") if word.strip()) for key, value in given.items()
    }
    return Scene(
        name=name,
        topics=listed.get("topics", ()),
        places=listed.get("places", ("*",)),
        other=given.get("other", ""),
        regions=listed.get("regions"),
        countries=listed.get("countries", ()),
        dateline=given.get("dateline", ""),
    )


def _add_draw(scene: Scene, text: str) -> None:
    key, _, choices = text.partition(":")
    scene.draws[key.strip()] = choices.strip()


def _add_title(scene: Scene, text: str) -> None:
    if not scene.openings or scene.openings[-1].lead:
        scene.openings.append(Opening())
    scene.openings[-1].titles.append(text)


def _add_lead(scene: Scene, text: str) -> None:
    scene.openings[-1].lead = text


_WRITERS: dict[str, Callable[[Scene, str], None]] = {
    "=": _add_draw,
    "T": _add_title,
    "L": _add_lead,
    "B": lambda scene, text: scene.body.append(text),
}


def _with_article(found: re.Match[str]) -> str:
    word = found[2].lower()
    opens = word[0] in "aeiou" and not word.startswith(("uni", "use", "eur", "one", "ug", "uk"))
    spoken = word.startswith("8") or word in {"11", "18", "hour", "mri"}
    return f"{found[1]}n " if opens or spoken else f"{found[1]} "

"""Countries, their cities and the regions they lie in, in the words of one language."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from newswire.grammar import TEXTS

REGIONS: Mapping[str, tuple[str, ...]] = {
    "central-asia": ("KG", "KZ", "TJ", "TM", "UZ"),
    "south-asia": ("AF", "BD", "BT", "IN", "LK", "MV", "NP", "PK"),
    "middle-east": (
        "AE",
        "BH",
        "EG",
        "IL",
        "IQ",
        "IR",
        "JO",
        "KW",
        "LB",
        "OM",
        "PS",
        "QA",
        "SA",
        "SY",
        "TR",
        "YE",
    ),
    "caucasus": ("AM", "AZ", "GE"),
    "russia": ("RU",),
    "eastern-europe": ("BG", "BY", "CZ", "HU", "MD", "PL", "RO", "SK", "UA"),
    "europe": ("BE", "CH", "DE", "ES", "FI", "FR", "GB", "GR", "IT", "NL", "NO", "PT", "RS", "SE"),
    "africa": ("CI", "DZ", "EG", "ET", "GH", "KE", "MA", "NG", "RW", "SN", "TZ", "UG", "ZA"),
    "east-asia": ("CN", "JP", "KR", "MN", "TW"),
    "southeast-asia": ("ID", "KH", "MY", "PH", "SG", "TH", "VN"),
    "north-america": ("CA", "US"),
    "latin-america": ("AR", "BR", "CL", "CO", "CU", "EC", "MX", "PE"),
    "oceania": ("AU", "FJ", "NZ", "PG", "WS"),
}
"""Leaves of the region tree and their countries; Egypt lies in two."""


@dataclass(frozen=True, slots=True)
class Place:
    """A country in one language: the forms of its name, its cities (forms each), waters and areas, and whose names its people bear."""

    code: str
    forms: Mapping[str, str]
    cities: tuple[Mapping[str, str], ...]
    waters: tuple[str, ...]
    areas: tuple[str, ...]
    people: str


@cache
def regions_of(code: str) -> tuple[str, ...]:
    """The leaf regions of a country, the main one first; empty for a country that no region lists."""
    return tuple(region for region, codes in REGIONS.items() if code in codes)


@cache
def gazetteer(language: str) -> Mapping[str, Place]:
    """The countries that can be written about in a language, by ISO 3166 code."""
    lines = (TEXTS / f"places.{language}.txt").read_text(encoding="utf-8").splitlines()
    head, *rows = [_cells(line) for line in lines if line.strip() and not line.startswith("#")]
    return {row[0]: _place(dict(zip(head, row, strict=True))) for row in rows}


@cache
def codes_in(language: str, wanted: tuple[str, ...]) -> tuple[str, ...]:
    """The codes of a language's gazetteer that `wanted` (region slugs, country codes or `*`) names, in its order."""
    if "*" in wanted:
        return tuple(gazetteer(language))
    named = {code for word in wanted for code in REGIONS.get(word, (word,))}
    return tuple(code for code in gazetteer(language) if code in named)


@cache
def names(culture: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """First and family names that people of a culture bear."""
    for line in (TEXTS / "names.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith(f"{culture} |"):
            _, first, family = _cells(line)
            return tuple(_words(first)), tuple(_words(family))
    raise KeyError(f"No names of the culture {culture!r} in names.txt.")


def person(culture: str, rng: random.Random) -> tuple[str, str]:
    """An invented person: the full name and the family name alone."""
    first, family = names(culture)
    surname = rng.choice(family)
    given = rng.choice(first)
    return (f"{surname}{given}" if culture == "zh" else f"{given} {surname}"), surname


def _place(row: dict[str, str]) -> Place:
    return Place(
        code=row["code"],
        forms={
            key: text
            for key, text in row.items()
            if key not in {"code", "people", "cities", "waters", "areas"}
        },
        cities=tuple(_city(word) for word in _words(row["cities"])),
        waters=tuple(_words(row.get("waters", ""))),
        areas=tuple(_words(row.get("areas", ""))),
        people=row["people"],
    )


def _city(word: str) -> dict[str, str]:
    name, *rest = word.split("/")
    return {"": name, "_in": rest[0] if rest else name, "_of": rest[1] if len(rest) > 1 else name}


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("|")]


def _words(cell: str) -> list[str]:
    return [word.strip() for word in cell.split(";") if word.strip()]

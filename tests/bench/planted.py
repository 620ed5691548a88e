"""Copies planted among real news texts, with a fixed seed: what near-duplicates are measured by.

Real texts have natural copies too. They count as such where title and text are nearly the same letter for letter and name the
same numbers; which pairs are looked at is decided by all methods together, so that no method sets its own truth.
"""

import difflib
import json
import random
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from services.classify.tokens import numbers

DATA = Path(__file__).parents[3] / "shared" / "data"
SETS = ("geo/reuters21578.jsonl", "topics/agnews-test.jsonl", "stories/allsides-neus.jsonl")
TEASER_WORDS = 60
NATURAL_RATIO = 0.88

_OUTLETS = ("The Steppe Courier", "Daily Planet", "Reuters", "NewsHub 24", "Bergen Post", "KVOX-TV", "CNBC")
_SIGNS = str.maketrans({"'": "’", '"': "“", "-": "–"})
_SYNONYMS = {
    "says": "claims", "said": "told reporters", "kill": "leave dead", "killed": "dead", "new": "fresh", "big": "major", "cut": "reduce",
    "cuts": "reduces", "rise": "climb", "rises": "climbs", "fall": "drop", "falls": "drops", "win": "take", "wins": "takes", "over": "amid",
    "plan": "scheme", "plans": "schemes", "deal": "accord", "talks": "negotiations", "attack": "assault", "court": "judges", "buy": "acquire",
    "buys": "acquires", "profit": "earnings", "stake": "share", "u.s.": "American", "gets": "receives", "back": "support", "backs": "supports",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Row:
    """A text of the set; `origin` is the number of the text that it copies."""

    title: str
    body: str
    kind: str = "real"
    origin: int | None = None
    at: datetime | None = None
    place_line: str = ""
    """What the body begins with; a wire copy has another."""


def suffix(title: str, body: str, dice: random.Random) -> tuple[str, str]:
    """The outlet's name behind the headline."""
    return f"{title} {dice.choice('-|–')} {dice.choice(_OUTLETS)}", body


def quotes(title: str, body: str, dice: random.Random) -> tuple[str, str]:
    """Typographic signs, another case."""
    title = title.upper() if dice.random() < 0.5 else title.title()
    return title.translate(_SIGNS), body.translate(_SIGNS)


def edited(title: str, body: str, dice: random.Random) -> tuple[str, str]:
    """The headline written anew: words exchanged, dropped and turned round; the text as it was."""
    words = [_SYNONYMS.get(word.lower(), word) for word in title.split()]
    words = [word for word in words if dice.random() > 0.25] or words
    if len(words) > 4 and dice.random() < 0.5:
        middle = len(words) // 2
        words = [*words[middle:], dice.choice(["as", "after", "while"]), *words[:middle]]
    return " ".join(words), body


def truncated(title: str, body: str, dice: random.Random) -> tuple[str, str]:
    """A teaser, cut, with the line that a blog engine adds."""
    words = body.split()
    kept = " ".join(words[: dice.randint(16, 28)])
    return title, f"{kept}… The post {title} appeared first on {dice.choice(_OUTLETS)}."


def wire(title: str, body: str, dice: random.Random) -> tuple[str, str]:
    """Another place line, one word in twenty lost, the headline edited."""
    kept = [word for word in body.split() if dice.random() > 0.05]
    place = dice.choice(
        ["LONDON (Reuters) - ", "NEW YORK (AP) — ", "Paris, 3 May (AFP) - ", "ALMATY, Nov 2 – "]
    )
    return edited(title, body, dice)[0], place + " ".join(kept)


def update(title: str, body: str, dice: random.Random) -> tuple[str, str]:
    """An update: a mark in the headline, and sentences behind the text."""
    more = " The spokesman declined to comment further. More details were expected later in the day, officials added on condition of anonymity."
    return f"UPDATE {dice.randint(1, 5)}-{title}", body + more


def headline(title: str, body: str, dice: random.Random) -> tuple[str, str]:
    """The headline alone."""
    return title, ""


KINDS: dict[str, Callable[[str, str, random.Random], tuple[str, str]]] = {
    "suffix": suffix, "quotes": quotes, "edited": edited, "truncated": truncated, "wire": wire, "update": update, "headline": headline,
}  # fmt: skip


def real_texts(folder: Path = DATA, limit: int | None = None) -> list[Row]:
    """Texts as feeds bring them: title and the first words, of the development sets that are there."""
    found: list[Row] = []
    for name in SETS:
        if not (folder / name).exists():
            continue
        for line in (folder / name).read_text().splitlines():
            row = json.loads(line)
            place = f"{row['dateline']} " if row.get("dateline") else ""
            body = place + " ".join(row["body"].split()[:TEASER_WORDS])
            at = datetime.fromisoformat(row["date"]) if row["date"] else None
            found.append(Row(row["title"], body, at=at, place_line=place))
    return found[:: max(len(found) // limit, 1)] if limit else found


def planted(real: Iterable[Row], *, seed: int, copied: int = 1500, copies: int = 3) -> list[Row]:
    """The real texts and copies of some of them, each of another kind, in an order of chance."""
    dice, rows = random.Random(seed), list(real)
    fit = [n for n, row in enumerate(rows) if len(row.body.split()) >= 20 and len(row.title.split()) >= 5]
    for origin in dice.sample(fit, min(copied, len(fit))):
        for kind in dice.sample(sorted(KINDS), copies):
            of = rows[origin]
            body = of.body.removeprefix(of.place_line) if kind == "wire" else of.body
            title, body = KINDS[kind](of.title, body, dice)
            rows.append(Row(title, body, kind, origin, of.at))
    return rows


def planted_pairs(rows: list[Row]) -> set[tuple[int, int]]:
    """All pairs of an original and its copies, and of copies of one original with each other."""
    family: dict[int, list[int]] = {}
    for number, row in enumerate(rows):
        if row.origin is not None:
            family.setdefault(row.origin, [row.origin]).append(number)
    return {(a, b) for members in family.values() for i, a in enumerate(members) for b in members[i + 1 :]}


def natural(one: Row, other: Row) -> bool:
    """Whether two texts, neither planted as a copy of the other, are copies all the same."""
    a, b = (re.sub(r"\W+", " ", f"{row.title} {row.body}".lower()) for row in (one, other))
    if numbers(a) != numbers(b):
        return False
    matcher = difflib.SequenceMatcher(None, a, b, autojunk=False)
    return (
        matcher.real_quick_ratio() >= NATURAL_RATIO
        and matcher.quick_ratio() >= NATURAL_RATIO
        and matcher.ratio() >= NATURAL_RATIO
    )


def truth(rows: list[Row], flagged: Iterable[set[tuple[int, int]]]) -> set[tuple[int, int]]:
    """Planted pairs, and of all pairs that any method found those that are natural copies, with the copies of either."""
    right = planted_pairs(rows)
    roots: dict[int, set[int]] = {}
    for pair in {tuple(sorted(_origin(rows, n) for n in pair)) for found in flagged for pair in found}:
        if pair[0] != pair[1] and natural(rows[pair[0]], rows[pair[1]]):
            roots.setdefault(pair[0], set()).add(pair[1])
    family: dict[int, list[int]] = {}
    for number in range(len(rows)):
        family.setdefault(_origin(rows, number), []).append(number)
    for one, others in roots.items():
        for other in others:
            right |= {(min(a, b), max(a, b)) for a in family[one] for b in family[other]}
    return right


def _origin(rows: list[Row], number: int) -> int:
    origin = rows[number].origin
    return number if origin is None else origin


def by_kind(rows: list[Row], found: set[tuple[int, int]]) -> Iterator[tuple[str, float]]:
    """Of each kind of copy, how many were found together with their original."""
    for kind in KINDS:
        pairs = [(row.origin, n) for n, row in enumerate(rows) if row.kind == kind and row.origin is not None]
        yield kind, sum(pair in found for pair in pairs) / max(len(pairs), 1)

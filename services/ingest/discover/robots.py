"""What a site lets robots fetch, as RFC 9309 says (pure).

The groups for our name count, else those for `*`; of the rules that fit a path the longest decides, and where two are as
long the one that allows. `*` stands for any characters, a `$` at the end for the end of the path.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

from services.core.urls.parts import normal_escapes

AGENT = "Dateline"
"""The name by which robots.txt may speak of us (section 2.2.1)."""

_READ_BYTES = 500 * 1024
"""Section 2.5: at least this much of a robots.txt is read."""
_TOKEN = re.compile(r"[A-Za-z_-]+|\*")


class _Rule(NamedTuple):
    """Whether paths may be fetched that hold these pieces in this order, the first at the start, and, for a `whole` path,
    the last at the end.
    """

    length: int
    allows: bool
    pieces: tuple[str, ...]
    whole: bool

    def fits(self, path: str) -> bool:
        """By looking for one piece after the other: never twice at the same place, whatever the pattern."""
        first, *others = self.pieces
        if not path.startswith(first):
            return False
        at = len(first)
        last = others.pop() if self.whole and others else None
        for piece in others:
            found = path.find(piece, at)
            if found < 0:
                return False
            at = found + len(piece)
        if last is not None:
            return path.endswith(last) and len(path) - len(last) >= at
        return at == len(path) or not self.whole


class Robots:
    """What a site lets robots fetch, as `Dateline` reads its robots.txt."""

    def __init__(self, status: int | None, body: bytes) -> None:
        """`status` None where nobody answered. Section 2.3.1: no file allows everything, a broken server nothing."""
        self._allowed = status == 200 or (status is not None and 400 <= status < 500)
        text = body[:_READ_BYTES].decode("utf-8-sig", "replace") if status == 200 else ""
        self._rules = _rules(text.splitlines())

    def allow(self, url: str) -> bool:
        """Whether `url` may be fetched."""
        parts = urlsplit(url)
        path = normal_escapes((parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
        fitting = [rule for rule in self._rules if rule.fits(path)]
        if not fitting or path == "/robots.txt":
            return self._allowed
        return max(fitting, key=lambda rule: (rule.length, rule.allows)).allows


def _rules(lines: Iterable[str]) -> list[_Rule]:
    """Those of our groups, where there are any, else those for everybody."""
    ours: list[_Rule] = []
    anybodys: list[_Rule] = []
    named: set[str] = set()
    known = in_rules = False
    for name, value in _fields(lines):
        if name == "user-agent":
            named = set() if in_rules else named
            token = _TOKEN.match(value)
            named.add(token[0].lower() if token else "")
            in_rules = False
            known = known or AGENT.lower() in named
        elif name in {"allow", "disallow"}:
            in_rules = True
            rule = _rule(value, allows=name == "allow")
            if value and AGENT.lower() in named:
                ours.append(rule)
            if value and "*" in named:
                anybodys.append(rule)
    return ours if known else anybodys


def _rule(value: str, *, allows: bool) -> _Rule:
    """An escaped `*` is a sign like any other, so the pattern is taken apart before escapes are settled."""
    pieces = tuple(normal_escapes(piece) for piece in value.removesuffix("$").split("*"))
    return _Rule(len(value), allows, pieces, value.endswith("$"))


def _fields(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        name, colon, value = line.partition("#")[0].partition(":")
        if colon:
            yield name.strip().lower(), value.strip()

"""The version of a rulebook: a hash of what its rules say, whatever their layout."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import fields
from operator import attrgetter
from typing import Any

from services.classify.rules.model import (
    Context,
    Defaults,
    Document,
    Example,
    LabelRule,
    Membership,
    Phrase,
    Place,
    Term,
    Word,
)

_UNSAID = "position"
_BESIDE = "accepted"  # said to lint, not to articles


def version_of(
    defaults: Defaults, places: tuple[Place, ...], rules: tuple[LabelRule, ...], addresses: dict[str, Any]
) -> str:
    """SHA-256 (hex) of the canonical form. Positions, comments and notes do not count; the order of labels does.

    Without rules of addresses it is what it was before there were such rules.
    """
    said = [defaults, places, rules, *([addresses] if addresses else [])]
    canonical = json.dumps(said, ensure_ascii=False, sort_keys=True, default=_plain)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _plain(value: object) -> list[Any]:
    return _VALUES[type(value)](value)


def _values(kind: type) -> Callable[[object], list[Any]]:
    """What an object holds, in the order of its fields, with nothing where its position stands."""
    names = [part.name for part in fields(kind) if part.name != _BESIDE]
    said = attrgetter(*(name for name in names if name != _UNSAID), "__class__")
    place = names.index(_UNSAID) if _UNSAID in names else None

    def values(value: object) -> list[Any]:
        held = list(said(value)[:-1])
        if place is not None:
            held.insert(place, None)
        return held

    return values


_VALUES: dict[type, Callable[[object], list[Any]]] = {
    kind: _values(kind)
    for kind in (Defaults, Place, LabelRule, Membership, Example, Document, Term, Phrase, Word, Context)
}

"""The kinds of elements by what may stand in them, and why a reading ends early."""

from typing import Final

Attributes = dict[str, str]

HOLDER: Final = 0
"""An element whose children are read as if they stood outside it."""

LEAF: Final = 1
"""An element of text; anything in it is a doubt."""

PEOPLE: Final = 2
"""An element with the parts of a person in it, or a name as its text."""

TYPED: Final = 3
"""An element of text that is not said to be XHTML, but may prove to be."""

MARKUP: Final = 4
"""XHTML; what stands in it becomes text again."""

ENTRIES: Final = frozenset({"item", "entry"})
"""Names under which entries are counted."""

FARTHEST: Final = 4096
"""Bytes within which a document must come to its first element."""


class DoubtError(Exception):
    """Something that only feedparser may decide; the message says what, in few words."""


class EnoughError(Exception):
    """One entry more than wanted has been seen."""


def local_name(raw: str) -> str:
    """The local name of what expat gives as `uri local prefix`, `uri local` or `local`."""
    return raw.split(" ")[1] if " " in raw else raw

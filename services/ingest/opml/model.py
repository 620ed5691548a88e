"""What a feed list holds."""

from dataclasses import dataclass

MAX_FOLDERS = 20
"""Outlines within outlines; a feed counts as one."""

MAX_TEXT = 500
"""Characters of a title or of the name of a folder."""

HINTS = ("language", "country", "region", "topic")
"""Attributes that say what a feed is about; a folder gives them to all in it."""


@dataclass(frozen=True, slots=True)
class ListedFeed:
    """One feed of a list. `folders` from the outermost in; `country` is ISO 3166 alpha-2 in capitals."""

    url: str
    title: str = ""
    site_url: str | None = None
    folders: tuple[str, ...] = ()
    language: str | None = None
    country: str | None = None
    region: str | None = None
    topic: str | None = None


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """An outline that is no feed: the line it stands on, its number among the outlines, and why, in a sentence."""

    line: int
    outline: int
    reason: str


@dataclass(frozen=True, slots=True)
class Outline:
    """What a list holds: feeds in its order, each address once, and what was refused."""

    title: str
    feeds: tuple[ListedFeed, ...]
    refused: tuple[RefusedLine, ...] = ()

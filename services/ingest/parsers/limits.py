"""Caps of one document, in one place."""

MAX_ENTRIES = 500
"""Entries read of one document; the newest stand first in nearly every feed."""

MAX_FIELD = 60_000
"""Characters of one field kept by a parser. Cleaning cuts again, to less."""

MAX_LOOSE = 786_432
"""Bytes of a document that is no XML: feedparser's loose reader takes up to 8 s of CPU for a mebibyte."""

MAX_DEPTH = 100
"""Elements within elements; feeds have about ten, and parsers slow down with the square of it."""

MAX_ENTITIES = 300
"""Entities a document may declare itself; more is an attack or a mistake."""

MAX_ENTITY = 100
"""Characters that one such entity may stand for."""

MAX_ATTRIBUTES = 100
"""Attributes of one element, and namespace prefixes of one document; parsers take the square of both."""

MAX_SKIP_TEXT = 40
"""Characters kept of an hour or a day that a feed says to skip."""

MAX_TAGS = 200
"""Tags of one entry that the fast reader compares with each other."""

MAX_AUTHOR = 300
"""Characters of an author with an at sign that the fast reader takes apart into name and address."""

"""How feedparser calls the elements and attributes of a document: by namespace, not by the prefix in the document.

`dc:creator` is `dc_creator` whatever prefix was declared for Dublin Core; elements of RSS and Atom have no prefix; what
is in no known namespace keeps the prefix of the document. The tables are read from feedparser itself, so that a new version
of it with a new namespace or a new element makes the fast reader decline rather than differ.
"""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from feedparser.api import StrictFeedParser

_STANDARD: Final = {uri.lower(): prefix for uri, prefix in StrictFeedParser.namespaces.items()}
_USERLAND: Final = "http://backend.userland.com/rss"

STARTED: Final = frozenset(name[7:] for name in dir(StrictFeedParser) if name.startswith("_start_"))
"""Elements at whose beginning feedparser does something of its own."""

ENDED: Final = frozenset(name[5:] for name in dir(StrictFeedParser) if name.startswith("_end_"))
"""Elements at whose end feedparser does something of its own."""

_VERSIONS: Final = {
    "http://purl.org/rss/1.0/": "rss10",
    "http://www.w3.org/2005/atom": "atom10",
}
PLAIN: Final = frozenset(
    {
        *(
            "href",
            "rel",
            "type",
            "title",
            "url",
            "length",
            "domain",
            "version",
            "term",
            "scheme",
            "label",
            "text",
        ),
        *("height", "width", "medium", "src", "alt", "class", "id", "style", "target", "border", "name"),
    }
)
"""Attributes that need no other name and set neither language nor base."""

_RSS090: Final = "http://my.netscape.com/rdf/simple/0.9/"
XLINK: Final = "http://www.w3.org/1999/xlink"


@dataclass(slots=True)
class Names:
    """The namespaces that one document has declared so far, and what its names become by them.

    `version`: the format that the namespaces alone tell, in feedparser's words; the root element may correct it.
    """

    version: str = ""
    _mapped: dict[str | None, str] = field(default_factory=dict)
    _in_use: dict[str, str] = field(default_factory=dict)

    def declare(self, prefix: str | None, uri: str) -> bool:
        """Take in one xmlns, and say whether it changes what later names become."""
        lower = uri.lower()
        if not self.version:
            self.version = "rss090" if (prefix, lower) == (None, _RSS090) else _VERSIONS.get(lower, "")
        if _USERLAND[7:] in lower:
            uri = lower = _USERLAND
        standard = _STANDARD.get(lower)
        if self._in_use.get((prefix or "") if standard is None else standard) == uri and (
            standard is None or self._mapped.get(prefix) == standard
        ):
            return False
        if standard is None:
            self._in_use[prefix or ""] = uri
        else:
            self._mapped[prefix] = standard
            self._in_use[standard] = uri
        return True

    @property
    def declared(self) -> int:
        """How many prefixes are declared."""
        return len(self._mapped) + len(self._in_use)

    def tag(self, raw: str) -> tuple[str, str]:
        """The name of an element that expat gives as `uri local prefix`: prefix and local name, both in lower case."""
        uri, local = _parted(raw)
        lower = uri.lower()
        if _USERLAND[7:] in lower:
            uri = lower = _USERLAND
        prefix = _STANDARD.get(lower)
        if prefix is None:
            prefix = next((name for name, used in self._in_use.items() if name and used == uri), "")
        prefix = prefix.lower()
        return self._mapped.get(prefix, prefix) if prefix else "", local.lower()


@lru_cache(maxsize=1024)
def _attribute(raw: str) -> tuple[str, str]:
    """The names of an attribute: by its namespace, and by the prefix as written. Equal for one without a prefix."""
    parts = raw.split(" ")
    if len(parts) == 1:
        return raw.lower(), raw.lower()
    prefix = _STANDARD.get(parts[0].lower(), "")
    by_namespace = f"{prefix}:{parts[1]}" if prefix else parts[1]
    written = f"{parts[2]}:{parts[1]}" if len(parts) == 3 else parts[1]
    return by_namespace.lower(), written.lower()


def renamed(raw: dict[str, str]) -> dict[str, str]:
    """The attributes of an element by their names in feedparser's words, in its order."""
    found: dict[str, str] = {}
    written: dict[str, str] = {}
    for name, value in raw.items():
        key, as_written = _attribute(name)
        found[key] = written[as_written] = value
    return found | written


def _parted(raw: str) -> tuple[str, str]:
    parts = raw.split(" ")
    return ("", raw) if len(parts) == 1 else (parts[0], parts[1])

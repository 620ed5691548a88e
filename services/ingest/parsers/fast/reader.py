"""One pass of expat over a well-formed feed, giving the fields that feedparser would give; on any doubt none.

The reader keeps what feedparser's answers depend on: the element whose text is being gathered, which part of the document
this is (feed, entry, source, picture), the depth at which each field was last set. What an element means is in
`fast_elements`. Every event costs a bounded amount of work, so the whole is linear in the size of the document.
"""

from collections.abc import Callable
from typing import Any, Final
from xml.parsers import expat

from services.ingest.parsers.fast import text as texts
from services.ingest.parsers.fast.kinds import (
    ENTRIES,
    FARTHEST,
    HOLDER,
    MARKUP,
    PEOPLE,
    TYPED,
    Attributes,
    DoubtError,
    EnoughError,
    local_name,
)
from services.ingest.parsers.fast.names import ENDED, PLAIN, STARTED, XLINK, Names, renamed
from services.ingest.parsers.fields import Fields
from services.ingest.parsers.limits import MAX_ATTRIBUTES, MAX_DEPTH, MAX_ENTRIES

End = Callable[["Reader", str], None]
Start = Callable[["Reader", Attributes], None]
Quick = tuple[int, End]
"""An element that, without attributes, only gathers text: the kind of it, and what gets the text."""

Known = tuple[Start | None, str, str, Quick | None]
"""What reads an element, its name in feedparser's words, its local name, and the short way for one without attributes."""

_PARTS_OF_PEOPLE: Final = frozenset(
    {"name", "email", "uri", "url", "homepage", "itunes_name", "itunes_email"}
)
_KEEP_TEXT_INPUT: Final = frozenset({"title", "link", "description", "name"})
_KEEP_IMAGE: Final = frozenset({"title", "link", "description", "url", "href", "width", "height"})
_ROOTS: Final = frozenset({"rss", "feed", "rdf_rdf", "channel"})
_DRAWINGS: Final = frozenset({"svg", "math"})


class Reader:
    """The state of one pass. `feed` and `entries` are fields in feedparser's words; `skips` texts by element name."""

    def __init__(
        self,
        starts: dict[str, Start],
        quick: dict[str, Quick],
        unknown: Callable[["Reader", str, Attributes], None],
    ) -> None:
        self.names = Names()
        self.version = ""
        self.feed: Fields = {}
        self.here = self.feed
        self.entries: list[Fields] = []
        self.skips: dict[str, list[str]] = {"hour": [], "day": []}
        self.item: Fields | None = None
        self.source: Fields | None = None
        self.in_feed = self.in_image = self.in_text_input = self.odd_place = False
        self.in_author = self.in_publisher = self.has_content = False
        self.depth, self.title_depth, self.item_depth, self.channel_depth = 0, -1, 0, -2
        self.set_at: dict[str, int] = {}
        self.lang: str | None = None
        self.base = ""
        self._bases: list[tuple[int, str]] = []
        self.kind, self.was_markup = HOLDER, False
        self._starts, self._quick, self._unknown = starts, quick, unknown
        self._known: dict[str, Known] = {}
        self._pieces: list[str] = []
        self._stack: list[tuple[End, list[str], int] | str | None] = []
        self.raw = ""
        self.skipping = ""
        self._langs: list[tuple[int, str | None]] = []
        self._counted = self._inside = 0
        self.cut = False
        self._parser = self._built()

    def _built(self) -> Any:
        parser = expat.ParserCreate("utf-8", " ")
        parser.buffer_text = True
        parser.namespace_prefixes = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.StartNamespaceDeclHandler = self._declared
        parser.StartDoctypeDeclHandler = self._doctype
        parser.ProcessingInstructionHandler = self._instruction
        return parser

    def read(self, data: bytes) -> None:
        """Read a whole document. Raises DoubtError, and ExpatError where it is not well-formed."""
        try:
            self._parser.Parse(data, True)
        except EnoughError:
            pass
        finally:
            self._parser = (
                None  # it holds this reader by its handlers: a ring that only the collector would free
            )

    # What handlers of elements use.

    def open(self, kind: int, end: End) -> None:
        """Gather the text of the element that just began; `end` gets it."""
        self._stack.append((end, self._pieces, self.kind))
        self._pieces, self.kind = [], kind
        handler = self._escaped if kind == MARKUP else self._pieces.append
        self._parser.CharacterDataHandler = None if kind == HOLDER else handler

    def close(self) -> None:
        """The element that just began gathers nothing: its text belongs to the one around it."""
        self._stack.append(None)

    def place(self) -> None:
        """Note where fields go at this place of the document; to be called wherever the place changes."""
        if self.source is not None:
            self.here = self.source
        elif self.in_image:
            self.here = self._inner("image")
        elif self.in_text_input:
            self.here = self._inner("textinput")
        else:
            self.here = self.feed if self.item is None else self.item

    def store(self, name: str, value: str) -> None:
        """Set a field of text: in an entry, unless the same field was set nearer to the entry itself."""
        if self.here is self.item:
            set_at = self.set_at
            if name not in set_at or self.depth <= set_at[name]:
                set_at[name] = self.depth
                self.item[name] = value
        elif self.in_feed or self.source is not None:
            self.here[name] = value

    @property
    def stores(self) -> bool:
        """Whether text of elements is kept at this place at all."""
        return self.in_feed or self.item is not None or self.source is not None

    @property
    def at_entry(self) -> bool:
        """Whether the element that just began or ends is a child of the entry itself."""
        return self.item is not None and self.depth == self.item_depth + 1

    def _inner(self, name: str) -> Fields:
        inner: Fields = self.feed.setdefault(name, {})
        return inner

    # What expat calls.

    def _start(self, raw: str, attributes: Attributes) -> None:
        depth = self.depth = self.depth + 1
        start, tag, local, quick = self._known.get(raw) or self._met(raw)
        if attributes:
            attributes = self._settled(attributes)
        elif self.base:
            self._rebase(self.base)
        if self.kind != HOLDER:
            if self.kind != PEOPLE or (tag in STARTED and tag not in _PARTS_OF_PEOPLE):
                self._markup(tag, local, attributes)
                return
        elif quick is not None and not attributes and not self.odd_place:
            self._stack.append((quick[1], self._pieces, HOLDER))
            self.kind, self._pieces = quick[0], []
            self._parser.CharacterDataHandler = self._pieces.append
            return
        if self.odd_place and tag == local:
            self.in_text_input &= tag in _KEEP_TEXT_INPUT
            self.in_image &= tag in _KEEP_IMAGE
            self.odd_place = self.in_text_input or self.in_image
            self.place()
        self.raw = raw
        if start is not None:
            start(self, attributes)
        else:
            self._unknown(self, tag, attributes)
        if depth > MAX_DEPTH:
            raise DoubtError("depth")

    def _met(self, raw: str) -> Known:
        """What reads the elements of a name met for the first time, and their name in feedparser's words."""
        prefix, local = self.names.tag(raw)
        if local in _DRAWINGS:
            raise DoubtError("drawing")
        tag = f"{prefix}_{local}" if prefix else local
        if self.depth == 1 and (tag not in _ROOTS or self._parser.CurrentByteIndex > FARTHEST):
            raise DoubtError("root")
        found = self._known[raw] = self._starts.get(tag), tag, local, self._quick.get(tag)
        return found

    def _end(self, _raw: str) -> None:
        top = self._stack.pop()
        if top is None:
            pass
        elif isinstance(top, str):
            self._pieces.append(f"</{top}>")
        else:
            end, outer, kind = top
            text = "".join(self._pieces) if self.kind != MARKUP else self._of_markup()
            self._pieces, self.kind = outer, kind
            # Between elements nothing is gathered: there is no text, only the blanks of its layout.
            self._parser.CharacterDataHandler = None if kind == HOLDER else outer.append
            end(self, text)
        if self._langs or self._bases:
            self._out_of_scope()
        self.depth -= 1

    def _of_markup(self) -> str:
        self.was_markup = True
        return "".join(texts.without_div(self._pieces) if self.version == "atom10" else self._pieces)

    def _escaped(self, text: str) -> None:
        self._pieces.append(texts.escaped(text))

    def _declared(self, prefix: str | None, uri: str | None) -> None:
        if not uri:
            return
        if uri == XLINK or " " in uri or self.names.declared >= MAX_ATTRIBUTES:
            raise DoubtError("namespace")
        if self.names.declare(prefix, uri):
            self._known.clear()
        self.version = self.version or self.names.version

    def _doctype(self, *_parts: object) -> None:
        raise DoubtError("doctype")

    def _instruction(self, _target: str, data: str) -> None:
        if ">" in data or self.depth:
            raise DoubtError("processing instruction")

    def _settled(self, raw: Attributes) -> Attributes:
        """Attributes by feedparser's names; the language that they set for what is inside."""
        if len(raw) > MAX_ATTRIBUTES // 2:
            raise DoubtError("attributes")
        found = raw if raw.keys() <= PLAIN else self._named(raw)
        if "type" in found:
            found["type"] = found["type"].lower()
        if "rel" in found:
            found["rel"] = found["rel"].lower()
        if found is not raw or self.base:
            self._rebase(found.get("xml:base", found.get("base")) or self.base)
        return found

    def _named(self, raw: Attributes) -> Attributes:
        """Attributes by their names in feedparser's words; those of languages and bases are always among these."""
        found = renamed(raw)
        language = found.get("xml:lang", found.get("lang"))
        if language is not None:
            self._langs.append((self.depth, self.lang))
            self.lang = language or None
        return found

    def _rebase(self, declared: str) -> None:
        if not declared:
            return
        self.base = texts.rebased(self.base, declared)
        self._bases.append((self.depth, self.base))

    def _out_of_scope(self) -> None:
        """Language and base of the element around; where that has no base, feedparser goes on with the one that ends."""
        if self._langs and self._langs[-1][0] == self.depth:
            self.lang = self._langs.pop()[1]
        if self._bases and self._bases[-1][0] == self.depth:
            self._bases.pop()
        if self._bases and self._bases[-1][0] == self.depth - 1:
            self.base = self._bases[-1][1]

    def _markup(self, tag: str, local: str, attributes: Attributes) -> None:
        """A start tag inside XHTML, as text; elements that mean something to feedparser even there are a doubt."""
        if self.kind < TYPED:
            raise DoubtError(f"<{local}> in text")
        if tag in ENDED or self.depth > MAX_DEPTH or (self.kind == TYPED and local == "div"):
            raise DoubtError(f"<{local}> in markup")
        if self.kind == TYPED:
            self.kind = MARKUP
            self._parser.CharacterDataHandler = self._escaped
        self._pieces.append(texts.start_tag(local, attributes))
        self._stack.append(local)

    def count(self) -> None:
        """Count an entry that ends, by the rule of `xml_shape`; past the cap nothing but entries may follow."""
        self._counted += 1
        if self._counted == MAX_ENTRIES:
            self._parser.StartElementHandler = self._start_past_the_cap
            self._parser.EndElementHandler = self._end_past_the_cap
            self._parser.CharacterDataHandler = None

    def _start_past_the_cap(self, raw: str, _attributes: Attributes) -> None:
        if not self._inside and (self.depth >= 4 or local_name(raw) not in ENTRIES):
            raise DoubtError("fields after the last entry")
        self._inside += 1

    def _end_past_the_cap(self, _raw: str) -> None:
        if self._inside == 1:
            self.cut = True
            raise EnoughError
        self._inside = max(self._inside - 1, 0)

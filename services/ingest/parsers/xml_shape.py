"""Makes XML fit for a strict parser, or says that it is not: one fast pass of expat before the dear one.

Nearly all broken feeds are broken in one of five ways: a bare `&`, an HTML entity, a control character, a prefix
nobody declared, an end that is missing. These are repaired, so that the strict reader sees every entry; it is ten
times faster than the loose one and cannot be slowed down by what stands in the text. The same pass cuts a document
after its 500th entry and refuses what only an attack would hold.
"""

import html.entities
import itertools
import re
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from services.ingest.parsers.errors import NotAFeedError
from services.ingest.parsers.fields import Skips
from services.ingest.parsers.limits import (
    MAX_ATTRIBUTES,
    MAX_DEPTH,
    MAX_ENTITIES,
    MAX_ENTITY,
    MAX_ENTRIES,
    MAX_LOOSE,
    MAX_SKIP_TEXT,
)

TOO_MANY = f"The document has more than {MAX_ENTRIES} entries; the first {MAX_ENTRIES} were read."
"""The problem of a document that was cut."""

_HEADER = '<?xml version="1.0" encoding="utf-8"?>'
_DECLARATION = re.compile(r"<\?xml\s[^>]{0,300}\?>", re.IGNORECASE)
_ILLEGAL = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_REFERENCE = re.compile(
    r"&(?:#(?P<code>[0-9]{1,8}|[xX][0-9a-fA-F]{1,6});|(?P<name>[A-Za-z][A-Za-z0-9]{0,31});)?"
)
_OWN = frozenset({"amp", "lt", "gt", "quot", "apos"})
_ROOT = re.compile(r"<(?![?!])[A-Za-z_][^\s<>/]*")
_ENTRY_TAG = re.compile(rb"<(?:[A-Za-z_][\w.-]{0,30}:)?(?:item|entry)[\s>]", re.IGNORECASE)
_ENTRIES = frozenset({"item", "entry"})
_HOUR = re.compile(r"<(hour|day)>([^<]{1,40})</\1>", re.IGNORECASE)
SKIPPED = {"hour": "skiphours", "day": "skipdays"}
"""What feedparser keeps only the last of, and in which element of a channel it stands; names in lower case."""

_NAMESPACES = {
    "atom": "http://www.w3.org/2005/Atom",
    "content": "http://purl.org/rss/1.0/modules/content/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "feedburner": "http://rssnamespace.org/feedburner/ext/1.0",
    "georss": "http://www.georss.org/georss",
    "itunes": "http://www.itunes.com/dtds/podcast-1.0.dtd",
    "media": "http://search.yahoo.com/mrss/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "slash": "http://purl.org/rss/1.0/modules/slash/",
    "sy": "http://purl.org/rss/1.0/modules/syndication/",
    "thr": "http://purl.org/syndication/thread/1.0",
    "wfw": "http://wellformedweb.org/CommentAPI/",
}
_E = expat.errors
_BROKEN_OFF = frozenset(
    _E.codes[text]
    for text in (
        _E.XML_ERROR_NO_ELEMENTS,
        _E.XML_ERROR_UNCLOSED_TOKEN,
        _E.XML_ERROR_PARTIAL_CHAR,
        _E.XML_ERROR_UNCLOSED_CDATA_SECTION,
    )
)
_AFTER_END = _E.codes[_E.XML_ERROR_JUNK_AFTER_DOC_ELEMENT]


@dataclass(frozen=True, slots=True)
class Shaped:
    """A document ready for the parser: UTF-8 bytes, and what had to be done to it in sentences."""

    data: bytes
    well_formed: bool
    problems: tuple[str, ...] = ()
    skips: Skips = field(default_factory=Skips)


class _EnoughError(Exception):
    """One entry more than wanted has been seen."""


@dataclass(slots=True)
class _Scan:
    """What one pass saw: the elements open at the end of the last whole entry, and where that was."""

    open: list[str] = field(default_factory=list)
    open_at_last: tuple[str, ...] = ()
    last: int = -1
    entries: int = 0
    entities: int = 0
    prefixes: set[str] = field(default_factory=set)
    declared: set[str] = field(default_factory=lambda: {"xml", "xmlns"})
    finished: bool = False
    error: expat.ExpatError | None = None
    hours: list[str] = field(default_factory=list)
    days: list[str] = field(default_factory=list)

    @property
    def undeclared(self) -> set[str]:
        return self.prefixes - self.declared

    def skips_at(self, name: str) -> list[str] | None:
        """Where the text of the element just opened belongs, if it is one of a channel's hours or days to skip."""
        if name not in SKIPPED or len(self.open) < 3:
            return None
        channel, parent = (outer.lower() for outer in self.open[-3:-1])
        if channel != "channel" or parent != SKIPPED[name]:
            return None
        return self.hours if name == "hour" else self.days


def shape(text: str) -> Shaped:
    """Repair `text` as far as it goes. Raises NotAFeedError for what no feed holds: depth, a flood of entities."""
    text = _ILLEGAL.sub("", _from_first_tag(text))
    declaration = _DECLARATION.match(text)
    text = _HEADER + text[declaration.end() if declaration else 0 :].lstrip()
    data = as_given = text.encode()
    scan = _scan(data)
    problems: list[str] = []
    if scan.undeclared or (scan.error and scan.error.code not in _BROKEN_OFF):
        text = _declared(_references_repaired(text) if scan.error else text, scan.undeclared)
        error, data = scan.error, text.encode()
        scan = _scan(data)
        if error and not scan.error:
            problems.append(f"The document is not well-formed ({error}); this was repaired.")
        if scan.undeclared and not scan.error:
            data = _declared(text, scan.undeclared).encode()
    return _cut(data, scan, problems, as_given)


def _cut(data: bytes, scan: _Scan, problems: list[str], as_given: bytes) -> Shaped:
    """The part of `data` that is worth parsing, closed properly; what must be read loosely, as it was before any repair:
    the loose reader has repairs of its own, and ours would be mistaken for text.
    """
    skips = Skips(tuple(scan.hours), tuple(scan.days))
    if not scan.error and not scan.finished:
        return Shaped(data, True, tuple(problems), skips)
    if scan.finished:
        problems.append(TOO_MANY)
        return Shaped(_closed(data, scan), True, tuple(problems), skips)
    error = scan.error
    if error is not None and scan.last > 0 and error.code in _BROKEN_OFF:
        problems.append(f"The document breaks off; the {scan.entries} entries before that were read.")
        return Shaped(_closed(data, scan), True, tuple(problems), skips)
    if error is not None and error.code == _AFTER_END:
        problems.append("Something follows the end of the document; it was left out.")
        return Shaped(data[: _offset(data, error)], True, tuple(problems), skips)
    problems.append(f"The document is not well-formed ({error}); it was read loosely.")
    loose = as_given[: _loose_end(as_given)]
    if len(loose) < len(as_given):
        problems.append("It is also long; what lies past its first 768 KiB or 500 entries was left out.")
    return Shaped(loose, False, tuple(problems), _loose_skips(loose))


def _loose_skips(data: bytes) -> Skips:
    """Hours and days to skip, out of a document that is no XML."""
    start = data.find(b"<skip")
    found = _HOUR.findall(data[start : start + 4096].decode("utf-8", "replace")) if start >= 0 else []
    return Skips(
        tuple(text for name, text in found if name.lower() == "hour"),
        tuple(text for name, text in found if name.lower() == "day"),
    )


def _loose_end(data: bytes) -> int:
    """How much of a document is read loosely, which is slow: whole entries of the first 768 KiB, 500 at most."""
    starts = [found.start() for found in itertools.islice(_ENTRY_TAG.finditer(data), MAX_ENTRIES + 1)]
    end = starts[-1] if len(starts) > MAX_ENTRIES else len(data)
    if end <= MAX_LOOSE:
        return end
    return max((start for start in starts[1:] if start <= MAX_LOOSE), default=MAX_LOOSE)


def _scan(data: bytes) -> _Scan:
    scan = _Scan()
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True

    def start(name: str, attributes: dict[str, str]) -> None:
        scan.open.append(name)
        if len(scan.open) > MAX_DEPTH:
            raise NotAFeedError("xml", f"The document nests more than {MAX_DEPTH} elements; no feed does.")
        if len(attributes) > MAX_ATTRIBUTES or len(scan.prefixes) > MAX_ATTRIBUTES:
            raise NotAFeedError(
                "xml",
                f"The document uses more than {MAX_ATTRIBUTES} attributes or prefixes in one place; no feed does.",
            )
        if (texts := scan.skips_at(name.lower())) is not None:
            texts.append("")
            parser.CharacterDataHandler = lambda text: texts.append((texts.pop() + text)[:MAX_SKIP_TEXT])
        for qualified in (name, *attributes):
            prefix, colon, local = qualified.partition(":")
            if colon:
                scan.prefixes.add(prefix)
                if prefix == "xmlns":
                    scan.declared.add(local)

    def end(name: str) -> None:
        scan.open.pop()
        parser.CharacterDataHandler = None
        if name.rpartition(":")[2] in _ENTRIES and len(scan.open) < 4:
            if scan.entries == MAX_ENTRIES:
                raise _EnoughError
            scan.entries += 1
            scan.last, scan.open_at_last = parser.CurrentByteIndex, tuple(scan.open)

    def entity(_name: str, _parameter: bool, value: str | None, *_rest: Any) -> None:
        scan.entities += 1
        if scan.entities > MAX_ENTITIES or len(value or "") > MAX_ENTITY:
            raise NotAFeedError("xml", "The document declares entities of its own as only an attack would.")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.EntityDeclHandler = entity
    try:
        parser.Parse(data, True)
    except _EnoughError:
        scan.finished = True
    except expat.ExpatError as error:
        scan.error = error
    return scan


def _closed(data: bytes, scan: _Scan) -> bytes:
    """Everything up to the end of the last whole entry, and an end tag for what is open there."""
    end = data.index(b">", scan.last) + 1
    return data[:end] + b"".join(f"</{name}>".encode() for name in reversed(scan.open_at_last))


def _offset(data: bytes, error: expat.ExpatError) -> int:
    """The byte at which expat stopped: its line counts from 1, its column in bytes from 0."""
    position = 0
    for _ in range(error.lineno - 1):
        position = data.index(b"\n", position) + 1
    return position + error.offset


def _from_first_tag(text: str) -> str:
    """Without what some servers print before the document: warnings, blank lines, byte order marks."""
    first = text.find("<?xml", 0, 4096)
    if first < 0:
        first = text.find("<", 0, 4096)
    return text[max(first, 0) :]


def _references_repaired(text: str) -> str:
    """HTML entities as numbers, impossible numbers away, bare ampersands escaped; CDATA sections untouched."""
    pieces: list[str] = []
    position = 0
    while (start := text.find("<![CDATA[", position)) >= 0:
        end = text.find("]]>", start)
        end = len(text) if end < 0 else end + 3
        pieces += [_REFERENCE.sub(_reference, text[position:start]), text[start:end]]
        position = end
    pieces.append(_REFERENCE.sub(_reference, text[position:]))
    return "".join(pieces)


def _reference(found: re.Match[str]) -> str:
    if found["code"]:
        code = int(found["code"][1:], 16) if found["code"][0] in "xX" else int(found["code"])
        return (
            found[0]
            if code in {9, 10, 13}
            or (0x20 <= code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF and code & 0xFFFE != 0xFFFE)
            else ""
        )
    if not found["name"]:
        return "&amp;"
    if found["name"] in _OWN:
        return found[0]
    signs = html.entities.html5.get(found["name"] + ";")
    return "".join(f"&#{ord(sign)};" for sign in signs) if signs else "&amp;" + found[0][1:]


def _declared(text: str, prefixes: set[str]) -> str:
    """`text` with the prefixes that nobody declared declared at its first element."""
    known = "".join(
        f' xmlns:{prefix}="{_NAMESPACES.get(prefix, "urn:undeclared:" + prefix)}"'
        for prefix in sorted(prefixes)
    )
    return _ROOT.sub(lambda found: found[0] + known, text, count=1) if known else text

"""Reads OPML: feeds with the hints of all around them, and the place of every line that is no feed."""

import xml.sax
import xml.sax.handler
import xml.sax.xmlreader
from dataclasses import replace
from io import BytesIO

from defusedxml.common import DefusedXmlException
from defusedxml.sax import make_parser

from services.core.errors import InvalidInputError
from services.core.text import plain_text
from services.core.urls import check_http_url
from services.ingest.opml.model import HINTS, MAX_FOLDERS, MAX_TEXT, ListedFeed, Outline, RefusedLine

_EXPECTED = "An OPML file is expected: <opml> with a <body> of <outline> elements that carry xmlUrl."


def read_opml(data: bytes, *, name: str) -> Outline:
    """Read a feed list; `name` is the file's, for messages.

    Raises InvalidInputError with line and column where it is not XML or not OPML. A line that is wrong refuses
    itself alone. The same address listed twice is one feed with the first one's title and the hints of both.
    """
    if not data.strip():
        raise InvalidInputError(f"{name}: the file is empty. {_EXPECTED}")
    blank_lines = 0
    if data.lstrip().startswith(
        b"<?xml"
    ):  # only white space before a declaration is an error, and a harmless one
        blank_lines = data[: len(data) - len(data.lstrip())].count(b"\n")
        data = data.lstrip()
    reader = _Reader(name, first_line=blank_lines)
    parser = make_parser()
    parser.setFeature(xml.sax.handler.feature_external_ges, False)
    parser.setContentHandler(reader)
    try:
        parser.parse(BytesIO(data))
    except xml.sax.SAXParseException as error:
        raise InvalidInputError(_syntax(name, error, blank_lines)) from None
    except DefusedXmlException:
        raise InvalidInputError(
            f"{name}: the file declares entities of its own, which no feed list needs. {_EXPECTED}"
        ) from None
    except (UnicodeError, LookupError) as error:
        raise InvalidInputError(
            f"{name}: the file cannot be read in its charset ({error!s:.80}). Save it as UTF-8."
        ) from None
    if not reader.is_opml:
        raise InvalidInputError(f"{name}: the file has no <opml> element. {_EXPECTED}")
    return Outline(
        plain_text(reader.title, limit=MAX_TEXT), tuple(reader.feeds.values()), tuple(reader.refused)
    )


def _syntax(name: str, error: xml.sax.SAXParseException, blank_lines: int) -> str:
    line, column = blank_lines + (error.getLineNumber() or 1), (error.getColumnNumber() or 0) + 1
    message = error.getMessage()
    hint = (
        " In an address, & must be written &amp;."
        if "invalid token" in message or "entity" in message
        else ""
    )
    return f"{name}: line {line}, column {column}: this is not XML ({message}).{hint} {_EXPECTED}"


class _Reader(xml.sax.handler.ContentHandler):
    """Collects feeds while the file goes by; knows the line it is on."""

    def __init__(self, name: str, *, first_line: int) -> None:
        super().__init__()
        self.name = name
        self._first_line = first_line
        self.title = ""
        self.is_opml = False
        self.feeds: dict[str, ListedFeed] = {}
        self.refused: list[RefusedLine] = []
        self._outlines = 0
        self._folders: list[tuple[str, dict[str, str]]] = []
        self._path: list[str] = []
        self._locator: xml.sax.xmlreader.Locator | None = None

    def setDocumentLocator(self, locator: xml.sax.xmlreader.Locator) -> None:  # noqa: N802 - named by xml.sax
        self._locator = locator

    def startElement(self, name: str, attrs: xml.sax.xmlreader.AttributesImpl) -> None:  # noqa: N802 - named by xml.sax
        if not self._path:
            self._root(name)
        self._path.append(name)
        if name.lower() == "outline":
            self._outline({key.lower(): value for key, value in attrs.items()})

    def characters(self, content: str) -> None:
        if [part.lower() for part in self._path] == ["opml", "head", "title"]:
            self.title += content

    def endElement(self, name: str) -> None:  # noqa: N802 - named by xml.sax
        self._path.pop()
        if name.lower() == "outline":
            self._folders.pop()

    def _root(self, name: str) -> None:
        self.is_opml = name.lower() == "opml"
        if not self.is_opml:
            column = (self._locator.getColumnNumber() or 0) + 1 if self._locator else 1
            raise InvalidInputError(
                f"{self.name}: line {self._line()}, column {column}: the first element is <{name}>. {_EXPECTED}"
            )

    def _line(self) -> int:
        return self._first_line + ((self._locator.getLineNumber() or 1) if self._locator else 1)

    def _outline(self, attributes: dict[str, str]) -> None:
        self._outlines += 1
        title = plain_text(_name(attributes), limit=MAX_TEXT)
        hints = {hint: attributes[hint].strip() for hint in HINTS if hint in attributes}
        folders = tuple(folder for folder, _ in self._folders if folder)
        inherited = {k: v for _, given in self._folders for k, v in given.items()} | hints
        is_feed = "xmlurl" in attributes or attributes.get("type", "").lower() in {"rss", "atom", "feed"}
        self._folders.append(("" if is_feed else title, hints))
        if len(self._folders) > MAX_FOLDERS:
            self._refuse("it lies in more than 20 folders")
        elif is_feed:
            self._feed(attributes, title, folders, inherited)

    def _feed(
        self, attributes: dict[str, str], title: str, folders: tuple[str, ...], hints: dict[str, str]
    ) -> None:
        address = attributes.get("xmlurl", "")
        if not address.strip():
            return self._refuse(f"“{title or 'untitled'}” has no xmlUrl")
        try:
            url = check_http_url(address)
        except InvalidInputError as error:
            return self._refuse(str(error))
        listed = ListedFeed(
            url=url,
            title="" if _name(attributes) == address else title,
            site_url=_site(attributes.get("htmlurl")),
            folders=folders,
            language=hints.get("language") or None,
            country=_country(hints.get("country")),
            region=hints.get("region"),
            topic=hints.get("topic"),
        )
        key = _same(url)
        self.feeds[key] = _merged(self.feeds[key], listed) if key in self.feeds else listed
        return None

    def _refuse(self, reason: str) -> None:
        line = self._line()
        reason = reason if reason.endswith(".") else reason + "."
        self.refused.append(
            RefusedLine(line, self._outlines, f"line {line}, outline {self._outlines}: {reason}")
        )


def _name(attributes: dict[str, str]) -> str:
    return attributes.get("title") or attributes.get("text") or ""


def _merged(first: ListedFeed, second: ListedFeed) -> ListedFeed:
    gained = {hint: getattr(second, hint) for hint in HINTS if getattr(first, hint) is None}
    return replace(
        first, title=first.title or second.title, site_url=first.site_url or second.site_url, **gained
    )


def _same(url: str) -> str:
    """Two addresses of one feed: they differ in scheme or in a trailing slash only."""
    return url.partition("://")[2].rstrip("/")


def _site(address: str | None) -> str | None:
    try:
        return check_http_url(address) if address and address.strip() else None
    except InvalidInputError:
        return None


def _country(code: str | None) -> str | None:
    return code.upper() if code and len(code) == 2 and code.isascii() and code.isalpha() else None

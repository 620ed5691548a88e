"""News sitemaps: `<urlset>` with `news:news`, as publishers write them for search engines; one pass of expat.

Sitemaps protocol 0.9, the news extension 0.9 and the image extension 1.1. A plain sitemap lists pages without titles
or dates of publication, so it is refused, and so is an index of sitemaps, which names what to ask for instead.
"""

from collections.abc import Callable
from typing import Final
from xml.parsers import expat

from services.ingest.entry import ParsedFeed, RawEntry
from services.ingest.parsers.dates import read_date
from services.ingest.parsers.errors import NotAFeedError
from services.ingest.parsers.fields import absolute
from services.ingest.parsers.limits import MAX_ATTRIBUTES, MAX_DEPTH, MAX_ENTRIES, MAX_FIELD

_NEWS = "schemas/sitemap-news/"
_IMAGE = "schemas/sitemap-image/"
_NAMED: Final = 3
"""Sitemaps of an index that its refusal names."""

_KINDS: Final = {
    "loc": "loc",
    "lastmod": "lastmod",
    "news title": "title",
    "news publication_date": "date",
    "news keywords": "keywords",
    "news genres": "genres",
    "news name": "outlet",
    "news language": "language",
    "image loc": "image",
}
"""Elements that are read, by the extension they belong to, and the field each becomes."""

Fields = dict[str, str]


class IllFormedError(NotAFeedError):
    """The sitemap is no XML; repairs may help."""


class _EnoughError(Exception):
    """More than is wanted has been seen."""


class _Pages:
    """What one pass saw: the pages of a urlset, or the sitemaps of an index, each as its fields."""

    def __init__(self) -> None:
        self.index = False
        self.pages: list[Fields] = []
        self.more = False
        self._page: Fields | None = None
        self._open: list[str] = []
        self._pieces: list[str] = []

    def start(self, raw: str, attributes: dict[str, str]) -> None:
        name = _name(raw)
        self._open.append(name)
        if len(self._open) > MAX_DEPTH or len(attributes) > MAX_ATTRIBUTES:
            raise NotAFeedError("xml", "The sitemap is built as only an attack would be.")
        if len(self._open) == 1:
            self.index = name == "sitemapindex"
        elif name in {"url", "sitemap"} and len(self._open) == 2:
            if len(self.pages) == MAX_ENTRIES:
                self.more = True
                raise _EnoughError
            self._page = {}
        self._pieces = []

    def data(self, text: str) -> None:
        self._pieces.append(text)

    def end(self, _raw: str) -> None:
        name = self._open.pop()
        page = self._page
        if page is None:
            return
        if len(self._open) == 1:
            self.pages.append(page)
            self._page = None
        elif name in _KINDS:
            page.setdefault(_KINDS[name], "".join(self._pieces).strip()[:MAX_FIELD])
        elif name == "news news":
            page["news"] = "yes"
        self._pieces = []


def parse(data: bytes, *, url: str, problems: tuple[str, ...] = ()) -> ParsedFeed:
    """Read a well-formed sitemap (UTF-8). `problems`: what was repaired on the way to it.

    Raises NotAFeedError for an index of sitemaps and a sitemap without news, IllFormedError for what is no XML.
    """
    seen = _Pages()
    _read(data, seen.start, seen.data, seen.end)
    if seen.index:
        raise _index_refused(seen.pages, url)
    news = [page for page in seen.pages if "news" in page]
    if not news:
        raise NotAFeedError(
            "xml",
            "The address answers a plain sitemap, not a feed: its pages have neither titles nor dates of publication;"
            " a news sitemap or a feed is needed.",
        )
    more = f"The sitemap has more than {MAX_ENTRIES} pages; the first {MAX_ENTRIES} were read."
    return ParsedFeed(
        format="sitemap",
        title=news[0].get("outlet", ""),
        site_url=None,
        language=news[0].get("language") or None,
        entries=tuple(_entry(page, url) for page in news),
        problems=(*problems, more) if seen.more else problems,
    )


def _entry(page: Fields, url: str) -> RawEntry:
    """A page of a sitemap: its address is what identifies it, its keywords are its tags."""
    address = absolute(page.get("loc", ""), url)
    updated = read_date(page.get("lastmod"))
    words = page.get("keywords", "").split(",")
    return RawEntry(
        guid=address,
        url=address,
        title=page.get("title", ""),
        published_at=read_date(page.get("date")) or updated,
        updated_at=updated,
        tags=tuple(dict.fromkeys(word for text in words if (word := " ".join(text.split())))),
        image=absolute(page.get("image", ""), url),
        language=page.get("language") or None,
    )


def _index_refused(sitemaps: list[Fields], url: str) -> NotAFeedError:
    named = [found for page in sitemaps if (found := absolute(page.get("loc", ""), url))]
    listed = ", ".join(f"{address:.200}" for address in named[:_NAMED])
    more = f" and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
    return NotAFeedError(
        "xml",
        f"The address answers an index of sitemaps, not a feed; it lists {listed}{more}."
        if listed
        else "The address answers an index of sitemaps that lists none, not a feed.",
    )


def _name(raw: str) -> str:
    """The local name, with the extension it belongs to in front: `loc`, `news title`, `image loc`."""
    space, _, local = raw.rpartition(" ")
    for part, extension in ((_NEWS, "news"), (_IMAGE, "image")):
        if part in space:
            return f"{extension} {local}"
    return local.lower() if not space or "sitemap" in space.lower() else f"other {local}"


def _read(
    data: bytes,
    start: Callable[[str, dict[str, str]], None],
    text: Callable[[str], None],
    end: Callable[[str], None],
) -> None:
    def entity(*_declared: object) -> None:
        raise NotAFeedError("xml", "The sitemap declares entities of its own; none does.")

    parser = expat.ParserCreate("utf-8", " ")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = text
    parser.EntityDeclHandler = entity
    try:
        parser.Parse(data, True)
    except _EnoughError:
        return
    except expat.ExpatError as error:
        raise IllFormedError("xml", f"The sitemap is not well-formed ({error}).") from None

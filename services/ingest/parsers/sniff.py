"""What a document is, by its first characters, whatever its Content-Type says."""

import re

from services.ingest.parsers.errors import Kind, NotAFeedError

_MAGIC = (
    (b"\x1f\x8b", "gzip-compressed data"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"RIFF", "a media file"),
    (b"ID3", "an MP3 file"),
    (b"\x7fELF", "a program"),
    (b"\x28\xb5\x2f\xfd", "zstd-compressed data"),
    (b"OggS", "a media file"),
    (b"BZh", "bzip2-compressed data"),
)
_HEAD = 4096
FARTHEST_ROOT = 5 * _HEAD
"""Characters within which the first element of a document is looked for."""

_PROLOGUE = re.compile(r"[\ufeff\0\s]+|<\?[^>]*+>|<!(?!--)[^>\[]*+(?:\[[^\]]*+\])?[^>]*+>")
_TAG = re.compile(r"<([A-Za-z_][A-Za-z0-9_.:-]{0,60})[\s/>]")
_PAGE_ROOT = re.compile(
    r"html|head|body|title|meta|script|style|div|p|h1|h2|table|center|font|frameset|noscript", re.IGNORECASE
)


def refuse_binary(body: bytes) -> None:
    """Raise NotAFeedError where the first bytes are those of an image, an archive and the like."""
    head = body[:8]
    for magic, what in _MAGIC:
        if head.startswith(magic):
            raise NotAFeedError("binary", f"The address answers {what}, not a feed.")


def looks_like_json(text: str) -> bool:
    """Whether the first sign is that of a JSON object or list."""
    return text[:_HEAD].lstrip("\ufeff \t\r\n")[:1] in {"{", "["}


def looks_like_html(text: str) -> bool:
    """Whether the first element is one of a web page; a feed may hold pages, but does not begin with one."""
    return _PAGE_ROOT.fullmatch(_root(text)) is not None


def looks_like_sitemap(text: str) -> bool:
    """Whether the first element is that of a sitemap or of an index of sitemaps (sitemaps.org, 0.9)."""
    return _root(text).rpartition(":")[2].lower() in {"urlset", "sitemapindex"}


def _root(text: str) -> str:
    """The name of the first element, past declarations and comments; empty where none is near the beginning."""
    position = 0
    while position < _HEAD * 4:
        if text.startswith("<!--", position):
            end = text.find("-->", position)
            if end < 0:
                return ""
            position = end + 3
        elif found := _PROLOGUE.match(text, position):
            position = found.end()
        else:
            break
    found = _TAG.search(text, position, position + _HEAD)
    return found[1] if found else ""


def kind_of(text: str) -> Kind:
    """The kind of a document that proved to be no feed."""
    head = text[:_HEAD]
    if looks_like_json(text):
        return "json"
    if looks_like_html(text):
        return "html"
    if head.lstrip("\ufeff \t\r\n").startswith("<"):
        return "xml"
    odd = sum(not (sign.isprintable() or sign.isspace()) for sign in head)
    return "binary" if odd > len(head) // 20 else "text"


def refusal(text: str) -> NotAFeedError:
    """The error that says in a sentence what `text` is instead of a feed."""
    kind = kind_of(text)
    what = {
        "json": "JSON, but not a JSON Feed",
        "html": "a web page, not a feed",
        "xml": "XML, but not a feed" + (f": its first element is <{root}>" if (root := _root(text)) else ""),
        "binary": "data that is no text, not a feed",
        "text": "plain text, not a feed",
    }
    return NotAFeedError(kind, f"The address answers {what[kind]}.")

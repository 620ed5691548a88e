"""From bytes to `ParsedFeed` (pure): RSS, RDF, Atom, JSON Feed and news sitemaps.

Two readers stand behind it: a fast one for what is well-formed and ordinary, and feedparser, the reference, for
everything else. Both answer with a feed or raise NotAFeedError with a sentence; nothing else leaves them. What every
format shares is decided here: the charset, how the document is recognised, and which entries of it share an address
or an identity.
"""

from services.ingest.entry import ParsedFeed
from services.ingest.parsers import charset, fast, json_feed, quirks, sitemap, sniff, syndication
from services.ingest.parsers.errors import NotAFeedError

__all__ = ["NotAFeedError", "parse", "parse_fast", "parse_reference", "why_not_fast"]

_BLANKS = b" \t\r\n"


def parse(body: bytes, *, content_type: str | None, url: str) -> ParsedFeed:
    """Read one document. `content_type` as the server gave it; `url` is what relative links are relative to.

    The fast reader where it is certain, else the reference. Raises NotAFeedError, whose `kind` and sentence say what the
    document is instead.
    """
    found = parse_fast(body, content_type=content_type, url=url)
    return parse_reference(body, content_type=content_type, url=url) if found is None else found


def parse_fast(body: bytes, *, content_type: str | None, url: str) -> ParsedFeed | None:
    """Read one document in time linear in its size, or answer None where only the reference may decide.

    JSON Feed and well-formed news sitemaps are always read here. Raises NotAFeedError where the document is
    certainly no feed.
    """
    try:
        return _fast(body, content_type, url)
    except fast.DoubtError:
        return None


def why_not_fast(body: bytes, *, content_type: str | None, url: str) -> str | None:
    """Why `parse_fast` leaves a document to the reference, in few words; None where it does not."""
    try:
        _fast(body, content_type, url)
    except fast.DoubtError as doubt:
        return str(doubt)
    except NotAFeedError:
        return None
    return None


def parse_reference(body: bytes, *, content_type: str | None, url: str) -> ParsedFeed:
    """Read one document of any state by feedparser, after repairs: about seven times as dear as `parse_fast`.

    Raises NotAFeedError as `parse` does.
    """
    sniff.refuse_binary(body)
    document = _decoded(body, content_type)
    try:
        reader = json_feed.parse if sniff.looks_like_json(document.text) else syndication.parse
        return quirks.settle(reader(document.text, url=url), url=url, problems=document.problems)
    except NotAFeedError:
        raise
    except Exception as error:
        raise NotAFeedError(
            sniff.kind_of(document.text),
            f"The document cannot be read as a feed ({type(error).__name__}: {error!s:.120}).",
        ) from error


def _fast(body: bytes, content_type: str | None, url: str) -> ParsedFeed:
    """The feed in `body`. Plain UTF-8 goes to expat as it is; only what is not is decoded first."""
    sniff.refuse_binary(body)
    data = body.removeprefix(charset.UTF8_MARK).lstrip(_BLANKS)
    if data.startswith(b"<") and charset.may_be_utf8(body, content_type=content_type):
        try:
            return _from_xml(data, url, ())
        except fast.DoubtError:
            if charset.is_utf8(body):
                raise
    document = _decoded(body, content_type)
    text = document.text.lstrip("\ufeff \t\r\n")
    if text.startswith("<"):
        return _from_xml(text.encode(), url, document.problems)
    if not sniff.looks_like_json(text):
        raise fast.DoubtError("neither XML nor JSON")
    return quirks.settle(json_feed.parse(text, url=url), url=url, problems=document.problems)


def _from_xml(data: bytes, url: str, problems: tuple[str, ...]) -> ParsedFeed:
    try:
        found = fast.parse(data, url=url)
    except fast.DoubtError:
        head = data[: sniff.FARTHEST_ROOT].decode("utf-8", "replace")
        if sniff.looks_like_html(head):
            raise sniff.refusal(head) from None
        if not sniff.looks_like_sitemap(head):
            raise
        try:
            found = sitemap.parse(data, url=url)
        except sitemap.IllFormedError as error:
            raise fast.DoubtError("not well-formed") from error
    return quirks.settle(found, url=url, problems=problems)


def _decoded(body: bytes, content_type: str | None) -> charset.Document:
    document = charset.decode(body, content_type=content_type)
    if not document.text.strip("\ufeff\0 \t\r\n"):
        raise NotAFeedError("empty", "The address answers an empty page, not a feed.")
    return document

"""From bytes to `ParsedFeed` (pure): RSS, RDF and Atom by `syndication`, JSON Feed by `json_feed`.

`parse` takes any bytes at all. It answers with a feed or raises NotAFeedError with a sentence; nothing else leaves
it. What every format shares is decided here: the charset, how the document is recognised, and which entries
of it share an address or an identity.
"""

from services.ingest.entry import ParsedFeed
from services.ingest.parsers import charset, json_feed, quirks, sniff, syndication
from services.ingest.parsers.errors import NotAFeedError

__all__ = ["NotAFeedError", "parse"]


def parse(body: bytes, *, content_type: str | None, url: str) -> ParsedFeed:
    """Read one document. `content_type` as the server gave it; `url` is what relative links are relative to.

    Raises NotAFeedError, whose `kind` and sentence say what the document is instead.
    """
    sniff.refuse_binary(body)
    document = charset.decode(body, content_type=content_type)
    if not document.text.strip("\ufeff\0 \t\r\n"):
        raise NotAFeedError("empty", "The address answers an empty page, not a feed.")
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

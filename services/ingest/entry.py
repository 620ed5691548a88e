"""The vocabulary of ingest: what an answer is, what a feed holds, what an entry is. Data only."""

from dataclasses import dataclass, field, replace
from datetime import datetime


@dataclass(frozen=True, slots=True)
class RawEntry:
    """An item as the parser found it: links absolute, everything else as the publisher wrote it.

    `title` and the bodies may hold markup; `clean.clean_entry` makes them safe. Dates are aware UTC or None.
    `base`: what relative links inside the markup are relative to, where that is not `url`. `shared_link`: other
    entries of the same document carry the same address, so that the link alone does not tell them apart.
    """

    guid: str | None
    url: str | None
    title: str
    summary: str = ""
    content: str = ""
    published_at: datetime | None = None
    updated_at: datetime | None = None
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    image: str | None = None
    language: str | None = None
    base: str | None = None
    shared_link: bool = False


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """What one document said.

    `format`: `rss20`, `rss10`, `rss09x`, `atom10`, `atom03`, `json11`, `json10` or `sitemap`. `interval_s`: the publisher's own wish
    (ttl, sy:updatePeriod …) in seconds. `skip_hours` (0 to 23, UTC) and `skip_days` (0 is Monday): when the publisher
    publishes nothing. `problems`: sentences about what was repaired or skipped on the way.
    `self_url` and `hubs`: what the document says about its own address and about WebSub, absolute.
    """

    format: str
    title: str
    site_url: str | None
    language: str | None
    entries: tuple[RawEntry, ...]
    interval_s: int | None = None
    problems: tuple[str, ...] = ()
    self_url: str | None = None
    hubs: tuple[str, ...] = ()
    skip_hours: tuple[int, ...] = ()
    skip_days: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """An item fit for storing: plain title and teaser, safe HTML body, one canonical URL key, a sane date.

    `guid` is never empty (the URL, else a hash of the content stands in). `url_key` is the identity of the
    article behind the link (`core.urls.canonical_url`). `teaser` is plain text of at most 240 characters cut at a
    word. `text` is plain text for classification and search. `published_at` is None only where the feed gave
    no usable date; then `date_guessed` is true, as it is for a date from the future that was set back to now.
    `fingerprint`: changes when the publisher edits it (`clean.fingerprint`); empty where nobody took it.
    """

    guid: str
    url: str
    url_key: str
    title: str
    teaser: str
    text: str
    html: str
    published_at: datetime | None
    date_guessed: bool
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    image: str | None = None
    language: str | None = None
    fingerprint: bytes = b""


@dataclass(frozen=True, slots=True)
class Told:
    """An entry as parsed, with what it is recognised by before it is cleaned: `guid` and `url_key` as in Entry, both None
    where only cleaning can tell; `fingerprint` as there.
    """

    raw: RawEntry
    guid: str | None
    url_key: str | None
    fingerprint: bytes


@dataclass(frozen=True, slots=True)
class FetchRequest:
    """One feed to be asked for: validators exactly as the server gave them, from one earlier answer."""

    feed_id: int
    url: str
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class FetchResponse:
    """What a server said, or why nothing came of it.

    Exactly one of `error_kind` (then `error` is a sentence a person understands) and a status is meaningful.
    `error_kind`: `url`, `forbidden` (the address guard), `dns`, `connect`, `tls`, `timeout`, `too-large`, `redirects`,
    `encoding`, `protocol`. Any status, 404 and 500 included, is an answer and no error here. `permanent_url`: where an
    unbroken chain of 301/308 led. Headers are lower-cased. `elapsed_s` in seconds. `read_bytes`: how long the body was that is not here any more, since
    it was read.
    """

    feed_id: int
    url: str
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    permanent_url: str | None = None
    error_kind: str | None = None
    error: str | None = None
    elapsed_s: float = 0.0
    read_bytes: int = 0

    def without_body(self) -> "FetchResponse":
        """The same, for whoever holds it once the body is read."""
        return replace(self, body=b"", read_bytes=self.size)

    @property
    def size(self) -> int:
        """Bytes of the body, decoded."""
        return self.read_bytes or len(self.body)

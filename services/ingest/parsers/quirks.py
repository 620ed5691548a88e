"""What publishers do to identity, set right for a whole document at once: one function a quirk.

A new quirk: a function here, a line in `settle`, and a pair in `tests/data/feeds`.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable
from dataclasses import replace

from services.core.text import fold_title, plain_text
from services.core.urls import canonical_url, host_of, is_front_page
from services.ingest.entry import ParsedFeed, RawEntry

_MAX_TITLE = 200

Entries = tuple[RawEntry, ...]


def settle(feed: ParsedFeed, *, url: str, problems: tuple[str, ...] = ()) -> ParsedFeed:
    """`feed` with a plain title, links and guids that identify, every doubled entry once, and the problems of decoding
    in front.

    `url`: the address of the document, where entries without a link lead if the document names no site.
    """
    entries = _without_doubles(feed.entries)
    entries = _missing_links(entries, _http(feed.site_url) or url)
    entries = _repeated_guids(entries)
    entries = _shared_links(entries)
    return replace(
        feed,
        title=plain_text(feed.title, limit=_MAX_TITLE),
        site_url=_http(feed.site_url),
        entries=entries,
        problems=problems + feed.problems,
    )


def _without_doubles(entries: Entries) -> Entries:
    """The same entry listed twice, word for word, is one."""
    return tuple(dict.fromkeys(entries))


def _missing_links(entries: Entries, site_url: str) -> Entries:
    """An entry without an http link leads to its guid if that is one, else to the site, where its guid or title
    tells it from the others.
    """
    return tuple(
        e if _http(e.url) else replace(e, url=_http(e.guid) or site_url, shared_link=_http(e.guid) is None)
        for e in entries
    )


def _http(url: str | None) -> str | None:
    """`url` where it is an http URL as lenient readers take it."""
    text = (url or "").strip()
    return text if text[:8].lower().startswith(("http://", "https://")) and host_of(text) else None


def _repeated_guids(entries: Entries) -> Entries:
    """A guid that stands on entries with different links or titles identifies none of them, and goes."""
    reused = _shared(entries, lambda e: e.guid, lambda e: (canonical_url(e.url or ""), fold_title(e.title)))
    return tuple(replace(e, guid=None) if e.guid in reused else e for e in entries)


def _shared_links(entries: Entries) -> Entries:
    """Links that several entries of the document carry (the home page, one page with anchors) are marked."""
    keys = {e.url: canonical_url(e.url) for e in entries if e.url}
    shared = _shared(entries, lambda e: keys.get(e.url or ""), lambda e: fold_title(e.title) or e.guid)
    return tuple(
        replace(e, shared_link=True) if e.url and (keys[e.url] in shared or is_front_page(keys[e.url])) else e
        for e in entries
    )


def _shared(
    entries: Entries, key: Callable[[RawEntry], str | None], mark: Callable[[RawEntry], Hashable]
) -> set[str]:
    """The keys under which entries stand that differ by `mark`."""
    marks: defaultdict[str, set[Hashable]] = defaultdict(set)
    for entry in entries:
        if name := key(entry):
            marks[name].add(mark(entry))
    return {name for name, seen in marks.items() if len(seen) > 1}

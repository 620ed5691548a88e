"""Which entry this is, and whether it has changed (pure): answered from the entry as parsed, before it is cleaned.

Of the entries that a fetch brings nearly all are known, and cleaning is the dear part: what it takes to recognise an
entry costs a fraction of that.
"""

import hashlib
import re
from typing import NamedTuple
from urllib.parse import urlsplit

from services.core.text import fold_title, plain_text, plain_title, single_spaced
from services.core.urls import BUILT_IN, AddressRules, canonical_url, first_http_url, is_front_page
from services.ingest.clean.markup import seen_markup
from services.ingest.entry import RawEntry

FINGERPRINT_VERSION = b"1"
"""Raise it where cleaning changes so much that every entry still in its window should be stored anew."""

MAX_TITLE = 500
MAX_GUID = 500
_MAX_TITLE_MARKUP = MAX_TITLE * 8
_TELLING_GUID = 16
"""Characters from which on a guid is one of its kind; `12` may name another article in the site's other feed."""

_PICTURE = re.compile(r"\.(?:jpe?g|png|gif|webp|avif|svg)$", re.IGNORECASE)
_UNTITLED = re.compile(
    r"\W*(?:untitled(?: (?:document|post|page|entry|article))?|no (?:title|subject)|\(?null\)?|без (?:названия|заголовка|темы)"
    r"|без назви|атаусыз|sans titre|ohne titel|kein titel|sin t[ií]tulo|sem t[ií]tulo|senza titolo|ba[sş]l[iı]ks[iı]z"
    r"|بدون عنوان|无标题|無標題|無題)\W*",
    re.IGNORECASE,
)


class Identity(NamedTuple):
    """`Entry.guid` and `Entry.url_key` of an entry that is not cleaned yet."""

    guid: str
    url_key: str


class Address(NamedTuple):
    """Where an entry leads, and whether other entries lead there too, so that the link alone does not name it."""

    url: str
    shared: bool


def identify(
    raw: RawEntry, *, site_url: str | None = None, rules: AddressRules = BUILT_IN
) -> Identity | None:
    """Exactly the guid and the key that `clean_entry` would give, or None where only cleaning can tell.

    None: the entry has no address at all; or it shares its address and has no guid (its name is then a hash of what it
    says); or it shares its address, its guid is too short to set it apart, and it has no title. Whether it says
    anything is not asked: an entry that cleaning skips is never stored, so its name is never found.
    """
    address = address_of(raw, site_url)
    if address is None:
        return None
    guid = guid_of(raw, address)
    key = key_of(raw, address, None, rules) or key_of(raw, address, title_of(raw), rules)
    return Identity(guid, key) if guid and key else None


def fingerprint(raw: RawEntry) -> bytes:
    """16 bytes that change when the publisher edits something that a reader sees, and with nothing that merely rotates.

    In it is all that cleaning looks at: words, tags, link, picture, authors, language, the day of publication. Out of
    it stay what `seen_markup` leaves out, tracking parameters of the link, the query of a picture's address, the
    order of the categories, the time of day (feeds date their entries anew at every fetch), the time of the last
    update, and what other entries of the document share with this one.
    """
    summary = seen_markup(raw.summary)
    content = summary if raw.content == raw.summary else seen_markup(raw.content)
    title = raw.title[:_MAX_TITLE_MARKUP]
    parts = (
        seen_markup(title) if "<" in title else single_spaced(title),
        summary,
        content,
        canonical_url(raw.url) if raw.url else "",
        _picture(raw.image) if raw.image else "",
        raw.guid or "",
        "\x1e".join(raw.authors),
        "\x1e".join(sorted(raw.tags)),
        raw.published_at.date().isoformat() if raw.published_at else "",
        raw.language or "",
        raw.base.partition("?")[0] if raw.base else "",
    )
    data = "\x1f".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(data, digest_size=16, person=FINGERPRINT_VERSION).digest()


def address_of(raw: RawEntry, site_url: str | None) -> Address | None:
    """The entry's link; else its guid where that is an address; else the page of its site, which it shares."""
    if url := first_http_url(raw.url, raw.guid):
        return Address(url, raw.shared_link)
    url = first_http_url(site_url)
    return Address(url, shared=True) if url else None


def title_of(raw: RawEntry) -> str | None:
    """The publisher's title as plain text; None where it is empty or only says that there is none."""
    title = plain_title(raw.title[:_MAX_TITLE_MARKUP], limit=MAX_TITLE)
    return None if not title or (len(title) < 40 and _UNTITLED.fullmatch(title)) else title


def guid_of(raw: RawEntry, address: Address, said: tuple[str, str] | None = None) -> str | None:
    """What the feed calls the entry; else its URL; else, where others share that, a hash of what it says.

    `said`: title and text; without them None where they are needed.
    """
    guid = plain_text(raw.guid, limit=MAX_GUID * 8) if raw.guid else ""
    if not guid and address.shared:
        return said and "hash:" + _digest(*said)
    guid = guid or address.url
    return guid if len(guid) <= MAX_GUID else "hash:" + _digest(guid)


def key_of(raw: RawEntry, address: Address, title: str | None, rules: AddressRules = BUILT_IN) -> str | None:
    """The identity of the article: its link, and where the link names a page of many, what sets it apart there.

    None where that is the title and `title` is None.
    """
    key = canonical_url(address.url, rules)
    if not (address.shared or is_front_page(key)):
        return key
    name = raw.guid or urlsplit(address.url).fragment
    if len(name) >= _TELLING_GUID:
        return f"{key}#{_digest(name)}"
    return None if title is None else f"{key}#{_digest(name, fold_title(title))}"


def _picture(url: str) -> str:
    """A picture's address without what rotates in it: the query of a file, the tracking parameters of a script."""
    path = url.partition("?")[0]
    return path if _PICTURE.search(path) else canonical_url(url)


def _digest(*parts: str) -> str:
    return hashlib.blake2b("\x1f".join(parts).encode("utf-8", "replace"), digest_size=12).hexdigest()

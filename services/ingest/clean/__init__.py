"""From an entry as published to one fit for storing (pure): plain text, safe HTML, one key, a sane date.

`identify` and `fingerprint` say of an entry, for a fraction of the price, which one it is and whether it changed: what
is known and unchanged need not be cleaned.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from urllib.parse import unquote, urlsplit

from services.core import languages
from services.core.text import fold_title, is_headline, plain_text, plain_title, teaser
from services.core.urls import BUILT_IN, AddressRules, first_http_url
from services.ingest.clean.identity import (
    MAX_TITLE,
    Identity,
    address_of,
    fingerprint,
    guid_of,
    identify,
    key_of,
    title_of,
)
from services.ingest.clean.markup import MAX_MARKUP, first_picture, safe_html
from services.ingest.entry import Entry, RawEntry

__all__ = ["Identity", "Skipped", "clean_entry", "fingerprint", "identify", "language_of", "safe_html"]

MAX_AUTHORS, MAX_AUTHOR = 10, 100
MAX_TAGS, MAX_TAG = 20, 60
FUTURE_SLACK = timedelta(minutes=5)
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_HEADLINE = 120
"""Characters of a title made from the text of an untitled entry."""
_LONGEST_TAG = 40
"""Characters of a language tag that are looked at."""

_LANGUAGES = {
    "cn": "zh", "jp": "ja", "ua": "uk", "kz": "kk",
    "english": "en", "russian": "ru", "german": "de", "deutsch": "de", "french": "fr", "spanish": "es", "arabic": "ar",
}  # fmt: skip
"""What feeds write that is no code of a language."""
_FARTHEST_ENDING = 300
_ENDING = re.compile(
    r"\s*(?:The post .{1,250} (?:appeared first on|first appeared on) .{1,120}"
    r"|Сообщение .{1,250} (?:появились сначала на|появилось сначала на|впервые появилось) .{1,120}"
    r"|L’article .{1,250} est apparu en premier sur .{1,120}"
    r"|Der Beitrag .{1,250} erschien zuerst auf .{1,120}"
    r"|(?:(?<=[.!?…»”\"')])|(?=[\[….]))\s*\[?(?:…|\.{3})?\]?\s*"
    r"(?:Continue reading|Read more|Read the full (?:story|article)|Читать далее|Читать дальше|Подробнее|Weiterlesen"
    r"|Lire la suite|Leer más)\b[^.!?]{0,120}[.…»→]*)$"
)
"""What feeds put at the end of a text to advertise themselves; only as a sentence of its own."""
_ENDING_WORDS = (
    "appeared", "появил", "est apparu", "erschien", "Continue reading", "Read ", "Читать д", "Подробнее", "Weiterlesen",
    "Lire la", "Leer m",
)  # fmt: skip
"""One of them stands in every such ending: a look for them spares nearly every text the pattern."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """An entry that is no article, and why, in a sentence."""

    reason: str


def clean_entry(
    raw: RawEntry,
    *,
    feed_language: str | None,
    now: datetime,
    site_url: str | None = None,
    identity: Identity | None = None,
    mark: bytes = b"",
    rules: AddressRules = BUILT_IN,
) -> Entry | Skipped:
    """`raw` made safe and complete, or the reason why it is no article: no http link, or nothing to show.

    `now` bounds dates: one more than five minutes ahead becomes `now`, one before 1990 goes; both count as guessed.
    `site_url`: the page that an entry leads to which has neither a link nor an address for a guid. `identity`, `mark`:
    what `identify` and `fingerprint` say of it, where they were asked already. `rules`: by which its key is made.
    """
    address = address_of(raw, site_url)
    if address is None:
        return Skipped(
            f"The entry “{_label(raw)}” has no link that leads to a page ({raw.url or 'none'!s:.80})."
        )
    url = address.url
    summary = _plain(raw.summary)
    content = summary if raw.content == raw.summary else _plain(raw.content)
    text = content if len(content) >= len(summary) else summary
    title = title_of(raw) or _title_from(raw, url if not address.shared else "", text)
    if not title:
        return Skipped(f"The entry at {url} has neither a title nor a text.")
    html = safe_html(raw.content or raw.summary, base=raw.base or url)
    published_at, guessed = _sane(raw.published_at, now)
    guid, url_key = identity or (guid_of(raw, address, (title, text)), key_of(raw, address, title, rules))
    return Entry(
        guid=guid or url,
        url=url,
        url_key=url_key or url,
        title=title,
        teaser=_teaser(title, summary, content),
        text=text,
        html=html,
        published_at=published_at,
        date_guessed=guessed,
        authors=_several(raw.authors, most=MAX_AUTHORS, limit=MAX_AUTHOR),
        tags=_several(raw.tags, most=MAX_TAGS, limit=MAX_TAG),
        image=first_http_url(raw.image) or first_picture(html),
        language=language_of(raw.language) or language_of(feed_language),
        fingerprint=mark,
    )


def language_of(tag: str | None) -> str | None:
    """The primary language of a tag as feeds write it (`en-US`, `ru_RU`, `eng`, `English`): `en`, `ru`; None where there is no such language."""
    return _primary(tag.strip()[:_LONGEST_TAG]) if tag else None


@lru_cache(maxsize=512)
def _primary(tag: str) -> str | None:
    primary = re.split(r"[-_\s;,]", tag.lower())[0]
    primary = languages.canonical(_LANGUAGES.get(primary, primary))
    return primary if languages.is_known(primary) and primary not in {"und", "mul", "zxx", "mis"} else None


def _plain(markup: str) -> str:
    """The plain text of a body, without the advertisement for itself that many feeds put at the end."""
    text = plain_text(markup[:MAX_MARKUP], limit=MAX_MARKUP)
    tail = text[-_FARTHEST_ENDING:]
    for words in _ENDING_WORDS:
        if words in tail:
            break
    else:
        return text
    ending = _ENDING.search(text, max(len(text) - _FARTHEST_ENDING, 0))
    return text[: ending.start()].rstrip() if ending else text


def _teaser(title: str, summary: str, content: str) -> str:
    """What the publisher chose as summary, else the beginning of the content; never the title over again."""
    folded = fold_title(title)
    for text in (summary, content):
        if text and not is_headline(text, folded):
            rest = text[len(title) :].lstrip(" .:–—-|") if text.startswith(title) else text
            return teaser(rest or text)
    return ""


def _title_from(raw: RawEntry, url: str, text: str) -> str:
    """A title for an entry without one: its first sentence, the words of its link, or what stood for a title."""
    return _headline(text) or (url and _slug(url)) or plain_text(raw.title[:MAX_TITLE], limit=MAX_TITLE)


def _headline(text: str) -> str:
    """The first sentence of `text`, or as many of its first words as fit a headline."""
    sentence = re.match(r".{20,120}?[.!?…。！？](?=\s|$)", text)
    return sentence[0].rstrip(".") if sentence else teaser(text, limit=_HEADLINE)


def _slug(url: str) -> str:
    """The words that the last part of a path is made of; empty where it is a number or a file name of no words."""
    last = unquote(urlsplit(url).path.rstrip("/").rpartition("/")[2])
    words = [word for word in re.split(r"[-_+\s]+", last.rpartition(".")[0] or last) if not word.isdecimal()]
    text = plain_text(" ".join(words), limit=MAX_TITLE)
    return text[:1].upper() + text[1:] if len(words) >= 3 else ""


def _sane(moment: datetime | None, now: datetime) -> tuple[datetime | None, bool]:
    if moment is None or moment < EARLIEST:
        return None, True
    return (now, True) if moment > now + FUTURE_SLACK else (moment, False)


def _several(values: Iterable[str], *, most: int, limit: int) -> tuple[str, ...]:
    """Plain, not empty, each once whatever its case, in the publisher's order."""
    found: dict[str, str] = {}
    for value in values:
        text = _short(value, limit) if len(value) <= limit else plain_title(value[: limit * 8], limit=limit)
        if text and len(found) < most:
            found.setdefault(text.casefold(), text)
    return tuple(found.values())


@lru_cache(maxsize=1024)
def _short(name: str, limit: int) -> str:
    """The plain text of an author or a tag, remembered: the entries of a feed have the same ones."""
    return plain_title(name, limit=limit)


def _label(raw: RawEntry) -> str:
    return plain_text(raw.title[:MAX_TITLE], limit=80) or (raw.guid or "untitled")[:80]

"""From an entry as published to one fit for storing (pure): plain text, safe HTML, one key, a sane date.

Caps come before cleaning, because cleaning hostile HTML takes time with the square of its length.
"""

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote, urljoin, urlsplit

import nh3

from services.core.errors import InvalidInputError
from services.core.text import fold_title, plain_text, teaser
from services.core.urls import canonical_url, check_http_url, is_front_page
from services.ingest.entry import Entry, RawEntry

MAX_TITLE = 500
MAX_MARKUP = 20_000
MAX_GUID = 500
MAX_AUTHORS, MAX_AUTHOR = 10, 100
MAX_TAGS, MAX_TAG = 20, 60
FUTURE_SLACK = timedelta(minutes=5)
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_HEADLINE = 120
"""Characters of a title made from the text of an untitled entry."""


_TELLING_GUID = 16
"""Characters from which on a guid is one of its kind; `12` may name another article in the site's other feed."""


def _names(text: str) -> set[str]:
    return set(text.split())


_TAGS = _names(
    "a abbr b blockquote br cite code dd del div dl dt em figcaption figure h1 h2 h3 h4 h5 h6 hr i img ins kbd li ol p"
    " pre q s small span strong sub sup table tbody td tfoot th thead tr u ul"
)
_DROPPED_WITH_CONTENT = _names(
    "script style iframe object embed noscript template svg math textarea select head title"
)
_ATTRIBUTES = {
    "*": {"lang", "dir"},
    "a": {"href", "title"},
    "abbr": {"title"},
    "blockquote": {"cite"},
    "img": {"src", "alt", "title", "width", "height"},
    "ol": {"start"},
    "q": {"cite"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}
_ADDRESSES = {("a", "href"), ("img", "src"), ("blockquote", "cite"), ("q", "cite")}
_LANGUAGES = {
    "eng": "en", "rus": "ru", "ukr": "uk", "kaz": "kk", "kir": "ky", "uzb": "uz", "tgk": "tg", "tuk": "tk", "deu": "de", "ger": "de",
    "fra": "fr", "fre": "fr", "spa": "es", "por": "pt", "ita": "it", "ara": "ar", "fas": "fa", "per": "fa", "tur": "tr", "zho": "zh",
    "chi": "zh", "jpn": "ja", "kor": "ko", "hin": "hi", "iw": "he", "in": "id", "ji": "yi", "cn": "zh", "jp": "ja", "ua": "uk", "kz": "kk",
    "english": "en", "russian": "ru", "german": "de", "deutsch": "de", "french": "fr", "spanish": "es", "arabic": "ar",
}  # fmt: skip
_LINK_REL = "noopener noreferrer nofollow ugc"
_IMG = re.compile(r"<img\b[^<>]*>")
_SRC = re.compile(r'\bsrc="([^"]+)"')
_PIXEL = re.compile(r'\b(?:width|height)="[01](?:px)?"')
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


@dataclass(frozen=True, slots=True)
class Skipped:
    """An entry that is no article, and why, in a sentence."""

    reason: str


def clean_entry(raw: RawEntry, *, feed_language: str | None, now: datetime) -> Entry | Skipped:
    """`raw` made safe and complete, or the reason why it is no article: no http link, or nothing to show.

    `now` bounds dates: one more than five minutes ahead becomes `now`, one before 1990 goes; both count as guessed.
    """
    url = _first_url(raw.url, raw.guid)
    if url is None:
        return Skipped(
            f"The entry “{_label(raw)}” has no link that leads to a page ({raw.url or 'none'!s:.80})."
        )
    summary, content = _plain(raw.summary), _plain(raw.content)
    text = content if len(content) >= len(summary) else summary
    title = plain_text(raw.title[: MAX_TITLE * 8], limit=MAX_TITLE) or _headline(text) or _slug(url)
    if not title:
        return Skipped(f"The entry at {url} has neither a title nor a text.")
    html = safe_html(raw.content or raw.summary, base=raw.base or url)
    published_at, guessed = _sane(raw.published_at, now)
    return Entry(
        guid=_guid(raw, url, title, text),
        url=url,
        url_key=_key(raw, url, title),
        title=title,
        teaser=_teaser(title, summary, content),
        text=text,
        html=html,
        published_at=published_at,
        date_guessed=guessed,
        authors=_several(raw.authors, most=MAX_AUTHORS, limit=MAX_AUTHOR),
        tags=_several(raw.tags, most=MAX_TAGS, limit=MAX_TAG),
        image=_first_url(raw.image) or _pictured(html),
        language=language_of(raw.language) or language_of(feed_language),
    )


def language_of(tag: str | None) -> str | None:
    """The primary language of a tag as feeds write it (`en-US`, `ru_RU`, `eng`, `English`): `en`, `ru`; else None."""
    primary = re.split(r"[-_\s;,]", (tag or "").strip().lower())[0]
    primary = _LANGUAGES.get(primary, primary)
    return primary if re.fullmatch(r"[a-z]{2,3}", primary) and primary not in {"und", "mul", "zxx"} else None


def safe_html(markup: str, *, base: str) -> str:
    """The first 20,000 characters of `markup` with only what text needs; links absolute and http(s) or mailto."""
    if not markup:
        return ""
    return nh3.clean(
        markup[:MAX_MARKUP].replace("\0", ""),
        tags=_TAGS,
        clean_content_tags=_DROPPED_WITH_CONTENT,
        attributes=_ATTRIBUTES,
        attribute_filter=_settled(base),
        url_schemes={"http", "https", "mailto"},
        link_rel=_LINK_REL,
    ).strip()


def _settled(base: str) -> Callable[[str, str, str], str | None]:
    """The filter that makes addresses in markup absolute and drops those that lead nowhere."""

    def settle(tag: str, attribute: str, value: str) -> str | None:
        if (tag, attribute) not in _ADDRESSES:
            return value
        if tag == "a" and value[:7].lower() == "mailto:":
            return value
        try:
            return _first_url(urljoin(base, value.strip()))
        except ValueError:
            return None

    return settle


def _first_url(*candidates: str | None) -> str | None:
    """The first candidate that is an http URL, lenient about spaces and line breaks inside."""
    for text in candidates:
        if text:
            tidy = re.sub(r"[\t\r\n]+", "", text.strip()).replace(" ", "%20")
            try:
                return check_http_url(tidy)
            except InvalidInputError:
                continue
    return None


def _plain(markup: str) -> str:
    """The plain text of a body, without the advertisement for itself that many feeds put at the end."""
    text = plain_text(markup[:MAX_MARKUP], limit=MAX_MARKUP)
    start = max(len(text) - _FARTHEST_ENDING, 0)
    ending = _ENDING.search(text, start)
    return text[: ending.start()].rstrip() if ending else text


def _teaser(title: str, summary: str, content: str) -> str:
    """What the publisher chose as summary, else the beginning of the content; never the title over again."""
    folded = fold_title(title)
    for text in (summary, content):
        if text and fold_title(text) != folded:
            rest = text[len(title) :].lstrip(" .:–—-|") if text.startswith(title) else text
            return teaser(rest or text)
    return ""


def _headline(text: str) -> str:
    """The first sentence of `text`, or as many of its first words as fit a headline."""
    sentence = re.match(r".{20,120}?[.!?…。！？](?=\s|$)", text)
    return sentence[0].rstrip(".") if sentence else teaser(text, limit=_HEADLINE)


def _slug(url: str) -> str:
    """The words that the last part of a path is made of; empty where it is a number or a file name of no words."""
    last = unquote(urlsplit(url).path.rstrip("/").rpartition("/")[2]).rpartition(".")[0] or unquote(
        urlsplit(url).path.rstrip("/").rpartition("/")[2]
    )
    words = [word for word in re.split(r"[-_+\s]+", last) if not word.isdecimal()]
    text = plain_text(" ".join(words), limit=MAX_TITLE)
    return text[:1].upper() + text[1:] if len(words) >= 3 else ""


def _sane(moment: datetime | None, now: datetime) -> tuple[datetime | None, bool]:
    if moment is None or moment < EARLIEST:
        return None, True
    return (now, True) if moment > now + FUTURE_SLACK else (moment, False)


def _guid(raw: RawEntry, url: str, title: str, text: str) -> str:
    """What the feed calls the entry; else its URL; else, where others share that, a hash of what it says."""
    guid = " ".join(plain_text(raw.guid or "", limit=MAX_GUID * 8).split())
    if not guid:
        guid = "hash:" + _digest(title, text) if raw.shared_link else url
    return guid if len(guid) <= MAX_GUID else "hash:" + _digest(guid)


def _key(raw: RawEntry, url: str, title: str) -> str:
    """The identity of the article: its link, and where the link names a page of many, what sets it apart there."""
    key = canonical_url(url)
    if raw.shared_link or is_front_page(key):
        name = raw.guid or urlsplit(url).fragment
        key += "#" + (_digest(name) if len(name) >= _TELLING_GUID else _digest(name, fold_title(title)))
    return key


def _digest(*parts: str) -> str:
    return hashlib.blake2b("\x1f".join(parts).encode("utf-8", "replace"), digest_size=12).hexdigest()


def _several(values: Iterable[str], *, most: int, limit: int) -> tuple[str, ...]:
    """Plain, not empty, each once whatever its case, in the publisher's order."""
    found: dict[str, str] = {}
    for value in values:
        text = plain_text(value[: limit * 8], limit=limit)
        if text and len(found) < most:
            found.setdefault(text.casefold(), text)
    return tuple(found.values())


def _pictured(html: str) -> str | None:
    """The first picture of cleaned HTML that is no counting pixel."""
    for tag in _IMG.findall(html):
        source = _SRC.search(tag)
        if source and not _PIXEL.search(tag):
            return _first_url(source[1].replace("&amp;", "&"))
    return None


def _label(raw: RawEntry) -> str:
    return plain_text(raw.title[:MAX_TITLE], limit=80) or (raw.guid or "untitled")[:80]

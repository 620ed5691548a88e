"""HTML as publishers write it, made safe (pure): only what text needs, links absolute; and what of it a reader sees.

Caps come before cleaning, because cleaning hostile HTML takes time with the square of its length.
"""

import re
import threading
from urllib.parse import urljoin

import nh3

from services.core.text import single_spaced
from services.core.urls import first_http_url, is_settled

MAX_MARKUP = 20_000
"""Characters of a body that are looked at."""


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
_NO_TEXT = re.compile("[<>&\0\r\xa0\ufeff\ud800-\udfff]")
"""What a cleaner would write in another way; a text without any of it is its own HTML."""
_SURROGATE = re.compile("[\ud800-\udfff]")

_IMG = re.compile(r"<img\b[^<>]*>")
_SRC = re.compile(r'\bsrc="([^"]+)"')
_PIXEL = re.compile(r'\b(?:width|height)="[01](?:px)?"')

_NAME = r"[a-zA-Z][a-zA-Z0-9:-]*+"
_FULL_TAG = re.compile(
    rf"""<({_NAME})(?:\s|/)([^<>"']*+(?:(?:"[^"<]*+"|'[^'<]*+')[^<>"']*+)*+)> | <({_NAME})(?:\s|/)([^<>]*+)>""",
    re.VERBOSE,
)
"""An opening tag with more in it than its name."""
_HREF = re.compile(r"""(?<![\w-])href\s*+=\s*+(?:"([^"?#]*+)|'([^'?#]*+)|([^\s"'>?#]*+))""", re.IGNORECASE)
_PICTURE = re.compile(
    r"""(?<![\w-])(?:src\s*+=\s*+(?:"([^"?#]*+)|'([^'?#]*+)|([^\s"'>?#]*+))|alt\s*+=\s*+(?:"([^"]*+)|'([^']*+)))""",
    re.IGNORECASE,
)
_UNSEEN = re.compile(
    r"""(?<![\w-])(?:(?:width|height)\s*+=\s*+["']?[01](?:px)?(?![\w.%])|style\s*+=[^<>]*?display\s*+:\s*+none)""",
    re.IGNORECASE,
)
_SESSION = re.compile(r";(?:jsessionid|phpsessid|sid)=[^|]*+", re.IGNORECASE)
_HIDING = re.compile(
    r"<!--|<(script|style|iframe|object|noscript|template|svg|math|textarea|select|head)(?=[\s/>])[^<>]*+>?",
    re.IGNORECASE,
)


class _Washer(threading.local):
    """A cleaner for each thread, used again and again: making one costs as much as a short body does.

    `base` is what the addresses of the body in hand are relative to.
    """

    def __init__(self) -> None:
        self.base = ""
        self.cleaner = nh3.Cleaner(
            tags=_TAGS,
            clean_content_tags=_DROPPED_WITH_CONTENT,
            attributes=_ATTRIBUTES,
            attribute_filter=self._settle,
            url_schemes={"http", "https", "mailto"},
            link_rel="noopener noreferrer nofollow ugc",
        )

    def _settle(self, tag: str, attribute: str, value: str) -> str | None:
        """An attribute with its address absolute; None drops one that leads nowhere."""
        if (tag, attribute) not in _ADDRESSES:
            return value
        if is_settled(value) and ";" not in value:
            return value
        if tag == "a" and value[:7].lower() == "mailto:":
            return value
        try:
            return first_http_url(urljoin(self.base, value.strip()))
        except ValueError:
            return None


_washer = _Washer()


def safe_html(markup: str, *, base: str) -> str:
    """The first 20,000 characters of `markup` with only what text needs; links absolute and http(s) or mailto."""
    markup = markup[:MAX_MARKUP]
    return markup.strip() if _is_its_own_html(markup) else _washed(markup, base)


def _is_its_own_html(text: str) -> bool:
    """Whether no character of `_NO_TEXT` is in it; most texts are seen through without a pattern."""
    if "<" in text or "&" in text or ">" in text:
        return False
    return text.isprintable() or not _NO_TEXT.search(text)


def _washed(markup: str, base: str) -> str:
    _washer.base = base
    if not markup.isprintable():
        markup = _SURROGATE.sub("", markup).replace("\0", "")
    return _washer.cleaner.clean(markup).strip()


def first_picture(html: str) -> str | None:
    """The first picture of cleaned HTML that is no counting pixel."""
    if "<img" not in html:
        return None
    for tag in _IMG.findall(html):
        source = _SRC.search(tag)
        if source and not _PIXEL.search(tag):
            return first_http_url(source[1].replace("&amp;", "&"))
    return None


def seen_markup(markup: str) -> str:
    """What of a body counts as an edit.

    Not a text to show: two bodies with the same result look the same to a reader. In it are words, tags, where links
    lead, pictures and what stands for them. Out of it stay runs of white space, comments, scripts and frames, counting
    pixels, all other attributes, and whatever addresses carry behind `?`, `#` or as a session: there tokens rotate
    from fetch to fetch. Linear, and several times cheaper than cleaning.
    """
    markup = markup[:MAX_MARKUP]
    if "<" in markup:
        if _HIDING.search(markup):
            markup = _without_hidden(markup)
        markup = _FULL_TAG.sub(_seen_tag, markup)
    return single_spaced(markup)


def _seen_tag(tag: re.Match[str]) -> str:
    name, inside, rough_name, rough = tag.groups("")
    name, inside = (name or rough_name).lower(), inside or rough
    if name == "a" and (link := _HREF.search(inside)):
        shown = link[1] or link[2] or link[3] or ""
    elif name == "img":
        if _UNSEEN.search(inside):
            return ""
        shown = "|".join("".join(values) for values in _PICTURE.findall(inside))
    else:
        return f"<{name}>"
    return f"<{name} {_SESSION.sub('', shown) if ';' in shown else shown}>"


def _without_hidden(markup: str) -> str:
    """`markup` without comments and without elements that no reader sees; an open one takes the rest with it."""
    kept: list[str] = []
    position = 0
    while found := _HIDING.search(markup, position):
        kept.append(markup[position : found.start()])
        if found[0] == "<!--":
            end = markup.find("-->", found.end())
            position = end + 3 if end >= 0 else len(markup)
        elif found[0].endswith("/>"):
            position = found.end()
        else:
            close = re.compile(rf"</{found[1]}\s*+>", re.IGNORECASE).search(markup, found.end())
            position = close.end() if close else len(markup)
    return "".join((*kept, markup[position:]))

"""Text that publishers wrote, made plain: no markup, no control characters, one kind of space. Pure.

The order matters and is the same for every field: strip tags, unescape once, drop what no reader should meet,
collapse spaces, compose (NFC), cut. Every step takes time linear in its input, whatever the input is.

Most texts need few of the steps, and a look in C tells which: a text is printable when no character of `_CHARACTERS`
is in it, ASCII is composed, and markup in which every `<` opens a whole tag is split by one pattern in one call.
"""

import html
import re
import unicodedata
from functools import lru_cache

ELLIPSIS = "…"
TEASER_LIMIT = 240


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_WHOLE_TAG = (
    r"""(?P<name>[a-zA-Z][a-zA-Z0-9:-]*+)(?=[\s/>"'=]) [^<>"']*+ (?:(?:"[^"<]*+"|'[^'<]*+') [^<>"']*+)*+ >"""
)
_MARKUP = re.compile(
    rf"""<!--                                               # a comment; its end is looked for by hand
      | </?{_WHOLE_TAG}
      | </?(?P<rough>[a-zA-Z][a-zA-Z0-9:-]*+) (?=[\s/>"'=]) [^<>]*+ >   # the same with quotes that do not match up
      | <[!?/] [^<>]*+ >                                    # doctype, processing instruction, stray close
      | <[a-zA-Z/][a-zA-Z0-9]*+ \s [^<>=]*+ = [^<>]*+ \Z     # a tag that the end of the text cut off
    """,
    re.VERBOSE,
)
_TAG = re.compile(f"</?{_WHOLE_TAG}", re.VERBOSE)
"""One whole tag: a piece of `_MARKUP`. No second `<` fits into it, so where it stands does not depend on other tags."""

_HIDDEN = _names("script style iframe object noscript template svg math textarea select head")
_BLOCKS = _names(
    "address article aside blockquote br caption center dd div dl dt figcaption figure footer form h1 h2 h3 h4 h5 h6"
    " header hr img li main nav ol option p pre section table tbody td tfoot th thead tr ul video audio"
)
# Tags that a second pass removes: markup that was escaped twice. A title that shows a tag of another name on
# purpose (`the <dialog> element`) keeps it.
_ESCAPED_TWICE = re.compile(
    r"</?(?:a|abbr|b|big|blockquote|br|center|div|em|font|h[1-6]|hr|i|iframe|img|li|ol|p|s|script|small|span|strong"
    r"|style|sub|sup|svg|table|td|tr|u|ul|video)(?=[\s/>])[^<>]*+>",
    re.IGNORECASE,
)
_SCRIPTS_TWICE = re.compile(r"<(script|style)\b[^<>]*+>[^<]*+</\1\s*+>", re.IGNORECASE)
_ENTITY_LEFT = re.compile(r"&(?:amp|quot|apos|nbsp|[lr][ds]quo|[mn]dash|hellip|#\d{1,6}|#x[0-9a-fA-F]{1,5});")
"""Entities that nobody means to show in a headline: still there after one unescaping, they were escaped twice."""

# C1 codes in a decoded text are Windows-1252 that was called ISO-8859-1: repaired where they mean something there.
_CP1252 = {
    code: bytes([code]).decode("cp1252")
    for code in range(0x80, 0xA0)
    if code not in {0x81, 0x85, 0x8D, 0x8F, 0x90, 0x9D}
}
_DROPPED = [
    *range(0x09), 0x0E, 0x0F, *range(0x10, 0x1C), 0x7F, 0x81, 0x8D, 0x8F, 0x90, 0x9D,  # controls
    0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x2070),  # direction overrides, isolates
    0xAD, 0x200B, 0x2060, *range(0x2061, 0x2065), 0xFEFF, 0x180E,  # invisible ones; U+200C and U+200D stay
    *range(0xFFF9, 0xFFFC), 0xE0001, *range(0xFDD0, 0xFDF0),  # annotations, language tags, noncharacters
    *(plane * 0x10000 + last for plane in range(17) for last in (0xFFFE, 0xFFFF)),
    *range(0xD800, 0xE000),  # lone surrogates cannot be written as UTF-8
]  # fmt: skip
_CHARACTERS: dict[int, str | None] = {**_CP1252, **dict.fromkeys(_DROPPED)}
"""What becomes of single characters. Not one of them is printable for `str.isprintable`, as a test holds."""

_PERHAPS_ODD = re.compile(
    "[" + re.escape("".join(chr(code) for code in _CHARACTERS if code < 0x10000)) + "\U0001fffe-\U0010ffff]"
)
"""One range for the few beyond the BMP: a class of their many single ones is searched ten times as slowly."""

_WORD = re.compile(r"[^\W_]+")
_LABEL = re.compile(
    r"^(?:(?:update|refile|wrapup|corrected|correction|exclusive|breaking|breaking news|live|just in|watch|video|"
    r"срочно|молния|обновлено|eil|eilmeldung|direct|en direct|última hora|ultima hora|son dakika)"
    r"(?:\s*\d{1,2})?\s*[-:|–—]\s*)+"
)
_OUTLET = re.compile(r"\s+[-|–—•·»]+\s+(?=[^\W\d_])([^|–—]{1,40})$")
_OUTLET_MARK = re.compile(r"\s[-|–—•·»]")
_MIN_TITLE_WORDS = 4
_OPENING = 80
"""Characters of a text that hold its first words, whatever it begins with that is no word."""
_FOLDED_OFTEN = 300
"""Characters of a title up to which its normal form is remembered: parsing, cleaning and comparing ask for it."""


class _Gaps(dict[str, str]):
    """What stands where a tag stood, by its name as written; a KeyError where a tag hides what follows."""

    def __missing__(self, name: str) -> str:
        plain = name.lower()
        if plain in _HIDDEN:
            raise KeyError(name)
        return " " if plain in _BLOCKS else ""


_GAPS = _Gaps(
    dict.fromkeys(_BLOCKS, " ")
    | dict.fromkeys(_names("a abbr b big cite code em font i ins small span strong sub sup u"), "")
)


def plain_text(markup: str, *, limit: int) -> str:
    """What a person would read of `markup`: at most `limit` characters of plain text on one line, composed (NFC).

    Entities are unescaped once; markup that was escaped twice goes too. Zero-width joiners stay, since Persian,
    Urdu and Indic scripts are written with them; every other control or direction character goes.
    """
    if not markup:
        return ""
    text = _without_tags(markup) if "<" in markup else markup
    if "&" in text:
        text = html.unescape(text)
    if "<" in text:
        text = _ESCAPED_TWICE.sub(" ", _SCRIPTS_TWICE.sub(" ", text))
    return _settled(text, limit)


def plain_title(markup: str, *, limit: int) -> str:
    """`plain_text` of a headline, name or tag, with what feeds wrap around short texts and escape once more.

    `Tom &amp;amp; Jerry` is “Tom & Jerry” here: nobody shows an entity in a headline on purpose as often as a
    publisher's software escapes twice. A CDATA section that was itself escaped goes as well.
    """
    text = plain_text(markup, limit=limit)
    if "]]>" in text or "<![CDATA[" in text:
        text = _settled(text.replace("<![CDATA[", "").replace("]]>", ""), limit)
    if "&" in text and _ENTITY_LEFT.search(text):
        text = _settled(html.unescape(text), limit)
    return text


def single_spaced(text: str) -> str:
    """`" ".join(text.split())`, for a fraction of its price where few spaces are to go."""
    return _one_space(text) if text.isprintable() else " ".join(text.split())


def _one_space(text: str) -> str:
    """`single_spaced` of a printable text: the only space that is printable is the plain one."""
    while "  " in text:
        text = text.replace("  ", " ")
    return text.strip(" ")


def teaser(text: str, limit: int = TEASER_LIMIT) -> str:
    """`text` (plain already) in at most `limit` characters: cut at a word, the ellipsis within the limit."""
    text = text.strip()
    if len(text) <= limit:
        return text
    return cut(text, limit - len(ELLIPSIS)).rstrip(" ,;:.!?-–—(„“«\"'…") + ELLIPSIS


def cut(text: str, limit: int) -> str:
    """The first `limit` characters of `text`, or somewhat fewer so that no word and no composed sign is torn."""
    if len(text) <= limit:
        return text
    end = limit
    if not text[end].isspace():
        space = text.rfind(" ", limit // 2, end)
        end = space if space > 0 else _between_signs(text, end)
    return text[:end].rstrip()


def fold_title(title: str) -> str:
    """The normal form of a plain title for comparing: equal forms are the same headline.

    NFKC and case folded, outlet suffix (` - The Paper`) and labels such as `UPDATE 2-` removed where at least four
    words stay, punctuation gone. Empty where the title has no letter or digit.
    """
    return _folded(title) if len(title) <= _FOLDED_OFTEN else _fold(title)


def is_headline(text: str, folded: str) -> bool:
    """Whether `fold_title(text) == folded`, for the price of a text's first words where those differ already."""
    if len(text) > _OPENING and not _begins_as(text, folded):
        return False
    return fold_title(text) == folded


def _begins_as(text: str, folded: str) -> bool:
    """Whether the first words of a long `text` are those of `folded`, or cannot be told here.

    Folding takes a label from the front and an outlet's name from the end, and leaves four words at least. So where no
    label stands in front, the first four words of `text` are those of its folded form. With fewer in sight there may be
    one: a label has three words at most, but any number of spaces before the sign that ends it.
    """
    space = text.find(" ", _OPENING)
    if space < 0:
        return True
    opening = _case_folded(text[:space]).strip()
    words = _WORD.findall(opening)[:_MIN_TITLE_WORDS]
    if len(words) < _MIN_TITLE_WORDS or _LABEL.match(opening):
        return True
    start = " ".join(words)
    return folded == start or folded.startswith(start + " ")


def _case_folded(text: str) -> str:
    return text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()


def _fold(title: str) -> str:
    folded = _case_folded(title).strip()
    if label := _LABEL.match(folded):
        shorter = folded[label.end() :]
        folded = shorter if len(_WORD.findall(shorter)) >= _MIN_TITLE_WORDS else folded
    words = _WORD.findall(folded)
    if len(words) > _MIN_TITLE_WORDS and _OUTLET_MARK.search(folded) and (outlet := _OUTLET.search(folded)):
        kept = _WORD.findall(folded[: outlet.start()])
        words = kept if len(kept) >= _MIN_TITLE_WORDS else words
    return " ".join(words)


_folded = lru_cache(maxsize=2048)(_fold)


def _settled(text: str, limit: int) -> str:
    """`text` without markup: single spaces, no character that a reader should not meet, composed, cut."""
    if text.isprintable():
        text = _one_space(text)
    else:
        text = " ".join(text.split())
        if not text.isprintable() and _PERHAPS_ODD.search(text):
            text = " ".join(text.translate(_CHARACTERS).split())
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    return cut(text, limit)


def _without_tags(markup: str) -> str:
    """`markup` without its tags: blocks become a space, scripts and the like vanish with their content."""
    if "<!" not in markup and "]]>" not in markup:
        pieces = _TAG.split(markup)
        try:
            pieces[1::2] = [_GAPS[name] for name in pieces[1::2]]
        except KeyError:
            return _read_by_tag(markup)
        text = "".join(pieces)
        if "<" not in text:
            return text
    return _read_by_tag(markup)


def _read_by_tag(markup: str) -> str:
    """`_without_tags` for every markup there is, tag by tag."""
    markup = markup.replace("<![CDATA[", "").replace("]]>", "")
    kept: list[str] = []
    position, hidden = 0, ""
    while found := _MARKUP.search(markup, position):
        if not hidden:
            kept.append(markup[position : found.start()])
        position = found.end()
        if found[0] == "<!--":
            end = markup.find("-->", position)
            if end < 0:
                return "".join(kept)
            position = end + 3
            continue
        name = (found["name"] or found["rough"] or "").lower()
        closing = found[0].startswith("</")
        if hidden:
            hidden = "" if closing and name == hidden else hidden
        elif name in _HIDDEN and not closing and not found[0].endswith("/>"):
            hidden = name
        elif name in _BLOCKS:
            kept.append(" ")
    if not hidden:
        kept.append(markup[position:])
    return "".join(kept)


def _between_signs(text: str, end: int) -> int:
    """The nearest place at or before `end` that does not part a sign from its marks or joiners."""
    lowest = max(end - 12, 1)
    while end > lowest and (unicodedata.combining(text[end]) or "\u200d" in text[end - 1 : end + 1]):
        end -= 1
    return end

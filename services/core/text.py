"""Text that publishers wrote, made plain: no markup, no control characters, one kind of space. Pure.

The order matters and is the same for every field: strip tags, unescape once, drop what no reader should meet,
collapse spaces, compose (NFC), cut. Every step takes time linear in its input, whatever the input is.
"""

import html
import re
import unicodedata

ELLIPSIS = "…"
TEASER_LIMIT = 240


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_MARKUP = re.compile(
    r"""<!--                                                # a comment; its end is looked for by hand
      | <(?P<close>/?)(?P<name>[a-zA-Z][a-zA-Z0-9:-]*+)
        (?=[\s/>"'=]) [^<>"']*+ (?:(?:"[^"<]*+"|'[^'<]*+') [^<>"']*+)*+ >
      | </?(?P<rough>[a-zA-Z][a-zA-Z0-9:-]*+) (?=[\s/>"'=]) [^<>]*+ >   # the same with quotes that do not match up
      | <[!?/] [^<>]*+ >                                    # doctype, processing instruction, stray close
      | <[a-zA-Z/][a-zA-Z0-9]*+ \s [^<>=]*+ = [^<>]*+ \Z     # a tag that the end of the text cut off
    """,
    re.VERBOSE,
)
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
_ODD = re.compile("[" + re.escape("".join(map(chr, _CHARACTERS))) + "]")

_WORD = re.compile(r"[^\W_]+")
_LABEL = re.compile(
    r"^(?:(?:update|refile|wrapup|corrected|correction|exclusive|breaking|breaking news|live|just in|watch|video|"
    r"срочно|молния|обновлено|eil|eilmeldung|direct|en direct|última hora|ultima hora|son dakika)"
    r"(?:\s*\d{1,2})?\s*[-:|–—]\s*)+"
)
_OUTLET = re.compile(r"\s+[-|–—•·»]+\s+(?=[^\W\d_])([^|–—]{1,40})$")
_MIN_TITLE_WORDS = 4


def plain_text(markup: str, *, limit: int) -> str:
    """What a person would read of `markup`: at most `limit` characters of plain text on one line, composed (NFC).

    Entities are unescaped once; markup that was escaped twice goes too. Zero-width joiners stay, since Persian,
    Urdu and Indic scripts are written with them; every other control or direction character goes.
    """
    text = html.unescape(_without_tags(markup))
    if "<" in text:
        text = _ESCAPED_TWICE.sub(" ", _SCRIPTS_TWICE.sub(" ", text))
    if not text.isascii() or not text.isprintable():
        text = unicodedata.normalize("NFC", text.translate(_CHARACTERS) if _ODD.search(text) else text)
    return cut(" ".join(text.split()), limit)


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
    folded = unicodedata.normalize("NFKC", title).casefold().strip()
    for pattern in (_LABEL, _OUTLET):
        shorter = pattern.sub("", folded)
        if shorter != folded and len(_WORD.findall(shorter)) >= _MIN_TITLE_WORDS:
            folded = shorter
    return " ".join(_WORD.findall(folded))


def _without_tags(markup: str) -> str:
    """`markup` without its tags: blocks become a space, scripts and the like vanish with their content."""
    if "<" not in markup:
        return markup
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

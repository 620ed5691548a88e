"""The dateline at the head of a text: where the reporter stood. Found, measured, cut off.

    ASTANA, Nov. 23 (Reuters) - ...     WASHINGTON/MOSCOW, Nov 23 - ...      АСТАНА. 23 ноября. КАЗИНФОРМ - ...
    МОСКВА, 14 ноября. /ТАСС/. ...      NEW DELHI: ...                       Bogotá, 12 nov. (EFE).- ...

News agencies also put their own name in front ("AP - "); that is taken off first.
"""

import re
from dataclasses import dataclass

REACH = 110  # characters in which the dash after a dateline must come
MAX_PLACE_WORDS = 5

_AGENCIES = (
    "AP|AFP|APA|APF|UPI|Reuters|Xinhua|TASS|ITAR-TASS|Interfax|RIA Novosti|Bloomberg|dpa|DPA|EFE|ANSA|PTI|IANS|ANI|"
    "Kyodo|Yonhap|Canadian Press|AAP|PA|BelTA|Ukrinform|Trend|AKIpress|24\\.kg|Kabar|Kazinform|Sputnik|Al Jazeera|"
    "[A-Za-z]+\\.com|ТАСС|РИА Новости|Интерфакс|Казинформ|Спутник|Qazinform|Кабар|Хабар|УзА|Ховар|Azertac|Anadolu|AA|IRNA|"
    "رويترز|أ ف ب|أ\\.ف\\.ب|فرانس برس|د ب أ|وام|واس|قنا|بترا|الأناضول|سبوتنيك|شينخوا|وكالات"
)
_PREFIX = re.compile(rf"\s*\(?(?:{_AGENCIES})\)?\s*(?:-{{1,2}}|–|—|:)\s+")
_DASH = re.compile(
    r"\s*(?:--|(?<=\s)[-–—]|[–—](?=\s)|(?<=\))\.?\s*[-–—:]|(?<=[\s.,])/[^/\n]{2,25}/\.?(?:\s*[-–—])?(?=\s))\s*"
)
# NEW DELHI: ...      KATHMANDU, Nov 3: ...
_COLON = re.compile(
    r"([^\W\d_][^\W\d_'’.-]*(?:[ /'’-][^\W\d_]+){0,3})(?:,\s+(?:\w{3,9}\.?\s+\d{1,2}|\d{1,2}\s+\w{3,9}))?:\s+(?=\S)"
)
_KNOWN = re.compile(_AGENCIES, re.IGNORECASE)
_MONTH = re.compile(
    r"\b((?i:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|янв|фев|февр|апр|авг|сен|сент|окт|ноя|нояб|дек|ene|abr|ago|dic|fev|out|dez))\.(?=\s)"
)
_BRACKET = re.compile(r"\s*\(([^()]{2,40})\)\s*$")
_DATE = re.compile(
    r"(?:\w{3,9}\.?\s+\d{1,2}|\d{1,2}\.?\s+(?:de\s+)?\w{3,10}\.?)(?:,?\s+(?:de\s+)?\d{4})?(?:\s*[/-]\s*\w.{0,25})?|\d{4}|\d{1,2}[./]\d{1,2}(?:[./]\d{2,4})?"
)
_SHOUTS = (
    "BREAKING UPDATE UPDATED EXCLUSIVE LIVE WATCH VIDEO PHOTOS OPINION ANALYSIS EXPLAINER WHAT WHY HOW EDITORIAL COMMENT "
    "COLUMN INTERVIEW FACTBOX FEATURE REVIEW PODCAST QUIZ LETTER NOTE CORRECTED CORRECTION REFILE READ ALERT URGENT "
    "СРОЧНО ВИДЕО ФОТО МНЕНИЕ ОБНОВЛЕНО"
)
_NOT_PLACES = frozenset(_SHOUTS.split())


@dataclass(frozen=True, slots=True)
class Cut:
    """Offsets in the text: the dateline's place names from `start` to `end`, the text proper from `rest`."""

    start: int
    end: int
    rest: int


def cut_dateline(text: str) -> Cut:
    """Find the dateline of a text; `start == end` when it has none (an agency's prefix is still cut)."""
    prefix = _PREFIX.match(text)
    begin = prefix.end() if prefix else len(text) - len(text.lstrip())
    dash = _DASH.search(text, begin, begin + REACH)
    end = _places_end(text, begin, dash.start()) if dash else begin
    if dash and end > begin:
        return Cut(begin, end, dash.end())
    colon = _COLON.match(text, begin)
    if colon and _is_place(colon[1], shouted=True):
        return Cut(begin, colon.end(1), colon.end())
    return Cut(begin, begin, begin)


def _places_end(text: str, begin: int, stop: int) -> int:
    """Where the place names end that fill a head such as `BAGHDAD, Iraq, May 3 (AP)`; `begin` if it is none."""
    head = text[begin:stop]
    bracket = _BRACKET.search(head)
    if bracket:
        head = head[: bracket.start()]
    parts = list(_parts(_MONTH.sub(r"\1 ", head)))
    known = bracket[1] if bracket else parts[-1][0] if len(parts) > 1 else ""
    signed = _KNOWN.fullmatch(known) is not None
    if not parts or not _is_place(parts[0][0], shouted=bracket is None and not signed, signed=signed):
        return begin
    end = parts[0][1]
    for part, part_end in parts[1:]:
        if _DATE.fullmatch(part) or _KNOWN.fullmatch(part):
            continue
        if not _may_follow(part):
            return begin
        end = part_end if part[:1].isupper() and not part.isupper() else end
    return begin + end


def _parts(head: str) -> list[tuple[str, int]]:
    """The parts of a head between commas and full stops, each with its end."""
    found: list[tuple[str, int]] = []
    position = 0
    for piece in re.split(r"(,\s*|\.\s+|\.$)", head):
        position += len(piece)
        if piece.strip(" ,."):
            found.append((piece.strip(), position))
    return found


def _is_place(part: str, *, shouted: bool, signed: bool = False) -> bool:
    """Whether a part may name places: in capitals, or (not `shouted`) with capitals; scripts that have none must be
    signed by an agency.
    """
    words = part.replace("/", " ").split()
    if not 1 <= len(words) <= MAX_PLACE_WORDS or any(letter.isdigit() for letter in part):
        return False
    if words[0] in _NOT_PLACES or sum(letter.isalpha() for letter in part) < 3:
        return False
    if part.isupper():
        return True
    if signed and part.lower() == part.upper():
        return True
    return not shouted and words[0][0].isupper() and words[-1][0].isupper()


def _may_follow(part: str) -> bool:
    """A state, a country or an agency may stand between place and dash."""
    words = part.split()
    return len(words) <= 4 and words[0][0].isupper()

"""Dates as feeds write them, in every form met in the wild. Aware UTC or None; never an exception, never a guess
between day and month.
"""

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_tz
from typing import Final

# Zones by name that mail dates do not know, in minutes east of UTC. Names with two meanings in news (AST, IST for
# Israel, CST for China) keep the one of RFC 5322, or the one with more feeds behind it.
_ZONES: Final = {
    "WET": 0, "WEST": 60, "BST": 60, "CET": 60, "MEZ": 60, "MET": 60, "WAT": 60, "CEST": 120, "MESZ": 120, "MEST": 120,
    "EET": 120, "CAT": 120, "SAST": 120, "EEST": 180, "MSK": 180, "EAT": 180, "TRT": 180, "AZT": 240, "GST": 240,
    "MSD": 240, "SAMT": 240, "IRST": 210, "PKT": 300, "UZT": 300, "TMT": 300, "TJT": 300, "YEKT": 300, "IST": 330,
    "NPT": 345, "ALMT": 300, "KGT": 360, "OMST": 360, "BDT": 360, "ICT": 420, "WIB": 420, "KRAT": 420, "HKT": 480, "SGT": 480, "PHT": 480,
    "AWST": 480, "JST": 540, "KST": 540, "ACST": 570, "AEST": 600, "AEDT": 660, "NZST": 720, "NZDT": 780, "BRT": -180,
    "ART": -180, "CLT": -240, "COT": -300, "PET": -300,
}  # fmt: skip
_MONTHS: Final = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar janvier janv enero ene gennaio gen janeiro января янв январь січня sty stycznia ocak oca",
            "feb february februar février fevrier févr fév febrero febbraio fevereiro fev февраля фев лютого lut lutego şubat sub",
            "mar march märz marz mär mrz mars marzo março marco марта мар март березня marca mart",
            "apr april avril avr abril abr aprile апреля апр квітня kwi kwietnia nisan nis",
            "may mai mayo maggio mag maio мая май травня maj maja mayıs mayis",
            "jun june juni juin junio giugno giu junho июня июн июнь червня cze czerwca haziran haz",
            "jul july juli juillet juil julio luglio lug julho июля июл июль липня lip lipca temmuz tem",
            "aug august août aout agosto ago августа авг серпня sie sierpnia ağustos agustos ağu",
            "sep sept september septembre septiembre settembre set setembro сентября сен сент вересня wrz września eylül eylul eyl",
            "oct october oktober okt octobre octubre ottobre ott outubro out октября окт жовтня paź paz października ekim eki",
            "nov november novembre noviembre novembro ноября ноя листопада lis listopada kasım kasim kas",
            "dec december dezember dez décembre decembre déc diciembre dic dicembre dezembro декабря дек грудня gru grudnia aralık aralik ara",
        ),
        start=1,
    )
    for name in names.split()
}

_OFFSET = r"(?P<zone>Z|UTC|GMT|[+-]\d{1,2}:?\d{2}|[+-]\d{2}|[A-Za-z]{2,5})?"
_TIME = r"(?:[T,\s]+(?:um|at|à|в|г\.?,?|-)?\s*(?P<hour>\d{1,2})[:.h](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:[.,]\d+)?)?\s*(?P<half>[ap]\.?m\.?)?)?"
_TAIL = rf"{_TIME}\s*(?:Uhr\s*)?{_OFFSET}\s*(?:\([^)]*\))?$"
_FORMS: Final = tuple(
    re.compile(form + _TAIL, re.IGNORECASE)
    for form in (
        r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})",
        r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})",
        r"(?P<day>\d{1,2})\.(?P<month>\d{1,2})\.(?P<year>\d{4})",
        r"(?:[^\W\d_]+\.?,?\s+)?(?P<day>\d{1,2})(?:st|nd|rd|th|er|º)?\.?[\s-]+(?:de\s+)?(?P<name>[^\W\d_]{3,12})\.?,?[\s-]+(?:de\s+)?(?P<year>\d{4}|\d{2})(?:\s*(?:г\.?|р\.?))?",
        r"(?:[^\W\d_]+\.?,?\s+)?(?P<name>[^\W\d_]{3,12})\.?\s+(?P<day>\d{1,2})(?:st|nd|rd|th)?,?\s+(?P<year>\d{4})",
        r"(?P<year>\d{4})年(?P<month>\d{1,2})月(?P<day>\d{1,2})日",
    )
)
_SLASHED = re.compile(r"(?P<first>\d{1,2})/(?P<other>\d{1,2})/(?P<year>\d{4})" + _TAIL, re.IGNORECASE)
_C_TIME = re.compile(
    r"[A-Za-z]{3,9},?\s+(?P<name>[A-Za-z]{3,9})\s+(?P<day>\d{1,2})\s+(?P<hour>\d{1,2}):(?P<minute>\d{2}):(?P<second>\d{2})\s+(?P<zone>[A-Za-z]{2,5}|[+-]\d{4})?\s*(?P<year>\d{4})$"
)
_DIGITS: Final = re.compile(r"(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})?")
_EPOCH: Final = (631_152_000, 4_102_444_800)  # 1990 and 2100, in seconds
_COLON_ZONE = re.compile(r"([+-]\d{2}):(\d{2})$")
_LONGEST = 80
_FARTHEST_ZONE = 14 * 60


def read_date(text: str | None) -> datetime | None:
    """The moment that `text` names, aware and in UTC; None where it names none without doubt.

    A time without a zone is taken as UTC, a date without a time as midnight. `03/04/2024` is doubtful, `13/04/2024` not.
    """
    text = " ".join((text or "").split())
    if not text or len(text) > _LONGEST:
        return None
    for reader in (_mail, _iso, _digits, _forms, _slashed):
        try:
            moment = reader(text)
        except (ValueError, OverflowError, TypeError):
            continue
        if moment is not None:
            return moment
    return None


def _mail(text: str) -> datetime | None:
    """RFC 5322, obsolete forms included; only with a month by name, so that nothing numeric is misread."""
    if not re.match(r"(?:[A-Za-z]{2,9}\.?,?\s*)?\d{1,2}[\s-]+[A-Za-z]{3,9}\.?[\s-]+\d", text):
        return None
    text = _COLON_ZONE.sub(r"\1\2", text)
    parsed = parsedate_tz(text.replace(".", "") if re.search(r"[A-Za-z]\.", text) else text)
    if parsed is None or not re.search(r"\d:\d", text):
        return None
    year, month, day, hour, minute, second = parsed[:6]
    last = text.rsplit(" ", 1)[-1].strip("()").upper()
    offset = _ZONES[last] * 60 if last in _ZONES else parsed[9] or 0
    return _moment(year, month, day, hour, minute, second, offset=offset // 60)


def _iso(text: str) -> datetime | None:
    moment = datetime.fromisoformat(text) if re.match(r"\d{4}-\d\d-\d\d(?:[T ]|$)", text) else None
    if moment is None:
        return None
    offset = moment.utcoffset() or timedelta()
    return _moment(*moment.timetuple()[:6], offset=int(offset.total_seconds() // 60))


def _digits(text: str) -> datetime | None:
    """Epoch seconds and milliseconds, and `YYYYMMDDHHMM[SS]`."""
    if not text.isdecimal() or not text.isascii():
        return None
    if len(text) in {12, 14} and (found := _DIGITS.fullmatch(text)):
        year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
        return _moment(year, month, day, hour, minute, second, offset=0)
    seconds = int(text) // 1000 if len(text) == 13 else int(text)
    if _EPOCH[0] <= seconds <= _EPOCH[1] and len(text) != 8:
        return datetime.fromtimestamp(seconds, UTC)
    return None


def _forms(text: str) -> datetime | None:
    for form in (*_FORMS, _C_TIME):
        if found := form.fullmatch(text):
            parts = found.groupdict()
            month = _MONTHS.get((parts.get("name") or "").lower()) or int(parts.get("month") or 0)
            return _from(parts, month, int(parts["day"]))
    return None


def _slashed(text: str) -> datetime | None:
    """Day and month by slashes: only where one of the two can be no month."""
    if not (found := _SLASHED.fullmatch(text)):
        return None
    first, other = int(found["first"]), int(found["other"])
    if first > 12 >= other:
        return _from(found.groupdict(), other, first)
    if other > 12 >= first or first == other:
        return _from(found.groupdict(), first, other)
    return None


def _from(parts: dict[str, str | None], month: int, day: int) -> datetime | None:
    hour, minute, second = (int(parts.get(name) or 0) for name in ("hour", "minute", "second"))
    half = (parts.get("half") or "").lower()
    if half and 1 <= hour <= 12:
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    offset = _offset(parts.get("zone") or "")
    return (
        None
        if offset is None
        else _moment(int(parts["year"] or 0), month, day, hour, minute, second, offset=offset)
    )


def _offset(zone: str) -> int | None:
    """Minutes east of UTC; None for a name that nobody knows."""
    zone = zone.upper()
    if zone in {"", "Z", "UTC", "GMT", "UT"}:
        return 0
    if zone[0] in "+-":
        digits = zone[1:].replace(":", "")
        hours, minutes = int(digits[:-2] or digits), int(digits[-2:]) if len(digits) > 2 else 0
        return (hours * 60 + minutes) * (-1 if zone[0] == "-" else 1)
    if zone in _ZONES:
        return _ZONES[zone]
    parsed = parsedate_tz(f"1 Jan 2000 00:00:00 {zone}")
    return None if parsed is None or parsed[9] is None else parsed[9] // 60


def _moment(*when: int, offset: int) -> datetime | None:
    """The moment of year to second, with two-digit years, `24:00` and the 61st second set right.

    `offset` in minutes east of UTC; None where it is no zone of this earth.
    """
    year, month, day, hour, minute, second = when
    if year < 100:
        year += 2000 if year < 69 else 1900
    if abs(offset) > _FARTHEST_ZONE:
        return None
    late = timedelta(days=1) if (hour, minute, second) == (24, 0, 0) else timedelta()
    zone = timezone(timedelta(minutes=offset))
    moment = datetime(year, month, day, 0 if late else hour, minute, min(second, 59), tzinfo=zone)
    return (moment + late).astimezone(UTC)

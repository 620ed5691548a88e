"""Dates as feeds write them, in every form met in the wild. Aware UTC or None; never an exception, never a guess
between day and month.
"""

import re
from datetime import UTC, date, datetime, timedelta, timezone
from email.utils import parsedate_tz
from functools import lru_cache
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
            "jan january januar januari janvier janv enero ene gennaio gen janeiro ianuarie января январь январи янв январ січня січень sty stycznia ledna ocak oca yanvar ýanwar қаңтар يناير",
            "feb february februar februari février fevrier févr fevr fév febrero febbraio fevereiro fev februarie февраля февраль феврали фев лютого лютий lut lutego února şubat subat şub fevral fewral ақпан فبراير",
            "mar march märz marz mär mrz mars marts maart marzo março martie марта март марти мар березня березень marca března mart наурыз مارس",
            "apr april avril avr abril abr aprile aprilie апреля апрель апрели апр квітня квітень kwi kwietnia dubna nisan nis aprel сәуір أبريل ابريل",
            "may mai mayo maggio mag maio maj maja mei mayıs mayis may мая май майы майи травня травень května maý мамыр مايو",
            "jun june juni juin junio giugno giu junho iunie июня июнь июни июн червня червень cze czerwca června haziran haz iyun iýun маусым يونيو",
            "jul july juli juillet juil julio luglio lug julho iulie июля июль июли июл липня липень lip lipca července temmuz tem iyul iýul шілде يوليو",
            "aug august augusti augustus août aout agosto ago august августа август августи авг серпня серпень sie sierpnia srpna ağustos agustos ağu avgust awgust тамыз أغسطس اغسطس",
            "sep sept september septembre septiembre setiembre settembre set setembro septembrie сентября сентябрь сентябри сентябры сен сент вересня вересень wrz września září eylül eylul eyl sentabr sentyabr sentýabr қыркүйек سبتمبر",
            "oct october oktober okt octobre octubre ottobre ott outubro out octombrie октября октябрь октябри октябры окт жовтня жовтень paź października října ekim eki oktabr oktyabr oktýabr қазан أكتوبر اكتوبر",
            "nov november novembre noviembre novembro noiembrie ноября ноябрь ноябри ноябры ноя нояб листопада листопад lis listopada kasım kasim kas noyabr noýabr қараша نوفمبر",
            "dec december dezember dez desember des décembre decembre déc diciembre dic dicembre dezembro decembrie декабря декабрь декабри декабры дек грудня грудень gru grudnia prosince aralık aralik ara dekabr желтоқсан ديسمبر",
        ),
        start=1,
    )
    for name in names.split()
}
_WEEKDAYS: Final = {name: day for day, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))}
_AFTERNOON: Final = frozenset({"pm", "오후", "下午", "午後"})
_FORENOON: Final = frozenset({"am", "오전", "上午", "午前"})

# What nearly every feed writes, read without more ado.
_PLAIN_MAIL = re.compile(
    r"(?:[A-Z][a-z]{2}, )?([0-9]{1,2}) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) ([0-9]{4})"
    r" ([0-9]{2}):([0-9]{2}):([0-9]{2}) ((?![AP]M)[A-Z]{1,5}|[+-][0-9]{4})"
)
_PLAIN_ISO = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?(?:Z|[+-][0-9]{2}:[0-9]{2})?"
)

_WORD = r"[^\W\d_]{1,12}\.?,?"
_TIME = (
    rf"(?:(?:T|[\s,|•·:–—-]+)(?P<fore>(?:{_WORD}\s+){{0,2}})(?P<hour>\d{{1,2}})\s?[:.hH時时点시]\s?(?P<minute>\d{{2}})[分분]?"
    r"(?:[:.]?\s?(?P<second>\d{2})[秒초]?(?:[.,]\d+)?)?\s*(?P<half>[ap]\.?m\b\.?)?)?"
)
_ZONE = r"(?P<zone>(?:GMT|UTC|UT|Z)?\s?[+-]\d{1,2}(?:[:.]?\d{2})?|[A-Za-z]{1,5})?(?:\s+[A-Z]{3,5})?"
_TAIL = rf"{_TIME}\s*(?:Uhr\s*|год\w*\s*)?{_ZONE}(?:\s+m=\S+)?$"
_NAME = r"(?P<name>[^\W\d_]{3,12})\.?,?"
_DAY_NAME = r"(?:(?P<weekday>[^\W\d_]+)[.,\s]+)?"
_YEAR_WORD = r"(?:[\s-]*(?:г\.?|р\.?|ж\.?|жыл\w*|год\w*|yil\w*))?"
_FORMS: Final = tuple(
    re.compile(form + _TAIL, re.IGNORECASE)
    for form in (
        r"(?P<year>\d{4})[-/.]\s?(?P<month>\d{1,2})[-/.]\s?(?P<day>\d{1,2})\.?",
        r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})",
        rf"{_DAY_NAME}(?P<day>\d{{1,2}})\.(?P<month>\d{{1,2}})\.(?P<year>\d{{4}})",
        rf"{_DAY_NAME}(?P<day>\d{{1,2}})(?:st|nd|rd|th|er|º)?\.?[\s/-]+(?:(?:de|of)\s+)?{_NAME}[\s/-]+(?:de\s+|del\s+)?(?P<year>\d{{4}}|\d{{2}})"
        + _YEAR_WORD,
        rf"{_DAY_NAME}{_NAME}\s*(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}})",
        rf"(?P<year>\d{{4}}){_YEAR_WORD}[-.,\s]+{_NAME}[-.\s]+(?P<day>\d{{1,2}})\.?",
        rf"(?P<year>\d{{4}}){_YEAR_WORD}[,\s]+(?P<day>\d{{1,2}})[-\s]+{_NAME}",
        r"(?P<year>\d{4})[年년]\s?(?P<month>\d{1,2})[月월]\s?(?P<day>\d{1,2})[日일号]?",
    )
)
_SLASHED = re.compile(
    rf"{_DAY_NAME}(?P<first>\d{{1,2}})(?P<mark>[/-])(?P<other>\d{{1,2}})(?P=mark)(?P<year>\d{{4}})" + _TAIL,
    re.IGNORECASE,
)
_C_TIME = re.compile(
    r"[A-Za-z]{3,9},?\s+(?P<name>[A-Za-z]{3,9})\s+(?P<day>\d{1,2})\s+(?P<hour>\d{1,2}):(?P<minute>\d{2}):(?P<second>\d{2})\s+(?P<zone>[A-Za-z]{2,5}|[+-]\d{4})?\s*(?P<year>\d{4})$"
)
_TIME_FIRST = re.compile(r"(\d{1,2}:\d{2}(?::\d{2})?(?:\s*[ap]\.?m\.?)?),?\s+(.*\d.*)", re.IGNORECASE)
_NO_COLON = re.compile(r"(\d) (\d{2})(\d{2}) (GMT|UTC|UT|Z|[+-]\d{4})$")
_ZONE_ASIDE = re.compile(r"\(([A-Z]{2,5})\)$")
_ASIDE = re.compile(r"\s*\([^()]*\)")
_DIGITS: Final = re.compile(r"(\d{4})(\d{2})(\d{2})T?(\d{2})(\d{2})(\d{2})?(Z|[+-]\d{4})?")
_EPOCH: Final = (631_152_000, 4_102_444_800)  # 1990 and 2100, in seconds
_NOUGHT: Final = datetime(1970, 1, 1, tzinfo=UTC)
_COLON_ZONE = re.compile(r"([+-]\d{2}):(\d{2})$")
_LONGEST = 80
_FARTHEST_ZONE = 14 * 60
_FARTHEST: Final = timedelta(minutes=_FARTHEST_ZONE)


def read_date(text: str | None) -> datetime | None:
    """The moment that `text` names, aware and in UTC; None where it names none without doubt.

    A time without a zone is taken as UTC, a date without a time as midnight. `03/04/2024` is doubtful, `13/04/2024` and
    `Mon, 03/04/2024` are not. Nought is no date, whatever it is counted from: neither 1 January 1970 at midnight nor the year 1.
    """
    if not text:
        return None
    try:
        moment = _plain_iso(text) if text[4:5] == "-" else _plain_mail(text)
    except ValueError:
        moment = None
    moment = moment or _any(" ".join(text.split()))
    return None if moment == _NOUGHT else moment


def _any(text: str) -> datetime | None:
    if not text or len(text) > _LONGEST:
        return None
    for reader in (_iso, _digits, _forms, _slashed, _mail):
        try:
            moment = reader(text)
        except (ValueError, OverflowError, TypeError):
            continue
        if moment is not None:
            return moment
    return None


def _plain_mail(text: str) -> datetime | None:
    found = _PLAIN_MAIL.fullmatch(text)
    if found is None:
        return None
    day, name, year, hour, minute, second, zone = found.groups()
    shift = _shift(zone)
    if shift is None or year < "0100":
        return None
    month = _MONTHS[name.lower()]
    moment = datetime(int(year), month, int(day), int(hour), int(minute), int(second), tzinfo=UTC)
    return moment - shift if shift else moment


@lru_cache(maxsize=256)
def _shift(zone: str) -> timedelta | None:
    """How far a zone lies east of UTC, by name or as `+0500`; None for one that nobody knows."""
    offset = _offset(zone)
    return None if offset is None or abs(offset) > _FARTHEST_ZONE else timedelta(minutes=offset)


def _plain_iso(text: str) -> datetime | None:
    if not _PLAIN_ISO.fullmatch(text) or text < "0100":
        return None
    moment = datetime.fromisoformat(text)
    if moment.microsecond:
        moment = moment.replace(microsecond=0)
    offset = moment.utcoffset()
    if not offset:
        return moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC) if abs(offset) <= _FARTHEST else None


def _iso(text: str) -> datetime | None:
    """ISO 8601 as the standard library reads it, dates without a time included; a bare year or week is no date."""
    if not re.match(r"\d{4}-\d\d-\d\d(?:[Tt ]|$)", text):
        return None
    moment = datetime.fromisoformat(text)
    offset = moment.utcoffset() or timedelta()
    return _moment(*moment.timetuple()[:6], offset=int(offset.total_seconds() // 60))


def _digits(text: str) -> datetime | None:
    """Epoch seconds and milliseconds, `YYYYMMDDHHMM[SS]` and ISO 8601 without its marks (`20240203T101112Z`)."""
    if not text.isascii() or not text[0].isdigit() or text[-1] not in "0123456789Z":
        return None
    if len(text) >= 12 and len(text) != 13 and (found := _DIGITS.fullmatch(text)):
        year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
        return _moment(year, month, day, hour, minute, second, offset=_offset(found[7] or "") or 0)
    whole, _, part = text.partition(".")
    if not whole.isdecimal() or (part and not (part.isdecimal() and len(whole) == 10)):
        return None
    seconds = int(whole) // 1000 if len(whole) == 13 else int(whole)
    if _EPOCH[0] <= seconds <= _EPOCH[1] and len(whole) != 8:
        return datetime.fromtimestamp(seconds, UTC)
    return None


def _forms(text: str) -> datetime | None:
    """Dates in the words and orders of many languages, the whole text and nothing but."""
    text = _ASIDE.sub("", _ZONE_ASIDE.sub(r"\1", text))
    if first := _TIME_FIRST.fullmatch(text):
        text = f"{first[2]} {first[1]}"
    text = _NO_COLON.sub(r"\1 \2:\3 \4", text)
    for form in (*_FORMS, _C_TIME):
        if found := form.fullmatch(text):
            parts = found.groupdict()
            month = _MONTHS.get((parts.get("name") or "").lower()) or int(parts.get("month") or 0)
            if month:
                return _from(parts, month, int(parts["day"]))
    return None


def _slashed(text: str) -> datetime | None:
    """Day and month by slashes: only where one of the two can be no month, or the day of the week tells."""
    if not (found := _SLASHED.fullmatch(_ASIDE.sub("", _ZONE_ASIDE.sub(r"\1", text)))):
        return None
    parts, first, other = found.groupdict(), int(found["first"]), int(found["other"])
    if first > 12 >= other:
        return _from(parts, other, first)
    if other > 12 >= first or first == other:
        return _from(parts, first, other)
    day = _WEEKDAYS.get((found["weekday"] or "")[:3].lower())
    fits = [
        (month, number)
        for month, number in ((first, other), (other, first))
        if date(int(found["year"]), month, number).weekday() == day
    ]
    return _from(parts, *fits[0]) if len(fits) == 1 else None


def _mail(text: str) -> datetime | None:
    """RFC 5322 with its obsolete forms and what else the standard library makes of a date with a month by name.

    Last, because it is lenient: zones that nobody knows are UTC to it.
    """
    if not re.match(r"(?:[A-Za-z]{2,9}\.?,?\s*)?\d{1,2}[\s-]+[A-Za-z]{3,9}\.?[\s-]+\d", text):
        return None
    text = _COLON_ZONE.sub(r"\1\2", text)
    parsed = parsedate_tz(text.replace(".", "") if re.search(r"[A-Za-z]\.", text) else text)
    if parsed is None or not re.search(r"\d:\d", text) or re.search(r"[a-zA-Z]\s00\d\d\s", text):
        return None
    year, month, day, hour, minute, second = parsed[:6]
    last = text.rsplit(" ", 1)[-1].strip("()").upper()
    offset = _ZONES[last] * 60 if last in _ZONES else parsed[9] or 0
    return _moment(year, month, day, hour, minute, second, offset=offset // 60)


def _from(parts: dict[str, str | None], month: int, day: int) -> datetime | None:
    hour, minute, second = (int(parts.get(name) or 0) for name in ("hour", "minute", "second"))
    half = {word.strip(".,") for word in (parts.get("fore") or "").lower().split()}
    half.add((parts.get("half") or "").lower().replace(".", ""))
    if 1 <= hour <= 12 and half & (_AFTERNOON | _FORENOON):
        hour = hour % 12 + (12 if half & _AFTERNOON else 0)
    offset = _offset(parts.get("zone") or "")
    if offset is None:
        return None
    written = parts["year"] or ""
    year = int(written)
    if len(written) == 2:
        year += 2000 if year < 69 else 1900
    return _moment(year, month, day, hour, minute, second, offset=offset)


def _offset(zone: str) -> int | None:
    """Minutes east of UTC; None for a name that nobody knows."""
    zone = zone.upper().replace(" ", "")
    if zone not in {"GMT", "UTC", "UT", "Z"} and (stem := re.match(r"(?:GMT|UTC|UT|Z)(?=[+-])", zone)):
        zone = zone[stem.end() :]
    if zone in {"", "Z", "UTC", "GMT", "UT"}:
        return 0
    if zone[0] in "+-":
        hours, minutes = _clock(zone[1:])
        return (hours * 60 + minutes) * (-1 if zone[0] == "-" else 1)
    if zone in _ZONES:
        return _ZONES[zone]
    parsed = parsedate_tz(f"1 Jan 2000 00:00:00 {zone}")
    return None if parsed is None or parsed[9] is None else parsed[9] // 60


def _clock(written: str) -> tuple[int, int]:
    """Hours and minutes of `6`, `06`, `0630`, `6:30`."""
    hours, colon, minutes = written.replace(".", ":").partition(":")
    if colon:
        return int(hours), int(minutes)
    return (int(hours), 0) if len(hours) <= 2 else (int(hours[:-2]), int(hours[-2:]))


def _moment(*when: int, offset: int) -> datetime | None:
    """The moment of year to second, with `24:00` and the 61st second set right.

    `offset` in minutes east of UTC; None where it is no zone of this earth, and for the years before 100, which are
    what programs write for a date that they do not have.
    """
    year, month, day, hour, minute, second = when
    if year < 100 or abs(offset) > _FARTHEST_ZONE:
        return None
    late = timedelta(days=1) if (hour, minute, second) == (24, 0, 0) else timedelta()
    zone = timezone(timedelta(minutes=offset))
    moment = datetime(year, month, day, 0 if late else hour, minute, min(second, 59), tzinfo=zone)
    return (moment + late).astimezone(UTC)

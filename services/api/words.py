"""Numbers and states as people say them. Pure: `now` is an argument."""

import re
from datetime import datetime, timedelta

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def age(then: datetime, now: datetime) -> str:
    """How long ago, in one or two words.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    >>> age(noon - timedelta(minutes=58), noon), age(noon - timedelta(hours=3, minutes=40), noon)
    ('58 mins ago', '3 hours ago')
    """
    passed = now - then
    if passed < timedelta(minutes=1):
        return "just now"
    if passed < HOUR:
        return _count(passed // timedelta(minutes=1), "min") + " ago"
    if passed < DAY:
        return _count(passed // HOUR, "hour") + " ago"
    if passed < 7 * DAY:
        return _count(passed // DAY, "day") + " ago"
    same_year = then.year == now.year
    return f"{then.day} {then:%B}" if same_year else f"{then.day} {then:%B %Y}"


def span(passed: timedelta) -> str:
    """A length of time: "45 s", "12 mins", "3 hours", "2 days"."""
    if passed < timedelta(minutes=2):
        return f"{max(0, int(passed.total_seconds()))} s"
    if passed < 2 * HOUR:
        return _count(passed // timedelta(minutes=1), "min")
    if passed < 2 * DAY:
        return _count(passed // HOUR, "hour")
    return _count(passed // DAY, "day")


def day(now: datetime) -> str:
    """The date line of a masthead: "Monday, 23 November 2026"."""
    return f"{now:%A}, {now.day} {now:%B %Y}"


def number(count: int) -> str:
    """A whole number with thin groups: "12 345" reads the same in every language."""
    return f"{count:,}".replace(",", "\u202f")


def counted(count: int, one: str, many: str | None = None) -> str:
    """A number with its noun: "1 feed", "12 feeds"."""
    return f"{number(count)} {one if count == 1 else many or one + 's'}"


def listed(parts: list[str]) -> str:
    """Parts of a sentence in a row: "a", "a and b", "a, b and c"."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def rising(count: int, where: str, *, voices: int) -> str:
    """What rises, in a sentence; `where` is empty for everywhere.

    >>> rising(0, "Central Asia", voices=3)
    'Nothing is rising in Central Asia: no story has 3 publishers or more, and more than is usual there.'
    """
    if not count:
        place, there = (f" in {where}", "there") if where else ("", "at the moment")
        return f"Nothing is rising{place}: no story has {voices} publishers or more, and more than is usual {there}."
    verb = "is" if count == 1 else "are"
    place = f" in {where}" if where else ""
    return f"{counted(count, 'story', 'stories')} {verb} rising{place}: more publishers, and sooner, than is usual."


def completeness(*, sources: int, late: int, failing: int, gaps: int, asked: int) -> str:
    """One sentence on how far a stream can be relied on."""
    if not sources:
        return "No feeds are behind this stream yet."
    if asked < sources:
        return f"{number(asked)} of {counted(sources, 'source')} {'has' if asked == 1 else 'have'} been asked so far."
    troubles = []
    if late:
        troubles.append(f"{number(late)} {'is' if late == 1 else 'are'} late")
    if failing:
        troubles.append(f"{number(failing)} {'is' if failing == 1 else 'are'} failing")
    if gaps:
        troubles.append(f"{number(gaps)} may have missed articles in the last 24 hours")
    if not troubles:
        return (
            f"All {counted(sources, 'source')} are up to date."
            if sources > 1
            else "The source is up to date."
        )
    return f"Of {counted(sources, 'source')}, {listed(troubles)}."


def public_url(url: str) -> str:
    """An address without the name and password that somebody may have written into it.

    >>> public_url("https://desk:secret@wire.example/feed.xml")
    'https://wire.example/feed.xml'
    """
    return re.sub(r"^([a-z][a-z0-9+.-]*://)[^/?#]*@", r"\1", url, flags=re.IGNORECASE)


def _count(number_: int, unit: str) -> str:
    return f"{number_} {unit}" if number_ == 1 else f"{number_} {unit}s"

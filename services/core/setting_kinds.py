"""How the text of a setting becomes its value: one reader a kind. Each raises ValueError with what was expected."""

import ipaddress
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_FETCH_AT_MOST = 60
"""A longer fetch would outlive the lease that a worker has on its feed (`ingest.store.leases`)."""


def duration(text: str) -> int:
    """Whole seconds from `900`, `15m`, `1h` or `1d`; a year at most, so that no date runs over."""
    found = re.fullmatch(r"(\d{1,9})\s*([smhd]?)", text.strip(), re.ASCII)
    seconds = int(found[1]) * _UNITS[found[2]] if found else 0
    if not 0 < seconds <= 366 * 86400:
        raise ValueError("a duration such as 900, 15m, 1h or 1d, a year at most")
    return seconds


def short_duration(text: str) -> int:
    """A duration no longer than a fetch may take."""
    seconds = duration(text)
    if seconds > _FETCH_AT_MOST:
        raise ValueError(f"a duration of at most {_FETCH_AT_MOST} seconds")
    return seconds


def positive(text: str) -> int:
    """A whole number above zero."""
    if not re.fullmatch(r"[0-9]{1,6}", text.strip()) or int(text) < 1:
        raise ValueError("a whole number from 1 to 999999")
    return int(text)


_PROCESSES_AT_MOST = 256
"""Of one worker: each is a process of some 60 MB with connections of its own."""


def processes(text: str) -> int:
    """How many processes one worker has."""
    if not re.fullmatch(r"[0-9]{1,6}", text.strip()) or not 1 <= int(text) <= _PROCESSES_AT_MOST:
        raise ValueError(f"a whole number from 1 to {_PROCESSES_AT_MOST}")
    return int(text)


def whole(text: str) -> int:
    """A whole number, zero allowed."""
    if not re.fullmatch(r"[0-9]{1,6}", text.strip()):
        raise ValueError("a whole number from 0 to 999999")
    return int(text)


def days(text: str) -> int:
    """A number of days; a hundred years are as good as for ever, and no date runs over."""
    if not re.fullmatch(r"[0-9]{1,5}", text.strip()) or not 1 <= int(text) <= 36_500:
        raise ValueError("a whole number of days from 1 to 36500")
    return int(text)


def seconds(least: float) -> Callable[[str], float]:
    """A number of seconds, `least` or more and an hour at most."""

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = -1.0
        if not least <= value <= 3600:
            raise ValueError(f"seconds from {least:g} to 3600")
        return value

    return read


def networks(text: str) -> tuple[Network, ...]:
    """Networks with commas between them."""
    try:
        return tuple(
            ipaddress.ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip()
        )
    except ValueError:
        raise ValueError("comma-separated networks such as 127.0.0.0/8,10.1.0.0/16") from None


def host_and_port(text: str) -> str:
    """Where to listen."""
    found = re.fullmatch(r"(?:[\w.-]+|\[[0-9a-fA-F:.]+\]):([0-9]{1,5})", text)
    if not found or not 0 < int(found[1]) < 65536:
        raise ValueError("host:port, such as 127.0.0.1:8000")
    return text


def _has_sane_port(url: str) -> bool:
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False


def postgres_url(text: str) -> str:
    """A PostgreSQL address in any of its usual spellings, with the driver we ship."""
    scheme, colon, rest = text.partition("://")
    if (
        not colon
        or not rest.strip("/")
        or scheme not in {"postgres", "postgresql", "postgresql+psycopg"}
        or not _has_sane_port(text)
    ):
        raise ValueError("postgresql://user:password@host:5432/database")
    return "postgresql+psycopg://" + rest


def redis_url(text: str) -> str:
    """The address of a Redis-protocol server."""
    tcp = re.fullmatch(r"rediss?://[^/?\s]+(?:/[0-9]*)?(?:\?\S*)?", text) and _has_sane_port(text)
    if not tcp and not re.match(r"unix://[^\s]*/", text):
        raise ValueError("redis://host:6379/0, rediss://… or unix:///path/to/socket")
    return text


def one_of(*choices: str) -> Callable[[str], str]:
    """One of these words, whatever its case."""

    def read(text: str) -> str:
        if text.lower() not in choices:
            raise ValueError("one of " + ", ".join(choices))
        return text.lower()

    return read


def path(text: str) -> Path:
    """A path; `~` is somebody's home."""
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError:
        raise ValueError("a path; there is no such user") from None


def web_address(text: str) -> str:
    """An http or https address."""
    if not re.fullmatch(r"https?://[^\s/]+[!-~]*", text):
        raise ValueError("an http or https address")
    return text


def share(text: str) -> float:
    """A share from 0 (none) to 1 (all)."""
    if not re.fullmatch(r"[01]|0?\.[0-9]{1,6}|1\.0{1,6}", text.strip()):
        raise ValueError("a share from 0 to 1, such as 0.001")
    return float(text)

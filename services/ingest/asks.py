"""What the headers of an answer ask of us (pure): how long to stay away, and where a feed's hub is.

RFC 9110 section 10.2.3 (Retry-After, seconds or a date), RFC 9111 sections 4.2 and 5.2.2.1 (max-age before Expires, both
less the time that the answer has already spent in caches), RFC 8288 (Link), W3C WebSub section 4 (Link before the document).
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin

from services.core.errors import InvalidInputError
from services.core.urls import check_http_url

LONGEST_WISH_S = 86_400
LONGEST_RETRY_AFTER_S = 7 * 86_400
LONGEST_HOST_REST_S = 3600
"""A refusal of one feed holds up the others of its host for this long at most."""
THROTTLED_HOST_REST_S = 300
"""How long a host is left alone that says 429 and not until when."""

_MAX_AGE = re.compile(r"(?:^|[,\s])max-age\s*=\s*\"?(\d{1,10})", re.IGNORECASE)
_LINK = re.compile(r"<([^<>\s]{1,2048})>([^<>]*)")
_PARAMETER = re.compile(r";\s*([a-z*]{1,40})\s*=\s*(?:\"([^\"]*)\"|([^\s\";,]+))", re.IGNORECASE)
_LINKS_READ = 16_384


def wish(headers: Mapping[str, str], *, feed_interval_s: int | None, now: datetime) -> int:
    """Seconds that an answer and the feed in it ask for; feeds set these wrong, so a day is the most we believe."""
    found = _MAX_AGE.search(headers.get("cache-control", ""))
    if found:
        fresh = int(found[1]) - _seconds(headers.get("age", ""))
    else:
        fresh = _until(headers.get("expires", ""), headers, now)
    return max(0, min(max(fresh, feed_interval_s or 0), LONGEST_WISH_S))


def retry_after(headers: Mapping[str, str], *, now: datetime) -> int:
    """Seconds that a refusal (429, 503) asks for, at most a week; 0 when it asks for nothing."""
    value = headers.get("retry-after", "").strip()
    seconds = _seconds(value) if value.isdecimal() else _until(value, headers, now)
    return max(0, min(seconds, LONGEST_RETRY_AFTER_S))


def host_rest(status: int, asked_s: int) -> int:
    """Seconds for which a refusal holds for every feed of its host. `asked_s`: what its Retry-After asks for."""
    if status == 429 and asked_s == 0:
        return THROTTLED_HOST_REST_S
    return min(asked_s, LONGEST_HOST_REST_S) if status in {429, 503} else 0


def links(headers: Mapping[str, str], rel: str, *, url: str) -> tuple[str, ...]:
    """The addresses that the Link header names for `rel`, absolute; what is no http address is left out.

    `url`: what they are relative to.
    """
    found = []
    for target, parameters in _LINK.findall(headers.get("link", "")[:_LINKS_READ]):
        named = {name.lower(): quoted or bare for name, quoted, bare in _PARAMETER.findall(parameters)}
        if rel in named.get("rel", "").lower().split():
            try:
                found.append(check_http_url(urljoin(url, target)))
            except (InvalidInputError, ValueError):
                continue
    return tuple(dict.fromkeys(found))


def _seconds(value: str) -> int:
    """A whole number as a header gives it; 0 for anything else."""
    value = value.strip()
    return int(value[:10]) if value.isdecimal() else 0


def _until(date: str, headers: Mapping[str, str], now: datetime) -> int:
    """Seconds until a date, by the server's own clock where it tells the time, so that a wrong clock does no harm."""
    then = _date(date)
    if then is None:
        return 0
    return int(then - (_date(headers.get("date", "")) or now.timestamp()))


def _date(value: str) -> float | None:
    try:
        then = parsedate_to_datetime(value)
        return (then if then.tzinfo else then.replace(tzinfo=UTC)).timestamp()
    except (TypeError, ValueError, IndexError, OverflowError):
        return None

"""How long a publisher asks us to stay away (pure): Retry-After, Cache-Control, Expires and the feed's own wish.

RFC 9110 section 10.2.3 (Retry-After, seconds or a date), RFC 9111 sections 4.2 and 5.2.2.1 (max-age before Expires).
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_WISH_S = 86_400
LONGEST_RETRY_AFTER_S = 7 * 86_400
_MAX_AGE = re.compile(r"(?:^|[,\s])max-age\s*=\s*\"?(\d{1,10})", re.IGNORECASE)


def wish(headers: Mapping[str, str], *, feed_interval_s: int | None, now: datetime) -> int:
    """Seconds that an answer and the feed in it ask for; feeds set these wrong, so a day is the most we believe."""
    found = _MAX_AGE.search(headers.get("cache-control", ""))
    fresh = int(found[1]) if found else _until(headers.get("expires", ""), now)
    return max(0, min(max(fresh, feed_interval_s or 0), LONGEST_WISH_S))


def retry_after(headers: Mapping[str, str], *, now: datetime) -> int:
    """Seconds that a refusal (429, 503) asks for, at most a week; 0 when it asks for nothing."""
    value = headers.get("retry-after", "").strip()
    seconds = int(value[:10]) if value.isdecimal() else _until(value, now)
    return max(0, min(seconds, LONGEST_RETRY_AFTER_S))


def _until(date: str, now: datetime) -> int:
    try:
        then = parsedate_to_datetime(date)
    except (TypeError, ValueError, IndexError, OverflowError):
        return 0
    return int((then if then.tzinfo else then.replace(tzinfo=UTC)).timestamp() - now.timestamp())

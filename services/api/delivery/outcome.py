"""What comes of an attempt (pure): go on, try again later, or stop and say why."""

from dataclasses import dataclass
from datetime import datetime, timedelta

RETRIES = tuple(
    timedelta(seconds=s) for s in (5, 60, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
"""After the n-th failure in a row; the last one from then on. Near what Standard Webhooks recommends."""
GIVE_UP = timedelta(days=5)
"""For so long an address is tried; then its webhook is paused, and loses nothing."""
LONGEST_WISH = timedelta(days=1)
"""Of a Retry-After."""
_GONE = 410


@dataclass(frozen=True, slots=True)
class Answer:
    """What an address said: a status, or an error in a sentence. `retry_after`: how long it asks us to wait."""

    status: int | None = None
    error: str | None = None
    retry_after: timedelta = timedelta(0)
    took_ms: int = 0

    @property
    def taken(self) -> bool:
        """Whether the message has arrived."""
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Next:
    """What a webhook is after an attempt. `error` None: the message was taken."""

    due_at: datetime
    failures: int = 0
    failing_since: datetime | None = None
    error: str | None = None
    paused_reason: str | None = None


def after(
    answer: Answer, *, failures: int, failing_since: datetime | None, now: datetime, dice: float
) -> Next:
    """What comes next. `failures`: attempts in a row that failed before this one; `dice` in [0, 1) spreads retries apart."""
    if answer.taken:
        return Next(now)
    error, since = in_words(answer), failing_since or now
    if answer.status == _GONE:
        return Next(now, failures + 1, since, error, paused_reason=f"{error} That ends a webhook.")
    if now - since >= GIVE_UP:
        reason = f"{error} So it was for {GIVE_UP.days} days. Resume it when the address works again: nothing is lost."
        return Next(now, failures + 1, since, error, paused_reason=reason)
    wait = RETRIES[min(failures, len(RETRIES) - 1)] * (1 + 0.2 * dice)
    return Next(now + max(wait, min(answer.retry_after, LONGEST_WISH)), failures + 1, since, error)


def in_words(answer: Answer) -> str:
    """What went wrong, in a sentence."""
    if answer.status is None:
        return answer.error or "It did not answer."
    if 300 <= answer.status < 400:
        return f"It answers with a redirect ({answer.status}), which is not followed: name the final address."
    return f"It answers with {answer.status}."


def retry_after(header: str | None, *, now: datetime, parsed: datetime | None) -> timedelta:
    """The wish of a Retry-After header (RFC 9110, 10.2.3): seconds, or a date (`parsed`); nothing where it is neither."""
    if header and header.strip().isdecimal() and len(header.strip()) < 10:
        return timedelta(seconds=int(header.strip()))
    return max(parsed - now, timedelta(0)) if parsed else timedelta(0)

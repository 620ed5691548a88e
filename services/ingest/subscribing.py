"""What to ask WebSub hubs for, what their answers mean, and when a hub is not to be relied on (pure).

A request that a hub took is worth nothing until it has called back, so requests are counted until one is confirmed:
`failures` grows with each of them and the callback sets it to nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from services.core.websub import ASKED_LEASE_S, LONGEST_REASON, State, callback_url, shares_secret, words_of

MISSES = 2
"""So many looks of our own that found what no push had told end our trust."""

UNTRUSTED_S = 7 * 86_400
DENIED_S = 7 * 86_400
"""A hub that refuses or misses news is asked again after a week."""

UNCONFIRMED_S = 3600
FIRST_RETRY_S = 900
LONGEST_RETRY_S = 86_400
LAST_FAREWELL = 3
"""A hub that does not confirm the end of a subscription is told so often; its lease ends by itself."""

SECOND_LOOK_S = 120
"""A push can be quicker than the publisher's own caches: a look that found nothing is made once more after this."""

_LASTING_ERRORS = frozenset({"url", "forbidden"})
_PASSING_STATUSES = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True)
class Ask:
    """A request to be made of a hub. `state` is what the subscription is while it is made, `before` what it was when it fell
    due; `asks`: requests without a confirmation, this one included. `ended` means that it is to be unsubscribed.
    """

    feed_id: int
    hub: str
    topic: str
    token: str
    secret: str
    state: State
    before: State
    asks: int
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """What a hub said: a status with the beginning of its text, or an error of `fetch_errors` in a kind and a sentence."""

    status: int | None = None
    text: str = ""
    retry_after_s: int = 0
    error_kind: str | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Next:
    """What a subscription is after a hub's answer. `over`: nothing is held at the hub any more."""

    state: State
    renew_at: datetime
    reason: str | None = None
    over: bool = False


def form(ask: Ask, *, public_url: str) -> dict[str, str]:
    """The request (section 5.1). The secret goes only where nobody can listen."""
    fields = {
        "hub.callback": callback_url(public_url, ask.token),
        "hub.mode": "unsubscribe" if ask.state == "ended" else "subscribe",
        "hub.topic": ask.topic,
    }
    if ask.state == "ended":
        return fields
    if shares_secret(ask.hub):
        fields["hub.secret"] = ask.secret
    return fields | {"hub.lease_seconds": str(ASKED_LEASE_S)}


def after(ask: Ask, answer: Answer, *, host: str, now: datetime, dice: float) -> Next:
    """What comes of an answer. `host`: the hub in words; `dice` in [0, 1) spreads the next requests apart."""
    if answer.status is not None and 200 <= answer.status < 300:
        wait = back_off(ask.asks, first_s=UNCONFIRMED_S)
        taken: State = "asked" if ask.state == "wanted" else ask.state
        return Next(taken, _later(now, wait, dice), reason=_unconfirmed(ask, host))
    reason = _trouble(answer, host)
    if _is_lasting(answer) and ask.state == "ended":
        return Next("ended", now, reason=reason, over=True)
    if _is_lasting(answer) and ask.state != "active":
        return Next("denied", _later(now, DENIED_S, dice), reason=reason)
    wait = max(back_off(ask.asks, first_s=FIRST_RETRY_S), answer.retry_after_s)
    return Next(ask.state, _later(now, wait, dice), reason=reason)


def back_off(asks: int, *, first_s: int) -> int:
    """Seconds after the n-th request in a row that came to nothing: doubled each time, a day at most."""
    return int(min(first_s * 2 ** min(max(asks - 1, 0), 20), LONGEST_RETRY_S))


def missed(
    *,
    new: int,
    pushed_at: datetime | None,
    previous_look: datetime | None,
    push_until: datetime,
    now: datetime,
) -> bool:
    """Whether a look of our own found what a push should have told: something new, and no word since the previous look.

    `previous_look`: the last one that succeeded; news of a first look are no miss.
    """
    if not new or previous_look is None or push_until <= now:
        return False
    return pushed_at is None or pushed_at < previous_look


def second_look(
    *, new: int, pushed_at: datetime | None, previous_look: datetime | None, now: datetime
) -> datetime | None:
    """When to look again at a feed of which a hub told news since the previous look that this one did not find; None
    otherwise. Once for each push: for the look after it, this one is the previous.
    """
    if new or pushed_at is None or previous_look is None or pushed_at <= previous_look:
        return None
    return now + timedelta(seconds=SECOND_LOOK_S)


def distrust(misses: int, *, now: datetime) -> Next | None:
    """What a subscription is after that many misses; None as long as it is relied on."""
    if misses < MISSES:
        return None
    reason = f"Looks of our own found news {misses} times that the hub had not told."
    return Next("wanted", now + timedelta(seconds=UNTRUSTED_S), reason=reason)


def _later(now: datetime, seconds: int, dice: float) -> datetime:
    return now + timedelta(seconds=seconds * (1 + 0.1 * dice))


def _is_lasting(answer: Answer) -> bool:
    if answer.status is None:
        return answer.error_kind in _LASTING_ERRORS
    return 400 <= answer.status < 500 and answer.status not in _PASSING_STATUSES


def _unconfirmed(ask: Ask, host: str) -> str | None:
    """Said from the second request on: a hub may take its time over the first."""
    if ask.asks < 2 or ask.state == "ended":
        return None
    return (
        f"{host} took the request {ask.asks} times and confirmed none: "
        "it may not reach the address in DATELINE_PUBLIC_URL."
    )


def _trouble(answer: Answer, host: str) -> str:
    if answer.status is None:
        return answer.error
    said = words_of(answer.text)[: LONGEST_REASON - 60]
    sentence = f"{host} answers the request with {answer.status}"
    return f"{sentence}: “{said}”." if said else f"{sentence}."

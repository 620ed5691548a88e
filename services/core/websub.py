"""WebSub (W3C Recommendation, 23 January 2018), the subscriber's side: what is decided about hubs' calls (pure).

The callback's address, who may confirm what, how long a lease holds, whether a push is signed, and what a push comes to.
A push is a hint to fetch and nothing else, so that all it can bring about is a look that is bounded anyway.
"""

import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Literal

ASKED_LEASE_S = 864_000
"""What we ask for: ten days, in seconds."""
LONGEST_LEASE_S = 30 * 86_400
SOONEST_RENEWAL_S = 2880
"""Four fifths of an hour: a hub that grants less is silent in between, and the feed is polled."""
LONGEST_CHALLENGE = 1024
LONGEST_REASON = 200
TOLD_LATE_S = 300
"""A push that comes this soon after a look of ours was only slower than we were."""
REST_S = 10
"""Seconds between two looks that pushes bring about; doubled with each failure of the feed in a row."""
_MOST_DOUBLINGS = 8
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_METHODS = frozenset({"sha1", "sha256", "sha384", "sha512"})

State = Literal["wanted", "asked", "active", "denied", "ended"]


def callback_url(public_url: str, token: str) -> str:
    """Where a hub finds us for one subscription.

    >>> callback_url("https://news.example/", "abc")
    'https://news.example/websub/abc'
    """
    return f"{public_url.rstrip('/')}/websub/{token}"


def is_token(text: str) -> bool:
    """Whether `text` looks like the end of one of our callbacks (`secrets.token_urlsafe(32)`)."""
    return _TOKEN.fullmatch(text) is not None


def shares_secret(hub: str) -> bool:
    """Whether a hub is told the secret and therefore must sign: only where nobody can listen (section 8 of the Recommendation)."""
    return hub.lower().startswith("https:")


@dataclass(frozen=True, slots=True)
class Held:
    """A subscription as a call about it is judged. `pending`: we asked the hub for something that it has not confirmed."""

    feed_id: int
    hub: str
    topic: str
    secret: str
    state: State
    pending: bool

    @property
    def must_be_signed(self) -> bool:
        """Whether pushes without a good signature mean nothing."""
        return shares_secret(self.hub)


@dataclass(frozen=True, slots=True)
class Call:
    """What a hub says to the callback (section 5.3): the query of a verification or of a denial."""

    mode: str = ""
    topic: str = ""
    challenge: str = ""
    lease_seconds: str = ""
    reason: str = ""


class Judgement(Enum):
    """What a call comes to."""

    SUBSCRIBED = "subscribed"
    UNSUBSCRIBED = "unsubscribed"
    DENIED = "denied"
    NOT_OURS = "not ours"


def judge(call: Call, held: Held) -> Judgement:
    """Confirm only what we asked for: this topic, this mode, and a request still open. A denial may come at any time."""
    if call.topic != held.topic:
        return Judgement.NOT_OURS
    if call.mode == "denied":
        return Judgement.DENIED
    if not held.pending or not 0 < len(call.challenge) <= LONGEST_CHALLENGE:
        return Judgement.NOT_OURS
    wished = "unsubscribe" if held.state == "ended" else "subscribe"
    if call.mode != wished:
        return Judgement.NOT_OURS
    return Judgement.UNSUBSCRIBED if held.state == "ended" else Judgement.SUBSCRIBED


def granted(lease_seconds: str) -> int:
    """Seconds that a hub says its lease holds, at most 30 days; what we asked for where it says nothing that can be read."""
    text = lease_seconds.strip()
    if not re.fullmatch("[0-9]{1,12}", text, re.ASCII):
        return ASKED_LEASE_S
    return min(int(text), LONGEST_LEASE_S)


def renewal(lease_s: int, *, dice: float) -> int:
    """Seconds until a lease is to be renewed: a little before four fifths of it, spread by `dice` in [0, 1)."""
    return int(max(lease_s * (0.8 - 0.1 * dice), SOONEST_RENEWAL_S))


def words_of(text: str) -> str:
    """What a hub gives as its reason, as one short line without control characters."""
    seen = "".join(c if c.isprintable() else " " for c in text[: 4 * LONGEST_REASON])
    return " ".join(seen.split())[:LONGEST_REASON].strip()


class Signature:
    """`X-Hub-Signature` and the body as it arrives (section 7); the body itself is not kept.

    Any method that the Recommendation names is taken, sha1 too: what is signed is a hint.
    """

    def __init__(self, header: str | None, secret: str) -> None:
        method, _, given = (header or "").strip().partition("=")
        self._given = given.strip().lower()
        known = method.strip().lower() in _METHODS
        self._made = hmac.new(secret.encode(), digestmod=method.strip().lower()) if known else None

    def feed(self, piece: bytes) -> None:
        """Take the next piece of the body."""
        if self._made is not None:
            self._made.update(piece)

    def holds(self) -> bool:
        """Whether whoever sent the body knows the secret. Takes as long for a wrong signature as for a right one."""
        if self._made is None:
            return False
        return hmac.compare_digest(self._made.hexdigest().encode(), self._given.encode("utf-8", "replace"))


@dataclass(frozen=True, slots=True)
class Pushed:
    """A feed and its subscription at the moment of a push. `in_hand`: a worker is fetching it."""

    next_check_at: datetime
    checked_at: datetime | None
    failures: int
    in_hand: bool
    paused: bool
    pushed_at: datetime | None
    missed: int


def due_at(feed: Pushed, *, now: datetime) -> datetime:
    """When to look after a push: at once, if the last look was long enough ago.

    A feed in hand may have been read before the news was there, so it is looked at once more; never later than it would be
    anyway, and never so often that a hub could make us press a publisher.
    """
    if feed.paused:
        return feed.next_check_at
    rest = timedelta(seconds=REST_S * 2 ** min(feed.failures, _MOST_DOUBLINGS))
    if feed.in_hand:
        return now + rest
    rested = now if feed.checked_at is None else max(now, feed.checked_at + rest)
    return min(feed.next_check_at, rested)


def missed_after_push(feed: Pushed, *, now: datetime) -> int:
    """What stays of the misses when a push comes.

    The first push of all shows that the hub works: what we found before it may be older than the subscription. A push
    soon after a look takes back one miss, since the hub was only slower.
    """
    if feed.pushed_at is None:
        return 0
    soon = feed.checked_at is not None and now - feed.checked_at <= timedelta(seconds=TOLD_LATE_S)
    first_since = feed.checked_at is not None and feed.pushed_at < feed.checked_at
    return max(feed.missed - 1, 0) if soon and first_since else feed.missed

"""How much one reader may ask (pure): counts by the minute, over all processes, and what a reader is told of it.

A window slides: what was asked in this minute, and of the minute before the part that is less than a minute ago, taken as even. Each process
counts by itself and adds up with the others once a second, so that no request waits for it: a limit may be passed by what
the processes let in within that second.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address

from services.core.setting_kinds import Network

WINDOW_S = 60
FREE = ("/health/", "/metrics", "/static/", "/websub/")
"""What watches us, what pages are made of, and hubs: never counted and never closed."""
LIMITS = "dateline.limits"
"""In the scope of a request: headers about limits for its answer."""
REFUSED = "dateline.refused"
"""In the scope: the problem that is all there is to say."""
FOR_NOBODY = "dateline.for_nobody"
"""In the scope of a request that no reader made: it is not counted."""
CLOSED = "dateline.closed"
"""In the scope: the answer is for the one who asked alone."""
KEPT = 50_000
"""Readers that one process counts at a time; beyond them counting begins anew, for everybody."""
ASKS = 2
"""How often a process asks what the others counted in the window before: once when it begins another, and again when they, too, have told it."""
_V6_PREFIX = 64
"""One reader with IPv6 has at least such a network."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether one more is let in. `left`: how many more are now; `wait_s`: seconds after which one is again."""

    allowed: bool
    limit: int
    left: int
    wait_s: int

    def headers(self) -> tuple[tuple[bytes, bytes], ...]:
        """`RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers)."""
        return (
            (b"ratelimit-policy", b'"default";q=%d;w=%d' % (self.limit, WINDOW_S)),
            (b"ratelimit", b'"default";r=%d;t=%d' % (self.left, self.wait_s)),
        )


@dataclass(slots=True)
class _Count:
    """What one reader has asked: of this process, what of it the others know, and what they have asked."""

    window: int
    mine: int = 0
    told: int = 0
    others: int = 0
    before: int = 0
    """All of the window before, as far as it is known here."""
    late: int = 0
    """What of the window before was counted here and not told in time."""
    asks: int = ASKS

    def turn(self, window: int) -> None:
        """Begin another window."""
        follows = window == self.window + 1
        self.before = self.mine + self.others if follows else 0
        self.late = self.mine - self.told if follows else 0
        self.window, self.mine, self.told, self.others, self.asks = window, 0, 0, 0, ASKS


@dataclass(slots=True)
class Tally:
    """What everybody has asked of late, as far as this process knows."""

    _counts: dict[str, _Count] = field(default_factory=dict)
    _stirred: set[str] = field(default_factory=set)

    def take(self, reader: str, limit: int, now: float) -> Answer:
        """Count one request, unless it is one too many. `now`: seconds since 1970, the same for all processes."""
        window, into = divmod(now, WINDOW_S)
        count = self._count(reader, int(window))
        fading = 1 - into / WINDOW_S
        used = count.mine + count.others + count.before * fading
        if used + 1 > limit:
            return Answer(allowed=False, limit=limit, left=0, wait_s=_wait(count, limit, into))
        count.mine += 1
        self._stirred.add(reader)
        return Answer(
            allowed=True, limit=limit, left=max(int(limit - used - 1), 0), wait_s=int(WINDOW_S - into)
        )

    def give_back(self, reader: str) -> None:
        """Uncount one request that was let in. One that others have been told of stays counted."""
        count = self._counts.get(reader)
        if count is not None and count.mine > count.told:
            count.mine -= 1

    def _count(self, reader: str, window: int) -> _Count:
        count = self._counts.get(reader)
        if count is None:
            if len(self._counts) >= KEPT:
                self._counts.clear()
                self._stirred.clear()
            count = self._counts[reader] = _Count(window)
        elif count.window != window:
            count.turn(window)
        return count

    def to_tell(self) -> dict[tuple[str, int], int]:
        """What was counted here since the others were told last: reader and window, how many.

        None at all of the window before stands for a question: what have the others counted?
        """
        found = {}
        for reader in self._stirred:
            count = self._counts[reader]
            if more := count.mine - count.told:
                found[reader, count.window] = more
                count.told = count.mine
            if count.asks:
                found[reader, count.window - 1] = count.late
                count.asks, count.late = count.asks - 1, 0
        self._stirred = set()
        return found

    def hear(self, totals: Mapping[tuple[str, int], int]) -> None:
        """What all processes together have counted."""
        for (reader, window), total in totals.items():
            count = self._counts.get(reader)
            if count is None:
                continue
            if window == count.window:
                count.others = max(total - count.told, 0)
            elif window == count.window - 1:
                count.before = max(total, count.before)


def _wait(count: _Count, limit: int, into: float) -> int:
    """Whole seconds until one more is let in: used(t) = present + before * (1 - t / WINDOW_S) has fallen to limit - 1."""
    present = count.mine + count.others
    if present < limit:
        return max(int(_fallen(count.before, limit - 1 - present) - into) + 1, 1)
    return int(WINDOW_S - into + _fallen(present, limit - 1)) + 1


def _fallen(before: int, to: int) -> float:
    """The second of a window at which what is left of the one before is no more than `to`."""
    return WINDOW_S * max(1 - to / before, 0.0) if before else 0.0


@lru_cache(maxsize=256)
def is_trusted(address: str, trusted: tuple[Network, ...]) -> bool:
    """Whether an address lies in one of these networks; a name does in none."""
    try:
        parsed = _parsed(address)
    except ValueError:
        return False
    return any(parsed.version == network.version and parsed in network for network in trusted)


def _parsed(address: str) -> IPv4Address | IPv6Address:
    """Without a zone, and an IPv4-mapped address as the IPv4 address that it is. Raises ValueError for a name."""
    parsed = ip_address(address.partition("%")[0].strip("[]"))
    return parsed.ipv4_mapped or parsed if isinstance(parsed, IPv6Address) else parsed


@lru_cache(maxsize=4096)
def reader_at(peer: str, forwarded: str | None, trusted: tuple[Network, ...]) -> str | None:
    """Who asks, by address: that of the connection or, behind proxies that are trusted, the last one they were asked by.

    None for a trusted address that asks for itself: the operator's own programs on this machine.

    >>> from ipaddress import ip_network
    >>> reader_at("127.0.0.1", "198.51.100.7, 203.0.113.9", (ip_network("127.0.0.0/8"),))
    '203.0.113.9'
    """
    hops = [hop.strip() for hop in (forwarded or "").split(",") if hop.strip()]
    for address in (peer, *reversed(hops)):
        try:
            parsed = _parsed(address)
        except ValueError:
            return address[:64]
        if not is_trusted(address, trusted):
            if isinstance(parsed, IPv6Address):
                return f"{IPv6Address(int(parsed) >> (128 - _V6_PREFIX) << (128 - _V6_PREFIX))}/{_V6_PREFIX}"
            return str(parsed)
    return None

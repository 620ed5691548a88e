"""Which addresses may be spoken to: public ones, and what an operator opened. Asked when a socket is made. And how much
one connection may bring, whatever it is made of.

A check of the name before the fetch is worth nothing: names resolve anew, redirect, and spell loopback in a dozen
ways. `socket_factory` sees the numeric address of every single attempt, after all of that.
`ipaddress.is_global` is not enough (it calls 6to4, NAT64 and multicast addresses global): hence the tables.
"""

import socket
from collections.abc import Callable
from contextlib import suppress
from contextvars import ContextVar
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from services.core.urls import host_of

if TYPE_CHECKING:
    from typing_extensions import Buffer  # in collections.abc from Python 3.12 on

Network = IPv4Network | IPv6Network
AddressInfo = tuple[int, int, int, str, tuple[object, ...]]

PORTS = frozenset({80, 443, 8080, 8443})

MAX_RECEIVED = 16 << 20
"""Bytes that a connection may bring where nobody measures it."""

FLOODED = "it sends more than any answer is long and comes to no end"
"""By these words a flood is known where a library has wrapped the error: FloodError itself may be out of reach."""

_REFUSED_4: tuple[tuple[IPv4Network, str], ...] = tuple(
    (IPv4Network(network), what)
    for network, what in (
        ("0.0.0.0/8", "this machine"),
        ("127.0.0.0/8", "this machine"),
        ("10.0.0.0/8", "a private network"),
        ("172.16.0.0/12", "a private network"),
        ("192.168.0.0/16", "a private network"),
        ("100.64.0.0/10", "a carrier's inner network"),
        ("169.254.0.0/16", "this link only, where clouds keep their metadata"),
        ("192.0.0.0/24", "protocol assignments"),
        ("192.0.2.0/24", "documentation"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("192.31.196.0/24", "AS112"),
        ("192.175.48.0/24", "AS112"),
        ("192.52.193.0/24", "AMT relays"),
        ("192.88.99.0/24", "6to4 relays"),
        ("198.18.0.0/15", "benchmarks"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved use"),
        ("168.63.129.16/32", "a cloud's own host"),
    )
)
_PUBLIC_6 = IPv6Network("2000::/3")
_REFUSED_6: tuple[tuple[IPv6Network, str], ...] = tuple(
    (IPv6Network(network), what)
    for network, what in (
        ("2001::/23", "protocol assignments such as Teredo"),
        ("2001:db8::/32", "documentation"),
        ("3fff::/20", "documentation"),
        ("2002::/16", "6to4"),
        ("2620:4f:8000::/48", "AS112"),
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")


class ForbiddenAddressError(OSError):
    """A connection that the guard refused; `reason` says to where and why.

    The message is one and the same, so that a host of which every address is refused fails with this error itself:
    connecting to several addresses at once sums up differing errors in a text.
    """

    def __init__(self, reason: str) -> None:
        super().__init__("the address guard refuses this address")
        self.reason = reason


def refused(error: BaseException | None) -> str | None:
    """The guard's reason, wherever in the chain of causes of an error it stands; None where it was not the guard."""
    for _ in range(8):
        if error is None:
            return None
        if isinstance(error, ForbiddenAddressError):
            return error.reason
        inner = getattr(error, "os_error", None)
        error = inner if inner is not None and inner is not error else error.__cause__ or error.__context__
    return None


class FloodError(OSError):
    """More came than any answer is long; the connection is given up."""


class Meter:
    """How much one fetch may bring, over all of its connections, whatever it is made of: blank lines before an answer,
    interim answers and extensions of chunks never become header or body and are counted nowhere else.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._received = 0

    def allow(self, more: int) -> None:
        """From now on `more` bytes may come."""
        self._most = self._received + more

    def count(self, size: int) -> None:
        """Note what came. Raises FloodError."""
        self._received += size
        if self._received > self._most:
            raise FloodError(FLOODED)


METER: ContextVar[Meter | None] = ContextVar("METER", default=None)
"""The meter of the fetch that is going on in this task; what `socket_factory` makes there reports to it."""


class _MeteredSocket(socket.socket):
    """A socket that reports what comes in."""

    def __init__(self, family: int, kind: int, protocol: int) -> None:
        super().__init__(family, kind, protocol)
        self._meter = METER.get() or Meter(MAX_RECEIVED)

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        data = super().recv(bufsize, flags)
        self._meter.count(len(data))
        return data

    def recv_into(self, buffer: "Buffer", nbytes: int = 0, flags: int = 0, /) -> int:
        size = super().recv_into(buffer, nbytes, flags)
        self._meter.count(size)
        return size


def refusal(address: str, port: int, *, allow: tuple[Network, ...]) -> str | None:
    """Why nothing may be asked of `address` (numeric) and `port`, as the end of a sentence; None where it may.

    `allow`: networks an operator opened, on any port. An IPv4 address in IPv6 dress counts as what it stands for;
    inside an opened NAT64 network the IPv4 address that it stands for must be public too.
    """
    try:
        plain = _plain(address)
    except ValueError:
        return f"{address} is no numeric address"
    if any(plain.version == network.version and plain in network for network in allow):
        inner = _inside_nat64(plain)
        return None if inner is None else refusal(str(inner), port, allow=allow)
    if what := _special(plain):
        return f"{plain} is an address for {what}"
    if port not in PORTS:
        return f"port {port} is none of those that are asked ({', '.join(map(str, sorted(PORTS)))})"
    return None


def not_asked(host: str, reason: str) -> str:
    """What is said of an address that was refused, with the remedy."""
    return f"{host} is not asked: {reason}. If it is meant to be, add its network to DATELINE_FETCH_ALLOW."


def refusal_of_url(url: str, *, allow: tuple[Network, ...]) -> str | None:
    """Why an http URL that names its host by number, or as this machine (`localhost`), will be refused, in a sentence. None for all
    others: what a name leads to shows when a connection is made, each time anew.
    """
    parts = urlsplit(url)
    host = host_of(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    reasons = [refusal(address, port, allow=allow) for address in _numbers_of(host)]
    return not_asked(host, reasons[0]) if reasons and reasons[0] and all(reasons) else None


def _numbers_of(host: str) -> tuple[str, ...]:
    """The addresses that a host is known to have without asking anybody: none of most names.

    `localhost` and what lies below it are this machine's everywhere (RFC 6761, section 6.3).
    """
    name = host.rstrip(".").casefold()
    if name == "localhost" or name.endswith(".localhost"):
        return ("127.0.0.1", "::1")
    with suppress(ValueError):
        return (str(_plain(host)),)
    with suppress(OSError, UnicodeError):
        return (socket.inet_ntoa(socket.inet_aton(host)),)  # 10.258, 0x7f000001 and other old spellings
    return ()


def socket_factory(allow: tuple[Network, ...]) -> Callable[[AddressInfo], socket.socket]:
    """The maker of sockets for aiohttp's connector; raises ForbiddenAddressError in place of a forbidden one.

    Reading from a socket of its making raises FloodError when METER says that it is enough.
    """

    def make(info: AddressInfo) -> socket.socket:
        family, kind, protocol, _, address = info
        reason = refusal(str(address[0]), int(str(address[1])), allow=allow)
        if family not in {socket.AF_INET, socket.AF_INET6}:
            reason = "only internet addresses are asked"
        if reason:
            raise ForbiddenAddressError(reason)
        made = _MeteredSocket(family, kind, protocol)
        made.setblocking(False)
        return made

    return make


def _plain(address: str) -> IPv4Address | IPv6Address:
    """Without a zone (`%eth0`), and an IPv4-mapped address as the IPv4 address that it is."""
    parsed = ip_address(address.partition("%")[0].strip("[]"))
    return parsed.ipv4_mapped or parsed if isinstance(parsed, IPv6Address) else parsed


def _inside_nat64(address: IPv4Address | IPv6Address) -> IPv4Address | None:
    if isinstance(address, IPv6Address) and address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    return None


def _special(address: IPv4Address | IPv6Address) -> str | None:
    """What an address that is not public is set aside for."""
    if isinstance(address, IPv4Address):
        return next((what for network, what in _REFUSED_4 if address in network), None)
    if address not in _PUBLIC_6:
        return "this machine" if address.is_loopback else "use inside a network, not the public internet"
    return next((what for network, what in _REFUSED_6 if address in network), None)

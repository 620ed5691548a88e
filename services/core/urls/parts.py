"""An address taken apart and put into one spelling, as `core.urls` needs it. Pure.

Nearly every address is plain: a host, perhaps a port, nothing to quote. One pattern sees that and spares the rest.
"""

import re
from typing import NamedTuple
from urllib.parse import urlsplit

MAX_URL = 2048
"""Characters of the longest address that is read."""

PORTS = {"http": "80", "https": "443"}
"""The schemes that are read, each with the port it does not need to name."""

_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!'()*,:@$")
_ESCAPE = re.compile(r"%([0-9a-fA-F]{2})")
_UNSAFE = re.compile(r"[^!#$&'()*+,/:;=?@A-Za-z0-9._~%-]|%(?![0-9A-Fa-f]{2})")
_SAFE = re.compile(r"[!#$&'()*+,/:;=?@A-Za-z0-9._~-]*+")
_SIMPLE = re.compile(
    r"https?://(?P<host>[A-Za-z0-9_.-]+)(?::(?P<port>[0-9]{1,4}|[1-5][0-9]{4}))?(?P<path>/[^?#]*+)?(?:\?(?P<query>[^#]*+))?(?:#(?P<fragment>.*+))?",
    re.DOTALL,
)
"""An address without a user name, in its parts."""


class Parts(NamedTuple):
    """An http address taken apart; `host` in lower case."""

    host: str
    port: int | None
    path: str
    query: str
    fragment: str


def split_http(url: str) -> Parts | None:
    """The parts of an http URL, lenient as browsers are: tabs and line breaks vanish, `//host` is taken."""
    text = url.strip().replace("\t", "").replace("\r", "").replace("\n", "").replace("&amp;", "&")
    if text.startswith("//"):
        text = "https:" + text
    if simple := _SIMPLE.fullmatch(text):
        host, port, path, query, fragment = simple.groups("")
        return Parts(host.lower(), int(port) if port else None, path, query, fragment)
    return _split_any(text)


def _split_any(text: str) -> Parts | None:
    """`split_http` by the rules of the standard library, which knows ports, user names and IPv6."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in PORTS or not parts.hostname:
        return None
    return Parts(parts.hostname, port, parts.path, parts.query, parts.fragment)


def ascii_host(host: str) -> str:
    """A host in lower case and ASCII (IDNA); what cannot be encoded comes back lower-cased."""
    host = host.lower().rstrip(".")
    if host.isascii():
        return f"[{host}]" if ":" in host else host
    try:
        return host.encode("idna").decode("ascii").rstrip(".")
    except UnicodeError:
        return host


def quoted(text: str) -> str:
    """`text` with every character that no URL may hold as %XX of its UTF-8 bytes; what is escaped stays."""
    return _UNSAFE.sub(lambda m: "".join(f"%{b:02X}" for b in m[0].encode("utf-8", "replace")), text)


def normal_escapes(text: str) -> str:
    """%XX in upper case, and unescaped where the sign needs none: `%7euser` and `~user` are one."""
    return text if _SAFE.fullmatch(text) else _escapes_settled(text)


def _escapes_settled(text: str) -> str:
    def settle(escape: re.Match[str]) -> str:
        sign = chr(int(escape[1], 16))
        return sign if sign in _PLAIN else escape[0].upper()

    return _ESCAPE.sub(settle, quoted(text))


def without_dots(path: str) -> str:
    """Dot segments resolved, runs of slashes made one."""
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment not in {".", ""}:
            kept.append(segment)
    return "/" + "/".join(kept) + ("/" if kept and path.endswith("/") else "")

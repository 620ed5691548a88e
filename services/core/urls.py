"""Addresses: which ones may be fetched, and which two of them lead to the same article. Pure, never the network.

`canonical_url` gives a key, not an address: it is compared and stored beside the publisher's own URL and never
fetched. Its rules are the tables below. They err on one side: two spellings that stay apart cost a reader one
double, two articles that fall together cost an article. So a parameter goes only where its name says that it
tracks, or where its name may and its value says so; the case of paths stays, and so does an unknown parameter.
"""

import hashlib
import re
from collections.abc import Mapping
from urllib.parse import SplitResult, unquote, urlsplit

from services.core.errors import InvalidInputError
from services.core.url_rules import (
    AMBIGUOUS,
    CHANNEL,
    DEFAULT_PAGE,
    HOST_ALIASES,
    HOST_PREFIX,
    HOST_TRACKING,
    REDIRECTORS,
    SECOND_LEVEL,
    TRACKING,
    TRACKING_FRAGMENTS,
    TRACKING_PREFIXES,
)

KEY_VERSION = 1
"""Stored keys of another version are to be computed again; raise it with every change of a rule."""

MAX_URL = 2048
_MAX_KEY = 1024
_MAX_UNWRAPS = 5
_PORTS = {"http": "80", "https": "443"}

_PLAIN = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!'()*,:@$")
_ESCAPE = re.compile(r"%([0-9a-fA-F]{2})")
_UNSAFE = re.compile(r"[^!#$&'()*+,/:;=?@A-Za-z0-9._~%-]|%(?![0-9A-Fa-f]{2})")
_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*):(?!\d+(?:[/?#]|$))")
_HOST = re.compile(
    r"(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*"
)
_SESSION = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/?;]*", re.IGNORECASE)
_ID = re.compile(r"(?!utm|mtm|matomo|hsa|vero|pk)[a-z]+_(?:id|no|nr|num)")
_SLUG = re.compile(r"[-_\d.]")


def check_http_url(text: str) -> str:
    """`text` as an http(s) URL in one spelling: scheme and host in lower case and ASCII, no default port.

    Raises InvalidInputError with a sentence that names what is wrong: no scheme, another scheme, a user name or
    password, no host, a space, more than 2,048 characters. Path, query and fragment stay as written but for
    characters that no URL may hold.
    """
    url = text.strip()
    if not url:
        raise InvalidInputError(
            "The address is empty; an address such as https://example.org/feed is expected."
        )
    if len(url) > MAX_URL:
        raise InvalidInputError(
            f"“{url[:60]}…” is {len(url):,} characters long; an address has at most {MAX_URL:,}."
        )
    shown = url if len(url) <= 120 else url[:120] + "…"
    if " " in url or not url.isprintable():
        raise InvalidInputError(
            f"“{_visible(shown)}” has a space or control character inside; write a space as %20."
        )
    scheme = _SCHEME.match(url)
    if not scheme:
        raise InvalidInputError(f"“{shown}” has no scheme; write it with https:// or http:// in front.")
    if scheme[1].lower() not in _PORTS:
        raise InvalidInputError(
            f"“{shown}” is no http URL: its scheme is “{scheme[1]}”, only http and https are read."
        )
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise InvalidInputError(f"“{shown}” is no http URL: {_reason(error)}.") from None
    if parts.username is not None or parts.password is not None:
        raise InvalidInputError(
            f"The address at {parts.hostname or 'no host'} carries a user name or password; feeds with credentials are not read."
        )
    host = _ascii_host(parts.hostname or "")
    if not host:
        raise InvalidInputError(f"“{shown}” has no host; write an address such as https://example.org/feed.")
    if not _is_host(host):
        raise InvalidInputError(f"“{shown}” is no http URL: “{parts.hostname}” cannot be the name of a host.")
    authority = host if port is None or str(port) == _PORTS[parts.scheme] else f"{host}:{port}"
    rest = parts._replace(scheme="", netloc="", path=parts.path or "/").geturl()
    return f"{parts.scheme}://{authority}{_quoted(rest)}"


def host_of(url: str) -> str:
    """The host of a URL, lower case, without port, ASCII wherever it is a name at all; empty where there is none."""
    try:
        return _ascii_host(urlsplit(url.strip()).hostname or "")
    except ValueError:
        return ""


def canonical_url(url: str, *, aliases: Mapping[str, str] = HOST_ALIASES) -> str:
    """The key of the article behind a link: equal keys mean the same article.

    Scheme-less, such as `example.org/2026/some-story?id=4`; ASCII and at most 1,024 characters. Redirectors that
    carry their target are unwrapped without the network. `aliases` maps hosts that serve the same articles.
    Anything that is no http URL comes back trimmed, as a key of its own.
    """
    parts = _split(url)
    for _ in range(_MAX_UNWRAPS):
        target = _wrapped(parts) if parts else None
        if target is None:
            break
        parts = target
    if parts is None:
        return _bounded(url.strip())
    host = _key_host(parts, aliases)
    path, query = _key_path(parts.path), _key_query(parts.query, host)
    if host == "youtu.be" and path.count("/") == 1:
        host, query, path = "youtube.com", "&".join(filter(None, [query, "v=" + path[1:]])), "/watch"
    return _bounded(host + path + ("?" + query if query else "") + _key_fragment(parts.fragment))


def is_front_page(key: str) -> bool:
    """Whether a key of `canonical_url` names no more than a host, so that it cannot tell articles apart."""
    return not any(mark in key for mark in "/?#")


def _visible(text: str) -> str:
    """`text` with control characters spelt out, as an error message may show them."""
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)


def _reason(error: ValueError) -> str:
    words = str(error).rstrip(".")
    return "its port is no number from 0 to 65535" if "ort" in words else words[:1].lower() + words[1:]


def _ascii_host(host: str) -> str:
    """A host in lower case and ASCII (IDNA); what cannot be encoded comes back lower-cased."""
    host = host.lower().rstrip(".")
    if host.isascii():
        return f"[{host}]" if ":" in host else host
    try:
        return host.encode("idna").decode("ascii").rstrip(".")
    except UnicodeError:
        return host


def _is_host(host: str) -> bool:
    return bool(_HOST.fullmatch(host)) or (
        host.startswith("[") and re.fullmatch(r"\[[0-9a-f:.]+(%[\w.]+)?\]", host) is not None
    )


def _quoted(text: str) -> str:
    """`text` with every character that no URL may hold as %XX of its UTF-8 bytes; what is escaped stays."""
    return _UNSAFE.sub(lambda m: "".join(f"%{b:02X}" for b in m[0].encode("utf-8", "replace")), text)


def _normal_escapes(text: str) -> str:
    """%XX in upper case, and unescaped where the sign needs none: `%7euser` and `~user` are one."""

    def settle(escape: re.Match[str]) -> str:
        sign = chr(int(escape[1], 16))
        return sign if sign in _PLAIN else escape[0].upper()

    return _ESCAPE.sub(settle, _quoted(text))


def _split(url: str) -> SplitResult | None:
    """The parts of an http URL, lenient as browsers are: tabs and line breaks vanish, `//host` is taken."""
    text = re.sub(r"[\t\r\n]+", "", url.strip()).replace("&amp;", "&")
    if text.startswith("//"):
        text = "https:" + text
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return None
    return parts if parts.scheme in _PORTS and parts.hostname else None


def _wrapped(parts: SplitResult) -> SplitResult | None:
    """Where a redirector's address says that it leads, or None for an ordinary address."""
    host = (parts.hostname or "").removeprefix("www.")
    for hosts, path, parameters in REDIRECTORS:
        if not hosts.fullmatch(host) or not (found := path.match(parts.path)):
            continue
        if "target" in found.re.groupindex:
            secure = "s" if found["secure"] else ""
            query = "?" + parts.query if parts.query else ""
            return _split(f"http{secure}://{found['target']}{query}")
        for field in parts.query.split("&"):
            name, _, value = field.partition("=")
            if name in parameters and (target := _split(unquote(value.replace("+", "%20")))):
                return target
    return None


def _key_host(parts: SplitResult, aliases: Mapping[str, str]) -> str:
    host = _ascii_host(parts.hostname or "")
    host = aliases.get(host, host)
    while (shorter := HOST_PREFIX.sub(r"\g<language>", host, count=1)) != host and _registrable(shorter):
        host = shorter
    host = aliases.get(host, host)
    port = parts.port
    return host if port is None or str(port) in _PORTS.values() else f"{host}:{port}"


def _registrable(host: str) -> bool:
    """Whether `host` can be a site of its own, and not a public suffix such as `co.uk`."""
    labels = host.split(".")
    if len(labels) < 2 or not labels[-1].strip("0123456789"):
        return False
    return len(labels) > 2 or not (len(labels[1]) == 2 and labels[0] in SECOND_LEVEL)


def _key_path(path: str) -> str:
    path = _without_dots(_SESSION.sub("", _normal_escapes(path)))
    path = DEFAULT_PAGE.sub("/", path)
    segments = path.strip("/").split("/")
    if len(segments) > 1 and segments[-1].lower() == "amp" and _SLUG.search(segments[-2]):
        segments.pop()
    if len(segments) > 1 and segments[0].lower() == "amp" and _SLUG.search(segments[-1]):
        del segments[0]
    last = segments[-1]
    if last.endswith((".amp", ".amp.html")) and _SLUG.search(last.split(".amp")[0]):
        segments[-1] = (
            last.removesuffix(".amp") if last.endswith(".amp") else last.removesuffix(".amp.html") + ".html"
        )
    path = "/".join(segments)
    return "/" + path if path else ""


def _without_dots(path: str) -> str:
    """Dot segments resolved, runs of slashes made one."""
    kept: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del kept[-1:]
        elif segment not in {".", ""}:
            kept.append(segment)
    return "/" + "/".join(kept) + ("/" if kept and path.endswith("/") else "")


def _key_query(query: str, host: str) -> str:
    """The parameters that say which article, in order of their names, equal ones once."""
    kept: dict[str, None] = {}
    for field in query.replace(";", "&").split("&"):
        name, equals, value = field.partition("=")
        if name and not _tracks(unquote(name).lower(), unquote(value).lower(), host):
            kept[_normal_escapes(f"{name}={value}".replace("+", "%20") if equals and value else name)] = None
    return "&".join(sorted(kept))


def _tracks(name: str, value: str, host: str) -> bool:
    """Whether a parameter (both in lower case) tells where a reader came from, and not what is to be read."""
    if name in TRACKING or name in HOST_TRACKING.get(host, ()):
        return True
    if name.startswith(TRACKING_PREFIXES):
        return not _ID.fullmatch(name)
    if name not in AMBIGUOUS:
        return False
    tokens = [token for token in re.split(r"[^a-z0-9]+", value) if token]
    if not tokens or value.removeprefix("www.") == host or tokens[0] in {"rss", "rssfeed"}:
        return True
    return tokens[0] in CHANNEL and all(token in CHANNEL or token.isdecimal() for token in tokens)


def _key_fragment(fragment: str) -> str:
    """Nothing, but for applications that keep the address of the page behind the #."""
    if not fragment.startswith(("!", "/")) or fragment in {"!", "/"} or TRACKING_FRAGMENTS.match(fragment):
        return ""
    return "#" + _normal_escapes(fragment)


def _bounded(key: str) -> str:
    """A key that an index takes: a long one keeps its beginning and gets a hash of the whole."""
    if len(key) <= _MAX_KEY and key.isascii():
        return key
    digest = hashlib.blake2b(key.encode("utf-8", "replace"), digest_size=16).hexdigest()
    return f"{_quoted(key)[: _MAX_KEY - 40]}~{digest}"

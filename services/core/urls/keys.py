"""The key of the article behind a link, by the tables of `core.urls.tables`."""

import hashlib
import re
from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import unquote

from services.core.urls.parts import (
    MAX_URL,
    PORTS,
    Parts,
    ascii_host,
    normal_escapes,
    quoted,
    split_http,
    without_dots,
)
from services.core.urls.rules import BUILT_IN, NOTHING, AddressRules, SiteRules
from services.core.urls.tables import (
    AMBIGUOUS,
    AMP_FIRST,
    AMP_LAST,
    CHANNEL,
    DEFAULT_PAGE,
    HOST_ALIASES,
    HOST_PREFIX,
    HOST_TRACKING,
    PATH_ALIASES,
    REDIRECTORS,
    SECOND_LEVEL,
    TRACKING,
    TRACKING_FRAGMENTS,
    TRACKING_PREFIXES,
)

KEY_VERSION = 2
"""Stored keys of another version are to be computed again; raise it with every change of a rule."""

_MAX_KEY = 1024
_MAX_UNWRAPS = 5

_SESSION = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/?;]*", re.IGNORECASE)
_ID = re.compile(r"(?!utm|mtm|matomo|hsa|vero|pk)[a-z]+_(?:id|no|nr|num)")
_SLUG = re.compile(r"[-_\d.]")
_DATED = re.compile(r"(?:^|/)(?:19|20)\d\d/\d{1,2}/")


def canonical_url(url: str, rules: AddressRules = BUILT_IN) -> str:
    """The key of the article behind a link: equal keys mean the same article.

    Scheme-less, such as `example.org/2026/some-story?id=4`; ASCII and at most 1,024 characters. Redirectors that
    carry their target are unwrapped without the network. `rules`: what editors added to the built-in ones.
    Anything that is no http URL comes back trimmed, as a key of its own.
    """
    if len(url) > MAX_URL:
        return _key(url, rules)
    return _usual_key(url) if rules is BUILT_IN else _ruled_key(url, rules)


@lru_cache(maxsize=2048)
def _usual_key(url: str) -> str:
    """A key by the built-in rules, remembered: parsing, cleaning and deciding ask for that of the same link."""
    return _key(url, BUILT_IN)


@lru_cache(maxsize=2048)
def _ruled_key(url: str, rules: AddressRules) -> str:
    return _key(url, rules)


def unwrapped(url: str) -> Parts | None:
    """The parts of an address, or of the one that it leads to where it is a redirector's; None where it is no http URL."""
    parts = split_http(url)
    for _ in range(_MAX_UNWRAPS):
        target = _wrapped(parts) if parts else None
        if target is None:
            break
        parts = target
    return parts


def _key(url: str, rules: AddressRules) -> str:
    parts = unwrapped(url)
    if parts is None:
        return _bounded(url.strip())
    host = _usual_host(parts.host) if rules is BUILT_IN else _ruled_host(parts.host, rules)
    if parts.port is not None and str(parts.port) not in PORTS.values():
        host = f"{host}:{parts.port}"
    path, query = key_path(parts.path), _key_query(parts.query, host, rules) if parts.query else ""
    if host in rules.sites:
        path = stripped(path, rules.sites[host])
    if host == "youtu.be" and path.count("/") == 1:
        host, path = "youtube.com", "/v" + path
    if host in PATH_ALIASES:
        path, _, more = PATH_ALIASES[host][0].sub(PATH_ALIASES[host][1], path).partition("?")
        query = "&".join(sorted(filter(None, [query, more])))
    return _bounded(host + path + ("?" + query if query else "") + _key_fragment(parts.fragment))


def is_front_page(key: str) -> bool:
    """Whether a key of `canonical_url` names no more than a host, so that it cannot tell articles apart."""
    return not any(mark in key for mark in "/?#")


@lru_cache(maxsize=2048)
def _redirectors(host: str) -> tuple[tuple[re.Pattern[str], frozenset[str]], ...]:
    """The paths and parameters of redirectors at `host`: for nearly every host none."""
    name = host.removeprefix("www.")
    return tuple((path, parameters) for hosts, path, parameters in REDIRECTORS if hosts.fullmatch(name))


def _wrapped(parts: Parts) -> Parts | None:
    """Where a redirector's address says that it leads, or None for an ordinary address."""
    for path, parameters in _redirectors(parts.host):
        if not (found := path.match(parts.path)):
            continue
        if "target" in found.re.groupindex:
            secure = "s" if found["secure"] else ""
            query = "?" + parts.query if parts.query else ""
            return split_http(f"http{secure}://{found['target']}{query}")
        for field in parts.query.split("&"):
            name, _, value = field.partition("=")
            if name in parameters and (target := split_http(unquote(value.replace("+", "%20")))):
                return target
    return None


@lru_cache(maxsize=2048)
def _usual_host(host: str) -> str:
    return _site(host, HOST_ALIASES)


@lru_cache(maxsize=2048)
def _ruled_host(host: str, rules: AddressRules) -> str:
    return _site(host, rules.hosts)


def key_host(host: str) -> tuple[str, str]:
    """A host in ASCII, and as it stands in a key if it has no other name: without `www.` and its like."""
    return ascii_host(host), _site(host, {})


def stripped(path: str, site: SiteRules) -> str:
    """A path of a key without what its site puts at its ends; something always stays. Done again, it changes nothing."""
    before = ""
    while path != before:
        before = path
        for prefix in site.prefixes:
            path = path[len(prefix) :] if path.startswith(prefix + "/") else path
        for suffix in site.suffixes:
            if path.endswith(suffix) and path.strip("/") != suffix.strip("/"):
                path = path.removesuffix(suffix).rstrip("/")
    return path


def _site(host: str, aliases: Mapping[str, str]) -> str:
    """The host of a key: without what goes from its front, and by its usual name."""
    host = ascii_host(host)
    host = aliases.get(host, host)
    while (shorter := HOST_PREFIX.sub(r"\g<language>", host, count=1)) != host and is_registrable(shorter):
        host = shorter
    return aliases.get(host, host)


def is_registrable(host: str) -> bool:
    """Whether `host` can be a site of its own, and not a public suffix such as `co.uk`."""
    labels = host.split(".")
    if len(labels) < 2 or not labels[-1].strip("0123456789"):
        return False
    return len(labels) > 2 or not (len(labels[1]) == 2 and labels[0] in SECOND_LEVEL)


def key_path(path: str) -> str:
    """A path as it stands in a key by the built-in rules: empty, or from its slash on, without one at its end."""
    path = normal_escapes(path)
    if ";" in path:
        path = _SESSION.sub("", path)
    if "//" in path or "/." in path:
        path = without_dots(path)
    lowered = path.lower()
    if "/index." in lowered or "/default." in lowered:
        path = DEFAULT_PAGE.sub("/", path)
    path = path.strip("/")
    if "amp" in lowered:
        path = _without_amp(path)
    return "/" + path if path else ""


def _without_amp(path: str) -> str:
    """A path without the mark of its AMP copy: `story-1/amp`, `amp/story-1`, `story-1.amp.html`."""
    segments = path.split("/")
    if (
        len(segments) > 1
        and segments[-1].lower() in AMP_LAST
        and (_SLUG.search(segments[-2]) or _DATED.search(path))
    ):
        segments.pop()
    for mark in AMP_FIRST:
        if len(segments) > len(mark) and _SLUG.search(segments[-1]):
            front = tuple(segment.lower() for segment in segments[: len(mark)])
            del segments[: len(mark) if front == mark else 0]
    last = segments[-1]
    if last.endswith((".amp", ".amp.html")) and _SLUG.search(last.split(".amp")[0]):
        segments[-1] = (
            last.removesuffix(".amp") if last.endswith(".amp") else last.removesuffix(".amp.html") + ".html"
        )
    return "/".join(segments)


def _key_query(query: str, host: str, rules: AddressRules) -> str:
    """The parameters that say which article, in order of their names, equal ones once."""
    fields = query.replace(";", "&").split("&")
    if rules is BUILT_IN:
        kept = {key_field(field, host) for field in fields}
    else:
        kept = {_ruled_field(field, host, rules) for field in fields}
    return "&".join(sorted(filter(None, kept)))


@lru_cache(maxsize=1024)
def key_field(field: str, host: str) -> str:
    """A parameter as it stands in a key, empty where it tracks; remembered, since a feed's links carry the same ones."""
    name, _, value = field.partition("=")
    if not name or _tracks(unquote(name).lower(), unquote(value).lower(), host):
        return ""
    return _settled_field(field)


@lru_cache(maxsize=1024)
def _ruled_field(field: str, host: str, rules: AddressRules) -> str:
    name = unquote(field.partition("=")[0]).lower()
    site = rules.sites.get(host, NOTHING)
    if name and name in site.keep:
        return _settled_field(field)
    return "" if name in rules.drop or name in site.drop else key_field(field, host)


def _settled_field(field: str) -> str:
    name, equals, value = field.partition("=")
    return normal_escapes(f"{name}={value}".replace("+", "%20") if equals and value else name)


def is_decoration(name: str) -> bool:
    """Whether a parameter only ever says where a reader came from, at whatever address.

    >>> is_decoration("utm_source"), is_decoration("fbclid"), is_decoration("region")
    (True, True, False)
    """
    return name.lower() in TRACKING or name.lower().startswith(TRACKING_PREFIXES)


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
    if (
        not fragment.startswith(("!", "/"))
        or fragment in {"!", "/", "!/"}
        or TRACKING_FRAGMENTS.match(fragment)
    ):
        return ""
    return "#" + normal_escapes(fragment)


def _bounded(key: str) -> str:
    """A key that an index takes: a long one keeps its beginning and gets a hash of the whole."""
    if len(key) <= _MAX_KEY and key.isascii():
        return key
    digest = hashlib.blake2b(key.encode("utf-8", "replace"), digest_size=16).hexdigest()
    return f"{quoted(key)[: _MAX_KEY - 40]}~{digest}"

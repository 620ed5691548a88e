"""Which addresses may be fetched and shown, in one spelling of each; what is wrong with the others, in a sentence."""

import re
from urllib.parse import urlsplit

from services.core.errors import InvalidInputError
from services.core.urls.parts import MAX_URL, PORTS, ascii_host, quoted

_SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*):(?!\d+(?:[/?#]|$))")
_HOST = re.compile(
    r"(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*"
)
_PATH = r"[!$&'()*+,/:;=@A-Za-z0-9._~-]*+(?:%[0-9A-Fa-f]{2}[!$&'()*+,/:;=@A-Za-z0-9._~-]*+)*+"
_REST = _PATH.replace("[!", "[?!")
_SETTLED = re.compile(
    r"https?://(?=[a-z0-9._-]{1,253}[/:])[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*"
    r"(?::(?!(?:80|443)/)(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}))?"
    rf"/(?!/){_PATH}(?:\?(?!#|$){_REST})?(?:#(?=.){_REST})?"
)
"""What `check_http_url` gives back as it is; of ports only those that no scheme has for its own, up to 59999."""
_SIMPLE_HOST = re.compile(r"https?://([a-z0-9_.-]+)(?::[0-9]*)?(?:[/?#]|\Z)")


def check_http_url(text: str) -> str:
    """`text` as an http(s) URL in one spelling: scheme and host in lower case and ASCII, no default port.

    Raises InvalidInputError with a sentence that names what is wrong: no scheme, another scheme, a user name or
    password, no host, a space, more than 2,048 characters. Path, query and fragment stay as written but for
    characters that no URL may hold.
    """
    url = text.strip()
    return url if is_settled(url) else _checked(url)


def _checked(url: str) -> str:
    """`check_http_url` for every text there is."""
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
    if scheme[1].lower() not in PORTS:
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
    host = ascii_host(parts.hostname or "")
    if not host:
        raise InvalidInputError(f"“{shown}” has no host; write an address such as https://example.org/feed.")
    if not _is_host(host):
        raise InvalidInputError(f"“{shown}” is no http URL: “{parts.hostname}” cannot be the name of a host.")
    authority = host if port is None or str(port) == PORTS[parts.scheme] else f"{host}:{port}"
    rest = parts._replace(scheme="", netloc="", path=parts.path or "/").geturl()
    return f"{parts.scheme}://{authority}{quoted(rest)}"


def host_of(url: str) -> str:
    """The host of a URL, lower case, without port, ASCII wherever it is a name at all; empty where there is none."""
    url = url.strip()
    if plain := _SIMPLE_HOST.match(url):
        return plain[1].rstrip(".")
    try:
        return ascii_host(urlsplit(url).hostname or "")
    except ValueError:
        return ""


def is_settled(url: str) -> bool:
    """Whether `check_http_url` gives `url` back as it is, as it does nearly every address; False where it is in doubt."""
    return len(url) <= MAX_URL and _SETTLED.fullmatch(url) is not None


def first_http_url(*candidates: str | None) -> str | None:
    """The first candidate that is an http URL, lenient about spaces and line breaks inside; None where none is."""
    for text in candidates:
        if text:
            url = text.strip()
            if " " in url or not url.isprintable():
                url = re.sub(r"[\t\r\n]+", "", url).replace(" ", "%20")
            try:
                return check_http_url(url)
            except InvalidInputError:
                continue
    return None


def _visible(text: str) -> str:
    """`text` with control characters spelt out, as an error message may show them."""
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)


def _reason(error: ValueError) -> str:
    words = str(error).rstrip(".")
    return "its port is no number from 0 to 65535" if "ort" in words else words[:1].lower() + words[1:]


def _is_host(host: str) -> bool:
    return bool(_HOST.fullmatch(host)) or (
        host.startswith("[") and re.fullmatch(r"\[[0-9a-f:.]+(%[\w.]+)?\]", host) is not None
    )

"""Entity tags: naming a representation, and answering whether a reader has it already. Pure."""

import hashlib
import re
from email.utils import parsedate_to_datetime
from functools import lru_cache

_TAG = re.compile(r'(?:W/)?("[^"]*")')
GZIP = "-gz"
"""What the tag of the compressed form ends with: other bytes, so another strong tag."""


def etag_of(*parts: object) -> str:
    """A strong tag from everything that decides the bytes (never from the clock, never from an age)."""
    text = "\x1f".join(str(part) for part in parts)
    return f'"{hashlib.blake2b(text.encode(), digest_size=12).hexdigest()}"'


def etag_of_bytes(body: bytes) -> str:
    """A strong tag from the bytes themselves."""
    return f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'


def compressed(etag: str) -> str:
    """The tag of the same representation, compressed."""
    return f'{etag[:-1]}{GZIP}"'


def matching(if_none_match: str | None, etag: str) -> str | None:
    """The tag of ours that the header names (plain or compressed), or None. `*` names any.

    Weak comparison, as RFC 9110 has it for If-None-Match.
    """
    if not if_none_match:
        return None
    if if_none_match.strip() == "*":
        return etag
    named = set(_TAG.findall(if_none_match))
    return next((ours for ours in (etag, compressed(etag)) if ours in named), None)


@lru_cache(maxsize=1024)
def seconds_of(date: bytes) -> float | None:
    """Seconds since the epoch of an HTTP date; None for what is none.

    >>> seconds_of(b"Thu, 01 Jan 1970 00:01:00 GMT"), seconds_of(b"yesterday")
    (60.0, None)
    """
    try:
        return parsedate_to_datetime(date.decode("latin-1")).timestamp()
    except (ValueError, OverflowError):
        return None


def accepts_gzip(accept_encoding: str | None) -> bool:
    """Whether Accept-Encoding allows gzip (`gzip;q=0` does not).

    >>> accepts_gzip("br, gzip;q=0.5"), accepts_gzip("gzip;q=0"), accepts_gzip(None)
    (True, False, False)
    """
    weights: dict[str, bool] = {}
    for part in (accept_encoding or "").lower().split(","):
        coding, _, quality = part.strip().partition(";")
        weights[coding.strip()] = not re.fullmatch(r"\s*q\s*=\s*0(\.0*)?\s*", quality)
    return weights.get("gzip", weights.get("*", False))

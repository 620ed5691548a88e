"""Cursors: opaque places in a stream, given out by one answer and handed back in the next request. Pure.

Layout before base64url: version, kind, epoch, filter digest, position, check. Nothing in it is secret; the check
catches cut and mistyped cursors, so that each wrong cursor gets the sentence that fits.

A `before` also says up to which change the page knew the stream that gave it. Its address is then one that nobody asked for before that
change: whatever lies in a cache under it is no older than the page before, and who follows from the first page misses nothing.
"""

import base64
import binascii
import hashlib
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, Self

from services.api.filters import Asked
from services.core.errors import InvalidInputError

VERSION = 1
Kind = Literal["before", "since"]
_KINDS: dict[int, Kind] = {ord("b"): "before", ord("s"): "since"}
_HEAD = struct.Struct(">BB6s6s")
_BODY: dict[Kind, struct.Struct] = {"before": struct.Struct(">qqq"), "since": struct.Struct(">q")}
_PLACE_ALONE = struct.Struct(">qq")
"""A `before` as it was given out until November 2026; somebody may be paging by one."""
_CHECK = 4
_ZERO = datetime(1970, 1, 1, tzinfo=UTC)


class _OfACursorError(InvalidInputError):
    """What is wrong with a cursor; `parameter` is what it was sent as."""

    def __init__(self, parameter: str, sentence: str) -> None:
        super().__init__(f"{parameter}: {sentence}")
        self.parameter, self.sentence = parameter, sentence

    def sent_as(self, parameter: str) -> Self:
        """The same of a cursor that was sent in another way."""
        return type(self)(parameter, self.sentence)


class CursorError(_OfACursorError):
    """The cursor cannot be understood here: cut, mistyped, of another kind or of another filter."""


class CursorGoneError(_OfACursorError):
    """The cursor was good once, and cannot be honoured any more: start again from Latest."""


@dataclass(frozen=True, slots=True)
class Before:
    """A place in Latest: what stands after the article `id` at `at`."""

    at: datetime
    id: int


def encode_before(place: Before, *, epoch: str, filters: Asked, known: int = 0) -> str:
    """The cursor of the page after `place`. `known`: how far the page that gives it knows the stream; 0 where the address is to stay what it is,
    whatever happens elsewhere.
    """
    return _encode("before", epoch, filters, (place.at - _ZERO) // timedelta(microseconds=1), place.id, known)


def encode_since(seq: int, *, epoch: str, filters: Asked) -> str:
    """The cursor after the change at `seq`."""
    return _encode("since", epoch, filters, seq)


def decode_before(text: str, *, epoch: str, filters: Asked) -> Before:
    """The place a `before` cursor names. Raises CursorError or CursorGoneError."""
    micros, article_id, *_ = _decode("before", text, epoch, filters)
    try:
        return Before(_ZERO + timedelta(microseconds=micros), article_id)
    except OverflowError:
        raise CursorError("before", "this cursor names a time that does not exist.") from None


def decode_since(text: str, *, epoch: str, filters: Asked, floor: int, head: int) -> int:
    """The position a `since` cursor names, if the log still reaches from there to now.

    Raises CursorError, and CursorGoneError below `floor`, above `head` and in another epoch.
    """
    (seq,) = _decode("since", text, epoch, filters)
    if seq < floor:
        raise CursorGoneError("since", "the changes after this cursor are no longer kept.")
    if seq > head:
        raise CursorGoneError("since", "this cursor is ahead of the stream, which was set back.")
    return int(seq)


def _encode(kind: Kind, epoch: str, filters: Asked, *position: int) -> str:
    head = _HEAD.pack(VERSION, ord(kind[0]), _hash(epoch.encode(), 6), filters.digest)
    raw = head + _BODY[kind].pack(*position)
    return base64.urlsafe_b64encode(raw + _hash(raw, _CHECK)).rstrip(b"=").decode()


def _decode(kind: Kind, text: str, epoch: str, filters: Asked) -> tuple[int, ...]:
    raw = _checked(kind, text)
    version, letter, epoch_hash, digest = _HEAD.unpack_from(raw)
    found = _KINDS.get(letter)
    if version != VERSION or found is None:
        raise CursorError(kind, "this cursor was made by another version of Dateline.")
    if found != kind:
        raise CursorError(kind, f"this is a cursor for `{found}`, which pages another way.")
    body = raw[_HEAD.size :]
    layout = _PLACE_ALONE if kind == "before" and len(body) == _PLACE_ALONE.size else _BODY[kind]
    if len(body) != layout.size:
        raise CursorError(kind, "this is no cursor of ours; use one from an answer, unchanged.")
    if epoch_hash != _hash(epoch.encode(), 6):
        raise CursorGoneError(kind, "the stream was restored since this cursor was given.")
    if digest != filters.digest:
        raise CursorError(
            kind, "this cursor belongs to other filters; keep them the same from cursor to cursor."
        )
    return layout.unpack(body)


def _checked(kind: Kind, text: str) -> bytes:
    try:
        raw = base64.b64decode(text.encode() + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    body, check = raw[:-_CHECK], raw[-_CHECK:]
    # Written again it must be the same text: base64 has letters with bits that mean nothing.
    if (
        base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != text
        or len(body) < _HEAD.size
        or check != _hash(body, _CHECK)
    ):
        raise CursorError(kind, "this is no cursor of ours; use one from an answer, unchanged.")
    return body


def _hash(raw: bytes, size: int) -> bytes:
    return hashlib.blake2b(raw, digest_size=size).digest()

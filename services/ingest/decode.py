"""Content codings undone as a stream, within limits: what a server compressed is never held at full length.

One layer only. A mebibyte of gzip can stand for a gibibyte, and a gzip of a gzip for more from two kilobytes.
"""

import zlib
from collections.abc import Callable
from importlib import import_module
from typing import Any, Protocol

from services.core.errors import InvalidInputError

MAX_RATIO = 100
"""Decoded bytes for one received byte, once more than a mebibyte is out. Feeds reach about 20."""

_FREE_OUTPUT = 1 << 20
_PIECE = 1 << 16
_HEADER = 2
"""Bytes by which zlib data and bare deflate are told apart."""

_ZSTD_WINDOW = 23
"""The largest window (2^23 bytes) that RFC 9659 lets a server ask for."""


class EncodingError(InvalidInputError):
    """The body cannot be decoded as its Content-Encoding says."""


class TooLargeError(InvalidInputError):
    """The body is longer, or expands further, than any feed has a reason to."""


class Decoder(Protocol):
    """Takes bytes as they arrive and gives decoded ones, never more than asked for at a time."""

    def feed(self, data: bytes, most: int) -> bytes:
        """Decode `data` and what is left from before, into at most about `most` bytes."""

    @property
    def waiting(self) -> bool:
        """Whether more output can be had without more input."""

    @property
    def complete(self) -> bool:
        """Whether the stream came to its own end."""


class _Plain:
    """No coding at all."""

    complete = True

    def __init__(self) -> None:
        self._left = b""

    def feed(self, data: bytes, most: int) -> bytes:
        data = self._left + data
        self._left = data[most:]
        return data[:most]

    @property
    def waiting(self) -> bool:
        return bool(self._left)


class _Zlib:
    """gzip with any number of members, and deflate with or without its zlib header."""

    def __init__(self, wbits: int) -> None:
        self._wbits = wbits
        self._stream: Any = None
        self._left = b""
        self._head = b""

    def feed(self, data: bytes, most: int) -> bytes:
        data, self._head, self._left = self._head + self._left + data, b"", b""
        if not data:
            return b""
        if self._stream is None and len(data) < _HEADER:
            self._head = data
            return b""
        if self._stream is None:
            self._stream = zlib.decompressobj(self._window(data))
        out: bytes = self._stream.decompress(data, most)
        self._left = self._stream.unconsumed_tail
        if self._stream.eof:
            rest = self._stream.unused_data
            # Some servers pad the last member; only what begins like a member is one.
            self._left = rest if self._wbits > zlib.MAX_WBITS and rest[:2] == b"\x1f\x8b" else b""
            self._stream = None if self._left else self._stream
        return out

    def _window(self, data: bytes) -> int:
        """`deflate` means zlib, but some servers send it bare: RFC 9110 8.4.1.2 knows of both."""
        if self._wbits == zlib.MAX_WBITS and not (data[0] & 15 == 8 and (data[0] * 256 + data[1]) % 31 == 0):
            return -zlib.MAX_WBITS
        return self._wbits

    @property
    def waiting(self) -> bool:
        return bool(self._left)

    @property
    def complete(self) -> bool:
        return self._stream is not None and bool(self._stream.eof)


class _Brotli:
    def __init__(self) -> None:
        self._stream: Any = import_module("brotli").Decompressor()

    def feed(self, data: bytes, most: int) -> bytes:
        return bytes(self._stream.process(data, output_buffer_limit=most))

    @property
    def waiting(self) -> bool:
        return not self._stream.can_accept_more_data()

    @property
    def complete(self) -> bool:
        return bool(self._stream.is_finished())


class _Zstd:
    def __init__(self) -> None:
        zstd = _zstd()
        self._stream: Any = zstd.ZstdDecompressor(
            options={zstd.DecompressionParameter.window_log_max: _ZSTD_WINDOW}
        )

    def feed(self, data: bytes, most: int) -> bytes:
        return b"" if self._stream.eof else bytes(self._stream.decompress(data, most))

    @property
    def waiting(self) -> bool:
        return not self._stream.eof and not self._stream.needs_input

    @property
    def complete(self) -> bool:
        return bool(self._stream.eof)


def _zstd() -> Any:
    """The standard library's module from Python 3.14 on, its backport before."""
    try:
        return import_module("compression.zstd")
    except ModuleNotFoundError:
        return import_module("backports.zstd")


def _available() -> dict[str, Callable[[], Decoder]]:
    codings: dict[str, Callable[[], Decoder]] = {
        "gzip": lambda: _Zlib(16 + zlib.MAX_WBITS),
        "deflate": lambda: _Zlib(zlib.MAX_WBITS),
    }
    for name, load, decoder in (("br", lambda: import_module("brotli"), _Brotli), ("zstd", _zstd, _Zstd)):
        try:
            load()
        except ModuleNotFoundError:
            continue
        codings[name] = decoder
    return codings


_CODINGS = _available()
_ALIASES = {"x-gzip": "gzip", "x-deflate": "deflate"}
_NONE = frozenset({"", "identity", "none", "utf-8", "binary", "7bit", "8bit"})
"""No coding, or what servers write into the header by mistake where there is none."""

ACCEPT_ENCODING = ", ".join(_CODINGS)
"""What a request may offer: the codings that can be undone here."""


class Body:
    """A body as it arrives: raw bytes in, decoded bytes kept, both counted.

    Raises EncodingError for a coding that is unknown, doubled, broken or cut short, TooLargeError beyond `limit`.
    """

    def __init__(self, coding: str | None, *, limit: int) -> None:
        self._limit = limit
        self._raw = 0
        self._pieces: list[bytes] = []
        self._size = 0
        self._coding = _coding(coding)
        self._decoder: Decoder | None = None

    def feed(self, data: bytes) -> None:
        """Take a piece as it came from the network."""
        self._raw += len(data)
        if self._raw > self._limit:
            raise TooLargeError(f"more than {_mebibytes(self._limit)} arrived")
        if not data:
            return
        decoder = self._decoder = self._decoder or self._choose(data)
        try:
            self._take(decoder.feed(data, _PIECE))
            while decoder.waiting:
                self._take(decoder.feed(b"", _PIECE))
        except TooLargeError:
            raise
        except Exception as error:
            raise EncodingError(f"it is not {self._coding} as its header says ({error!s:.80})") from error

    def finish(self) -> bytes:
        """The whole decoded body."""
        if self._decoder is not None and not self._decoder.complete:
            raise EncodingError(f"its {self._coding} data breaks off after {self._size:,} decoded bytes")
        return b"".join(self._pieces)

    def _take(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > self._limit:
            raise TooLargeError(f"it expands to more than {_mebibytes(self._limit)}")
        if self._size > _FREE_OUTPUT and self._size > MAX_RATIO * self._raw:
            raise TooLargeError(f"it expands more than {MAX_RATIO} times, as only an attack does")
        self._pieces.append(piece)

    def _choose(self, data: bytes) -> Decoder:
        """The decoder of the header; none where it says gzip and the first bytes say that nothing was compressed."""
        if self._coding == "gzip" and not b"\x1f\x8b".startswith(data[:2]):
            return _Plain()
        return _CODINGS[self._coding]() if self._coding else _Plain()


def _coding(header: str | None) -> str:
    """The one coding that the header names; empty for none."""
    names = [name.strip().lower() for name in (header or "").split(",")]
    names = [_ALIASES.get(name, name) for name in names if name not in _NONE]
    if len(names) > 1:
        raise EncodingError(
            f"it is compressed {len(names)} times over ({', '.join(names):.60}); one layer is read"
        )
    if names and names[0] not in _CODINGS:
        raise EncodingError(f"it is encoded as “{names[0]:.40}”, which was not asked for")
    return names[0] if names else ""


def _mebibytes(size: int) -> str:
    return f"{size / (1 << 20):g} MiB"

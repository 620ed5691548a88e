"""Content codings undone as a stream, within limits."""

import contextlib
import gzip
import zlib
from importlib import import_module

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.decode import ACCEPT_ENCODING, Body, EncodingError, TooLargeError

MIB = 1 << 20
TEXT = b"<rss>" + b"".join(b"<item>%d</item>" % n for n in range(5000)) + b"</rss>"


def zstd(data):
    try:
        return import_module("compression.zstd").compress(data)
    except ModuleNotFoundError:
        return import_module("backports.zstd").compress(data)


def bare_deflate(data):
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


PACKERS = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstd,
    "identity": bytes,
}


def unpacked(data, coding, *, piece=997, limit=5 * MIB):
    body = Body(coding, limit=limit)
    for start in range(0, len(data), piece):
        body.feed(data[start : start + piece])
    return body.finish()


@pytest.mark.parametrize("coding", PACKERS)
@pytest.mark.parametrize("piece", [1, 997, 1 << 20])
def test_every_coding_that_is_offered_is_undone(coding, piece):
    assert unpacked(PACKERS[coding](TEXT), coding, piece=piece) == TEXT


def test_all_four_codings_are_offered():
    assert ACCEPT_ENCODING == "gzip, deflate, br, zstd"


def test_deflate_without_its_header_is_undone():
    assert unpacked(bare_deflate(TEXT), "deflate") == TEXT


def test_several_gzip_members_are_one_body_and_padding_is_none():
    assert unpacked(gzip.compress(b"one ") + gzip.compress(b"two"), "gzip", piece=3) == b"one two"
    assert unpacked(gzip.compress(b"one") + b"\0" * 64, "gzip", piece=7) == b"one"


@pytest.mark.parametrize("coding", [None, "", "identity", "utf-8", "none", "gzip"])
def test_what_was_never_compressed_is_taken_as_it_is(coding):
    assert unpacked(TEXT, coding) == TEXT


def test_an_empty_body_is_empty_in_every_coding():
    assert [unpacked(b"", coding) for coding in PACKERS] == [b""] * len(PACKERS)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_a_bomb_is_stopped_long_before_it_is_large(coding):
    bomb = PACKERS[coding](b"\0" * (64 * MIB))
    body = Body(coding, limit=5 * MIB)
    with pytest.raises(TooLargeError):
        body.feed(bomb)
    assert body._size <= 5 * MIB + (1 << 17)


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd"])
def test_a_body_over_the_limit_is_refused_whether_packed_or_not(coding):
    data = bytes(n * 7 % 251 for n in range(70_000))
    with pytest.raises(TooLargeError, match=r"arrived|expands"):
        unpacked(PACKERS[coding](data), coding, limit=60_000)
    with pytest.raises(TooLargeError, match="arrived"):
        unpacked(data, None, limit=60_000)
    assert unpacked(data, None, limit=70_000) == data


def test_two_layers_are_refused():
    twice = gzip.compress(gzip.compress(TEXT))
    with pytest.raises(EncodingError, match="2 times over"):
        unpacked(twice, "gzip, gzip")


@pytest.mark.parametrize("coding", ["compress", "rot13", "dcb"])
def test_a_coding_that_was_not_asked_for_is_refused_by_name(coding):
    with pytest.raises(EncodingError, match=coding):
        Body(coding, limit=MIB)


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd"])
def test_a_body_cut_short_or_spoilt_is_an_encoding_error(coding):
    packed = PACKERS[coding](TEXT)
    with pytest.raises(EncodingError):
        unpacked(packed[: len(packed) // 2], coding)
    with pytest.raises(EncodingError):
        unpacked(packed[:10] + b"\xff\x00" * 50 + packed[30:], coding)


@given(st.sampled_from(["gzip", "deflate", "br", "zstd"]), st.binary(max_size=300), st.integers(1, 40))
def test_any_bytes_end_in_a_body_or_a_refusal(coding, data, piece):
    with contextlib.suppress(EncodingError, TooLargeError):
        assert isinstance(unpacked(data, coding, piece=piece), bytes)

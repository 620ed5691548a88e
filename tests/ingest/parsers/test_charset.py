"""From bytes to characters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.parsers.charset import decode

CYRILLIC = "Правительство утвердило новый порядок поддержки малых городов и сёл страны. " * 4


def document(text, label):
    return f'<?xml version="1.0" encoding="{label}"?><rss><title>{text}</title></rss>'


@pytest.mark.parametrize(
    ("charset", "label", "header"),
    [
        ("utf-8", "utf-8", None),
        ("utf-8", "iso-8859-1", None),
        ("utf-8", "utf-8", "text/xml; charset=windows-1251"),
        ("utf-8-sig", "utf-8", None),
        ("utf-16", "utf-16", None),
        ("utf-16-le", "utf-16", None),
        ("utf-16-be", "utf-16", None),
        ("utf-32", "utf-32", None),
        ("cp1251", "windows-1251", None),
        ("cp1251", "cp-1251", None),
        ("cp1251", "win-1251", None),
        ("cp1251", "utf-8", None),
        ("cp1251", "nonsense", None),
        ("cp1251", "utf-8", "application/rss+xml; charset=windows-1251"),
        ("koi8-r", "koi8-r", None),
        ("koi8-r", "utf-8", None),
        ("cp866", "unheard-of", None),
        ("iso8859-5", "iso-8859-5", None),
    ],
)
def test_cyrillic_is_read_whatever_is_said_about_it(charset, label, header):
    assert CYRILLIC in decode(document(CYRILLIC, label).encode(charset), content_type=header).text


@pytest.mark.parametrize(
    ("text", "charset", "label"),
    [
        ("“Curly” – café", "cp1252", "iso-8859-1"),
        ("“Curly” – café", "cp1252", "us-ascii"),
        ("新しい望遠鏡", "shift_jis", "shift_jis"),
        ("新しい望遠鏡", "euc-jp", "euc-jp"),
        ("新しい望遠鏡", "iso-2022-jp", "iso-2022-jp"),
        ("国务院发布新规", "gb18030", "gb2312"),
        ("새로운 소식", "cp949", "euc-kr"),
        ("Ağustos şubat", "cp1254", "iso-8859-9"),
        ("خبر جديد", "cp1256", "windows-1256"),
    ],
)
def test_other_charsets_are_read_by_their_labels(text, charset, label):
    assert text in decode(document(text, label).encode(charset), content_type=None).text


def test_one_broken_byte_costs_one_sign_and_is_told():
    body = document(CYRILLIC, "utf-8").encode().replace("малых".encode(), b"\xff" + "малых".encode(), 1)
    read = decode(body, content_type="text/xml; charset=iso-8859-1")
    assert read.text.count("\ufffd") == 1
    assert "городов" in read.text
    assert read.problems


def test_a_codec_that_is_no_charset_is_not_used():
    for label in (
        "rot13",
        "zlib",
        "base64",
        "idna",
        "punycode",
        "undefined",
        "unicode_escape",
        "raw_unicode_escape",
    ):
        assert "plain" in decode(document("plain é", label).encode("latin-1"), content_type=None).text


@given(
    st.binary(max_size=400),
    st.none() | st.sampled_from(["text/xml; charset=x", "a;charset=utf-16", "charset=idna", "charset=utf-7"]),
)
def test_any_bytes_become_text(body, header):
    read = decode(body, content_type=header)
    assert isinstance(read.text, str)

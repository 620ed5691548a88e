"""The short ways through an address give what the long ways give."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.core import sites
from services.core.errors import InvalidInputError
from services.core.urls import (
    BUILT_IN,
    AddressRules,
    canonical_url,
    check,
    first_http_url,
    host_of,
    is_settled,
    keys,
    parts,
)

PIECES = [
    "http://", "https://", "HTTPS://", "//", "a.example", "n.example", "www.", "m.", "en.m.", "x.com", "google.com/url", "?", "?q=", "url=",
    "http%3A%2F%2Fa.example%2Fc", "&", "&amp;", "=", "#", "#!", "/", ".", "..", "/./", ";", ";jsessionid=1", "%7e", "%", "%zz", "é", "amp", "/amp",
    "story-1", ".amp.html", ".amp", "index.html", "/Index.PHP", "utm_source", "ref", "rss", "id=1", ":80", ":443", ":8080", ":80/", ":443/", ":8080/", ":08080", ":0/", ":",
    ":59999/", ":60000/", ":65535/", ":65536/", ":x", "@", "user",
    "[", "]", "::1", " ", "\t", "\n", "\x00", "_", "-", "яндекс.рф", "youtu.be", "ABC", "\u3002", "İ", "K", "x" * 64 + ".", "\\", "|", "+", "~",
]  # fmt: skip
ADDRESSES = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)
ADDRESSES |= ADDRESSES.map("https://n.example/".__add__) | ADDRESSES.map("http://www.a.example".__add__)


@settings(max_examples=500)
@given(ADDRESSES)
def test_an_address_that_is_settled_is_what_checking_would_make_of_it(url):
    if is_settled(url):
        assert check._checked(url) == url


def test_the_addresses_that_feeds_are_full_of_are_settled():
    for url in (
        "https://www.n.example/2026/11/23/some-story-1.html?utm_source=rss&utm_medium=feed#c",
        "http://n.example/%D0%B0?p=1",
        "http://n.example:8080/feed.xml",
        "https://n.example:8443/feed.xml",
        "https://cdn.n.example/i/640x360/~a,b;c.jpg",
    ):
        assert is_settled(url)


@settings(max_examples=500)
@given(ADDRESSES)
def test_the_pattern_takes_addresses_apart_as_the_standard_library_does(url):
    tidy = url.strip().replace("\t", "").replace("\r", "").replace("\n", "").replace("&amp;", "&")
    tidy = "https:" + tidy if tidy.startswith("//") else tidy
    assert parts.split_http(url) == parts._split_any(tidy)


@given(ADDRESSES)
def test_a_remembered_key_is_the_key(url):
    assert canonical_url(url) == canonical_url(url, AddressRules()) == keys._key(url, BUILT_IN)


@given(st.text(max_size=40) | ADDRESSES)
def test_escapes_are_left_alone_only_where_there_is_nothing_to_do(text):
    assert parts.normal_escapes(text) == parts._escapes_settled(text)


@given(ADDRESSES)
def test_a_host_read_by_the_pattern_is_the_host(url):
    split = parts.split_http(url)
    if is_settled(url):
        assert split is not None
        assert host_of(url) == split.host


@pytest.mark.parametrize("port", ["", ":", ":80", ":8080", ":65535", ":99999"])
@pytest.mark.parametrize("rest", ["", "/", "/a:b", "?a=1", "#c"])
def test_a_host_is_read_with_any_port(port, rest):
    assert host_of(f"http://n.example{port}{rest}") == "n.example"


@given(ADDRESSES)
def test_a_server_read_by_the_pattern_is_the_one_that_the_standard_library_reads(url):
    assert sites.authority_of(url) == sites._any_authority(url)


def test_the_port_that_a_scheme_has_for_its_own_is_left_out():
    assert not is_settled("http://n.example:80/a")
    assert check.check_http_url("http://n.example:80/a") == "http://n.example/a"
    assert check.check_http_url("http://n.example:443/a") == "http://n.example:443/a"


def test_the_first_address_is_taken_and_what_is_none_is_passed_over():
    assert (
        first_http_url(None, "", "javascript:x", "tag:n", " https://N.example/a\n b ")
        == "https://n.example/a%20b"
    )
    assert first_http_url("mailto:a@n.example", "https://u:p@n.example/") is None


def test_a_long_address_is_a_key_and_is_not_remembered():
    url = "https://n.example/" + "a" * 3000
    before = keys._usual_key.cache_info().currsize
    assert canonical_url(url)
    assert keys._usual_key.cache_info().currsize == before
    assert not is_settled(url)


@pytest.mark.parametrize("url", ["https://n.example:99999/", "https://n.example/a b", "https:///x"])
def test_what_is_refused_is_never_settled(url):
    assert not is_settled(url)
    with pytest.raises(InvalidInputError):
        check.check_http_url(url)

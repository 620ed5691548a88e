"""Feed lists in and out."""

import contextlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.core.errors import InvalidInputError
from services.ingest.opml import ListedFeed, read_opml, write_opml

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LIST = b"""<?xml version="1.0" encoding="UTF-8"?>
<opml version="2.0">
  <head><title>Papers &amp; more</title></head>
  <body>
    <outline text="Asia">
      <outline text="Central Asia" region="central-asia" language="ru">
        <outline text="Valley Herald" type="rss" xmlUrl="https://valley.example/rss?a=1&amp;b=2" htmlUrl="https://valley.example" country="kg"/>
        <outline title="Steppe" text="ignored" XMLURL="http://steppe.example/feed" language="kk" topic="economy"/>
        <outline text="No address" type="rss"/>
        <outline text="Not http" xmlUrl="ftp://steppe.example/feed"/>
        <outline text="With password" xmlUrl="https://me:secret@steppe.example/feed"/>
      </outline>
    </outline>
    <outline text="Again" xmlUrl="https://steppe.example/feed/" country="KZ"/>
    <outline text="A note without anything"/>
  </body>
</opml>
"""


def test_feeds_come_with_folders_and_the_hints_of_all_around_them():
    outline = read_opml(LIST, name="papers.opml")
    assert outline.title == "Papers & more"
    assert outline.feeds == (
        ListedFeed(
            url="https://valley.example/rss?a=1&b=2",
            title="Valley Herald",
            site_url="https://valley.example/",
            folders=("Asia", "Central Asia"),
            language="ru",
            country="KG",
            region="central-asia",
        ),
        ListedFeed(
            url="http://steppe.example/feed",
            title="Steppe",
            folders=("Asia", "Central Asia"),
            language="kk",
            country="KZ",
            region="central-asia",
            topic="economy",
        ),
    )


def test_a_line_that_is_no_feed_is_named_by_line_and_number_and_costs_no_other():
    refused = read_opml(LIST, name="papers.opml").refused
    assert [(line.line, line.outline) for line in refused] == [(9, 5), (10, 6), (11, 7)]
    assert refused[0].reason == "line 9, outline 5: “No address” has no xmlUrl."
    assert "only http and https are read" in refused[1].reason
    assert "password" in refused[2].reason
    assert "secret" not in refused[2].reason


def test_a_list_is_written_so_that_it_reads_the_same():
    outline = read_opml(LIST, name="papers.opml")
    again = read_opml(write_opml(outline.feeds, title=outline.title, now=NOW), name="again.opml")
    assert again == type(outline)(outline.title, outline.feeds)


plain = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "Zs"]), max_size=20).map(
    lambda s: " ".join(s.split())
)
feeds = st.lists(
    st.builds(
        ListedFeed,
        url=st.integers(0, 50).map("https://h.example/feed?n={}&x=1".format),
        title=plain.map(lambda s: s.replace("<", "").replace("&", "")),
        folders=st.lists(st.sampled_from(["Asia", "Ümläut", "a & b", '"quoted"', "<odd>1"]), max_size=3).map(
            tuple
        ),
        language=st.none() | st.just("ru"),
        region=st.none() | st.just("central-asia"),
    ),
    unique_by=lambda feed: feed.url,
    max_size=8,
)


@given(feeds)
def test_any_list_survives_writing_and_reading(listed):
    again = read_opml(write_opml(listed, title="t", now=NOW), name="again.opml")
    assert {feed.url: (feed.language, feed.region) for feed in listed} == {
        f.url: (f.language, f.region) for f in again.feeds
    }
    assert not again.refused


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "the file is empty"),
        (b"  \n ", "the file is empty"),
        (b"just text", "line 1, column 1: this is not XML"),
        (b"\n\n  <opml><body>", "line 3, column 15: this is not XML"),
        (b"<html><body/></html>", "line 1, column 1: the first element is <html>"),
        (b"\n<rss version='2.0'/>", "line 2, column 1: the first element is <rss>"),
        (
            b'<opml><body>\n<outline xmlUrl="https://a.example/?b=1&c=2"/></body></opml>',
            "& must be written &amp;",
        ),
        (b"<opml>\xff</opml>", "line 1, column 7"),
        (b'<!DOCTYPE opml [<!ENTITY a "b">]><opml><body/></opml>', "entities"),
        (b'<?xml version="1.0" encoding="klingon"?><opml/>', "klingon"),
        (b"\x00\x01\x02", "not XML"),
    ],
)
def test_what_is_no_list_is_refused_with_its_place_and_what_was_expected(data, says):
    with pytest.raises(InvalidInputError) as refused:
        read_opml(data, name="papers.opml")
    assert str(refused.value).startswith("papers.opml: ")
    assert says in str(refused.value)


def test_an_old_charset_is_read_by_its_declaration():
    data = '<?xml version="1.0" encoding="windows-1251"?><opml><body><outline text="Вести" xmlUrl="https://v.example/"/></body></opml>'
    assert read_opml(data.encode("cp1251"), name="v.opml").feeds[0].title == "Вести"


def test_folders_without_end_are_refused_line_by_line():
    deep = (
        b"<opml><body>"
        + b"<outline text='a'>" * 40
        + b"<outline xmlUrl='https://a.example/'/>"
        + b"</outline>" * 40
        + b"</body></opml>"
    )
    outline = read_opml(deep, name="deep.opml")
    assert outline.feeds == ()
    assert "20 folders" in outline.refused[-1].reason


@given(
    st.binary(max_size=200)
    | st.binary(max_size=60).map(lambda b: b"<opml><body><outline xmlUrl='" + b + b"'/></body></opml>")
)
def test_any_bytes_are_a_list_or_a_refusal(data):
    read = ()
    with contextlib.suppress(InvalidInputError):
        read = read_opml(data, name="x.opml").feeds
    assert all(feed.url.startswith(("http://", "https://")) for feed in read)

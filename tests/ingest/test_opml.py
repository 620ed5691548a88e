"""Feed lists in and out."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.core.errors import InvalidInputError
from services.ingest.opml import (
    Labels,
    ListedFeed,
    read_opml,
    with_folder_hints,
    without_false_hints,
    write_opml,
)

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
    again = read_opml(write_opml(outline.feeds, title=outline.title), name="again.opml")
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
    again = read_opml(write_opml(listed, title="t"), name="again.opml")
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


# --- folders as hints, and lists that come and go ---------------------------------------------------------------------

LABELS = Labels.of(
    [
        {"kind": "region", "slug": "central-asia", "name": "Central Asia"},
        {"kind": "region", "slug": "asia", "name": "Asia & Pacific"},
        {"kind": "topic", "slug": "health", "name": "Health & Wellness"},
        {"kind": "topic", "slug": "asia-watch", "name": "Central Asia"},
    ]
)


@pytest.mark.parametrize(
    ("folders", "region", "topic"),
    [
        (("Central Asia",), "central-asia", "asia-watch"),
        (("central-asia",), "central-asia", "asia-watch"),
        (("CENTRAL  asia!",), "central-asia", "asia-watch"),
        (("asia and pacific", "Health"), "asia", "health"),
        (("Asia", "Central Asia", "Papers"), "central-asia", "asia-watch"),
        (("Health & Wellness",), None, "health"),
        (("News from Central Asia",), None, None),
        ((), None, None),
    ],
)
def test_a_folder_called_like_a_label_means_it_and_the_innermost_counts(folders, region, topic):
    feed = with_folder_hints(ListedFeed("https://a.example/", folders=folders), LABELS)
    assert (feed.region, feed.topic) == (region, topic)


def test_an_attribute_wins_over_a_folder_and_an_empty_one_says_nothing_is_meant():
    data = b"""<opml><body><outline text="Central Asia">
      <outline xmlUrl="https://a.example/"/> <outline xmlUrl="https://b.example/" region="asia"/>
      <outline xmlUrl="https://c.example/" region="" topic=""/></outline>
      <outline text="Central Asia" region=""><outline xmlUrl="https://d.example/"/>
      <outline xmlUrl="https://e.example/" region="asia"/></outline></body></opml>"""
    feeds = [with_folder_hints(feed, LABELS) for feed in read_opml(data, name="x").feeds]
    assert [(f.region, f.topic) for f in feeds] == [
        ("central-asia", "asia-watch"),
        ("asia", "asia-watch"),
        (None, None),
        (None, "asia-watch"),
        ("asia", "asia-watch"),
    ]


def test_a_feed_without_hints_in_a_telling_folder_is_written_so_that_it_stays_without():
    feed = ListedFeed("https://a.example/", folders=("Central Asia",))
    data = write_opml([without_false_hints(feed, LABELS)], title="t")
    assert b'region=""' in data
    (again,) = read_opml(data, name="x").feeds
    assert with_folder_hints(again, LABELS) == feed


def test_the_same_feeds_are_the_same_bytes_with_no_date_in_them():
    data = write_opml([ListedFeed("https://a.example/", "A", folders=("x",))], title="t")
    assert data == write_opml(read_opml(data, name="x").feeds, title="t")
    assert b"date" not in data.lower()


anything = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs"]) | st.sampled_from(list("<>&;\"'/amplt \n\t")),
    max_size=30,
)
any_feeds = st.lists(
    st.builds(
        ListedFeed,
        url=st.integers(0, 60).map("https://h.example/feed?n={}&lt=1&copy=2".format),
        title=anything,
        folders=st.lists(
            st.sampled_from(["Central Asia", "asia", "Health", "x", " ", "<b>x</b>", "&amp;amp;lt;"])
            | anything,
            max_size=4,
        ).map(tuple),
        site_url=st.none() | st.just("https://h.example/"),
        language=st.none() | st.sampled_from(["ru", "pt-BR"]),
        country=st.none() | st.just("KZ"),
        region=st.none() | st.sampled_from(["central-asia", "asia"]),
        topic=st.none() | st.just("health"),
    ),
    unique_by=lambda feed: feed.url,
    max_size=8,
)


@given(any_feeds)
def test_whatever_is_written_once_is_read_and_written_to_the_same_bytes_for_ever(listed):
    """Export, import, export: titles and folders of any letters, hints beside and against the folders' names."""
    once = write_opml([without_false_hints(feed, LABELS) for feed in listed], title="Feeds")
    read = [with_folder_hints(feed, LABELS) for feed in read_opml(once, name="x").feeds]
    assert {(f.url, f.language, f.country, f.region, f.topic) for f in read} == {
        (f.url, f.language, f.country, f.region, f.topic) for f in listed
    }
    assert write_opml([without_false_hints(feed, LABELS) for feed in read], title="Feeds") == once

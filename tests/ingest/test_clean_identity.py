"""Before an entry is cleaned: which one it is, and whether a reader would see a change."""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.ingest.clean import Skipped, clean_entry, fingerprint, identify, markup, safe_html
from services.ingest.dedupe import guid_of, guid_with_url, stored_name, stored_name_at
from services.ingest.entry import RawEntry

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SITE = "https://n.example/"
BODY = (
    '<p class="c1">The council <a href="https://n.example/water?utm_source=rss">voted</a>.</p> '
    '<img alt="The river" src="https://cdn.example/river.jpg?w=640"> <b>More</b> tomorrow &amp; later.'
)
ENTRY = RawEntry(
    guid="g-1",
    url="https://n.example/a/story-1?utm_source=rss&id=4",
    title="A title of some words",
    summary="<p>A lead.</p>",
    content=BODY,
    published_at=NOW,
    authors=("Ida", "Per"),
    tags=("water", "council"),
    image="https://cdn.example/lead.jpg?w=640",
    language="en",
)


def edited(**changes):
    return replace(ENTRY, **changes)


UNSEEN = {
    "tracking in the link": {"url": "https://www.n.example/a/story-1/?id=4&utm_source=atom&fbclid=9"},
    "tokens of the picture": {"image": "https://cdn.example/lead.jpg?token=1f3&expires=99"},
    "query of a link in the text": {"content": BODY.replace("utm_source=rss", "sid=123&amp;ts=9")},
    "session in a link in the text": {"content": BODY.replace("?utm_source=rss", ";jsessionid=0A9F?x=1")},
    "cache buster of a picture in the text": {"content": BODY.replace("w=640", "cb=0.123")},
    "runs of white space": {"content": BODY.replace(" ", "\n\t "), "title": " A  title of\nsome words "},
    "a comment": {"content": BODY + "<!-- served by web7 in 3 ms <p>-->"},
    "a script": {"content": BODY + "<script>track('<p>', 123)</script>"},
    "a frame": {"content": BODY + '<iframe src="https://ads.example/?slot=7"></iframe>'},
    "a counting pixel": {"content": BODY + '<img src="https://count.example/p/8f3a" width="1" height="1"/>'},
    "a pixel without quotes": {"content": BODY + "<img height=0 src=https://count.example/9>"},
    "a hidden pixel": {"content": BODY + "<img src='https://count.example/x' style='border:0; display: none'>"},
    "names of styles": {"content": BODY.replace("c1", "c2").replace("<b>", "<b id='x77'>")},
    "the order of categories": {"tags": ("council", "water")},
    "the time of day": {"published_at": NOW - timedelta(hours=3)},
    "the last update": {"updated_at": NOW},
    "what others share": {"shared_link": True},
    "what lies beyond the end": {"content": BODY + " " * 20_000 + "more"},
}  # fmt: skip
SEEN = {
    "title": {"title": "A title of some word"},
    "case of a title": {"title": "A Title of some words"},
    "summary": {"summary": "<p>A lead!</p>"},
    "a letter": {"content": BODY.replace("voted", "voter")},
    "a sign": {"content": BODY.replace("tomorrow", "tomorrow?")},
    "a question in the text": {"content": BODY.replace("tomorrow", "?tomorrow?")},
    "words that look like an attribute": {"content": BODY.replace("tomorrow", 'id="tomorrow"')},
    "words between signs": {"content": BODY.replace("tomorrow", "1 < 2")},
    "emphasis": {"content": BODY.replace("<b>", "<i>").replace("</b>", "</i>")},
    "a paragraph": {"content": BODY.replace(" tomorrow", "</p><p>tomorrow")},
    "where a link leads": {"content": BODY.replace("/water", "/fire")},
    "a picture in the text": {"content": BODY.replace("river.jpg", "lake.jpg")},
    "words of a picture": {"content": BODY.replace("The river", "The lake")},
    "a real picture more": {"content": BODY + '<img src="https://cdn.example/2.jpg" width="100">'},
    "the lead picture": {"image": "https://cdn.example/other.jpg?w=640"},
    "no lead picture": {"image": None},
    "the link": {"url": "https://n.example/a/story-1?id=5"},
    "an author": {"authors": ("Ida",)},
    "a category": {"tags": ("water",)},
    "the day": {"published_at": NOW - timedelta(days=1)},
    "no date": {"published_at": None},
    "the language": {"language": "ru"},
    "text moved between fields": {"summary": "", "content": "<p>A lead.</p>" + BODY},
}  # fmt: skip


@pytest.mark.parametrize("changes", UNSEEN.values(), ids=UNSEEN)
def test_what_merely_rotates_leaves_the_fingerprint_as_it_is(changes):
    assert edited(**changes) != ENTRY
    assert fingerprint(edited(**changes)) == fingerprint(ENTRY)


@pytest.mark.parametrize("changes", SEEN.values(), ids=SEEN)
def test_what_a_reader_sees_changes_the_fingerprint(changes):
    assert fingerprint(edited(**changes)) != fingerprint(ENTRY)


def test_a_fingerprint_is_sixteen_bytes_and_takes_any_text():
    assert len(fingerprint(ENTRY)) == 16
    assert fingerprint(edited(content="\ud800 <b")) != fingerprint(edited(content="\ud801 <b"))


WORDS = st.lists(st.sampled_from(["one", "two", "три", "四", "a?b", "x=1", "5 > 4"]), min_size=1, max_size=8)
NOISE = st.sampled_from(
    [
        "<!-- {} -->",
        "<script>{}</script>",
        "<IMG width=1 src='/{}'>",
        "<style>.a{}</style >",
        "<!--{}<p>-->",
        "<svg><path d='{}'/></svg>",
    ]
)


@given(
    WORDS, st.lists(st.tuples(st.integers(0, 7), NOISE, st.integers(0, 999)), max_size=5), st.integers(0, 7)
)
def test_noise_at_any_word_is_no_edit_and_another_word_is(words, noise, place):
    noisy, changed = [*words], [*words]
    for position, piece, number in noise:
        noisy[position % len(words)] += piece.format(number)
    changed[place % len(words)] = "other"
    plain, dressed, other = (
        edited(content="<p>" + " ".join(parts) + "</p>") for parts in (words, noisy, changed)
    )
    assert fingerprint(dressed) == fingerprint(plain) != fingerprint(other)


@pytest.mark.parametrize(
    "piece", ["<!--", "<script>", "<iframe ", "<a b='", '<img alt="', "<p a=1>", "<", "<svg/>"]
)
def test_a_body_of_half_markup_is_seen_in_one_pass(piece):
    """With time growing by the square of the length this would not end."""
    assert len(markup.seen_markup(piece * 300_000)) <= markup.MAX_MARKUP


ADDRESSES = st.none() | st.sampled_from(
    ["https://n.example/a-b-c", SITE, "http://N.example:80/x?utm_source=1", "javascript:x", "", "https://n.example/p#part", "https://u:p@n.example/"]
)  # fmt: skip
RAW = st.builds(
    RawEntry,
    guid=st.none() | st.text(max_size=20) | ADDRESSES | st.sampled_from(["g" * 20, "g" * 600, "<b>g</b>"]),
    url=ADDRESSES,
    title=st.sampled_from(["A title", "", "untitled", "<b>T</b> &amp;amp; u", "(no title)"]),
    summary=st.sampled_from(["", "Some text of more than twenty letters. And more.", "<p>x</p>"]),
    content=st.sampled_from(["", "<p>Body</p>"]),
    shared_link=st.booleans(),
)


@settings(max_examples=500)
@given(RAW, st.sampled_from([None, SITE, "https://n.example/news"]))
def test_an_identity_told_beforehand_is_the_one_that_cleaning_gives(entry, site):
    told = identify(entry, site_url=site)
    clean = clean_entry(entry, feed_language=None, now=NOW, site_url=site)
    if isinstance(clean, Skipped):
        return
    if told is not None:
        assert told == (clean.guid, clean.url_key)
        assert (stored_name(told.guid), stored_name_at(*told)) == (guid_of(clean), guid_with_url(clean))
    else:
        assert clean.guid.startswith("hash:") or entry.title in {"", "untitled", "(no title)"}


def test_an_ordinary_entry_is_told_beforehand():
    assert identify(ENTRY) == ("g-1", "n.example/a/story-1?id=4")
    assert identify(edited(guid=None)) == (ENTRY.url, "n.example/a/story-1?id=4")
    assert identify(edited(guid=None, shared_link=True)) is None
    assert identify(edited(url="javascript:x", guid=None)) is None


@pytest.mark.parametrize(
    "url", [None, "", "javascript:alert(1)", "mailto:desk@n.example", "https://u:p@n.example/x"]
)
def test_an_entry_without_a_link_leads_to_its_guid_or_else_to_its_site(url):
    def cleaned(**changes):
        return clean_entry(edited(url=url, **changes), feed_language=None, now=NOW, site_url=SITE)

    assert cleaned(guid="https://n.example/g").url_key == "n.example/g"
    one, other = cleaned(guid="g-1"), cleaned(guid="g-2")
    assert one.url == other.url == SITE
    assert one.url_key != other.url_key
    assert (one.guid, other.guid) == ("g-1", "g-2")
    assert cleaned(guid=None, title="One").guid != cleaned(guid=None, title="Other").guid
    nothing = cleaned(title="", summary="", content="")
    assert isinstance(nothing, Skipped)
    assert "neither a title nor a text" in nothing.reason


def test_the_words_of_a_page_that_many_share_are_no_title():
    entry = edited(url="https://n.example/all-the-news", shared_link=True, title="", summary="", content="")
    assert isinstance(clean_entry(entry, feed_language=None, now=NOW), Skipped)


@pytest.mark.parametrize(
    "title",
    [
        "Untitled",
        "(untitled)",
        "[No Title]",
        "Без названия",
        "Sans titre",
        "«Без заголовка»",
        "无标题",
        "null",
        "",
    ],
)
def test_a_title_that_says_there_is_none_gives_way_to_the_first_sentence(title):
    entry = clean_entry(
        edited(title=title, content="", summary="What happened on Monday. And then."),
        feed_language=None,
        now=NOW,
    )
    assert entry.title == "What happened on Monday"


def test_a_word_for_no_title_stays_where_there_is_nothing_else_or_it_is_part_of_one():
    bare = edited(title="Untitled", summary="", content="", url="https://n.example/1")
    assert clean_entry(bare, feed_language=None, now=NOW).title == "Untitled"
    assert (
        clean_entry(edited(title="Untitled poem found"), feed_language=None, now=NOW).title
        == "Untitled poem found"
    )


BODIES = st.lists(
    st.sampled_from(
        ["text ", "a > b", "\n", "é", "\xa0", "&amp;", "\r\n", "\ufeff", "\0", "<p>", "</p>", "<a href='/x?a=1'>", "<a href='https://n.example/a;b'>",
         "<a href='https://n.example/a;'>", "</a>", "<img src=https://n.example/1.png>", "<blockquote cite='q'>", "\u200b", "\x0c", '"', "'", "\ud800"]
    ),
    max_size=12,
).map("".join)  # fmt: skip


@settings(max_examples=500)
@given(BODIES)
def test_a_text_is_its_own_html_exactly_where_a_cleaner_leaves_it(body):
    assert safe_html(body, base=SITE) == markup._washed(body, SITE)


@given(BODIES)
def test_washing_twice_changes_nothing_more(body):
    once = safe_html(body.replace("\ufeff", ""), base=SITE)
    assert safe_html(once, base=SITE) == once
    assert not re.search("[\ud800-\udfff]", once)


def test_threads_that_clean_at_the_same_time_keep_their_addresses_apart():
    def wash(number):
        base = f"https://site-{number}.example/"
        return {safe_html('<a href="x">a</a>' * 50, base=base).count(base + "x") == 50 for _ in range(50)}

    with ThreadPoolExecutor(4) as pool:
        assert set().union(*pool.map(wash, range(8))) == {True}

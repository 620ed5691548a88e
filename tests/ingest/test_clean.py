"""From an entry as published to one fit for storing."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.clean import Skipped, clean_entry, language_of, safe_html
from services.ingest.entry import RawEntry

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href='&#1;javascript:alert(1)'>x</a>",
    "<a href=' java\nscript:alert(1)'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<iframe src='https://evil.example'></iframe>",
    "<form action='https://evil.example'><input name=q><button>go</button></form>",
    "<table background='javascript:alert(1)'><tr><td>x</table>",
    "<svg><script>alert(1)</script></svg>",
    "<math><annotation-xml encoding='text/html'><img src=x onerror=alert(1)></annotation-xml></math>",
    "<style>@import 'https://evil.example'</style>",
    "<p style='position:fixed' class='x' id='y'>x</p>",
    "<base href='https://evil.example/'><a href='a'>x</a>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<object data='x'></object><embed src='x'>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'></noscript>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<textarea><img src=x onerror=alert(1)></textarea>",
    "<a href='vbscript:msgbox(1)'>x</a>",
    "<img src='file:///etc/passwd'>",
    "<a href='https://user:pass@evil.example/'>x</a>",
]


def raw(**changes):
    fields = {"guid": "g-1", "url": "https://n.example/a/story-1", "title": "A title of some words"}
    return RawEntry(**(fields | changes))


def cleaned(**changes):
    return clean_entry(raw(**changes), feed_language=None, now=NOW)


@pytest.mark.parametrize("markup", HOSTILE)
def test_nothing_that_runs_sends_or_covers_survives(markup):
    html = safe_html(markup, base="https://n.example/")
    assert not re.search(
        r"<(?:script|iframe|form|input|button|svg|math|style|base|meta|object|embed|textarea)", html
    )
    assert not re.search(r"<[^>]*\s(?:on\w+|style|class|id|background)=", html)
    assert not re.search(r"""(?:href|src|cite)="(?!https?://[^@"]*"|mailto:)""", html)


def test_links_become_absolute_and_carry_no_endorsement():
    html = safe_html('<a href="../b?x=1&amp;y=2">b</a> <img src="/i.png">', base="https://n.example/a/c")
    assert 'href="https://n.example/b?x=1&amp;y=2"' in html
    assert 'rel="noopener noreferrer nofollow ugc"' in html
    assert 'src="https://n.example/i.png"' in html


def test_a_mail_address_stays_a_link():
    assert 'href="mailto:desk@n.example"' in safe_html(
        '<a href="mailto:desk@n.example">m</a>', base="https://n.example"
    )


def test_a_body_is_cut_before_it_is_cleaned():
    """Ten thousand nested elements take a cleaner minutes; cut to 20,000 characters they take nothing."""
    html = safe_html("<div>" * 200_000, base="https://n.example")
    assert html.count("<div>") <= 4_000


@pytest.mark.parametrize(
    ("published", "expected"),
    [
        (None, (None, True)),
        (datetime(1970, 1, 1, tzinfo=UTC), (None, True)),
        (datetime(1989, 12, 31, 23, tzinfo=UTC), (None, True)),
        (datetime(1990, 1, 1, tzinfo=UTC), (datetime(1990, 1, 1, tzinfo=UTC), False)),
        (NOW + timedelta(minutes=5), (NOW + timedelta(minutes=5), False)),
        (NOW + timedelta(minutes=5, seconds=1), (NOW, True)),
        (datetime(2099, 1, 1, tzinfo=UTC), (NOW, True)),
    ],
)
def test_dates_are_sane_or_guessed(published, expected):
    entry = cleaned(published_at=published)
    assert expected == (entry.published_at, entry.date_guessed)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"url": None}, "no link"),
        ({"url": "javascript:alert(1)"}, "no link"),
        ({"url": "mailto:desk@n.example", "guid": "tag:x"}, "no link"),
        ({"title": "", "url": "https://n.example/123"}, "neither a title nor a text"),
        ({"title": "<img src=x>", "url": "https://n.example/"}, "neither a title nor a text"),
    ],
)
def test_what_is_no_article_is_skipped_with_its_reason(changes, reason):
    entry = cleaned(**changes)
    assert isinstance(entry, Skipped)
    assert reason in entry.reason


def test_a_guid_that_is_an_address_stands_in_for_a_missing_link():
    assert cleaned(url=None, guid="https://n.example/g").url == "https://n.example/g"


@pytest.mark.parametrize(
    ("changes", "title"),
    [
        (
            {"title": "", "summary": "<p>One sentence that is long enough. Another one.</p>"},
            "One sentence that is long enough",
        ),
        ({"title": " ", "content": "word " * 60}, ("word " * 24).strip() + "…"),
        ({"title": "", "url": "https://n.example/2026/three-words-here.html"}, "Three words here"),
        ({"title": "<b>Bold</b> &amp; plain"}, "Bold & plain"),
    ],
)
def test_every_article_has_a_title(changes, title):
    assert title == cleaned(**changes).title


def test_the_teaser_is_the_summary_and_not_the_title_again():
    assert cleaned(summary="A lead.", content="<p>A lead. And more.</p>").teaser == "A lead."
    assert cleaned(summary="A title of some words", content="What happened.").teaser == "What happened."
    assert cleaned(summary="A title of some words. Then this.").teaser == "Then this."
    assert len(cleaned(content="<p>" + "long words " * 100).teaser) <= 240


@pytest.mark.parametrize(
    "ending",
    [
        " The post A title appeared first on The Paper.",
        " Continue reading A title…",
        " [...] Read more",
        " Сообщение Заголовок появились сначала на Газета.",
        " Читать далее",
    ],
)
def test_a_feeds_advertisement_for_itself_is_no_text(ending):
    assert cleaned(summary="What happened today." + ending).text == "What happened today."


def test_a_sentence_that_speaks_of_reading_stays():
    text = "A study of 40,000 pupils finds that those who Read more often sleep better."
    assert cleaned(summary=text).text == text


def test_identity_is_the_link_and_on_a_shared_page_what_sets_the_entry_apart():
    assert cleaned(url="https://www.n.example/a?utm_source=x").url_key == "n.example/a"
    one = cleaned(url="https://n.example/log#1", guid="log-entry-number-1", shared_link=True)
    other = cleaned(url="https://n.example/log#2", guid="log-entry-number-2", shared_link=True)
    assert one.url_key != other.url_key
    assert (
        cleaned(url="https://n.example/", guid="1").url_key
        != cleaned(url="https://n.example/", guid="2").url_key
    )


def test_a_short_guid_on_a_front_page_tells_nothing_alone():
    """Two feeds of one site may both number from 1."""
    one = cleaned(url="https://n.example/", guid="1", title="Of one feed, and long enough")
    other = cleaned(url="https://n.example/", guid="1", title="Of the other feed, long enough")
    assert one.url_key != other.url_key


def test_a_guid_is_never_empty_nor_endless():
    assert cleaned(guid=None).guid == "https://n.example/a/story-1"
    assert cleaned(guid="\x00 ").guid == "https://n.example/a/story-1"
    assert cleaned(guid="x" * 5000).guid.startswith("hash:")
    assert cleaned(guid="x" * 3000 + "1").guid != cleaned(guid="x" * 3000 + "2").guid


def test_authors_and_tags_are_plain_and_each_once():
    entry = cleaned(authors=("<b>Ida</b>", "ida", " ", "Per"), tags=tuple(f"t{n}" for n in range(50)))
    assert entry.authors == ("Ida", "Per")
    assert len(entry.tags) == 20


def test_a_picture_is_the_publishers_or_the_first_that_is_no_pixel():
    pictures = '<img src="https://count.example/1" width="1" height="1"><img src="/real.jpg">'
    assert cleaned(content=pictures).image == "https://n.example/real.jpg"
    assert cleaned(content=pictures, image="https://n.example/own.jpg").image == "https://n.example/own.jpg"
    assert cleaned(image="javascript:alert(1)").image is None


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("en-US", "en"),
        ("ru_RU", "ru"),
        ("RUS", "ru"),
        ("English", "en"),
        ("kk-Cyrl-KZ", "kk"),
        ("cn", "zh"),
        ("heb", "he"),
        ("ckb", "ckb"),
        ("xq", None),
        ("mul", None),
        ("", None),
        (None, None),
        ("und", None),
        ("12", None),
        ("x", None),
    ],
)
def test_languages_come_down_to_their_primary_tag(tag, language):
    assert language == language_of(tag)


def test_the_entrys_language_goes_before_the_feeds():
    assert clean_entry(raw(language="kk"), feed_language="ru", now=NOW).language == "kk"
    assert clean_entry(raw(), feed_language="ru-RU", now=NOW).language == "ru"


@given(
    st.builds(
        RawEntry,
        guid=st.none() | st.text(max_size=40),
        url=st.none() | st.text(max_size=40) | st.text(max_size=40).map("https://n.example/".__add__),
        title=st.text(max_size=80),
        summary=st.text(max_size=200) | st.sampled_from(HOSTILE),
        content=st.text(max_size=200) | st.sampled_from(HOSTILE),
        published_at=st.none() | st.datetimes(timezones=st.just(UTC)),
        authors=st.tuples(st.text(max_size=30)),
        tags=st.tuples(st.text(max_size=30)),
        image=st.none() | st.text(max_size=40),
        language=st.none() | st.text(max_size=10),
        base=st.none() | st.text(max_size=30),
        shared_link=st.booleans(),
    )
)
def test_whatever_was_published_comes_out_sound_or_skipped(entry):
    clean = clean_entry(entry, feed_language=None, now=NOW)
    if isinstance(clean, Skipped):
        return
    for text in (clean.guid, clean.url, clean.url_key, clean.title, clean.teaser, clean.text, clean.html):
        text.encode()
        assert "\x00" not in text
    assert clean.guid
    assert clean.title
    assert clean.url.startswith(("http://", "https://"))
    assert len(clean.teaser) <= 240
    assert clean.published_at is None or datetime(
        1990, 1, 1, tzinfo=UTC
    ) <= clean.published_at <= NOW + timedelta(minutes=5)
    assert clean == clean_entry(entry, feed_language=None, now=NOW)

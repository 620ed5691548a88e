"""Every feed keeps the published rules of its format, whatever publishers wrote; and the rules can be broken."""

import re

import pytest

from tests.fixtures.awkward import awkward
from tests.fixtures.feed_rules import CONTENT_TYPES, broken_rules
from tests.fixtures.furniture import furnish

PATHS = (
    "/feeds/latest.{}",
    "/feeds/central-asia.{}",
    "/feeds/latest/energy.{}",
    "/feeds/central-asia/energy.{}",
    "/feeds/story/7.{}",
    "/feeds/africa/health.{}",
    "/feeds/latest.{}?q=known&limit=1",
    "/feeds/latest.{}?q=%22%3Cb%3E+%26+%D1%80%D0%B5%D0%BA%D0%B0%22+-not",
    "/feeds/latest.{}?region=europe&region=africa&topic=energy&language=ru&source=tribune.example",
)


def broken(site, path: str, ending: str) -> list[str]:
    answer = site.get(path)
    assert answer.status == 200, answer.text
    return broken_rules(
        answer.body, ending=ending, content_type=answer.headers["content-type"], url=site.url + path
    )


@pytest.mark.parametrize("ending", CONTENT_TYPES)
def test_feeds_keep_the_rules_whatever_stands_in_them(site, desk, stories, ending):
    furnish(desk)
    ids = awkward(desk)
    stories.put(7, ids[:9])
    found = {path: broken(site, path.format(ending), ending) for path in PATHS}
    assert {path: rules for path, rules in found.items() if rules} == {}


@pytest.mark.parametrize("ending", CONTENT_TYPES)
def test_every_page_keeps_the_rules(site, desk, ending):
    awkward(desk)
    pages = [f"/feeds/latest.{ending}?limit=4"]
    while (following := next_of(site.get(pages[-1]).text)) is not None:
        pages.append(following.removeprefix(site.url))
    assert len(pages) == 4
    assert [rule for page in pages for rule in broken(site, page, ending)] == []


def next_of(text: str) -> str | None:
    found = re.search(r'rel="next"[^>]*href="([^"]+)"|"next_url":"([^"]+)"', text)
    return (found[1] or found[2]).replace("&amp;", "&").replace("&#x26;", "&") if found else None


@pytest.mark.parametrize(
    ("ending", "change", "said"),
    [
        ("atom", (r"<id>urn:uuid:[^<]*", "<id>33"), "neither a valid tag nor a valid UUID"),
        ("atom", (r"<updated>[^<]*Z", "<updated>28.11.2026"), "is no date"),
        ("atom", (r"<updated>20", "<updated>29"), "in the future"),
        ("atom", (r'href="http://127[^"]*/feeds', 'href="/feeds'), "is no absolute address"),
        ("atom", (r'(rel="self"[^>]*)\.atom"', r'\1.atom?x=1"'), "it was read at"),
        ("atom", (r"<title>Everything", "<title>&lt;b&gt;Everything"), "markup in a text"),
        ("atom", (r"<title>Everything", "<title>Every\nthing"), "several lines"),
        ("atom", (r"<title>Everything is known</title>", ""), "0 times title"),
        ("atom", (r'xml:lang="en"', 'xml:lang="not a tag"'), "is no language tag"),
        ("atom", (r"<name>Ada", "<name>ada@example.org"), "no name of a person"),
        ("atom", (r'rel="first"', 'rel="next"'), "no first page"),
        ("rss", (r' isPermaLink="false"', ""), "does not say so"),
        ("rss", (r"<pubDate>...", "<pubDate>Xxx"), "is no date"),
        ("rss", (r"<description>Mr", "<description>&lt;i&gt;Mr"), "HTML by mistake"),
        ("rss", (r"<source url=\"[^\"]*", '<source url="'), "is no absolute address"),
        ("rss", (r"<link>https", "<link>//"), "is no absolute address"),
        ("rss", (r"<guid isPermaLink=\"false\">.*?</guid>", '<guid isPermaLink="false">urn:uuid:00000000-0000-0000-0000-000000000000</guid>'), "entries have the id"),
        ("json", (r'"id":"[^"]*', '"id":"33'), "neither a valid tag"),
        ("json", (r'"content_text":"[^"]*', '"content_text":"'), "neither content_html"),
        ("json", (r'"feed_url"', '"feed"'), "feed_url is None"),
        ("json", (r'"date_published":"', '"date_published":"x'), "is no date"),
    ],
)  # fmt: skip
def test_the_rules_notice_what_is_wrong(site, desk, ending, change, said):
    awkward(desk)
    path = f"/feeds/latest.{ending}"
    answer = site.get(path)
    body, times = re.subn(*change, answer.text)
    assert times
    rules = broken_rules(
        body.encode(), ending=ending, content_type=CONTENT_TYPES[ending], url=site.url + path
    )
    assert any(said in rule for rule in rules), rules

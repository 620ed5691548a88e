"""The mixture of feeds that ingest is measured with, and what the press does between the steps."""

import urllib.request
from collections import Counter
from urllib.error import HTTPError

import feedparser
import pytest

from newswire.model import Format, Validators
from newswire.outlets import mixed_outlets
from newswire.press import running_press
from services.core.urls import canonical_url
from services.embedded.home import open_home
from tests.bench.stage import Stage
from tests.bench.steps import arranged

FEEDS = 15


@pytest.fixture(scope="module")
def press():
    with running_press(feeds=FEEDS, entries=0) as found:
        yield found


@pytest.fixture
def stage(press, tmp_path):
    found = Stage(tmp_path, open_home(tmp_path / "home"))
    found.press = press.url
    return found


def parsed(url: str) -> feedparser.FeedParserDict:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return feedparser.parse(answer.read())


def again(url: str) -> int:
    """The status that a client gets who has the feed already."""
    with urllib.request.urlopen(url, timeout=10) as answer:
        given = {"If-None-Match": "ETag", "If-Modified-Since": "Last-Modified"}
        known = {ask: answer.headers[name] for ask, name in given.items() if answer.headers[name]}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=known), timeout=10) as answer:
            return answer.status
    except HTTPError as error:
        return error.code


def test_any_hundred_in_a_row_has_each_format_and_validator_in_its_share():
    found = mixed_outlets(300)
    for hundred in (found[:100], found[100:200], found[200:]):
        assert Counter((o.format, o.full_text) for o in hundred) == {
            (Format.RSS, False): 42,
            (Format.RSS, True): 19,
            (Format.ATOM, False): 31,
            (Format.RDF, False): 8,
        }
        assert Counter(o.validators for o in hundred) == {
            Validators.BOTH: 60,
            Validators.ETAG: 20,
            Validators.LAST_MODIFIED: 20,
        }
        assert {o.window for o in hundred} == set(range(20, 51))


def test_feeds_are_full_and_repeat_what_the_same_publisher_shows_elsewhere(press):
    entries, addresses, dressed = 0, set(), 0
    for outlet in press.outlets:
        found = parsed(press.feed_url(outlet.slug)).entries
        assert len(found) == outlet.window
        keys = {canonical_url(entry.link) for entry in found}
        assert len(keys) == outlet.window, "no feed repeats itself"
        entries, addresses = entries + len(found), addresses | keys
        dressed += sum(canonical_url(entry.link) != entry.link for entry in found)
    assert 0.2 < 1 - len(addresses) / entries < 0.35
    assert dressed > 0.15 * entries, "most of what is repeated carries the parameters of a tracker"


def test_sections_of_one_publisher_name_one_site(press):
    sites = [parsed(press.feed_url(outlet.slug)).feed.link for outlet in press.outlets]
    assert [sites.count(site) for site in dict.fromkeys(sites)] == [5, 5, 5]


def test_a_twentieth_of_the_feeds_changes_and_nothing_else_does(press, stage):
    urls = list(stage.slugs())
    before = {row["id"] for row in press.truth()}
    shown = {url: [e.link for e in parsed(url).entries] for url in urls}
    with arranged(stage, "changed", urls, seed=3) as fresh:
        changed = [url for url in urls if [e.link for e in parsed(url).entries] != shown[url]]
    assert len(changed) == 1
    assert fresh == len({row["id"] for row in press.truth()} - before) == 1


def test_servers_ignore_validators_for_one_step_only(press, stage):
    url = press.feed_url(press.outlets[0].slug)
    assert again(url) == 304
    with arranged(stage, "same", [url]):
        assert again(url) == 200
    assert again(url) == 304


def test_whether_validators_count_is_yes_or_no(press):
    asked = urllib.request.Request(f"{press.url}/validators?honour=perhaps", method="POST")
    with pytest.raises(HTTPError) as refused:
        urllib.request.urlopen(asked, timeout=10)
    assert refused.value.code == 400
    assert refused.value.read() == b"honour=perhaps is neither yes nor no.\n"

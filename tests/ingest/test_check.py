"""What an address would bring, told before anything is stored."""

import asyncio

import pytest
from sqlalchemy import text

from newswire.press import RunningPress
from services.core.clock import utc_now
from services.core.db import transaction
from services.core.settings import settings
from services.ingest.check import check_url


@pytest.fixture(autouse=True)
def _service(service: pytest.MonkeyPatch) -> None:
    """Loopback may be reached."""


def check(url: str) -> dict:
    return asyncio.run(check_url(url, settings(), now=utc_now()))


def test_a_feed_is_told_as_it_would_be_stored_and_nothing_is(newswire: RunningPress):
    report = check(newswire.feed_url("steppe-courier"))
    assert report["problems"] == []
    assert (report["format"], bool(report["title"])) == ("rss20", True)
    urls = {row["url"] for row in newswire.truth()}
    assert report["entries"]
    assert {entry["url"] for entry in report["entries"]} <= urls
    assert settings().fetch_interval_min <= report["interval_s"] <= settings().fetch_interval_max
    with transaction() as session:
        assert session.scalar(text("SELECT count(*) FROM articles")) == 0


def test_every_broken_outlet_is_a_sentence_or_a_feed(newswire: RunningPress):
    for outlet in newswire.outlets:
        if outlet.trouble is None:
            continue
        report = check(newswire.feed_url(outlet.slug))
        assert report["format"] or report["problems"], outlet.slug
        assert all(isinstance(problem, str) and problem for problem in report["problems"])


def test_a_page_that_is_no_feed_is_told_so(newswire: RunningPress):
    report = check(newswire.url + "/truth.json")
    assert report["format"] is None
    assert report["problems"][0].endswith(".")


def test_an_answer_other_than_success_is_told_with_its_status(newswire: RunningPress):
    url = newswire.url + "/no-such-page"
    assert check(url)["problems"] == [f"{url} answers 404."]


def test_an_address_that_may_not_be_reached_is_refused(service, newswire: RunningPress):
    service.delenv("DATELINE_FETCH_ALLOW")
    settings.cache_clear()
    report = check(newswire.feed_url("steppe-courier"))
    assert report["format"] is None
    assert len(report["problems"]) == 1

import gzip
import io
import json

import feedparser
import pytest

from newswire.model import Format, Validators
from newswire.outlets import OUTLETS

XML = [outlet for outlet in OUTLETS if outlet.format is not Format.JSON]
JSON = [outlet for outlet in OUTLETS if outlet.format is Format.JSON]


def read(client, url):
    answer = client.get(url)
    return feedparser.parse(
        io.BytesIO(answer.body),
        response_headers={name.lower(): value for name, value in answer.headers.items()},
    )


@pytest.mark.parametrize("outlet", XML, ids=lambda outlet: outlet.slug)
def test_a_feed_parses_to_the_lines_it_shows_and_says_what_the_truth_says(press, client, outlet):
    parsed = read(client, press.feed_url(outlet.slug))
    listed = sorted(row["title"] for row in press.truth() if outlet.slug in row["listed_by"])

    assert not parsed.bozo, parsed.get("bozo_exception")
    assert parsed.feed.title == outlet.name
    assert len(parsed.entries) == press.stats()[outlet.slug]["lines"] == len(listed)
    assert sorted(entry.title.split(" - ")[0] for entry in parsed.entries) == listed


@pytest.mark.parametrize("outlet", JSON, ids=lambda outlet: outlet.slug)
def test_a_json_feed_says_what_the_truth_says(press, client, outlet):
    feed = json.loads(client.get(press.feed_url(outlet.slug)).body)
    listed = {row["title"]: row["url"] for row in press.truth() if outlet.slug in row["listed_by"]}

    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert {item["title"]: item["url"] for item in feed["items"]} == listed


def test_every_working_outlet_has_a_window_worth_reading(press):
    assert all(press.stats()[outlet.slug]["lines"] >= 15 for outlet in OUTLETS)


def test_formats_charsets_and_validators_are_all_in_the_cast():
    assert {outlet.format for outlet in OUTLETS} == set(Format)
    assert {outlet.validators for outlet in OUTLETS} == set(Validators)
    assert {"windows-1251", "utf-8"} <= {outlet.charset for outlet in OUTLETS}
    assert {"en", "ru", "kk", "fr", "es", "ar", "tr", "zh"} == {outlet.language for outlet in OUTLETS}


@pytest.mark.parametrize("outlet", OUTLETS, ids=lambda outlet: outlet.slug)
def test_a_conditional_request_is_answered_as_the_outlets_validators_allow(press, client, outlet):
    url = press.feed_url(outlet.slug)
    first = client.get(url)
    given = {"ETag": "If_None_Match", "Last-Modified": "If_Modified_Since"}
    served = {name for name in given if name in first.headers}
    expected = {
        Validators.BOTH: {"ETag", "Last-Modified"},
        Validators.ETAG: {"ETag"},
        Validators.LAST_MODIFIED: {"Last-Modified"},
        Validators.NONE: set(),
    }[outlet.validators]

    assert served == expected
    assert [304] * len(served) == [
        client.get(url, **{given[name]: first.headers[name]}).status for name in served
    ]
    assert client.get(url, If_None_Match='"another"').status == 200


def test_two_changes_within_one_second_both_pass_a_date_validator(client, press):
    slug = "pamir-observer"
    press.publish(slug)
    first = client.get(press.feed_url(slug)).headers["Last-Modified"]
    press.publish(slug)

    assert client.get(press.feed_url(slug), If_Modified_Since=first).status == 200


def test_gzip_is_sent_when_asked_and_its_validator_is_known_again(press, client):
    url = press.feed_url("silk-meridian")
    packed = client.get(url, Accept_Encoding="gzip")

    assert packed.headers["Content-Encoding"] == "gzip"
    assert client.get(url).body == gzip.decompress(packed.body)
    assert client.get(url, Accept_Encoding="gzip", If_None_Match=packed.headers["ETag"]).status == 304


def test_every_article_opens_under_every_link_that_a_feed_gives_it(press, client):
    for row in press.truth():
        if row["listed_by"] and len(row["links"]) > 1:
            for link in row["links"]:
                answer = client.get(link.partition("#")[0])
                assert answer.status == 200, link
                assert f'<link rel="canonical" href="{row["url"]}"'.encode() in answer.body


def test_pages_pictures_and_wrong_addresses(press, client):
    row = next(row for row in press.truth() if row["outlet"] == "volga-telegraf")
    base = press.feed_url("volga-telegraf").removesuffix("/feed.xml")

    assert row["title"] in client.get(row["url"]).body.decode()
    assert press.feed_url("volga-telegraf").encode() in client.get(f"{base}/").body
    assert client.get(f"{base}/picture/{row['id']}.svg").headers["Content-Type"].startswith("image/svg+xml")
    assert client.get(f"{base}/news/nothing-here").status == 404
    assert client.get(f"{press.url}/o/nobody/feed.xml").status == 404

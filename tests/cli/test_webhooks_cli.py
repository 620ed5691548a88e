"""`dateline webhooks add`: what cannot be sent is refused before it is stored, as HTTP refuses it."""

import json

import pytest

from services.core import webhooks
from services.core.db import transaction
from tests.fixtures.receiver import receiving


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--region", "centralasia"), "Did you mean central-asia"),
        (("--topic", "econmy"), "Did you mean economy"),
        (("--region", "zzzzzz"), "/v1/regions lists them"),
        (("--source", "nobody.example"), "there is no source 'nobody.example'"),
        (("--language", "english!"), "no BCP 47 tag"),
        (("-q", "!!"), "there is no word"),
    ],
)
def test_a_stream_that_is_none_is_refused_with_what_may_be_meant(desk, run, words, says):
    refused = run("webhooks", "add", "bad", "https://example.org/hook", *words)
    assert (refused.code, refused.out) == (1, "")
    assert says in refused.err
    with transaction() as session:
        assert webhooks.listing(session) == []


def test_an_address_that_will_never_be_asked_is_refused(run):
    refused = run("webhooks", "add", "bad", "http://10.1.2.3/")
    assert (refused.code, refused.out) == (1, "")
    assert "10.1.2.3 is not asked" in refused.err
    assert "DATELINE_FETCH_ALLOW" in refused.err
    assert run("webhooks", "add", "good", "http://127.0.0.1:9000/").code == 0, "as it is allowed"


def test_a_stream_is_kept_in_one_spelling(desk, run):
    assert run("webhooks", "add", "good", "https://example.org/", "--region", "Europe", "--json").code == 0
    (told,) = json.loads(run("webhooks", "list", "--json").out)
    assert told["filters"]["regions"] == ["europe"]


def test_an_address_is_tried_out_from_the_terminal(desk, run):
    with receiving() as address:
        secret = json.loads(run("webhooks", "add", "newsroom", address.url, "--json").out)["secret"]
        address.statuses = [200, 500]
        taken, failed = run("webhooks", "ping", "newsroom"), run("webhooks", "ping", "1", "--json")
    assert taken.code == 0
    assert f"{address.url}: It was taken (200)." in taken.out
    said = json.loads(failed.out)
    assert (failed.code, said["status"], said["sentence"]) == (1, 500, "It answers with 500.")
    assert [came.body["type"] for came in address.came] == ["ping", "ping"]
    assert all(came.signed_by(secret) for came in address.came)
    assert json.loads(run("webhooks", "show", "newsroom", "--json").out)["attempts"] == []


def test_an_address_that_nobody_listens_at_is_told_in_a_sentence(desk, run):
    with receiving() as address:
        run("webhooks", "add", "newsroom", address.url)
    told = run("webhooks", "ping", "newsroom")
    assert (told.code, "127.0.0.1 refuses the connection." in told.out) == (1, True)

"""Schema, rules and feeds are brought up to date apart: what is refused comes back as it was said, and nothing stays."""

import os
import subprocess
import sys

import pytest
from sqlalchemy import text

from services.core.db import transaction
from services.core.errors import DatelineError
from services.core.models import Feed, Rulebook
from services.embedded.apart import Preparing
from tests.fixtures.roles import eventually

LIST = '<opml version="2.0"><body><outline type="rss" xmlUrl="{}"/></body></opml>'


def prepared(env, **lists):
    with Preparing(env, feeds=lists.get("feeds"), at_first=lists.get("at_first")) as preparing:
        eventually(preparing.done, what="the end of it")
        return preparing.result()


@pytest.fixture
def env(service):
    return dict(os.environ)


def urls():
    with transaction() as session:
        return {feed.url for feed in session.query(Feed)}


def test_rules_and_the_list_are_there_and_what_was_left_out_is_told(env, tmp_path):
    feeds = tmp_path / "list.opml"
    feeds.write_text(
        LIST.format("https://one.example/feed").replace(
            "</body>", '<outline type="rss" xmlUrl="ftp://no"/></body>'
        )
    )
    left_out = prepared(env, at_first=feeds)
    assert urls() == {"https://one.example/feed"}
    assert len(left_out) == 1
    assert "ftp://no" in left_out[0]
    with transaction() as session:
        assert session.query(Rulebook).filter(Rulebook.active).count() == 1
    more = tmp_path / "more.opml"
    more.write_text(LIST.format("https://two.example/feed"))
    assert prepared(env, feeds=more, at_first=feeds) == []
    assert urls() == {"https://one.example/feed", "https://two.example/feed"}


def test_a_list_that_is_none_is_refused_in_its_sentence(env, tmp_path):
    feeds = tmp_path / "list.opml"
    feeds.write_text("<html>")
    with pytest.raises(DatelineError, match=r"list\.opml"):
        prepared(env, feeds=feeds)
    assert urls() == set()


def test_a_database_that_is_newer_than_this_code_is_refused_in_its_sentence(env):
    with transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '2999_of_tomorrow'"))
    with pytest.raises(DatelineError, match="2999_of_tomorrow"):
        prepared(env)


def test_an_end_without_a_word_is_told_with_its_code(env):
    with Preparing(env, feeds=None, at_first=None) as preparing:
        preparing._process.kill()
        with pytest.raises(DatelineError, match="exit code -9"):
            preparing.result()


def test_who_stops_meanwhile_leaves_nothing_running(env):
    with Preparing(env, feeds=None, at_first=None) as preparing:
        process = preparing._process
    assert process.returncode is not None


def test_the_supervisor_reads_no_rules_and_no_models():
    """It lives as long as all of them, and is for little."""
    code = "import sys, services.embedded.up; print([n for n in sys.modules if n.startswith(('services.classify', 'services.ingest', 'sqlalchemy', 'celery'))])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"

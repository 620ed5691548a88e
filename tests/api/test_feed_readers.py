"""Programs that people read feeds with, against a running API: each item once, still once after updates."""

import importlib
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.awkward import awkward
from tests.fixtures.environment import forget_connections
from tests.fixtures.furniture import NEWS, furnish

ROWS = "SELECT feedurl, guid, title, url, unread FROM rss_item WHERE deleted = 0"


@dataclass
class Newsboat:
    """A newsboat with a home of its own, run without a screen."""

    home: Path

    def follow(self, *urls: str) -> None:
        """Subscribe to these feeds and no others."""
        (self.home / "urls").write_text("".join(f"{url}\n" for url in urls))

    def run(self, *arguments: str) -> str:
        """One call; what it said, which is nothing when all went well."""
        command = ["newsboat", "-C", "config", "-u", "urls", "-c", "cache.db", *arguments]
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.home), "TERM": "dumb", "LANG": "C.UTF-8"}
        done = subprocess.run(
            command, cwd=self.home, env=environment, capture_output=True, timeout=120, check=True
        )
        return (done.stdout + done.stderr).decode()

    def items(self) -> list[tuple[Any, ...]]:
        """Feed, guid, title, address and whether unread, of all that it holds."""
        with closing(sqlite3.connect(self.home / "cache.db")) as cache:
            return cache.execute(ROWS).fetchall()

    def read_all(self) -> None:
        """As if a person had read everything."""
        with closing(sqlite3.connect(self.home / "cache.db")) as cache:
            cache.execute("UPDATE rss_item SET unread = 0")
            cache.commit()


@pytest.fixture
def newsboat(tmp_path: Path) -> Newsboat:
    """An empty one; the test is skipped where there is none on this machine."""
    if shutil.which("newsboat") is None:
        pytest.skip("newsboat is not installed; on Debian: apt install newsboat")
    home = tmp_path / "newsboat"
    home.mkdir()
    (home / "config").write_text("refresh-on-startup no\n")
    return Newsboat(home)


@pytest.mark.parametrize("ending", ["atom", "rss"])
def test_newsboat_has_each_item_once_also_after_updates_and_a_move(site, desk, service, newsboat, ending):
    furnish(desk)
    # Of an item that stands in several feeds newsboat keeps one: where it saw it last.
    newsboat.follow(f"{site.url}/feeds/central-asia.{ending}", f"{site.url}/feeds/latest.{ending}?limit=200")
    newsboat.run("-x", "reload")
    first = newsboat.items()
    expected = {item["title"]: item["url"] for item in site.json("/v1/latest?limit=200")["items"]}
    assert {title: url for _, _, title, url, _ in first} == expected
    assert len(first) == len(NEWS)

    newsboat.read_all()
    newest = site.json("/v1/latest?limit=1")["items"][0]["id"]
    desk.edit(newest, title="Corrected by its publisher")
    desk.article("Came between two looks", age=-desk.now.resolution)
    service.setenv("DATELINE_PUBLIC_URL", "https://news.example")
    forget_connections()
    newsboat.run("-x", "reload")
    again = newsboat.items()
    assert {guid for _, guid, *_ in first} < {guid for _, guid, *_ in again}
    assert len(again) == len(first) + 1
    assert [title for *_, title, _, unread in again if unread] == ["Came between two looks"]
    corrected = {guid for _, guid, title, *_ in again if title == "Corrected by its publisher"}
    assert len(corrected) == 1
    assert corrected <= {guid for _, guid, *_ in first}


@pytest.mark.parametrize("ending", ["atom", "rss"])
def test_newsboat_takes_what_publishers_write(site, desk, newsboat, ending):
    ids = awkward(desk)
    newsboat.follow(f"{site.url}/feeds/latest.{ending}")
    newsboat.run("-x", "reload")
    titles = [title for *_, title, _, _ in newsboat.items()]
    assert len(titles) == len(ids)
    assert any(title.startswith("Emoji 👩") for title in titles)


def test_newsboat_imports_the_list_and_reads_what_it_names(site, desk, newsboat):
    furnish(desk)
    (newsboat.home / "list.opml").write_bytes(site.get("/feeds/index.opml").body)
    newsboat.follow()
    newsboat.run("-i", "list.opml")
    lines = (newsboat.home / "urls").read_text().splitlines()
    assert f'{site.url}/feeds/central-asia.atom "Asia"' in lines
    assert f'{site.url}/feeds/latest/energy.atom "Topics"' in lines
    assert len(lines) == site.get("/feeds/index.opml").text.count("xmlUrl")


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Any]:
    """The reader of that name, with an empty store; the test is skipped where it is not installed whole (3.26 does not say that it
    needs sgmllib3k, which is why it is not among the dependencies of tests).
    """
    for name in ("reader", "sgmllib"):
        pytest.importorskip(name, reason="reader is not installed; with pip: pip install reader sgmllib3k")
    made = importlib.import_module("reader").make_reader(str(tmp_path / "reader.sqlite"))
    with closing(made):
        yield made


@pytest.mark.parametrize("ending", ["atom", "rss", "json"])
def test_reader_has_each_item_once_also_after_updates_and_a_move(site, desk, service, reader, ending):
    furnish(desk)
    feed = f"{site.url}/feeds/latest.{ending}?limit=200"
    reader.add_feed(feed)
    assert reader.update_feed(feed).new == len(NEWS)
    expected = {item["title"]: item["url"] for item in site.json("/v1/latest?limit=200")["items"]}
    assert {entry.title: entry.link for entry in reader.get_entries()} == expected
    assert reader.get_feed(feed).title == "Dateline: Latest"

    assert reader.update_feed(feed) is None  # a 304
    desk.edit(site.json("/v1/latest?limit=1")["items"][0]["id"], title="Corrected by its publisher")
    desk.article("Came between two looks", age=-desk.now.resolution)
    service.setenv("DATELINE_PUBLIC_URL", "https://news.example")
    forget_connections()
    found = reader.update_feed(feed)
    assert (found.new, found.modified) == (1, 1)
    titles = [entry.title for entry in reader.get_entries()]
    assert len(titles) == len(NEWS) + 1
    assert {"Corrected by its publisher", "Came between two looks"} <= {*titles}


@pytest.mark.parametrize("ending", ["atom", "rss", "json"])
def test_reader_takes_what_publishers_write(site, desk, reader, ending):
    ids = awkward(desk)
    feed = f"{site.url}/feeds/latest.{ending}"
    reader.add_feed(feed)
    reader.update_feed(feed)
    assert len(list(reader.get_entries())) == len(ids)


def test_reader_reads_everything_the_list_names(site, desk, reader):
    furnish(desk)
    for node in site.get("/feeds/index.opml").text.split('xmlUrl="')[1:]:
        reader.add_feed(unescape(node.partition('"')[0]))
    reader.update_feeds(workers=2)
    feeds = list(reader.get_feeds())
    assert len(feeds) > 10
    assert [feed.url for feed in feeds if feed.last_exception or feed.last_updated is None] == []

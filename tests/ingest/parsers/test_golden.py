"""Every pair in tests/data/feeds: a document as published, and what becomes of it, parsed and cleaned.

To add a pair: put `<name>.xml` or `<name>.json` there, run this file with `GOLDEN_WRITE=1` in the
environment, read what was written, and keep it only if it is right.
"""

import dataclasses
import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.ingest.clean import Skipped, clean_entry
from services.ingest.parsers import NotAFeedError, parse

FOLDER = Path(__file__).parents[2] / "data" / "feeds"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DOCUMENTS = sorted(
    path
    for path in FOLDER.iterdir()
    if path.suffix in {".xml", ".json"} and not path.name.endswith(".expected.json")
)


def outcome(path):
    """What reading the document comes to, as JSON holds it."""
    try:
        feed = parse(path.read_bytes(), content_type=None, url=f"https://feeds.example/{path.stem}/feed")
    except NotAFeedError as error:
        return {"refused": error.kind, "because": str(error)}
    entries = [clean_entry(raw, feed_language=feed.language, now=NOW) for raw in feed.entries]
    return {
        "feed": {k: v for k, v in plain(feed).items() if k != "entries" and v not in (None, [], "")},
        "entries": [
            {"skipped": entry.reason} if isinstance(entry, Skipped) else plain(entry) for entry in entries
        ],
    }


def plain(record):
    """A record as JSON holds it, without what is computed from the rest for the sake of storing."""
    fields = json.loads(json.dumps(dataclasses.asdict(record), default=str))
    fields.pop("fingerprint", None)
    return fields


def expectation(path):
    return path.with_name(path.stem + ".expected.json")


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_a_document_comes_to_what_its_pair_says(path):
    got = outcome(path)
    if os.environ.get("GOLDEN_WRITE"):
        expectation(path).write_text(json.dumps(got, ensure_ascii=False, indent=1) + "\n")
    assert json.loads(expectation(path).read_text()) == got


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_reading_twice_gives_the_same(path):
    assert outcome(path) == outcome(path)


def test_every_expectation_has_its_document():
    assert {expectation(path) for path in DOCUMENTS} == set(FOLDER.glob("*.expected.json"))

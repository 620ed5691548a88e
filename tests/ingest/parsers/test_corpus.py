"""The public corpora of five other parsers: every file that a reader of feeds should read is read.

Development data only; where it is absent this file says so and does nothing.
"""

import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.ingest.clean import Skipped, clean_entry
from services.ingest.parsers import NotAFeedError, parse

FOLDER = Path(__file__).parents[4] / "shared" / "data" / "feeds"
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
READ_SHARE = 0.995
"""Of the files that feedparser gives entries or a version for, or that are JSON Feeds."""

KNOWN = 4
"""Files with fewer entries than feedparser finds: three with the same entry twice, one with more than 500."""

pytestmark = pytest.mark.skipif(
    not FOLDER.exists(), reason="the development data (../shared/data) is not on this machine"
)


def test_the_corpora_are_read_as_the_reference_reads_them(capsys):
    rows = [json.loads(line) for line in (FOLDER / "MANIFEST.jsonl").read_text().splitlines()]
    counts, fewer = Counter(), []
    for row in rows:
        readable = bool(row["fp_version"] or row["fp_entries"]) or row["format"] == "jsonfeed"
        counts["files"] += 1
        counts["readable"] += readable
        try:
            feed = parse((FOLDER / row["file"]).read_bytes(), content_type=None, url="https://n.example/feed")
        except NotAFeedError as refused:
            counts[f"refused: {refused.kind}"] += 1
            continue
        counts["read"] += 1
        counts["readable and read"] += readable
        entries = [clean_entry(raw, feed_language=feed.language, now=NOW) for raw in feed.entries]
        counts["entries"] += len(entries)
        counts["entries of the reference"] += row["fp_entries"]
        counts["entries without title and text"] += sum(isinstance(entry, Skipped) for entry in entries)
        counts["dated"] += sum(raw.published_at is not None for raw in feed.entries)
        counts["dated by the reference"] += row["fp_dated"]
        counts["read loosely"] += any("loosely" in problem for problem in feed.problems)
        if len(feed.entries) < row["fp_entries"]:
            fewer.append(row["file"])
    with capsys.disabled():
        print("\n" + "\n".join(f"{count:7,}  {name}" for name, count in counts.items()))
    assert counts["readable and read"] >= READ_SHARE * counts["readable"]
    assert len(fewer) <= KNOWN, fewer

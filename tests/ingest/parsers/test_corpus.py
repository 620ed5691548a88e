"""The public corpora of five other parsers: every file that a reader of feeds should read is read.

Development data only; where it is absent this file says so and does nothing.
"""

import io
import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import feedparser
import pytest

from services.ingest.clean import Skipped, clean_entry
from services.ingest.parsers import NotAFeedError, parse
from tests.ingest.parsers.expectations import expectations, looked_up, ours, reason

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


def reference(body):
    """feedparser's own result, as its tests take it but for the cleaning, which is not its business here."""
    return feedparser.parse(
        io.BytesIO(body),
        response_headers={"content-type": "application/xml"},
        resolve_relative_uris=False,
        sanitize_html=False,
    )


def verdict(feed, result, expected):
    """How one expectation fares: `equal`, `differs`, or why it is not ours to meet."""
    try:
        if looked_up(result, expected.path) != expected.value:
            return "not met by feedparser itself"
    except (LookupError, TypeError):
        return "not met by feedparser itself"
    pair = ours(feed, expected.path, expected.value, url=URL)
    if pair is None:
        return "no field of ours"
    return "equal" if pair[0] == pair[1] else "differs"


URL = "https://n.example/feed"
MET_SHARE = 0.97
"""Of the expectations that feedparser meets and that we have a field for."""


def test_the_expectations_that_the_files_carry_are_met(capsys):
    fields, totals, differing = Counter(), Counter(), []
    for path in sorted((FOLDER / "feedparser").rglob("*.xml")):
        body = path.read_bytes()
        expected = expectations(body)
        if not expected:
            continue
        try:
            feed = parse(body, content_type=None, url=URL)
        except NotAFeedError:
            totals["of refused files"] += len(expected)
            continue
        result = reference(body)
        for one in expected:
            found = verdict(feed, result, one)
            totals[found] += 1
            if found in {"equal", "differs"}:
                fields[".".join(str(step) for step in one.path if not isinstance(step, int)), found] += 1
            if found == "differs":
                differing.append((path.name, one, ours(feed, one.path, one.value, url=URL)))
    with capsys.disabled():
        print("\n" + "\n".join(f"{count:7,}  {name}" for name, count in totals.most_common()))
        for name in sorted({name for name, _ in fields}):
            print(f"{fields[name, 'equal']:7,} equal {fields[name, 'differs']:5,} differ  {name}")
        for why, count in Counter(reason(pair) for _, _, pair in differing).items():
            print(f"{count:7,} differ because of {why}")
        for name, one, pair in differing:
            print(f"  {name}: {one.path} {pair!s:.150}")
    assert totals["equal"] >= 450
    assert totals["equal"] >= MET_SHARE * (totals["equal"] + totals["differs"])

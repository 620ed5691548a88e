"""Real and made feed files of five projects: no two articles are taken for one."""

import json
import warnings
from collections import Counter
from datetime import UTC, datetime

import pytest

from services.classify.duplicates import Text, prepare, same_text
from services.classify.duplicates.grouping import copies
from services.core.urls import host_of
from services.ingest.clean import Skipped, clean_entry
from services.ingest.dedupe import normal_form
from services.ingest.parsers import NotAFeedError, parse
from tests.bench.planted import DATA

FEEDS = DATA / "feeds"
NOW = datetime(2026, 11, 28, tzinfo=UTC)


def entries():
    for row in map(json.loads, (FEEDS / "MANIFEST.jsonl").read_text().splitlines()):
        path = FEEDS / row["file"]
        if not path.exists():
            continue
        try:
            feed = parse(path.read_bytes(), content_type=None, url=f"https://feed.example/{path.name}")
        except NotAFeedError:
            continue
        for raw in feed.entries:
            entry = clean_entry(raw, feed_language=feed.language, now=NOW)
            if not isinstance(entry, Skipped):
                yield entry


@pytest.mark.skipif(not FEEDS.exists(), reason="the development data (../shared/data) is not on this machine")
def test_what_is_called_a_copy_is_word_for_word_the_same_or_at_the_same_address():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        known = list(entries())
    texts = [
        (prepare(Text(entry.title, entry.text, source=host_of(entry.url))), entry.published_at)
        for entry in known
    ]
    counts, wrong = Counter(), []
    for one, other in copies(texts):
        a, b = known[one], known[other]
        exact = (normal_form(a.title), normal_form(a.text)) == (normal_form(b.title), normal_form(b.text))
        counts["the same address" if a.url_key == b.url_key else "word for word" if exact else "neither"] += 1
        if not exact and a.url_key != b.url_key:
            judged = same_text(texts[one][0], texts[other][0]).sentence()
            wrong.append(f"{a.url} {a.title} / {b.url} {b.title}: {judged}")
    print(f"{len(known)} entries: {dict(counts)}")
    assert wrong == []

"""The figure of coming back after a death is of a memory that is whole."""

from datetime import timedelta

import pytest

from services.classify.storykeeping import keep
from tests.bench import back
from tests.bench.figures import BenchError
from tests.classify.stories.test_stories import NOON, document

STREAM = [
    (document(n, f"Report {n} of the harbour", f"The mayor of town{n % 7} opened harbour {n}."), NOON + timedelta(minutes=n))
    for n in range(50)
]  # fmt: skip


def test_processes_that_come_back_have_every_article_in_mind():
    found = back.measure(STREAM, 20)
    assert found.articles == 50
    assert len(found.spent) == len(found.again) == 3
    assert all(0 < code < spent for code, spent in zip(found.code, found.spent, strict=True))
    assert found.decided > 0


def test_one_that_lacks_articles_is_no_figure(monkeypatch):
    pack = keep.pack
    monkeypatch.setattr(keep, "pack", lambda done: pack(done[:5] if isinstance(done, list) else done))
    with pytest.raises(BenchError, match="35 articles came back, not 50"):
        back.measure(STREAM, 20)

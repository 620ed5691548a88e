"""Checks the work of ingest: was each feed asked as it should be, and is every entry stored that a feed has shown?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from services.core.urls import canonical_url
from tests.bench.stage import Stage


@dataclass(slots=True)
class Work:
    """What one of those who fetch `urls` has to have done by now; of ours or of a yardstick.

    `entries`: entries of all feeds that were ever to be seen, each counted once a feed. `articles`: the canonical addresses behind them.
    """

    stage: Stage
    urls: Sequence[str]
    entries: int = 0
    articles: set[str] = field(default_factory=set)
    _requests: tuple[int, int] = (0, 0)
    _rows: dict[str, int] = field(default_factory=dict)

    def begin(self) -> None:
        """Before a step: remember what was counted so far."""
        self._requests, self._rows = self.stage.requests(), self.stage.database.rows()

    def asked(self, step: str) -> Iterator[str]:
        """A sentence where the press did not count one request a feed and the answers 304 that the step is about."""
        requests, not_modified = (
            now - then for now, then in zip(self.stage.requests(), self._requests, strict=True)
        )
        count = len(self.urls)
        fit = {"warm": not_modified == count, "changed": 0 < not_modified < count}.get(
            step, not_modified == 0
        )
        if requests != count or not fit:
            yield f"the press counted {requests} requests and {not_modified} answers 304 of {count} feeds"

    def stored(self, step: str, fresh: int) -> Iterator[str]:
        """A sentence for each way in which our database does not hold what the feeds have shown."""
        self._expect(step, fresh)
        rows = self.stage.database.rows()
        if rows["sightings"] != self.entries:
            yield f"{rows['sightings']} entries are stored where {self.entries} were published"
        if step not in {"cold", "changed"}:
            if rows != self._rows:
                yield f"rows became {rows} from {self._rows} although nothing was new"
            return
        found = self.stage.database.articles()
        kept = {canonical_url(url) for url in found}
        if missing := sorted(self.articles - kept):
            yield f"{len(missing)} of {len(self.articles)} articles are missing, such as {missing[0]}"
        if extra := sorted(kept - self.articles):
            yield f"{len(extra)} articles that no feed shows, such as {extra[0]}"
        if len(found) != len(kept):
            yield f"{len(found)} articles are stored where {len(kept)} addresses are"

    def kept(self, step: str, fresh: int, entries: int) -> Iterator[str]:
        """A sentence where a yardstick holds another number of entries than the feeds have shown."""
        self._expect(step, fresh)
        if entries != self.entries:
            yield f"it holds {entries} entries where {self.entries} were published"

    def _expect(self, step: str, fresh: int) -> None:
        if step == "changed":
            self.entries += fresh
        if step not in {"cold", "changed"}:
            return
        slugs = self.stage.slugs()
        mine = {slugs[url] for url in self.urls}
        lines = 0
        for row in self.stage.ask_press("/truth.json"):
            if shown := len(mine.intersection(row["listed_by"])):
                lines += shown
                self.articles.add(canonical_url(row["url"]))
        if step == "cold":
            self.entries = lines

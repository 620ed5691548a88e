"""Listed articles as the editor's tools read them: the newest first, a page at a time, verdicts unread until asked for."""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson
from sqlalchemy import RowMapping, text
from sqlalchemy.orm import Session

from services.classify.labelling.stored import correction_of, document_of
from services.classify.rules import StoredArticle

PAGE = 1000

# The verdict comes as text: most are never looked into, and reading ten thousand of them takes longer than all the rest.
_PAGE = text(
    """
    SELECT a.id, a.sort_at, a.title, a.text, a.language, a.tags, a.url, s.country, f.region_hint, s.key AS source,
           nullif(a.verdict, CAST('null' AS jsonb))::text AS verdict,
           (SELECT to_jsonb(c) FROM corrections c WHERE c.article_id = a.id AND c.withdrawn_at IS NULL) AS correction
    FROM (SELECT id, sort_at FROM articles
          WHERE listed AND (CAST(:sort AS timestamptz) IS NULL OR (sort_at, id) < (:sort, :id))
          ORDER BY sort_at DESC, id DESC LIMIT :n) AS page
    JOIN articles a USING (id) JOIN sources s ON s.id = a.source_id LEFT JOIN feeds f ON f.id = a.feed_id
    ORDER BY a.sort_at DESC, a.id DESC
    """
)


class Unread(Mapping[str, Any]):
    """A verdict as it is stored, read when somebody looks into it."""

    def __init__(self, stored: str) -> None:
        self._stored = stored
        self._read: dict[str, Any] | None = None

    def _found(self) -> dict[str, Any]:
        if self._read is None:
            self._read = orjson.loads(self._stored)
        return self._read

    def __getitem__(self, key: str) -> Any:
        return self._found()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._found())

    def __len__(self) -> int:
        return len(self._found())


def newest(session: Session, *, limit: int) -> Iterator[StoredArticle]:
    """The newest `limit` listed articles, each with its verdict and its correction, if any."""
    sort, number, left = None, None, limit
    while left > 0:
        rows = session.execute(_PAGE, {"sort": sort, "id": number, "n": min(PAGE, left)}).mappings().all()
        if not rows:
            return
        yield from map(_article, rows)
        sort, number, left = rows[-1]["sort_at"], rows[-1]["id"], left - len(rows)


def _article(row: RowMapping) -> StoredArticle:
    return StoredArticle(
        id=row["id"],
        document=document_of(row),
        known=Unread(row["verdict"]) if row["verdict"] else None,
        correction=correction_of(row["correction"]),
        at=row["sort_at"],
        source=row["source"],
    )

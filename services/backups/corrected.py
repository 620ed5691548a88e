"""Corrections from one installation to another: lines that name articles by their addresses, and said or kept again from them."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row as Found
from sqlalchemy import text
from sqlalchemy.orm import Session

from services.backups.said import KINDS, TEXTS, Row
from services.core.corrections import Judgement, correct, keep, let_go, of_article

# An article's own address may have changed since it was corrected; of one that is not here nothing else is known.
_STANDING = text(
    """
    SELECT c.id, c.article_id, coalesce(a.url, c.document->>'section') AS url, c.document, c.regions, c.topics, c.places, c.note, c.author
    FROM corrections c LEFT JOIN articles a ON a.id = c.article_id WHERE c.withdrawn_at IS NULL AND coalesce(a.url, c.document->>'section') IS NOT NULL ORDER BY c.id
    """
)
_REMOVED = text("SELECT removed_why FROM articles WHERE id = :id")
LATER = "It is kept and measures the rules; import again when the feed has brought the article, and it holds."


def carried(session: Session) -> list[dict[str, Any]]:
    """All that stand, also of articles that are gone: each a labelled row, with its address, note and author."""
    rows = [_carried(row) for row in session.execute(_STANDING)]
    return sorted(rows, key=lambda row: (row["url"], json.dumps(row, ensure_ascii=False)))


class Taking:
    """Takes what `carried` gave. One for a whole list: it remembers what is kept here already."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._kept: dict[str, list[tuple[int, dict[str, Any]]]] = {}
        for row in session.execute(_STANDING):
            if row.article_id is None:  # of articles that have expired there may be several with one address
                self._kept.setdefault(row.url, []).append((row.id, _carried(row)))

    def take(self, row: Row, article_id: int | None) -> str:
        """Say it of an article (None: it is not here) in place of what is said of it here: `said`, `known`, or why it was kept.

        What is kept binds nothing; taken once more when the article is here, it holds. Raises what `correct` raises.
        """
        lists: dict[str, Any] = {k: None if row[k] is None else tuple(dict.fromkeys(row[k])) for k in KINDS}
        said = Judgement(**lists, note=row["note"])
        document = {name: row[name] for name in TEXTS if row[name] is not None} | {"section": row["url"]}
        if article_id is None:
            return self._keep(row, said, document, f"No article has the address {row['url']}.")
        stands = next((c for c in of_article(self._session, article_id) if c.withdrawn_at is None), None)
        if (
            stands
            and stands.note == row["note"]
            and all(_list(lists[k]) == getattr(stands, k) for k in KINDS)
        ):
            self._let_go(row["url"])  # an editor may have said by hand what was kept
            return "known"
        if why := self._session.scalar(_REMOVED, {"id": article_id}):
            return self._keep(row, said, document, f"Its article was removed here. {why}")
        judged = document if row["body"] is not None else None  # of before texts were carried: that of today
        correct(self._session, article_id, said, author=row["author"], document=judged)
        self._let_go(row["url"])
        return "said"

    def _keep(self, row: Row, said: Judgement, document: Mapping[str, Any], why: str) -> str:
        line = _line(row["url"], document, row | {kind: _list(getattr(said, kind)) for kind in KINDS})
        number = next((number for number, kept in self._kept.get(row["url"], ()) if kept == line), None)
        known = number is not None
        if number is None:
            number = keep(self._session, said, document, author=row["author"])
        self._let_go(row["url"], but=number)
        self._kept[row["url"]] = [(number, line)]
        return "known" if known else f"{why} {LATER}"

    def _let_go(self, url: str, *, but: int | None = None) -> None:
        """One address, one correction: what was kept for it gives way."""
        for number, _ in self._kept.pop(url, ()):
            if number != but:
                let_go(self._session, number)


def _carried(row: Found[Any]) -> dict[str, Any]:
    return _line(row.url, row.document, dict(row._mapping))  # noqa: SLF001 - the public name of a row's dictionary


def _line(url: str, document: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    texts = {name: document[name] for name in TEXTS if name in document}
    return {"url": url, **texts, **{name: said[name] for name in (*KINDS, "note", "author")}}


def _list(said: tuple[str, ...] | None) -> list[str] | None:
    return None if said is None else list(said)

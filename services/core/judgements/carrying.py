"""Judgements from one installation to another: as plain data that names articles by their addresses, and stored again from it."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any, Literal

from sqlalchemy import ARRAY, BigInteger, Row, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from services.core.judgements.model import NOT_NEWS, Judged, ordered
from services.core.judgements.reading import standing_of
from services.core.judgements.refusing import refuse_author, refuse_nonsense
from services.core.judgements.saying import say
from services.core.models.copies import JUDGEMENTS

Became = Literal["said", "known", "kept"]
Side = Mapping[str, Any]
_DOCUMENTS = bindparam("documents", type_=JSONB)
_ROWS = text(
    """
    SELECT j.id, j.says, j.author, j.note, j.documents, a.url AS one_url, b.url AS other_url,
           j.one IS NULL OR (j.other IS NULL AND j.says <> 'not_news') AS gone
    FROM judgements j LEFT JOIN articles a ON a.id = j.one LEFT JOIN articles b ON b.id = j.other
    WHERE j.withdrawn_at IS NULL ORDER BY j.id
    """
)
_KEEP = text(
    "INSERT INTO judgements (says, author, note, documents, heard_at) VALUES (:says, :author, :note, :documents, now()) RETURNING id"
).bindparams(_DOCUMENTS)
# The texts that were judged are the example; those of today may be others.
_AS_JUDGED = text("UPDATE judgements SET documents = :documents WHERE id = :id").bindparams(_DOCUMENTS)
_OVER = text("UPDATE judgements SET withdrawn_at = now() WHERE id = ANY(:ids)").bindparams(
    bindparam("ids", type_=ARRAY(BigInteger))
)
_EXPIRED = text("SELECT EXISTS (SELECT FROM articles WHERE id = ANY(:ids) AND emptied)").bindparams(
    bindparam("ids", type_=ARRAY(BigInteger))
)


def carried(session: Session) -> list[dict[str, Any]]:
    """All that stands, also of articles that are gone: `says`, `author`, `note`, and `articles` with address and judged text.

    In the order in which it can be said again: what takes an article out comes last, or what joins it could not be said.
    """
    found = [_carried(row) for row in session.execute(_ROWS)]
    return sorted(found, key=lambda row: (JUDGEMENTS.index(row["says"]), _urls(row), _key(row)))


class Taking:
    """Takes what `carried` gave. One for a whole list: it remembers what is kept here already."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._kept: defaultdict[str, list[int]] = defaultdict(list)
        for row in session.execute(_ROWS):
            if row.gone:
                self._kept[_key(_carried(row))].append(row.id)

    def take(self, given: Mapping[str, Any], articles: Sequence[int | None]) -> Became:
        """Say it of `articles` (in its order, None: not here), in place of what is said of them here.

        Where an article is not here, or its text is gone, it is `kept`: it measures the machine and is carried on, yet binds nothing.
        Taken once more when the article is here, it holds. `known`: it stood already. Raises what `judgements.say` raises.
        """
        said = {name: given[name] for name in ("says", "author", "note")}
        kept = self._kept[_key(given)]
        numbers = [number for number in articles if number is not None]
        if len(numbers) == len(articles):
            one, other = numbers[0], None if said["says"] == NOT_NEWS else numbers[-1]
            stands = standing_of(self._session, (one, other) if other is None else ordered(one, other))
            if stands and all(getattr(stands, name) == value for name, value in said.items()):
                return "known"
            if not self._session.scalar(_EXPIRED, {"ids": numbers}):
                self._say(
                    one, other, said, [_text(*side) for side in zip(given["articles"], numbers, strict=True)]
                )
                self._session.execute(_OVER, {"ids": kept})
                kept.clear()
                return "said"
        if kept:
            return "known"
        kept.append(self._keep(said, [_text(side, _away(side)) for side in given["articles"]]))
        return "kept"

    def _say(self, one: int, other: int | None, said: Mapping[str, str], documents: list[Side]) -> Judged:
        judged, _ = say(self._session, one, other, said["says"], author=said["author"], note=said["note"])
        in_order = sorted(documents, key=lambda document: int(document["id"]))
        self._session.execute(_AS_JUDGED, {"id": judged.id, "documents": in_order})
        return judged

    def _keep(self, said: Mapping[str, str], documents: Sequence[Side]) -> int:
        refuse_nonsense(1, None if said["says"] == NOT_NEWS else 2, said["says"], said["note"])
        refuse_author(said["author"])
        return int(self._session.execute(_KEEP, {**said, "documents": documents}).scalar_one())


def _carried(row: Row[Any]) -> dict[str, Any]:
    urls = (row.one_url, row.other_url)
    sides = [_side(document, url) for document, url in zip(row.documents, urls, strict=False)]
    articles = sorted(sides, key=lambda side: (side["url"], json.dumps(side, sort_keys=True)))
    return {"says": row.says, "author": row.author, "note": row.note, "articles": articles}


def _side(document: Side, url: str | None) -> dict[str, Any]:
    """Without its number, which says nothing elsewhere; the address first."""
    rest = {name: document[name] for name in sorted(document) if name not in {"id", "url"}}
    return {"url": url or document["url"], **rest}


def _urls(given: Mapping[str, Any]) -> list[str]:
    return [side["url"] for side in given["articles"]]


def _key(given: Mapping[str, Any]) -> str:
    return json.dumps([given["articles"], given["author"], given["note"], given["says"]], sort_keys=True)


def _text(side: Side, number: int) -> dict[str, Any]:
    return {**side, "id": number}


def _away(side: Side) -> int:
    """A number that tells an article that is not here from others: below zero, the same for the same address."""
    return -int.from_bytes(sha256(str(side["url"]).encode()).digest()[:6], "big") - 1

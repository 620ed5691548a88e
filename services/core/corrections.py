"""What editors say the labels of articles are. It stands above the rules, and is what the rules are measured by.

A correction makes its article wait for labels: a classify worker applies it within a second, and followers are told what moved.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from difflib import get_close_matches
from typing import Any

from sqlalchemy import Row, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Session
from sqlalchemy.types import Text

from services.core.errors import InvalidInputError, NotFoundError
from services.core.events import ArticlesCorrected
from services.core.iso import CODES
from services.core.metrics.fleet import after_commit
from services.core.outbox import publish

LONGEST_NOTE = 1000
log = logging.getLogger(__name__)
_LISTS = ("regions", "topics", "places")

# The article's row is locked first, in every path, so that two editors who correct one article come one after the other.
_HOLD = text(
    """
    SELECT a.id, a.duplicate_of, a.removed_why, jsonb_strip_nulls(jsonb_build_object(
        'title', a.title, 'body', a.text, 'lang', a.language, 'tags', to_jsonb(a.tags), 'section', a.url,
        'source_country', s.country, 'prior_region', f.region_hint)) AS document
    FROM articles a JOIN sources s ON s.id = a.source_id LEFT JOIN feeds f ON f.id = a.feed_id
    WHERE a.id = :id FOR NO KEY UPDATE OF a
    """
)
_WITHDRAW = text(
    "UPDATE corrections SET withdrawn_at = now() WHERE article_id = :id AND withdrawn_at IS NULL RETURNING id"
)
_LET_GO = text(
    "UPDATE corrections SET withdrawn_at = now() WHERE id = :number AND article_id IS NULL AND withdrawn_at IS NULL RETURNING id"
)
_WITHDRAW_KEPT = text(
    "UPDATE corrections SET withdrawn_at = now()"
    " WHERE article_id IS NULL AND withdrawn_at IS NULL AND document->>'section' = :url RETURNING id"
)
_INSERT = text(
    """
    INSERT INTO corrections (article_id, regions, topics, places, note, author, document)
    VALUES (:id, :regions, :topics, :places, :note, :author, :document) RETURNING id
    """
).bindparams(
    bindparam("regions", type_=ARRAY(Text)),
    bindparam("topics", type_=ARRAY(Text)),
    bindparam("places", type_=ARRAY(Text)),
    bindparam("document", type_=JSONB),
)
# `attempts` starts anew: an article that was put aside is worth another try once a person has looked at it.
_WAIT = text(
    "UPDATE articles SET waiting_since = now(), lease_until = 'epoch', lease_token = NULL, attempts = 0, quarantined = NULL"
    " WHERE id = :id AND removed_at IS NULL"
)
_KNOWN = text(
    """
    SELECT l->>'kind' AS kind, l->>'slug' AS slug FROM rulebooks, jsonb_array_elements(labels) AS l WHERE active
    """
)
_COLUMNS = "id, article_id, regions, topics, places, note, author, document, created_at, withdrawn_at"
_STANDING = text(
    f"""
    SELECT {_COLUMNS} FROM corrections
    WHERE withdrawn_at IS NULL AND (CAST(:below AS bigint) IS NULL OR id < :below) ORDER BY id DESC LIMIT :n
    """  # noqa: S608 - column names of ours
)
_OF_ARTICLE = text(
    f"SELECT {_COLUMNS} FROM corrections WHERE article_id = :id ORDER BY id DESC"  # noqa: S608 - as above
)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What an editor says: lists replace a kind of label as a whole, None leaves it to the rules. First region: primary.

    `keeps`: kinds of which the correction that stands goes on to hold; what is said of them here does not count.
    """

    regions: tuple[str, ...] | None = None
    topics: tuple[str, ...] | None = None
    places: tuple[str, ...] | None = None
    note: str = ""
    keeps: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Standing:
    """A stored correction. `document` is the text that was judged, in the shape of a labelled row."""

    id: int
    article_id: int | None
    regions: list[str] | None
    topics: list[str] | None
    places: list[str] | None
    note: str
    author: str
    document: Mapping[str, Any]
    created_at: datetime
    withdrawn_at: datetime | None


def as_row(standing: Standing) -> dict[str, Any]:
    """A correction as a labelled row to measure rules by: the text that was judged, and what is right (None: not judged)."""
    return {**standing.document, **{kind: getattr(standing, kind) for kind in _LISTS}}


def correct(
    session: Session,
    article_id: int,
    judgement: Judgement,
    *,
    author: str,
    document: Mapping[str, Any] | None = None,
) -> int:
    """Store what an editor says of an article, in place of what was said of it before; the correction's number.

    `document`: the text that was judged, where that is not the article's of today.
    Raises NotFoundError for no such article, InvalidInputError for a label that the rulebook in force does not have,
    for a judgement that says nothing, for a removed article, and for a duplicate (its article is the one to correct).
    """
    _refuse_unknown(session, judgement)
    held = session.execute(_HOLD, {"id": article_id}).one_or_none()
    if held is None:
        raise NotFoundError(f"There is no article {article_id}.")
    if held.removed_why is not None:
        raise InvalidInputError(f"Article {article_id} was removed. {held.removed_why}")
    if held.duplicate_of is not None:
        raise InvalidInputError(
            f"Article {article_id} repeats article {held.duplicate_of} and is not shown: correct that one."
        )
    judgement = _with_kept(session, article_id, judgement)
    _refuse_nonsense(judgement)
    session.execute(_WITHDRAW, {"id": article_id})
    number = _store(session, article_id, judgement, document or held.document, author)
    _let_wait(session, article_id)
    said = {"article": article_id}
    after_commit(session, lambda: log.info("%s corrected article %d", author, article_id, extra=said))
    return number


def keep(session: Session, judgement: Judgement, document: Mapping[str, Any], *, author: str) -> int:
    """Store what an editor said of an article that is not here: the text that was judged measures the rules, and nothing is bound.

    Raises InvalidInputError as `correct` does, and for a text without words.
    """
    _refuse_unknown(session, judgement)
    _refuse_nonsense(judgement)
    if not document.get("title") and not document.get("body"):
        raise InvalidInputError("The text that was judged is not here, so there is nothing to keep.")
    return _store(session, None, judgement, document, author)


def let_go(session: Session, number: int) -> bool:
    """Withdraw one that was kept of an article that is not here; False where no such one stands."""
    stood = session.execute(_LET_GO, {"number": number}).one_or_none() is not None
    if stood:
        after_commit(
            session, lambda: log.info("correction %d, of an article that is not here, is withdrawn", number)
        )
    return stood


def _store(
    session: Session, article_id: int | None, judgement: Judgement, document: Mapping[str, Any], author: str
) -> int:
    return int(
        session.execute(
            _INSERT,
            {
                "id": article_id,
                **{name: _list(getattr(judgement, name)) for name in _LISTS},
                "note": judgement.note,
                "author": author,
                "document": document,
            },
        ).scalar_one()
    )


def _with_kept(session: Session, article_id: int, judgement: Judgement) -> Judgement:
    """With what the standing correction says of the kinds that are to be kept."""
    stands = next((row for row in of_article(session, article_id) if row.withdrawn_at is None), None)
    if stands is None or not judgement.keeps:
        return judgement
    kept: dict[str, Any] = {kind: getattr(stands, kind) for kind in judgement.keeps}
    return replace(judgement, **kept, note=judgement.note or stands.note)


def withdraw(session: Session, article_id: int) -> bool:
    """Leave an article to the rules again; False when no correction stood. Raises NotFoundError for no such article."""
    if session.execute(_HOLD, {"id": article_id}).one_or_none() is None:
        raise NotFoundError(f"There is no article {article_id}.")
    stood = session.execute(_WITHDRAW, {"id": article_id}).one_or_none() is not None
    if stood:
        _let_wait(session, article_id)
        said = {"article": article_id}
        after_commit(
            session, lambda: log.info("the correction of article %d is withdrawn", article_id, extra=said)
        )
    return stood


def withdraw_kept(session: Session, url: str) -> int:
    """Withdraw what stands of articles that are not here and had this address, as it stands in `document`; how many those were."""
    count = len(session.execute(_WITHDRAW_KEPT, {"url": url}).all())
    if count:
        after_commit(session, lambda: log.info("what was said of %s, which is not here, is withdrawn", url))
    return count


def standing(session: Session, *, limit: int = 100, below: int | None = None) -> list[Standing]:
    """Corrections in force, the newest first; `below`: only those with a smaller number (for the next page)."""
    return [_standing(row) for row in session.execute(_STANDING, {"n": limit, "below": below})]


def of_article(session: Session, article_id: int) -> list[Standing]:
    """Every correction of an article, the newest first, withdrawn ones too."""
    return [_standing(row) for row in session.execute(_OF_ARTICLE, {"id": article_id})]


def _standing(row: Row[Any]) -> Standing:
    return Standing(**row._mapping)  # noqa: SLF001 - the public name of a row's dictionary


def _list(slugs: Sequence[str] | None) -> list[str] | None:
    return None if slugs is None else list(dict.fromkeys(slugs))


def _let_wait(session: Session, article_id: int) -> None:
    session.execute(_WAIT, {"id": article_id})
    publish(session, ArticlesCorrected())


def _refuse_nonsense(judgement: Judgement) -> None:
    if all(getattr(judgement, name) is None for name in _LISTS):
        raise InvalidInputError(
            "A correction says something of regions, topics or places; an empty list says: none."
        )
    if len(judgement.note) > LONGEST_NOTE:
        raise InvalidInputError(f"A note has at most {LONGEST_NOTE} characters.")
    if "\x00" in judgement.note:
        raise InvalidInputError("A note holds no NUL character.")
    for code in judgement.places or ():
        if code not in CODES:
            raise InvalidInputError(f"Places are ISO 3166 codes such as KZ; {code[:40]!r} is none.")


def _refuse_unknown(session: Session, judgement: Judgement) -> None:
    known = {(row.kind, row.slug) for row in session.execute(_KNOWN)}
    for kind, slugs in (("region", judgement.regions), ("topic", judgement.topics)):
        for slug in slugs or ():
            if (kind, slug) not in known:
                raise InvalidInputError(
                    _no_such(kind, slug, sorted(name for of, name in known if of == kind))
                )


def _no_such(kind: str, slug: str, names: list[str]) -> str:
    near = get_close_matches(slug.removeprefix(f"{kind}/"), names, n=3)
    hint = f"Did you mean {' or '.join(near)}?" if near else f"There are {', '.join(names)}."
    return f"There is no {kind} {slug[:80]!r} in the rulebook in force. {hint}"

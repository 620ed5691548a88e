"""Judgements as they are stored, and what is known of the articles that they are of. SQL that changes nothing."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Row, bindparam, text
from sqlalchemy.orm import Session

from services.core.errors import NotFoundError
from services.core.judgements.model import Bond, Judged, Known, Member

# What takes the place of another is stored in the transaction that withdraws it, at the same `now()`.
_COLUMNS = """
    j.id, j.one, j.other, j.says, j.note, j.author, j.documents, j.created_at, j.withdrawn_at, j.heard_at, (
        SELECT jsonb_build_object('id', n.id, 'author', n.author, 'says', n.says) FROM judgements n
        WHERE n.created_at = j.withdrawn_at AND n.id > j.id AND n.one = j.one AND n.other IS NOT DISTINCT FROM j.other
        ORDER BY n.id LIMIT 1
    ) AS replaced_by
"""
_LIST = text(
    f"""
    SELECT {_COLUMNS} FROM judgements j
    WHERE (j.withdrawn_at IS NULL OR :withdrawn) AND (CAST(:below AS bigint) IS NULL OR j.id < :below)
      AND (CAST(:article AS bigint) IS NULL OR j.one = :article OR j.other = :article)
      AND (NOT :pairs OR j.says <> 'not_news')
    ORDER BY j.id DESC LIMIT :n
    """  # noqa: S608 - column names of ours
)
_FIND = text(f"SELECT {_COLUMNS} FROM judgements j WHERE j.id = :id")  # noqa: S608 - as above
_OF = text(
    f"""
    SELECT {_COLUMNS} FROM judgements j
    WHERE j.one = :one AND j.other IS NOT DISTINCT FROM CAST(:other AS bigint) AND j.withdrawn_at IS NULL
    """  # noqa: S608 - as above
)
_STANDING = text("SELECT count(*) FROM judgements WHERE withdrawn_at IS NULL")
_MEMBERS = text(
    """
    SELECT a.id, a.duplicate_of, a.listed, a.removed_at IS NOT NULL AND NOT a.emptied AS removed, a.emptied, a.quarantined IS NOT NULL AS quarantined,
           a.title, s.name AS publisher, a.url, a.language, a.teaser, a.sort_at AS at, sa.story_id AS story, sa.number, CAST(sa.decision->>'judgement' AS bigint) AS judgement,
           st.muted_by
    FROM articles a JOIN sources s ON s.id = a.source_id
    LEFT JOIN story_articles sa ON sa.article_id = coalesce(a.duplicate_of, a.id) LEFT JOIN stories st ON st.id = sa.story_id
    WHERE a.id = ANY(:ids) OR a.id = ANY(:heads) OR a.duplicate_of = ANY(:heads)
    """
).bindparams(bindparam("ids", type_=ARRAY(BigInteger)), bindparam("heads", type_=ARRAY(BigInteger)))
_HEADS = text("SELECT id, coalesce(duplicate_of, id) AS head FROM articles WHERE id = ANY(:ids)").bindparams(
    bindparam("ids", type_=ARRAY(BigInteger))
)
_EDGES = text(
    "SELECT one, other FROM copies WHERE by <> 'editor' AND one = ANY(:ids) AND other = ANY(:ids)"
).bindparams(bindparam("ids", type_=ARRAY(BigInteger)))
_AMONG = text(
    """
    SELECT id, one, other, says, author FROM judgements
    WHERE withdrawn_at IS NULL AND says <> 'not_news' AND one = ANY(:ids) AND other = ANY(:ids) ORDER BY id
    """
).bindparams(bindparam("ids", type_=ARRAY(BigInteger)))

# What joins, followed from the articles in question to wherever it leads; then every judgement among what was reached.
_REACHED = text(
    """
    WITH RECURSIVE reached(id) AS (
        SELECT unnest(CAST(:ids AS bigint[]))
        UNION
        SELECT CASE WHEN j.one = r.id THEN j.other ELSE j.one END
        FROM reached r JOIN judgements j ON r.id IN (j.one, j.other)
        WHERE j.withdrawn_at IS NULL AND j.says IN ('duplicate', 'story') AND j.one IS NOT NULL AND j.other IS NOT NULL
    )
    SELECT id, one, other, says, author FROM judgements
    WHERE withdrawn_at IS NULL AND says <> 'not_news'
      AND one IN (SELECT id FROM reached) AND other IN (SELECT id FROM reached) ORDER BY id
    """
).bindparams(bindparam("ids", type_=ARRAY(BigInteger)))


def listing(
    session: Session,
    *,
    limit: int = 100,
    below: int | None = None,
    article: int | None = None,
    withdrawn: bool = False,
    pairs: bool = False,
) -> list[Judged]:
    """Judgements, the newest first; those that stand, or with `withdrawn` all. `below`: only those with a smaller number (for
    the next page). `article`: only those of one article. `pairs`: only those of two.
    """
    asked = {"n": limit, "below": below, "article": article, "withdrawn": withdrawn, "pairs": pairs}
    return [_judged(row) for row in session.execute(_LIST, asked)]


def find(session: Session, number: int) -> Judged:
    """One judgement, withdrawn or not. Raises NotFoundError."""
    row = session.execute(_FIND, {"id": number}).one_or_none()
    if row is None:
        raise NotFoundError(f"There is no judgement {number}; `dateline judge list` shows all.")
    return _judged(row)


def standing_of(session: Session, pair: tuple[int, int | None]) -> Judged | None:
    """What stands of these two (the smaller id first), or that this one is no news."""
    row = session.execute(_OF, {"one": pair[0], "other": pair[1]}).one_or_none()
    return None if row is None else _judged(row)


def standing_count(session: Session) -> int:
    """How many judgements stand."""
    return session.scalar(_STANDING) or 0


def heads_of(session: Session, articles: Sequence[int]) -> dict[int, int]:
    """For each of these articles the one that is shown for it. Raises NotFoundError for one that does not exist."""
    found = {row.id: row.head for row in session.execute(_HEADS, {"ids": list(articles)})}
    for article in articles:
        if article not in found:
            raise NotFoundError(f"There is no article {article}.")
    return found


def known(session: Session, articles: Sequence[int]) -> Known:
    """What is known of these articles and of all that are one with them. Raises NotFoundError."""
    heads = sorted(set(heads_of(session, articles).values()))
    rows = session.execute(_MEMBERS, {"ids": list(articles), "heads": heads})
    members = {row.id: Member(**row._mapping) for row in rows}  # noqa: SLF001 - the public name of a row's dictionary
    ids = {"ids": sorted(members)}
    edges = [(row.one, row.other) for row in session.execute(_EDGES, ids)]
    bonds = _bonds(session.execute(_AMONG, ids))
    return Known(members, (*edges, *_held(members.values(), edges, bonds)), bonds)


def bonds_around(session: Session, articles: Sequence[int]) -> tuple[Bond, ...]:
    """Every judgement of two articles that can bear on what is said of these: followed wherever what joins leads."""
    return _bonds(session.execute(_REACHED, {"ids": list(articles)}))


def _held(
    members: Iterable[Member], edges: Iterable[tuple[int, int]], bonds: Iterable[Bond]
) -> list[tuple[int, int]]:
    """What is hidden without a pair that says why is taken to be a copy of the article that is shown."""
    paired = {number for edge in edges for number in edge}
    paired |= {number for bond in bonds if bond.says == "duplicate" for number in (bond.one, bond.other)}
    return [
        (min(member.id, member.duplicate_of), max(member.id, member.duplicate_of))
        for member in members
        if member.duplicate_of is not None and member.id not in paired
    ]


def _bonds(rows: Iterable[Row[Any]]) -> tuple[Bond, ...]:
    return tuple(Bond(row.one, row.other, row.says, row.id, row.author) for row in rows)


def _judged(row: Row[Any]) -> Judged:
    return Judged(**row._mapping)  # noqa: SLF001 - as above

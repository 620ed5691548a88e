"""Groups of copies: everything that is joined to some articles, locked, and what a regrouping writes.

Groups are written with everything that is joined locked, so that of two workers who join one group the second sees what the
first has joined; and worked out anew from all their pairs, so that nothing depends on who was first.
"""

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import Row, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from services.classify.copies.looking import CONTENT, array
from services.classify.copies.regroup import Edge, Joined, Regrouping, Standing, said_by
from services.core.events import ArticlesStored
from services.core.latest import Draft
from services.core.outbox import publish

_NEAR = text(
    """
    SELECT other FROM copies WHERE one = ANY(CAST(:ids AS bigint[]))
    UNION SELECT one FROM copies WHERE other = ANY(CAST(:ids AS bigint[]))
    UNION SELECT id FROM articles WHERE duplicate_of = ANY(CAST(:ids AS bigint[]))
    UNION SELECT duplicate_of FROM articles WHERE id = ANY(CAST(:ids AS bigint[])) AND duplicate_of IS NOT NULL
    UNION SELECT other FROM judgements
          WHERE one = ANY(CAST(:ids AS bigint[])) AND says = 'duplicate' AND withdrawn_at IS NULL AND other IS NOT NULL
    UNION SELECT one FROM judgements
          WHERE other = ANY(CAST(:ids AS bigint[])) AND says = 'duplicate' AND withdrawn_at IS NULL AND one IS NOT NULL
    """
)
_LOCK = text(
    f"""
    SELECT a.id, a.revision, a.published_revision, a.lease_token, a.listed, a.duplicate_of,
           a.quarantined IS NOT NULL AS quarantined, a.removed_at IS NOT NULL AS removed, a.regions, a.topics, {CONTENT} AS content
    FROM articles a WHERE a.id = ANY(CAST(:ids AS bigint[])) ORDER BY a.id FOR NO KEY UPDATE
    """  # noqa: S608 - put together from a constant
)
# The reasons of pairs that nobody looks at now are left where they are: most of what a great group weighs.
_PAIRS = text(
    """
    SELECT one, other, by, CASE WHEN one = ANY(CAST(:hand AS bigint[])) OR other = ANY(CAST(:hand AS bigint[])) THEN judgement END
    FROM copies WHERE one = ANY(CAST(:ids AS bigint[]))
    """
)
_JUDGEMENTS = text(
    """
    SELECT one, other, says, author, note FROM judgements
    WHERE withdrawn_at IS NULL AND (one = ANY(CAST(:ids AS bigint[])) OR other = ANY(CAST(:ids AS bigint[])))
    """
)
_JOIN = text(
    """
    INSERT INTO copies (one, other, by, judgement)
    SELECT d.one, d.other, d.by, d.judgement
    FROM jsonb_to_recordset(:rows) AS d (one bigint, other bigint, by text, judgement jsonb) ORDER BY 1, 2
    ON CONFLICT (one, other) DO UPDATE SET by = excluded.by, judgement = excluded.judgement
    """
).bindparams(bindparam("rows", type_=JSONB))
_PART = text(
    """
    DELETE FROM copies c USING unnest(CAST(:ones AS bigint[]), CAST(:others AS bigint[])) AS d (one, other)
    WHERE c.one = d.one AND c.other = d.other
    """
)
# What was in hand is done with. What was not goes on waiting, if it did: its own comparison is still to come.
_HIDE = text(
    """
    UPDATE articles a
    SET duplicate_of = d.head, listed = false, revision = a.revision + CAST(a.listed AS int),
        published_revision = CASE WHEN d.held OR a.waiting_since IS NULL THEN a.revision + CAST(a.listed AS int)
                                  ELSE a.published_revision END,
        waiting_since = CASE WHEN NOT d.held THEN a.waiting_since END,
        lease_until = CASE WHEN d.held THEN 'epoch' ELSE a.lease_until END,
        lease_token = CASE WHEN NOT d.held THEN a.lease_token END,
        attempts = CASE WHEN d.held THEN 0 ELSE a.attempts END
    FROM jsonb_to_recordset(:rows) AS d (id bigint, head bigint, held boolean)
    WHERE a.id = d.id
    """
).bindparams(bindparam("rows", type_=JSONB))
_UNLABEL = text("DELETE FROM article_labels WHERE article_id = ANY(CAST(:ids AS bigint[]))")
_FREE = text(
    """
    UPDATE articles
    SET duplicate_of = NULL, waiting_since = CASE WHEN removed_at IS NULL THEN coalesce(waiting_since, now()) END
    WHERE id = ANY(CAST(:ids AS bigint[]))
    """
)
_TOUCH = text(
    """
    UPDATE articles SET revision = revision + 1, waiting_since = coalesce(waiting_since, now())
    WHERE id = ANY(CAST(:ids AS bigint[])) AND removed_at IS NULL
    """
)


class GrownError(Exception):
    """Between looking and locking somebody joined more to a group: roll back, and try again."""


def hold(session: Session, hand: Collection[int], others: Iterable[int] = ()) -> Joined:
    """Everything that is joined to articles in `hand` and `others`, locked until commit, in the order of ids as everybody locks
    articles. Only pairs of those in hand come with their reasons.

    Raises GrownError when more is joined to them once they are locked than there was before.
    """
    found: set[int] = set()
    new = {*hand, *others}
    while new:
        found |= new
        new = _near(session, new) - found
    everybody = {"ids": array(found)}
    rows = [_standing(row) for row in session.execute(_LOCK, everybody)]
    # A statement of its own: it sees what those have committed whom the lock has waited for.
    if _near(session, found) - found:
        raise GrownError
    said = session.execute(_JUDGEMENTS, everybody).all()
    of_two = [r for r in said if r.one is not None and r.other is not None]
    return Joined(
        rows={row.id: row for row in rows},
        pairs={
            (one, other): Edge(by, why)
            for one, other, by, why in session.execute(_PAIRS, everybody | {"hand": array(hand)})
        },
        said={(r.one, r.other): said_by(r.author, r.note) for r in of_two if r.says == "duplicate"},
        apart=frozenset((r.one, r.other) for r in of_two if r.says in {"no", "story"}),
        not_news=frozenset(r.one for r in said if r.says == "not_news"),
    )


def _near(session: Session, ids: Iterable[int]) -> set[int]:
    """Whoever is joined directly to one of these."""
    return set(session.scalars(_NEAR, {"ids": array(ids)}))


def _standing(row: Row[Any]) -> Standing:
    labels = (*(f"region/{x}" for x in row.regions), *(f"topic/{x}" for x in row.topics))
    return Standing(
        id=row.id,
        revision=row.revision,
        published_revision=row.published_revision,
        lease_token=row.lease_token,
        listed=row.listed,
        duplicate_of=row.duplicate_of,
        quarantined=row.quarantined,
        removed=row.removed,
        labels=labels if row.listed else (),
        content=row.content,
    )


def write(session: Session, change: Regrouping, joined: Joined, *, held: Collection[int]) -> list[Draft]:
    """Store what a regrouping comes to, but for the articles `held` that are shown; what followers are to hear of it.

    Whoever is shown again, and whose "also at" changed, waits for its labels: with them followers hear of it.
    """
    if change.lost:
        ones, others = zip(*change.lost, strict=True)
        session.execute(_PART, {"ones": array(ones), "others": array(others)})
    if change.found:
        rows = [
            {"one": one, "other": other, "by": edge.by, "judgement": edge.judgement}
            for (one, other), edge in change.found.items()
        ]
        session.execute(_JOIN, {"rows": rows})
    if change.hidden:
        hidden = [{"id": n, "head": head, "held": n in held} for n, head in change.hidden.items()]
        session.execute(_HIDE, {"rows": hidden})
    gone = [joined.rows[number] for number in change.hidden if joined.rows[number].listed]
    if gone:
        session.execute(_UNLABEL, {"ids": array(row.id for row in gone)})
    freed = [number for number in change.freed if number not in held]
    touched = [number for number in change.changed if number not in held and joined.rows[number].listed]
    for statement, ids in ((_FREE, freed), (_TOUCH, touched)):
        if ids:
            session.execute(statement, {"ids": array(ids)})
            publish(session, ArticlesStored())
    return [
        Draft(
            row.id,
            "removed" if change.hidden[row.id] in joined.not_news else "merged",
            row.revision + 1,
            sorted(row.labels),
            [],
        )
        for row in gone
    ]

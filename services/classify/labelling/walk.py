"""All SQL of relabelling: one walk over what is listed, newest first, whose place is kept with what it wrote."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from services.classify.labelling.stored import waiting_of
from services.classify.work import Waiting

_HOLD = text(
    """
    SELECT id, version, at_sort, at_id FROM relabellings
    WHERE finished_at IS NULL AND next_at <= now() FOR UPDATE SKIP LOCKED
    """
)

_NEXT = text(
    """
    SELECT id, sort_at FROM articles
    WHERE listed AND (CAST(:sort AS timestamptz) IS NULL OR (sort_at, id) < (:sort, :id))
    ORDER BY sort_at DESC, id DESC LIMIT :n
    """
)

# Rows are locked in the order of their ids, as everybody locks them. What waits gets its labels from whoever claims it;
# what has this version's labels already was corrected, or came in, since the walk began.
_LOCK = text(
    """
    SELECT a.id, a.revision, coalesce(a.lease_token, '') AS lease_token, a.title, a.text, a.language, a.tags, a.url,
           a.sort_at, a.listed, a.published_revision, a.region, a.regions, a.topics, a.places, s.country, s.key AS source, f.region_hint,
           (SELECT to_jsonb(c) FROM corrections c WHERE c.article_id = a.id AND c.withdrawn_at IS NULL) AS correction
    FROM articles a JOIN sources s ON s.id = a.source_id LEFT JOIN feeds f ON f.id = a.feed_id
    WHERE a.id = ANY(:ids) AND a.listed AND a.waiting_since IS NULL AND a.rulebook_version IS DISTINCT FROM :version
    ORDER BY a.id FOR NO KEY UPDATE OF a
    """
)

_GO_ON = text(
    """
    UPDATE relabellings SET at_sort = :sort, at_id = :id, looked = looked + :looked, relabelled = relabelled + :done,
        moved = moved + :moved,
        next_at = greatest(next_at, now() - interval '1 second') + make_interval(secs => :looked / CAST(:rate AS float))
    WHERE id = :walk
    """
)

_END = text("UPDATE relabellings SET finished_at = now(), ended = :how WHERE id = :walk")

_DUE = text("SELECT count(*) FROM relabellings WHERE finished_at IS NULL AND next_at <= now()")

_LAST = text(
    """
    SELECT version, started_at, looked, relabelled, moved, at_sort, finished_at, ended
    FROM relabellings ORDER BY id DESC LIMIT 1
    """
)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a walk is: articles looked at, labelled anew, and moved (other labels than before). `ended`: done, overtaken."""

    version: str
    started_at: datetime
    looked: int
    relabelled: int
    moved: int
    at_sort: datetime | None
    finished_at: datetime | None
    ended: str | None

    def in_words(self) -> str:
        """One sentence for people."""
        counted = f"{self.looked:,} articles looked at, {self.moved:,} have other labels"
        if self.ended == "done":
            return f"Everything listed has the labels of {self.version[:12]}: {counted}."
        if self.ended is not None:
            return f"Relabelling by {self.version[:12]} was overtaken by a newer version."
        reached = f", back to {self.at_sort:%Y-%m-%d %H:%M} UTC" if self.at_sort else ""
        return f"Relabelling by {self.version[:12]} goes on: {counted}{reached}."


@dataclass(frozen=True, slots=True)
class Walk:
    """The walk in hand: which version it gives, and the article it looked at last (None at the start)."""

    id: int
    version: str
    at_sort: datetime | None
    at_id: int | None


@dataclass(frozen=True, slots=True)
class Stretch:
    """The next articles of a walk: those to label, where the last of all stands, and how many were looked at."""

    articles: tuple[Waiting, ...]
    at_sort: datetime | None
    at_id: int | None
    looked: int


def hold(session: Session) -> Walk | None:
    """The unfinished walk that may go on now, if nobody else has it in hand. Held until the transaction ends.

    Ask for the version in force first: whoever publishes locks in that order.
    """
    row = session.execute(_HOLD).one_or_none()
    return None if row is None else Walk(row.id, row.version, row.at_sort, row.at_id)


def stretch(session: Session, walk: Walk, *, limit: int) -> Stretch:
    """The next `limit` listed articles below the walk's place, locked."""
    found = session.execute(_NEXT, {"sort": walk.at_sort, "id": walk.at_id, "n": limit}).all()
    if not found:
        return Stretch((), walk.at_sort, walk.at_id, 0)
    rows = session.execute(_LOCK, {"ids": [row.id for row in found], "version": walk.version}).mappings()
    return Stretch(tuple(waiting_of(row) for row in rows), found[-1].sort_at, found[-1].id, len(found))


def go_on(session: Session, walk: Walk, passed: Stretch, *, moved: int, rate: float) -> None:
    """Keep the place reached; the next step may begin when `passed` is paid for at `rate` articles a second."""
    session.execute(
        _GO_ON,
        {
            "walk": walk.id,
            "sort": passed.at_sort,
            "id": passed.at_id,
            "looked": passed.looked,
            "done": len(passed.articles),
            "moved": moved,
            "rate": rate,
        },
    )


def end(session: Session, walk: Walk, how: str) -> None:
    """The walk is over: `done`, or `overtaken` by another version."""
    session.execute(_END, {"walk": walk.id, "how": how})


def due(session: Session) -> int:
    """1 when a walk may go on now."""
    return session.scalar(_DUE) or 0


def last(session: Session) -> Progress | None:
    """The newest walk, finished or not."""
    row = session.execute(_LAST).one_or_none()
    return None if row is None else Progress(*row)

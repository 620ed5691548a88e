"""SQL of the consumer of stories: what it reads of the stream, how far it is, and what is rising."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, BigInteger, RowMapping, bindparam, delete, text, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from services.classify.stories import Document
from services.classify.stories.memory import Article
from services.classify.stories.voices import Said, Voice
from services.core.models import StoryState, TrendScope
from services.core.trends import COPY, OWN

STORIES_LOCK = 0x44_4C_53_59
"""Key of the advisory lock of the one who decides ("DLSY")."""
BATCH = 200
"""Changes decided in one transaction."""
READ = 1200
"""Characters of a text that a decision looks at."""

_STATE = text(
    """
    SELECT s.epoch, s.seq, s.version, s.next_story, s.step, s.tries, s.tried_at, s.careful_until, s.snapshot_step, s.snapshot_at,
           s.snapshot IS NOT NULL AS has_snapshot, t.epoch AS stream_epoch, t.floor, now() AS now
    FROM story_state s CROSS JOIN stream_state t
    """
)
_LOCK = text("SELECT pg_try_advisory_xact_lock(:key)")

_CHANGES = text("SELECT seq, article_id, at FROM changes WHERE seq > :seq ORDER BY seq LIMIT :n")

_ARTICLES = text(
    """
    SELECT a.id, a.listed, a.title, left(a.text, :read) AS text, a.sort_at, a.language, a.places, a.regions, a.topics,
           coalesce(s.owner, s.key) AS publisher, p.story_id, p.number, CAST(p.decision->>'judgement' AS bigint) AS judgement
    FROM articles a JOIN sources s ON s.id = a.source_id LEFT JOIN story_articles p ON p.article_id = a.id
    WHERE a.id = ANY(:ids)
    """
).bindparams(bindparam("ids", type_=ARRAY(BigInteger)))

# Who else prints an article: its copies, and the feeds of others that carry the very same address, or that of a copy.
_OTHERS = text(
    """
    SELECT o.article_id, coalesce(s.owner, s.key) AS publisher, min(o.at) AS at
    FROM (
        SELECT c.duplicate_of AS article_id, c.source_id, c.sort_at AS at FROM articles c WHERE c.duplicate_of = ANY(:ids)
        UNION ALL
        SELECT g.article_id, f.source_id, g.first_seen_at FROM sightings g JOIN feeds f ON f.id = g.feed_id
        WHERE g.article_id = ANY(:ids)
        UNION ALL
        SELECT c.duplicate_of, f.source_id, g.first_seen_at
        FROM articles c JOIN sightings g ON g.article_id = c.id JOIN feeds f ON f.id = g.feed_id
        WHERE c.duplicate_of = ANY(:ids)
    ) o JOIN sources s ON s.id = o.source_id
    GROUP BY o.article_id, coalesce(s.owner, s.key)
    ORDER BY 1, 2
    """
).bindparams(bindparam("ids", type_=ARRAY(BigInteger)))

_SCOPES = text(
    """
    INSERT INTO trend_scopes (scope, loud, habit, updated_at)
    SELECT d.scope, d.loud, d.habit, :now FROM jsonb_to_recordset(:rows) AS d (scope text, loud jsonb, habit jsonb)
    ORDER BY d.scope
    ON CONFLICT (scope) DO UPDATE SET loud = excluded.loud, habit = excluded.habit, updated_at = excluded.updated_at
        WHERE (trend_scopes.loud, trend_scopes.habit) IS DISTINCT FROM (excluded.loud, excluded.habit)
    RETURNING scope
    """
).bindparams(bindparam("rows", type_=JSONB))

_WAITING = text(
    """
    SELECT EXISTS (SELECT FROM changes WHERE seq > (SELECT seq FROM story_state))
        OR EXISTS (SELECT FROM judgements WHERE heard_at IS NULL)
    """
)


@dataclass(frozen=True, slots=True)
class State:
    """How far stories are, and where the stream begins."""

    epoch: str
    seq: int
    version: int
    next_story: int
    step: int
    tries: int
    tried_at: datetime | None
    careful_until: int
    snapshot_step: int
    snapshot_at: datetime | None
    has_snapshot: bool
    stream_epoch: str
    floor: int
    now: datetime

    @property
    def mark(self) -> tuple[str, int]:
        """What a memory must be of to go on from here."""
        return self.epoch, self.step

    @property
    def torn(self) -> bool:
        """Whether the stream is not the one that was read so far, or has lost what comes next."""
        return self.epoch != self.stream_epoch or self.seq < self.floor


@dataclass(frozen=True, slots=True)
class Change:
    """One position of the stream, as far as stories go by it: what else it says is looked up as it stands now."""

    seq: int
    article_id: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Stored:
    """An article as it stands, and the story that it is stored with, perhaps because of a judgement. `article` is None where it is
    not listed.
    """

    article: Article | None
    story: int | None
    number: int | None
    judgement: int | None


def state(session: Session) -> State:
    """How far stories are."""
    return State(**session.execute(_STATE).mappings().one())


def lock(session: Session) -> State | None:
    """Become the one who decides until the transaction ends; None where somebody else is."""
    if not session.scalar(_LOCK, {"key": STORIES_LOCK}):
        return None
    return state(session)


def changes(session: Session, seq: int, *, limit: int = BATCH) -> list[Change]:
    """What comes after `seq`."""
    return [Change(*row) for row in session.execute(_CHANGES, {"seq": seq, "n": limit})]


def articles(session: Session, ids: Collection[int]) -> dict[int, Stored]:
    """Articles as they stand."""
    found = session.execute(_ARTICLES, {"ids": list(ids), "read": READ}).mappings().all()
    listed = [row["id"] for row in found if row["listed"]]
    others: dict[int, list[Any]] = {}
    for row in session.execute(_OTHERS, {"ids": listed}):
        others.setdefault(row.article_id, []).append(row)
    return {row["id"]: _stored(row, others.get(row["id"], ())) for row in found}


def stories_of(pair: tuple[int, int], found: Mapping[int, Stored]) -> tuple[int | None, int | None]:
    """The stories that two of the articles found are stored with."""
    one, other = (found[number].story if number in found else None for number in pair)
    return one, other


def _stored(row: RowMapping, others: Sequence[Any]) -> Stored:
    article = None
    if row["listed"]:
        own, at = row["publisher"], row["sort_at"]
        document = Document(
            row["id"], row["title"], row["text"], at, own, row["language"], frozenset(row["places"])
        )
        copies = (Voice(o.publisher, o.at.timestamp(), COPY) for o in others if o.publisher != own)
        labels = (
            *(f"region/{slug}" for slug in row["regions"]),
            *(f"topic/{slug}" for slug in row["topics"]),
        )
        article = Article(document, Said((Voice(own, at.timestamp(), OWN), *copies), labels))
    return Stored(article, row["story_id"], row["number"], row["judgement"])


def write_scopes(session: Session, rows: Mapping[str, tuple[Any, Any]], now: datetime) -> bool:
    """Let readers see what is rising in these scopes; whether that is another thing. A scope of which nothing is known any more goes."""
    known = [
        {"scope": scope, "loud": loud, "habit": habit}
        for scope, (loud, habit) in rows.items()
        if loud or habit["hours"]
    ]
    gone = rows.keys() - {row["scope"] for row in known}
    written: list[str] = []
    if known:
        written += session.scalars(_SCOPES, {"rows": known, "now": now})
    if gone:
        away = delete(TrendScope).where(TrendScope.scope.in_(sorted(gone))).returning(TrendScope.scope)
        written += session.scalars(away)
    return bool(written)


def advance(session: Session, *, seen: bool = False, **values: Any) -> None:
    """Keep how far stories are. `seen`: readers see another thing than before, as they do when an editor mutes a story meanwhile."""
    if seen:
        values["version"] = StoryState.version + 1
    session.execute(update(StoryState).values(**values))


def waiting(session: Session) -> int:
    """1 when there is something to decide."""
    return int(session.scalar(_WAITING) or 0)

"""All SQL of the consumer of stories: what it reads of the stream, and what it writes for readers."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, BigInteger, RowMapping, bindparam, delete, text, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from services.classify.stories import Document
from services.classify.stories.effects import Effects
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
           coalesce(s.owner, s.key) AS publisher, p.story_id, p.number, p.decided_at
    FROM articles a JOIN sources s ON s.id = a.source_id LEFT JOIN story_articles p ON p.article_id = a.id
    WHERE a.id = ANY(:ids)
    """
).bindparams(bindparam("ids", type_=ARRAY(BigInteger)))

# Who else prints an article: its copies, and the feeds of others that carry the very same address.
_OTHERS = text(
    """
    SELECT o.article_id, coalesce(s.owner, s.key) AS publisher, min(o.at) AS at
    FROM (
        SELECT c.duplicate_of AS article_id, c.source_id, c.sort_at AS at FROM articles c WHERE c.duplicate_of = ANY(:ids)
        UNION ALL
        SELECT g.article_id, f.source_id, g.first_seen_at FROM sightings g JOIN feeds f ON f.id = g.feed_id
        WHERE g.article_id = ANY(:ids)
    ) o JOIN sources s ON s.id = o.source_id
    GROUP BY o.article_id, coalesce(s.owner, s.key)
    ORDER BY 1, 2
    """
).bindparams(bindparam("ids", type_=ARRAY(BigInteger)))

_FOUND = text(
    """
    INSERT INTO stories (id, founded_at, updated_at)
    SELECT * FROM jsonb_to_recordset(:rows) AS d (id bigint, founded_at timestamptz, updated_at timestamptz)
    """
).bindparams(bindparam("rows", type_=JSONB))

_PLACE = text(
    """
    INSERT INTO story_articles (article_id, story_id, number, decided_at, decision)
    SELECT * FROM jsonb_to_recordset(:rows)
        AS d (article_id bigint, story_id bigint, number bigint, decided_at timestamptz, decision jsonb)
    ON CONFLICT (article_id) DO UPDATE SET story_id = excluded.story_id, number = excluded.number,
        decided_at = excluded.decided_at, decision = excluded.decision
    """
).bindparams(bindparam("rows", type_=JSONB))

_MERGE = (
    text("UPDATE stories SET merged_into = :kept, updated_at = :now WHERE id = :lost OR merged_into = :lost"),
    text("UPDATE story_articles SET story_id = :kept WHERE story_id = :lost"),
    # Muted stays muted: what an editor said of a part is not lost with its number. After the row of the lost one is held.
    text(
        """
        UPDATE stories k SET muted_by = l.muted_by FROM stories l
        WHERE k.id = :kept AND l.id = :lost AND k.muted_by IS NULL AND l.muted_by IS NOT NULL
        """
    ),
)

# Counted anew for the stories of a batch, by their articles: whatever happened, the figures are right.
_COUNT = text(
    """
    WITH counted AS (
        SELECT s.id, count(a.id) AS articles, min(a.sort_at) AS first_at, max(a.sort_at) AS last_at,
               coalesce(max(a.id) FILTER (WHERE a.id = s.lead_id), (array_agg(a.id ORDER BY a.sort_at, a.id))[1]) AS lead_id
        FROM stories s LEFT JOIN story_articles p ON p.story_id = s.id LEFT JOIN articles a ON a.id = p.article_id
        WHERE s.id = ANY(:ids) GROUP BY s.id, s.lead_id
    ), printed AS (
        SELECT p.story_id, a.source_id FROM story_articles p JOIN articles a ON a.id = p.article_id WHERE p.story_id = ANY(:ids)
        UNION ALL
        SELECT p.story_id, c.source_id FROM story_articles p JOIN articles c ON c.duplicate_of = p.article_id
        WHERE p.story_id = ANY(:ids)
        UNION ALL
        SELECT p.story_id, f.source_id FROM story_articles p JOIN sightings g ON g.article_id = p.article_id
        JOIN feeds f ON f.id = g.feed_id WHERE p.story_id = ANY(:ids)
    ), owners AS (
        SELECT printed.story_id, count(DISTINCT coalesce(s.owner, s.key)) AS publishers
        FROM printed JOIN sources s ON s.id = printed.source_id GROUP BY printed.story_id
    )
    UPDATE stories s SET articles = c.articles, publishers = coalesce(o.publishers, 0), first_at = c.first_at,
        last_at = c.last_at, lead_id = c.lead_id, updated_at = :now
    FROM counted c LEFT JOIN owners o ON o.story_id = c.id
    WHERE s.id = c.id AND (s.articles, s.publishers, s.first_at, s.last_at, s.lead_id)
        IS DISTINCT FROM (c.articles, coalesce(o.publishers, 0), c.first_at, c.last_at, c.lead_id)
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
    """An article as it stands, and the story that it is stored with. `article` is None where it is not listed."""

    article: Article | None
    story: int | None
    number: int | None
    decided_at: datetime | None


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
    return Stored(article, row["story_id"], row["number"], row["decided_at"])


def write(session: Session, effects: Effects, now: datetime) -> None:
    """Let readers see what was decided: new stories, whose article is whose, what became one, and the figures."""
    stamp = now.isoformat()
    if effects.founded:
        founded = [
            {"id": story, "founded_at": at.isoformat(), "updated_at": stamp}
            for story, at in effects.founded.items()
        ]
        session.execute(_FOUND, {"rows": founded})
    for lost, kept in effects.merged.items():
        for statement in _MERGE:
            session.execute(statement, {"lost": lost, "kept": kept, "now": now})
    if effects.placed:
        rows = [
            {
                "article_id": article,
                "story_id": one.story,
                "number": one.number,
                "decided_at": one.at.isoformat(),
                "decision": one.why,
            }
            for article, one in sorted(effects.placed.items())
        ]
        session.execute(_PLACE, {"rows": rows})
    if effects.gone:
        session.execute(
            text("DELETE FROM story_articles WHERE article_id = ANY(:ids)"), {"ids": sorted(effects.gone)}
        )
    touched = effects.touched | effects.merged.keys()
    if touched:
        session.execute(_COUNT, {"ids": sorted(touched), "now": now})


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

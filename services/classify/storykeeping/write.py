"""SQL by which readers see what was decided about stories."""

from datetime import datetime

from sqlalchemy import ARRAY, BigInteger, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from services.classify.stories.effects import Effects

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

_ANEW = text(
    """
    UPDATE story_articles s SET decided_at = d.decided_at, decision = d.decision
    FROM jsonb_to_recordset(:rows) AS d (article_id bigint, decided_at timestamptz, decision jsonb)
    WHERE s.article_id = d.article_id
    """
).bindparams(bindparam("rows", type_=JSONB))

_MERGE = (
    text("UPDATE stories SET merged_into = :kept, updated_at = :now WHERE id = :lost OR merged_into = :lost"),
    text(
        """
        UPDATE story_articles SET story_id = :kept, decision = CASE WHEN CAST(:told AS text) IS NULL THEN decision ELSE
            decision || jsonb_build_object('sentence', concat_ws('. ', nullif(decision->>'sentence', ''), CAST(:told AS text))) END
        WHERE story_id = :lost
        """
    ),
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
        UNION ALL
        SELECT p.story_id, f.source_id FROM story_articles p JOIN articles c ON c.duplicate_of = p.article_id
        JOIN sightings g ON g.article_id = c.id JOIN feeds f ON f.id = g.feed_id WHERE p.story_id = ANY(:ids)
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
            session.execute(
                statement, {"lost": lost, "kept": kept, "now": now, "told": effects.told.get(lost)}
            )
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
    if effects.anew:
        rows = [
            {"article_id": a, "decided_at": at.isoformat(), "decision": why}
            for a, (at, why) in sorted(effects.anew.items())
        ]
        session.execute(_ANEW, {"rows": rows})
    if effects.gone:
        session.execute(
            text("DELETE FROM story_articles WHERE article_id = ANY(:ids)"), {"ids": sorted(effects.gone)}
        )
    touched = effects.touched | effects.merged.keys()
    if touched:
        session.execute(_COUNT, {"ids": sorted(touched), "now": now})

"""Stories that an editor keeps out of Trending: a weather forecast, a lottery, a quiz of the week."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from services.core.errors import NotFoundError
from services.core.judgements.refusing import refuse_author

# A story that turned out to be another one stands for it.
_SURVIVOR = text(
    """
    WITH RECURSIVE way(id, merged_into) AS (
        SELECT id, merged_into FROM stories WHERE id = :id
        UNION ALL
        SELECT s.id, s.merged_into FROM way w JOIN stories s ON s.id = w.merged_into
    )
    SELECT id FROM way WHERE merged_into IS NULL
    """
)
# Held, so that a merge does not take it away meanwhile.
_HELD = text("SELECT merged_into IS NULL FROM stories WHERE id = :id FOR NO KEY UPDATE")
_MUTE = text(
    """
    UPDATE stories SET muted_by = CAST(:by AS text), updated_at = now()
    WHERE id = :id AND muted_by IS DISTINCT FROM CAST(:by AS text) RETURNING id
    """
)
_SHOWN_ANEW = text("UPDATE story_state SET version = version + 1")
_LINE = """
    SELECT s.id, s.muted_by, a.title, a.language, s.articles, s.publishers, s.last_at
    FROM stories s LEFT JOIN articles a ON a.id = s.lead_id
"""
_MUTED = text(f"{_LINE} WHERE s.muted_by IS NOT NULL AND s.merged_into IS NULL ORDER BY s.id DESC LIMIT :n")
_ONE = text(f"{_LINE} WHERE s.id = :id")


@dataclass(frozen=True, slots=True)
class StoryLine:
    """A story in a line: the headline it is called after, and who keeps it out of Trending, if anybody does."""

    id: int
    muted_by: str | None
    title: str | None
    language: str | None
    articles: int
    publishers: int
    last_at: datetime | None


def mute(session: Session, story: int, *, author: str) -> int:
    """Keep a story out of Trending, whatever is written on it; the number of the story it is by now. Raises NotFoundError,
    and InvalidInputError for an author's name that cannot be told in a line.
    """
    refuse_author(author)
    return _set(session, story, author)[0]


def unmute(session: Session, story: int) -> tuple[int, bool]:
    """Let a story stand in Trending again where it rises; the number of the story it is by now, and whether it had been kept
    out. Raises NotFoundError.
    """
    return _set(session, story, None)


def survivor_of(session: Session, story: int) -> int:
    """The story that this one is by now. Raises NotFoundError."""
    survivor = session.execute(_SURVIVOR, {"id": story}).scalar_one_or_none()
    if survivor is None:
        raise NotFoundError(f"There is no story {story}.")
    return int(survivor)


def _set(session: Session, story: int, by: str | None) -> tuple[int, bool]:
    survivor = survivor_of(session, story)
    while not session.scalar(_HELD, {"id": survivor}):
        survivor = survivor_of(session, story)
    changed = session.execute(_MUTE, {"id": survivor, "by": by}).one_or_none() is not None
    if changed:
        session.execute(_SHOWN_ANEW)
    return survivor, changed


def muted(session: Session, *, limit: int = 100) -> list[StoryLine]:
    """Stories that are kept out of Trending, the newest first."""
    return [StoryLine(**row._mapping) for row in session.execute(_MUTED, {"n": limit})]  # noqa: SLF001 - the public name of a row's dictionary


def story_line(session: Session, story: int) -> StoryLine:
    """A story, or the one that it is by now. Raises NotFoundError."""
    row = session.execute(_ONE, {"id": survivor_of(session, story)}).one()
    return StoryLine(**row._mapping)  # noqa: SLF001 - as above

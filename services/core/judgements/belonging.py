"""An article that does not belong to its story: of which pairs that is said.

A story is what its articles are to each other, so it is said against the one that the story began with; where it began with
this very article, against every other one.
"""

from sqlalchemy import text
from sqlalchemy.orm import Session

from services.core.errors import InvalidInputError
from services.core.judgements.muting import survivor_of
from services.core.judgements.reading import heads_of

MOST = 50
"""Articles of a story that begins with the one that does not belong: more pairs than these are not said at once."""

_ARTICLES = text(
    """
    SELECT sa.article_id FROM story_articles sa JOIN articles a ON a.id = sa.article_id
    WHERE sa.story_id = :story AND (a.listed OR a.id = :article) ORDER BY sa.number, sa.article_id LIMIT :n
    """
)
_STORY_OF = text("SELECT story_id FROM story_articles WHERE article_id = :id")


def others_of(session: Session, article: int, story: int) -> list[int]:
    """The articles against which `no` is said, so that an article leaves a story.

    Raises NotFoundError for no such article or story; InvalidInputError where it is not in that story, is alone in it, or where
    the story begins with it and has more than `MOST`.
    """
    head = heads_of(session, [article])[article]
    survivor = survivor_of(session, story)
    if session.scalar(_STORY_OF, {"id": head}) != survivor:
        raise InvalidInputError(f"Article {article} does not stand in story {survivor}.")
    found = session.execute(_ARTICLES, {"story": survivor, "article": head, "n": MOST + 2}).scalars().all()
    others = [number for number in found if number != head]
    if not others:
        raise InvalidInputError(f"Article {article} is the only one of story {survivor}.")
    if found[0] != head:
        return others[:1]
    if len(others) > MOST:
        raise InvalidInputError(
            f"Story {survivor} begins with article {article} and has more than {MOST} others: say of single ones that they are not "
            "the same as it."
        )
    return others

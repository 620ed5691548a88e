"""Articles that stand at canonical URLs already."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from psycopg.errors import ForeignKeyViolation
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from services.ingest.plan import KnownArticle
from services.ingest.store.bulk import texts

_AT = text(
    """
    SELECT u.url_key, a.id, a.title, a.feed_id, s.key, a.removed_at IS NOT NULL
    FROM article_urls u JOIN articles a ON a.id = u.article_id JOIN sources s ON s.id = a.source_id
    WHERE u.url_key = ANY(CAST(:keys AS text[]))
    """
)


class GoneError(Exception):
    """What was left of a removed article has gone since it was looked at: look again."""


@contextmanager
def still_stored() -> Iterator[None]:
    """Raises GoneError where what is stored in it belongs to an article that is not there any more."""
    try:
        yield
    except IntegrityError as error:
        lost = isinstance(error.orig, ForeignKeyViolation) and error.orig.diag.table_name
        if lost in {"sightings", "article_urls"}:
            raise GoneError from error
        raise


@dataclass(frozen=True, slots=True)
class Standing:
    """An article at a canonical URL; `feed_id` is the feed it stands under, None where that was removed."""

    id: int
    title: str
    feed_id: int | None
    source_key: str
    removed: bool = False

    @classmethod
    def gone(cls, article_id: int) -> "Standing":
        """What is left of a removed article."""
        return cls(article_id, "", None, "", removed=True)

    def seen_by(self, feed_id: int) -> KnownArticle:
        """The same, as the decisions about a feed need it."""
        return KnownArticle(self.id, self.title, self.feed_id == feed_id, self.source_key, self.removed)


def articles_at(session: Session, url_keys: Iterable[str]) -> dict[str, Standing]:
    """By canonical URL, for those of `url_keys` that an article has. Nothing is asked for none."""
    keys = list(url_keys)
    if not keys:
        return {}
    return {key: Standing(*found) for key, *found in session.execute(_AT, {"keys": texts(keys)})}

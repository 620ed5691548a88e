"""Articles that stand at canonical URLs already."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from services.ingest.plan import KnownArticle
from services.ingest.store.bulk import texts

_AT = text(
    """
    SELECT u.url_key, a.id, a.title, a.feed_id, s.key
    FROM article_urls u JOIN articles a ON a.id = u.article_id JOIN sources s ON s.id = a.source_id
    WHERE u.url_key = ANY(CAST(:keys AS text[]))
    """
)


@dataclass(frozen=True, slots=True)
class Standing:
    """An article at a canonical URL; `feed_id` is the feed it stands under, None where that was removed."""

    id: int
    title: str
    feed_id: int | None
    source_key: str

    def seen_by(self, feed_id: int) -> KnownArticle:
        """The same, as the decisions about a feed need it."""
        return KnownArticle(self.id, self.title, self.feed_id == feed_id, self.source_key)


def articles_at(session: Session, url_keys: Iterable[str]) -> dict[str, Standing]:
    """By canonical URL, for those of `url_keys` that an article has. Nothing is asked for none."""
    keys = list(url_keys)
    if not keys:
        return {}
    return {key: Standing(*found) for key, *found in session.execute(_AT, {"keys": texts(keys)})}

"""What is stored already of the entries in hand."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.core.models import Article, ArticleUrl, Sighting
from services.ingest.plan import Known, KnownArticle, KnownSighting


def known(session: Session, *, feed_id: int, guids: Sequence[str], url_keys: Sequence[str]) -> Known:
    """Sightings of this feed by guid, and articles of any feed by canonical URL."""
    sightings = session.execute(
        select(Sighting.guid, Sighting.content_hash, Article.id, Article.title, Article.feed_id)
        .join(Article, Article.id == Sighting.article_id)
        .where(Sighting.feed_id == feed_id, Sighting.guid.in_(guids))
    )
    by_guid = {
        guid: KnownSighting(KnownArticle(article_id, title, owner == feed_id), content_hash)
        for guid, content_hash, article_id, title, owner in sightings
    }
    articles = session.execute(
        select(ArticleUrl.url_key, Article.id, Article.title, Article.feed_id)
        .join(Article, Article.id == ArticleUrl.article_id)
        .where(ArticleUrl.url_key.in_(url_keys))
    )
    by_url = {
        url_key: KnownArticle(article_id, title, owner == feed_id)
        for url_key, article_id, title, owner in articles
    }
    return Known(by_guid, by_url)

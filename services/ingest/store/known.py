"""What is stored already of the entries in hand."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.core.models import Article, ArticleUrl, Sighting, Source
from services.ingest.plan import Known, KnownArticle, KnownSighting


def known(session: Session, *, feed_id: int, guids: Sequence[str], url_keys: Sequence[str]) -> Known:
    """Sightings of this feed by guid, and articles of any feed by canonical URL. Nothing is asked for no entries."""
    if not guids and not url_keys:
        return Known()
    sightings = session.execute(
        select(Sighting.guid, Sighting.content_hash, Article.id, Article.title, Article.feed_id, Source.key)
        .join(Article, Article.id == Sighting.article_id)
        .join(Source, Source.id == Article.source_id)
        .where(Sighting.feed_id == feed_id, Sighting.guid.in_(guids))
    )
    by_guid = {
        guid: KnownSighting(KnownArticle(article_id, title, owner == feed_id, source), content_hash)
        for guid, content_hash, article_id, title, owner, source in sightings
    }
    articles = session.execute(
        select(ArticleUrl.url_key, Article.id, Article.title, Article.feed_id, Source.key)
        .join(Article, Article.id == ArticleUrl.article_id)
        .join(Source, Source.id == Article.source_id)
        .where(ArticleUrl.url_key.in_(url_keys))
    )
    by_url = {
        url_key: KnownArticle(article_id, title, owner == feed_id, source)
        for url_key, article_id, title, owner, source in articles
    }
    return Known(by_guid, by_url)

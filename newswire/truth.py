"""What is true about an article, as the desk tells it."""

from newswire.model import Article


def truth_row(article: Article, *, listed_by: list[str], readable: bool) -> dict[str, object]:
    """What is true about an article, fit for JSON; `listed_by` are the outlets whose feeds show it at this moment."""
    return {
        "id": article.id,
        "url": article.url,
        "title": article.title,
        "lead": article.story.lead,
        "language": article.story.language,
        "outlet": article.outlet,
        "published": article.published.isoformat(),
        "updated": article.updated.isoformat(),
        "regions": list(article.story.regions),
        "topics": list(article.story.topics),
        "countries": list(article.story.countries),
        "carried_by": [article.outlet, *article.carried_by],
        "links": [article.url, *article.carried_by.values()],
        "listed_by": listed_by,
        "readable": readable,
        "duplicate_of": article.duplicate_of,
        "event": article.event,
        "earlier_titles": list(article.earlier_titles),
    }

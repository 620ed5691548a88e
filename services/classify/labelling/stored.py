"""Rows of articles and corrections as labelling takes them."""

from typing import Any

from sqlalchemy import RowMapping, select
from sqlalchemy.orm import Session

from services.classify.rules import Correction, Document
from services.classify.work import Waiting
from services.core.corrections import Standing
from services.core.errors import NotFoundError
from services.core.models import Article, Feed, Source


def waiting_of(row: RowMapping) -> Waiting:
    """A row of an article, with its source's country, its feed's hint and its correction, as labelling takes it.

    What is not listed has no labels, whatever it had once.
    """
    listed = row["listed"]
    return Waiting(
        id=row["id"],
        revision=row["revision"],
        lease_token=row["lease_token"],
        document=document_of(row),
        sort_at=row["sort_at"],
        listed=listed,
        published_revision=row["published_revision"],
        labels=frozenset([f"region/{x}" for x in row["regions"]] + [f"topic/{x}" for x in row["topics"]])
        if listed
        else frozenset(),
        shown=(row["region"], tuple(row["regions"]), tuple(row["topics"]), tuple(row["places"])),
        correction=correction_of(row["correction"]),
        source=row["source"],
    )


def correction_of(found: dict[str, Any] | None) -> Correction | None:
    """A row of a correction as JSON, as it is applied; None where there is none."""
    if found is None:
        return None
    regions, topics, places = (_tuple(found[kind]) for kind in ("regions", "topics", "places"))
    return Correction(regions, topics, places, found["author"], found["note"])


def judged(standing: Standing) -> Correction:
    """A stored correction as it is applied."""
    regions, topics, places = map(_tuple, (standing.regions, standing.topics, standing.places))
    return Correction(regions, topics, places, standing.author, standing.note)


def _tuple(slugs: list[str] | None) -> tuple[str, ...] | None:
    return None if slugs is None else tuple(slugs)


def document(session: Session, article_id: int) -> Document:
    """A stored article as the rules see it. Raises NotFoundError."""
    row = (
        session.execute(
            select(
                Article.title,
                Article.text,
                Article.language,
                Article.tags,
                Article.url,
                Source.country,
                Feed.region_hint,
            )
            .join(Source, Source.id == Article.source_id)
            .outerjoin(Feed, Feed.id == Article.feed_id)
            .where(Article.id == article_id)
        )
        .mappings()
        .first()
    )
    if row is None:
        raise NotFoundError(f"There is no article {article_id}.")
    return document_of(row)


def document_of(row: RowMapping) -> Document:
    """A row of an article, with its source's country and its feed's hint, as the rules see it."""
    return Document(
        title=row["title"],
        body=row["text"],
        language=row["language"],
        source_country=row["country"],
        tags=tuple(row["tags"]),
        section=row["url"],
        prior_region=row["region_hint"],
    )

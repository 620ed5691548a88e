"""Storing one fetch: sightings, articles, the feed's own record, in one transaction.

Order of locks, the same in every transaction: the feed, URLs (sorted), new texts (sorted), articles (by id, all at
once and leaving their keys free, because every sighting stored by anybody holds the key of its article).
A crash before commit leaves nothing but a lease that runs out; validators are stored with the entries they
vouch for, because a body acknowledged and not stored would never be shown again.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from services.core.events import ArticlesStored
from services.core.models import Article, ArticleUrl, Sighting, TextKey
from services.core.outbox import publish
from services.ingest.entry import Entry
from services.ingest.plan import Again, FeedState, New, Plan, Seen

TEXT_WINDOW = "7 days"
"""A text that was first seen longer ago than this is news again, not a copy."""


class BeatenError(Exception):
    """Between looking and storing another worker took the address of an article that was to be new: look again."""


def store_entries(session: Session, feed: FeedState, plan: Plan, *, source_id: int, now: datetime) -> None:
    """Store what the plan says of the entries; `ArticlesStored` goes out after commit when there is work.

    Raises BeatenError when what the plan calls new is stored by now; the transaction is then to be rolled back, and
    what is known decided on anew.
    """
    owners = _insert_new(session, feed, plan.new, source_id, now)
    changed = [a for a in plan.again if a.changed]
    taken = _claim_urls(
        session,
        {n.seen.entry.url_key: owners[n.seen.guid] for n in plan.new}
        | {a.seen.entry.url_key: a.article_id for a in changed},
    )
    if any(n.seen.entry.url_key in taken for n in plan.new):
        raise BeatenError
    heads = _claim_texts(session, plan.new, owners, now)
    _hide_copies(session, heads)
    elsewhere = [a.article_id for a in plan.again if a.first_here and not a.changed]
    touched = [*heads.values(), *_of_other_sources(session, elsewhere, source_id)]
    # An article cannot move to where another one stands by now.
    changed = [a for a in changed if taken.get(a.seen.entry.url_key, a.article_id) == a.article_id]
    _lock(session, [*touched, *(a.article_id for a in changed)])
    _correct(session, feed, changed, source_id, now)
    _touch(session, touched, now)
    _see(session, feed.id, [(n.seen, owners[n.seen.guid]) for n in plan.new], now)
    _see(session, feed.id, [(a.seen, a.article_id) for a in plan.again], now)
    _see_again(session, feed.id, plan.unchanged, now)
    if plan.new or plan.again:
        publish(session, ArticlesStored())


def _columns(entry: Entry) -> dict[str, Any]:
    return {
        "url": entry.url,
        "title": entry.title,
        "teaser": entry.teaser,
        "text": entry.text,
        "html": entry.html,
        "authors": list(entry.authors),
        "tags": list(entry.tags),
        "image": entry.image,
        "language": entry.language,
    }


def _insert_new(
    session: Session, feed: FeedState, new: Sequence[New], source_id: int, now: datetime
) -> dict[str, int]:
    """Article id by guid."""
    if not new:
        return {}
    rows = [
        _columns(n.seen.entry)
        | {
            "feed_id": feed.id,
            "source_id": source_id,
            "content_hash": n.seen.content_hash,
            "published_at": n.seen.entry.published_at,
            "date_guessed": n.seen.entry.date_guessed,
            "first_seen_at": now,
            "updated_at": now,
            "sort_at": n.sort_at,
            "waiting_since": now,
        }
        for n in new
    ]
    ids = session.scalars(insert(Article).returning(Article.id, sort_by_parameter_order=True), rows).all()
    return {n.seen.guid: int(i) for n, i in zip(new, ids, strict=True)}


def _claim_urls(session: Session, wanted: dict[str, int]) -> dict[str, int]:
    """Take the canonical URLs; those that were taken already, with the article that has them."""
    if not wanted:
        return {}
    rows = [{"url_key": key, "article_id": wanted[key]} for key in sorted(wanted)]
    won = session.scalars(
        upsert(ArticleUrl).on_conflict_do_nothing().returning(ArticleUrl.url_key), rows
    ).all()
    left = wanted.keys() - set(won)
    if not left:
        return {}
    # A statement of its own sees what the others committed while ours waited for them.
    owners = session.execute(
        select(ArticleUrl.url_key, ArticleUrl.article_id).where(ArticleUrl.url_key.in_(left))
    )
    return {key: int(owner) for key, owner in owners}


def _claim_texts(
    session: Session, new: Sequence[New], owners: dict[str, int], now: datetime
) -> dict[int, int]:
    """Copies among the new articles: their id, and the id of the article whose text they repeat."""
    mine = {n.text_key: owners[n.seen.guid] for n in reversed(new) if n.text_key is not None}
    copies = {owners[n.seen.guid]: mine[n.text_key] for n in new if n.text_key is not None}
    if mine:
        rows = [{"text_key": key, "article_id": mine[key], "seen_at": now} for key in sorted(mine)]
        statement = upsert(TextKey)
        statement = statement.on_conflict_do_update(
            index_elements=[TextKey.text_key],
            set_={"article_id": statement.excluded.article_id, "seen_at": statement.excluded.seen_at},
            where=TextKey.seen_at < func.now() - text(f"interval '{TEXT_WINDOW}'"),
        )
        session.execute(statement, rows)
        taken = session.execute(
            select(TextKey.text_key, TextKey.article_id).where(TextKey.text_key.in_(list(mine)))
        )
        first = {mine[key]: int(owner) for key, owner in taken}
        copies = {copy: first[head] for copy, head in copies.items()}
    return {copy: head for copy, head in copies.items() if copy != head}


def _hide_copies(session: Session, heads: dict[int, int]) -> None:
    if heads:
        session.execute(
            update(Article),
            [
                {"id": copy, "duplicate_of": head, "waiting_since": None}
                for copy, head in sorted(heads.items())
            ],
        )


def _correct(
    session: Session, feed: FeedState, changed: Sequence[Again], source_id: int, now: datetime
) -> None:
    """A feed corrects or adopts an article: the new text in the old place. A hidden copy stays hidden."""
    for a in changed:
        session.execute(
            update(Article)
            .where(Article.id == a.article_id)
            .values(
                **_columns(a.seen.entry),
                feed_id=feed.id,
                source_id=source_id,
                content_hash=a.seen.content_hash,
                updated_at=now,
                revision=Article.revision + 1,
                attempts=0,
                quarantined=None,
                waiting_since=func.coalesce(Article.waiting_since, now),
            )
        )
    hidden = [a.article_id for a in changed]
    if hidden:
        session.execute(
            update(Article)
            .where(Article.id.in_(hidden), Article.duplicate_of.is_not(None))
            .values(waiting_since=None)
        )


def _of_other_sources(session: Session, article_ids: Iterable[int], source_id: int) -> list[int]:
    """Of these articles (a copy stands for its head), the ones that another source brought: their "also at" grows."""
    wanted = sorted(set(article_ids))
    if not wanted:
        return []
    return list(
        session.scalars(
            select(func.coalesce(Article.duplicate_of, Article.id)).where(
                Article.id.in_(wanted), Article.source_id != source_id
            )
        )
    )


def _touch(session: Session, article_ids: Iterable[int], now: datetime) -> None:
    """What subscribers see of these has changed although their text has not: publish them again."""
    ids = sorted(article_ids)
    if ids:
        session.execute(
            update(Article)
            .where(Article.id.in_(ids))
            .values(revision=Article.revision + 1, waiting_since=func.coalesce(Article.waiting_since, now))
        )


def _lock(session: Session, article_ids: Iterable[int]) -> None:
    """Lock all articles that this transaction changes, at once and by id: whoever labels them does the same.

    Without FOR KEY: a sighting that points at one of them need not wait for us, nor we for it.
    """
    ids = sorted(article_ids)
    if ids:
        by_id = select(Article.id).where(Article.id.in_(ids)).order_by(Article.id)
        session.execute(by_id.with_for_update(key_share=True))


def _see(session: Session, feed_id: int, seen: Sequence[tuple[Seen, int]], now: datetime) -> None:
    if not seen:
        return
    rows = [
        {
            "feed_id": feed_id,
            "guid": s.guid,
            "url": s.entry.url,
            "article_id": article_id,
            "content_hash": s.content_hash,
            "first_seen_at": now,
            "last_seen_at": now,
        }
        for s, article_id in seen
    ]
    statement = upsert(Sighting)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=[Sighting.feed_id, Sighting.guid],
            set_={
                name: getattr(statement.excluded, name) for name in ("url", "content_hash", "last_seen_at")
            },
        ),
        rows,
    )


def _see_again(session: Session, feed_id: int, guids: Sequence[str], now: datetime) -> None:
    """Note that these are still in the feed's window, once a day: retention goes by it."""
    if guids:
        session.execute(
            update(Sighting)
            .where(
                Sighting.feed_id == feed_id,
                Sighting.guid.in_(guids),
                Sighting.last_seen_at < func.now() - text("interval '1 day'"),
            )
            .values(last_seen_at=now)
        )

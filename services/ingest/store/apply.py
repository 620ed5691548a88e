"""Storing what fetches brought: articles, their addresses, sightings. Several feeds in one transaction.

Order of locks, the same in every transaction: the feeds (by id), URLs (sorted), articles (by id, all
at once and leaving their keys free, because every sighting stored by anybody holds the key of its article).
A crash before commit leaves nothing but leases that run out; validators are stored with the entries they
vouch for, because a body acknowledged and not stored would never be shown again.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, Result, bindparam, func, select, text, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from services.core.events import ArticlesStored
from services.core.models import Article
from services.core.outbox import publish
from services.ingest.entry import Entry
from services.ingest.plan import Again, New, Plan
from services.ingest.store import sightings
from services.ingest.store.bulk import binary_texts, copy_in, numbers, texts

_CLAIM_URLS = text(
    """
    INSERT INTO article_urls (url_key, article_id)
    SELECT * FROM unnest(CAST(:keys AS text[]), CAST(:ids AS bigint[])) ON CONFLICT DO NOTHING
    """
)
_URLS_OF_OTHERS = text(
    """
    SELECT u.url_key, u.article_id FROM article_urls u
    JOIN unnest(CAST(:keys AS text[]), CAST(:ids AS bigint[])) AS w (url_key, article_id) USING (url_key)
    WHERE u.article_id <> w.article_id
    """
)


class BeatenError(Exception):
    """Between looking and storing another worker took the address of an article that was to be new: look again."""


@dataclass(frozen=True, slots=True)
class Brought:
    """What one feed brought and which source it brought it for; `ids`: those that its new articles get, in their order."""

    feed_id: int
    source_id: int
    plan: Plan
    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Made:
    """An article about to be stored, with the id it gets."""

    id: int
    new: New
    by: Brought


@dataclass(frozen=True, slots=True)
class _Changed:
    """A stored article that its feed corrects or adopts."""

    again: Again
    by: Brought

    @property
    def id(self) -> int:
        return self.again.article_id


def store_entries(session: Session, brought: Sequence[Brought], *, now: datetime) -> None:
    """Store what the plans say; `ArticlesStored` goes out after commit when there is work.

    No two of the plans may call the same address new; a later one may well change or see what an earlier one makes. Raises BeatenError when what a plan calls new is stored by now; the
    transaction is then to be rolled back, and what is known decided on anew.
    """
    made = [_Made(number, new, by) for by in brought for number, new in zip(by.ids, by.plan.new, strict=True)]
    changed = [_Changed(a, b) for b in brought for a in b.plan.again if a.changed]
    # A tombstone that moved is known by its new address too.
    gone = [_Changed(a, b) for b in brought for a in b.plan.again if a.removed]
    _insert(session, made, now)
    wanted = {m.new.seen.entry.url_key: m.id for m in made}
    taken = claim_urls(session, wanted | {c.again.seen.entry.url_key: c.id for c in [*changed, *gone]})
    if wanted.keys() & taken.keys():
        raise BeatenError
    touched = _of_other_sources(session, brought)
    # An article cannot move to where another one stands by now.
    changed = [c for c in changed if taken.get(c.again.seen.entry.url_key, c.id) == c.id]
    _lock(session, [*touched, *(c.id for c in changed)])
    _correct(session, changed, now)
    _touch(session, touched, now)
    sightings.store(
        session,
        first=[(m.by.feed_id, m.new.seen, m.id) for m in made],
        again=[(b.feed_id, a.seen, a.article_id) for b in brought for a in b.plan.again],
        now=now,
    )
    if made or any(not a.removed for b in brought for a in b.plan.again):
        publish(session, ArticlesStored())


_SAID = {
    "url": "text",
    "title": "text",
    "teaser": "text",
    "text": "text",
    "html": "text",
    "authors": "text[]",
    "tags": "text[]",
    "image": "text",
    "language": "text",
}
"""What an article says: columns that an entry fills, and a correction fills anew."""

_COLUMNS = {name: "bytea" if kind == "text[]" else kind for name, kind in _SAID.items()} | {
    "id": "int8",
    "feed_id": "int8",
    "source_id": "int8",
    "content_hash": "bytea",
    "published_at": "timestamptz",
    "date_guessed": "bool",
    "first_seen_at": "timestamptz",
    "updated_at": "timestamptz",
    "sort_at": "timestamptz",
    "waiting_since": "timestamptz",
}


def _said(entry: Entry, several: Callable[[tuple[str, ...]], object]) -> tuple[object, ...]:
    """The values of `_SAID`, in its order; `several` makes of authors and tags what the statement takes."""
    return (
        entry.url, entry.title, entry.teaser, entry.text, entry.html, several(entry.authors), several(entry.tags), entry.image,
        entry.language,
    )  # fmt: skip


def _insert(session: Session, made: Sequence[_Made], now: datetime) -> None:
    if made:
        rows = (
            (
                *_said(m.new.seen.entry, binary_texts), m.id, m.by.feed_id, m.by.source_id, m.new.seen.content_hash,
                m.new.seen.entry.published_at, m.new.seen.entry.date_guessed, now, now, m.new.sort_at, now,
            )
            for m in made
        )  # fmt: skip
        copy_in(session, "articles", _COLUMNS, rows)


def claim_urls(session: Session, wanted: Mapping[str, int]) -> dict[str, int]:
    """Take the canonical URLs; those that are another article's already, with the article that has them."""
    if not wanted:
        return {}
    keys = sorted(wanted)
    values = {"keys": texts(keys), "ids": numbers([wanted[key] for key in keys])}
    if _count(session.execute(_CLAIM_URLS, values)) == len(keys):
        return {}
    # A statement of its own sees what the others committed while ours waited for them.
    return {key: int(owner) for key, owner in session.execute(_URLS_OF_OTHERS, values)}


def _count(result: Result[Any]) -> int:
    """How many rows a statement has written."""
    return cast("CursorResult[Any]", result).rowcount


_CORRECT = text(
    f"""
    UPDATE articles a
    SET ({", ".join(_SAID)}) = ({", ".join(f"d.{name}" for name in _SAID)}),
        feed_id = d.feed_id, source_id = d.source_id, content_hash = decode(d.content_hash, 'hex'), updated_at = :now,
        revision = a.revision + d.times, attempts = 0, quarantined = NULL,
        waiting_since = coalesce(a.waiting_since, :now)
    FROM jsonb_to_recordset(:rows) AS d (
        id bigint, feed_id bigint, source_id bigint, content_hash text, times bigint,
        {", ".join(f"{name} {kind}" for name, kind in _SAID.items())})
    WHERE a.id = d.id AND a.removed_at IS NULL
    """  # noqa: S608 - put together from the table of columns above
).bindparams(bindparam("rows", type_=JSONB))


def _correct(session: Session, changed: Sequence[_Changed], now: datetime) -> None:
    """Feeds correct or adopt articles: the new text in the old place. Hidden copies wait too: with another text they may be none.
    What was removed since it was looked at stays as it is.

    Of several corrections of one article the last one stands, and each counts as a revision.
    """
    if not changed:
        return
    times = Counter(c.id for c in changed)
    rows = [
        dict(zip(_SAID, _said(c.again.seen.entry, list), strict=True))
        | {"id": c.id, "feed_id": c.by.feed_id, "source_id": c.by.source_id, "times": times[c.id]}
        | {"content_hash": c.again.seen.content_hash.hex()}
        for c in {c.id: c for c in changed}.values()
    ]
    session.execute(_CORRECT, {"rows": rows, "now": now})


def _of_other_sources(session: Session, brought: Sequence[Brought]) -> list[int]:
    """Articles seen in a feed for the first time (a copy stands for its head) that another source had brought: their
    "also at" grows.
    """
    seen = {
        (a.article_id, b.source_id)
        for b in brought
        for a in b.plan.again
        if a.first_here and not (a.changed or a.removed)
    }
    if not seen:
        return []
    found = session.scalars(
        text(
            "SELECT DISTINCT coalesce(a.duplicate_of, a.id) FROM articles a "
            "JOIN unnest(CAST(:ids AS bigint[]), CAST(:sources AS bigint[])) AS s (id, source_id) ON s.id = a.id "
            "WHERE a.source_id <> s.source_id"
        ),
        {"ids": numbers(i for i, _ in seen), "sources": numbers(s for _, s in seen)},
    )
    return [int(number) for number in found]


def _touch(session: Session, article_ids: Iterable[int], now: datetime) -> None:
    """What subscribers see of these has changed although their text has not: publish them again."""
    ids = sorted(article_ids)
    if ids:
        session.execute(
            update(Article)
            .where(Article.id.in_(ids), Article.removed_at.is_(None))
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

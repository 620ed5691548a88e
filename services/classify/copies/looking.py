"""Keys of texts, and who might be a copy of whom: all SQL of looking for copies.

Keys are committed before anybody looks (`publish`, then `scan`): of two copies that come at once, the later to look sees the
other. Looking writes nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from sqlalchemy import text
from sqlalchemy.orm import Session

from services.classify.copies.regroup import Filed, Looks, Other, compare
from services.classify.duplicates import ENOUGH, NEWEST, READ, WINDOW, Text, prepare, weight

KEPT = "4 days"
"""How long keys are kept after they were stored: copies that are looked for stand at most `WINDOW` apart."""
PRUNED = 20_000
"""Keys that are removed at once."""

_PUBLISH = text(
    """
    INSERT INTO fingerprints (key, at, article_id)
    SELECT w.key, a.sort_at, a.id
    FROM unnest(CAST(:ids AS bigint[]), CAST(:keys AS bigint[])) AS w (id, key) JOIN articles a USING (id)
    ORDER BY 1, 2, 3 ON CONFLICT DO NOTHING
    """
)
_STALE = text(
    """
    SELECT article_id, key FROM fingerprints
    WHERE article_id = ANY(CAST(:ids AS bigint[])) AND key <> ALL(CAST(:keys AS bigint[]))
    """
)
# Of each key a stretch of its index is read, however many texts are stored: those nearest in time, before and after. So
# of any number of copies each is compared with its neighbours, whoever of them came first.
_CANDIDATES = text(
    """
    SELECT w.id, f.article_id AS other
    FROM unnest(CAST(:ids AS bigint[]), CAST(:keys AS bigint[]), CAST(:weights AS bigint[])) AS w (id, key, weight)
    JOIN articles a ON a.id = w.id
    CROSS JOIN LATERAL (
        (SELECT article_id FROM fingerprints
         WHERE key = w.key AND at >= a.sort_at - CAST(:window AS interval) AND (at, article_id) < (a.sort_at, w.id)
         ORDER BY at DESC, article_id DESC LIMIT :near)
        UNION ALL
        (SELECT article_id FROM fingerprints
         WHERE key = w.key AND at <= a.sort_at + CAST(:window AS interval) AND (at, article_id) > (a.sort_at, w.id)
         ORDER BY at, article_id LIMIT :near)) AS f
    GROUP BY w.id, f.article_id HAVING sum(w.weight) >= :enough
    """
)
_PARTNERS = text(
    """
    SELECT one AS id, other FROM copies WHERE one = ANY(CAST(:ids AS bigint[]))
    UNION SELECT other, one FROM copies WHERE other = ANY(CAST(:ids AS bigint[]))
    """
)
CONTENT = "encode(a.content_hash, 'hex') || '-' || a.source_id"
"""Of an article `a`: another text wherever what is compared may be another."""
_TEXTS = text(
    f"""
    SELECT a.id, a.title, left(a.text, :read) AS body, a.language, s.key AS source, a.sort_at, {CONTENT} AS content
    FROM articles a JOIN sources s ON s.id = a.source_id
    WHERE a.id = ANY(CAST(:ids AS bigint[])) AND (a.removed_at IS NULL OR EXISTS (
        SELECT FROM judgements j WHERE j.one = a.id AND j.says = 'not_news' AND j.withdrawn_at IS NULL))
    """  # noqa: S608 - put together from the constant above
)
_FORGET = text(
    """
    DELETE FROM fingerprints f USING unnest(CAST(:ids AS bigint[]), CAST(:keys AS bigint[])) AS d (id, key)
    WHERE f.article_id = d.id AND f.key = d.key
    """
)
_PRUNE = text(
    """
    DELETE FROM fingerprints WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM fingerprints WHERE stored_at < now() - CAST(:kept AS interval)
        ORDER BY stored_at LIMIT :most FOR UPDATE SKIP LOCKED))
    """
)


def publish(session: Session, articles: Sequence[Filed]) -> None:
    """Store the keys of these articles. To be committed before `scan`.

    Only adds: keys of a text that is no longer there go when the article is saved, by who holds its lease.
    """
    ids, keys = _by_key(articles)
    if ids:
        session.execute(_PUBLISH, {"ids": array(ids), "keys": array(keys)})


def scan(session: Session, articles: Sequence[Filed]) -> Looks:
    """Compare each article with those that share keys with it, and with those it was joined to before. Writes nothing."""
    ids, keys = _by_key(articles)
    weights = [weight(frozenset([key])) for key in keys]
    values = {"ids": array(ids), "keys": array(keys), "weights": array(weights)}
    limits = {"window": WINDOW, "near": NEWEST // 2, "enough": ENOUGH}
    mine = {"ids": array(article.id for article in articles)}
    pairs: defaultdict[int, set[int]] = defaultdict(set)
    for row in [*session.execute(_CANDIDATES, values | limits), *session.execute(_PARTNERS, mine)]:
        pairs[row.id].add(row.other)
    others = _texts(session, set().union(*pairs.values()))
    return Looks(
        [
            compare(article, others[other])
            for article in articles
            for other in sorted(pairs[article.id])
            if other in others
        ],
        [(row.article_id, row.key) for row in session.execute(_STALE, mine | {"keys": array(keys)})],
    )


def _by_key(articles: Sequence[Filed]) -> tuple[list[int], list[int]]:
    rows = [(article.id, key) for article in articles for key in article.keys]
    return [number for number, _ in rows], [key for _, key in rows]


def _texts(session: Session, ids: Iterable[int]) -> dict[int, Other]:
    rows = session.execute(_TEXTS, {"ids": array(ids), "read": READ})
    return {
        row.id: Other(
            row.id, row.sort_at, prepare(Text(row.title, row.body, row.language, row.source)), row.content
        )
        for row in rows
    }


def forget(session: Session, stale: Sequence[tuple[int, int]]) -> None:
    """Remove keys of texts that are no longer there: article and key of each."""
    if stale:
        ids, keys = zip(*stale, strict=True)
        session.execute(_FORGET, {"ids": array(ids), "keys": array(keys)})


def prune(session: Session) -> None:
    """Remove the oldest keys that nobody can need any more, some at a time."""
    session.execute(_PRUNE, {"kept": KEPT, "most": PRUNED})


def array(values: Iterable[int]) -> str:
    """An array of numbers as a literal: the driver would make one value by value."""
    return "{" + ",".join(map(str, values)) + "}"

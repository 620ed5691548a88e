"""What other rules of addresses would do to stored articles, before they are in force. Reads, writes nothing."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from services.classify.copies.looking import array
from services.classify.duplicates import Member, Pair
from services.classify.errands.joining import (
    Addressed,
    Blame,
    Groups,
    Together,
    blamed,
    joined_and_parted,
    sentences,
)
from services.classify.rules.model import Addresses
from services.core.urls import AddressRules, Keys, keys_anew

SHOWN_OF_ONE = 10
"""Articles of one example that are named."""

_ARTICLES = """
    SELECT a.id, a.url, a.listed, a.quarantined IS NOT NULL AS quarantined, a.removed_at IS NOT NULL AS removed
    FROM articles a
"""
_NEWEST = text(_ARTICLES + "WHERE NOT a.emptied ORDER BY a.sort_at DESC, a.id DESC LIMIT :n")
_THESE = text(_ARTICLES + "WHERE NOT a.emptied AND a.id = ANY(CAST(:ids AS bigint[]))")
_URLS = text("SELECT DISTINCT article_id, url FROM sightings WHERE article_id = ANY(CAST(:ids AS bigint[]))")
_KEYS = text("SELECT article_id, url_key FROM article_urls WHERE article_id = ANY(CAST(:ids AS bigint[]))")
_HOLDERS = text("SELECT DISTINCT article_id FROM article_urls WHERE url_key = ANY(:keys)")
_PAIRS = text(
    """
    SELECT one, other, by FROM copies WHERE one = ANY(CAST(:ids AS bigint[]))
    UNION SELECT one, other, by FROM copies WHERE other = ANY(CAST(:ids AS bigint[]))
    """
)
_SAID = text(
    """
    SELECT one, other, says FROM judgements
    WHERE withdrawn_at IS NULL AND (one = ANY(CAST(:ids AS bigint[])) OR other = ANY(CAST(:ids AS bigint[])))
    """
)
_TOLD = text(
    """
    SELECT a.id, a.title, a.url, s.name AS source FROM articles a JOIN sources s ON s.id = a.source_id
    WHERE a.id = ANY(CAST(:ids AS bigint[]))
    """
)
_STATE = text("SELECT rules, befores FROM address_state")

Told = dict[str, Any]


class _Stored:
    """Articles as they are read, with the keys that the new rules give them."""

    def __init__(self, session: Session, after: AddressRules, befores: list[AddressRules]) -> None:
        self.session, self.after, self.befores = session, after, befores
        self.rows: dict[int, Row[Any]] = {}
        self.urls: dict[int, tuple[str, ...]] = {}
        self.keys: dict[int, Keys] = {}
        self.fresh: set[str] = set()

    def add(self, rows: Iterable[Row[Any]]) -> None:
        new = {row.id: row for row in rows if row.id not in self.rows}
        urls, stored = self._by_article(_URLS, new), self._by_article(_KEYS, new)
        self.rows |= new
        for number, row in new.items():
            self.urls[number] = (row.url, *sorted(urls[number] - {row.url}))
            keys = keys_anew(stored[number], set(self.urls[number]), self.after, self.befores, row.url)
            self.keys[number] = keys
            self.fresh |= keys.wanted - stored[number]

    def more(self, ids: Collection[int]) -> None:
        """These too, if they are stored and not read yet."""
        missing = set(ids) - self.rows.keys()
        if missing:
            self.add(self.session.execute(_THESE, {"ids": array(missing)}).all())

    def _by_article(self, query: Any, ids: Collection[int]) -> Mapping[int, set[str]]:
        found: defaultdict[int, set[str]] = defaultdict(set)
        for number, value in self.session.execute(query, {"ids": array(ids)}):
            found[number].add(value)
        return found


def foresee(
    session: Session, before: Addresses, after: Addresses, *, limit: int, examples: int
) -> Told | None:
    """What rules of addresses would join and part of the newest `limit` articles, in place of those in force; None where both make
    the same keys.
    """
    old, new = AddressRules.of(before.data), AddressRules.of(after.data)
    if old.of_keys == new.of_keys:
        return None
    state = session.execute(_STATE).one()
    befores = [old, *(AddressRules.of(data) for data in [state.rules, *state.befores] if data != old.data)]
    stored = _Stored(session, new, befores)
    stored.add(session.execute(_NEWEST, {"n": limit}).all())
    looked = len(stored.rows)
    if stored.fresh:
        stored.more(session.scalars(_HOLDERS, {"keys": sorted(stored.fresh)}).all())
    groups, not_news = _groups(session, stored)
    articles = {n: Addressed(n, stored.urls[n], _member(row, not_news)) for n, row in stored.rows.items()}
    joined, parted = joined_and_parted(articles, stored.keys, groups)
    sides = [[(group, blamed(group, articles, before, after)) for group in side] for side in (joined, parted)]
    told = _told(sides, looked)
    shown = [side[:examples] for side in sides]
    named = _named(session, [n for side in shown for group, _ in side for n in group.ids[:SHOWN_OF_ONE]])
    for name, side in zip(("examples", "examples_parted"), shown, strict=True):
        told[name] = [_example(group, blames, named) for group, blames in side]
    return told | {"sentences": list(sentences(told))}


def _groups(session: Session, stored: _Stored) -> tuple[Groups, set[int]]:
    pairs: dict[Pair, str] = {
        (row.one, row.other): row.by for row in session.execute(_PAIRS, {"ids": array(stored.rows)})
    }
    stored.more([number for pair in pairs for number in pair])
    said = session.execute(_SAID, {"ids": array(stored.rows)}).all()
    two = [row for row in said if row.one in stored.rows and row.other in stored.rows]
    groups = Groups(
        {pair: by for pair, by in pairs.items() if stored.rows.keys() >= set(pair)},
        [(row.one, row.other) for row in two if row.says == "duplicate"],
        [(row.one, row.other) for row in two if row.says in {"no", "story"}],
    )
    return groups, {row.one for row in said if row.says == "not_news"}


def _member(row: Row[Any], not_news: Collection[int]) -> Member | None:
    if row.removed and row.id not in not_news:
        return None
    return Member(row.id, row.listed, row.quarantined, row.id in not_news)


def _told(sides: Sequence[Sequence[tuple[Together, list[Blame]]]], looked: int) -> Told:
    rules: dict[str, Told] = {}
    for name, side in zip(("joined", "parted"), sides, strict=True):
        for group, blames in side:
            for blame in blames:
                row = rules.setdefault(blame.name, _blame(blame) | {"joined": 0, "parted": 0})
                row[name] += len(group.ids)
    joined, parted = sides
    return {
        "articles": looked,
        "joined": sum(len(group.ids) for group, _ in joined),
        "joined_to": len(joined),
        "parted": sum(len(group.ids) for group, _ in parted),
        "parted_from": len(parted),
        "rules": sorted(rules.values(), key=lambda row: -int(row["joined"]) - int(row["parted"])),
    }


def _blame(blame: Blame) -> Told:
    return {"rule": blame.name, "says": blame.says, "at": blame.at, "gone": blame.gone}


def _named(session: Session, ids: Collection[int]) -> dict[int, Told]:
    return {row["id"]: dict(row) for row in session.execute(_TOLD, {"ids": array(ids)}).mappings()}


def _example(group: Together, blames: list[Blame], named: Mapping[int, Told]) -> Told:
    return {
        "key": group.keys[0] if group.keys else None,
        "rules": [_blame(blame) for blame in blames],
        "count": len(group.ids),
        "articles": [named[number] for number in group.ids[:SHOWN_OF_ONE]],
    }

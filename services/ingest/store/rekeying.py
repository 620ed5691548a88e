"""The walk that gives stored articles the keys of other rules, and what it finds to be one, or one no more; and the owners of sources.

One row (`address_state`) says by which rules keys are stored and how far the walk is. A step is a transaction: it moves the
place with what it wrote, so that one that dies is done again by whoever comes next.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Row, Text, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from services.core import addresses
from services.core.events import ArticlesStored
from services.core.outbox import publish
from services.core.urls import KEY_VERSION, AddressRules, Keys, keys_anew
from services.ingest.store.apply import claim_urls

_HOLD = text(
    "SELECT version, rules, befores, owners, source_id, at_id, finished_at FROM address_state FOR UPDATE SKIP LOCKED"
)
_LOOK = text(
    """
    SELECT version, owners, source_id, finished_at, (SELECT coalesce(max(id), 0) FROM sources) AS newest
    FROM address_state
    """
)
_BEGIN = text(
    """
    UPDATE address_state SET version = :version, rules = :rules, befores = :befores, at_id = NULL, started_at = now(),
        finished_at = NULL, looked = 0, merged = 0
    """
).bindparams(bindparam("rules", type_=JSONB), bindparam("befores", type_=JSONB))
_NEXT = text(
    "SELECT id, url FROM articles WHERE CAST(:at AS bigint) IS NULL OR id < :at ORDER BY id DESC LIMIT :n"
)
_THESE = text("SELECT id, url FROM articles WHERE id = ANY(:ids)")
_URLS = text("SELECT article_id, url FROM sightings WHERE article_id = ANY(:ids)")
_KEYS = text("SELECT article_id, url_key FROM article_urls WHERE article_id = ANY(:ids)")
_DROP = text(
    """
    DELETE FROM article_urls u USING unnest(:ids, :said) AS w (article_id, url_key)
    WHERE u.url_key = w.url_key AND u.article_id = w.article_id RETURNING u.article_id
    """
).bindparams(bindparam("said", type_=ARRAY(Text)), bindparam("ids", type_=ARRAY(BigInteger)))
# Those of which "also at" shrinks come back: a copy stands for its head.
_UNSEE = text(
    """
    WITH gone AS (
        DELETE FROM sightings s USING unnest(:ids, :said) AS w (article_id, url)
        WHERE s.article_id = w.article_id AND s.url = w.url RETURNING s.article_id, s.feed_id)
    SELECT DISTINCT coalesce(a.duplicate_of, a.id) FROM gone
    JOIN articles a ON a.id = gone.article_id JOIN feeds f ON f.id = gone.feed_id WHERE f.source_id <> a.source_id
    """
).bindparams(bindparam("said", type_=ARRAY(Text)), bindparam("ids", type_=ARRAY(BigInteger)))
_LOCK = text("SELECT id FROM articles WHERE id = ANY(:ids) ORDER BY id FOR NO KEY UPDATE")
# What expired says nothing any more, neither of itself nor of others.
_PAIR = text(
    """
    INSERT INTO copies (one, other, by, judgement)
    SELECT least(w.a, w.b), greatest(w.a, w.b), 'address', jsonb_build_object(
        'sentence', 'the same address: ' || w.url_key, 'reasons', '[]'::jsonb)
    FROM unnest(:some, :others, :keys) AS w (a, b, url_key)
    JOIN articles x ON x.id = w.a AND NOT x.emptied JOIN articles y ON y.id = w.b AND NOT y.emptied
    ORDER BY 1, 2 ON CONFLICT DO NOTHING RETURNING one, other
    """
).bindparams(
    bindparam("some", type_=ARRAY(BigInteger)),
    bindparam("others", type_=ARRAY(BigInteger)),
    bindparam("keys", type_=ARRAY(Text)),
)
_ADDRESSED = text(
    "SELECT one, other FROM copies WHERE by = 'address' AND (one = ANY(:ids) OR other = ANY(:ids))"
)
_PART = text(
    """
    DELETE FROM copies c USING unnest(:ones, :others) AS w (one, other)
    WHERE c.one = w.one AND c.other = w.other AND c.by = 'address'
    """
).bindparams(bindparam("ones", type_=ARRAY(BigInteger)), bindparam("others", type_=ARRAY(BigInteger)))
_WAIT = text(
    """
    UPDATE articles SET waiting_since = coalesce(waiting_since, now())
    WHERE id = ANY(:ids) AND removed_at IS NULL AND quarantined IS NULL
    """
)
_TOUCH = text(
    """
    UPDATE articles SET revision = revision + 1, waiting_since = coalesce(waiting_since, now())
    WHERE id = ANY(:ids) AND removed_at IS NULL
    """
)
_GO_ON = text("UPDATE address_state SET at_id = :at, looked = looked + :looked, merged = merged + :merged")
_END = text("UPDATE address_state SET finished_at = now(), befores = '[]'")
_SOURCES = text("SELECT id, key FROM sources WHERE id > :after ORDER BY id")
_OWN = text(
    """
    UPDATE sources s SET owner = w.owner FROM unnest(:ids, :owners) AS w (id, owner)
    WHERE s.id = w.id AND s.owner IS DISTINCT FROM w.owner
    """
).bindparams(bindparam("ids", type_=ARRAY(BigInteger)), bindparam("owners", type_=ARRAY(Text)))
_OWNED = text("UPDATE address_state SET owners = :owners, source_id = :newest").bindparams(
    bindparam("owners", type_=JSONB)
)


@dataclass(frozen=True, slots=True)
class Step:
    """What one step did: articles looked at, pairs found to be one, and pairs that no address makes one any more."""

    looked: int = 0
    merged: int = 0
    parted: int = 0


@dataclass(frozen=True, slots=True)
class _Known:
    """The keys that an article is stored under, and those that it is to have."""

    stored: set[str]
    keys: Keys


def version_of(rules: AddressRules) -> str:
    """The same for all keys that are made alike."""
    return f"{KEY_VERSION}{rules.of_keys and '-' + rules.of_keys}"


def waiting(session: Session) -> int:
    """1 where keys or owners are not those of the rules in force."""
    rules, state = addresses.in_force(session), session.execute(_LOOK).one()
    unowned = state.owners != _owners(rules) or (rules.owners and state.newest > state.source_id)
    return int(state.version != version_of(rules) or state.finished_at is None or bool(unowned))


def step(session: Session, *, limit: int) -> Step:
    """Give the next `limit` articles, newest first, their keys; nothing where all have them or another one is at it."""
    rules = addresses.hold(session)
    state = session.execute(_HOLD).one_or_none()
    if state is None:
        return Step()
    if state.version != version_of(rules):
        state = _begin(session, state, rules)
    elif state.finished_at is not None:
        return Step()
    found = session.execute(_NEXT, {"at": state.at_id, "n": limit}).all()
    if not found:
        session.execute(_END)
        return Step()
    done = _give(session, found, rules, [AddressRules.of(before) for before in state.befores])
    session.execute(_GO_ON, {"at": found[-1].id, "looked": done.looked, "merged": done.merged})
    return done


def _begin(session: Session, state: Row[Any], rules: AddressRules) -> Row[Any]:
    """A walk from the newest article on. One that was under way is left, and what it knew is not forgotten."""
    befores = [*state.befores, *([state.rules] if state.rules not in state.befores else [])]
    values = {"version": version_of(rules), "rules": dict(rules.data), "befores": befores}
    session.execute(_BEGIN, values)
    return session.execute(_HOLD).one()


def _give(
    session: Session, found: Sequence[Row[Any]], rules: AddressRules, befores: list[AddressRules]
) -> Step:
    ids = [row.id for row in found]
    mine = _anew(session, found, rules, befores)
    wanted: dict[str, int] = {}
    twice: list[tuple[int, int, str]] = []
    for number in reversed(ids):  # of two that get one key the older one has it
        fresh = sorted(mine[number].keys.wanted - mine[number].stored)
        twice += [(wanted[key], number, key) for key in fresh if key in wanted]
        wanted |= {key: number for key in fresh if key not in wanted}
    taken = claim_urls(session, wanted)
    addressed = [(row.one, row.other) for row in session.execute(_ADDRESSED, {"ids": ids})]
    others = {*taken.values(), *(number for pair in addressed for number in pair)} - mine.keys()
    known = mine | _anew(session, session.execute(_THESE, {"ids": sorted(others)}).all(), rules, befores)
    # What another one has by the rules of before alone, it does not keep from the one whose key it is now.
    freed = {key: wanted[key] for key, owner in taken.items() if key in known[owner].keys.stale}
    stale = [(n, key) for n in ids for key in mine[n].keys.stale] + [(taken[key], key) for key in freed]
    _pairwise(session, _DROP, stale)
    # Where it is still in its feed it is seen again, as what it is.
    seen_less = _pairwise(session, _UNSEE, [(n, url) for n in ids for url in mine[n].keys.strange])
    taken = {key: owner for key, owner in taken.items() if key not in freed} | claim_urls(session, freed)
    twice += [(owner, wanted[key], key) for key, owner in taken.items()]
    apart = [pair for pair in addressed if known[pair[0]].keys.wanted.isdisjoint(known[pair[1]].keys.wanted)]
    return Step(len(found), _regroup(session, twice, apart, seen_less), len(apart))


def _anew(
    session: Session, found: Sequence[Row[Any]], rules: AddressRules, befores: list[AddressRules]
) -> dict[int, _Known]:
    """The keys of these articles by other rules."""
    ids = [row.id for row in found]
    if not ids:
        return {}
    urls, stored = _by_article(session, _URLS, ids), _by_article(session, _KEYS, ids)
    return {
        row.id: _Known(
            stored[row.id],
            keys_anew(stored[row.id], {row.url, *urls[row.id]}, rules, befores, row.url),
        )
        for row in found
    }


def _by_article(session: Session, query: Any, ids: list[int]) -> Mapping[int, set[str]]:
    by_article: defaultdict[int, set[str]] = defaultdict(set)
    for number, value in session.execute(query, {"ids": ids}):
        by_article[number].add(value)
    return by_article


def _pairwise(session: Session, query: Any, rows: Sequence[tuple[int, str]]) -> list[int]:
    if not rows:
        return []
    ids, said = zip(*sorted(rows), strict=True)
    return list(session.scalars(query, {"ids": list(ids), "said": list(said)}))


def _regroup(
    session: Session,
    twice: Iterable[tuple[int, int, str]],
    apart: Sequence[tuple[int, int]],
    seen_less: Sequence[int],
) -> int:
    """Articles with one key are one text, and those that only a key made one are none without it: whoever labels them looks
    at both again. How many pairs are new.
    """
    pairs = [(one, other, key) for one, other, key in twice if one != other]
    if not pairs and not apart and not seen_less:
        return 0
    concerned = {number for one, other, *_ in [*pairs, *apart] for number in (one, other)}
    session.execute(_LOCK, {"ids": sorted(concerned.union(seen_less))})
    fresh: Sequence[Any] = []
    if pairs:
        some, others, keys = (list(column) for column in zip(*pairs, strict=True))
        fresh = session.execute(_PAIR, {"some": some, "others": others, "keys": keys}).all()
    if apart:
        ones, others = (list(column) for column in zip(*apart, strict=True))
        session.execute(_PART, {"ones": ones, "others": others})
    if fresh or apart:
        session.execute(_WAIT, {"ids": sorted({number for pair in [*fresh, *apart] for number in pair})})
    if seen_less:
        session.execute(_TOUCH, {"ids": sorted(seen_less)})
    if fresh or apart or seen_less:
        publish(session, ArticlesStored())
    return len(fresh)


def own(session: Session) -> int:
    """Let sources be owned as the rules say; how many were looked at. All where the rules changed, else those that are new."""
    rules = addresses.hold(session)
    state = session.execute(_HOLD).one_or_none()
    if state is None:
        return 0
    same = state.owners == _owners(rules)
    sources = session.execute(_SOURCES, {"after": state.source_id if same else 0}).all()
    if same and not sources:
        return 0
    owners = [rules.owner_of(row.key) for row in sources]
    session.execute(_OWN, {"ids": [row.id for row in sources], "owners": owners})
    newest = max((row.id for row in sources), default=0)
    session.execute(_OWNED, {"owners": _owners(rules), "newest": newest})
    return len(sources)


def _owners(rules: AddressRules) -> dict[str, Any]:
    return dict(rules.data.get("owners", {}))

"""The walk that gives stored articles the keys of other rules, and what it finds to be one; and the owners of sources.

One row (`address_state`) says by which rules keys are stored and how far the walk is. A step is a transaction: it moves the
place with what it wrote, so that one that dies is done again by whoever comes next.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Row, Text, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from services.core import addresses
from services.core.events import ArticlesStored
from services.core.outbox import publish
from services.core.urls import KEY_VERSION, AddressRules
from services.ingest.keys import keys_anew
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
    "SELECT id, url, emptied FROM articles WHERE CAST(:at AS bigint) IS NULL OR id < :at ORDER BY id DESC LIMIT :n"
)
_URLS = text("SELECT article_id, url FROM sightings WHERE article_id = ANY(:ids)")
_KEYS = text("SELECT article_id, url_key FROM article_urls WHERE article_id = ANY(:ids)")
_DROP = text(
    """
    DELETE FROM article_urls u USING unnest(:keys, :ids) AS w (url_key, article_id)
    WHERE u.url_key = w.url_key AND u.article_id = w.article_id
    """
).bindparams(bindparam("keys", type_=ARRAY(Text)), bindparam("ids", type_=ARRAY(BigInteger)))
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
_WAIT = text(
    """
    UPDATE articles SET waiting_since = coalesce(waiting_since, now())
    WHERE id = ANY(:ids) AND removed_at IS NULL AND quarantined IS NULL
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
    """What one step did: articles looked at, and pairs found to be one."""

    looked: int = 0
    merged: int = 0


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
    merged = _give(session, found, rules, [AddressRules.of(before) for before in state.befores])
    session.execute(_GO_ON, {"at": found[-1].id, "looked": len(found), "merged": merged})
    return Step(len(found), merged)


def _begin(session: Session, state: Row[Any], rules: AddressRules) -> Row[Any]:
    """A walk from the newest article on. One that was under way is left, and what it knew is not forgotten."""
    befores = [*state.befores, *([state.rules] if state.rules not in state.befores else [])]
    values = {"version": version_of(rules), "rules": dict(rules.data), "befores": befores}
    session.execute(_BEGIN, values)
    return session.execute(_HOLD).one()


def _give(
    session: Session, found: list[Row[Any]] | Any, rules: AddressRules, befores: list[AddressRules]
) -> int:
    ids = [row.id for row in found]
    urls, stored = _by_article(session, _URLS, ids), _by_article(session, _KEYS, ids)
    wanted: dict[str, int] = {}
    twice: list[tuple[int, int, str]] = []
    stale: list[tuple[str, int]] = []
    for row in reversed(found):  # of two that get one key the older one has it
        keys = keys_anew(stored[row.id], {row.url, *urls[row.id]}, rules, befores)
        stale += [(key, row.id) for key in sorted(keys.stale)]
        fresh = sorted(keys.wanted - stored[row.id])
        twice += [(wanted[key], row.id, key) for key in fresh if key in wanted]
        wanted |= {key: row.id for key in fresh if key not in wanted}
    taken = claim_urls(session, wanted)
    twice += [(owner, wanted[key], key) for key, owner in taken.items()]
    if stale:
        session.execute(_DROP, {"keys": [key for key, _ in stale], "ids": [number for _, number in stale]})
    return _join(session, twice)


def _by_article(session: Session, query: Any, ids: list[int]) -> Mapping[int, set[str]]:
    by_article: defaultdict[int, set[str]] = defaultdict(set)
    for number, value in session.execute(query, {"ids": ids}):
        by_article[number].add(value)
    return by_article


def _join(session: Session, twice: Iterable[tuple[int, int, str]]) -> int:
    """Articles with one key are one text: whoever labels them makes one of them. How many pairs that are new."""
    pairs = [(one, other, key) for one, other, key in twice if one != other]
    if not pairs:
        return 0
    session.execute(_LOCK, {"ids": sorted({number for one, other, _ in pairs for number in (one, other)})})
    some, others, keys = (list(column) for column in zip(*pairs, strict=True))
    fresh = session.execute(_PAIR, {"some": some, "others": others, "keys": keys}).all()
    if fresh:
        session.execute(_WAIT, {"ids": sorted({number for row in fresh for number in row})})
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

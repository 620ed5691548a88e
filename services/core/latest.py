"""The stream: every change to Latest, published in one order and never rewritten.

How a follower can store one number and miss nothing: positions are given under one advisory lock that is held
until commit, so a position that becomes visible later is always the greater one. Ids and times do not have
that property: with 16 writers a follower of ids missed two rows of three (docs/explanation/stream.md).
Publish in batches: the lock makes a transaction of one row as dear as one of fifty.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, func, literal_column, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session
from sqlalchemy.types import BigInteger, Text

from services.core import traces
from services.core.events import StreamAdvanced
from services.core.metrics.fleet import after_commit
from services.core.models import Change, StreamState
from services.core.outbox import publish as publish_event

log = logging.getLogger(__name__)

STREAM_LOCK = 0x44_4C_53_54
"""Key of the advisory lock that orders the stream ("DLST")."""

LONGEST_SILENCE = "5s"
"""Who holds the lock and says nothing for so long is ended by the server: from there to the commit nothing is to come, and everybody waits
for it.
"""

MARK = """concat_ws('/',
    (SELECT system_identifier FROM pg_control_system()), (SELECT timeline_id FROM pg_control_checkpoint()),
    (SELECT oid FROM pg_database WHERE datname = current_database()), stream_state.tableoid)"""
"""Server, its timeline, database and table that the stream is in. Each is another one after a dump was loaded, whoever did it,
after a point-in-time recovery, and on a standby that took over, which may lack the last commits.
"""

EPOCH_SQL = f"""CASE WHEN coalesce(stream_state.mark, {MARK}) = {MARK} THEN stream_state.epoch
    ELSE concat_ws('/', stream_state.epoch, {MARK}) END"""
EPOCH = literal_column(EPOCH_SQL, Text)
"""This life of the stream, in a query on `stream_state`: the stored epoch, and where that was given elsewhere another one.

Worked out by who reads it, not written by who notices: there is no moment in which an old cursor is taken for a good one.
"""

# One statement, so that nobody waits while an answer goes to us and the next question comes back. The name of the sequence comes out of
# the lock: no plan can give a position before the lock is held.
_APPEND = text(
    """
    WITH held AS MATERIALIZED (
        SELECT CASE WHEN pg_advisory_xact_lock(:lock)::text = '' THEN 'changes_seq' END AS positions,
               set_config('idle_in_transaction_session_timeout', :silence, true))
    INSERT INTO changes (seq, article_id, change, revision, labels_before, labels_after)
    SELECT nextval(held.positions::regclass), c.article_id, c.change, c.revision,
           string_to_array(c.before, ','), string_to_array(c.after, ',')
    FROM held, unnest(:article_ids, :changes, :revisions, :befores, :afters)
         WITH ORDINALITY AS c(article_id, change, revision, before, after, n)
    ORDER BY c.n
    RETURNING seq
    """
).bindparams(
    bindparam("article_ids", type_=ARRAY(BigInteger)),
    bindparam("changes", type_=ARRAY(Text)),
    bindparam("revisions", type_=ARRAY(BigInteger)),
    bindparam("befores", type_=ARRAY(Text)),
    bindparam("afters", type_=ARRAY(Text)),
)


@dataclass(frozen=True, slots=True)
class Draft:
    """A change about to be published. Labels are `region/<slug>` and `topic/<slug>`, before and after it.

    `change` is `added`, `updated`, `moved`, `merged` or `removed`.
    """

    article_id: int
    change: str
    revision: int
    before: Sequence[str]
    after: Sequence[str]


def change_of(*, was_listed: bool, before: Iterable[str], after: Iterable[str]) -> str:
    """What happened to an article that is listed now: it came, its labels changed, or only its content did.

    >>> change_of(was_listed=True, before=["region/russia"], after=["region/europe"])
    'moved'
    """
    if not was_listed:
        return "added"
    return "moved" if set(before) != set(after) else "updated"


def seen_through(
    filters: Sequence[frozenset[str]], *, change: str, before: Iterable[str], after: Iterable[str]
) -> str | None:
    """What a follower of a filtered stream is told of a change, or None when it does not concern that stream.

    `filters` is a conjunction of sets; a set matches when any of its labels is there. An article that enters the
    stream by a change of labels is `moved` into it, one that leaves it has `left`.
    """
    had, has = set(before), set(after)
    was_in = all(wanted & had for wanted in filters)
    is_in = all(wanted & has for wanted in filters)
    if not filters or change in {"added", "removed", "merged"}:
        return change if was_in or is_in else None
    if was_in and is_in:
        return "updated" if change == "moved" and filters else change
    if is_in:
        return "moved"
    return "left" if was_in else None


def publish(session: Session, drafts: Sequence[Draft]) -> int | None:
    """Append changes to the stream and tell followers after commit. The last statements of a transaction, please.

    Lock the articles' rows before calling, never after: this takes the stream's lock and holds it until commit.
    Returns the last position given, None when there was nothing to say.
    """
    if not drafts:
        return None
    articles = [d.article_id for d in drafts]
    with traces.span("stream.publish", dateline__articles=articles) as mark:
        given = _append(session, drafts)
        last, seqs = max(given), [min(given), max(given)]
        mark.set(dateline__seqs=seqs)
    said = {"articles": articles, "seqs": seqs}
    after_commit(session, lambda: log.info("published %d changes up to %d", len(drafts), last, extra=said))
    publish_event(session, StreamAdvanced(last))
    return last


def _append(session: Session, drafts: Sequence[Draft]) -> list[int]:
    positions = session.execute(
        _APPEND,
        {
            "lock": STREAM_LOCK,
            "silence": LONGEST_SILENCE,
            "article_ids": [d.article_id for d in drafts],
            "changes": [d.change for d in drafts],
            "revisions": [d.revision for d in drafts],
            "befores": [",".join(d.before) for d in drafts],
            "afters": [",".join(d.after) for d in drafts],
        },
    ).scalars()
    return [int(position) for position in positions]


def head(session: Session) -> int:
    """The newest position, 0 when nothing was ever published."""
    return session.scalar(select(func.coalesce(func.max(Change.seq), 0))) or 0


def epoch(session: Session) -> str:
    """This life of the stream: positions of another one mean nothing in it."""
    return session.scalars(select(EPOCH).select_from(StreamState)).one()


def floor(session: Session) -> int:
    """The lowest position that may still be followed from."""
    return session.scalars(select(StreamState.floor)).one()

"""All SQL of classify: claim what waits, save verdicts and publish, in one transaction."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import ARRAY, BigInteger, Text, bindparam, delete, insert, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from services.classify.copies import groups, looking
from services.classify.copies.regroup import Joined, Looks, regroup
from services.classify.labelling import batches, indexing, stored, telling
from services.classify.work import Labelled, Waiting
from services.core import latest
from services.core.liveness import holder
from services.core.models import ArticleLabel, Rulebook

BATCH = batches.LEAST
"""Articles that a claim takes unless it is told otherwise."""

LEASE_S = 30
MAX_ATTEMPTS = 3
_NONE = Looks()

# What is in hand has an attempt, so that the index of what has none holds just what can be claimed: however many others have in hand at the
# front, they are not read. Two texts, since no plan chooses an index by a value.
_CLAIM = """
    UPDATE articles a SET lease_until = now() + make_interval(secs => :lease), lease_token = :holder || gen_random_uuid()::text,
                          attempts = a.attempts + 1
    FROM feeds f RIGHT JOIN (
        SELECT id, feed_id AS fid, source_id AS sid FROM articles
        WHERE waiting_since IS NOT NULL AND quarantined IS NULL AND removed_at IS NULL AND lease_until < now()
          AND {tried}
        ORDER BY id LIMIT :n FOR NO KEY UPDATE SKIP LOCKED
    ) w ON f.id = w.fid JOIN sources s ON s.id = w.sid
    WHERE a.id = w.id
    RETURNING a.id, a.revision, a.lease_token, a.title, a.text, a.language, a.tags, a.url, a.sort_at, a.listed,
              a.published_revision, a.region, a.regions, a.topics, a.places, s.country, s.key AS source, f.region_hint,
              (SELECT to_jsonb(c) FROM corrections c WHERE c.article_id = a.id AND c.withdrawn_at IS NULL) AS correction
"""
_CLAIM_FRESH, _CLAIM_SUSPECTS = (
    text(_CLAIM.format(tried=tried)) for tried in ("attempts = 0", "attempts > 0")
)

# Asked before each claim, so by an index of the few that were in hand before: however many wait, it does not read them.
_DEADLY = """
    waiting_since IS NOT NULL AND quarantined IS NULL AND removed_at IS NULL AND attempts > 0 AND attempts >= :most
    AND lease_until < now()
"""
_ANY_DEADLY = text(f"SELECT EXISTS (SELECT FROM articles WHERE {_DEADLY})")  # noqa: S608 - the constant above
# Whoever is hidden behind one that is put aside waits: the group looks for another one to be shown.
_QUARANTINE = text(
    f"""
    WITH deadly AS MATERIALIZED (SELECT id FROM articles WHERE {_DEADLY}),
    held AS (
        SELECT id FROM articles
        WHERE id IN (SELECT id FROM deadly UNION SELECT c.id FROM articles c JOIN deadly d ON c.duplicate_of = d.id)
        ORDER BY id FOR NO KEY UPDATE
    )
    UPDATE articles a
    SET waiting_since = coalesce(a.waiting_since, now()),
        quarantined = CASE WHEN {_DEADLY} THEN 'A worker died ' || a.attempts || ' times in a row while labelling it.'
                           ELSE a.quarantined END
    FROM held WHERE a.id = held.id
    RETURNING a.id, a.quarantined IS NOT NULL AND a.attempts >= :most AS aside
    """  # noqa: S608 - as above
)

_WAITING = text(
    """
    SELECT count(*) FROM (
        SELECT 1 FROM articles
        WHERE waiting_since IS NOT NULL AND quarantined IS NULL AND removed_at IS NULL AND lease_until < now()
        LIMIT 101) AS counted
    """
)

_GIVE_BACK = text(
    """
    UPDATE articles SET lease_until = 'epoch', lease_token = NULL, attempts = 0
    WHERE id IN (SELECT id FROM articles WHERE id = ANY(:ids) AND lease_token = ANY(:tokens) ORDER BY id FOR NO KEY UPDATE)
    """
).bindparams(bindparam("ids", type_=ARRAY(BigInteger)), bindparam("tokens", type_=ARRAY(Text)))

# The lease goes back at once: a correction a second from now must not wait for the rest of it. The words that a search
# looks for are written here, in the same new version of the row, and not while a fetch is stored; NULL where they stand there.
_SAVE = text(
    """
    UPDATE articles a
    SET revision = d.revision, region = d.region, regions = d.regions, topics = d.topics, places = d.places, verdict = d.verdict,
        rulebook_version = d.version, listed = true, duplicate_of = NULL, published_revision = d.revision, waiting_since = NULL,
        lease_until = 'epoch', lease_token = NULL, attempts = 0,
        search = coalesce(CAST(d.search AS tsvector), a.search)
    FROM jsonb_to_recordset(:rows) AS d (
        id bigint, region text, regions text[], topics text[], places text[], verdict jsonb, version text, revision bigint,
        search text)
    WHERE a.id = d.id
    RETURNING a.id, extract(epoch FROM clock_timestamp() - a.first_seen_at)::float8 AS since_seen,
              CASE WHEN NOT a.date_guessed AND a.published_at > (SELECT added_at FROM feeds WHERE feeds.id = a.feed_id)
                   THEN extract(epoch FROM clock_timestamp() - a.published_at)::float8 END AS since_published
    """
).bindparams(bindparam("rows", type_=JSONB))


def claim(session: Session, *, limit: int = BATCH, suspects: bool = False) -> list[Waiting]:
    """Lease waiting articles, oldest first. `suspects`: those that were in hand when a worker died."""
    statement = _CLAIM_SUSPECTS if suspects else _CLAIM_FRESH
    rows = session.execute(statement, {"n": limit, "lease": LEASE_S, "holder": holder.prefix()})
    claimed = sorted((stored.waiting_of(row) for row in rows.mappings()), key=lambda w: w.id)
    if suspects:
        telling.leases_ran_out(session, len(claimed))
    return claimed


def quarantine(session: Session) -> None:
    """Put aside, with the reason, articles that were in hand too often when their worker died; what they hid is looked at anew."""
    if session.scalar(_ANY_DEADLY, {"most": MAX_ATTEMPTS}):
        telling.put_aside(session, session.execute(_QUARANTINE, {"most": MAX_ATTEMPTS}).all())


def waiting(session: Session) -> int:
    """How many articles could be labelled this moment, counted up to 101."""
    return session.scalar(_WAITING) or 0


def save(session: Session, labelled: Sequence[Labelled], looks: Looks = _NONE) -> int | None:
    """Join copies, store labels of what is shown and publish what subscribers see of it; the position reached, None when
    nothing was visible.

    Fenced: an article that another worker took over, that its feed changed meanwhile, that was removed, or that was labelled
    by a rulebook no longer in force, is left out; it still waits, and where the lease is ours it waits for nobody's death.
    Raises groups.GrownError when it is to be tried again, in another transaction.
    """
    in_force = version_in_force(session)
    hand = {item.waiting.id for item in labelled}
    joined = groups.hold(session, hand, {look.other for look in looks.pairs})
    ours = [item for item in labelled if item.version == in_force and _still_ours(joined, item.waiting)]
    held = {item.waiting.id for item in ours}
    _give_back(session, [item.waiting for item in labelled if item.waiting.id not in held])
    if not held:
        return None
    change = regroup(joined, looks.pairs, held)
    looking.forget(session, [(number, key) for number, key in looks.stale if number in held])
    drafts = groups.write(session, change, joined, held=held)
    shown = [
        replace(item, regrouped=item.waiting.id in change.changed)
        for item in ours
        if item.waiting.id not in change.hidden
    ]
    return write(session, shown, drafts)


def write(session: Session, shown: Sequence[Labelled], others: Sequence[latest.Draft] = ()) -> int | None:
    """Store the labels of articles whose rows this transaction has locked, and publish what subscribers see of it, then `others`."""
    if shown:
        written = session.execute(_SAVE, {"rows": [_row(item) for item in shown]})
        telling.came_into_latest(session, shown, written.all())
        _write_labels(session, [item for item in shown if frozenset(item.labels) != item.waiting.labels])
    drafts = [draft for item in shown if (draft := _draft(item)) is not None]
    return latest.publish(session, [*drafts, *others])


def _write_labels(session: Session, changed: Sequence[Labelled]) -> None:
    """Labels that stayed as they were are not written again: relabelling everything changes few."""
    had = [item.waiting.id for item in changed if item.waiting.labels]
    if had:
        session.execute(delete(ArticleLabel).where(ArticleLabel.article_id.in_(had)))
    rows = [
        {"article_id": item.waiting.id, "label": label, "sort_at": item.waiting.sort_at}
        for item in changed
        for label in item.labels
    ]
    if rows:
        session.execute(insert(ArticleLabel), rows)


def version_in_force(session: Session) -> str | None:
    """Locked until commit: a rulebook published meanwhile waits, and then sees what this transaction saved.

    Without the lock an article labelled by the old version could be saved just after the walk of the new one had passed
    its place, and would keep the old labels.
    """
    in_force = select(Rulebook.version).where(Rulebook.active).with_for_update(read=True)
    return session.scalar(in_force)


def _give_back(session: Session, waiting: Sequence[Waiting]) -> None:
    """End our lease on articles that were worked on in vain, and take the attempt back: nobody died of them."""
    if waiting:
        held = {"ids": [w.id for w in waiting], "tokens": [w.lease_token for w in waiting]}
        session.execute(_GIVE_BACK, held)
        telling.given_back(session, len(waiting))


def _still_ours(joined: Joined, waiting: Waiting) -> bool:
    row = joined.rows.get(waiting.id)
    ours = (waiting.revision, waiting.lease_token)
    return row is not None and not row.removed and (row.revision, row.lease_token) == ours


def _row(item: Labelled) -> dict[str, object]:
    return {
        "id": item.waiting.id,
        "region": item.region,
        "regions": list(item.regions),
        "topics": list(item.topics),
        "places": list(item.places),
        "verdict": item.verdict,
        "version": item.version,
        "revision": item.revision,
        "search": _search(item.waiting),
    }


def _search(waiting: Waiting) -> str | None:
    """What the article is found by; None where it is listed with just these words."""
    same = waiting.listed and waiting.revision == waiting.published_revision
    return None if same else indexing.found_by(waiting.document)


def _draft(item: Labelled) -> latest.Draft | None:
    """The change to publish; None when subscribers would see no difference (labelled again, with the same labels).

    Another primary region, and other places, are a difference too, although no stream is entered or left by it.
    """
    w = item.waiting
    change = latest.change_of(was_listed=w.listed, before=w.labels, after=item.labels)
    same = w.revision == w.published_revision and w.shown == item.shown and not item.regrouped
    if change == "updated" and same:
        return None
    return latest.Draft(w.id, change, item.revision, sorted(w.labels), item.labels)

"""The rulebook in force: published by an editor, compiled once per version, swapped between two batches."""

import logging
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from services.classify.rules import CompiledRulebook, Rulebook, compile_rulebook, load_texts
from services.classify.work import OvertakenError, Published
from services.core import addresses
from services.core.db import computing, transaction
from services.core.errors import ConfigurationError, NotFoundError
from services.core.events import RulebookPublished
from services.core.memory import uncollected
from services.core.models import Publication, Relabelling
from services.core.models import Rulebook as RulebookRow
from services.core.outbox import publish as publish_event

log = logging.getLogger(__name__)

PUBLISH_LOCK = 0x44_4C_52_42  # "DLRB"
STARTER_AUTHOR = "dateline"
"""Who publishes the starter rulebook; what this author put in force is renewed when the starter is."""

NONE_IN_FORCE = "No rulebook is in force; `dateline migrate` publishes the starter rulebook."
KEPT_COMPILED = 2
"""Rulebooks that one process keeps compiled: the one in force, and what an editor tries out beside it. Each takes 100 MB or more."""

_compiled: OrderedDict[str, CompiledRulebook] = OrderedDict()


def current(session: Session) -> CompiledRulebook:
    """The compiled rulebook in force. Raises ConfigurationError when none was ever published."""
    return compiled(session, require_version(session))


def prepare() -> CompiledRulebook:
    """The compiled rulebook in force. Raises ConfigurationError when none was ever published.

    What is to be compiled is compiled outside of any transaction: on a busy machine that takes longer than one may idle.
    """
    with transaction() as session:
        version = require_version(session)
        texts = None if version in _compiled else _texts(session, version)
    if texts is not None:
        _compile(version, texts)
    _compiled.move_to_end(version)
    return _compiled[version]


def _texts(session: Session, version: str) -> Mapping[str, str]:
    found = session.scalars(select(RulebookRow.texts).where(RulebookRow.version == version)).one()
    return dict(found)


def _compile(version: str, texts: Mapping[str, str]) -> CompiledRulebook:
    with uncollected():  # once around both: the search that follows each would look through all of it
        made = keep(compile_rulebook(load_texts(texts, version=version)), as_version=version)
    log.info("rulebook %s compiled", version[:12])
    return made


def compiled(session: Session, version: str) -> CompiledRulebook:
    """A published version, compiled at the first call of this process. `version` is whole, not a prefix."""
    found = _compiled.get(version)
    if found is None:
        with computing(session):  # for seconds, and nothing is locked here yet
            found = _compile(version, _texts(session, version))
    _compiled.move_to_end(version)
    return found


def keep(made: CompiledRulebook, *, as_version: str | None = None) -> CompiledRulebook:
    """Remember a compiled rulebook under its version, in place of the one that was used longest ago."""
    _compiled[as_version or made.version] = made
    while len(_compiled) > KEPT_COMPILED:
        _compiled.popitem(last=False)
    return made


def kept(version: str) -> CompiledRulebook | None:
    """A compiled rulebook that this process still has, published or not."""
    return _compiled.get(version)


def active_version(session: Session) -> str | None:
    """The version in force, None when none was ever published."""
    return session.scalar(select(RulebookRow.version).where(RulebookRow.active))


def require_version(session: Session) -> str:
    """The version in force. Raises ConfigurationError when none was ever published."""
    version = active_version(session)
    if version is None:
        raise ConfigurationError(NONE_IN_FORCE)
    return version


def publish(
    session: Session,
    texts: Mapping[str, str],
    *,
    message: str,
    author: str,
    base: str | None = None,
    figures: Mapping[str, Any] | None = None,
) -> Published:
    """Put a rulebook in force and let what is listed be labelled anew.

    `base`: the version that the editor began from (its first letters do); None publishes over whatever is in force. Raises
    RulebookError when the rules are wrong, OvertakenError when another version than `base` is in force by now: either
    way what was in force stays.
    """
    rulebook = load_texts(texts)
    compile_rulebook(rulebook)
    before = _hold(session)
    if base is not None and before is not None and not before.startswith(base):
        raise _overtaken(session, base, before)
    session.execute(
        upsert(RulebookRow)
        .values(
            version=rulebook.version,
            texts=dict(texts),
            labels=label_rows(rulebook),
            addresses=rulebook.addresses.data,
            message=message,
            author=author,
            active=False,
        )
        .on_conflict_do_nothing()
    )
    return _activate(session, rulebook.version, before, message=message, author=author, figures=figures)


def put_in_force(
    session: Session,
    prefix: str,
    *,
    author: str,
    message: str = "",
    figures: Mapping[str, Any] | None = None,
) -> Published:
    """Put the published version that begins with `prefix` in force again. Raises NotFoundError."""
    before = _hold(session)
    version = find_version(session, prefix)
    said = message or f"Back to {version[:12]}"
    return _activate(session, version, before, message=said, author=author, figures=figures)


def find_version(session: Session, prefix: str) -> str:
    """The published version that begins with `prefix`. Raises NotFoundError when it is none or several."""
    found = session.scalars(
        select(RulebookRow.version).where(RulebookRow.version.startswith(prefix, autoescape=True)).limit(2)
    ).all()
    if len(found) != 1:
        many = "more than one version begins" if found else "no version begins"
        raise NotFoundError(
            f"Of the published rulebooks {many} with {prefix[:80]!r}; see `dateline rules history`."
        )
    return str(found[0])


def _hold(session: Session) -> str | None:
    """One publication after the other; the version in force, which stays so until we are done. From here on others wait for us, and
    computing is over: whoever hangs now is ended by the server.
    """
    session.execute(text("SET LOCAL idle_in_transaction_session_timeout TO DEFAULT"))
    session.execute(select(func.pg_advisory_xact_lock(PUBLISH_LOCK)))
    return active_version(session)


def _overtaken(session: Session, base: str, before: str) -> OvertakenError:
    by = session.execute(
        select(Publication.author, Publication.message, Publication.at)
        .where(Publication.version == before)
        .order_by(Publication.id.desc())
        .limit(1)
    ).one()
    return OvertakenError(base=base, in_force=before, author=by.author, message=by.message, at=by.at)


def _activate(
    session: Session,
    version: str,
    before: str | None,
    *,
    message: str,
    author: str,
    figures: Mapping[str, Any] | None,
) -> Published:
    """Mark the version, note the publication, and begin the walk that relabels.

    What is in force already is published again without a trace: a repeated request must be harmless.
    """
    if version == before:
        return Published(version, before, None)
    if _addresses_of(session, version) != _addresses_of(session, before):
        addresses.change(session)
    session.execute(update(RulebookRow).where(RulebookRow.active).values(active=False))
    session.execute(update(RulebookRow).where(RulebookRow.version == version).values(active=True))
    session.execute(
        insert(Publication).values(
            version=version, before=before, author=author, message=message, figures=dict(figures or {})
        )
    )
    session.execute(
        update(Relabelling)
        .where(Relabelling.finished_at.is_(None))
        .values(finished_at=func.now(), ended="overtaken")
    )
    walk = session.scalars(insert(Relabelling).values(version=version).returning(Relabelling.id)).one()
    publish_event(session, RulebookPublished())
    return Published(version, before, int(walk))


def _addresses_of(session: Session, version: str | None) -> dict[str, Any]:
    return session.scalar(select(RulebookRow.addresses).where(RulebookRow.version == version)) or {}


def texts_of(session: Session, version: str) -> dict[str, str]:
    """File name to YAML of a published version (whole, not a prefix)."""
    texts = session.scalars(select(RulebookRow.texts).where(RulebookRow.version == version)).one()
    return {str(name): str(text) for name, text in texts.items()}


def texts_in_force(session: Session) -> dict[str, str]:
    """File name to YAML of the rulebook in force. Raises ConfigurationError when none was ever published."""
    return texts_of(session, require_version(session))


def label_rows(rulebook: Rulebook) -> list[dict[str, Any]]:
    """Regions and topics in the order of the rulebook, as readers of the stream need them."""
    return [
        {"kind": label.kind, "slug": label.slug, "name": label.name, "parent": label.parent}
        for label in sorted(rulebook.labels, key=lambda label: label.order)
    ]


def renew_starter(session: Session, texts: Mapping[str, str]) -> None:
    """Put the starter rulebook in force where none is, or where an older starter is that nobody has changed."""
    before = _hold(session)
    if before is not None and (not _is_starter(session) or texts_of(session, before) == texts):
        return
    message = "The starter rulebook" if before is None else "The starter rulebook of a newer release"
    publish(session, texts, message=message, author=STARTER_AUTHOR)


def _is_starter(session: Session) -> bool:
    last = session.scalar(select(Publication.author).order_by(Publication.id.desc()).limit(1))
    return last == STARTER_AUTHOR


def history(session: Session, *, limit: int = 100) -> list[dict[str, Any]]:
    """What was put in force and when, newest first; `active` marks the last, which is in force."""
    found = session.execute(
        select(
            Publication.version,
            Publication.before,
            Publication.at,
            Publication.author,
            Publication.message,
            Publication.figures,
        )
        .order_by(Publication.id.desc())
        .limit(limit)
    )
    return [dict(row) | {"active": number == 0} for number, row in enumerate(found.mappings())]

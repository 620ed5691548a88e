"""The rulebook in force: published by an editor, compiled once per version, swapped between two batches."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from services.classify.rules import CompiledRulebook, Rulebook, compile_rulebook, load_texts
from services.classify.store import wait_again
from services.core.errors import ConfigurationError, NotFoundError
from services.core.events import RulebookPublished
from services.core.models import Rulebook as RulebookRow
from services.core.outbox import publish as publish_event

log = logging.getLogger(__name__)

RELABEL_DAYS = 7
"""How far back articles are labelled again when another rulebook is published."""

PUBLISH_LOCK = 0x44_4C_52_42  # "DLRB"


NONE_IN_FORCE = "No rulebook is in force; `dateline migrate` publishes the starter rulebook."


@dataclass(slots=True)
class _Compiled:
    version: str | None = None
    rulebook: CompiledRulebook | None = None


_current = _Compiled()


def current(session: Session) -> CompiledRulebook:
    """The compiled rulebook in force. Raises ConfigurationError when none was ever published."""
    version = session.scalar(select(RulebookRow.version).where(RulebookRow.active))
    if version is None:
        raise ConfigurationError(NONE_IN_FORCE)
    if _current.rulebook is None or _current.version != version:
        texts = session.scalars(select(RulebookRow.texts).where(RulebookRow.version == version)).one()
        _current.rulebook = compile_rulebook(load_texts(texts))
        _current.version = version
        log.info("rulebook %s in force", version[:12])
    return _current.rulebook


def active_version(session: Session) -> str | None:
    """The version in force, None when none was ever published."""
    return session.scalar(select(RulebookRow.version).where(RulebookRow.active))


def publish(session: Session, texts: Mapping[str, str], *, message: str, author: str) -> str:
    """Put a rulebook in force and let recent articles wait for its labels; its version.

    Raises RulebookError when it is wrong; what was in force stays in force.
    """
    rulebook = load_texts(texts)
    compile_rulebook(rulebook)
    session.execute(select(func.pg_advisory_xact_lock(PUBLISH_LOCK)))
    session.execute(
        upsert(RulebookRow)
        .values(
            version=rulebook.version,
            texts=dict(texts),
            labels=label_rows(rulebook),
            message=message,
            author=author,
            active=False,
        )
        .on_conflict_do_nothing()
    )
    _activate(session, rulebook.version)
    return rulebook.version


def _activate(session: Session, version: str) -> None:
    session.execute(update(RulebookRow).where(RulebookRow.active).values(active=False))
    session.execute(update(RulebookRow).where(RulebookRow.version == version).values(active=True))
    wait_again(session, version=version, days=RELABEL_DAYS)
    publish_event(session, RulebookPublished())


def put_in_force(session: Session, prefix: str) -> str:
    """Put the published version that begins with `prefix` in force again. Raises NotFoundError."""
    session.execute(select(func.pg_advisory_xact_lock(PUBLISH_LOCK)))
    found = session.scalars(
        select(RulebookRow.version).where(RulebookRow.version.startswith(prefix, autoescape=True)).limit(2)
    ).all()
    if len(found) != 1:
        many = "more than one version begins" if found else "no version begins"
        raise NotFoundError(
            f"Of the published rulebooks {many} with {prefix!r}; see `dateline rules history`."
        )
    _activate(session, found[0])
    return str(found[0])


def texts_in_force(session: Session) -> dict[str, str]:
    """File name to YAML of the rulebook in force. Raises ConfigurationError when none was ever published."""
    texts = session.scalar(select(RulebookRow.texts).where(RulebookRow.active))
    if texts is None:
        raise ConfigurationError(NONE_IN_FORCE)
    return {str(name): str(text) for name, text in texts.items()}


def label_rows(rulebook: Rulebook) -> list[dict[str, Any]]:
    """Regions and topics in the order of the rulebook, as readers of the stream need them."""
    return [
        {"kind": label.kind, "slug": label.slug, "name": label.name, "parent": label.parent}
        for label in sorted(rulebook.labels, key=lambda label: label.order)
    ]


def history(session: Session) -> list[dict[str, Any]]:
    """Published versions, newest first."""
    found = session.execute(
        select(
            RulebookRow.version,
            RulebookRow.created_at,
            RulebookRow.author,
            RulebookRow.message,
            RulebookRow.active,
        ).order_by(text("created_at DESC"))
    )
    return [dict(row) for row in found.mappings()]

"""The rules of addresses in force: published with a rulebook, gone by wherever keys are made.

Whoever stores keys holds the rules for as long as his transaction runs (`hold`); whoever puts others in force waits for
that (`change`). So after a publication nothing is stored by the rules of before, and keys need be made anew only once.
"""

from contextlib import suppress
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.core.clock import monotonic
from services.core.db import transaction
from services.core.errors import UnavailableError
from services.core.models import Rulebook
from services.core.urls import BUILT_IN, AddressRules

ADDRESS_LOCK = 0x44_4C_41_52  # "DLAR"
FRESH_S = 3.0
"""A process looks for other rules this often, in seconds."""


KEPT = 8
"""Versions whose rules a process remembers."""


@dataclass(slots=True)
class _Memory:
    """What this process saw last, and when; rules by the version of their rulebook, which says the same for ever."""

    rules: AddressRules = BUILT_IN
    at: float | None = None
    known: dict[str, AddressRules] = field(default_factory=dict)


_memory = _Memory()


def in_force(session: Session) -> AddressRules:
    """The rules of this moment; one object for as long as the rulebook is the same."""
    version = session.scalar(select(Rulebook.version).where(Rulebook.active))
    if version is None:
        return BUILT_IN
    found = _memory.known.get(version)
    if found is None:
        data = session.scalar(select(Rulebook.addresses).where(Rulebook.version == version))
        found = _memory.known[version] = AddressRules.of(data or {})
        while len(_memory.known) > KEPT:
            _memory.known.pop(next(iter(_memory.known)))
    return found


def current() -> AddressRules:
    """The rules as they were at most a few seconds ago, without asking each time."""
    now = monotonic()
    if _memory.at is None or now - _memory.at > FRESH_S:
        # Without a database those of before do; whoever stores is told in time if they are others by now.
        with suppress(UnavailableError), transaction() as session:
            _memory.rules = in_force(session)
        _memory.at = now
    return _memory.rules


def hold(session: Session) -> AddressRules:
    """The rules in force, which stay so until this transaction ends."""
    session.execute(select(func.pg_advisory_xact_lock_shared(ADDRESS_LOCK)))
    return in_force(session)


def change(session: Session) -> None:
    """To be called before other rules are put in force: nobody stores keys until this transaction ends."""
    session.execute(select(func.pg_advisory_xact_lock(ADDRESS_LOCK)))


def forget() -> None:
    """Look anew at the next question: other rules are known to be in force."""
    _memory.at = None

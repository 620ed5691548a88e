"""Signs of life: each role writes one row every few seconds, so that a dead pipeline is told from a quiet one."""

import logging
import os
import socket
import threading
from collections.abc import Callable
from typing import Any

from sqlalchemy import delete, func, select, text, true
from sqlalchemy.dialects.postgresql import insert as upsert

from services.core.db import transaction
from services.core.errors import DatelineError
from services.core.models import Beat

log = logging.getLogger(__name__)

EVERY_S = 5
STALE_S = 20
"""A role without a beat for this long is not running."""

RESTORED = "restore"
"""In place of a role: when the database was put back, and with it every sign of life was gone."""

SILENCE = "silence"
"""In what a beat tells: for how many seconds whatever does the work had been silent when it was written; only from `STALE_S` on."""

LEADER = "leader"
"""In what a beat tells: that it is whoever leads the role who has been silent, and not one of those he leads."""


def process_name() -> str:
    """This process among all others, on all machines."""
    return f"{socket.gethostname()}:{os.getpid()}"


def beat(role: str, name: str, detail: dict[str, Any], *, silence: float = 0.0) -> None:
    """Write the last sign of life, given `silence` seconds ago, and forget the processes that stopped giving any a day ago."""
    detail = detail | {SILENCE: silence} if silence >= STALE_S else detail
    at = func.now() - func.make_interval(0, 0, 0, 0, 0, 0, silence)
    with transaction() as session:
        session.execute(
            upsert(Beat)
            .values(role=role, name=name, detail=detail, at=at)
            .on_conflict_do_update(index_elements=[Beat.role, Beat.name], set_={"at": at, "detail": detail})
        )
        session.execute(delete(Beat).where(Beat.at < func.now() - text("interval '1 day'")))


def start(
    role: str, name: str, detail: Callable[[], dict[str, Any]], *, silence: Callable[[], float]
) -> None:
    """Beat from a thread of its own for as long as the process lives. `detail`: asked before each beat.

    `silence`: seconds since whatever does the work last went on. A thread beside a loop that hangs must not speak for it.
    """

    def run() -> None:
        pause = threading.Event()
        while True:
            try:
                beat(role, name, detail(), silence=silence())
            except DatelineError as error:
                log.warning("no sign of life given: %s", error)
            except Exception:  # without this thread a working role would count as dead
                log.exception("no sign of life given")
            pause.wait(EVERY_S)

    threading.Thread(target=run, name="beat", daemon=True).start()


def alive(*, host: str | None = None) -> dict[str, int]:
    """Processes of each role that gave a sign of life lately, on `host` or anywhere. Names are `host:process`."""
    lately = Beat.at > func.now() - text(f"interval '{STALE_S} seconds'")
    here = Beat.name.startswith(f"{host}:", autoescape=True) if host else true()
    with transaction() as session:
        rows = session.execute(select(Beat.role, func.count()).where(lately, here).group_by(Beat.role))
        return {role: int(count) for role, count in rows}

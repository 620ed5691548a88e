"""What `dateline doctor` and the readiness check report: each part, whether it is well, and what to do."""

import socket
from collections.abc import Callable, Iterator, Mapping

from services.core.errors import DatelineError
from services.core.health import desk, feeds, memory, rules, servers, stories, webhooks, work
from services.core.health.feeds import dozens, why_they_fail
from services.core.health.finding import Finding
from services.core.health.work import ROLES_NEEDED
from services.core.liveness import beats

__all__ = [
    "CHECKS",
    "NEEDED_BY_READERS",
    "READINESS",
    "ROLES_NEEDED",
    "STANDING",
    "Finding",
    "dozens",
    "examine",
    "examine_role",
    "why_they_fail",
]

STANDS_ON = ("database", "schema")
"""Where one of these is wrong nothing behind it can be looked at."""
READINESS = ("database", "schema", "queue", "roles")
"""Checks that `/health/ready` makes: those that are quick and say something of this moment."""
STANDING = (*READINESS, "waiting")
"""Checks that stand at the top of `/operator`: the same, and what waits."""
NEEDED_BY_READERS = frozenset({"database", "schema"})
"""Findings without which nobody can be answered. What was published can be read without Redis, and without any worker."""


def examine(names: tuple[str, ...] | None = None) -> list[Finding]:
    """Make all checks, or those of `names`, in their order. Never raises for what is wrong with a server: that is a finding."""
    found: list[Finding] = []
    for about in names or tuple(CHECKS):
        try:
            found.extend(CHECKS[about]())
        except DatelineError as error:
            found.append(Finding(about, ok=False, says=str(error)))
        if about in STANDS_ON and not found[-1].ok:
            break
    return found


def examine_role(role: str) -> Finding:
    """Whether `role` gives signs of life from this very host: the health check of its container."""
    host = socket.gethostname()
    well = any(role in r.split("+") for r in beats.alive(host=host))
    says = f"gives signs of life on {host}" if well else f"gives no sign of life on {host}: see its log."
    return Finding(role, ok=well, says=says)


CHECKS: Mapping[str, Callable[[], Iterator[Finding]]] = {
    "database": servers.database,
    "schema": servers.schema_,
    "commits": servers.commits,
    "queue": servers.queue,
    "clock": servers.clock,
    "disk": servers.disk,
    "memory": memory.look,
    "roles": work.roles,
    "api": work.api,
    "rulebook": work.rulebook,
    "waiting": work.waiting,
    "stories": stories.look,
    "desk": desk.look,
    "feeds": feeds.look,
    "rules": rules.look,
    "webhooks": webhooks.look,
}

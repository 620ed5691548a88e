"""Whether the kernel ended processes here for want of memory: by the counter of the control group that this process is in.

A container that passes its limit loses the process that took most, and nobody is told: what is left sees a death by signal 9. Elsewhere
than on Linux, or where no group counts, nothing is known and nothing said.
"""

import logging
from contextlib import suppress
from pathlib import Path
from typing import Any

from services.core import clock

log = logging.getLogger(__name__)

TOLD = "oom"
"""In what a sign of life tells: `kills` of this worker's group since it began, `at` when the last was noticed, `limit` in bytes or None, and
`group`, which others on the same machine may share (all roles of `dateline up` do): then nobody knows whose process it was.
"""

_COUNTERS = ("memory.events", "memory.oom_control")
"""Of version 2 and of version 1, each with a line `oom_kill N`."""
_LIMITS = ("memory.max", "memory.limit_in_bytes")
_NO_LIMIT = 1 << 60
"""Version 1 writes a number about so large where there is none."""


def group_of(own: str, root: Path) -> Path | None:
    """The folder that counts, by the text of /proc/self/cgroup: inside a container the group stands at the root itself."""
    for line in own.splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers and "memory" not in controllers.split(","):
            continue
        mount = root / "memory" if controllers else root
        for folder in (mount / path.lstrip("/"), mount):
            if any((folder / name).exists() for name in _COUNTERS):
                return folder
    return None


def kills_in(text: str) -> int | None:
    """The number in a counter's line `oom_kill N`; None without one."""
    found = [line.split()[1] for line in text.splitlines() if line.startswith("oom_kill ")]
    return int(found[0]) if found else None


def limit_in(text: str) -> int | None:
    """Bytes, or None where there is no limit."""
    return int(text) if text.strip().isdecimal() and int(text) < _NO_LIMIT else None


def remedy(role: str, limit: int | None) -> str:
    """What there is to do for a worker of `role` (`a+b` where it has several) whose group may take `limit` bytes."""
    if limit is None:
        return "this machine has too little of it: run fewer processes (DATELINE_WORKER_PROCESSES)"
    variables = " and ".join(f"{name.upper()}_MEMORY" for name in role.split("+"))
    return (
        f"the limit is {limit // 2**20:,} MB: give it more ({variables} in compose, MemoryMax with systemd), or run fewer processes "
        "(DATELINE_WORKER_PROCESSES)"
    )


class Watch:
    """Of a worker, from when this is made on. `group`: the folder of its control group, found where none is given."""

    def __init__(self, role: str, group: Path | None = None) -> None:
        self._role = role
        self._group = group or _mine()
        self._before = self._count()
        self._told: dict[str, Any] = {}

    def look(self) -> dict[str, Any]:
        """What a sign of life tells of it; empty while nothing was ended. Each time that something was, the log says so once."""
        kills = self._count() - self._before
        if kills > self._told.get("kills", 0):
            limit = self._limit()
            log.error(
                "the kernel ended a process here for want of memory; what it had in hand is done by others; %s",
                remedy(self._role, limit),
            )
            at = clock.utc_now().isoformat()
            self._told = {"kills": kills, "at": at, "limit": limit, "group": str(self._group)}
        return {TOLD: self._told} if self._told else {}

    def _count(self) -> int:
        return next((n for text in self._read(_COUNTERS) if (n := kills_in(text)) is not None), 0)

    def _limit(self) -> int | None:
        return next((limit_in(text) for text in self._read(_LIMITS)), None)

    def _read(self, names: tuple[str, ...]) -> list[str]:
        found = []
        for name in names if self._group else ():
            with suppress(OSError):
                found.append((self._group / name).read_text())  # type: ignore[operator]  # there is one
        return found


def _mine() -> Path | None:
    with suppress(OSError):
        return group_of(Path("/proc/self/cgroup").read_text(), Path("/sys/fs/cgroup"))
    return None

"""CPU seconds of a process with everything it ever started, from /proc.

Time of a living process stands in its own `stat`; that of a child that ended, and of all its children, is added to
`cutime` and `cstime` of whoever waited for it. So the sum of all four over a tree of living processes is the tree's
time, dead ones included, and the difference of two readings is what was spent between them. The tree is followed
by parents, not by sessions: every backend of PostgreSQL is a session of its own. Grain: one tick, 10 ms a process.
"""

import os
from collections.abc import Mapping
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK")
_TRIES = 5


def available() -> bool:
    """Whether this system tells (Linux does)."""
    return Path("/proc/self/stat").is_file()


def seconds(leader: int) -> float:
    """User and system time of process `leader` and all its descendants, living or reaped; 0 when it is gone."""
    members: dict[int, int] = {}
    for _ in range(_TRIES):  # a process that ends between two readings would be missed or counted twice
        before = tree(leader)
        members = {pid: ticks for pid, (_, ticks) in _processes(before).items()}
        if set(members) == before and tree(leader) == before:
            break
    return sum(members.values()) / _TICK


def all_seconds(leaders: Mapping[str, int]) -> dict[str, float]:
    """The same for several trees, by name."""
    return {name: seconds(pid) for name, pid in leaders.items()}


def spent(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """What each tree used between two readings; a tree that began in between counts from its start."""
    return {name: round(after[name] - before.get(name, 0.0), 6) for name in after}


def alone(pid: int) -> float:
    """User and system time of one process and what it waited for, its living children left out; 0 when it is gone."""
    return sum(ticks for _, ticks in _processes({pid}).values()) / _TICK


def tree(leader: int) -> set[int]:
    """Process numbers of `leader` and all its living descendants."""
    children: dict[int, list[int]] = {}
    living = _processes()
    for pid, (parent, _) in living.items():
        children.setdefault(parent, []).append(pid)
    found, open_ = set(), [leader] if leader in living else []
    while open_:
        pid = open_.pop()
        found.add(pid)
        open_ += children.get(pid, [])
    return found


def _processes(wanted: set[int] | None = None) -> dict[int, tuple[int, int]]:
    """Parent and ticks of living processes (all, or those wanted)."""
    pids = (
        wanted
        if wanted is not None
        else {int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal()}
    )
    found = {}
    for pid in pids:
        try:
            text = Path(f"/proc/{pid}/stat").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            continue
        fields = text.rpartition(b")")[2].split()  # a name may hold blanks and brackets
        found[pid] = (int(fields[1]), sum(int(field) for field in fields[11:15]))
    return found

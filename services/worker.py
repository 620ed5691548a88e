"""Celery's entry point: what runs the jobs of the roles that are asked for, and reads nothing of the others."""

from functools import partial
from importlib import import_module

from services.core import broker, pool, traces
from services.core.liveness import beats, oom
from services.core.liveness.notify import Notifier
from services.core.liveness.rounds import Rounds
from services.core.metrics import fleet
from services.core.queues import ALONE, ROLES, Queue
from services.core.settings import settings

JOBS_OF = {
    "ingest": "services.ingest.tasks",
    "classify": "services.classify.tasks",
    "stories": "services.classify.story_tasks",
}
"""The module of a role's jobs. Importing it is what registers them; each of several processes would hold what one of them
never runs.
"""


def register(roles: tuple[str, ...]) -> None:
    """Make the jobs of these roles known to this process."""
    for role in roles:
        import_module(JOBS_OF[role])


def run_worker(roles: tuple[str, ...]) -> None:
    """Consume the queues of these roles until told to stop."""
    queues: tuple[Queue, ...] = tuple(queue for role in roles for queue in ROLES[role])
    register(roles)
    traces.check()
    alone = ALONE.issuperset(roles)
    processes = 1 if alone else settings().worker_processes
    rounds = Rounds(processes)
    notifier = Notifier()
    role = "+".join(roles)
    watch = oom.Watch(role)
    beats.start(
        role,
        beats.process_name(),
        lambda: {"queues": [q.value for q in queues]} | watch.look() | _of_leader(notifier),
        silence=lambda: max(rounds.look(), notifier.silence()),
    )
    pool.in_each_process(fleet.start, fleet.add_up)
    pool.in_each_process(partial(traces.start, "-".join(roles)), traces.end)
    broker.run_worker(
        role="-".join(roles),
        queues=queues,
        processes=processes,
        rounds=rounds,
        notifier=notifier,
        renewed=not alone,
    )


def _of_leader(notifier: Notifier) -> dict[str, bool]:
    """What a sign of life tells of the leading process: nothing, unless it hangs."""
    return {beats.LEADER: True} if notifier.silence() >= beats.STALE_S else {}

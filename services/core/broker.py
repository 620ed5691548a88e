"""Celery: the app, its settings, and the one decorator for jobs. The only module that knows it.

Every setting has its measured reason in docs/explanation/queues.md.
"""

import functools
import logging
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from socket import gethostname
from types import FrameType
from typing import Any

import redis
from billiard.util import get_pdeathsig
from celery import Celery, current_task, shared_task
from celery.apps import worker as celery_worker
from celery.concurrency import get_implementation
from kombu.entity import Queue as KombuQueue
from kombu.exceptions import KombuError

from services.core import clock, db, kombu_guards, logs, memory, pool, traces
from services.core.cache import KEY_PREFIX, redis_url
from services.core.liveness import stopping
from services.core.liveness.notify import MARK_EVERY_S, Notifier
from services.core.liveness.rounds import Rounds
from services.core.metrics import meters
from services.core.queues import QUEUE_OF, Job, Queue

log = logging.getLogger(__name__)

VISIBILITY_S = 300
NEVER = 1 << 40
"""Jobs, or KiB, after which a process is renewed that never should be: Celery takes nothing less for "no limit" than it has set."""
JOB_LIMIT_S = 120

OPTIONS: dict[str, Any] = {
    "task_acks_late": True,
    "task_reject_on_worker_lost": True,
    "task_time_limit": JOB_LIMIT_S,
    "task_soft_time_limit": JOB_LIMIT_S - 30,
    "task_ignore_result": True,
    "task_serializer": "json",
    "event_serializer": "json",
    "accept_content": ["json"],
    "task_publish_retry_policy": {
        "max_retries": 1,
        "interval_start": 0,
        "interval_step": 0.1,
        "interval_max": 0.2,
    },
    "visibility_timeout": VISIBILITY_S,
    "broker_transport_options": {
        "visibility_timeout": VISIBILITY_S,
        "socket_timeout": 15,
        "socket_connect_timeout": 5,
        "socket_keepalive": True,
        "health_check_interval": 25,
        "global_keyprefix": KEY_PREFIX,
        "unacked_restore_interval": 5,
        "unacked_restore_throttle": 1,
    },
    "broker_connection_retry_on_startup": True,
    "broker_connection_max_retries": None,
    "worker_prefetch_multiplier": 1,
    "worker_max_tasks_per_child": 500,
    "worker_max_memory_per_child": 600_000,
    "worker_proc_alive_timeout": 60.0,
    "worker_soft_shutdown_timeout": 4,
    "worker_enable_soft_shutdown_on_idle": False,
    "worker_cancel_long_running_tasks_on_connection_loss": True,
    "worker_enable_remote_control": False,
    "worker_send_task_events": False,
    "worker_hijack_root_logger": False,
    "worker_redirect_stdouts": False,
}


def celery_url(url: str) -> str:
    """A Redis address in Celery's spelling: unix sockets are `redis+socket://` there."""
    return "redis+socket://" + url.removeprefix("unix://") if url.startswith("unix://") else url


def _kombu_queue(name: str) -> Any:
    return KombuQueue(name, routing_key=name)  # type: ignore[no-untyped-call]  # kombu ships half its types


@cache
def app() -> Celery:
    """The Celery application of this process, made at first use so that imports need no settings."""
    made = Celery("dateline", broker=celery_url(redis_url()), set_as_current=True)
    made.conf.update(OPTIONS)
    made.conf.task_queues = [_kombu_queue(name.value) for name in Queue]
    made.conf.task_routes = {job.value: {"queue": QUEUE_OF[job].value} for job in Job}
    made.conf.task_default_queue = Queue.FETCH.value
    return made


def job(name: Job) -> Callable[[Callable[[], None]], Callable[[], None]]:
    """Make a function the job of that name. It takes nothing: a message is a hint."""

    def decorate(function: Callable[[], None]) -> Callable[[], None]:
        @functools.wraps(function)
        def run() -> None:
            began = clock.monotonic()
            token = logs.bind(job=name.value, task=_task_id())
            try:
                with traces.span(name.value, "consumer", link=_sent_by(), dateline__task=_task_id()):
                    function()
            except Exception:
                meters.jobs_failed.labels(name.value).inc()
                raise
            finally:
                meters.jobs.labels(name.value).observe(clock.monotonic() - began)
                logs.unbind(token)

        shared_task(name=name.value)(run)
        return function

    return decorate


def _task_id() -> str:
    """Celery's id of the hint that is being worked on; of a call outside any worker none."""
    request: Any = current_task.request if current_task else None
    return str(request.id) if request is not None and request.id else "none"


def _sent_by() -> str | None:
    """The span in which the hint was sent. What the job finds to do is often what was made there, and never has to be."""
    request: Any = current_task.request if current_task else None
    found = (getattr(request, "headers", None) or {}).get(traces.PARENT)
    return found if isinstance(found, str) else None


def send(name: Job) -> bool:
    """Put a hint on the job's queue. False, and a warning, when the broker does not answer."""
    try:
        sent_by = traces.here()
        app().send_task(
            name.value, queue=QUEUE_OF[name].value, headers={traces.PARENT: sent_by} if sent_by else None
        )
    except (KombuError, redis.RedisError, OSError) as error:
        log.warning("hint %s not sent: %s", name, error)
        return False
    return True


def _say(message: str, to: Any = sys.__stderr__) -> None:
    """A line of the log in place of what Celery writes past all loggers at a stop, which would be the only lines that are no JSON."""
    log.log(logging.INFO if to is sys.__stdout__ else logging.WARNING, "%s", message.strip())


def log_by_our_rules() -> None:
    """Let what Celery and its pool say go through our handlers. The pool's logger has none, and passes nothing on: Python then
    prints its bare words.
    """
    setattr(celery_worker, "safe_say", _say)  # noqa: B010 - a plain assignment is what mypy forbids
    pools = logging.getLogger("multiprocessing")
    pools.handlers[:], pools.propagate = logging.getLogger().handlers, False


def _stoppable(rounds: Rounds, notifier: Notifier) -> Any:
    """Celery's worker, which can be told to stop at every moment, not only once it runs: see `stopping`."""
    base: Any = app().Worker

    def tell() -> None:
        rounds.tell_to_stop()
        notifier.stopping()

    class Stoppable(base):  # type: ignore[misc]  # celery ships no types
        answers: dict[int, Any]
        """Celery's own, in force once there can be something in hand."""

        def install_platform_tweaks(self, worker: Any) -> None:
            super().install_platform_tweaks(worker)
            self.answers = {number: signal.getsignal(number) for number in stopping.SIGNALS}
            stopping.at_once()

        def on_consumer_ready(self, consumer: Any) -> None:
            notifier.ready()
            super().on_consumer_ready(consumer)
            # Not yet: Celery asks next whether its processes have begun, and dies of a stop that has just ended them. The loop's
            # first turn is before it takes anything.
            consumer.hub.call_soon(self.answer_as_celery)

        def answer_as_celery(self) -> None:
            if signal.getsignal(signal.SIGTERM) is stopping.end:  # the first time, and not told to stop since
                for number in self.answers:
                    signal.signal(number, functools.partial(_stop, self.answers, tell, os.getpid()))

    return Stoppable


def _stop(
    answers: dict[int, Any], tell: Callable[[], None], leader: int, number: int, frame: FrameType | None
) -> None:
    """Stop a worker that runs: as Celery does, but without waiting for processes that are not ready, and within a time."""
    if os.getpid() != leader:  # a process that has just been forked
        stopping.end(number, frame)
    tell()
    hurried = number == signal.SIGQUIT or (
        number == signal.SIGTERM and celery_worker.REMAP_SIGTERM == "SIGQUIT"
    )
    stopping.within(stopping.LONGEST_S if hurried else JOB_LIMIT_S)
    answers[number](number, frame)


def run_worker(
    *,
    role: str,
    queues: tuple[Queue, ...],
    processes: int,
    rounds: Rounds | None = None,
    notifier: Notifier | None = None,
    renewed: bool = True,
) -> None:
    """Consume `queues` until told to stop; returns when the last job is done. In `rounds` each process marks that it goes on,
    and `notifier` is told that whoever leads them does.

    Processes are `renewed` after some hundred jobs or above a limit of memory, against leaks; not those whose memory is what they work with.

    Not by Celery's command line, which reads a hundred modules of a terminal's comforts into every process.
    """
    notifier = notifier or Notifier()
    kombu_guards.install(notifier)
    log_by_our_rules()
    stopping.at_once()
    rounds = rounds or Rounds(processes)
    pool.mark(rounds)
    pool.guard_beginning()
    memory.one_heap()
    pool.get_ready()
    if db.engine.cache_info().currsize:
        db.engine().dispose()  # the connection that it took is nobody's after the fork
    with suppress(OSError):
        get_pdeathsig()  # what it takes to ask is what each process takes to be told: read once, and shared
    worker = _stoppable(rounds, notifier)(
        hostname=f"{role}@{gethostname()}",
        pool_cls=get_implementation("prefork"),
        queues=",".join(q.value for q in queues),
        concurrency=processes,
        **({} if renewed else {"max_tasks_per_child": NEVER, "max_memory_per_child": NEVER}),
        loglevel="INFO",
        quiet=True,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
    )
    worker.timer.call_repeatedly(MARK_EVERY_S, notifier.goes_on)
    worker.start()

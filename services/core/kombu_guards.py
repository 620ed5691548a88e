"""What kombu and Celery do about a broker that goes away, mended: each has its measured reason in docs/explanation/queues.md."""

import inspect
import logging
from typing import Any

import redis
from kombu.connection import Connection
from kombu.transport.redis import Channel
from kombu.transport.redis import QoS as RedisQoS
from kombu.transport.virtual import QoS as VirtualQoS

from services.core.liveness.notify import Notifier

log = logging.getLogger(__name__)

_HURRIED = {"interval_start": 0.2, "interval_step": 0.2, "interval_max": 1.0}


def install(notifier: Notifier) -> None:
    """Keep a worker alive when the broker restarts under it; `notifier` is told beside that whoever waits for the broker goes on.

    Kombu 5.7 gives unacknowledged messages back on a connection that it has just closed, reads the address of that
    connection (None by then) and dies of AttributeError; 6 of 12 restarts ended the worker process. As a
    ConnectionError it is one of the errors that kombu expects there. (Nearest report: celery/kombu#582.)
    """
    original: Any = Channel._connparams  # noqa: SLF001 - there is no public hook at that place

    def connparams(self: Any, *args: Any, **kwargs: Any) -> Any:
        if self.connection.client is None:
            raise redis.exceptions.ConnectionError("the broker connection is closed")
        found = original(self, *args, **kwargs)
        return found | {"connection_class": _telling(found["connection_class"], notifier)}

    setattr(Channel, "_connparams", connparams)  # noqa: B010 - a plain assignment is what mypy forbids
    _guard_reconnection(notifier)
    _guard_acknowledgements()


def _telling(base: Any, notifier: Notifier) -> Any:
    """A connection that says before each question and each answer that the work goes on. A broker that is frozen is waited for 15 s each
    time, and a worker that lost it gives back one message after the other.
    """

    class Telling(base):  # type: ignore[misc]  # made of what kombu chose
        def send_packed_command(self, *args: Any, **kwargs: Any) -> Any:
            notifier.goes_on()
            return super().send_packed_command(*args, **kwargs)

        def read_response(self, *args: Any, **kwargs: Any) -> Any:
            notifier.goes_on()
            return super().read_response(*args, **kwargs)

    return Telling


def _guard_reconnection(notifier: Notifier) -> None:
    """Look for a broker that is away once a second. Who does so is as ready as can be.

    Celery waits 2 s, 4 s, 6 s and so on up to half a minute, and has no setting for it: after a restart of ten seconds work
    stood still for up to ten more.
    """
    original: Any = Connection._ensure_connection  # noqa: SLF001 - as above

    form = inspect.signature(original)

    def ensure(*args: Any, **kwargs: Any) -> Any:
        given = form.bind(*args, **kwargs).arguments  # kombu itself gives them by place and by name
        callback = given.get("callback")

        def between() -> None:
            notifier.ready()
            notifier.goes_on()
            if callback:
                callback()

        return original(**(_HURRIED | given | {"callback": between}))

    setattr(Connection, "_ensure_connection", ensure)  # noqa: B010 - as above


def _guard_acknowledgements() -> None:
    """Let a message that cannot be acknowledged take no worker's place for ever.

    Kombu 5.7 counts it as being worked on until the broker has taken the acknowledgement; Celery logs that it could not be given
    and goes on. With as many of these as there are processes, a worker takes nothing any more, and looks alive. The hint itself is given out
    again after `VISIBILITY_S`, which does no harm.
    """
    original: Any = RedisQoS.ack

    def ack(self: Any, delivery_tag: Any) -> None:
        try:
            original(self, delivery_tag)
        except (redis.RedisError, OSError) as error:
            log.warning("a hint was not acknowledged: %s", error)
            VirtualQoS.ack(self, delivery_tag)  # type: ignore[no-untyped-call]  # kombu ships half its types

    setattr(RedisQoS, "ack", ack)  # noqa: B010 - as above

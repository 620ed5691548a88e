"""What is asked of a request before it is answered."""

import inspect
from collections.abc import Callable, Iterator

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from services.api.routes import ROUTERS


def called(dependant: Dependant) -> Iterator[Callable[..., object]]:
    for found in dependant.dependencies:
        if found.call is not None:
            yield found.call
        yield from called(found)


def test_none_takes_a_thread_for_what_takes_microseconds():
    """A plain function is sent to a thread and back, which costs more than it does."""
    routes = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]
    found = {call for route in routes for call in called(route.dependant)}
    assert len(found) > 5
    sent_away = [call for call in found if not inspect.iscoroutinefunction(call)]
    # Security schemes of FastAPI's are objects whose call is a coroutine.
    assert [c for c in sent_away if not inspect.iscoroutinefunction(getattr(c, "__call__", None))] == []  # noqa: B004

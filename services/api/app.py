"""The application, and the process that serves it."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import FrameType

import uvicorn
from fastapi import FastAPI
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from services.api import errors
from services.api.delivery import Courier
from services.api.errors import Problem
from services.api.following.fanout import Channels
from services.api.following.follow import Bell
from services.api.front.door import Door
from services.api.front.gate import Gate, add_up
from services.api.front.shelf import Shelf
from services.api.front.wire import Protocol
from services.api.limits import Tally
from services.api.middleware import Front
from services.api.openapi import describe
from services.api.pages import render
from services.api.routes import ROUTERS
from services.api.watching.metrics import Metrics
from services.api.watching.pulse import Pulse
from services.api.watching.scrape import Watch
from services.core import cache, logs, traces
from services.core.db import close_readers, is_away, pool_use, watching_engine
from services.core.ending import end
from services.core.errors import ConfigurationError
from services.core.liveness import beats, stopping
from services.core.liveness.notify import Notifier
from services.core.metrics import fleet
from services.core.settings import settings

GRACE = 2
"""Seconds that open answers get when the process is told to stop."""


def create_app() -> FastAPI:
    """The whole read side. Needs `DATELINE_DATABASE_URL`; goes on without Redis."""
    app = Application(
        title="Dateline",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=_lifespan,
        redirect_slashes=False,
    )
    app.state.metrics = Metrics()
    app.state.watch = Watch()
    app.state.notifier = Notifier()
    app.state.pulse = Pulse(app.state.notifier)
    app.state.bell = Bell()
    app.state.channels = Channels(app.state.bell)
    app.state.tally = Tally()
    app.state.shelf = Shelf(lambda: app.state.bell, is_away)
    app.state.problem_page = _problem_page
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]  # FastAPI's own documented way
    errors.install(app)
    for router in ROUTERS:
        app.include_router(router)
    app.add_middleware(Front, metrics=app.state.metrics)
    app.open_door()
    return app


class Application(FastAPI):
    """FastAPI behind a door."""

    door: Door | None = None

    def open_door(self) -> None:
        """Let requests come in through the door from now on."""
        state = self.state
        self.door = Door(super().__call__, gate=Gate(state.tally), shelf=state.shelf, metrics=state.metrics)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or live through one event of the server's life."""
        await (self.door or super().__call__)(scope, receive, send)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.openapi()  # requests are held to it; made here, and not while the first reader waits
    bell: Bell = app.state.bell
    courier = Courier(bell)
    bell.start()
    courier.start()
    beside = [
        asyncio.create_task(add_up(app.state.tally), name="rate limits"),
        asyncio.create_task(app.state.pulse.beat(), name="pulse"),
    ]
    try:
        yield
    finally:
        await bell.stop()
        await app.state.channels.close()
        await courier.stop()
        await end(beside)
        await cache.close_counters()
        await app.state.watch.end()
        await close_readers()
        if watching_engine.cache_info().currsize:
            await watching_engine().dispose()


def _problem_page(problem: Problem) -> Response:
    body = render.page("problem.html", problem=problem, title=problem.body["title"])
    headers = {"Cache-Control": "no-store", "Content-Type": render.MEDIA_TYPE, **problem.headers}
    return Response(body, status_code=problem.status, headers=headers)


class _Server(uvicorn.Server):
    """Sends followers home as soon as it is told to stop; otherwise open streams would hold it to the last second."""

    def __init__(self, config: uvicorn.Config, bell: Bell, notifier: Notifier) -> None:
        super().__init__(config)
        self._bell, self._notifier = bell, notifier

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Answer a request to stop: at once while nobody is served, else within a time."""
        if not self.started:
            stopping.end(sig, frame)
        stopping.within()
        self._notifier.stopping()
        super().handle_exit(sig, frame)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer, and say so."""
        await super().startup(sockets)
        if self.started:
            self._notifier.ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams, then everything else."""
        self._bell.close()
        await super().shutdown(sockets)


def server_config(app: ASGIApp) -> uvicorn.Config:
    """How the API is served; without a word to the log for each request: metrics count them."""
    return uvicorn.Config(
        app,
        loop="uvloop",
        http=Protocol,
        ws="none",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE,
        timeout_keep_alive=75,
    )


def serve() -> None:
    """Serve on `DATELINE_BIND` until told to stop (SIGTERM, SIGINT). Blocks.

    Raises ConfigurationError when that address cannot be listened on.
    """
    chosen = settings()
    logs.configure(level=chosen.log_level, log_format=chosen.log_format, secrets=(chosen.admin_token,))
    traces.check()
    listener = _listen(chosen.bind)
    app = create_app()
    metrics: Metrics = app.state.metrics
    beats.start(
        "api",
        beats.process_name(),
        lambda: {"followers": metrics.followers, "pool": pool_use()},
        silence=app.state.pulse.look,
    )
    fleet.start()
    traces.start("api")
    try:
        _Server(server_config(app), app.state.bell, app.state.notifier).run(sockets=[listener])
    finally:
        traces.end()


def _listen(bind: str) -> socket.socket:
    host, _, port = bind.rpartition(":")
    host = host.strip("[]")
    try:
        return socket.create_server(
            (host, int(port)), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=2048
        )
    except OSError as error:
        raise ConfigurationError(
            f"DATELINE_BIND: {bind} cannot be listened on ({os.strerror(error.errno or 0)}): "
            "stop what uses it, or name another host:port."
        ) from error

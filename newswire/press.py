"""The press as a whole: `Press` inside an event loop, `running_press` beside a program that has none.

with running_press(seed=7) as press:
    press.publish("steppe-courier", 3)
    press.opml_url, press.truth(), press.stats()
"""

import asyncio
import contextlib
import random
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self, TypeVar

from aiohttp import web

from newswire.hub import Hub
from newswire.kept import Kept, go_on, kept
from newswire.model import Outlet
from newswire.newsroom import Newsroom
from newswire.opml import opml
from newswire.outlets import BROKEN, OUTLETS, first_outlets, mixed_outlets, plain_outlets
from newswire.server import Switchboard
from newswire.sockets import MAIN, Doors, hang_up, open_doors
from newswire.truth import truth_row
from newswire.visitors import Visits

Row = dict[str, Any]
_T = TypeVar("_T")
_CORRECTED_SHARE = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What kind of press is wanted.

    `every` is the mean pause between publications in seconds (0: only when told to). `feeds` and `entries`, given together, ask for that
    many plain generated outlets with that many entries each in place of the named ones (0 entries: `mixed_outlets`). `shared` puts all outlets on one address.
    `first` is the number of the first article. `kept`: what an earlier press showed (`Press.kept`), to go on from where it fits.
    """

    seed: int = 7
    port: int = 0
    every: float = 0.0
    outlets: int = len(OUTLETS)
    broken: bool = True
    feeds: int = 0
    entries: int = 20
    shared: bool = False
    first: int = 1
    kept: Kept | None = None

    def cast(self) -> list[Outlet]:
        """The outlets of this press."""
        if self.feeds and not self.entries:
            return list(mixed_outlets(self.feeds))
        if self.feeds:
            return list(plain_outlets(self.feeds, entries=self.entries))
        return [*first_outlets(self.outlets), *(BROKEN if self.broken else ())]


class Press:
    """A fictional press being served; an asynchronous context manager. Methods are for the event loop it runs in."""

    def __init__(self, **options: Any) -> None:
        self._plan = Plan(**options)
        self._cast = self._plan.cast()
        self._doors: Doors = open_doors(0 if self._plan.shared else len(self._cast), port=self._plan.port)
        self._hosts = dict(zip((outlet.slug for outlet in self._cast), self._doors.hosts, strict=False))
        self.url = f"http://{MAIN}:{self._doors.port}"
        self.opml_url = f"{self.url}/opml"
        self.newsroom = Newsroom(
            self._cast, seed=self._plan.seed, base_of=self.base_of, now=_now(), first=self._plan.first
        )
        before = self._plan.kept
        if before is None or not go_on(self.newsroom, before, now=_now()):
            self.newsroom.fill(now=_now(), entries=(self._plan.entries or None) if self._plan.feeds else None)
        slugs = {host: slug for slug, host in self._hosts.items()}
        self._board = Switchboard(self.newsroom, self.base_of, slugs, hub_url=f"{self.url}/hub")
        self._hub = Hub(self._board.hub_url, self._board.topics)
        self._runner: web.AppRunner | None = None
        self._clockwork: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._runner = web.AppRunner(self._application(), access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        for opened in self._doors.sockets:
            await web.SockSite(self._runner, opened).start()
        if self._plan.every > 0:
            self._clockwork = asyncio.create_task(self._publish_for_ever())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._clockwork is not None:
            self._clockwork.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._clockwork
        await self._hub.close()
        if self._runner is not None:
            await hang_up(self._runner, self._doors.sockets)
        self._doors.close()

    @property
    def outlets(self) -> list[Outlet]:
        """Everyone who publishes here, broken ones last."""
        return list(self._cast)

    def base_of(self, outlet: Outlet) -> str:
        """An outlet's own address, without a slash at its end."""
        host = self._hosts.get(outlet.slug)
        return f"http://{host}:{self._doors.port}" if host else f"{self.url}/o/{outlet.slug}"

    def feed_url(self, slug: str) -> str:
        """Where an outlet's feed is; KeyError for a slug nobody bears."""
        return self._board.feed_url(self.newsroom.desks[slug].outlet)

    def opml(self, *, broken: bool = True) -> str:
        """The list of feeds in folders by region."""
        listed = [outlet for outlet in self._cast if broken or outlet.trouble is None]
        return opml((outlet, self.feed_url(outlet.slug), f"{self._board.home(outlet)}/") for outlet in listed)

    def kept(self) -> Row:
        """What it shows, for a press that is opened later under the same addresses."""
        return kept(self.newsroom)

    def truth(self) -> list[Row]:
        """One row for each article ever published, oldest first (see `truth.truth_row`)."""
        return self._rows(None)

    def publish(self, outlet: str | None = None, n: int = 1) -> list[Row]:
        """Publishes `n` articles at once and returns their rows, wire copies included; KeyError for an unknown outlet."""
        printed = [article.id for _ in range(n) for article in self.newsroom.publish(now=_now(), slug=outlet)]
        self._hub.look()
        return self._rows(printed)

    def correct(self, article_id: str | None = None) -> list[Row]:
        """Edits the headline and text of an article (any, when none is named); its row, or nothing if it cannot be corrected."""
        article = self.newsroom.correct(now=_now(), article_id=article_id)
        self._hub.look()
        return self._rows([article.id]) if article else []

    def stats(self) -> dict[str, Row]:
        """By outlet: its feed, how that was asked for (see `visitors.Visits`), how many lines it shows, and what its hub did."""
        return {
            slug: {
                "feed": self.feed_url(slug),
                **self._board.visits.get(slug, Visits()).row(),
                "lines": len(desk.lines),
                "subscribers": self._hub.subscribers(self.feed_url(slug)),
                "pushes": self._hub.pushes[self.feed_url(slug)],
            }
            for slug, desk in self.newsroom.desks.items()
        }

    def _rows(self, wanted: list[str] | None) -> list[Row]:
        room, listed = self.newsroom, defaultdict[str, list[str]](list)
        for slug, desk in room.desks.items():
            for line in desk.lines:
                listed[line.article.id].append(slug)
        articles = [room.articles[name] for name in (room.articles if wanted is None else wanted)]
        return [
            truth_row(found, listed_by=listed[found.id], readable=room.readable(found)) for found in articles
        ]

    async def _publish_for_ever(self) -> None:
        rng = random.Random(self._plan.seed)
        while True:
            await asyncio.sleep(self._plan.every * rng.uniform(0.4, 1.6))
            self.publish()
            if rng.random() < _CORRECTED_SHARE:
                self.correct()

    def _application(self) -> web.Application:
        app = web.Application()
        app.router.add_get("/opml", self._get_opml)
        app.router.add_get("/truth.json", self._get(self.truth))
        app.router.add_get("/stats.json", self._get(self.stats))
        app.router.add_post("/publish", self._post_publish)
        app.router.add_post("/correct", self._post_correct)
        app.router.add_post("/validators", self._post_validators)
        app.router.add_post("/hub", self._hub.answer)
        app.router.add_route("*", "/{path:.*}", self._board.answer)
        return app

    async def _get_opml(self, request: web.Request) -> web.Response:
        text = self.opml(broken=request.query.get("broken") != "no")
        return web.Response(text=text, content_type="text/x-opml")

    def _get(self, read: Callable[[], object]) -> Callable[[web.Request], Any]:
        async def handler(_request: web.Request) -> web.Response:
            return web.json_response(read())

        return handler

    async def _post_publish(self, request: web.Request) -> web.Response:
        slug, count = request.query.get("outlet"), request.query.get("n", "1")
        if slug is not None and slug not in self.newsroom.desks:
            return web.Response(
                status=404, text=f"No outlet {slug!r} publishes here; /opml and /stats.json list them.\n"
            )
        if not count.isdecimal() or not 1 <= int(count) <= 10_000:
            return web.Response(status=400, text=f"n={count} is no number of articles from 1 to 10000.\n")
        return web.json_response(self.publish(slug, int(count)))

    async def _post_correct(self, request: web.Request) -> web.Response:
        name = request.query.get("id")
        if name is not None and name not in self.newsroom.articles:
            return web.Response(status=404, text=f"No article {name!r}; /truth.json lists them.\n")
        return web.json_response(self.correct(name))

    async def _post_validators(self, request: web.Request) -> web.Response:
        wanted = request.query.get("honour")
        if wanted not in {"yes", "no"}:
            return web.Response(status=400, text=f"honour={wanted} is neither yes nor no.\n")
        self._board.forgetful = wanted == "no"
        return web.json_response({"honour": wanted})


class RunningPress:
    """A press in a thread of its own: the same questions, callable from any thread."""

    def __init__(self, press: Press, loop: asyncio.AbstractEventLoop) -> None:
        self._press, self._loop = press, loop
        self.url, self.opml_url = press.url, press.opml_url
        self.outlets = press.outlets
        self.feed_url = press.feed_url

    def kept(self) -> Row:
        """See `Press.kept`."""
        return self._ask(self._press.kept)

    def truth(self) -> list[Row]:
        """See `Press.truth`."""
        return self._ask(self._press.truth)

    def publish(self, outlet: str | None = None, n: int = 1) -> list[Row]:
        """See `Press.publish`."""
        return self._ask(lambda: self._press.publish(outlet, n))

    def correct(self, article_id: str | None = None) -> list[Row]:
        """See `Press.correct`."""
        return self._ask(lambda: self._press.correct(article_id))

    def stats(self) -> dict[str, Row]:
        """See `Press.stats`."""
        return self._ask(self._press.stats)

    def opml(self, *, broken: bool = True) -> str:
        """See `Press.opml`."""
        return self._ask(lambda: self._press.opml(broken=broken))

    def _ask(self, question: Callable[[], _T]) -> _T:
        async def asked() -> _T:
            return question()

        return asyncio.run_coroutine_threadsafe(asked(), self._loop).result()


@contextlib.contextmanager
def running_press(**options: Any) -> Iterator[RunningPress]:
    """Serves a press (options as in `Plan`) from a thread until the block ends; raises OSError where a port is taken."""
    press = Press(**options)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="newswire", daemon=True)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(press.__aenter__(), loop).result()
        yield RunningPress(press, loop)
    finally:
        asyncio.run_coroutine_threadsafe(_closed(press), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _closed(press: Press) -> None:
    """Close, and let every visitor who is still on the line be hung up on before the loop ends."""
    await press.__aexit__(None, None, None)
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await asyncio.sleep(0.05)


def _now() -> datetime:
    return datetime.now(UTC)

"""Many at once: subscribers who poll, followers of event streams, and how soon every process knows of a change."""

import asyncio
import random
import resource
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, cast

import uvloop
from sqlalchemy import text

from services.core import latest
from services.core.db import transaction
from tests.bench.figures import BenchError
from tests.bench.load import request

LATEST = "/v1/latest"
UNCHANGED = 0.95
"""Share of polls that bring the tag that is in force."""
_ARTICLE = text(
    """
    INSERT INTO articles (source_id, url, title, teaser, text, html, authors, tags, language, content_hash, date_guessed,
        first_seen_at, updated_at, sort_at, listed, published_revision)
    SELECT min(id), :url, :title, 'What happens while many look on.', '', '', '{}', '{}', 'en', '\\x00', false, now(), now(), now(),
        true, 1 FROM sources RETURNING id
    """
)
_SETTLE_S = 60.0


def open_files(wanted: int) -> None:
    """Let this process and those that it starts from now on have so many files open. Raises BenchError where that is not allowed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise BenchError(
            f"Many at once need {wanted} open files a process, and this account may have {hard}."
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))


def publish(title: str) -> float:
    """Put an article into Latest; when that was committed, by this process's clock."""
    with transaction() as session:
        url = f"http://crowd.example/{time.monotonic_ns()}"
        number = session.scalar(_ARTICLE, {"url": url, "title": title})
        latest.publish(session, [latest.Draft(int(number or 0), "added", 1, (), ())])
    return time.perf_counter()


def run(work: Callable[[], Awaitable[Any]]) -> Any:
    """`work()` in an event loop of its own."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(cast("Any", work()))


class Client(asyncio.Protocol):
    """One connection: bytes as they come, and what waits for them."""

    def __init__(self) -> None:
        self.came = b""
        self.transport: asyncio.Transport | None = None
        self.closed = False
        self._wanted: tuple[Callable[[bytes], bool], asyncio.Future[float]] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self.came += data
        if self._wanted and self._wanted[0](self.came) and not self._wanted[1].done():
            self._wanted[1].set_result(time.perf_counter())

    def connection_lost(self, error: Exception | None) -> None:
        self.closed = True
        if self._wanted and not self._wanted[1].done():
            self._wanted[1].set_exception(ConnectionError(str(error or "closed")))

    def send(self, asked: bytes, enough: Callable[[bytes], bool]) -> asyncio.Future[float]:
        """Ask (nothing, perhaps); when enough has come. Raises ConnectionError when the connection ends before that."""
        self.came = b""
        self._wanted = enough, asyncio.get_running_loop().create_future()
        if self.transport and asked:
            self.transport.write(asked)
        return self._wanted[1]


async def connect(address: str) -> Client:
    """A connection to `host:port`."""
    host, _, port = address.rpartition(":")
    _, client = await asyncio.get_running_loop().create_connection(Client, host, int(port))
    return client


def whole(came: bytes) -> bool:
    """Whether an answer is there, body and all."""
    head, found, body = came.partition(b"\r\n\r\n")
    if not found:
        return False
    length = head.lower().partition(b"\r\ncontent-length:")[2].partition(b"\r\n")[0]
    return head[9:12] == b"304" or len(body) >= int(length or 0)


def tag_of(came: bytes) -> str:
    """The ETag of an answer."""
    lines = came.partition(b"\r\n\r\n")[0].split(b"\r\n")
    return next(line[6:].decode() for line in lines if line.lower().startswith(b"etag: "))


@dataclass(slots=True)
class Polls:
    """What subscribers met: seconds of each poll (connecting included where the connection was new), statuses, what broke."""

    times: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    broken: int = 0


async def poll(address: str, *, subscribers: int, seconds: float, publishing: bool) -> Polls:
    """So many subscribers, each polling once a minute, for `seconds`; evenly spread with chance in it. Half of them hold their
    connection, half make one for each poll. Articles are published meanwhile, one in two seconds.
    """
    rate = subscribers / 60
    dice, found = random.Random(5), Polls()
    held = [await connect(address) for _ in range(min(int(rate * seconds / 2) + 50, subscribers // 2))]
    in_force = {"tag": ""}
    await _look(address, in_force)
    end, due, tasks = time.perf_counter() + seconds, time.perf_counter(), set[asyncio.Task[None]]()
    publisher = asyncio.create_task(_publish(address, in_force, end) if publishing else asyncio.sleep(0))
    while due < end:
        due += dice.expovariate(rate)
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        tag = in_force["tag"] if dice.random() < UNCHANGED else '"another"'
        client = held.pop() if held and dice.random() < 0.5 else None
        task = asyncio.create_task(_one(address, client, tag, found))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    await asyncio.wait([*tasks, publisher], timeout=_SETTLE_S)
    for client in held:
        if client.transport:
            client.transport.abort()
    return found


async def _one(address: str, client: Client | None, tag: str, found: Polls) -> None:
    started = time.perf_counter()
    try:
        client = client or await connect(address)
        done = await client.send(request(LATEST, host=address, If_None_Match=tag), whole)
        found.times.append(done - started)
        found.statuses[int(client.came[9:12])] += 1
        if client.transport:
            client.transport.close()
    except OSError:
        found.broken += 1


async def _look(address: str, in_force: dict[str, str]) -> None:
    client = await connect(address)
    await client.send(request(LATEST, host=address), whole)
    in_force["tag"] = tag_of(client.came)
    if client.transport:
        client.transport.close()


async def _publish(address: str, in_force: dict[str, str], end: float) -> None:
    while time.perf_counter() < end:
        await asyncio.to_thread(publish, "Something happens while ten thousand poll")
        await asyncio.sleep(0.2)  # by then every process knows
        await _look(address, in_force)
        await asyncio.sleep(1.8)


@dataclass(slots=True)
class Arrivals:
    """Seconds from the commit of a change until each follower had it, change by change; how many were there; who were lost."""

    changes: list[list[float]] = field(default_factory=list)
    memory: float = 0.0
    cpu: list[float] = field(default_factory=list)
    lost: int = 0


async def follow(
    address: str, *, followers: int, changes: int, memory: Callable[[], int], cpu: Callable[[], float]
) -> Arrivals:
    """Open so many event streams, then publish changes one by one. `memory`, `cpu`: bytes and seconds of whoever serves them."""
    found, before = Arrivals(), memory()
    asked = request("/v1/changes", host=address).replace(b"*/*", b"text/event-stream")
    head = await connect(address)
    await head.send(request(LATEST, host=address), whole)
    since = head.came.partition(b'"changes":"')[2].partition(b'"')[0]
    asked = asked.replace(b"/v1/changes", b"/v1/changes?since=" + since)
    clients: list[Client] = []
    for start in range(0, followers, 50):
        fresh = [await connect(address) for _ in range(min(50, followers - start))]
        await asyncio.gather(*(client.send(asked, lambda came: b"retry: 3000" in came) for client in fresh))
        clients += fresh
    await asyncio.sleep(1.0)
    found.memory = (memory() - before) / followers
    for number in range(changes):
        mark = f"change number {number} for all"
        waiting = [client.send(b"", _has(mark)) for client in clients]
        spent = cpu()
        committed = await asyncio.to_thread(publish, mark)
        done, missing = await asyncio.wait(waiting, timeout=_SETTLE_S)
        found.cpu.append(cpu() - spent)
        found.changes.append([f.result() - committed for f in done if not f.exception()])
        found.lost += len(missing) + sum(f.exception() is not None for f in done)
    for client in [*clients, head]:
        if client.transport:
            client.transport.abort()
    return found


def _has(words: str) -> Callable[[bytes], bool]:
    return lambda came: words.encode() in came


async def invalidated(addresses: list[str], *, times: int) -> list[float]:
    """Seconds from the commit of an article until each of several processes gave another tag, of each time and process."""
    clients = [await connect(address) for address in addresses]
    found: list[float] = []
    for number in range(times):
        tags = []
        for client, address in zip(clients, addresses, strict=True):
            await client.send(request(LATEST, host=address), whole)
            tags.append(tag_of(client.came))
        committed = await asyncio.to_thread(publish, f"Something new, {number}")
        found += [
            seen - committed for seen in await asyncio.gather(*map(_until_another, clients, addresses, tags))
        ]
        await asyncio.sleep(0.3)
    for client in clients:
        if client.transport:
            client.transport.abort()
    return found


async def _until_another(client: Client, address: str, tag: str) -> float:
    while True:
        done = await client.send(request(LATEST, host=address, If_None_Match=tag), whole)
        if tag_of(client.came) != tag:
            return done
        await asyncio.sleep(0.002)

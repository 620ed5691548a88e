"""One change for many followers: read once and put into bytes once for each filter, whatever the number of those who follow it.

A channel reads on for as long as anybody follows its filter, and keeps the newest of what it said, bounded. A follower who is at a place in
it takes the bytes from there; one who is further behind looks by himself until he has caught up.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from services.api.following.follow import LOOK_EVERY, Bell
from services.core.clock import monotonic
from services.core.ending import end
from services.core.errors import UnavailableError

COMMENT_EVERY = 15.0
"""Seconds of silence after which followers are told that the stream is still there."""
STILL_HERE = b": still here\n\n"
AGAIN_S = 1.0
KEPT_BYTES = 256 * 1024
"""Of what a channel said; who is further behind looks by himself."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Place:
    """A position in the stream, in the epoch in which it means something."""

    epoch: str
    seq: int


@dataclass(frozen=True, slots=True)
class Said:
    """What lies between two places, as it goes over the wire; `more` when there is more after it by now."""

    after: Place
    upto: Place
    lines: bytes
    more: bool


Look = Callable[[Place], Awaitable[Said]]


@dataclass(slots=True)
class Channel:
    """What is said to all who follow one filter. `look` reads what lies after a place."""

    bell: Bell
    look: Look
    place: Place
    followers: int = 0
    said: deque[Said] = field(default_factory=deque)
    held: int = 0
    turns: int = 0
    """Goes up whenever there is something to say, silence included."""
    ended: bool = False
    _waiting: set[asyncio.Future[None]] = field(default_factory=set)

    async def run(self) -> None:
        """Read on until it is called off, or its place cannot be gone on from; while the database is away followers wait."""
        spoken = monotonic()
        try:
            while not self.bell.stopping:
                rings = self.bell.rings
                try:
                    found = await self.look(self.place)
                except UnavailableError as error:
                    log.warning("followers wait: %s", error)
                    await asyncio.sleep(AGAIN_S)
                    continue
                if found.upto != self.place:
                    self._keep(found)
                    spoken = monotonic()
                    self._turn()
                elif monotonic() - spoken >= COMMENT_EVERY:
                    spoken = monotonic()
                    self._turn()
                if not found.more:
                    await self.bell.wait(since=rings, seconds=LOOK_EVERY)
        finally:
            self.ended = True
            self._turn()

    def since(self, place: Place) -> tuple[bytes, Place] | None:
        """All that was said after a place, and the place reached; None when that is not known here."""
        if place == self.place:
            return b"", place
        lines: list[bytes] = []
        for said in reversed(self.said):
            lines.append(said.lines)
            if said.after == place:
                return b"".join(reversed(lines)), self.place
        return None

    async def wait(self, turns: int) -> None:
        """Return when there is more to say than there was at so many turns."""
        if self.turns != turns or self.ended:
            return
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(waiting)
        try:
            await waiting
        finally:
            self._waiting.discard(waiting)

    def _turn(self) -> None:
        self.turns += 1
        waiting, self._waiting = self._waiting, set()
        for future in waiting:
            if not future.done():
                future.set_result(None)

    def _keep(self, found: Said) -> None:
        self.said.append(found)
        self.held += len(found.lines)
        self.place = found.upto
        while self.held > KEPT_BYTES and len(self.said) > 1:
            self.held -= len(self.said.popleft().lines)


class Channels:
    """The channels of one process, by what is followed."""

    def __init__(self, bell: Bell) -> None:
        self._bell = bell
        self._open: dict[Hashable, tuple[Channel, asyncio.Task[None]]] = {}

    @asynccontextmanager
    async def joined(self, key: Hashable, look: Look, head: Place) -> AsyncIterator[Channel]:
        """Follow for the length of a block. Whoever comes first opens the channel, at the head of the stream, not at his own place;
        the last one closes it.
        """
        channel, task = self._open.get(key, (None, None))
        if channel is None or task is None or channel.ended:
            channel = Channel(self._bell, look, head)
            task = asyncio.create_task(channel.run(), name="channel")
            task.add_done_callback(_told)
            self._open[key] = channel, task
        channel.followers += 1
        try:
            yield channel
        finally:
            channel.followers -= 1
            if not channel.followers:
                task.cancel()
                if self._open.get(key) == (channel, task):
                    del self._open[key]

    async def close(self) -> None:
        """End all of them."""
        await end([task for _, task in self._open.values()])


async def followed(channel: Channel, place: Place) -> AsyncGenerator[bytes]:
    """What a follower is told from his place on, until nobody can say any more. Raises what looking raises."""
    while not channel.ended:
        turns = channel.turns
        found = channel.since(place)
        if found is None and place.epoch == channel.place.epoch and place.seq > channel.place.seq:
            await channel.wait(turns)  # he has looked by himself, and further than the channel by now
        elif found is None:
            said = await channel.look(place)
            place = said.upto
            if said.lines:
                yield said.lines
        elif found[1] != place:
            place = found[1]
            yield found[0]
        else:
            await channel.wait(turns)
            if channel.place == place and not channel.ended:
                yield STILL_HERE


def _told(task: asyncio.Task[None]) -> None:
    """A channel that failed is nobody's loss: followers look by themselves and find the same."""
    if not task.cancelled() and (error := task.exception()):
        log.warning("a channel of followers ended: %s", error)

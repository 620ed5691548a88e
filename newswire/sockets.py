"""Opens a loopback address for every outlet, so that per-host politeness does not put them in one queue; and hangs up."""

import asyncio
import contextlib
import errno
import resource
import socket
from collections.abc import Iterable
from dataclasses import dataclass

from aiohttp import web

MAIN = "127.0.0.1"
_A_NET = 250
_TRIES = 8


@dataclass(frozen=True, slots=True)
class Doors:
    """Bound sockets: the main one first; `hosts` gives each outlet's address, or nothing where all share the main one."""

    port: int
    sockets: tuple[socket.socket, ...]
    hosts: tuple[str, ...]

    def close(self) -> None:
        """Gives every address back."""
        for opened in self.sockets:
            opened.close()


def open_doors(count: int, *, port: int) -> Doors:
    """Binds the main address and, where the system allows it (Linux), one 127.0.x.y for each outlet on the same port.

    Port 0 asks for any port that is free on all of them. Raises OSError where the main address is taken.
    """
    _allow_files(count + 256)
    for attempt in range(_TRIES):
        main = _bound(MAIN, port)
        chosen = int(main.getsockname()[1])
        hosts = tuple(f"127.0.{1 + number // _A_NET}.{1 + number % _A_NET}" for number in range(count))
        own: list[socket.socket] = []
        try:
            own += [_bound(host, chosen) for host in hosts]
        except OSError as error:
            for opened in own:
                opened.close()
            if error.errno == errno.EADDRINUSE and port == 0 and attempt < _TRIES - 1:
                main.close()
                continue
            return Doors(port=chosen, sockets=(main,), hosts=())
        return Doors(port=chosen, sockets=(main, *own), hosts=hosts)
    raise OSError(errno.EADDRINUSE, "No port was free on all loopback addresses.")


async def let_nobody_in(doors: Iterable[socket.socket]) -> None:
    """Stop listening at these sockets of servers of this loop, without closing the servers yet.

    Who was let in a moment ago gets a transport a turn of the loop later, and only while the server is open: asyncio
    before 3.12 leaves the socket behind otherwise.
    """
    loop = asyncio.get_running_loop()
    for door in doors:
        loop.remove_reader(door.fileno())
    await asyncio.sleep(0.01)


async def hang_up(runner: web.AppRunner, doors: Iterable[socket.socket]) -> None:
    """Let nobody in any more at these listening sockets, end the runner, and cut the line of everybody who is in."""
    await let_nobody_in(doors)
    # A handler forgets its transport when it closes it, though bytes that nobody reads keep that one open for ever;
    # the server's own table does not.
    lines = list(runner.server._connections.values()) if runner.server else []  # noqa: SLF001
    await runner.cleanup()
    for line in lines:
        line.abort()
    await asyncio.sleep(0)  # the sockets close in the next turn


def _bound(host: str, port: int) -> socket.socket:
    opened = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind((host, port))
        opened.listen(256)  # two binders may share a port until one listens
    except OSError:
        opened.close()
        raise
    return opened


def _allow_files(wanted: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < wanted * 4:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted * 4, hard), hard))

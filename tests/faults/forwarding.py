"""A long way to the database, which can be cut: what is forwarded goes nowhere, and no connection is closed."""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.faults.world import World


class Cut(threading.Event):
    """When set, nothing is forwarded any more and no connection is closed."""

    served = 0


@contextmanager
def forwarding(world: World, address: str = "127.0.0.1") -> Iterator[tuple[int, Cut]]:
    """A TCP port of this machine's `address` that leads to the database's socket."""
    path = re.search(r"host=([^&]+)", world.postgres.url)
    assert path is not None
    target = f"{path[1]}/.s.PGSQL.5432"
    cut, over = Cut(), threading.Event()
    server = socket.create_server((address, 0))
    server.settimeout(0.2)
    opened: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def pump(source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while not over.is_set():
                with suppress(TimeoutError):
                    data = source.recv(65_536)
                    while cut.is_set() and not over.wait(0.1):
                        pass
                    if not data:
                        break
                    sink.sendall(data)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_WR)

    def serve() -> None:
        while not over.is_set():
            with suppress(TimeoutError):
                near, _ = server.accept()
                far = socket.socket(socket.AF_UNIX)
                far.connect(target)
                cut.served += 1
                for end in (near, far):
                    end.settimeout(0.2)
                    opened.append(end)
                for pair in ((near, far), (far, near)):
                    threads.append(threading.Thread(target=pump, args=pair, daemon=True))
                    threads[-1].start()

    listener = threading.Thread(target=serve, daemon=True)
    listener.start()
    try:
        yield server.getsockname()[1], cut
    finally:
        over.set()
        listener.join()
        for thread in threads:
            thread.join()
        for end in (*opened, server):
            end.close()

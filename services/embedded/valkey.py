"""The embedded Redis-protocol server: Valkey on a unix socket, with an append-only file."""

import signal
import socket
from functools import partial
from pathlib import Path

from services.core.errors import ConfigurationError
from services.embedded.home import Home
from services.embedded.orphans import end_orphan
from services.embedded.process import Child, Running, Server, start
from services.embedded.programs import find_valkey

_SOCKET = "valkey.sock"
_PID_FILE = "valkey.pid"


def valkey_server(home: Home, *, program: Path | None = None) -> Server:
    """How to run the broker of `home`. Raises ConfigurationError: no program, no folder."""
    program = program or find_valkey()
    try:
        home.valkey.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"The folder {home.valkey} cannot be made ({error.strerror}).") from error
    path = home.run / _SOCKET
    child = Child(
        name="valkey",
        argv=(str(program), *_options(home, path)),
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
        cwd=home.valkey,
        before=partial(
            end_orphan, home.run / _PID_FILE, works_in=home.valkey, signals=(signal.SIGTERM, signal.SIGKILL)
        ),
        ready=partial(_answers, path),
        ready_seconds=60.0,  # it answers LOADING while it reads a long file
        stop_signal=signal.SIGTERM,  # writes what is left of the file, then ends
        death_signal=signal.SIGTERM,
        stop_seconds=3.0,
        tier=0,
        shown=False,
    )
    return Server(child=child, url=f"unix://{path}", data=home.valkey)


def start_valkey(home: Home) -> Running:
    """Start the broker of `home`; it answers when this returns. Raises as `valkey_server`, and UnavailableError."""
    return start(valkey_server(home), home.log / "valkey.log")


def _options(home: Home, path: Path) -> list[str]:
    """Queues survive a stop and a crash (at most a second of hints is lost); never is one evicted for room."""
    return [
        *("--port", "0", "--unixsocket", str(path), "--unixsocketperm", "700"),
        *("--dir", str(home.valkey), "--appendonly", "yes", "--appendfsync", "everysec", "--save", ""),
        *("--maxmemory", "256mb", "--maxmemory-policy", "noeviction"),
        *("--daemonize", "no", "--pidfile", str(home.run / _PID_FILE), "--logfile", ""),
    ]


def _answers(path: Path) -> bool:
    """PING by hand: only `core.cache` and `core.broker` know the Redis library."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(2.0)
            connection.connect(str(path))
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith(b"+PONG")
    except OSError:
        return False

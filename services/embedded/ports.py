"""Whether the address of the API is free, asked before anything starts, and who has it if not."""

import contextlib
import errno
import socket
from pathlib import Path

from services.core.errors import ConfigurationError

_LISTENING = "0A"


def split_bind(bind: str) -> tuple[str, int]:
    """`127.0.0.1:8000` or `[::1]:8000` as host and port. Raises ConfigurationError."""
    host, _, port = bind.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ConfigurationError(f"DATELINE_BIND: {bind!r} is not host:port, such as 127.0.0.1:8000.")
    return host, int(port)


def check_port(bind: str) -> None:
    """Return when a server could listen at `bind`. Raises ConfigurationError that names port and holder."""
    host, port = split_bind(bind)
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise ConfigurationError(f"DATELINE_BIND: the host {host} of {bind} is unknown ({error}).") from error
    for family, kind, protocol, _, address in addresses:
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: no wait for old ends
            try:
                probe.bind(address)
            except OSError as error:
                raise ConfigurationError(_sentence(error, host, port)) from error


def _sentence(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        free = f"{host}:{port + 1 if port < 65535 else port - 1}"
        return f"Port {port} is taken{_holder(port)}: stop that, or set DATELINE_BIND to another, such as {free}."
    if error.errno == errno.EACCES:
        return f"Port {port} may be used by root only: set DATELINE_BIND to a port from 1024 on."
    return f"DATELINE_BIND: nothing can listen on {host}, port {port} ({error.strerror})."


def _holder(port: int) -> str:
    """` by NAME (process PID)` of whoever listens on `port`, empty where that cannot be found out."""
    inodes = _listeners(port)
    for folder in Path("/proc").glob("[0-9]*"):
        if _open_files(folder) & inodes:
            with contextlib.suppress(OSError):  # it has ended meanwhile
                return f" by {(folder / 'comm').read_text().strip()} (process {folder.name})"
    return ""


def _open_files(process: Path) -> set[str]:
    """What a process of ours has open; nothing for another user's."""
    found: set[str] = set()
    with contextlib.suppress(OSError):
        for link in (process / "fd").iterdir():
            with contextlib.suppress(OSError):  # closed since it was listed
                found.add(str(link.readlink()))
    return found


def _listeners(port: int) -> set[str]:
    """The sockets that listen on `port`, as /proc/PID/fd names them."""
    found: set[str] = set()
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        try:
            rows = [line.split() for line in table.read_text().splitlines()[1:]]
        except OSError:
            continue
        found |= {
            f"socket:[{row[9]}]"
            for row in rows
            if row[3] == _LISTENING and int(row[1].rpartition(":")[2], 16) == port
        }
    return found

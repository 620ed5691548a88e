"""Whether a configured database or broker can be reached at all, before anything is started on it."""

import socket
from urllib.parse import urlsplit

import psycopg

from services.core.errors import UnavailableError, said_by_server

_SECONDS = 5


def check_database(url: str) -> None:
    """Raises UnavailableError, without the password, when the database at `url` takes no connection."""
    try:
        psycopg.connect(url.replace("+psycopg", "", 1), connect_timeout=_SECONDS).close()
    except psycopg.Error as error:
        raise UnavailableError(
            f"The database of DATELINE_DATABASE_URL takes no connection: {said_by_server(error)}."
        ) from None  # the cause's text may hold the whole address


def check_broker(url: str) -> None:
    """Raises UnavailableError when nothing listens where `url` points."""
    parts = urlsplit(url)
    try:
        if parts.scheme == "unix":
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(_SECONDS)
                connection.connect(parts.path)
        else:
            socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 6379), _SECONDS).close()
    except (OSError, ValueError) as error:
        place = parts.path if parts.scheme == "unix" else f"{parts.hostname}, port {parts.port or 6379}"
        raise UnavailableError(f"Nothing answers at DATELINE_REDIS_URL ({place}): {error}.") from error

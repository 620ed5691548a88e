"""The database that a backup is of: the configured one, the one of a running `dateline up`, or the embedded one, started for this alone."""

from collections.abc import Iterator
from contextlib import contextmanager

from services.core.errors import ConfigurationError
from services.core.settings import Settings
from services.embedded.home import locked, open_home
from services.embedded.postgres import start_postgres


@contextmanager
def database(settings: Settings, *, make: bool) -> Iterator[str]:
    """Its address, while it answers. `make`: begin an empty one where there is none.

    Raises ConfigurationError: no database; the data folder is in use by a `dateline up` that is just starting or stopping.
    """
    if settings.database_url is not None:
        yield settings.database_url
        return
    if not make and not (settings.home / "postgresql").exists():
        raise ConfigurationError(
            f"There is nothing to back up: {settings.home} holds no database and DATELINE_DATABASE_URL is not set."
        )
    home = open_home(settings.home)
    with locked(home):
        running = start_postgres(home)
        try:
            yield running.url
        finally:
            running.stop()

"""One of several databases that are measured beside each other, in turns, by one process."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from services.core import addresses, db
from services.core.settings import PREFIX, settings


@dataclass(slots=True)
class Side:
    """A database and what was measured on it, a number a round: seconds of wall, CPU seconds of this process and of PostgreSQL; of
    every question milliseconds, a number a time.
    """

    url: str
    stored_s: list[float] = field(default_factory=list)
    labelled_s: list[float] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)
    asked_ms: dict[str, list[float]] = field(default_factory=dict)

    @property
    def plain(self) -> str:
        """The address as PostgreSQL's own programs take it."""
        return self.url.replace("+psycopg", "", 1)


@contextmanager
def at(side: Side) -> Iterator[None]:
    """This process works in that database."""
    os.environ[PREFIX + "DATABASE_URL"] = side.url
    if db.engine.cache_info().currsize:
        db.engine().dispose()
    for cached in (settings, db.engine):
        cached.cache_clear()
    addresses.forget()
    yield

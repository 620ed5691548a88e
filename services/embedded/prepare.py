"""What `dateline up` and `dateline migrate` ask of the rest of Dateline before the roles start."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import NullPool, create_engine, exists, func, select
from sqlalchemy.orm import Session

from services.classify import rulebook
from services.classify.starter import starter_texts
from services.core import schema
from services.core.db import CLIENT, QUIET
from services.core.errors import ConfigurationError, DatelineError
from services.core.models import Feed
from services.embedded.apart import AT_FIRST, DATABASE, FEEDS, MISUSED
from services.ingest.listing import Imported, import_opml, not_fetched

log = logging.getLogger(__name__)

STARTER_LOCK = 0x44_4C_53_53  # "DLSS"


def migrate(database_url: str) -> None:
    """Bring the schema to the newest version; nothing to do takes well under a second.

    Raises DatelineError when the database is newer than this code.
    """
    schema.upgrade(database_url)


@contextmanager
def _session(database_url: str) -> Iterator[Session]:
    """One transaction on a database that this process was told of, not set up with."""
    engine = create_engine(database_url, poolclass=NullPool, connect_args=CLIENT, **QUIET)
    try:
        with Session(engine) as session, session.begin():
            yield session
    finally:
        engine.dispose()


def load_starter(database_url: str, feeds: Path | None, *, at_first: Path | None = None) -> Imported | None:
    """Put the starter rulebook in force where no editor's is, and add feeds; what is there already stays as it is.

    `feeds` (an OPML file) is added always. Where none is named, an empty database gets the list `at_first`, or the
    starter list; one that has feeds gets nothing (None): what an operator removed must not come back at a restart.
    Raises InvalidInputError naming file and place when a list is wrong.
    """
    with _session(database_url) as session:
        session.execute(
            select(func.pg_advisory_xact_lock(STARTER_LOCK))
        )  # two migrations at once load one starter
        rulebook.renew_starter(session, starter_texts())
        if feeds is None and session.scalar(select(exists().where(Feed.id.is_not(None)))):
            return None
        done = import_opml(session, feeds or at_first)
    for line in done.refused:
        log.warning("left out: %s", line)
    if done.forbidden:
        log.warning("%s", not_fetched(done.forbidden))
    return done


def main() -> int:
    """What `dateline up` lets a process of its own do (`apart`); its exit code."""
    database_url = os.environ[DATABASE]
    feeds, at_first = (Path(os.environ[name]) if name in os.environ else None for name in (FEEDS, AT_FIRST))
    try:
        migrate(database_url)
        load_starter(database_url, feeds, at_first=at_first)
    except DatelineError as error:
        sys.stdout.write(f"{error}\n")
        return MISUSED if isinstance(error, ConfigurationError) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

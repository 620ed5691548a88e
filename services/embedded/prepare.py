"""What `dateline up` and `dateline migrate` ask of the rest of Dateline before the roles start."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from sqlalchemy import NullPool, create_engine, exists, func, select
from sqlalchemy.orm import Session

from services.classify import rulebook
from services.classify.starter import starter_texts
from services.core import memory, schema
from services.core.db import CLIENT
from services.core.models import Feed
from services.ingest.listing import Imported, import_opml

log = logging.getLogger(__name__)

STARTER_LOCK = 0x44_4C_53_53  # "DLSS"


@dataclass(frozen=True, slots=True)
class RoundProgress:
    """The first round over all feeds: how many there are, were tried, failed; how many articles are stored."""

    total: int
    done: int
    failed: int
    articles: int


def migrate(database_url: str) -> None:
    """Bring the schema to the newest version; nothing to do takes well under a second.

    Raises DatelineError when the database is newer than this code.
    """
    schema.upgrade(database_url)


@contextmanager
def _session(database_url: str) -> Iterator[Session]:
    """One transaction on a database that this process was told of, not set up with."""
    engine = create_engine(database_url, poolclass=NullPool, connect_args=CLIENT)
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
        memory.give_back()  # whoever starts the roles goes on for as long as they do, and needs no rules
        if feeds is None and session.scalar(select(exists().where(Feed.id.is_not(None)))):
            return None
        done = import_opml(session, feeds or at_first)
    for line in done.refused:
        log.warning("left out: %s", line)
    return done


_FIRST_ROUND = (
    "SELECT count(*), count(*) FILTER (WHERE checked_at IS NOT NULL OR paused_reason IS NOT NULL), "
    "count(*) FILTER (WHERE error IS NOT NULL), (SELECT count(*) FROM articles) FROM feeds"
)


def first_round(database_url: str) -> RoundProgress:
    """How far the first look at every feed has come; asked about once a second, so one cheap query."""
    with psycopg.connect(database_url.replace("postgresql+psycopg://", "postgresql://", 1)) as connection:
        row = connection.execute(_FIRST_ROUND).fetchone()
    return RoundProgress(*(row or (0, 0, 0, 0)))

"""How migrations run: one at a time whoever asks, each in a transaction, never waiting long for a lock."""

import time

from alembic import context
from sqlalchemy import Connection, Engine, create_engine, text

from services.core.db import CLIENT, database_url
from services.core.errors import ConfigurationError
from services.core.models import Base
from services.core.schema import MIGRATION_LOCK


def run() -> None:
    """Connect, take the lock, migrate."""
    url = context.config.attributes.get("url") or database_url()
    engine = create_engine(url, connect_args=CLIENT | {"application_name": "dateline-migrate"})
    try:
        _migrate(engine)
    finally:
        engine.dispose()  # and with its connection goes the lock


def _migrate(engine: Engine) -> None:
    with engine.connect() as connection:
        encoding = connection.scalar(text("SHOW server_encoding"))
        if encoding != "UTF8":
            raise ConfigurationError(
                f"The database's encoding is {encoding}, which cannot hold the world's news: make it with ENCODING 'UTF8'."
            )
        connection.commit()
        _wait_for_turn(connection)
        connection.execute(text("SET lock_timeout = '10s'"))
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            transaction_per_migration=True,
            compare_server_default=False,
        )
        with context.begin_transaction():
            context.run_migrations()


def _wait_for_turn(connection: Connection) -> None:
    """The second of two migrations waits for the first, however long. Outside of any transaction: an index that the first one builds
    CONCURRENTLY waits for all that are open, and would wait for ours for ever.
    """
    while not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": MIGRATION_LOCK}):
        connection.commit()
        time.sleep(0.2)
    connection.commit()


run()

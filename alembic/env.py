"""How migrations run: one at a time whoever asks, each in a transaction, never waiting long for a lock."""

from alembic import context
from sqlalchemy import create_engine, text

from services.core.db import CLIENT, database_url
from services.core.errors import ConfigurationError
from services.core.models import Base
from services.core.schema import MIGRATION_LOCK


def run() -> None:
    """Connect, take the lock, migrate."""
    url = context.config.attributes.get("url") or database_url()
    engine = create_engine(url, connect_args=CLIENT | {"application_name": "dateline-migrate"})
    with engine.connect() as connection:
        encoding = connection.scalar(text("SHOW server_encoding"))
        if encoding != "UTF8":
            raise ConfigurationError(
                f"The database's encoding is {encoding}, which cannot hold the world's news: make it with ENCODING 'UTF8'."
            )
        # The lock comes before any timeout: the second of two migrations waits for the first, however long.
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": MIGRATION_LOCK})
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
    engine.dispose()


run()

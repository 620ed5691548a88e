"""lots: the words of articles are filed in small lots, so that nobody does it for thousands of articles at once"""

import time

from alembic import context, op
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

revision = '2026_11_28_lots'
down_revision = '2026_11_28_untried'
branch_labels = None
depends_on = None


def briefly(statement: str) -> None:
    """A statement that needs an index for itself, for a moment. While it waits for those who are reading, everybody else waits behind it;
    so it waits for a fifth of a second, and tries again, for some minutes.
    """
    connection = op.get_bind()
    connection.execute(text("SET lock_timeout = '200ms'"))
    for left in reversed(range(context.config.attributes.get('moments', 150))):
        try:
            connection.execute(text(statement))
            break
        except OperationalError as error:
            if not left or getattr(error.orig, 'sqlstate', None) != '55P03':  # lock_not_available
                raise
            time.sleep(1)
    connection.execute(text("SET lock_timeout = '10s'"))


def upgrade() -> None:
    with op.get_context().autocommit_block():
        briefly('ALTER INDEX ix_articles_search SET (gin_pending_list_limit = 1024)')


def downgrade() -> None:
    op.execute('ALTER INDEX ix_articles_search RESET (gin_pending_list_limit)')

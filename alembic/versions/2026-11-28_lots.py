"""lots: the words of articles are filed in small lots, so that nobody does it for thousands of articles at once"""

from alembic import op

from services.core.schema import briefly

revision = '2026_11_28_lots'
down_revision = '2026_11_28_untried'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.get_context().autocommit_block():
        briefly(op.get_bind(), 'ALTER INDEX ix_articles_search SET (gin_pending_list_limit = 1024)')


def downgrade() -> None:
    op.execute('ALTER INDEX ix_articles_search RESET (gin_pending_list_limit)')

"""untried: a claim reads nothing that is in hand, who has waited longest is found without reading all that wait, words are filed in small lots"""

from alembic import op
import sqlalchemy as sa

revision = '2026_11_28_untried'
down_revision = '2026_11_28_tried'
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Made while articles are written: whoever upgrades has millions of them.
    with op.get_context().autocommit_block():
        # One that was being made when an upgrade was cut short is left behind, and of no use.
        op.drop_index('ix_articles_untried', 'articles', if_exists=True, postgresql_concurrently=True)  # contract: since 0.1
        op.create_index('ix_articles_untried', 'articles', ['id'],
                        postgresql_where=sa.text('attempts = 0 AND waiting_since IS NOT NULL AND quarantined IS NULL'),
                        postgresql_concurrently=True)
        op.drop_index('ix_articles_waiting_since', 'articles', if_exists=True, postgresql_concurrently=True)  # contract: since 0.1
        op.create_index('ix_articles_waiting_since', 'articles', ['waiting_since'],
                        postgresql_where=sa.text('waiting_since IS NOT NULL AND quarantined IS NULL'),
                        postgresql_concurrently=True)
        op.execute('ALTER INDEX ix_articles_search SET (gin_pending_list_limit = 1024)')


def downgrade() -> None:
    op.execute('ALTER INDEX ix_articles_search RESET (gin_pending_list_limit)')
    op.drop_index('ix_articles_waiting_since', 'articles')
    op.drop_index('ix_articles_untried', 'articles')

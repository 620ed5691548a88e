"""untried: a claim reads nothing that is in hand, and who has waited longest is found without reading all that wait"""

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


def downgrade() -> None:
    op.drop_index('ix_articles_waiting_since', 'articles')
    op.drop_index('ix_articles_untried', 'articles')

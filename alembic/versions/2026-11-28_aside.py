"""aside: the articles that were put aside are found by an index, however many others are stored"""

from alembic import op
import sqlalchemy as sa

revision = '2026_11_28_aside'
down_revision = '2026_11_28_identity'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.get_context().autocommit_block():
        # One that was cut short left an index that nobody uses and everybody keeps up.
        op.drop_index('ix_articles_quarantined', 'articles', if_exists=True, postgresql_concurrently=True)  # contract: since 0.1
        op.create_index('ix_articles_quarantined', 'articles', ['id'], postgresql_where=sa.text('quarantined IS NOT NULL'),
                        postgresql_concurrently=True)


def downgrade() -> None:
    op.drop_index('ix_articles_quarantined', table_name='articles')

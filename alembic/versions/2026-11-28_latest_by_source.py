"""latest of one source and in one language, each a range of an index"""

from alembic import op
import sqlalchemy as sa

revision = '2026_11_28_latest_by_source'
down_revision = '2026_11_28_webhooks'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index('ix_articles_latest_of_source', 'articles', ['source_id', sa.text('sort_at DESC'), sa.text('id DESC')],
                    postgresql_where=sa.text('listed'))
    op.create_index('ix_articles_latest_in_language', 'articles',
                    [sa.text("lower(split_part(language, '-', 1))"), sa.text('sort_at DESC'), sa.text('id DESC')],
                    postgresql_where=sa.text('listed'))


def downgrade() -> None:
    op.drop_index('ix_articles_latest_in_language', 'articles')
    op.drop_index('ix_articles_latest_of_source', 'articles')

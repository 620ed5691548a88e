"""untried: a claim reads nothing that is in hand, and who has waited longest is found without reading all that wait"""

from alembic import op
import sqlalchemy as sa

revision = '2026_11_28_untried'
down_revision = '2026_11_28_tried'
branch_labels = None
depends_on = None


def drop_unfinished(*names: str) -> None:
    """Take away those that were being built when an upgrade was cut short: they are of no use to anybody. What was finished stays."""
    asked = sa.text('SELECT 1 FROM pg_index WHERE indexrelid = to_regclass(:name) AND NOT indisvalid')
    for name in names:
        if op.get_bind().scalar(asked, {'name': name}):
            op.drop_index(name, 'articles', postgresql_concurrently=True)  # contract: since 0.1


def upgrade() -> None:
    # Made while articles are written: whoever upgrades has millions of them.
    with op.get_context().autocommit_block():
        drop_unfinished('ix_articles_untried', 'ix_articles_waiting_since')
        op.create_index('ix_articles_untried', 'articles', ['id'],
                        postgresql_where=sa.text('attempts = 0 AND waiting_since IS NOT NULL AND quarantined IS NULL'),
                        postgresql_concurrently=True, if_not_exists=True)
        op.create_index('ix_articles_waiting_since', 'articles', ['waiting_since'],
                        postgresql_where=sa.text('waiting_since IS NOT NULL AND quarantined IS NULL'),
                        postgresql_concurrently=True, if_not_exists=True)


def downgrade() -> None:
    op.drop_index('ix_articles_waiting_since', 'articles')
    op.drop_index('ix_articles_untried', 'articles')

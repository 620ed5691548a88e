"""search: how far the walk is that lets stored articles be found by the words of their language"""

from alembic import op
import sqlalchemy as sa

revision = '2026_11_28_search'
down_revision = '2026_11_28_latest_by_source'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('search_state',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('version', sa.Text(), server_default=sa.text("''"), nullable=False),
    sa.Column('at_id', sa.BigInteger(), nullable=True),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('looked', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.CheckConstraint('id = 1', name=op.f('ck_search_state_one_row')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_search_state'))
    )
    # What is stored is found by its words as they are written, and is indexed anew step by step; else there is nothing to do: then this is the
    # version in use, and is raised with it.
    op.execute(
        "INSERT INTO search_state (id, version, finished_at)"
        " SELECT 1, CASE WHEN n.nothing THEN '4' ELSE '' END, CASE WHEN n.nothing THEN now() END"
        " FROM (SELECT NOT EXISTS (SELECT 1 FROM articles) AS nothing) AS n"
    )


def downgrade() -> None:
    op.drop_table('search_state')

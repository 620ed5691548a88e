"""marks: where the stream was given its epoch, so that a stream that was set back is known even if nobody says so"""

from alembic import op
import sqlalchemy as sa

revision = '2026_11_28_marks'
down_revision = '2026_11_28_search'
branch_labels = None
depends_on = None

# As `services.core.latest.MARK` had it when this was written.
_MARK = """
    UPDATE stream_state SET mark = concat_ws('/',
        (SELECT system_identifier FROM pg_control_system()), (SELECT timeline_id FROM pg_control_checkpoint()),
        (SELECT oid FROM pg_database WHERE datname = current_database()), stream_state.tableoid)
"""


def upgrade() -> None:
    op.add_column('stream_state', sa.Column('mark', sa.Text(), nullable=True))
    op.execute(_MARK)


def downgrade() -> None:
    op.drop_column('stream_state', 'mark')

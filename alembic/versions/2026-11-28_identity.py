"""identity: what the ids in feeds are made from, and up to which article they were given without it"""

from alembic import op
import sqlalchemy as sa

revision = '2026_11_28_identity'
down_revision = '2026_11_28_marks'
branch_labels = None
depends_on = None

_GIVEN_OUT = "SELECT coalesce(pg_sequence_last_value(pg_get_serial_sequence('articles', 'id')::regclass), 0)"


def upgrade() -> None:
    op.add_column(
        'stream_state', sa.Column('identity', sa.Uuid(), server_default=sa.text('gen_random_uuid()'), nullable=False)
    )
    op.add_column('stream_state', sa.Column('tagged_through', sa.BigInteger(), server_default='0', nullable=False))
    # What subscribers have seen keeps the id under which they saw it.
    op.execute(f'UPDATE stream_state SET tagged_through = ({_GIVEN_OUT})')


def downgrade() -> None:
    op.drop_column('stream_state', 'tagged_through')
    op.drop_column('stream_state', 'identity')

"""meters: what all processes have counted; backlog: what waited, minute by minute; and an index of what was put aside, which is asked for at every scrape"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = '2026_11_28_meters'
down_revision = '2026_11_28_aside'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('meters',
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('labels', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('value', sa.Double(), nullable=False),
    sa.PrimaryKeyConstraint('name', 'labels', name=op.f('pk_meters'))
    )
    op.create_table('backlog',
    sa.Column('stage', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('waiting', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('stage', 'at', name=op.f('pk_backlog'))
    )
    # Rows are counted up every few seconds by every process: room for the next version on the same page.
    op.execute('ALTER TABLE meters SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.5)')


def downgrade() -> None:
    op.drop_table('backlog')
    op.drop_table('meters')

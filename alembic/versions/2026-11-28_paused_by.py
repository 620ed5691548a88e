"""paused_by: who paused a webhook by hand, so that a replay does not undo it"""

from alembic import op
import sqlalchemy as sa

revision = '2026_11_28_paused_by'
down_revision = '2026_11_28_meters'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('webhooks', sa.Column('paused_by', sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column('webhooks', 'paused_by')

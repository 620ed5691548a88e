"""long texts: put aside as they are where the server has no quick way to compress them"""

from alembic import op
import sqlalchemy as sa

revision = '2026_11_28_long_texts'
down_revision = '2026_11_28_desk'
branch_labels = None
depends_on = None

_QUICK = "SELECT 'lz4' = ANY(enumvals) FROM pg_settings WHERE name = 'default_toast_compression'"


def upgrade() -> None:
    if not op.get_bind().scalar(sa.text(_QUICK)):
        # pglz took a fifth of what storing articles costs, for rows longer than a page alone.
        for column in ('text', 'html'):
            op.execute(f'ALTER TABLE articles ALTER COLUMN {column} SET STORAGE EXTERNAL')


def downgrade() -> None:
    for column in ('text', 'html'):
        op.execute(f'ALTER TABLE articles ALTER COLUMN {column} SET STORAGE EXTENDED')

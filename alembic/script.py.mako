"""${message}

A migration must work with the code of the release before it, which still runs while this one is applied: add first,
fill in small steps, let a later release remove. Never lock a large table for long (add constraints NOT VALID, build
indexes CONCURRENTLY outside the transaction).
"""

from alembic import op
import sqlalchemy as sa
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}

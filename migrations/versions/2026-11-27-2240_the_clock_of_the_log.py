"""the_clock_of_the_log

A migration is a deployment: the code before it is still running. Expand first, contract in a later release; import no
models; name every constraint; up and down are tested on both databases.

The log knows when its last row was written. Code that does not say so leaves an earlier moment, which does no harm.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

INSTANT = sa.CHAR(24).with_variant(postgresql.TIMESTAMP(timezone=True, precision=3), "postgresql")

revision = "0010_log_clock"
down_revision = "0009_answered"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("change_log", sa.Column("head_at", INSTANT, nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("change_log", schema=None) as batch_op:
        batch_op.drop_column("head_at")

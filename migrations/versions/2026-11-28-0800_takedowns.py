"""takedowns

A migration is a deployment: the code before it is still running. Expand first, contract in a later release; import no
models; name every constraint; up and down are tested on both databases.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

INSTANT = sa.CHAR(24).with_variant(postgresql.TIMESTAMP(timezone=True, precision=3), "postgresql")
ID = sa.Uuid(as_uuid=False)
KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0012_takedowns"
down_revision = "0011_consumers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "takedowns",
        sa.Column("seq", SEQUENCE, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("resource", KEY, nullable=False),
        sa.Column("resource_id", ID, nullable=False),
        sa.Column("action", KEY, nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("seq", "resource", "resource_id", name="pk_takedowns"),
    )
    op.add_column("change_log", sa.Column("outbound_paused_at", INSTANT, nullable=True))


def downgrade() -> None:
    op.execute("DELETE FROM consumers WHERE name = 'takedowns'")
    with op.batch_alter_table("change_log", schema=None) as batch_op:
        batch_op.drop_column("outbound_paused_at")
    op.drop_table("takedowns")

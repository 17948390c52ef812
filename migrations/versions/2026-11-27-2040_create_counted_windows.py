"""create_counted_windows

A migration is a deployment: the code before it is still running. Expand first, contract in a later release; import no
models; name every constraint; up and down are tested on both databases.

Rate limits hold in every window. The buckets of fixed windows go in a later release.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

INSTANT = sa.CHAR(24).with_variant(postgresql.TIMESTAMP(timezone=True, precision=3), "postgresql")
KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

revision = "0006_counted_windows"
down_revision = "0005_index"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "counted_windows",
        sa.Column("key", KEY, nullable=False),
        sa.Column("part", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_counted_windows"),
    )
    op.create_index("ix_counted_windows_expires_at", "counted_windows", ["expires_at"])


def downgrade() -> None:
    op.drop_table("counted_windows")

"""consumers

A migration is a deployment: the code before it is still running. Expand first, contract in a later release; import no
models; name every constraint; up and down are tested on both databases.

How far a CDN was told moves from the log's own row to a table of consumers; the former columns go in a later release.
A change names the article that it belongs to, and its subjects; older rows, and those of code that does not say so, are
empty: filling them here would hold the log locked for as long as that takes.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

INSTANT = sa.CHAR(24).with_variant(postgresql.TIMESTAMP(timezone=True, precision=3), "postgresql")
ID = sa.Uuid(as_uuid=False)
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

revision = "0011_consumers"
down_revision = "0010_log_clock"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "consumers",
        sa.Column("name", KEY, nullable=False),
        sa.Column("seq", SEQUENCE, nullable=False),
        sa.Column("leased_until", INSTANT, nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_consumers"),
    )
    op.execute(
        "INSERT INTO consumers (name, seq, leased_until, failures) "
        "SELECT 'purge', purged, purging_until, 0 FROM change_log WHERE purged > 0"
    )
    op.add_column("changes", sa.Column("article_id", ID, nullable=True))
    op.add_column("changes", sa.Column("subjects", JSON, nullable=False, server_default="[]"))


def downgrade() -> None:
    with op.batch_alter_table("changes", schema=None) as batch_op:
        batch_op.drop_column("subjects")
        batch_op.drop_column("article_id")
    op.execute(
        "UPDATE change_log SET purged = (SELECT seq FROM consumers WHERE name = 'purge') "
        "WHERE EXISTS (SELECT 1 FROM consumers WHERE name = 'purge')"
    )
    op.drop_table("consumers")

"""create_the_change_log

A migration is a deployment: the code before it is still running. Expand first, contract in a later release; import no
models; name every constraint; up and down are tested on both databases.
"""

from __future__ import annotations

from datetime import datetime
from secrets import token_hex

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

INSTANT = sa.CHAR(24).with_variant(postgresql.TIMESTAMP(timezone=True, precision=3), "postgresql")
ID = sa.Uuid(as_uuid=False)
KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
SEQUENCE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")

UNHEARD = {
    "postgresql_where": sa.text("state = 'published' AND NOT announced"),
    "sqlite_where": sa.text("state = 'published' AND NOT announced"),
}

revision = "0004_changes"
down_revision = "0003_comments"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "changes",
        sa.Column("seq", SEQUENCE, autoincrement=False, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("type", KEY, nullable=False),
        sa.Column("resource", KEY, nullable=False),
        sa.Column("resource_id", ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("tombstone", sa.Boolean(), nullable=False),
        sa.Column("tags", JSON, nullable=False),
        sa.Column("sections", JSON, nullable=False),
        sa.Column("languages", JSON, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_changes"),
    )
    op.create_index("ix_changes_at", "changes", ["at"])
    op.create_index("ix_changes_thing", "changes", ["resource_id", "seq"])
    op.create_table(
        "announced",
        sa.Column("resource", KEY, nullable=False),
        sa.Column("resource_id", ID, nullable=False),
        sa.Column("digest", KEY, nullable=True),
        sa.Column("next_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("resource", "resource_id", name="pk_announced"),
    )
    op.create_index("ix_announced_next_at", "announced", ["next_at"])
    log = op.create_table(
        "change_log",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("epoch", KEY, nullable=False),
        sa.Column("head", SEQUENCE, nullable=False),
        sa.Column("floor", SEQUENCE, nullable=False),
        sa.Column("moved", SEQUENCE, nullable=False),
        sa.Column("compacted_at", INSTANT, nullable=False),
        sa.Column("purged", SEQUENCE, nullable=False),
        sa.Column("purging_until", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_change_log"),
    )
    op.bulk_insert(
        log, [{"id": 1, "epoch": token_hex(4), "head": 0, "floor": 0, "moved": 0, "purged": 0, **_long_ago()}]
    )
    # What is published already is not announced yet: the first process that runs does that, as after any long sleep.
    op.add_column("articles", sa.Column("announced", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index("ix_articles_unheard", "articles", ["published_at", "id"], **UNHEARD)


def _long_ago() -> dict[str, object]:
    text = "2000-01-01T00:00:00.000Z"
    moment = text if op.get_bind().dialect.name == "sqlite" else datetime.fromisoformat(text)
    return {"compacted_at": moment, "purging_until": moment}


def downgrade() -> None:
    op.drop_index("ix_articles_unheard", "articles")
    op.drop_column("articles", "announced")
    op.drop_table("change_log")
    op.drop_table("announced")
    op.drop_table("changes")

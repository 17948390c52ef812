"""create media

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
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
ORDERED_JSON = sa.JSON(none_as_null=True)
COUNT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
STANDING = sa.text("deleted_at IS NULL")

revision = "0015_media"
down_revision = "0014_threads_last"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "media_files",
        sa.Column("id", ID, nullable=False),
        sa.Column("sha256", KEY, nullable=False),
        sa.Column("name", KEY, nullable=False),
        sa.Column("mime_type", KEY, nullable=False),
        sa.Column("bytes", COUNT, nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("animated", sa.Boolean(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("withdrawn_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_media_files"),
        sa.UniqueConstraint("sha256", name="uq_media_files_sha256"),
    )
    op.create_table(
        "media",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("file_id", ID, nullable=False),
        sa.Column("key", KEY, nullable=False),
        sa.Column("recipe", KEY, nullable=False),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("language", KEY, nullable=False),
        sa.Column("alt", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("credit", sa.Text(), nullable=True),
        sa.Column("photographer", sa.Text(), nullable=True),
        sa.Column("rights", JSON, nullable=True),
        sa.Column("rights_expire_at", INSTANT, nullable=True),
        sa.Column("focal_point", JSON, nullable=True),
        sa.Column("keywords", JSON, nullable=False),
        sa.Column("taken_at", INSTANT, nullable=True),
        sa.Column("placeholder", JSON, nullable=False),
        sa.Column("renditions", ORDERED_JSON, nullable=False),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("withdrawn_at", INSTANT, nullable=True),
        sa.Column("withdrawn_cause", KEY, nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), nullable=True),
        sa.Column("deleted_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["file_id"], ["media_files.id"], name="fk_media_file_id", ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_media_member_id", ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name="pk_media"),
    )
    op.create_index("ix_media_file_id", "media", ["file_id"])
    op.create_index("ix_media_member_id", "media", ["member_id"])
    op.create_index("ix_media_deleted_at", "media", ["deleted_at"])
    op.create_index("ix_media_newest", "media", ["created_at", "id"], postgresql_where=STANDING, sqlite_where=STANDING)
    op.create_table(
        "media_keys",
        sa.Column("key", KEY, nullable=False),
        sa.Column("media_id", ID, nullable=False),
        sa.Column("file_id", ID, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("retired_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["media_id"], ["media.id"], name="fk_media_keys_media_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["file_id"], ["media_files.id"], name="fk_media_keys_file_id", ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("key", name="pk_media_keys"),
    )
    op.create_index("ix_media_keys_media_id", "media_keys", ["media_id"])
    op.create_index("ix_media_keys_file_id", "media_keys", ["file_id"])
    op.create_index("ix_media_keys_retired_at", "media_keys", ["retired_at"])
    op.create_table(
        "media_uses",
        sa.Column("media_id", ID, nullable=False),
        sa.Column("resource", KEY, nullable=False),
        sa.Column("resource_id", ID, nullable=False),
        sa.Column("place", KEY, nullable=False),
        sa.ForeignKeyConstraint(["media_id"], ["media.id"], name="fk_media_uses_media_id", ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("resource_id", "place", "media_id", name="pk_media_uses"),
    )
    op.create_index("ix_media_uses_media_id", "media_uses", ["media_id"])


def downgrade() -> None:
    for table in ("media_uses", "media_keys", "media", "media_files"):
        op.drop_table(table)

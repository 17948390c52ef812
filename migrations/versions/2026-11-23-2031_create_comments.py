"""create_comments

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
SHOWN_ROOT = {
    "postgresql_where": sa.text("parent_id IS NULL AND shown"),
    "sqlite_where": sa.text("parent_id IS NULL AND shown = 1"),
}
IS_REPLY = {
    "postgresql_where": sa.text("parent_id IS NOT NULL"),
    "sqlite_where": sa.text("parent_id IS NOT NULL"),
}
HAS_ADDRESS = {
    "postgresql_where": sa.text("address_digest IS NOT NULL"),
    "sqlite_where": sa.text("address_digest IS NOT NULL"),
}

revision = "0003_comments"
down_revision = "0002_tickers"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "comments",
        sa.Column("id", ID, nullable=False),
        sa.Column("article_id", ID, nullable=False),
        sa.Column("parent_id", ID, nullable=True),
        sa.Column("path", KEY, nullable=False),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.Column("status", KEY, nullable=False),
        sa.Column("shown", sa.Boolean(), nullable=False),
        sa.Column("was_approved", sa.Boolean(), nullable=False),
        sa.Column("author_name", sa.Text(), nullable=True),
        sa.Column("author_role", sa.Text(), nullable=False),
        sa.Column("author_url", sa.Text(), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("descendants", sa.Integer(), nullable=False),
        sa.Column("replies", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("edited_at", INSTANT, nullable=True),
        sa.CheckConstraint("shown = (status = 'approved' OR descendants > 0)", name="ck_comments_shown"),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name="fk_comments_article_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["parent_id"], ["comments.id"], name="fk_comments_parent_id"),
        sa.PrimaryKeyConstraint("id", name="pk_comments"),
        sa.UniqueConstraint("path", name="uq_comments_path"),
    )
    op.create_index("ix_comments_roots", "comments", ["article_id", "created_at", "id"], **SHOWN_ROOT)
    op.create_index("ix_comments_top", "comments", ["article_id", "descendants", "created_at", "id"], **SHOWN_ROOT)
    op.create_index("ix_comments_article", "comments", ["article_id", "created_at", "id"])
    op.create_index("ix_comments_replies", "comments", ["parent_id", "id"], **IS_REPLY)
    op.create_index("ix_comments_queue", "comments", ["status", "created_at", "id"])
    op.create_index("ix_comments_sent", "comments", ["created_at", "id"])
    op.create_table(
        "comment_private",
        sa.Column("comment_id", ID, nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("email_digest", KEY, nullable=True),
        sa.Column("address_digest", KEY, nullable=True),
        sa.Column("network_digest", KEY, nullable=True),
        sa.Column("body_digest", KEY, nullable=False),
        sa.Column("consent_at", INSTANT, nullable=True),
        sa.Column("consent_version", sa.Text(), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["comment_id"], ["comments.id"], name="fk_comment_private_comment_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("comment_id", name="pk_comment_private"),
    )
    op.create_index("ix_comment_private_body_digest", "comment_private", ["body_digest"])
    op.create_index("ix_comment_private_with_address", "comment_private", ["created_at"], **HAS_ADDRESS)


def downgrade() -> None:
    op.drop_table("comment_private")
    op.drop_table("comments")

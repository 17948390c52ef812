"""create entries

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
PUBLISHED = sa.text("status = 'published'")
IS_KEY = sa.text("status = 'published' AND key_event")
IS_KEY_IN_SQLITE = sa.text("status = 'published' AND key_event = 1")
STARTS, ENDS = sa.text("live_started_at IS NOT NULL"), sa.text("live_ended_at IS NOT NULL")
ORDER = ["article_id", "rank", "published_at", "id"]

revision = "0020_entries"
down_revision = "0019_previews"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("articles", sa.Column("contributors", JSON, server_default=sa.text("'[]'"), nullable=False))
    op.add_column("articles", sa.Column("live_started_at", INSTANT, nullable=True))
    op.add_column("articles", sa.Column("live_ended_at", INSTANT, nullable=True))
    op.add_column("articles", sa.Column("entry_count", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.add_column("articles", sa.Column("draft_entry_count", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.add_column("articles", sa.Column("last_entry_at", INSTANT, nullable=True))
    op.create_index(
        "ix_articles_live_started_at", "articles", ["live_started_at"], postgresql_where=STARTS, sqlite_where=STARTS
    )
    op.create_index(
        "ix_articles_live_ended_at", "articles", ["live_ended_at"], postgresql_where=ENDS, sqlite_where=ENDS
    )
    op.create_table(
        "entries",
        sa.Column("id", ID, nullable=False),
        sa.Column("article_id", ID, nullable=False),
        sa.Column("status", KEY, nullable=False),
        sa.Column("headline", sa.Text(), nullable=True),
        sa.Column("language", KEY, nullable=False),
        sa.Column("key_event", sa.Boolean(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("blocks", ORDERED_JSON, nullable=False),
        sa.Column("corrected", sa.Boolean(), nullable=False),
        sa.Column("corrections", ORDERED_JSON, nullable=False),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("saved_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("published_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name="fk_entries_article_id", ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_entries_member_id", ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("id", name="pk_entries"),
    )
    op.create_index("ix_entries_shown", "entries", ORDER, postgresql_where=PUBLISHED, sqlite_where=PUBLISHED)
    op.create_index("ix_entries_key_events", "entries", ORDER, postgresql_where=IS_KEY, sqlite_where=IS_KEY_IN_SQLITE)
    op.create_index("ix_entries_article", "entries", ["article_id", "id"])
    op.create_index("ix_entries_member_id", "entries", ["member_id"])
    op.create_table(
        "entry_authors",
        sa.Column("entry_id", ID, nullable=False),
        sa.Column("author_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name="fk_entry_authors_entry_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["author_id"], ["authors.id"], name="fk_entry_authors_author_id", ondelete="RESTRICT"),
        sa.PrimaryKeyConstraint("entry_id", "author_id", name="pk_entry_authors"),
    )
    op.create_index("ix_entry_authors_author_id", "entry_authors", ["author_id"])
    op.create_table(
        "entry_revisions",
        sa.Column("entry_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("member_name", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("content", JSON, nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["entries.id"], name="fk_entry_revisions_entry_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("entry_id", "number", name="pk_entry_revisions"),
    )


def downgrade() -> None:
    for table in ("entry_revisions", "entry_authors", "entries"):
        op.drop_table(table)
    op.drop_index("ix_articles_live_ended_at", "articles")
    op.drop_index("ix_articles_live_started_at", "articles")
    with op.batch_alter_table("articles", schema=None) as batch_op:
        for column in (
            *("last_entry_at", "draft_entry_count", "entry_count", "live_ended_at", "live_started_at"),
            "contributors",
        ):
            batch_op.drop_column(column)

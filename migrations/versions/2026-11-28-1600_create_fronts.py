"""create fronts

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
ORDERED = sa.JSON(none_as_null=True)

revision = "0021_fronts"
down_revision = "0020_entries"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "fronts",
        sa.Column("id", ID, nullable=False),
        sa.Column("slug", KEY, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("section_id", ID, nullable=True),
        sa.Column("public", sa.Boolean(), nullable=False),
        sa.Column("slots", JSON, nullable=False),
        sa.ForeignKeyConstraint(
            ["section_id"], ["sections.id"], name=op.f("fk_fronts_section_id"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fronts")),
        sa.UniqueConstraint("slug", name=op.f("uq_fronts_slug")),
    )
    op.create_index("ix_fronts_section_id", "fronts", ["section_id"])
    op.create_table(
        "front_slots",
        sa.Column("front_id", ID, nullable=False),
        sa.Column("name", KEY, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        _of_front("front_slots"),
        sa.PrimaryKeyConstraint("front_id", "name", name=op.f("pk_front_slots")),
    )
    op.create_table(
        "front_items",
        sa.Column("id", ID, nullable=False),
        sa.Column("front_id", ID, nullable=False),
        sa.Column("slot", KEY, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("article_id", ID, nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("headline", sa.Text(), nullable=True),
        sa.Column("kicker", sa.Text(), nullable=True),
        sa.Column("summary", sa.Text(), nullable=True),
        sa.Column("image", JSON, nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("starts_at", INSTANT, nullable=True),
        sa.Column("expires_at", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        _of_front("front_items"),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_front_items_article_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_front_items")),
    )
    op.create_index("ix_front_items_front_id", "front_items", ["front_id", "slot", "position"])
    op.create_index("ix_front_items_article_id", "front_items", ["article_id"])
    for table, column, terms in (
        ("front_sections", "section_id", "sections"),
        ("front_tags", "tag_id", "tags"),
        ("front_authors", "author_id", "authors"),
    ):
        op.create_table(
            table,
            sa.Column("front_id", ID, nullable=False),
            sa.Column("rule", sa.Integer(), nullable=False),
            sa.Column(column, ID, nullable=False),
            _of_front(table),
            sa.ForeignKeyConstraint([column], [f"{terms}.id"], name=op.f(f"fk_{table}_{column}"), ondelete="RESTRICT"),
            sa.PrimaryKeyConstraint("front_id", "rule", column, name=op.f(f"pk_{table}")),
        )
        op.create_index(f"ix_{table}_{column}", table, [column])
    op.create_table(
        "front_drafts",
        sa.Column("front_id", ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("slots", JSON, nullable=False),
        sa.Column("publish_at", INSTANT, nullable=True),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("member_name", sa.Text(), nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        _of_front("front_drafts"),
        sa.PrimaryKeyConstraint("front_id", name=op.f("pk_front_drafts")),
    )
    op.create_index("ix_front_drafts_publish_at", "front_drafts", ["publish_at"])
    op.create_table(
        "front_states",
        sa.Column("id", ID, nullable=False),
        sa.Column("front_id", ID, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("member_name", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("slot", sa.Text(), nullable=True),
        sa.Column("content", JSON, nullable=False),
        _of_front("front_states"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_front_states")),
    )
    op.create_index("ix_front_states_front_id", "front_states", ["front_id"])
    op.create_table(
        "front_compositions",
        sa.Column("front_id", ID, nullable=False),
        sa.Column("composed_at", INSTANT, nullable=False),
        sa.Column("next_at", INSTANT, nullable=True),
        sa.Column("told_at", INSTANT, nullable=False),
        sa.Column("slots", ORDERED, nullable=False),
        sa.PrimaryKeyConstraint("front_id", name=op.f("pk_front_compositions")),
    )


def _of_front(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["front_id"], ["fronts.id"], name=op.f(f"fk_{table}_front_id"), ondelete="CASCADE")


def downgrade() -> None:
    for table in (
        *("front_compositions", "front_states", "front_drafts", "front_authors", "front_tags", "front_sections"),
        *("front_items", "front_slots", "fronts"),
    ):
        op.drop_table(table)

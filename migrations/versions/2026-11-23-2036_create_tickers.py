"""create_tickers

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

revision = "0002_tickers"
down_revision = "0001_newsroom"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "tickers",
        sa.Column("id", ID, nullable=False),
        sa.Column("slug", KEY, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("max_items", sa.Integer(), nullable=False),
        sa.Column("rules", JSON, nullable=False),
        sa.Column("ordered_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tickers")),
        sa.UniqueConstraint("slug", name=op.f("uq_tickers_slug")),
    )
    op.create_table(
        "ticker_items",
        sa.Column("id", ID, nullable=False),
        sa.Column("ticker_id", ID, nullable=False),
        sa.Column("article_id", ID, nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("level", sa.Text(), nullable=True),
        sa.Column("levelled_at", INSTANT, nullable=True),
        sa.Column("level_until", INSTANT, nullable=True),
        sa.Column("pinned", sa.Integer(), nullable=True),
        sa.Column("pinned_at", INSTANT, nullable=True),
        sa.Column("starts_at", INSTANT, nullable=True),
        sa.Column("expires_at", INSTANT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_ticker_items_article_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["ticker_id"], ["tickers.id"], name=op.f("fk_ticker_items_ticker_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticker_items")),
    )
    op.create_index("ix_ticker_items_article_id", "ticker_items", ["article_id"])
    op.create_index("ix_ticker_items_ticker_id", "ticker_items", ["ticker_id"])
    op.create_table(
        "ticker_places",
        sa.Column("ticker_id", ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("item_id", ID, nullable=True),
        sa.Column("article_id", ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name=op.f("fk_ticker_places_article_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["item_id"], ["ticker_items.id"], name=op.f("fk_ticker_places_item_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["ticker_id"], ["tickers.id"], name=op.f("fk_ticker_places_ticker_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("ticker_id", "position", name=op.f("pk_ticker_places")),
    )
    op.create_index("ix_ticker_places_article_id", "ticker_places", ["article_id"])
    op.create_index("ix_ticker_places_item_id", "ticker_places", ["item_id"])
    op.create_table(
        "ticker_sections",
        sa.Column("ticker_id", ID, nullable=False),
        sa.Column("rule", sa.Integer(), nullable=False),
        sa.Column("section_id", ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["section_id"], ["sections.id"], name=op.f("fk_ticker_sections_section_id"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["ticker_id"], ["tickers.id"], name=op.f("fk_ticker_sections_ticker_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("ticker_id", "rule", "section_id", name=op.f("pk_ticker_sections")),
    )
    op.create_index("ix_ticker_sections_section_id", "ticker_sections", ["section_id"])
    op.create_table(
        "ticker_tags",
        sa.Column("ticker_id", ID, nullable=False),
        sa.Column("rule", sa.Integer(), nullable=False),
        sa.Column("tag_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["tag_id"], ["tags.id"], name=op.f("fk_ticker_tags_tag_id"), ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(
            ["ticker_id"], ["tickers.id"], name=op.f("fk_ticker_tags_ticker_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("ticker_id", "rule", "tag_id", name=op.f("pk_ticker_tags")),
    )
    op.create_index("ix_ticker_tags_tag_id", "ticker_tags", ["tag_id"])


def downgrade() -> None:
    op.drop_table("ticker_tags")
    op.drop_table("ticker_sections")
    op.drop_table("ticker_places")
    op.drop_table("ticker_items")
    op.drop_table("tickers")

"""subjects, warnings, embargoes and rights of articles

A migration is a deployment: the code before it is still running. Expand first, contract in a later release; import no
models; name every constraint; up and down are tested on both databases.

Articles say what they are about (`article_subjects` is for filters), what readers are warned of, and what the desk has
promised about their publication. The end of their rights gets a column, filled from what is there: what older code
writes meanwhile has none until its next save.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

INSTANT = sa.CHAR(24).with_variant(postgresql.TIMESTAMP(timezone=True, precision=3), "postgresql")
ID = sa.Uuid(as_uuid=False)
ENDS = sa.text("state = 'published' AND rights_expire_at IS NOT NULL")
KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
FILL_SQLITE = """
UPDATE articles SET rights_expire_at = json_extract(rights, '$.expires_at')
WHERE json_extract(rights, '$.expires_at') IS NOT NULL
"""
FILL_POSTGRESQL = """
UPDATE articles SET rights_expire_at = CAST(rights ->> 'expires_at' AS timestamptz)
WHERE rights ->> 'expires_at' IS NOT NULL
"""

revision = "0023_rights"
down_revision = "0022_feeds"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("articles", sa.Column("content_warning", sa.Text(), nullable=True))
    op.add_column("articles", sa.Column("subjects", JSON, server_default=sa.text("'[]'"), nullable=False))
    op.add_column("articles", sa.Column("embargo_until", INSTANT, nullable=True))
    op.add_column("articles", sa.Column("share_early", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("articles", sa.Column("editorial_note", sa.Text(), nullable=True))
    op.add_column("articles", sa.Column("rights_expire_at", INSTANT, nullable=True))
    op.execute(FILL_POSTGRESQL if op.get_bind().dialect.name == "postgresql" else FILL_SQLITE)
    op.create_index(
        "ix_articles_rights_expire_at", "articles", ["rights_expire_at"], postgresql_where=ENDS, sqlite_where=ENDS
    )
    op.create_table(
        "article_subjects",
        sa.Column("article_id", ID, nullable=False),
        sa.Column("subject", KEY, nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name="fk_article_subjects_article_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("article_id", "subject", name="pk_article_subjects"),
    )
    op.create_index("ix_article_subjects_subject", "article_subjects", ["subject", "article_id"])


def downgrade() -> None:
    op.drop_table("article_subjects")
    op.drop_index("ix_articles_rights_expire_at", "articles")
    with op.batch_alter_table("articles", schema=None) as batch_op:
        for column in (
            *("rights_expire_at", "editorial_note", "share_early", "embargo_until", "subjects"),
            "content_warning",
        ):
            batch_op.drop_column(column)

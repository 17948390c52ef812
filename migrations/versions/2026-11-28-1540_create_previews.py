"""create previews

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

revision = "0019_previews"
down_revision = "0018_section_pictures"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "previews",
        sa.Column("id", ID, nullable=False),
        sa.Column("article_id", ID, nullable=False),
        sa.Column("article_version", sa.Integer(), nullable=False),
        sa.Column("member_id", ID, nullable=False),
        sa.Column("digest", KEY, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_previews"),
        sa.UniqueConstraint("digest", name="uq_previews_digest"),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name="fk_previews_article_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name="fk_previews_member_id", ondelete="CASCADE"),
    )
    op.create_index("ix_previews_article_id", "previews", ["article_id"])
    op.create_index("ix_previews_member_id", "previews", ["member_id"])
    op.create_index("ix_previews_expires_at", "previews", ["expires_at"])


def downgrade() -> None:
    op.drop_table("previews")

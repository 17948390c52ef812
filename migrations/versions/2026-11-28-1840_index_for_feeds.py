"""index for feeds

A migration is a deployment: the code before it is still running. Expand first, contract in a later release; import no
models; name every constraint; up and down are tested on both databases.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022_feeds"
down_revision = "0021_fronts"
branch_labels = None
depends_on = None
GONE, EXPIRE = sa.text("state = 'withdrawn'"), sa.text("rights_expire_at IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        "ix_articles_withdrawn", "articles", ["withdrawn_at", "id"], postgresql_where=GONE, sqlite_where=GONE
    )
    op.create_index(
        "ix_media_rights_expire_at", "media", ["rights_expire_at"], postgresql_where=EXPIRE, sqlite_where=EXPIRE
    )


def downgrade() -> None:
    op.drop_index("ix_media_rights_expire_at", "media")
    op.drop_index("ix_articles_withdrawn", "articles")

"""index for sitemaps

A migration is a deployment: the code before it is still running. Expand first, contract in a later release; import no
models; name every constraint; up and down are tested on both databases.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024_sitemaps"
down_revision = "0023_rights"
branch_labels = None
depends_on = None
CAME_OUT = sa.text("first_published_at IS NOT NULL")
COLUMNS = ["first_published_at", "id", "state", "published_at", "updated_at", "last_entry_at", "withdrawn_at"]


def upgrade() -> None:
    op.create_index("ix_articles_months", "articles", COLUMNS, postgresql_where=CAME_OUT, sqlite_where=CAME_OUT)


def downgrade() -> None:
    op.drop_index("ix_articles_months", "articles")

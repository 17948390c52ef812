"""the index of threads comes last

A migration is a deployment: the code before it is still running. Expand first, contract in a later release; import no
models; name every constraint; up and down are tested on both databases.

Among indexes that it holds for equal SQLite takes the newest: a page of threads was read through `ix_comments_article`,
past every reply between them.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014_threads_last"
down_revision = "0013_ordered_blocks"
branch_labels = None
depends_on = None

COLUMNS = ["article_id", "created_at", "id"]


def upgrade() -> None:
    _renew("ix_comments_roots", sa.text("parent_id IS NULL AND shown = 1"))


def downgrade() -> None:
    _renew("ix_comments_article", None)


def _renew(name: str, where: sa.TextClause | None) -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.drop_index(name, "comments")
        op.create_index(name, "comments", COLUMNS, sqlite_where=where)

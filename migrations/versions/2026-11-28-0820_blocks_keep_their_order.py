"""blocks keep the order of their keys

A migration is a deployment: the code before it is still running. Expand first, contract in a later release; import no
models; name every constraint; up and down are tested on both databases.

JSONB sorts the keys of objects, so a newsroom that moved from SQLite to PostgreSQL gave other bytes for the same body.
JSON keeps them. On PostgreSQL the table is written anew, which takes a minute for a million articles; its readers wait.
"""

from __future__ import annotations

from alembic import op

revision = "0013_ordered_blocks"
down_revision = "0012_takedowns"
branch_labels = None
depends_on = None


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE article_bodies ALTER COLUMN blocks TYPE JSON USING blocks::json")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE article_bodies ALTER COLUMN blocks TYPE JSONB USING blocks::jsonb")

"""keep_what_a_comment_answers

A migration is a deployment: the code before it is still running. Expand first, contract in a later release; import no
models; name every constraint; up and down are tested on both databases.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009_answered"
down_revision = "0008_canonical_languages"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("comment_private", sa.Column("answered_id", sa.Uuid(as_uuid=False), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("comment_private", schema=None) as batch_op:
        batch_op.drop_column("answered_id")

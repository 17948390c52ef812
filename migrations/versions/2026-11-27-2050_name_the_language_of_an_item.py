"""name_the_language_of_an_item

A migration is a deployment: the code before it is still running. Expand first, contract in a later release; import no
models; name every constraint; up and down are tested on both databases.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007_item_language"
down_revision = "0006_counted_windows"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("ticker_items", sa.Column("language", sa.Text(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("ticker_items", schema=None) as batch_op:
        batch_op.drop_column("language")

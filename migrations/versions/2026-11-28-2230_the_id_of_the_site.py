"""the_id_of_the_site

A migration is a deployment: the code before it is still running. Expand first, contract in a later release; import no
models; name every constraint; up and down are tested on both databases.

Feeds of the whole site and of searches need an id that no setting changes. It comes with the first row of a database.
"""

from __future__ import annotations

from uuid import uuid4

import sqlalchemy as sa
from alembic import op

ID = sa.Uuid(as_uuid=False)

revision = "0025_site_id"
down_revision = "0024_sitemaps"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("change_log", sa.Column("site_id", ID, nullable=True))
    log = sa.table("change_log", sa.column("site_id", ID))
    op.execute(log.update().values(site_id=str(uuid4())))
    with op.batch_alter_table("change_log") as batch_op:
        batch_op.alter_column("site_id", existing_type=ID, nullable=False)


def downgrade() -> None:
    with op.batch_alter_table("change_log") as batch_op:
        batch_op.drop_column("site_id")

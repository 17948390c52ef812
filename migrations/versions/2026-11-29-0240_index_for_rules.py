"""index for rules

A migration is a deployment: the code before it is still running. Expand first, contract in a later release; import no
models; name every constraint; up and down are tested on both databases.

A rule or a filter that few articles match looked at the rows of the whole archive; this index holds what they ask.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0027_rules"
down_revision = "0026_long_coverage"
branch_labels = None
depends_on = None

LIVE = sa.text("state = 'published'")
PLACE = ["published_at", "id"]
ASKED = ["language", "kind", "urgency", "state"]


def upgrade() -> None:
    op.create_index("ix_articles_listed", "articles", [*PLACE, *ASKED], postgresql_where=LIVE, sqlite_where=LIVE)
    op.drop_index("ix_articles_newest", "articles")


def downgrade() -> None:
    op.create_index("ix_articles_newest", "articles", PLACE, postgresql_where=LIVE, sqlite_where=LIVE)
    op.drop_index("ix_articles_listed", "articles")

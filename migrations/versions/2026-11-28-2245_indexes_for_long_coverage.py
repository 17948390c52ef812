"""indexes for long coverage

A migration is a deployment: the code before it is still running. Expand first, contract in a later release; import no
models; name every constraint; up and down are tested on both databases.

Pinned entries come first whether the newest or the oldest follow: an index that runs one way only made the other list
sort all entries of its article.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0026_long_coverage"
down_revision = "0025_site_id"
branch_labels = None
depends_on = None

PUBLISHED = sa.text("status = 'published'")
IS_KEY = sa.text("status = 'published' AND key_event")
IS_KEY_IN_SQLITE = sa.text("status = 'published' AND key_event = 1")
OLDEST = ["article_id", "rank", "published_at", "id"]
NEWEST = ["article_id", "rank", sa.text("published_at DESC"), sa.text("id DESC")]


def upgrade() -> None:
    for name, order in (("ix_entries_newest", NEWEST), ("ix_entries_oldest", OLDEST)):
        op.create_index(name, "entries", [*order, "key_event"], postgresql_where=PUBLISHED, sqlite_where=PUBLISHED)
    for name in ("ix_entries_shown", "ix_entries_key_events"):
        op.drop_index(name, "entries")


def downgrade() -> None:
    for name in ("ix_entries_newest", "ix_entries_oldest"):
        op.drop_index(name, "entries")
    op.create_index("ix_entries_shown", "entries", OLDEST, postgresql_where=PUBLISHED, sqlite_where=PUBLISHED)
    op.create_index("ix_entries_key_events", "entries", OLDEST, postgresql_where=IS_KEY, sqlite_where=IS_KEY_IN_SQLITE)

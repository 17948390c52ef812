"""languages_in_canonical_form

A migration is a deployment: the code before it is still running. Expand first, contract in a later release; import no
models; name every constraint; up and down are tested on both databases.

Languages whose tag the registry has given up are kept under the present one, by which they are asked for (RFC 5646
section 4.5). There is no way back, and none is needed.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008_canonical_languages"
down_revision = "0007_item_language"
branch_labels = None
depends_on = None

FORMER = {"in": "id", "iw": "he", "ji": "yi", "jw": "jv", "mo": "ro"}
TABLES = ("articles", "sections", "tags", "authors", "tickers", "comments")


def upgrade() -> None:
    for name in TABLES:
        table = sa.table(name, sa.column("language", sa.Text()))
        language = table.c.language
        for former, present in FORMER.items():
            has_former = sa.or_(language == former, language.like(f"{former}-%"))
            changed = sa.literal(present, sa.Text()).concat(sa.func.substr(language, 3))
            op.get_bind().execute(table.update().where(has_former).values(language=changed))


def downgrade() -> None:
    pass

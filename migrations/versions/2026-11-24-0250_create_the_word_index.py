"""create_the_word_index

A migration is a deployment: the code before it is still running. Expand first, contract in a later release; import no
models; name every constraint; up and down are tested on both databases.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

INSTANT = sa.CHAR(24).with_variant(postgresql.TIMESTAMP(timezone=True, precision=3), "postgresql")
ID = sa.Uuid(as_uuid=False)
KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
PLACE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
VECTOR = sa.Text().with_variant(postgresql.TSVECTOR(), "postgresql")
# Letters, digits, marks and private use are words; whoever writes the keys has seen to everything else. The table keeps
# no copy of them: `indexed.packed` does.
WORDS = """
CREATE VIRTUAL TABLE index_words USING fts5(
    n, s, x, z, content = '', tokenize = "unicode61 remove_diacritics 0 categories 'L* N* Co M*'"
)
"""

revision = "0005_index"
down_revision = "0004_changes"
branch_labels = None
depends_on = None


# What is published already is indexed by the first process that runs, the newest first. Each gets the first free place
# of its second, as the application gives them.
SECOND = {
    "sqlite": "CAST(strftime('%s', published_at) AS INTEGER)",
    "postgresql": "CAST(floor(extract(epoch FROM published_at)) AS BIGINT)",
}
ENTRIES = """
INSERT INTO indexed (place, resource, resource_id, at, version, digest)
SELECT number + max(start - number) OVER (ORDER BY start, id), 'article', id, published_at, 0, ''
FROM (
    SELECT id, published_at, {second} * 16 AS start, row_number() OVER (ORDER BY {second}, id) AS number
    FROM articles WHERE state = 'published' AND published_at IS NOT NULL
) AS published
"""


def upgrade() -> None:
    op.create_table(
        "indexed",
        sa.Column("place", PLACE, autoincrement=False, nullable=False),
        sa.Column("resource", KEY, nullable=False),
        sa.Column("resource_id", ID, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", KEY, nullable=False),
        sa.Column("packed", sa.LargeBinary(), nullable=True),
        sa.Column("vector", VECTOR, nullable=True),
        sa.PrimaryKeyConstraint("place", name="pk_indexed"),
        sa.UniqueConstraint("resource", "resource_id", name="uq_indexed_resource_resource_id"),
    )
    op.create_index("ix_indexed_version", "indexed", ["version"])
    op.create_table(
        "headwords",
        sa.Column("word", KEY, nullable=False),
        sa.Column("place", PLACE, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("word", "place", name="pk_headwords"),
        sqlite_with_rowid=False,
    )
    if op.get_bind().dialect.name == "sqlite":
        op.execute(WORDS)
    else:
        op.create_index("ix_indexed_vector", "indexed", ["vector"], postgresql_using="gin")
    op.execute(ENTRIES.format(second=SECOND[op.get_bind().dialect.name]))


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE index_words")
    op.drop_table("headwords")
    op.drop_table("indexed")

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
# Letters, digits, marks and private use are words; whoever writes the keys has seen to everything else.
WORDS = """
CREATE VIRTUAL TABLE index_words USING fts5(
    n, s, x, z, tokenize = "unicode61 remove_diacritics 0 categories 'L* N* Co M*'"
)
"""

revision = "0005_index"
down_revision = "0004_changes"
branch_labels = None
depends_on = None


# What is published already is indexed by the first process that runs, the newest first.
MOMENT = {
    "sqlite": "CAST(round((julianday(published_at) - 2440587.5) * 86400000) AS INTEGER)",
    "postgresql": "CAST(round(extract(epoch FROM published_at) * 1000) AS BIGINT)",
}
ENTRIES = """
INSERT INTO indexed (place, resource, resource_id, at, version, digest, title, lead)
SELECT {moment} * 524288 + row_number() OVER (PARTITION BY published_at ORDER BY id) - 1,
    'article', id, published_at, 0, '', '|||', '|||'
FROM articles WHERE state = 'published' AND published_at IS NOT NULL
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
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("lead", sa.Text(), nullable=False),
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
    )
    op.create_index("ix_headwords_place", "headwords", ["place"])
    if op.get_bind().dialect.name == "sqlite":
        op.execute(WORDS)
    else:
        op.create_index("ix_indexed_vector", "indexed", ["vector"], postgresql_using="gin")
    op.execute(ENTRIES.format(moment=MOMENT[op.get_bind().dialect.name]))


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE index_words")
    op.drop_table("headwords")
    op.drop_table("indexed")

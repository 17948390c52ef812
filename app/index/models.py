"""Tables of the word index. `place` is a row number that grows with time: the newest resource has the highest."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, Integer, Text, UniqueConstraint, column, table
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.backup_rule import NOT_KEPT, BackupRule
from app.kit.db import Base, Id, Key

Number = BigInteger().with_variant(Integer(), "sqlite")  # SQLite makes only an INTEGER PRIMARY KEY the rowid


class Indexed(Base):
    """The indexed text of one resource; `vector` is filled on PostgreSQL only."""

    __tablename__ = "indexed"
    __table_args__ = (
        UniqueConstraint("resource", "resource_id"),
        Index("ix_indexed_version", "version"),
        Index("ix_indexed_vector", "vector", postgresql_using="gin").ddl_if(dialect="postgresql"),
    )
    # Without personal data: no words of pictures, among which are the desk's own. A restore indexes them anew.
    backup = BackupRule(left_out=frozenset({"vector"}), public_rows="resource <> 'media'")

    place: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    """Unix time in seconds, times `PLACES_PER_SECOND`, plus a number that makes it unique."""
    resource: Mapped[str] = mapped_column(Key)
    resource_id: Mapped[str] = mapped_column(Id)
    at: Mapped[datetime]
    version: Mapped[int]
    """Version of the analyser; 0 (`MARKED_STALE`) when the texts have changed since."""
    digest: Mapped[str] = mapped_column(Key)
    """`Texts.digest` of what was indexed."""
    packed: Mapped[bytes | None]
    """All keys (`packing.pack`): for ranking, and on SQLite to delete them from the full-text table."""
    vector: Mapped[str | None] = mapped_column(Text().with_variant(TSVECTOR(), "postgresql"))


class Headword(Base):
    """A word of a title, for suggestions and spelling corrections. On SQLite a table WITHOUT ROWID."""

    __tablename__ = "headwords"
    __table_args__ = ({"sqlite_with_rowid": False},)
    backup = NOT_KEPT  # made anew from `Indexed.packed`

    word: Mapped[str] = mapped_column(Key, primary_key=True)
    place: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)


# SQLite's contentless FTS5 table: the rowid is the place, the columns are the tiers. FTS5 takes commands through the
# column that has the name of the table.
index_words = table(
    "index_words", column("rowid"), column("n"), column("s"), column("x"), column("z"), column("index_words")
)

"""What is indexed, by the place that it has among all that is: the newest has the highest."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, Integer, Text, UniqueConstraint, column, table
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.db import Base, Id, Key

Number = BigInteger().with_variant(Integer(), "sqlite")  # SQLite knows its row number by this type only


class Indexed(Base):
    """One thing with its words; `vector` is PostgreSQL's alone."""

    __tablename__ = "indexed"
    __table_args__ = (
        UniqueConstraint("resource", "resource_id"),
        Index("ix_indexed_version", "version"),
        Index("ix_indexed_vector", "vector", postgresql_using="gin").ddl_if(dialect="postgresql"),
    )

    place: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)
    """The second of its moment since 1970, times `PLACES`, plus a number that makes it unique."""
    resource: Mapped[str] = mapped_column(Key)
    resource_id: Mapped[str] = mapped_column(Id)
    at: Mapped[datetime]
    version: Mapped[int]
    """Of the analyser; 0 where the texts have changed since."""
    digest: Mapped[str] = mapped_column(Key)
    """Of all that was indexed."""
    packed: Mapped[bytes | None]
    """All words: to rank by, and on SQLite to take them out of the full-text table again."""
    vector: Mapped[str | None] = mapped_column(Text().with_variant(TSVECTOR(), "postgresql"))


class Headword(Base):
    """A word of a title, for suggestions and corrections. On SQLite the key is the whole table."""

    __tablename__ = "headwords"
    __table_args__ = ({"sqlite_with_rowid": False},)

    word: Mapped[str] = mapped_column(Key, primary_key=True)
    place: Mapped[int] = mapped_column(Number, primary_key=True, autoincrement=False)


# SQLite's full-text table: its rowid is the place, its columns are the tiers. In the column of its own name it takes
# commands.
index_words = table(
    "index_words", column("rowid"), column("n"), column("s"), column("x"), column("z"), column("index_words")
)

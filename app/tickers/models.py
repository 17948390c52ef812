"""The ticker tables."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Integer, PrimaryKeyConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kit.backup_rule import KEPT
from app.kit.db import Base, Id, Json
from app.terms.models import Term
from app.tickers.rows import TickerRule


class Ticker(Term, Base):
    """A ticker: a short list of headlines. `updated_at` changes with its public view, `version` with every save."""

    __tablename__ = "tickers"
    kind = "ticker"
    backup = KEPT

    max_items: Mapped[int] = mapped_column(Integer, default=15)
    rules: Mapped[list[TickerRule]] = mapped_column(Json)
    ordered_at: Mapped[datetime | None]


class TickerItem(Base):
    """A manual item: a text, an article that it follows, or both."""

    __tablename__ = "ticker_items"
    backup = KEPT

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    ticker_id: Mapped[str] = mapped_column(Id, ForeignKey("tickers.id", ondelete="CASCADE"), index=True)
    article_id: Mapped[str | None] = mapped_column(Id, ForeignKey("articles.id", ondelete="CASCADE"), index=True)
    text: Mapped[str | None]
    language: Mapped[str | None]  # of the text; null: the ticker's
    url: Mapped[str | None]
    level: Mapped[str | None]
    levelled_at: Mapped[datetime | None]  # when `level` was set: a level given late lasts as long as one given at once
    level_until: Mapped[datetime | None]
    pinned: Mapped[int | None] = mapped_column(Integer)
    pinned_at: Mapped[datetime | None]
    starts_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(Integer, default=1)


class TickerPlace(Base):
    """The desk's order: at each position an item, or an article that a rule matches."""

    __tablename__ = "ticker_places"
    __table_args__ = (PrimaryKeyConstraint("ticker_id", "position"),)
    backup = KEPT

    ticker_id: Mapped[str] = mapped_column(Id, ForeignKey("tickers.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(Integer)
    item_id: Mapped[str | None] = mapped_column(Id, ForeignKey("ticker_items.id", ondelete="CASCADE"), index=True)
    article_id: Mapped[str | None] = mapped_column(Id, ForeignKey("articles.id", ondelete="CASCADE"), index=True)


class TickerSection(Base):
    """The sections that a rule (numbered from 0) names; the foreign key keeps them from being deleted."""

    __tablename__ = "ticker_sections"
    __table_args__ = (PrimaryKeyConstraint("ticker_id", "rule", "section_id"),)
    backup = KEPT

    ticker_id: Mapped[str] = mapped_column(Id, ForeignKey("tickers.id", ondelete="CASCADE"))
    rule: Mapped[int] = mapped_column(Integer)
    section_id: Mapped[str] = mapped_column(Id, ForeignKey("sections.id", ondelete="RESTRICT"), index=True)


class TickerTag(Base):
    """The tags that a rule names."""

    __tablename__ = "ticker_tags"
    __table_args__ = (PrimaryKeyConstraint("ticker_id", "rule", "tag_id"),)
    backup = KEPT

    ticker_id: Mapped[str] = mapped_column(Id, ForeignKey("tickers.id", ondelete="CASCADE"))
    rule: Mapped[int] = mapped_column(Integer)
    tag_id: Mapped[str] = mapped_column(Id, ForeignKey("tags.id", ondelete="RESTRICT"), index=True)

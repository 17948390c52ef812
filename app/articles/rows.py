"""What the shaping functions read of a row, as protocols: checked by mypy, free at run time.

Raw rows (`app/kit/raw_columns.py`) hold moments as RFC 3339 text and JSON as text; `Article` and rows of its table hold
datetimes and parsed JSON. `SummaryRow` and `WholeRow` are read from both.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from app.text.blocks import Block

Moment = datetime | str
JsonObject = dict[str, object]


class CommentableRow(Protocol):
    """What decides whether an article takes comments."""

    comments_mode: str | None

    @property
    def published_at(self) -> Moment | None: ...


class SummaryRow(CommentableRow, Protocol):
    """The columns `SUMMARY`."""

    id: str
    slug: str
    language: str
    kind: str
    access: str
    headline: str
    short_headline: str | None
    summary: str | None
    content_warning: str | None
    byline: str | None
    urgency: int
    version: int
    reading_minutes: int
    corrected: bool
    entry_count: int

    @property
    def live_started_at(self) -> Moment | None: ...

    @property
    def live_ended_at(self) -> Moment | None: ...

    @property
    def last_entry_at(self) -> Moment | None: ...

    @property
    def lead_image(self) -> JsonObject | str | None: ...

    @property
    def first_published_at(self) -> Moment | None: ...

    @property
    def revised_at(self) -> Moment | None: ...

    @property
    def updated_at(self) -> Moment: ...


class WholeRow(SummaryRow, Protocol):
    """The columns `SUMMARY` and `WHOLE`."""

    state: str
    withdrawn_reason: str | None
    comment_count: int

    @property
    def withdrawn_at(self) -> Moment | None: ...

    @property
    def subjects(self) -> list[dict[str, str]] | str: ...

    @property
    def rights(self) -> JsonObject | str | None: ...

    @property
    def media(self) -> list[JsonObject] | str: ...

    @property
    def seo(self) -> JsonObject | str | None: ...


class RelatedRow(Protocol):
    """The columns `RELATED`, and `PICTURES` or `LEAD_PICTURE`: JSON lists of rows."""

    sections: str | None
    tags: str | None
    authors: str | None
    translations: str | None
    pictures: str | None


class CorrectedRow(Protocol):
    """The column `CORRECTIONS`: a JSON list of rows."""

    corrections: str | None


class BodyRow(Protocol):
    """The body, as columns of an article's row or as an `ArticleBody`."""

    @property
    def html(self) -> str | None: ...

    @property
    def text(self) -> str | None: ...

    @property
    def blocks(self) -> list[Block] | str | None: ...


class ArticleText(Protocol):
    """A body for snippets: blocks and pictures fill what its text says of pictures."""

    article_id: str
    language: str
    text: str
    html: str
    blocks: str
    pictures: str | None


class ListedRow(SummaryRow, RelatedRow, BodyRow, Protocol):
    """A raw row of a list. Only the columns of the parts that were selected are there."""

    published_at: str | None
    updated_at: str
    last_entry_at: str | None

    def __hash__(self) -> int: ...


class ArticleRow(ListedRow, WholeRow, CorrectedRow, Protocol):
    """A raw row of a single article. Only the columns of the parts that were selected are there."""


class StatedRow(Protocol):
    """What decides the state of an article at a moment."""

    state: str
    published_at: datetime | None


class StoredRow(WholeRow, Protocol):
    """All columns of the table: an `Article`, or a row of `articles`."""

    published_at: datetime | None
    external_system: str | None
    external_id: str | None
    member_id: str
    created_at: datetime
    saved_at: datetime
    embargo_until: datetime | None


class CorrectionRow(Protocol):
    """A public correction, from a raw row or from the table."""

    @property
    def id(self) -> str: ...

    @property
    def kind(self) -> str: ...

    @property
    def at(self) -> Moment: ...

    @property
    def note(self) -> str: ...

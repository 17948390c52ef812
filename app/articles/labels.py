"""What articles are called, for rooms below that name what uses their things."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import or_, select, true

from app.articles.events import is_out
from app.articles.models import Article
from app.articles.repository import visible
from app.articles.shapes import url_of
from app.changes.noun import Label, Viewer
from app.kit.db import Connection
from app.sections.models import Section
from app.settings import Settings


async def labels(
    connection: Connection, ids: Sequence[str], viewer: Viewer, settings: Settings, now: datetime
) -> Mapping[str, Label]:
    """The headlines of those of these articles that the viewer may read at the desk, by id."""
    may_read = true() if viewer.sees_all else or_(visible(now), Article.member_id == viewer.member_id)
    columns = (Article.id, Article.slug, Article.headline, Article.state, Article.published_at)
    statement = select(*columns, Section.slug.label("section")).outerjoin(Section, Section.id == Article.section_id)
    rows = (await connection.execute(statement.where(Article.id.in_(ids), may_read))).all()
    found = {}
    for row in rows:
        is_public = is_out(row, now)
        url = url_of(settings, row.slug, row.id, row.section, row.published_at) if is_public else None
        found[row.id] = Label(row.headline, url, is_public)
    return found

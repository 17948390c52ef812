"""Turns rows of terms into the fields of the public schemas."""

from __future__ import annotations

from typing import Any

from app.articles.filing import AUTHORS, SECTIONS, Filing
from app.terms.shapes import term_fields


def shape(filing: Filing, row: Any, count: int | None) -> dict[str, object]:
    """The fields of a section, tag or author; `count` is the number of its visible articles, None where not counted."""
    fields = {**term_fields(row), "article_count": count}
    if filing is SECTIONS:
        parent = {"id": row.above_id, "slug": row.above_slug, "name": row.above_name} if row.above_id else None
        return {**fields, "parent": parent, "position": row.position}
    return {**fields, "bio": row.bio, "avatar": row.avatar} if filing is AUTHORS else fields

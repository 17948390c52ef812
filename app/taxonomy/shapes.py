"""Turns rows of terms into the fields of the public schemas."""

from __future__ import annotations

from typing import Any

from app.articles.filing import AUTHORS, SECTIONS, Filing
from app.authors.shapes import author_fields
from app.settings import Settings
from app.terms.images import shown_image
from app.terms.shapes import filed_fields, ref_of


def shape(filing: Filing, row: Any, count: int | None, settings: Settings) -> dict[str, object]:
    """The fields of a section, tag or author; `count` is the number of its visible articles, None where not counted."""
    fields = {**filed_fields(settings, filing.kind.noun, row), "article_count": count}
    if filing is SECTIONS:
        above = (row.above_id, row.above_slug, row.above_name)
        parent = ref_of(settings, "section", *above) if row.above_id else None
        image = shown_image(row.image, row.pictures, row.language, settings)
        return {**fields, "parent": parent, "position": row.position, "image": image}
    return {**fields, **author_fields(row, settings)} if filing is AUTHORS else fields

"""Lists of an article's fields, made from the form and the table, so that a new field is in each of them."""

from __future__ import annotations

from app.articles.models import Article
from app.articles.schemas import ArticleUpdate

COLUMNS = frozenset(Article.__table__.columns.keys())
# Form fields that are stored in a column of the same name. `external_id` belongs to another system, not to readers.
STORED = tuple(name for name in ArticleUpdate.model_fields if name in COLUMNS and name != "external_id")
# Set as they were sent; the others have a rule of their own in `Draft`.
PLAIN = tuple(
    name
    for name in STORED
    if name not in {"slug", "language", "headline", "lead_image", "media", "rights", "seo", "comments_mode"}
)
# Columns that the public sees: a change of one sets `updated_at`.
PUBLIC = (*STORED, "section_id", "reading_minutes")
# Columns that a revision keeps and a restore brings back.
KEPT = (*STORED, "slug_by_hand")

"""Lists of an article's fields, made from the schemas and the table, so that a new field is in each of them."""

from __future__ import annotations

from collections.abc import Iterable

from app.articles.models import Article
from app.articles.schemas import ArticleRead, ArticleSummary, ArticleUpdate


def _columns(fields: Iterable[str]) -> tuple[str, ...]:
    """Those of these fields that are columns of the same name."""
    columns = Article.__table__.columns.keys()
    return tuple(name for name in fields if name in columns)


# What an editor may write that the public never sees.
UNSEEN = ("embargo_until", "share_early", "editorial_note")
# Form fields that are stored as a column. `external_id` belongs to another system, `contributors` to the desk.
STORED = tuple(name for name in _columns(ArticleUpdate.model_fields) if name not in {"external_id", "contributors"})
# Set as they were sent; the others have a rule of their own in `Draft`.
PLAIN = tuple(
    name
    for name in STORED
    if name not in {"slug", "language", "headline", "lead_image", "media", "subjects", "rights", "seo", "comments_mode"}
)
# What these columns hold where nothing is sent for them, or null.
DEFAULTS: dict[str, object] = {name: default.arg for name in PLAIN if (default := Article.__table__.c[name].default)}
# Columns that the public sees: a change of one sets `updated_at`.
PUBLIC = (*(name for name in STORED if name not in UNSEEN), "section_id", "reading_minutes")
# Columns that a revision keeps and a restore brings back.
KEPT = (*STORED, "slug_by_hand")
# Columns that a list reads, and what a single article reads beside them.
LIVE = ("live_started_at", "live_ended_at", "entry_count", "last_entry_at")
SUMMARY = (*_columns(ArticleSummary.model_fields), "comments_mode", *LIVE)
WHOLE = (
    *(name for name in _columns(ArticleRead.model_fields) if name not in SUMMARY),
    *("state", "withdrawn_at", "withdrawn_reason", "comment_count"),
)
# Of these, what is shown as it is stored.
SHOWN_AS_STORED = tuple(name for name in PLAIN if name in WHOLE)
# Compared word by word in the diff of two revisions.
TEXTS = frozenset({"body", *STORED}) - {
    *("slug", "language", "kind", "access", "urgency", "canonical_url", "comments_mode"),
    *("lead_image", "media", "subjects", "rights", "seo", "embargo_until", "share_early"),
}

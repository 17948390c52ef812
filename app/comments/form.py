"""The comment form for clients: texts, fields and limits."""

from __future__ import annotations

from typing import Annotated

from app.articles.rows import ArticleRow
from app.comments.schemas import (
    BODY_MAX,
    BODY_MIN,
    EMAIL_MAX,
    HONEYPOT,
    NAME_MAX,
    CommentCreate,
    CommentUpdate,
)
from app.kit.forms import AS_SENT
from app.settings import Settings
from app.text.languages import direction
from app.text.messages import message, negotiate

# Parsed unvalidated: required fields and valid parents depend on the article.
SentComment = Annotated[CommentCreate, AS_SENT]
SentUpdate = Annotated[CommentUpdate, AS_SENT]


def form_of(article: ArticleRow, mode: str, language: str | None, settings: Settings) -> dict[str, object]:
    """The form of an article in a supported language. It is the same for all clients, so it can be cached."""
    speaks = negotiate(language or article.language, settings.language)

    def say(key: str) -> str:
        return message(f"form.{key}", speaks)

    def field(name: str, type: str, required: bool, low: int | None, high: int, autocomplete: str) -> dict[str, object]:
        limits = {"required": required, "min": low, "max": high}
        return {"name": name, "label": say(name), "type": type, "autocomplete": autocomplete, **limits}

    return {
        "article_id": article.id,
        "open": mode != "closed",
        "mode": mode,
        "language": speaks,
        "direction": direction(speaks),
        "title": say("title"),
        "note": say("note"),
        "fields": [
            field("author_name", "text", settings.comments_require_name, 1, NAME_MAX, "name"),
            field("author_email", "email", settings.comments_require_email, None, EMAIL_MAX, "email"),
            field("body", "textarea", True, BODY_MIN, BODY_MAX, "off"),
            field("author_url", "url", False, None, 2000, "url"),
        ],
        "honeypot": HONEYPOT,
        "consent": {"required": settings.comments_require_consent, "label": say("consent")},
        "privacy": {
            "text": settings.comments_privacy_text or say("privacy"),
            "version": settings.comments_privacy_version,
        },
        "submit": say("submit"),
        "reply": say("reply"),
    }

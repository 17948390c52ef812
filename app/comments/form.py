"""The comment form: how a client draws it, and every fault in what comes back, at once and in its order."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ValidationError, WrapValidator

from app.comments.schemas import (
    BODY_MAX,
    BODY_MIN,
    EMAIL_MAX,
    HONEYPOT,
    NAME_MAX,
    CommentCreate,
    CommentUpdate,
)
from app.kit.errors import Fault, InvalidBody
from app.kit.faults import faults_in
from app.settings import Settings
from app.text.languages import direction
from app.text.messages import message, negotiate

M = TypeVar("M", bound=BaseModel)

# Documented as the schema, but let through as it was sent: what is required, and which parent may be answered, is known
# only when the article is. The endpoint hands it to `checked`.
_as_sent = WrapValidator(lambda value, _check: value)
SentComment = Annotated[CommentCreate, _as_sent]
SentUpdate = Annotated[CommentUpdate, _as_sent]


def checked(schema: type[M], sent: Any, settings: Settings, others: list[Fault] | None = None) -> M:
    """What was sent, as `schema`. Raises `InvalidBody` with all its faults and the `others`, in the form's order."""
    faults, found = list(others or ()), None
    try:
        found = schema.model_validate(sent, context=settings)
    except ValidationError as error:
        errors = [{**entry, "loc": ("body", *entry["loc"])} for entry in error.errors(include_url=False)]
        faults = [*faults_in(errors), *faults]
    if found is None or faults:
        order = [f"/{name}" for name in schema.model_fields]
        raise InvalidBody(errors=sorted(faults, key=lambda fault: _place(order, fault.pointer or "")))
    return found


def _place(order: list[str], pointer: str) -> int:
    return order.index(pointer) if pointer in order else len(order)


def form_of(article: Any, mode: str, language: str | None, settings: Settings) -> dict[str, Any]:
    """The form of an article in a language that there are texts in. Nothing in it belongs to one reader."""
    speaks = negotiate(language or article.language, settings.language)

    def say(key: str) -> str:
        return message(f"form.{key}", speaks)

    def field(name: str, type: str, required: bool, low: int | None, high: int, autocomplete: str) -> dict[str, Any]:
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

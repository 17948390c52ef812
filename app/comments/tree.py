"""From rows to nested replies, and from plain text to safe HTML."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape
from typing import TypedDict

from starlette.requests import Request

from app.comments.models import FINAL
from app.comments.rows import CommentRow, ReplyRow
from app.kit.paging import Cursors
from app.text.languages import direction, first_strong_direction
from app.text.links import safe_link

BEFORE_ALL = "00000000-0000-0000-0000-000000000000"
UNKNOWN = "und"
REL = "nofollow ugc noopener noreferrer"

# One class, one quantifier: time grows with the length only. Spaces, quotes, brackets `<>` and invisible marks end it.
_ADDRESS = re.compile("https?://[^\\s<>\"'«»“”\u061c\u200b-\u200f\u2060]+", re.IGNORECASE)
_CLOSING = ".,;:!?،؛؟…)]}*_~"
_PARAGRAPHS = re.compile(r"\n[^\S\n]*\n\s*")


def body_html(text: str) -> str:
    """Plain text as paragraphs with line breaks; http and https addresses are links. Everything else is escaped."""
    return "".join(f"<p>{_linked(part)}</p>" for part in _PARAGRAPHS.split(text))


def _linked(text: str) -> str:
    pieces, end = [], 0
    for found in _ADDRESS.finditer(text):
        address = _without_closing(found[0])
        pieces += [_plain(text[end : found.start()]), _link(address)]
        end = found.start() + len(address)
    return "".join([*pieces, _plain(text[end:])])


def _plain(text: str) -> str:
    return escape(text).replace("\n", "<br>")


def _link(address: str) -> str:
    safe = safe_link(address)
    return f'<a href="{escape(safe)}" rel="{REL}">{escape(address)}</a>' if safe else escape(address)


def _without_closing(address: str) -> str:
    """Strips trailing punctuation of the sentence; keeps a bracket that the address opened."""
    opened = address.count("(") - address.count(")")
    end = len(address)
    while end and address[end - 1] in _CLOSING and not (address[end - 1] == ")" and opened >= 0):
        opened += address[end - 1] == ")"
        end -= 1
    return address[:end]


def language_of(body: str, given: str | None, article_language: str) -> str:
    """The comment's language: as sent; else the article's, if the script of the text fits it; else `und`."""
    if given is not None:
        return given
    strong = {first_strong_direction(letter) for letter in set(body)} - {None}
    return article_language if not strong or direction(article_language) in strong else UNKNOWN


def shape(row: CommentRow, *, own: bool = False) -> dict[str, object]:
    """The public view of a comment without its replies. `own`: for its author, approved or not."""
    removed = row.status in FINAL or not (own or row.status == "approved")
    body = None if removed else row.body
    return {
        "id": row.id,
        "article_id": row.article_id,
        "parent_id": row.parent_id,
        "author_name": None if removed else row.author_name,
        "author_role": row.author_role,
        "body": body,
        "body_html": None if body is None else body_html(body),
        "language": row.language,
        "direction": direction_of(row.language, body),
        "created_at": row.created_at,
        "edited_at": None if removed else row.edited_at,
        "depth": row.depth,
        "reply_count": row.replies,
        "removed": removed,
    }


def direction_of(language: str, body: str | None) -> str:
    """From the language; where that is unknown, from the first letter that has a direction."""
    return first_strong_direction(body or "") or "ltr" if language == UNKNOWN else direction(language)


class Replies(TypedDict):
    """The direct replies to a comment; `next` is a cursor where there are more."""

    data: list[dict[str, object]]
    next: str | None


def nested(
    request: Request, bases: Sequence[CommentRow], below: Sequence[ReplyRow], *, own: bool = False
) -> list[dict[str, object]]:
    """The `bases` with nested replies; `below`: their descendants in the order of paths, parents first.

    A comment with more direct replies than these gets a cursor for the rest as `next`.
    """
    replies = {row.id: Replies(data=[], next=None) for row in (*bases, *below)}
    for row in below:
        replies[row.parent_id]["data"].append({**shape(row), "replies": replies[row.id]})
    for parent in (*bases, *below):
        present = replies[parent.id]
        if parent.replies > len(present["data"]):
            last = present["data"][-1]["id"] if present["data"] else BEFORE_ALL
            present["next"] = Cursors(request, f"/v1/comments/{parent.id}/replies").write([last])
    return [{**shape(row, own=own), "replies": replies[row.id]} for row in bases]

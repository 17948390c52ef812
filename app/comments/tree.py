"""From rows to nested replies, and from plain text to safe HTML."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from html import escape

from pydantic_core import from_json

from app.comments.models import FINAL
from app.comments.rows import CommentRow, ReplyRow, ThreadRow
from app.comments.schemas import CommentRead
from app.kit import listing
from app.kit.paging import Cursors
from app.text.languages import direction, directions_in, first_strong_direction
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
    strong = directions_in(body)
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


def nested(secret_key: tuple[str, ...], base: CommentRow, below: str | None, *, own: bool = False) -> dict[str, object]:
    """The comment `base` with nested replies; `below`: the comments below it, as the repository selects them.

    A comment with more direct replies than these gets a cursor for the rest as `next`.
    """
    children = _children(base, below)

    def with_replies(row: CommentRow, *, own: bool = False) -> dict[str, object]:
        shown = children[row.id]
        replies = {"data": [with_replies(child) for child in shown], "next": _next(secret_key, row, shown)}
        return {**shape(row, own=own), "replies": replies}

    return with_replies(base, own=own)


@lru_cache(maxsize=2)
def writer_of(secret_key: tuple[str, ...]) -> Callable[[ThreadRow], bytes]:
    """A function from the row of a list to the JSON of its thread.

    Cached by row: when a list is built again, most of its threads were in the list before.
    """

    @lru_cache(maxsize=512)  # about 4 MB; a thread has at most 21 comments
    def write(row: ThreadRow) -> bytes:
        return listing.unvalidated(CommentRead, nested(secret_key, row, row.below))

    return write


def _children(base: CommentRow, below: str | None) -> dict[str, list[ReplyRow]]:
    rows = [ReplyRow(*values) for values in from_json(below)] if below else []
    children: dict[str, list[ReplyRow]] = {row.id: [] for row in (base, *rows)}
    for row in sorted(rows, key=lambda row: row.path):
        children[row.parent_id].append(row)
    return children


def _next(secret_key: tuple[str, ...], row: CommentRow, shown: Sequence[ReplyRow]) -> str | None:
    """The cursor for its direct replies after those that are `shown`; None where there are no more."""
    if row.replies <= len(shown):
        return None
    last = shown[-1].id if shown else BEFORE_ALL
    return Cursors(secret_key, f"/v1/comments/{row.id}/replies").write([last])

"""Comments: submitting, editing and withdrawing by their authors, and decisions of moderators.

| from \\ to | approved | rejected | spam | redacted | deleted |
| --- | --- | --- | --- | --- | --- |
| pending | approve | reject | spam | redact | its author |
| approved | | reject | spam | redact | its author |
| rejected | approve | | spam | redact | its author |
| spam | approve | reject | | redact | its author |
| redacted, deleted | | | | | |

An approved comment that its author changes goes back to pending where comments are moderated. A reply is approved only
below a comment that is shown, or that is gone for good: what would become of its parent is decided first. What its
author has changed is approved only with the version that the moderator has read.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from starlette.responses import Response

from app.articles.repository import Articles
from app.articles.rows import ArticleRow
from app.articles.shapes import comments_mode
from app.comments.models import FINAL, Comment
from app.comments.repository import line_of
from app.comments.schemas import CommentCreate, CommentUpdate, Decision, DecisionInput, Outcome
from app.comments.tree import language_of
from app.comments.visits import Visit, is_repeated, limit_rate
from app.comments.write_repository import CommentsToChange, NewComment
from app.kit.caching import Expected
from app.kit.errors import (
    Fault,
    Forbidden,
    NotFound,
    PreconditionFailed,
    PreconditionRequired,
    StateConflict,
)
from app.kit.forms import checked
from app.kit.idempotency import Once, Replay
from app.kit.ids import as_id, new_id
from app.kit.signing import from_base64url, signer_of, to_base64url
from app.settings import Settings
from app.staff.work import Work
from app.text.characters import identity_fold, is_blank

DEEPEST = 5
TOKEN = "nec_"  # noqa: S105  # how an edit token begins
TARGET = {"approve": "approved", "reject": "rejected", "spam": "spam", "redact": "redacted"}


class CommentsClosed(Forbidden):
    """The article takes no comments, or no more."""

    slug = "comments-closed"


@dataclass(frozen=True)
class Sent:
    """A comment that was sent: now, or before with the same `Idempotency-Key`."""

    comment: Comment | NewComment
    status: str
    """`approved` or `pending`, as its author was told."""
    token: str | None
    """Its edit token; None for who sends again from another network address."""
    replayed: Response | None = None
    """The stored answer of the first request."""


def edit_token(settings: Settings, comment_id: str) -> str:
    """The edit token of a comment's author: a signature of its id, not stored."""
    return TOKEN + to_base64url(signer_of(settings.secret_key, "comment-edit").sign(comment_id.encode()))


def is_edit_token(settings: Settings, comment_id: str, token: str) -> bool:
    try:
        signature = from_base64url(token.removeprefix(TOKEN))
    except ValueError:
        return False
    signer = signer_of(settings.secret_key, "comment-edit")
    return token.startswith(TOKEN) and len(signature) == 32 and signer.verify(comment_id.encode(), signature)


async def send(visit: Visit, slug: str, body: object, once: Once) -> Sent:
    """Sends a comment on the article at a slug or id, once.

    Raises, in this order, the errors of `Articles.at` and of `Once.begin` but `Replay`, `CommentsClosed`, `InvalidBody`
    with all faults, `RateLimited`, `DuplicateComment`; `NotFound` if it was sent before and deleted since.
    """
    article = await Articles(visit.session).at(slug, visit.now, "/comments", for_update=True)
    try:
        await once.begin(f"article:{article.id}")
    except Replay as replay:
        return await _sent_before(visit, replay.response)
    mode = comments_mode(article, visit.settings, visit.now)
    if mode == "closed":
        raise CommentsClosed()
    parent, faults = await _find_parent(visit, article, _parent_in(body))
    form = checked(CommentCreate, body, visit.settings, faults)
    comment = await _submit(visit, article, mode, form, parent)
    status = "approved" if comment.status == "approved" else "pending"
    return Sent(comment, status, edit_token(visit.settings, comment.id))


async def _sent_before(visit: Visit, stored: Response) -> Sent:
    """Phones change networks: for another address it comes without the edit token."""
    kept = json.loads(bytes(stored.body))
    comment = await visit.comments.find(kept["id"])
    if comment is None:
        raise NotFound()
    token = edit_token(visit.settings, comment.id) if await visit.is_author(comment.id) else None
    return Sent(comment, kept["status"], token, stored)


def _parent_in(body: object) -> str | None:
    """`parent_id` if it is an id; other faults are found by the schema."""
    named = body.get("parent_id") if isinstance(body, dict) else None
    return as_id(named) if isinstance(named, str) else None


async def _find_parent(visit: Visit, article: ArticleRow, parent_id: str | None) -> tuple[Comment | None, list[Fault]]:
    """The parent comment, or the fault of `/parent_id`. One that was never public does not exist."""
    if parent_id is None:
        return None, []
    parent = await visit.comments.find(parent_id)
    if parent is not None and parent.article_id != article.id:
        is_seen = parent.shown and await Articles(visit.session).with_ids([parent.article_id], visit.now)
        return None, [Fault("parent_other_article" if is_seen else "parent_not_found", pointer="/parent_id")]
    if parent is None or not parent.was_approved:
        return None, [Fault("parent_not_found", pointer="/parent_id")]
    if parent.status != "approved":
        return None, [Fault("parent_removed", pointer="/parent_id")]
    return parent, []


async def _submit(
    visit: Visit, article: ArticleRow, mode: str, form: CommentCreate, parent: Comment | None
) -> NewComment:
    """Stores a new comment. Raises `RateLimited` and `DuplicateComment`.

    If the hidden field (honeypot) is filled in, it is spam; the response says `pending`. A repetition from the same
    e-mail address in another network is `pending` too, even if comments are open.
    """
    await limit_rate(visit)
    answered_id = parent.id if parent else None
    words = visit.digests("body", _duplicate_key(article.id, answered_id, form.body))
    email = visit.email(form.author_email)
    repeated = await is_repeated(visit, words, email)
    trapped = form.subject is not None and not (isinstance(form.subject, str) and is_blank(form.subject))
    status = "spam" if trapped else "approved" if mode == "open" and not repeated else "pending"
    comment = _placed(article, form, parent, status, visit.now)
    private = {
        "email": form.author_email,
        "email_digest": email[0] if email else None,
        "address_digest": visit.person[0] if visit.person else None,
        "network_digest": visit.network[0] if visit.network else None,
        "body_digest": words[0],
        "answered_id": answered_id,
        "consent_at": visit.now if form.consent else None,
        "consent_version": visit.settings.comments_privacy_version if form.consent else None,
        "created_at": visit.now,
    }
    await visit.comments.add(comment, private)
    return comment


def _placed(article: ArticleRow, form: CommentCreate, parent: Comment | None, status: str, now: datetime) -> NewComment:
    """A new comment at its place in the tree: below its parent, or beside it if that would be too deep."""
    id = new_id()
    above = [] if parent is None else line_of(parent.path)[:DEEPEST]
    return NewComment(
        id=id,
        article_id=article.id,
        parent_id=above[-1] if above else None,
        path="".join([*above, id]).replace("-", ""),
        depth=len(above),
        status=status,
        shown=status == "approved",
        was_approved=status == "approved",
        author_name=form.author_name,
        author_url=form.author_url,
        body=form.body,
        language=language_of(form.body, form.language, article.language),
        created_at=now,
    )


def _duplicate_key(article_id: str, answered_id: str | None, body: str) -> str:
    """The text by which duplicates are found: the answered comment or the article, and the folded words.

    Thanks to two people are two comments.
    """
    return f"{answered_id or article_id}\n{identity_fold(body)}"


async def change_own(visit: Visit, id: str, body: object, expected: Expected) -> None:
    """Changes a comment for its author; an approved one is moderated again. No change stores nothing.

    A change is rate-limited and must be no duplicate, like a new comment. Raises `NotFound`, `Forbidden`,
    `CommentsClosed`, `PreconditionFailed`, `InvalidBody`, `RateLimited` and `DuplicateComment`.
    """
    comment = await visit.comments.locked(id)
    article = (await Articles(visit.session).with_ids([comment.article_id], visit.now)).get(comment.article_id)
    if article is None:
        raise NotFound()
    mode = comments_mode(article, visit.settings, visit.now)
    _refuse_edit(visit, comment, mode)
    expected.obey(comment.version)
    sent = checked(CommentUpdate, body, visit.settings).model_dump(exclude_unset=True)
    if changes := {name: value for name, value in sent.items() if value != getattr(comment, name)}:
        await limit_rate(visit)
        await _edit(visit, comment, mode, changes)


def _refuse_edit(visit: Visit, comment: Comment, mode: str) -> None:
    """Raises unless its author may edit it: pending always, approved for some minutes while comments are open."""
    if comment.status in FINAL:
        raise NotFound()
    if comment.status == "rejected":
        raise Forbidden()
    if comment.status == "approved":
        if mode == "closed":
            raise CommentsClosed()
        if comment.created_at + timedelta(minutes=visit.settings.comments_edit_minutes) <= visit.now:
            raise Forbidden()


async def _edit(visit: Visit, comment: Comment, mode: str, changes: dict[str, str | None]) -> None:
    repeated = await _update_digest(visit, comment, changes["body"] or "") if "body" in changes else False
    for name, value in changes.items():
        setattr(comment, name, value)
    comment.edited_at = visit.now
    again = comment.status == "approved" and (mode == "premoderated" or repeated)
    await visit.comments.change_status(comment, "pending" if again else comment.status)


async def _update_digest(visit: Visit, comment: Comment, body: str) -> bool:
    """Stores the digest of the new `body`; returns `is_repeated`. Raises `DuplicateComment`."""
    private = await visit.comments.private(comment.id)
    if private is None:
        return False
    # Older rows have no `answered_id`, only the place in the tree.
    key = _duplicate_key(comment.article_id, private.answered_id or comment.parent_id, body)
    words = visit.digests("body", key)
    repeated = await is_repeated(visit, words, visit.email(private.email), besides=comment.id)
    private.body_digest = words[0]
    return repeated


async def withdraw_own(visit: Visit, id: str, expected: Expected) -> None:
    """Deletes a comment for its author, at any time. Raises `NotFound` and `PreconditionFailed`."""
    comment = await visit.comments.locked(id)
    expected.obey(comment.version)
    if comment.status in FINAL:
        raise NotFound()
    await visit.comments.remove(comment)


async def decide(work: Work, comment: Comment, verb: str, reason: str | None, *, read: bool) -> bool:
    """Applies a moderator's decision; False if it was applied before.

    `read`: the request named the version. Without it an edited comment cannot be approved: its words may differ from
    those that the moderator read. Raises `StateConflict` and `PreconditionRequired`.
    """
    before, target = comment.status, TARGET[verb]
    if before == target:
        return False
    comments = CommentsToChange(work.session)
    if before in FINAL or (verb == "approve" and not await _has_place(comments, comment)):
        raise StateConflict(params={"state": before, "verb": verb}, state=before)
    if verb == "approve" and comment.edited_at is not None and not read:
        raise PreconditionRequired(version=comment.version)
    if target == "redacted":
        await comments.wipe(comment, target)
    else:
        await comments.change_status(comment, target)
    await work.record(
        f"comment.{verb}", "comment", comment.id, article_id=comment.article_id, before=before, reason=reason
    )
    await work.session.flush()
    return True


async def _has_place(comments: CommentsToChange, comment: Comment) -> bool:
    parent = await comments.find(comment.parent_id) if comment.parent_id else None
    return parent is None or parent.shown or parent.status in FINAL


async def decide_one(work: Work, id: str, verb: str, form: DecisionInput, expected: Expected) -> None:
    """One decision. Raises `NotFound`, `PreconditionFailed`, `PreconditionRequired`, `StateConflict`."""
    comment = await CommentsToChange(work.session).locked(id)
    expected.obey(comment.version)
    _obey(form, comment)
    await decide(work, comment, verb, form.reason or None, read=form.version is not None or _names_version(expected))


def _obey(form: DecisionInput, comment: Comment) -> None:
    """Checks the version in the body like `If-Match`. Raises `PreconditionFailed`."""
    if form.version not in {None, comment.version}:
        raise PreconditionFailed(version=comment.version, headers={"ETag": f'"{comment.version}"'})


def _names_version(expected: Expected) -> bool:
    """Whether `If-Match` is there and is not `*`, which names no version: no comment has version 0."""
    try:
        expected.obey(0)
    except PreconditionFailed:
        return True
    return False


async def decide_all(work: Work, decisions: list[Decision]) -> list[Outcome]:
    """Applies each decision; one that fails does not stop the others."""
    comments = CommentsToChange(work.session)
    await comments.lock_articles_of([decision.id for decision in decisions])
    return [await _outcome(work, comments, decision) for decision in decisions]


async def _outcome(work: Work, comments: CommentsToChange, decision: Decision) -> Outcome:
    comment = await comments.find(decision.id)
    if comment is None:
        return Outcome(id=decision.id, outcome="not_found", status=None)
    try:
        _obey(decision, comment)
        done = await decide(work, comment, decision.action, decision.reason, read=decision.version is not None)
    except (StateConflict, PreconditionFailed, PreconditionRequired):
        return Outcome(id=decision.id, outcome="conflict", status=comment.status)  # type: ignore[arg-type]  # a status
    return Outcome(id=decision.id, outcome="ok" if done else "unchanged", status=comment.status)  # type: ignore[arg-type]  # a status

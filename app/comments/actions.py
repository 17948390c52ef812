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

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncSession

from app.articles.repository import Articles
from app.articles.rows import ArticleRow
from app.articles.shapes import comments_mode
from app.comments.models import FINAL, Comment, CommentPrivate
from app.comments.repository import CommentsToChange, line_of
from app.comments.schemas import CommentCreate, CommentUpdate, Decision, DecisionInput, Outcome
from app.comments.tree import language_of
from app.kit.addresses import Address, network_of, person_of
from app.kit.caching import Expected
from app.kit.errors import (
    Conflict,
    Fault,
    Forbidden,
    NotFound,
    PreconditionFailed,
    PreconditionRequired,
    RateLimited,
    StateConflict,
)
from app.kit.ids import new_id
from app.kit.rate_limits import Limit, count_in
from app.kit.signing import Signer, from_base64url, to_base64url
from app.settings import Settings
from app.staff.work import Work
from app.text.characters import identity_fold, is_blank
from app.text.emails import email_key

DEEPEST = 5
SAME_WITHIN = timedelta(hours=24)
TOKEN = "nec_"  # noqa: S105  # how an edit token begins
TARGET = {"approve": "approved", "reject": "rejected", "spam": "spam", "redact": "redacted"}


class CommentsClosed(Forbidden):
    """The article takes no comments, or no more."""

    slug = "comments-closed"


class DuplicateComment(Conflict):
    """The same person has said the same here within 24 hours."""

    slug = "duplicate-comment"


@dataclass(frozen=True)
class Visit:
    """A request of a commenter: its transaction, the settings, the network address and the time."""

    session: AsyncSession
    settings: Settings
    address: Address | None
    now: datetime

    @property
    def comments(self) -> CommentsToChange:
        return CommentsToChange(self.session)

    def digests(self, kind: str, text: str) -> list[str]:
        """Keyed digests (HMAC) of `text`, one per secret key, the present key's first."""
        return Signer(self.settings.secret_key, f"comment-{kind}").digests(text)


def edit_token(settings: Settings, comment_id: str) -> str:
    """The edit token of a comment's author: a signature of its id, not stored."""
    return TOKEN + to_base64url(Signer(settings.secret_key, "comment-edit").sign(comment_id.encode()))


def is_edit_token(settings: Settings, comment_id: str, token: str) -> bool:
    try:
        signature = from_base64url(token.removeprefix(TOKEN))
    except ValueError:
        return False
    signer = Signer(settings.secret_key, "comment-edit")
    return token.startswith(TOKEN) and len(signature) == 32 and signer.verify(comment_id.encode(), signature)


async def is_same_address(visit: Visit, comment_id: str) -> bool:
    """Whether the request has the network address of the comment's author; True if both are unknown."""
    private = await visit.comments.private(comment_id)
    if private is None:
        return False
    if visit.address is None or private.address_digest is None:
        return visit.address is None and private.address_digest is None
    return private.address_digest in visit.digests("address", person_of(visit.address))


async def open_article(visit: Visit, id: str) -> tuple[ArticleRow, str]:
    """The article, read after its lock, and its mode. Raises the errors of `Articles.at`, and `CommentsClosed`."""
    await visit.comments.lock_article(id)
    article = await Articles(visit.session).at(id, visit.now)
    mode = comments_mode(article, visit.settings, visit.now)
    if mode == "closed":
        raise CommentsClosed()
    return article, mode


async def find_parent(visit: Visit, article: ArticleRow, parent_id: str | None) -> tuple[Comment | None, list[Fault]]:
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


async def submit(visit: Visit, article: ArticleRow, mode: str, form: CommentCreate, parent: Comment | None) -> Comment:
    """Stores a new comment. Raises `RateLimited` and `DuplicateComment`.

    If the hidden field (honeypot) is filled in, it is spam; the response says `pending`. A repetition from the same
    e-mail address in another network is `pending` too, even if comments are open.
    """
    await _limit_rate(visit)
    answered_id = parent.id if parent else None
    words = _duplicate_key(article.id, answered_id, form.body)
    private = _private(visit, words, form, answered_id)
    repeated = await _is_repeated(visit, words, private.email)
    comment = _placed(article, form, parent, visit.now)
    trapped = form.subject is not None and not (isinstance(form.subject, str) and is_blank(form.subject))
    comment.status = "spam" if trapped else "approved" if mode == "open" and not repeated else "pending"
    comment.shown = comment.was_approved = comment.status == "approved"
    private.comment_id = comment.id
    await visit.comments.add(comment, private)
    await visit.comments.erase_addresses(visit.now)
    return comment


def _placed(article: ArticleRow, form: CommentCreate, parent: Comment | None, now: datetime) -> Comment:
    """A new comment at its place in the tree: below its parent, or beside it if that would be too deep."""
    id = new_id()
    above = [] if parent is None else line_of(parent.path)[:DEEPEST]
    return Comment(
        id=id,
        article_id=article.id,
        parent_id=above[-1] if above else None,
        path="".join([*above, id]).replace("-", ""),
        depth=len(above),
        author_name=form.author_name,
        author_role="guest",
        author_url=form.author_url,
        body=form.body,
        language=language_of(form.body, form.language, article.language),
        descendants=0,
        replies=0,
        version=1,
        created_at=now,
        edited_at=None,
    )


def _private(visit: Visit, words: str, form: CommentCreate, answered_id: str | None) -> CommentPrivate:
    email, address = form.author_email, visit.address
    return CommentPrivate(
        email=email,
        email_digest=visit.digests("email", email_key(email))[0] if email else None,
        address_digest=visit.digests("address", person_of(address))[0] if address else None,
        network_digest=visit.digests("network", str(network_of(address)))[0] if address else None,
        body_digest=visit.digests("body", words)[0],
        answered_id=answered_id,
        consent_at=visit.now if form.consent else None,
        consent_version=visit.settings.comments_privacy_version if form.consent else None,
        created_at=visit.now,
    )


def _duplicate_key(article_id: str, answered_id: str | None, body: str) -> str:
    """The text by which duplicates are found: the answered comment or the article, and the folded words.

    Thanks to two people are two comments.
    """
    return f"{answered_id or article_id}\n{identity_fold(body)}"


async def _is_repeated(visit: Visit, words: str, email: str | None, *, besides: str | None = None) -> bool:
    """Whether the same e-mail address sent this from another network. Raises `DuplicateComment` for the same person.

    The same person: the same e-mail address and network; without an e-mail address, the same network address. A refusal
    must not reveal to a third party who knows the e-mail address that its owner wrote here.
    """
    digests, since = visit.digests("body", words), visit.now - SAME_WITHIN
    sender, here = _sender(visit, email), _here(visit, email)
    if here is not None and await visit.comments.was_sent(digests, sender & here, since, besides):
        raise DuplicateComment()
    return email is not None and await visit.comments.was_sent(digests, sender, since, besides)


def _sender(visit: Visit, email: str | None) -> ColumnElement[bool]:
    """The condition for comments with the same e-mail address, or also without one."""
    if email is None:
        return CommentPrivate.email_digest.is_(None)
    return CommentPrivate.email_digest.in_(visit.digests("email", email_key(email)))


def _here(visit: Visit, email: str | None) -> ColumnElement[bool] | None:
    """The condition for the same network, without an e-mail address for the same network address; None if unknown."""
    if visit.address is None:
        return None
    if email is None:
        return CommentPrivate.address_digest.in_(visit.digests("address", person_of(visit.address)))
    return CommentPrivate.network_digest.in_(visit.digests("network", str(network_of(visit.address))))


async def _limit_rate(visit: Visit) -> None:
    """Counts a comment or an edit per address and per network. Raises `RateLimited`; a rollback undoes the count."""
    address, settings = visit.address, visit.settings
    if address is None or not settings.comments_rate:
        return
    person = f"comments:{visit.digests('address', person_of(address))[0]}"
    network = f"comments:{visit.digests('network', str(network_of(address)))[0]}"
    limits = [Limit(person, count, seconds) for count, seconds in settings.comments_rate]
    limits += [Limit(network, count * settings.comments_network_factor, s) for count, s in settings.comments_rate]
    exceeded = await count_in(visit.session, limits, visit.now)
    if exceeded is not None:
        who = "person" if exceeded.limit.key == person else "network"
        raise RateLimited(exceeded.wait, _limit_headers(settings, who, exceeded.limit.seconds, exceeded.wait))


def _limit_headers(settings: Settings, who: str, seconds: int, wait: int) -> dict[str, str]:
    """draft-ietf-httpapi-ratelimit-headers: all policies, and the exhausted one."""
    factors = {"person": 1, "network": settings.comments_network_factor}
    policies = [
        f'"{name}-{window}";q={count * factor};w={window}'
        for name, factor in factors.items()
        for count, window in settings.comments_rate
    ]
    return {
        "RateLimit-Policy": ", ".join(policies),
        "RateLimit": f'"{who}-{seconds}";r=0;t={wait}',
    }


def refuse_edit(visit: Visit, comment: Comment, mode: str) -> None:
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


async def edit(visit: Visit, comment: Comment, mode: str, form: CommentUpdate) -> None:
    """Changes a comment for its author; an approved one is moderated again. No change stores nothing.

    A change is rate-limited and must be no duplicate, like a new comment. Raises `RateLimited` and `DuplicateComment`.
    """
    sent = form.model_dump(exclude_unset=True)
    changes = {name: value for name, value in sent.items() if value != getattr(comment, name)}
    if not changes:
        return
    await _limit_rate(visit)
    repeated = "body" in changes and await _update_digest(visit, comment, changes["body"])
    for name, value in changes.items():
        setattr(comment, name, value)
    comment.edited_at = visit.now
    again = comment.status == "approved" and (mode == "premoderated" or repeated)
    await visit.comments.change_status(comment, "pending" if again else comment.status)


async def _update_digest(visit: Visit, comment: Comment, body: str) -> bool:
    """Stores the digest of the new `body`; returns `_is_repeated`. Raises `DuplicateComment`."""
    private = await visit.comments.private(comment.id)
    if private is None:
        return False
    # Older rows have no `answered_id`, only the place in the tree.
    words = _duplicate_key(comment.article_id, private.answered_id or comment.parent_id, body)
    repeated = await _is_repeated(visit, words, private.email, besides=comment.id)
    private.body_digest = visit.digests("body", words)[0]
    return repeated


async def withdraw(visit: Visit, comment: Comment) -> None:
    """Deletes a comment for its author, at any time."""
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

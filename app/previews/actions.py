"""Making and revoking previews."""

from __future__ import annotations

from datetime import datetime, timedelta

from app.articles.desk_repository import ArticlesToEdit
from app.articles.models import Article
from app.kit import clock
from app.kit.errors import Fault, InvalidBody, StateConflict
from app.kit.ids import new_id
from app.kit.signing import digest
from app.previews.models import Preview
from app.previews.repository import Previews
from app.previews.tokens import new_token
from app.staff.work import Work

VALID = timedelta(days=7)
LONGEST = timedelta(days=30)
AT_ONCE = 20  # active previews of an article


async def create(work: Work, id: str, expires_at: datetime | None) -> tuple[Preview, str]:
    """A new preview of an article and its token, which is not stored.

    Raises `NotFound`, `StateConflict` for a withdrawn article, and `InvalidBody`.
    """
    # The row lock: nobody withdraws the article meanwhile, and of two previews made at once the later is counted.
    article = await ArticlesToEdit(work.session).require_readable(id, work.actor, for_update=True)
    now = clock.now()
    if article.state == "withdrawn":
        raise StateConflict(params={"state": "withdrawn", "verb": "preview"}, state="withdrawn")
    previews = Previews(work.session)
    await _refuse(previews, article, expires_at, now)
    token = new_token()
    preview = Preview(
        id=new_id(),
        article_id=article.id,
        article_version=article.version,
        member_id=work.actor.member_id,
        digest=digest(token),
        created_at=now,
        expires_at=expires_at or now + VALID,
    )
    await previews.add(preview)
    await work.record(
        "preview.create", "preview", preview.id, article_id=article.id, expires_at=clock.written(preview.expires_at)
    )
    return preview, token


async def _refuse(previews: Previews, article: Article, expires_at: datetime | None, now: datetime) -> None:
    """Raises `InvalidBody` with everything that is wrong."""
    faults = []
    if expires_at is not None and expires_at <= now:
        faults.append(Fault("in_past", pointer="/expires_at"))
    if expires_at is not None and expires_at > now + LONGEST:
        latest = clock.written(now + LONGEST)
        faults.append(Fault("too_far_ahead", pointer="/expires_at", params={"max": latest}))
    if await previews.active_count(article, now) >= AT_ONCE:
        faults.append(Fault("too_many", pointer="", params={"max": AT_ONCE}))
    if faults:
        raise InvalidBody(errors=faults)


async def revoke(work: Work, id: str, preview_id: str) -> None:
    """Revokes a preview, from the next request on. Revoking twice changes nothing."""
    article = await ArticlesToEdit(work.session).require_readable(id, work.actor)
    preview = await Previews(work.session).require(article, preview_id)
    if preview.revoked_at is None:
        preview.revoked_at = clock.now()
        await work.record("preview.revoke", "preview", preview.id, article_id=article.id)

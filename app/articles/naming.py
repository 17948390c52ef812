"""The slug of an article: as an editor sets it, or made from the headline until the article was once public."""

from __future__ import annotations

from datetime import datetime

from app.articles.editing import Draft
from app.articles.models import Article
from app.articles.repository import KIND
from app.articles.schemas import ArticleUpdate
from app.kit import clock
from app.kit.errors import Fault, InvalidBody
from app.slugs import repository as slugs
from app.text.slugs import looks_like_uuid, numbered, slugify


def was_public(article: Article, now: datetime) -> bool:
    """Whether it is or was public at `now`."""
    first = article.first_published_at
    return first is not None and first <= now


def plain_slug(article: Article) -> str:
    """The slug from the headline, without a number; `item-…` if the headline gives none."""
    slug = slugify(article.headline)
    return slug if slug and not looks_like_uuid(slug) else f"item-{article.id.replace('-', '')[-8:]}"


async def name(draft: Draft, fields: ArticleUpdate, given: set[str]) -> None:
    """Sets the slug: as sent, or made from the headline until the article was once public."""
    article, session = draft.article, draft.work.session
    before, is_lasting = article.slug, was_public(article, draft.work.now)
    follows_headline = "headline" in given and not article.slug_by_hand and not is_lasting
    if "slug" in given and fields.slug:
        if fields.slug != before and not await slugs.claim(session, KIND, fields.slug, article.id):
            raise _taken(fields.slug)
        article.slug, article.slug_by_hand = fields.slug, True
    elif not before or ("slug" in given and not is_lasting) or follows_headline:
        article.slug_by_hand = False
        article.slug = await slugs.claim_free(session, KIND, plain_slug(article), article.id)
    if before and before != article.slug and not is_lasting:
        await slugs.release(session, KIND, article.id, but=article.slug)


async def name_in_public(draft: Draft) -> None:
    """At first publication: a number in the slug must not reveal an article that was never public.

    If such an article owns the slug without a number, the two exchange slugs; if an editor set that slug by hand,
    this is `slug_taken`.
    """
    article = draft.article
    plain = plain_slug(article)
    if was_public(article, draft.work.now) or article.slug_by_hand or article.slug == plain:
        return
    for number in range(1, slugs.TRIES):
        wanted = plain if number == 1 else numbered(plain, number)
        if wanted == article.slug or await _takes(draft, wanted):
            return


async def _takes(draft: Draft, wanted: str) -> bool:
    """Takes a slug that was never public; False if it is or was the public slug of another article."""
    session, article = draft.work.session, draft.article
    owner = await slugs.owner(session, KIND, wanted)
    if owner is None:
        if not await slugs.claim(session, KIND, wanted, article.id):
            return await _takes(draft, wanted)  # another transaction was faster
        article.slug = wanted
        await slugs.release(session, KIND, article.id, but=wanted)
        return True
    if owner == article.id:
        return False  # a former slug of its own, public by a clock that was set back since
    other = await draft.articles.find(owner, for_update=True)
    if other is None or _may_be_public(other):
        return False
    if other.slug != wanted:
        if await slugs.owner(session, KIND, wanted) == owner:
            return False  # a former slug, public by a clock that was set back since
        return await _takes(draft, wanted)  # it changed owner while we waited for the row lock
    if other.slug_by_hand:
        raise _taken(wanted)
    await _exchange(draft, other)
    return True


async def _exchange(draft: Draft, other: Article) -> None:
    """Exchanges their slugs, in steps: slugs are unique after every statement."""
    session, article = draft.work.session, draft.article
    wanted, previous = other.slug, article.slug
    other.slug = f"item-{other.id}"
    await session.flush()
    article.slug = wanted
    await session.flush()
    other.slug = previous
    await slugs.exchange(session, KIND, (wanted, article.id), (previous, other.id))


def _taken(slug: str) -> InvalidBody:
    return InvalidBody(errors=[Fault("slug_taken", pointer="/slug", params={"value": slug})])


def _may_be_public(article: Article) -> bool:
    """Whether it is or was public by the clock now: it may have become so while we waited for its lock.

    An article that was recorded as published was public, also where a clock a little ahead of ours recorded it.
    """
    return article.announced or was_public(article, clock.now())

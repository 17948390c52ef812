"""From an editor's input to stored columns: look terms up, render the body, choose the slug, collect faults."""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from pydantic import BaseModel
from sqlalchemy import delete

from app.articles.events import HIDDEN, PublicView, public_view
from app.articles.fields import PLAIN
from app.articles.filing import FILINGS
from app.articles.indexing import index, with_locked_names
from app.articles.models import Article, ArticleBody
from app.articles.repository import KIND, Relations
from app.articles.schemas import ArticleUpdate
from app.articles.stored import ArticlesToEdit
from app.kit import clock
from app.kit.errors import Fault, InvalidBody
from app.kit.forms import in_order
from app.sections.repository import lines_of
from app.slugs import repository as slugs
from app.staff.work import Work
from app.terms.repository import known
from app.text.characters import is_blank
from app.text.markup import render
from app.text.reading import reading_minutes
from app.text.slugs import looks_like_uuid, numbered, slugify

DEFAULTS = {"kind": "news", "access": "free", "urgency": 5}
LINKS = {filing.kind.plural: filing for filing in FILINGS}


class Draft:
    """An article being saved: its new values, and every fault found in the input."""

    def __init__(
        self,
        work: Work,
        articles: ArticlesToEdit,
        article: Article,
        body: ArticleBody | None = None,
        related: Relations | None = None,
    ) -> None:
        self.work, self.articles, self.article, self.body = work, articles, article, body
        self.before = HIDDEN
        """Its public view before this save."""
        self.faults: list[Fault] = []
        self.warnings: list[dict[str, object]] = []
        self._links: dict[str, list[str]] = {}  # sent, not stored yet
        self._group = article.translation_group
        self._related = related
        self._lines: dict[str, frozenset[str]] = {}
        self.is_restoring = False
        """Whether a revision is being restored: terms that are gone are left out, with a warning."""

    def fault(self, code: str, pointer: str, **params: object) -> None:
        self.faults.append(Fault(code, pointer=pointer, params=params))

    async def write(self, fields: ArticleUpdate, given: set[str]) -> None:
        """Sets the `given` fields. Raises `InvalidBody` with every fault at once, in the order of the schema."""
        article = self.article
        if "headline" in given:
            article.headline = fields.headline
        if "language" in given or not article.language:
            article.language = fields.language or self.work.settings.language
        for name in PLAIN:
            if name in given:
                value = getattr(fields, name)
                setattr(article, name, value if value not in ("", None) else DEFAULTS.get(name))
        self._objects(fields, given)
        if {"body", "body_format"} & given:
            await self._render(fields, given)
        if {"body", "body_format", "language"} & given or not article.version:
            article.reading_minutes = reading_minutes(self.body.text if self.body else "", article.language)
        await self._terms(fields, given)
        await self._translation(fields, given)
        if self.faults:
            raise InvalidBody(errors=in_order(ArticleUpdate, self.faults))

    def _objects(self, fields: ArticleUpdate, given: set[str]) -> None:
        article = self.article
        for name in ("lead_image", "rights", "seo"):
            if name in given:
                setattr(article, name, _merged(getattr(article, name), getattr(fields, name)))
        if article.lead_image is not None and "url" not in article.lead_image:
            self.fault("required", "/lead_image/url")
        if "media" in given:
            article.media = [image.model_dump(mode="json") for image in fields.media or []]
        if "comments_mode" in given:
            article.comments_mode = fields.comments_mode
        if "external_id" in given:
            external = fields.external_id
            article.external_system = external.system if external else None
            article.external_id = external.id if external else None

    async def _render(self, fields: ArticleUpdate, given: set[str]) -> None:
        source = (fields.body or "") if "body" in given else (self.body.source if self.body else "")
        own = "body_format" in given or self.body is None
        kind = (fields.body_format if own else self.body and self.body.format) or "html"
        # A long or hostile body takes a second of CPU: not on the event loop.
        hosts = frozenset(map(str.lower, self.work.settings.embed_hosts))
        rendered = await to_thread(render, source, kind, embed_hosts=hosts)
        if self.body is None:
            self.body = ArticleBody(article_id=self.article.id)
        self.body.source, self.body.format = source.replace("\0", ""), kind
        self.body.html, self.body.text, self.body.blocks = rendered.html, rendered.text, list(rendered.blocks)
        self.warnings += [asdict(removal) for removal in rendered.warnings]

    async def _terms(self, fields: ArticleUpdate, given: set[str]) -> None:
        for name in ("tags", "authors"):
            if name in given:
                self._links[name] = await self._looked_up(name, getattr(fields, name) or [], f"/{name}/{{}}")
        if {"section", "sections"} & given:
            await self._sections(fields, given)

    async def _sections(self, fields: ArticleUpdate, given: set[str]) -> None:
        """The primary section comes first; if it is removed, the next one becomes primary."""
        present = await self.linked("sections") if self.article.version else []
        primary, others = present[:1], present[1:]
        if "section" in given:
            wanted = [fields.section] if fields.section else []
            found = await self._looked_up("sections", wanted, "/section")
            if found or not (wanted and self.is_restoring):  # restored without its section: the present one stays
                primary = found
        if "sections" in given:
            others = await self._looked_up("sections", fields.sections or [], "/sections/{}")
        self._links["sections"] = list(dict.fromkeys([*primary, *others]))
        self.article.section_id = next(iter(self._links["sections"]), None)

    def _warn_once(self, warning: dict[str, object]) -> None:
        """Adds a warning. A section may be named twice: as the primary one, and among all."""
        if warning not in self.warnings:
            self.warnings.append(warning)

    async def _looked_up(self, name: str, wanted: Sequence[str], pointer: str) -> list[str]:
        found = await known(self.work.session, LINKS[name].term, wanted)
        for place, term in enumerate(wanted):
            if term not in found and self.is_restoring:
                self._warn_once({"code": "not_restored", "field": name, "value": term})
            elif term not in found:
                self.fault("not_found", pointer.format(place), value=term)
        return list(dict.fromkeys(found[term].id for term in wanted if term in found))

    async def linked(self, name: str) -> list[str]:
        """Ids of the terms that the article is, or is about to be, filed under."""
        if name in self._links:
            return self._links[name]
        return [id for id, _, _ in getattr(await self.related(), name)]

    async def related(self) -> Relations:
        """The stored terms, and the public translations. Cached until `store` changes them."""
        if self._related is None:
            id = self.article.id
            self._related = (await self.articles.relations([id], self.work.now))[id]
        return self._related

    async def related_at_desk(self) -> Relations:
        """The same, with all translations that the acting member may read."""
        if self.article.translation_group is None:
            return await self.related()
        id = self.article.id
        return (await self.articles.relations_for([id], self.work.actor, self.work.now))[id]

    async def public_view(self, now: datetime | None = None) -> PublicView:
        """Its public view at `now`, by default the time of the save."""
        related = await self.related()
        if missing := {id for id, _, _ in related.sections} - self._lines.keys():
            self._lines |= await lines_of(self.work.session, missing)
        return public_view(self.article, related, self._lines, now or self.work.now)

    async def _translation(self, fields: ArticleUpdate, given: set[str]) -> None:
        article = self.article
        if "translation_of" in given:
            article.translation_group = None
            if fields.translation_of:
                await self._join_group(fields.translation_of)
        if article.translation_group and await self.articles.twin(
            article.translation_group, article.language, article.id
        ):
            self.fault("translation_exists", "/translation_of" if "translation_of" in given else "/language")

    async def _join_group(self, name: str) -> None:
        original = await self.articles.named(name)
        if original is None or not self._may_name(original):
            self.fault("not_found", "/translation_of", value=name)
        elif original.id == self.article.id:
            self.fault("same_thing", "/translation_of")
        elif original.language == self.article.language:
            self.fault("translation_exists", "/translation_of")
        else:
            original = await self.articles.require(original.id, for_update=True)
            original.translation_group = original.translation_group or original.id
            await self.articles.save(original)
            self.article.translation_group = original.translation_group

    def _may_name(self, original: Article) -> bool:
        """Whether the actor may read it: editors all, reporters their own and published ones."""
        actor, now = self.work.actor, self.work.now
        is_out = original.state == "published" and original.published_at is not None and original.published_at <= now
        return actor.has("editor") or original.member_id == actor.member_id or is_out

    async def store(self) -> None:
        """Stores the body and the links to terms; a new article first, for their foreign keys."""
        session = self.work.session
        if not self.articles.knows(self.article) or self.article.translation_group != self._group:
            await self.articles.save(self.article)
        if self.body is not None:
            await self.articles.save(self.body)
        for name, ids in self._links.items():
            link, column = LINKS[name].link, f"{LINKS[name].kind.noun}_id"
            await session.execute(delete(link).where(link.article_id == self.article.id))
            session.add_all(
                link(article_id=self.article.id, position=place, **{column: id}) for place, id in enumerate(ids)
            )
        if self._links or self.article.translation_group != self._group:
            await session.flush()
            self._links, self._group, self._related = {}, self.article.translation_group, None

    async def index(self) -> None:
        """Updates its indexed text."""
        related = await self.related()
        if self.article.state == "published":
            related = await with_locked_names(self.work.session, related)
        await index(self.work.session, self.article, related, self.body)

    async def name(self, fields: ArticleUpdate, given: set[str]) -> None:
        """Sets the slug: as sent, or made from the headline until the article was once public."""
        article, session = self.article, self.work.session
        before = article.slug
        if "slug" in given and fields.slug:
            if fields.slug != before and not await slugs.claim(session, KIND, fields.slug, article.id):
                raise InvalidBody(errors=[Fault("slug_taken", pointer="/slug", params={"value": fields.slug})])
            article.slug, article.slug_by_hand = fields.slug, True
        elif not before or ("slug" in given and not self.was_public) or self._follows_headline(given):
            article.slug_by_hand = False
            article.slug = await slugs.claim_free(session, KIND, plain_slug(article), article.id)
        if before and before != article.slug and not self.was_public:
            await slugs.release(session, KIND, article.id, but=article.slug)

    async def name_in_public(self) -> None:
        """At first publication: a number in the slug must not reveal an article that was never public.

        If such an article owns the slug without a number, the two exchange slugs; if an editor set that slug by hand,
        this is `slug_taken`.
        """
        article = self.article
        plain = plain_slug(article)
        if self.was_public or article.slug_by_hand or article.slug == plain:
            return
        for number in range(1, slugs.TRIES):
            wanted = plain if number == 1 else numbered(plain, number)
            if wanted == article.slug or await self._takes(wanted):
                return

    async def _takes(self, wanted: str) -> bool:
        """Takes a slug that was never public; False if it is or was the public slug of another article."""
        session, article = self.work.session, self.article
        owner = await slugs.owner(session, KIND, wanted)
        other = await self.articles.find(owner, for_update=True) if owner else None
        if owner is not None and (other is None or _was_public(other)):
            return False
        if other is not None and other.slug != wanted:
            if await slugs.owner(session, KIND, wanted) == owner:
                return False  # a former slug, public by a clock that was set back since
            return await self._takes(wanted)  # it changed owner while we waited for the row lock
        if other is not None and other.slug_by_hand:
            raise InvalidBody(errors=[Fault("slug_taken", pointer="/slug", params={"value": wanted})])
        previous = article.slug
        if other is None:
            if not await slugs.claim(session, KIND, wanted, article.id):
                return await self._takes(wanted)  # another transaction was faster
            article.slug = wanted
            await slugs.release(session, KIND, article.id, but=wanted)
            return True
        other.slug = f"item-{other.id}"  # in steps: slugs are unique after every statement
        await self.articles.save(other)
        article.slug = wanted
        await self.articles.save(article)
        other.slug = previous
        await self.articles.save(other)
        await slugs.exchange(session, KIND, (wanted, article.id), (previous, other.id))
        return True

    def _follows_headline(self, given: set[str]) -> bool:
        return "headline" in given and not self.article.slug_by_hand and not self.was_public

    @property
    def was_public(self) -> bool:
        """Whether the article is or was public."""
        first = self.article.first_published_at
        return first is not None and first <= self.work.now


def _was_public(article: Article) -> bool:
    """Whether it is or was public by the clock now: it may have become so while we waited for its lock.

    An article that was recorded as published was public, also where a clock a little ahead of ours recorded it.
    """
    first = article.first_published_at
    return article.announced or (first is not None and first <= clock.now())


def plain_slug(article: Article) -> str:
    """The slug from the headline, without a number; `item-…` if the headline gives none."""
    slug = slugify(article.headline)
    return slug if slug and not looks_like_uuid(slug) else f"item-{article.id.replace('-', '')[-8:]}"


def _merged(present: dict[str, object] | None, patch: BaseModel | None) -> dict[str, object] | None:
    """JSON Merge Patch (RFC 7396) of an object inside the article: absent names stay, null removes."""
    if patch is None:
        return None
    changes = patch.model_dump(mode="json", exclude_unset=True)
    return {name: value for name, value in {**(present or {}), **changes}.items() if value is not None} or None


def lacks(article: Article, body: ArticleBody | None) -> list[Fault]:
    """The fields that publication requires and that are missing, as faults."""
    faults = [Fault("required", pointer="/headline")] if is_blank(article.headline) else []
    if body is None or not body.blocks:
        faults.append(Fault("required", pointer="/body"))
    if article.section_id is None:
        faults.append(Fault("required", pointer="/section"))
    return faults

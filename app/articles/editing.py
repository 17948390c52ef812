"""From an editor's input to the article: look terms up, render the body, collect faults."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime

from pydantic import BaseModel

from app.articles import pictures
from app.articles.desk_repository import ArticlesToEdit
from app.articles.events import HIDDEN, PublicView
from app.articles.fields import DEFAULTS, PLAIN
from app.articles.filing import FILINGS
from app.articles.models import Article, ArticleBody
from app.articles.rendering import fill_body, render_body
from app.articles.repository import Relations, Terms
from app.articles.schemas import ArticleUpdate
from app.articles.subjects import subject_keys
from app.articles.syndication import rights_end
from app.kit.clock import written
from app.kit.errors import Fault, InvalidBody, StateConflict
from app.kit.forms import in_order
from app.media.desk_repository import MediaToEdit, Use
from app.media.models import Media
from app.staff.repository import Staff
from app.staff.work import Work
from app.terms.repository import known
from app.text.pictures import shown_ids
from app.text.reading import reading_minutes

LINKS = {filing.kind.plural: filing for filing in FILINGS}


@dataclass
class Draft:
    """An article being written: its new values, and every fault found in the input."""

    work: Work
    articles: ArticlesToEdit
    article: Article
    body: ArticleBody | None = None
    stored: Relations = field(default_factory=Relations)
    """Its terms, visible translations and pictures before this save."""
    stored_uses: frozenset[Use] = frozenset()
    """Where it used pictures of the library before this save."""
    before: PublicView = HIDDEN
    """Its public view before this save."""
    lines: dict[str, frozenset[str]] = field(default_factory=dict)
    """For its sections: each with all above it."""
    faults: list[Fault] = field(default_factory=list)
    warnings: list[dict[str, object]] = field(default_factory=list)
    is_restoring: bool = False
    """Whether a revision is being restored: terms that are gone are left out, with a warning."""

    def __post_init__(self) -> None:
        self.related = self.stored
        """Its terms and visible translations with this save; pictures as before."""
        self.library: dict[str, Media] = {}
        """The pictures that this save names, as far as they may be shown."""
        self.stored_subjects = subject_keys(self.article.subjects)
        """The keys of its subjects before this save."""

    def fault(self, code: str, pointer: str, **params: object) -> None:
        self.faults.append(Fault(code, pointer=pointer, params=params))

    async def write(self, fields: ArticleUpdate, given: set[str]) -> None:
        """Sets the `given` fields. Raises `InvalidBody` with every fault at once, in the order of the schema."""
        article = self.article
        await self._find_pictures(fields, given)
        self._refuse_other_kind(fields, given)
        if "headline" in given:
            article.headline = fields.headline
        if "language" in given or not article.language:
            article.language = fields.language or self.work.settings.language
        for name in PLAIN:
            if name in given:
                value = getattr(fields, name)
                setattr(article, name, value if value not in ("", None) else DEFAULTS.get(name))
        self._objects(fields, given)
        self._embargo(given)
        if {"body", "body_format"} & given:
            await self._render(fields, given)
        if {"body", "body_format", "language"} & given or not article.version:
            article.reading_minutes = reading_minutes(self.body.text if self.body else "", article.language)
        await self._terms(fields, given)
        await self._translation(fields, given)
        await self._contributors(fields, given)
        if self.faults:
            raise InvalidBody(errors=in_order(ArticleUpdate, self.faults))
        self.warnings += [{"code": "alt_missing", "pointer": pointer} for pointer in self.images_without_alt()]
        self.warnings += pictures.silent_recordings(article)

    def _embargo(self, given: set[str]) -> None:
        """What is published or scheduled was promised for its moment: a later embargo would come too late."""
        article, at = self.article, self.article.published_at
        if "embargo_until" in given and article.state == "published" and at and is_embargoed(article, at):
            self.fault("published_sooner", "/embargo_until", at=written(at))

    def _refuse_other_kind(self, fields: ArticleUpdate, given: set[str]) -> None:
        """Raises `StateConflict` where live coverage that has entries would become something else."""
        article = self.article
        has_entries = bool(article.entry_count or article.draft_entry_count)
        if "kind" in given and article.kind == "live" != fields.kind and has_entries:
            raise StateConflict(params={"state": "live", "verb": "update"}, state="live")

    async def _contributors(self, fields: ArticleUpdate, given: set[str]) -> None:
        """Editors name the members who write entries; what a reporter sends back as it was read is no fault."""
        wanted = list(dict.fromkeys(fields.contributors or []))
        if "contributors" not in given or wanted == (self.article.contributors or []):
            return
        if not self.work.actor.has("editor"):
            self.fault("not_allowed", "/contributors")
            return
        known = await Staff(self.work.session).known(wanted)
        for place, id in enumerate(fields.contributors or []):
            if id not in known:
                self.fault("not_found", f"/contributors/{place}", value=id)
        self.article.contributors = wanted

    @property
    def uses(self) -> set[Use]:
        """Where it uses pictures of the library with this save."""
        return pictures.uses_of(self.article, self.body)

    def images_without_alt(self) -> list[str]:
        """Pointers to the images without a text for people who do not see them."""
        return list(pictures.without_alt(self.article, self.body, {**self.stored.pictures, **self.library}))

    async def _find_pictures(self, fields: ArticleUpdate, given: set[str]) -> None:
        """Looks up the pictures that the input names; none of them is deleted before this save is committed."""
        source = self._source(fields, given) if {"body", "body_format"} & given else ""
        named = pictures.named_in(fields, given, source)
        if self.body is not None:  # locked where its words are indexed: all at once, in the order of ids
            named |= set(shown_ids(self.body.html))
        self.library = await MediaToEdit(self.work.session).standing(named)
        for fault in pictures.unknown_images(fields, given, self.library):
            self._refuse_unknown(fault)

    def _refuse_unknown(self, fault: Fault) -> None:
        """A fault; where a revision is restored, a warning."""
        if self.is_restoring:
            field = (fault.pointer or "").split("/")[1]
            self._warn_once({"code": "not_restored", "field": field, "value": fault.params["value"]})
        else:
            self.faults.append(fault)

    def _source(self, fields: ArticleUpdate, given: set[str]) -> str:
        """The source of the body that is rendered."""
        return (fields.body or "") if "body" in given else (self.body.source if self.body else "")

    def _objects(self, fields: ArticleUpdate, given: set[str]) -> None:
        article = self.article
        for name in ("rights", "seo"):
            if name in given:
                setattr(article, name, _merged(getattr(article, name), getattr(fields, name)))
        article.rights_expire_at = rights_end(article.rights)
        if "lead_image" in given:
            article.lead_image = pictures.merged_image(
                article.lead_image, fields.lead_image, self.library, article.language
            )
            if article.lead_image is not None and not {"id", "url"} & article.lead_image.keys():
                self.fault("required", "/lead_image/url")
        if "media" in given:
            article.media = [
                pictures.stored_entry(entry, self.library, article.language) for entry in fields.media or []
            ]
        if self.is_restoring:
            pictures.drop_unknown(article, self.library)
        if "subjects" in given:
            article.subjects = [one.model_dump() for one in fields.subjects or []]
        if "comments_mode" in given:
            article.comments_mode = fields.comments_mode
        if "external_id" in given:
            external = fields.external_id
            article.external_system = external.system if external else None
            article.external_id = external.id if external else None

    async def _render(self, fields: ArticleUpdate, given: set[str]) -> None:
        source = self._source(fields, given)
        own = "body_format" in given or self.body is None
        kind = (fields.body_format if own else self.body and self.body.format) or "html"
        rendered = await render_body(source, kind, self.article.language, self.library, self.work.settings)
        for id in rendered.unknown_media:
            self._refuse_unknown(pictures.not_found("/body", id))
        if self.body is None:
            self.body = ArticleBody(article_id=self.article.id)
        fill_body(self.body, source, kind, rendered)
        self.warnings += [asdict(removal) for removal in rendered.warnings]

    async def _terms(self, fields: ArticleUpdate, given: set[str]) -> None:
        for name in ("tags", "authors"):
            if name in given:
                found = await self._find_terms(name, getattr(fields, name) or [], f"/{name}/{{}}")
                self.related = replace(self.related, **{name: found})  # type: ignore[arg-type]  # a name of terms
        if {"section", "sections"} & given:
            await self._sections(fields, given)

    async def _sections(self, fields: ArticleUpdate, given: set[str]) -> None:
        """The primary section comes first; if it is removed, the next one becomes primary."""
        primary, others = self.related.sections[:1], self.related.sections[1:]
        if "section" in given:
            wanted = [fields.section] if fields.section else []
            found = await self._find_terms("sections", wanted, "/section")
            if found or not (wanted and self.is_restoring):  # restored without its section: the present one stays
                primary = found
        if "sections" in given:
            others = await self._find_terms("sections", fields.sections or [], "/sections/{}")
        sections = tuple({row[0]: row for row in (*primary, *others)}.values())
        self.related = replace(self.related, sections=sections)
        self.article.section_id = sections[0][0] if sections else None

    def _warn_once(self, warning: dict[str, object]) -> None:
        """Adds a warning. A section may be named twice: as the primary one, and among all."""
        if warning not in self.warnings:
            self.warnings.append(warning)

    async def _find_terms(self, name: str, wanted: Sequence[str], pointer: str) -> Terms:
        found = await known(self.work.session, LINKS[name].term, wanted)
        for place, term in enumerate(wanted):
            if term not in found and self.is_restoring:
                self._warn_once({"code": "not_restored", "field": name, "value": term})
            elif term not in found:
                self.fault("not_found", pointer.format(place), value=term)
        terms = (found[term] for term in wanted if term in found)
        return tuple(dict.fromkeys((term.id, term.slug, term.name) for term in terms))

    async def _translation(self, fields: ArticleUpdate, given: set[str]) -> None:
        article, former = self.article, self.article.translation_group
        if "translation_of" in given:
            article.translation_group = None
            if fields.translation_of:
                await self._join_group(fields.translation_of)
        if article.translation_group and await self.articles.twin(
            article.translation_group, article.language, article.id
        ):
            self.fault("translation_exists", "/translation_of" if "translation_of" in given else "/language")
        if article.translation_group != former:
            group, now = article.translation_group, self.work.now
            found = await self.articles.translations(group, article.id, now) if group else ()
            self.related = replace(self.related, translations=found)

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
            self.article.translation_group = await self.articles.group_of(original)

    def _may_name(self, original: Article) -> bool:
        """Whether the actor may read it: editors all, reporters their own and published ones."""
        actor, now = self.work.actor, self.work.now
        is_out = original.state == "published" and original.published_at is not None and original.published_at <= now
        return actor.has("editor") or original.member_id == actor.member_id or is_out


def is_embargoed(article: Article, at: datetime) -> bool:
    """Whether its embargo forbids that it is public at this moment."""
    return article.embargo_until is not None and at < article.embargo_until


def _merged(present: dict[str, object] | None, patch: BaseModel | None) -> dict[str, object] | None:
    """JSON Merge Patch (RFC 7396) of an object inside the article: absent names stay, null removes."""
    if patch is None:
        return None
    changes = patch.model_dump(mode="json", exclude_unset=True)
    return {name: value for name, value in {**(present or {}), **changes}.items() if value is not None} or None

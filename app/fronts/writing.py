"""From an editor's input to the items of a slot: articles and pictures looked up, every fault at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select

from app.articles.models import Article
from app.articles.pictures import merged_image
from app.fronts.models import Front
from app.fronts.rows import HandItem
from app.fronts.schemas import FrontItemInput, PlacedItemInput
from app.kit.errors import Fault, InvalidBody
from app.kit.ids import new_id
from app.media.desk_repository import MediaToEdit
from app.media.models import Media
from app.slugs import repository as slugs
from app.staff.work import Work

FIELDS = ("url", "headline", "kicker", "summary", "language", "starts_at", "expires_at")


@dataclass
class Writing:
    """What some items name, as far as it is there, and the faults found in them."""

    front: Front
    now: datetime
    articles: Mapping[str, Any]
    library: Mapping[str, Media]
    faults: list[Fault] = field(default_factory=list)
    warnings: list[dict[str, object]] = field(default_factory=list)

    def raise_faults(self) -> None:
        if self.faults:
            raise InvalidBody(errors=self.faults)

    def item(self, base: HandItem, body: FrontItemInput, given: set[str], pointer: str) -> HandItem:
        """`base` with the `given` fields of `body`."""
        changes: dict[str, Any] = {name: getattr(body, name) or None for name in given.intersection(FIELDS)}
        if "article" in given:
            changes["article_id"] = self._article(body.article, pointer)
        item = base._replace(**changes)
        if "image" in given:
            item = item._replace(image=self._image(item, body, pointer))
        self._check(item, body, given, pointer)
        return item

    def _article(self, name: str | None, pointer: str) -> str | None:
        if name is None:
            return None
        if name not in self.articles:
            self.faults.append(Fault("not_found", pointer=f"{pointer}/article", params={"value": name}))
            return None
        return str(self.articles[name].id)

    def _image(self, item: HandItem, body: FrontItemInput, pointer: str) -> dict[str, Any] | None:
        id = body.image and body.image.id
        if id and id not in self.library:
            self.faults.append(Fault("not_found", pointer=f"{pointer}/image/id", params={"value": id}))
        image = merged_image(item.image, body.image, self.library, item.language or self.front.language)
        if image is not None and not (image.get("id") or image.get("url")):
            self.faults.append(Fault("required", pointer=f"{pointer}/image/url"))
        return image

    def _check(self, item: HandItem, body: FrontItemInput, given: set[str], pointer: str) -> None:
        is_unknown = "article" in given and body.article is not None and item.article_id is None
        if item.article_id is None and not is_unknown:
            missing = [name for name in ("url", "headline") if getattr(item, name) is None]
            self.faults += [Fault("required", pointer=f"{pointer}/{name}") for name in missing]
        if item.starts_at and item.expires_at and item.expires_at <= item.starts_at:
            self.faults.append(Fault("before_start", pointer=f"{pointer}/expires_at"))
        if item.expires_at and item.expires_at <= self.now:
            self.warnings.append({"code": "already_expired"})


async def writing(work: Work, front: Front, bodies: Sequence[FrontItemInput]) -> Writing:
    """Look up what these bodies name. A picture that is found is not deleted until the transaction ends."""
    names = list(dict.fromkeys(body.article for body in bodies if body.article))
    rows = []
    if names:
        statement = select(Article.id, Article.slug).where(slugs.is_named("article", Article.id, names))
        rows = list((await work.session.execute(statement)).all())
    articles = await slugs.by_name(work.session, "article", names, rows)
    pictures = {body.image.id for body in bodies if body.image and body.image.id}
    return Writing(front, work.now, articles, await MediaToEdit(work.session).standing(pictures))


async def written_items(
    work: Work, front: Front, bodies: Sequence[PlacedItemInput], present: Sequence[HandItem]
) -> tuple[list[HandItem], list[dict[str, object]]]:
    """The items of a slot, and warnings; those with the id of a `present` one keep it. Raises `InvalidBody`."""
    found = await writing(work, front, bodies)
    by_id = {item.id: item for item in present}
    items: list[HandItem] = []
    for place, body in enumerate(bodies):
        pointer = f"/items/{place}"
        if body.id is not None and (body.id not in by_id or body.id in {item.id for item in items}):
            code = "not_found" if body.id not in by_id else "duplicate"
            found.faults.append(Fault(code, pointer=f"{pointer}/id", params={"value": body.id}))
        kept = by_id.get(body.id or "")
        base = blank(kept.id if kept else new_id(), kept.created_at if kept else work.now)
        items.append(found.item(base, body, set(FrontItemInput.model_fields), pointer))
    found.raise_faults()
    return items, found.warnings


def blank(id: str, created_at: datetime) -> HandItem:
    """An item without content."""
    return HandItem(id, None, None, None, None, None, None, None, None, None, created_at)

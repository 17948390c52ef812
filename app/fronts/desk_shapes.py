"""From stored fronts to the members of the desk's schemas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.articles.models import Article
from app.articles.shapes import status_of
from app.fronts.desk_repository import FrontsToEdit
from app.fronts.drafts import draft_slots
from app.fronts.models import Front, FrontDraft
from app.fronts.repository import LINKS, Fronts, complete
from app.fronts.rows import Contents, HandItem, SlotContent
from app.fronts.shapes import FrontView, ShownRow, slots_of
from app.media.shown import Pictures, image_of, pictures_of, read_pictures
from app.placing.states import state_of
from app.sections.models import Section
from app.settings import Settings
from app.terms.shapes import ref_of, term_fields

WORDS = ("url", "headline", "kicker", "summary", "language", "starts_at", "expires_at", "created_at")


@dataclass(frozen=True)
class DeskView:
    """What the shapes of a front at the desk are made of."""

    front: Front
    settings: Settings
    now: datetime
    articles: Mapping[str, Any]
    """Of the items by hand, by id."""
    pictures: Pictures

    def item(self, item: HandItem, state: str) -> dict[str, object]:
        article = self.articles.get(item.article_id or "")
        language = item.language or self.front.language
        return {
            "id": item.id,
            "state": state,
            "article": article
            and {
                "id": article.id,
                "slug": article.slug,
                "headline": article.headline,
                "status": status_of(article, self.now),
            },
            **{name: getattr(item, name) for name in WORDS},
            "image": image_of(item.image, self.pictures, language, self.settings),
        }

    def items(
        self, items: Sequence[HandItem], shown: Sequence[str], elsewhere: Sequence[str]
    ) -> list[dict[str, object]]:
        """The items of a slot with their states: `shown` are ids of those that show, `elsewhere` of shown articles."""
        return [self.item(item, self._state(item, shown, elsewhere)) for item in items]

    def _state(self, item: HandItem, shown: Sequence[str], elsewhere: Sequence[str]) -> str:
        article = self.articles.get(item.article_id or "")
        state = "hidden" if item.article_id and article is None else state_of(item, article, self.now)
        if state != "live" or item.id in shown:
            return state
        return "repeated" if item.article_id in elsewhere else "waiting"


async def front_summaries(
    session: AsyncSession, fronts: Sequence[Front], settings: Settings
) -> list[dict[str, object]]:
    """Fronts in the list of the desk."""
    ids = {front.section_id for front in fronts if front.section_id}
    statement = select(Section.id, Section.slug, Section.name).where(Section.id.in_(ids))
    sections = {row.id: row for row in (await session.execute(statement)).all()}
    return [_summary(front, sections.get(front.section_id or ""), settings) for front in fronts]


def _summary(front: Front, section: Any, settings: Settings) -> dict[str, object]:
    return {
        **term_fields(front),
        "url": settings.front_url(front.id, front.slug),
        "section": section and ref_of(settings, "section", section.id, section.slug, section.name),
        "public": front.public,
        "version": front.version,
        "created_at": front.created_at,
        "updated_at": front.updated_at,
    }


async def front_at_desk(
    session: AsyncSession, front: Front, settings: Settings, now: datetime, *, has_draft: bool = False
) -> dict[str, object]:
    """A front with its slots, as it is or will be at `now`; `has_draft`: with what waits in its draft."""
    (summary,) = await front_summaries(session, [front], settings)
    slots = await desk_slots(session, front, settings, now, has_draft=has_draft)
    return {**summary, "slots": slots, "draft": await draft_at_desk(session, front, settings, now)}


async def desk_slots(
    session: AsyncSession, front: Front, settings: Settings, now: datetime, *, has_draft: bool = False
) -> list[dict[str, object]]:
    """The slots with all items by hand, and with what they show."""
    fronts = Fronts(session, settings)
    contents = complete(front, (await fronts.contents([front.id], now, has_draft=has_draft))[0][front.id])
    composed = (await fronts.composed([front], now, has_draft=has_draft))[front.id]
    view = await _desk_view(session, front, settings, now, [one for c in contents.values() for one in c.items])
    row: ShownRow = front  # type: ignore[assignment]  # of the row only the language is read
    articles = await fronts.shown_articles(composed.articles, now)
    shown = slots_of(FrontView(row, composed.slots, articles, view.pictures), settings, now)
    names = await LINKS.names(session, [front.id])
    ids = [str(item["article"]) for slot in composed.slots for item in slot["items"] if item["source"] == "hand"]
    return [
        _slot(view, number, contents[fields["name"]], shown[number], ids, names)
        for number, fields in enumerate(front.slots)
    ]


def _slot(
    view: DeskView,
    number: int,
    content: SlotContent,
    shown: Mapping[str, Any],
    articles: Sequence[str],
    names: Mapping[str, str],
) -> dict[str, object]:
    fields = view.front.slots[number]
    rule = fields["rule"]
    by_hand = [item["id"] for item in shown["items"]]
    return {
        **fields,
        "rule": LINKS.shown(rule, names) if rule is not None else None,
        "version": content.version,
        "items": view.items(content.items, by_hand, articles),
        "shown": shown["items"],
    }


async def draft_at_desk(
    session: AsyncSession, front: Front, settings: Settings, now: datetime
) -> dict[str, object] | None:
    """The draft of a front; an item's state is its own, as if nothing else stood on the front."""
    draft = await FrontsToEdit(session).draft(front.id)
    if draft is None:
        return None
    live = (await Fronts(session, settings).contents([front.id], datetime.min.replace(tzinfo=now.tzinfo)))[0][front.id]
    items = {name: list(map(HandItem.of_json, slot["items"])) for name, slot in draft_slots(draft).items()}
    view = await _desk_view(session, front, settings, now, [one for some in items.values() for one in some])
    return {
        "version": draft.version,
        "publish_at": draft.publish_at,
        "member_id": draft.member_id,
        "member_name": draft.member_name,
        "updated_at": draft.updated_at,
        "slots": [await _draft_slot(session, view, draft, name, items[name], live) for name in sorted(items)],
    }


async def _draft_slot(
    session: AsyncSession, view: DeskView, draft: FrontDraft, name: str, items: Sequence[HandItem], live: Contents
) -> dict[str, object]:
    stored = draft_slots(draft)[name]
    present = live.get(name)
    is_outdated = present is None or present.version != stored["base"]
    by = await FrontsToEdit(session).last_change(view.front, name) if is_outdated else None
    return {
        "name": name,
        "title": next((slot["title"] for slot in view.front.slots if slot["name"] == name), None),
        "base_version": stored["base"],
        "is_outdated": is_outdated,
        "outdated_by": by and {"member_id": by.member_id, "member_name": by.member_name, "at": by.at},
        "skipped_at": stored["skipped_at"],
        "items": view.items(items, [item.id for item in items], ()),
    }


async def _desk_view(
    session: AsyncSession, front: Front, settings: Settings, now: datetime, items: Sequence[HandItem]
) -> DeskView:
    columns = (Article.id, Article.slug, Article.headline, Article.state, Article.published_at)
    named = {item.article_id for item in items if item.article_id}
    rows = (await session.execute(select(*columns).where(Article.id.in_(named)))).all() if named else ()
    pictures = (await session.execute(select(pictures_of(Front.id)).where(Front.id == front.id))).scalar_one()
    return DeskView(front, settings, now, {row.id: row for row in rows}, read_pictures(pictures))


async def one_item(
    session: AsyncSession, front: Front, item: HandItem, slot: str, settings: Settings, now: datetime
) -> dict[str, object]:
    """An item that was just changed, with its state on the front."""
    slots = await desk_slots(session, front, settings, now)
    items: Any = next(one["items"] for one in slots if one["name"] == slot)
    found: dict[str, object] = next(one for one in items if one["id"] == item.id)
    return found

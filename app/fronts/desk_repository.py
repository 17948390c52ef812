"""Fronts at the desk: slots, items, drafts and states as rows that can be changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import and_, delete, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.articles.models import Article
from app.fronts.models import Front, FrontDraft, FrontItem, FrontSlot, FrontState
from app.fronts.repository import KIND, PLURAL
from app.fronts.rows import HandItem, SlotFields
from app.kit.errors import Moved, NotFound
from app.kit.ids import as_id, new_id
from app.kit.paging import Cursors, Key, PageQuery, Slice, take
from app.media.desk_repository import MediaToEdit, store_uses
from app.media.models import MediaUse
from app.staff.work import Work
from app.terms.repository import Terms
from app.text.slugs import canonical_slug

OF_SLOTS = ("draft_publish", "restore")  # actions that change several slots at once
MOST_STATES = 50
NEWEST = [Key(FrontState.id, descending=True)]
DRAFT = "draft"  # the place of a picture that a draft uses; a slot cannot show it yet


class FrontsToEdit:
    """All fronts, for the desk. The order of locks, against deadlocks: draft, slots by name, front, the log."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session
        self.terms: Terms[Front] = Terms(session, Front, KIND, PLURAL)

    async def require(self, slug: str, suffix: str = "", *, for_update: bool = False) -> Front:
        """Raises `NotFound`, and `Moved` (with `suffix` behind the present address) from a former slug."""
        try:
            return await self.terms.require(slug, for_update=for_update)
        except Moved as moved:
            raise Moved(moved.location + suffix) from None

    async def id_at(self, name: str) -> str | None:
        """The id of the front at a slug or id."""
        known = as_id(name)
        where = Front.id == known if known else Front.slug == canonical_slug(name)
        found: str | None = await self.session.scalar(select(Front.id).where(where))
        return found

    async def lock_slots(self, front_id: str) -> None:
        """Lock the draft and all slots of a front, before its own row is locked.

        Who fills a slot holds its row, and asks for a share of the front's by a foreign key. With a front its draft is
        deleted, which those who publish it hold first.
        """
        await self.draft(front_id, for_update=True)
        await self.slots(front_id)

    async def locked(self, front: Front) -> Front:
        """The same front, its row locked and read anew. Raises `NotFound` where it was deleted meanwhile."""
        statement = select(Front).where(Front.id == front.id).with_for_update(key_share=True)
        found = (await self.session.scalars(statement.execution_options(populate_existing=True))).one_or_none()
        if found is None:
            raise NotFound()
        return found

    async def slot(self, front: Front, name: str) -> FrontSlot:
        """A slot, its row locked and read anew. Raises `NotFound`."""
        if name not in {slot["name"] for slot in front.slots}:  # nor may it hold a NUL, which PostgreSQL refuses
            raise NotFound()
        found = await self.slots(front.id, [name])
        present = await self.session.scalar(select(Front.slots).where(Front.id == front.id))
        if not found or name not in {slot["name"] for slot in present or ()}:
            raise NotFound()
        return found[0]

    async def slots(self, front_id: str, names: Collection[str] | None = None) -> Sequence[FrontSlot]:
        """These slots, or all, their rows locked, by name."""
        statement = select(FrontSlot).where(FrontSlot.front_id == front_id).order_by(FrontSlot.name)
        if names is not None:
            statement = statement.where(FrontSlot.name.in_(names))
        statement = statement.with_for_update().execution_options(populate_existing=True)
        return (await self.session.scalars(statement)).all()

    async def items(self, front_id: str, slot: str | None = None) -> dict[str, list[HandItem]]:
        """The items by hand of a front, or of one slot, in order, by slot."""
        statement = select(FrontItem.__table__).where(FrontItem.front_id == front_id)
        if slot is not None:
            statement = statement.where(FrontItem.slot == slot)
        found: dict[str, list[HandItem]] = {}
        for row in (await self.session.execute(statement.order_by(FrontItem.position, FrontItem.id))).all():
            found.setdefault(row.slot, []).append(HandItem.of(row))
        return found

    async def fill(self, front_id: str, slot: str, items: Sequence[HandItem]) -> None:
        """Put these items into a slot in place of all others, and count the pictures that they use."""
        here = (FrontItem.front_id == front_id, FrontItem.slot == slot)
        await self.session.execute(delete(FrontItem).where(*here))
        rows = [
            {"front_id": front_id, "slot": slot, "position": position, **item._asdict()}
            for position, item in enumerate(items)
        ]
        if rows:
            await self.session.execute(insert(FrontItem), rows)
        await self.use_pictures(front_id, slot, items)

    async def use_pictures(self, front_id: str, place: str, items: Iterable[HandItem]) -> None:
        """Store which pictures of the library a slot, or the draft, uses."""
        here = select(MediaUse.media_id).where(MediaUse.resource_id == front_id, MediaUse.place == place)
        stored = {(place, id) for id in (await self.session.scalars(here)).all()}
        await store_uses(self.session, KIND, front_id, stored, {(place, id) for id in pictures_in(items)})

    async def still_there(self, items: Sequence[HandItem]) -> list[HandItem]:
        """Those of these items whose article was not deleted, without pictures that the library does not show."""
        named = {item.article_id for item in items if item.article_id}
        known = set((await self.session.scalars(select(Article.id).where(Article.id.in_(named)))).all())
        library = await MediaToEdit(self.session).standing(pictures_in(items))
        kept = [item for item in items if item.article_id is None or item.article_id in known]
        return [
            item._replace(image=None) if item.image and item.image.get("id", "") not in {"", *library} else item
            for item in kept
        ]

    async def draft(self, front_id: str, *, for_update: bool = False) -> FrontDraft | None:
        statement = select(FrontDraft).where(FrontDraft.front_id == front_id)
        if for_update:
            statement = statement.with_for_update().execution_options(populate_existing=True)
        return (await self.session.scalars(statement)).one_or_none()

    async def due_drafts(self, now: datetime, front_id: str | None = None) -> Sequence[FrontDraft]:
        """The drafts whose time has come, of one front or of all; those that somebody holds are left for later."""
        statement = select(FrontDraft).where(FrontDraft.publish_at <= now).order_by(FrontDraft.publish_at)
        if front_id is not None:
            statement = statement.where(FrontDraft.front_id == front_id)
        statement = statement.with_for_update(skip_locked=front_id is None)
        return (await self.session.scalars(statement.execution_options(populate_existing=True))).all()

    async def add(self, row: FrontDraft | FrontSlot) -> None:
        self.session.add(row)
        await self.session.flush()

    async def remove(self, row: FrontDraft) -> None:
        await self.session.delete(row)
        await self.session.flush()

    async def lay_out(self, front: Front) -> None:
        """Make and remove slots, so that there is one for each of the front's fields.

        A removed one loses its items, and what the draft holds of it. Its row stays: should the slot come back, its
        version is a new one, and nobody who has seen the former slot changes it unseen.
        """
        present = {slot.name: slot for slot in await self.slots(front.id)}
        wanted = [slot["name"] for slot in front.slots]
        for name, slot in present.items():
            if name not in wanted:
                await self.fill(front.id, name, ())
                slot.version += 1
        for name in wanted:
            if name not in present:
                await self.add(FrontSlot(front_id=front.id, name=name, version=1))
        await self.session.flush()
        await self._leave_out(front.id, wanted)

    async def _leave_out(self, front_id: str, wanted: Collection[str]) -> None:
        """Take slots that are gone out of the draft; one without any slot is gone too."""
        draft = await self.draft(front_id, for_update=True)
        kept = {} if draft is None else {name: slot for name, slot in draft.slots.items() if name in wanted}
        if draft is None or len(kept) == len(draft.slots):
            return
        items = [HandItem.of_json(one) for slot in kept.values() for one in slot["items"]]
        await self.use_pictures(front_id, DRAFT, items)
        if not kept:
            await self.remove(draft)
            return
        draft.slots, draft.version = kept, draft.version + 1
        await self.session.flush()

    async def keep_state(
        self, front: Front, member: tuple[str, str], action: str, now: datetime, slot: str | None = None
    ) -> None:
        """Store what stands in the slots after a change by a member, (id, name); the oldest state goes."""
        content = {"slots": front.slots, "items": await self._stored_items(front.slots, front.id)}
        who = {"member_id": member[0], "member_name": member[1]}
        self.session.add(
            FrontState(id=new_id(), front_id=front.id, at=now, **who, action=action, slot=slot, content=content)
        )
        await self.session.flush()
        of_front = FrontState.front_id == front.id
        newest = select(FrontState.id).where(of_front).order_by(FrontState.id.desc()).limit(MOST_STATES)
        kept = (await self.session.scalars(newest)).all()
        await self.session.execute(delete(FrontState).where(of_front, FrontState.id.not_in(kept)))

    async def _stored_items(self, slots: Sequence[SlotFields], front_id: str) -> dict[str, object]:
        items = await self.items(front_id)
        return {slot["name"]: [item.as_json() for item in items.get(slot["name"], ())] for slot in slots}

    async def states(self, front: Front, query: PageQuery, cursors: Cursors) -> Slice[FrontState]:
        statement = select(FrontState).where(FrontState.front_id == front.id)
        return await take(
            self.session, statement, NEWEST, query, cursors, position=lambda state: [state.id], scalars=True
        )

    async def last_change(self, front: Front, slot: str) -> FrontState | None:
        """The newest state that a change of this slot has left; None where it is not kept any more."""
        several = and_(FrontState.slot.is_(None), FrontState.action.in_(OF_SLOTS))
        changes = select(FrontState).where(FrontState.front_id == front.id, or_(FrontState.slot == slot, several))
        return (await self.session.scalars(changes.order_by(FrontState.id.desc()).limit(1))).first()

    async def state(self, front: Front, id: str) -> FrontState | None:
        found = await self.session.get(FrontState, id)
        return found if found is not None and found.front_id == front.id else None


def pictures_in(items: Iterable[HandItem]) -> set[str]:
    """Ids of the pictures of the library that these items show."""
    return {str(item.image["id"]) for item in items if item.image and item.image.get("id")}


def member_of(work: Work) -> tuple[str, str]:
    return work.actor.member_id, work.actor.name

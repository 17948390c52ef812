"""The desk routes of fronts, their slots, drafts and states."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated

from fastapi import Path, Query
from starlette.requests import Request
from starlette.responses import Response

from app.fronts import actions
from app.fronts.actions import DraftEdit, ItemEdit, SlotEdit, SlotsChanged
from app.fronts.desk_repository import FrontsToEdit
from app.fronts.desk_shapes import desk_slots, draft_at_desk, front_at_desk, front_summaries, one_item
from app.fronts.models import Front
from app.fronts.router import FrontPath
from app.fronts.schemas import (
    DeskFrontQuery,
    DeskItemSaved,
    DeskSlotSaved,
    DraftPublishInput,
    FrontDesk,
    FrontDeskList,
    FrontDraftSaved,
    FrontInput,
    FrontItemInput,
    FrontItemUpdate,
    FrontRestored,
    FrontRestoreInput,
    FrontStateList,
    SlotItemsInput,
)
from app.kit import clock
from app.kit.caching import IfMatch, at_desk
from app.kit.db import ReadingSession
from app.kit.errors import (
    AlreadyExists,
    InvalidBody,
    InvalidCursor,
    InvalidQuery,
    NotFound,
    PreconditionFailed,
    PreconditionRequired,
)
from app.kit.listing import desk_list, written
from app.kit.paging import CountedQuery, Cursors, PageQuery
from app.kit.routing import NoParameters, problems, router_of
from app.kit.warnings import localised
from app.staff.access import Editor, OncePerToken
from app.staff.work import EditorWork, Work

desk = router_of("/v1/desk/fronts", "desk: fronts", "Fronts, what stands in their slots, and drafts of it.")
SlotPath = Annotated[str, Path(description="Name of the slot.", examples=["lead"])]
ItemPath = Annotated[str, Path(description="Id of the item.", examples=["01936b2e-7c4a-7d31-9f53-6a1c0de4b7a2"])]
MATCHED = problems(InvalidQuery, NotFound, PreconditionFailed, InvalidBody, PreconditionRequired)
DELETED = problems(InvalidQuery, NotFound, PreconditionFailed, PreconditionRequired)


@desk.get("", response_model=FrontDeskList, responses=problems(InvalidQuery, InvalidCursor))
async def list_desk_fronts(
    request: Request, query: Annotated[CountedQuery, Query()], session: ReadingSession, editor: Editor
) -> Response:
    """List fronts

    Every front by slug, also those that are not public, without their slots.
    """
    page = await FrontsToEdit(session).terms.every(query, Cursors.of(request))
    settings = request.app.state.settings
    shown = dict(zip(page.rows, await front_summaries(session, page.rows, settings), strict=True))
    return desk_list(request, FrontDeskList, page, lambda front: shown[front])


@desk.get("/{slug}", response_model=FrontDesk, responses=problems(InvalidQuery, NotFound))
async def read_desk_front(
    request: Request,
    slug: FrontPath,
    query: Annotated[DeskFrontQuery, Query()],
    session: ReadingSession,
    editor: Editor,
) -> Response:
    """Read a front with all items made by hand

    Each slot has its items as they were entered, with their `state`, and in `shown` what readers get. `at` and `draft`
    show it as it will be. `ETag` is the version that a change of the front must name in `If-Match`; a slot and the
    draft have versions of their own.
    """
    front = await FrontsToEdit(session).require(slug)
    now, settings = query.at or clock.now(), request.app.state.settings
    whole = await front_at_desk(session, front, settings, now, has_draft=query.draft)
    return at_desk(written(FrontDesk, whole), version=front.version)


@desk.put(
    "/{slug}",
    response_model=FrontDesk,
    responses={
        201: {"model": FrontDesk, "description": "Created."},
        **problems(InvalidQuery, AlreadyExists, PreconditionFailed, InvalidBody, PreconditionRequired),
    },
)
async def put_front(
    request: Request, slug: FrontPath, _: NoParameters, body: FrontInput, expected: IfMatch, work: EditorWork
) -> Response:
    """Create or replace a front

    Creates the front at this slug (201), or replaces its fields (200; `If-Match` is required). What stands in its slots
    stays; a slot that is left out is gone with its items. `slug` in the body renames: the old slug redirects.
    """
    front, made = await actions.put_front(work, slug, body, expected)
    headers = {"Location": f"/v1/desk/fronts/{front.id}"} if made else {}
    return await _front(work, front, 201 if made else 200, headers)


@desk.delete("/{slug}", status_code=204, responses=DELETED)
async def delete_front(slug: FrontPath, _: NoParameters, expected: IfMatch, work: EditorWork) -> Response:
    """Delete a front with all that stands on it"""
    await actions.delete_front(work, slug, expected)
    return _gone()


@desk.put("/{slug}/slots/{name}", response_model=DeskSlotSaved, responses=MATCHED)
async def put_front_slot(
    request: Request,
    slug: FrontPath,
    name: SlotPath,
    _: NoParameters,
    body: SlotItemsInput,
    expected: IfMatch,
    work: EditorWork,
) -> Response:
    """Set what stands in a slot

    All items by hand in their order, live when this answers; an item with the `id` of one that stands there keeps it.
    `If-Match` names the slot's version, so that desks on different slots do not collide.
    """
    return await _slot(request, await actions.put_slot(work, slug, name, body, expected))


@desk.post(
    "/{slug}/slots/{name}/items",
    status_code=201,
    response_model=DeskItemSaved,
    dependencies=[OncePerToken],
    responses=problems(InvalidQuery, NotFound, PreconditionFailed, InvalidBody),
)
async def create_front_item(
    request: Request,
    slug: FrontPath,
    name: SlotPath,
    _: NoParameters,
    body: FrontItemInput,
    expected: IfMatch,
    work: EditorWork,
) -> Response:
    """Put an item on top of a slot

    An article or a link, live when this answers. `If-Match`, where it is sent, names the slot's version. A slot holds
    at most 100 items (`too_many`).
    """
    saved = await actions.add_item(work, slug, name, body, expected)
    location = f"/v1/desk/fronts/{saved.edit.front.id}/slots/{name}/items/{saved.item.id}"
    return await _item(request, saved, 201, {"Location": location})


@desk.patch("/{slug}/slots/{name}/items/{id}", response_model=DeskItemSaved, responses=MATCHED)
async def update_front_item(
    request: Request,
    slug: FrontPath,
    name: SlotPath,
    id: ItemPath,
    _: NoParameters,
    body: FrontItemUpdate,
    expected: IfMatch,
    work: EditorWork,
) -> Response:
    """Change an item of a slot

    JSON Merge Patch; `If-Match` names the slot's version.
    """
    return await _item(request, await actions.change_item(work, slug, name, id, body, expected))


@desk.delete("/{slug}/slots/{name}/items/{id}", status_code=204, responses=DELETED)
async def delete_front_item(
    slug: FrontPath, name: SlotPath, id: ItemPath, _: NoParameters, expected: IfMatch, work: EditorWork
) -> Response:
    """Take an item off a slot

    `If-Match` names the slot's version.
    """
    await actions.delete_item(work, slug, name, id, expected)
    return _gone()


@desk.put(
    "/{slug}/draft/slots/{name}",
    response_model=FrontDraftSaved,
    responses={201: {"model": FrontDraftSaved, "description": "Created."}, **MATCHED},
)
async def put_front_draft_slot(
    request: Request,
    slug: FrontPath,
    name: SlotPath,
    _: NoParameters,
    body: SlotItemsInput,
    expected: IfMatch,
    work: EditorWork,
) -> Response:
    """Put a slot into the draft

    The draft holds only the slots that are put into it, each based on the live slot as it is now. `If-Match` names the
    draft's version; without a draft this makes one (201). A schedule stays.
    """
    edit = await actions.put_draft_slot(work, slug, name, body, expected)
    return await _draft(request, work, edit)


@desk.post(
    "/{slug}/draft/publish",
    response_model=FrontDesk,
    dependencies=[OncePerToken],
    responses=problems(InvalidQuery, NotFound, SlotsChanged, PreconditionFailed, InvalidBody),
)
async def publish_front_draft(
    request: Request,
    slug: FrontPath,
    _: NoParameters,
    expected: IfMatch,
    work: EditorWork,
    body: DraftPublishInput | None = None,
) -> Response:
    """Publish the draft, now or at a given time

    Its slots replace the live ones. Over a slot that was changed since it is 409, and nothing is published. With a
    future `at` it appears at that time by itself; a slot that was changed by then is skipped, and stays in the draft
    with `skipped_at`. `If-Match`, where it is sent, names the draft's version.
    """
    return await _front(work, await actions.publish_draft(work, slug, body.at if body else None, expected))


@desk.delete("/{slug}/draft", status_code=204, responses=DELETED)
async def delete_front_draft(slug: FrontPath, _: NoParameters, expected: IfMatch, work: EditorWork) -> Response:
    """Throw the draft away

    Its schedule too. `If-Match` names the draft's version.
    """
    await actions.delete_draft(work, slug, expected)
    return _gone()


@desk.get("/{slug}/history", response_model=FrontStateList, responses=problems(InvalidQuery, InvalidCursor, NotFound))
async def list_front_states(
    request: Request,
    slug: FrontPath,
    query: Annotated[PageQuery, Query()],
    session: ReadingSession,
    editor: Editor,
) -> Response:
    """List the last states of a front

    Who changed what and when, the newest first. The last 50 are kept.
    """
    fronts = FrontsToEdit(session)
    page = await fronts.states(await fronts.require(slug, "/history"), query, Cursors.of(request))
    return desk_list(request, FrontStateList, page)


@desk.post("/{slug}/restore", response_model=FrontRestored, dependencies=[OncePerToken], responses=MATCHED)
async def restore_front(
    request: Request, slug: FrontPath, _: NoParameters, body: FrontRestoreInput, expected: IfMatch, work: EditorWork
) -> Response:
    """Bring an earlier state back, as a new one

    Its slots with their items. What was deleted since is left out, with the warning `not_restored` for each slot.
    """
    front, warnings = await actions.restore_state(work, slug, body.state, expected)
    whole = {
        **await front_at_desk(work.session, front, work.settings, work.now),
        "warnings": localised(request, warnings),
    }
    return at_desk(written(FrontRestored, whole), version=front.version)


async def _front(work: Work, front: Front, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    whole = await front_at_desk(work.session, front, work.settings, work.now)
    return at_desk(written(FrontDesk, whole), status=status, version=front.version, headers=headers)


async def _slot(request: Request, edit: SlotEdit) -> Response:
    work = edit.work
    slots = await desk_slots(work.session, edit.front, work.settings, work.now)
    slot = next(one for one in slots if one["name"] == edit.slot.name)
    saved = {**slot, "warnings": localised(request, _each_once(edit.warnings))}
    return at_desk(written(DeskSlotSaved, saved), version=edit.slot.version)


async def _item(
    request: Request, saved: ItemEdit, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    edit, work = saved.edit, saved.edit.work
    item = await one_item(work.session, edit.front, saved.item, edit.slot.name, work.settings, work.now)
    more = {"slot_version": edit.slot.version, "warnings": localised(request, _each_once(edit.warnings))}
    content = written(DeskItemSaved, {**item, **more})
    return at_desk(content, status=status, version=edit.slot.version, headers=headers)


async def _draft(request: Request, work: Work, edit: DraftEdit) -> Response:
    draft = await draft_at_desk(work.session, edit.front, work.settings, work.now)
    saved = {**(draft or {}), "warnings": localised(request, _each_once(edit.warnings))}
    return at_desk(written(FrontDraftSaved, saved), status=201 if edit.is_new else 200, version=edit.draft.version)


def _each_once(warnings: Iterable[dict[str, object]]) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for warning in warnings:
        if warning not in found:
            found.append(warning)
    return found


def _gone() -> Response:
    return Response(status_code=204, headers={"Cache-Control": "no-store"})

"""The desk routes of pictures: upload, library, uses, replacement, withdrawal."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Depends, Path, Query
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from app.kit import clock
from app.kit.caching import IfMatch, at_desk
from app.kit.db import Database, ReadingSession, UseDatabase
from app.kit.errors import (
    AlreadyExists,
    Fault,
    Forbidden,
    InUse,
    InvalidBody,
    InvalidCursor,
    InvalidQuery,
    NotFound,
    PayloadTooLarge,
    PreconditionFailed,
    PreconditionRequired,
    StateConflict,
    Unavailable,
    UnsupportedMediaType,
)
from app.kit.forms import validated
from app.kit.idempotency import IdempotencyKey, Once
from app.kit.listing import desk_list, written
from app.kit.paging import Cursors
from app.kit.routing import NoParameters, problems, router_of
from app.kit.warnings import localised
from app.media import actions
from app.media.desk_repository import MediaToEdit
from app.media.faults import ImageInvalid
from app.media.making import REFUSED, Made, OriginalUnusable, PictureMaker, faults_of
from app.media.names import EXTENSIONS
from app.media.schemas import (
    FocalPoint,
    MediaList,
    MediaListQuery,
    MediaRead,
    MediaSaved,
    MediaUpdate,
    MediaUses,
    MediaWithdrawInput,
    UploadQuery,
)
from app.media.shapes import media_of
from app.media.storage import FileMissing, StoreAway
from app.media.uploads import Upload, receive, upload_folder
from app.media.using import UsePlaces
from app.staff.access import Actor, OncePerToken, Writer, once_scope
from app.staff.work import EditorWork, Work, WriterWork

desk = router_of("/v1/desk/media", "desk: media", "The library of pictures.")
MediaId = Annotated[str, Path(description="Id of the picture.", examples=["01936b2e-7c4a-7d31-9f53-6a1c0de4b7a2"])]
MATCHED = problems(
    InvalidQuery, NotFound, Forbidden, StateConflict, PreconditionFailed, InvalidBody, PreconditionRequired
)
UPLOADED = problems(
    InvalidQuery, Forbidden, PayloadTooLarge, UnsupportedMediaType, InvalidBody, actions.FileWithdrawn, Unavailable
)


async def _maker(request: Request) -> PictureMaker:
    maker: PictureMaker = request.app.state.pictures
    return maker


async def _uses(request: Request) -> UsePlaces:
    uses: UsePlaces = request.app.state.media_uses
    return uses


Maker = Annotated[PictureMaker, Depends(_maker)]
Uses = Annotated[UsePlaces, Depends(_uses)]


# `format: binary` is what generators of clients read as bytes.
BINARY: dict[str, object] = {"schema": {"type": "string", "format": "binary"}, "example": "(bytes)"}


UPLOAD_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The file itself, its name in `Content-Disposition`; or a form with the file and its fields.",
        "content": {
            **dict.fromkeys(EXTENSIONS, BINARY),
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "string", "format": "binary"},
                        "data": {"$ref": "#/components/schemas/MediaUpdate"},
                    },
                },
                "encoding": {"data": {"contentType": "application/json"}},
            },
        },
    }
}


@desk.post(
    "",
    status_code=201,
    response_model=MediaSaved,
    responses={200: {"model": MediaSaved, "description": "The same bytes are in the library already."}, **UPLOADED},
    openapi_extra=UPLOAD_BODY,
)
async def upload_media(
    request: Request,
    query: Annotated[UploadQuery, Query()],
    actor: Writer,
    database: UseDatabase,
    maker: Maker,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Upload a picture

    JPEG, PNG, WebP, AVIF or GIF. All renditions exist when this answers. Fields that are not sent are filled from the
    metadata in the file. A file that is there already is answered with its record (200, warning `already_there`), and
    nothing that was sent is applied.
    """
    with upload_folder() as folder:
        upload = await receive(request, folder)
        fields, faults = _fields(upload)
        async with _work(request, database, actor, reading=True) as work:
            known = None if faults else await actions.known(work, upload.sha256)
        taken: actions.Saved | Made
        if known is not None and not query.duplicate:
            taken = known
        else:
            taken = await _made(maker, upload, fields, faults, known.file.name if known else None)
        writes = isinstance(taken, Made) or idempotency_key is not None
        async with _work(request, database, actor, reading=not writes) as work:
            once = Once(request, work.session, idempotency_key)
            await once.begin(once_scope(actor), upload.sha256)  # the upload that made what is there may be repeated
            if isinstance(taken, Made):
                taken = await actions.create(work, taken, fields, upload.filename, is_duplicate=query.duplicate)
            response = await _saved(request, work, taken)
            await once.store(response)
            return response


@desk.get("", response_model=MediaList, responses=problems(InvalidQuery, InvalidCursor))
async def list_media(
    request: Request, query: Annotated[MediaListQuery, Query()], session: ReadingSession, actor: Writer
) -> Response:
    """List pictures

    The library, newest first. `q` finds words of the file name, the alt text, the description, the credit, the
    photographer and the keywords.
    """
    library, settings = MediaToEdit(session), request.app.state.settings
    page = await library.page(query, Cursors.of(request), clock.now())
    counts = await library.use_counts([media.id for media in page.rows])
    files = await library.files({media.file_id for media in page.rows})
    return desk_list(
        request, MediaList, page, lambda media: media_of(media, files[media.file_id], counts[media.id], settings)
    )


@desk.get("/{id}", response_model=MediaRead, responses=problems(InvalidQuery, NotFound))
async def read_media(
    request: Request, id: MediaId, _: NoParameters, session: ReadingSession, actor: Writer
) -> Response:
    """Read a picture

    With all its renditions. `ETag` is the version that a change must name in `If-Match`.
    """
    library = MediaToEdit(session)
    media = await library.require(id)
    count = (await library.use_counts([media.id]))[media.id]
    shown = media_of(media, await library.file(media.file_id), count, request.app.state.settings)
    return at_desk(written(MediaRead, shown), version=media.version)


@desk.patch("/{id}", response_model=MediaSaved, responses={**MATCHED, **problems(Unavailable)})
async def update_media(
    request: Request,
    id: MediaId,
    _: NoParameters,
    body: MediaUpdate,
    expected: IfMatch,
    actor: Writer,
    database: UseDatabase,
    maker: Maker,
    uses: Uses,
) -> Response:
    """Change what is said of a picture

    JSON Merge Patch. Every answer that shows the picture is right at once. Another focal point makes the crops anew, at
    new addresses. Reporters change their own uploads until something public shows them.
    """
    made = None
    async with _work(request, database, actor, reading=True) as work:
        media = await actions.open_to_change(work, id, expected, uses, is_locked=False)
        file = await MediaToEdit(work.session).file(media.file_id)
    if actions.moves_focal_point(body, media):
        try:
            made = await maker.remake(media, file, body.stored_focal_point)
        except OriginalUnusable:
            raise Unavailable() from None
    async with _work(request, database, actor) as work:
        return await _saved(request, work, await actions.update(work, id, expected, body, made, uses))


@desk.delete(
    "/{id}",
    status_code=204,
    responses=problems(InvalidQuery, NotFound, Forbidden, InUse, PreconditionFailed, PreconditionRequired),
)
async def delete_media(id: MediaId, _: NoParameters, expected: IfMatch, work: WriterWork, uses: Uses) -> Response:
    """Delete a picture that nothing shows

    One that is in use is 409, with `uses` as far as the caller may know of them, and `hidden_count`. Its files are kept
    for 30 days.
    """
    await actions.delete(work, id, expected, uses)
    return Response(status_code=204, headers={"Cache-Control": "no-store"})


@desk.get("/{id}/uses", response_model=MediaUses, responses=problems(InvalidQuery, NotFound))
async def list_media_uses(
    request: Request, id: MediaId, _: NoParameters, session: ReadingSession, actor: Writer, uses: Uses
) -> Response:
    """List what shows a picture

    Articles (lead image, gallery, body) and authors, drafts included; the first 100 that the caller may read.
    """
    media = await MediaToEdit(session).require(id)
    found = await uses.seen_by(Work(session, actor, request.app.state.settings, clock.now()), media.id)
    return at_desk(written(MediaUses, {"data": found.shown, "hidden_count": found.hidden}))


@desk.get(
    "/{id}/file",
    response_class=Response,
    responses={
        200: {"description": "The file as it was sent.", "content": dict.fromkeys(EXTENSIONS, BINARY)},
        **problems(InvalidQuery, NotFound, StateConflict, Unavailable),
    },
)
async def download_media_file(
    id: MediaId, _: NoParameters, database: UseDatabase, actor: Writer, maker: Maker
) -> Response:
    """Download the original

    The file as it was sent, with all its metadata. That of a withdrawn picture is gone (409).
    """
    async with database.reading_session() as session:
        library = MediaToEdit(session)
        media = await library.require(id)
        file = await library.file(media.file_id)
    if file.withdrawn_at is not None:
        raise StateConflict(params={"state": "withdrawn", "verb": "read"}, state="withdrawn")
    try:
        opened = await maker.stores.originals.open(file.name)
    except StoreAway:
        raise Unavailable() from None
    except FileMissing:
        raise NotFound() from None
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(media.filename, safe='')}",
        "Content-Length": str(opened.size),
        "Cache-Control": "no-store",
    }
    return StreamingResponse(opened.chunks(), headers=headers, media_type=file.mime_type)


@desk.put(
    "/{id}/file",
    response_model=MediaSaved,
    responses={**MATCHED, **UPLOADED, **problems(StateConflict, AlreadyExists)},
    openapi_extra=UPLOAD_BODY,
)
async def replace_media_file(
    request: Request,
    id: MediaId,
    _: NoParameters,
    expected: IfMatch,
    actor: Writer,
    database: UseDatabase,
    maker: Maker,
    uses: Uses,
) -> Response:
    """Replace the file of a picture

    The new picture stands in every place of use, at new addresses; the former file is kept for 30 days. Words stay,
    with the warning `alt_of_former_picture`, unless `alt` comes along. Bytes of another record are 409.
    """
    with upload_folder() as folder:
        async with _work(request, database, actor, reading=True) as work:
            media = await actions.open_to_change(work, id, expected, uses, is_locked=False)
            present = await MediaToEdit(work.session).file(media.file_id)
        upload = await receive(request, folder)
        fields, faults = _fields(upload)
        if "focal_point" not in fields.model_fields_set and media.focal_point:
            # It stays, as all words do, so the crops of the new file follow it.
            fields = fields.model_copy(update={"focal_point": FocalPoint(**media.focal_point)})
        # Any other file that is there may be without a picture, and swept while this one is decoded.
        stored_as = present.name if present.sha256 == upload.sha256 else None
        made = await _made(maker, upload, fields, faults, stored_as)
        async with _work(request, database, actor) as work:
            return await _saved(request, work, await actions.replace_file(work, id, expected, fields, made, uses))


@desk.post(
    "/{id}/withdraw",
    response_model=MediaSaved,
    dependencies=[OncePerToken],
    responses=problems(InvalidQuery, NotFound, StateConflict, PreconditionFailed, InvalidBody),
)
async def withdraw_media(
    request: Request, id: MediaId, _: NoParameters, body: MediaWithdrawInput, expected: IfMatch, work: EditorWork
) -> Response:
    """Take a picture down

    Its renditions answer 410, every use loses it, and the same bytes are refused from now on. There is no way back.
    """
    saved, *_others = await actions.withdraw(work, id, expected, body)
    return await _saved(request, work, saved)


@asynccontextmanager
async def _work(request: Request, database: Database, actor: Actor, *, reading: bool = False) -> AsyncIterator[Work]:
    """A transaction of its own, or a snapshot: none is open while a file is received and decoded."""
    async with database.reading_session() if reading else database.transaction() as session:
        yield Work(session, actor, request.app.state.settings, clock.now())


def _fields(upload: Upload) -> tuple[MediaUpdate, list[Fault]]:
    """What was sent beside the file, and what is wrong with it."""
    found, faults = validated(MediaUpdate, upload.data)
    return found or MediaUpdate(), [replace(fault, pointer=f"/data{fault.pointer or ''}") for fault in faults]


async def _made(
    maker: PictureMaker, upload: Upload, fields: MediaUpdate, faults: list[Fault], stored_as: str | None
) -> Made:
    """Decodes and stores the file. Raises `InvalidBody` with its faults and those of the fields."""
    try:
        if upload.size == 0:
            raise ImageInvalid("empty")
        made = await maker.make(
            upload.path, upload.sha256, upload.size, fields.stored_focal_point, stored_as, upload.mime_type
        )
    except REFUSED as error:
        raise InvalidBody(errors=[*faults, *faults_of(error, upload.pointer)]) from None
    if faults:
        raise InvalidBody(errors=faults)
    return made


async def _saved(request: Request, work: Work, saved: actions.Saved) -> Response:
    media = saved.media
    count = (await MediaToEdit(work.session).use_counts([media.id]))[media.id]
    shown = media_of(media, saved.file, count, work.settings)
    content = written(MediaSaved, {**shown, "warnings": localised(request, saved.warnings)})
    headers = {"Location": f"/v1/desk/media/{media.id}"} if saved.is_new else {}
    return at_desk(content, status=201 if saved.is_new else 200, version=media.version, headers=headers)

"""The public route of pictures: their renditions. Files as they were sent are never served here."""

from __future__ import annotations

import logging
from typing import Annotated, Any

from fastapi import Header, Path
from starlette.requests import Request
from starlette.responses import Response

from app.kit.db import Database, UseDatabase, single_statement
from app.kit.errors import Gone, InvalidQuery, NotFound, RangeNotSatisfiable, Unavailable
from app.kit.routing import NoParameters, Responses, problems, router_of
from app.media.delivery import Rendition, rendition_answer
from app.media.names import MIME_TYPES, key_of
from app.media.repository import Renditions
from app.media.storage import FileMissing, StoreAway, Stores

router = router_of("", "media", "Pictures in the sizes that pages show.")
log = logging.getLogger("nashra")
RETRY_AFTER = 10  # seconds, where the store does not answer
HEADERS = {
    "ETag": {"$ref": "#/components/headers/ETag"},
    "Accept-Ranges": {"description": "`bytes`: parts can be asked for.", "schema": {"type": "string"}},
}


def _binary() -> dict[str, Any]:
    """The bodies of the document, for each format. `binary` is what generators of clients read as bytes."""
    body = {"schema": {"type": "string", "format": "binary"}, "example": "(bytes)"}
    return dict.fromkeys(MIME_TYPES.values(), body)


RENDITION: Responses = {
    200: {"description": "The file.", "content": _binary(), "headers": HEADERS},
    206: {
        "description": "The part that `Range` asks for.",
        "content": _binary(),
        "headers": {
            **HEADERS,
            "Content-Range": {"description": "Which bytes of how many.", "schema": {"type": "string"}},
        },
    },
    **problems(InvalidQuery, NotFound, Gone, RangeNotSatisfiable, Unavailable),
}


@router.get("/media/{key}/{name}.{extension}", response_class=Response, responses=RENDITION)
async def read_rendition(
    request: Request,
    key: Annotated[str, Path(description="Changes with the picture and its crops.", examples=["0f9ad1c27b6e4853"])],
    name: Annotated[str, Path(description="Name of the rendition.", examples=["wide-640"])],
    extension: Annotated[str, Path(description="Of its format.", examples=["webp"])],
    _: NoParameters,
    database: UseDatabase,
    byte_range: Annotated[
        str | None, Header(alias="range", description="One range of bytes.", examples=["bytes=0-1023"])
    ] = None,
    if_range: Annotated[str | None, Header(description="The `ETag` of the copy that `Range` completes.")] = None,
) -> Response:
    """Read a rendition

    A picture in one size, under an address that never has other bytes: keep it for ever. Take addresses from
    `renditions`, do not make them. 410: the picture was withdrawn; remove your copy.
    """
    file = f"{key}/{name}.{extension}"
    if key_of(file) is None:
        raise NotFound()
    # Not `Reading`: the store may be slow, and must not hold the connection meanwhile.
    async with database.connection() as connection:
        await single_statement(connection)
        media_id = await Renditions(connection).media_at(key)
    stores: Stores = request.app.state.media
    mime_type = MIME_TYPES[extension]
    try:
        opened = await stores.renditions.open(file)
    except FileMissing:
        await _tell_missing(database, stores, key, name, mime_type)
        raise NotFound() from None
    except StoreAway as error:
        log.warning("the store of renditions does not answer: %s", error)
        raise Unavailable(RETRY_AFTER) from error
    return rendition_answer(request, opened, Rendition(file, mime_type, media_id), byte_range, if_range)


async def _tell_missing(database: Database, stores: Stores, key: str, name: str, mime_type: str) -> None:
    """Count and log a file that is not there although a row lists it; any other name was made up."""
    async with database.connection() as connection:
        await single_statement(connection)
        if await Renditions(connection).are_promised(key, name, mime_type):
            stores.missing += 1
            log.error("a rendition is missing in its store: %s/%s (%s)", key, name, mime_type)

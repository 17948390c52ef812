"""The desk routes of a term kind: list, read, put, delete."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from app.kit.caching import IfMatch, at_desk
from app.kit.db import ReadingSession
from app.kit.errors import (
    AlreadyExists,
    InUse,
    InvalidBody,
    InvalidCursor,
    InvalidQuery,
    NotFound,
    PreconditionFailed,
    PreconditionRequired,
)
from app.kit.listing import desk_list, written
from app.kit.paging import CountedQuery, Cursors
from app.kit.routing import NoParameters, problems, router_of
from app.staff.access import AnyStaff
from app.staff.work import EditorWork
from app.terms import actions
from app.terms.kinds import TermKind
from app.terms.schemas import TermInput
from app.terms.shapes import desk_fields

SlugPath = Annotated[str, Path(description="Slug, raw or percent-encoded.", examples=["اقتصاد"])]


def term_desk(
    kind: TermKind, description: str, input: type[TermInput], read: type[BaseModel], listed: type[BaseModel]
) -> APIRouter:
    """The four routes of `kind`; `description` is that of their tag, `input`, `read` and `listed` are its schemas."""
    router = router_of(f"/v1/desk/{kind.plural}", f"desk: {kind.plural}", description)

    async def list_terms(
        request: Request, query: Annotated[CountedQuery, Query()], session: ReadingSession, staff: AnyStaff
    ) -> Response:
        terms = await kind.terms(session).every(query, Cursors.of(request))
        settings = request.app.state.settings
        return desk_list(request, listed, terms, lambda term: desk_fields(kind, term, settings))

    async def read_term(
        request: Request, slug: SlugPath, _: NoParameters, session: ReadingSession, staff: AnyStaff
    ) -> Response:
        term = await kind.terms(session).require(slug)
        content = written(read, desk_fields(kind, term, request.app.state.settings))
        return at_desk(content, version=term.version)

    async def put_term(
        slug: SlugPath,
        _: NoParameters,
        body: input,  # type: ignore[valid-type]  # a schema chosen by the caller
        expected: IfMatch,
        work: EditorWork,
    ) -> Response:
        term, made = await actions.put_term(work, kind, slug, body, expected)
        headers = {"Location": f"/v1/desk/{kind.plural}/{term.id}"} if made else {}
        content = written(read, desk_fields(kind, term, work.settings))
        return at_desk(content, status=201 if made else 200, version=term.version, headers=headers)

    async def delete_term(slug: SlugPath, _: NoParameters, expected: IfMatch, work: EditorWork) -> Response:
        await actions.delete_term(work, kind, slug, expected)
        return Response(status_code=204, headers={"Cache-Control": "no-store"})

    word = kind.noun
    router.add_api_route(
        "",
        list_terms,
        name=f"list_desk_{kind.plural}",
        description=f"List {kind.plural}\n\nEvery {word}, used or not, by slug.",
        response_model=listed,
        responses=problems(InvalidQuery, InvalidCursor),
    )
    router.add_api_route(
        "/{slug}",
        read_term,
        name=f"read_desk_{word}",
        description=f"Read {_a(word)}\n\nOne {word} by slug or id, with its version. A former slug redirects (308).",
        response_model=read,
        responses=problems(InvalidQuery, NotFound),
    )
    router.add_api_route(
        "/{slug}",
        put_term,
        methods=["PUT"],
        name=f"put_{word}",
        description=(
            f"Create or replace {_a(word)}\n\n"
            f"Creates the {word} at this slug (201), or replaces it (200; `If-Match` is required). "
            "A field that is left out takes its default. `slug` in the body renames: the old slug redirects (308)."
        ),
        response_model=read,
        responses={
            201: {"model": read, "description": "Created."},
            **problems(InvalidQuery, AlreadyExists, PreconditionFailed, InvalidBody, PreconditionRequired),
        },
    )
    router.add_api_route(
        "/{slug}",
        delete_term,
        methods=["DELETE"],
        name=f"delete_{word}",
        description=f"Delete {_a(word)}\n\nOne that nothing uses; in use is 409. `If-Match` is required.",
        status_code=204,
        responses=problems(InvalidQuery, NotFound, InUse, PreconditionFailed, PreconditionRequired),
    )
    return router


def _a(noun: str) -> str:
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"

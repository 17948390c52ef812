"""The public routes of sections, tags and authors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import Path, Query
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from app.articles.filing import AUTHORS, SECTIONS, TAGS, Filing
from app.kit import clock
from app.kit.db import Connection, Reading
from app.kit.errors import InvalidCursor, InvalidQuery, NotFound
from app.kit.fields import select_fields
from app.kit.listing import delivered, delivered_list
from app.kit.paging import Cursors
from app.kit.routing import LAST_MODIFIED, problems, router_of
from app.media.shown import Pictures, read_pictures
from app.taxonomy.repository import Taxonomy
from app.taxonomy.schemas import (
    AuthorList,
    AuthorPublic,
    SectionList,
    SectionPublic,
    TagList,
    TagPublic,
    TermListQuery,
    TermQuery,
)
from app.taxonomy.shapes import shape
from app.terms.rows import TermRow

router = router_of("/v1", "taxonomy", "Sections, tags and authors of published articles.")
LISTED = problems(InvalidQuery, InvalidCursor)
SINGLE = {**LAST_MODIFIED, **problems(InvalidQuery, NotFound)}
ListQuery = Annotated[TermListQuery, Query()]
OneQuery = Annotated[TermQuery, Query()]
TermPath = Annotated[str, Path(description="Slug (raw or percent-encoded) or id.", examples=["اقتصاد"])]


@router.get("/sections", response_model=SectionList, responses=LISTED)
async def list_sections(request: Request, query: ListQuery, connection: Reading) -> Response:
    """List sections

    Sections in which a visible article is filed, or below which one is. By slug; `position` orders siblings.
    """
    return await _list(request, SECTIONS, query, connection, SectionList, SectionPublic)


@router.get("/sections/{slug}", response_model=SectionPublic, responses=SINGLE)
async def read_section(request: Request, slug: TermPath, query: OneQuery, connection: Reading) -> Response:
    """Read a section

    A former slug redirects (308).
    """
    return await _read(request, SECTIONS, slug, query, connection, SectionPublic)


@router.get("/tags", response_model=TagList, responses=LISTED)
async def list_tags(request: Request, query: ListQuery, connection: Reading) -> Response:
    """List tags

    Tags of visible articles, by slug.
    """
    return await _list(request, TAGS, query, connection, TagList, TagPublic)


@router.get("/tags/{slug}", response_model=TagPublic, responses=SINGLE)
async def read_tag(request: Request, slug: TermPath, query: OneQuery, connection: Reading) -> Response:
    """Read a tag

    A former slug redirects (308).
    """
    return await _read(request, TAGS, slug, query, connection, TagPublic)


@router.get("/authors", response_model=AuthorList, responses=LISTED)
async def list_authors(request: Request, query: ListQuery, connection: Reading) -> Response:
    """List authors

    Authors of visible articles, by slug.
    """
    return await _list(request, AUTHORS, query, connection, AuthorList, AuthorPublic)


@router.get("/authors/{slug}", response_model=AuthorPublic, responses=SINGLE)
async def read_author(request: Request, slug: TermPath, query: OneQuery, connection: Reading) -> Response:
    """Read an author

    A former slug redirects (308).
    """
    return await _read(request, AUTHORS, slug, query, connection, AuthorPublic)


async def _list(
    request: Request,
    filing: Filing,
    query: TermListQuery,
    connection: Connection,
    listed: type[BaseModel],
    one: type[BaseModel],
) -> Response:
    selection = select_fields(one, query.fields)
    now, taxonomy = clock.now(), Taxonomy(connection)
    page = await taxonomy.shown(filing, query, Cursors.of(request), now)
    counted = query.count and selection.wants("article_count")
    counts = await taxonomy.counts(filing, [row.id for row in page.rows], now) if counted else {}
    settings = request.app.state.settings
    rows = [shape(filing, row, counts.get(row.id, 0) if counted else None, settings) for row in page.rows]
    tags = [filing.kind.plural, *_picture_tags(page.rows)]
    return delivered_list(request, listed, page, rows, tags=tags, selection=selection)


async def _read(
    request: Request, filing: Filing, slug: str, query: TermQuery, connection: Connection, one: type[BaseModel]
) -> Response:
    selection = select_fields(one, query.fields)
    now, taxonomy = clock.now(), Taxonomy(connection)
    row = await taxonomy.one(filing, slug, now)
    counts = await taxonomy.counts(filing, [row.id], now) if selection.wants("article_count") else {}
    return delivered(
        request,
        one,
        shape(filing, row, counts.get(row.id, 0), request.app.state.settings),
        tags=[f"{filing.kind.noun}:{row.id}", filing.kind.plural, *_picture_tags([row])],
        modified=max([row.updated_at, *(picture.changed_at for picture in _pictures(row).values())]),
        selection=selection,
    )


def _picture_tags(rows: Sequence[TermRow]) -> list[str]:
    """Cache tags of the avatars, and of the images of sections."""
    return [f"media:{id}" for row in rows for id in _pictures(row)]


def _pictures(row: TermRow) -> Pictures:
    return read_pictures(getattr(row, "pictures", None))

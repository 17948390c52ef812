"""The public routes of entries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

from fastapi import Path, Query
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.articles.jsonld import MEDIA_TYPE, NewsArticle, jsonld_of, written_for_script
from app.articles.repository import Articles, PublicCorrection, Relations
from app.articles.router import ArticlePath, article_tags, last_change
from app.articles.shapes import whole_of
from app.entries.jsonld import NEWEST, update_of
from app.entries.repository import Entries, EntryRow, author_tags
from app.entries.schemas import EntryList, EntryListQuery, EntryQuery, EntryRead
from app.entries.shapes import entry_of, writer_of
from app.kit import clock, listing
from app.kit.caching import deliver
from app.kit.db import Reading, single_statement
from app.kit.errors import Gone, InvalidCursor, InvalidQuery, NotFound
from app.kit.fields import select_fields
from app.kit.ids import as_id
from app.kit.listing import delivered, delivered_page
from app.kit.paging import Cursors
from app.kit.routing import LAST_MODIFIED, NoParameters, problems, router_of
from app.kit.yielding import yielding
from app.media.shown import read_pictures

router = router_of("/v1/articles", "entries", "Entries of live coverage.")
articles = router_of("/v1/articles", "articles")
EntryPath = Annotated[str, Path(description="Id of the entry.", examples=["01936b2e-7c4a-7d31-9f53-6a1c0de4b7a2"])]


@router.get(
    "/{slug}/entries", response_model=EntryList, responses=problems(InvalidQuery, InvalidCursor, NotFound, Gone)
)
async def list_entries(
    request: Request, slug: ArticlePath, query: Annotated[EntryListQuery, Query()], connection: Reading
) -> Response:
    """List the entries of live coverage

    Newest first. Pinned ones come first on the first page, in the order of their positions, and not again. Entries
    whose place did not change are neither repeated nor skipped, whatever is published meanwhile. An article of another
    kind has none.
    """
    selection, now = select_fields(EntryRead, query.fields), clock.now()
    if not query.count:
        await single_statement(connection)  # each row of the page says by itself that its article is visible
    article = await Articles(connection).at(slug, now, "/entries")
    cursors = Cursors(request.app.state.settings.secret_key, _list_of(article.id, query))
    page = await Entries(connection).page(article.id, query, cursors, now)
    tags, settings = _tags(article.id, page.rows), request.app.state.settings
    include, write = selection.include(), writer_of(settings)
    written = [
        write(row) if include is None else listing.unvalidated(EntryRead, entry_of(row, settings), include)
        async for row in yielding(page.rows)
    ]
    return delivered_page(request, page, written, tags=tags, media_type=selection.media_type)


@router.get(
    "/{slug}/entries/{id}",
    response_model=EntryRead,
    responses={**LAST_MODIFIED, **problems(InvalidQuery, NotFound, Gone)},
)
async def read_entry(
    request: Request,
    slug: ArticlePath,
    id: EntryPath,
    query: Annotated[EntryQuery, Query()],
    connection: Reading,
) -> Response:
    """Read an entry of live coverage

    404 while its article cannot be seen; 410 where that was withdrawn.
    """
    selection, now, known = select_fields(EntryRead, query.fields), clock.now(), as_id(id)
    if known is None:  # a redirect must not repeat what is no id
        raise NotFound()
    await single_statement(connection)
    article = await Articles(connection).at(slug, now, f"/entries/{known}")
    row = await Entries(connection).one(article.id, known, now)
    changed = [picture.changed_at for picture in read_pictures(row.pictures).values()]
    return delivered(
        request,
        EntryRead,
        entry_of(row, request.app.state.settings),
        tags=_tags(article.id, [row]),
        modified=max([datetime.fromisoformat(row.updated_at), *changed]),
        selection=selection,
        shaped=True,
    )


class LinkedData(JSONResponse):
    media_type = MEDIA_TYPE


@articles.get(
    "/{slug}/jsonld",
    response_model=NewsArticle,
    response_class=LinkedData,
    responses={**LAST_MODIFIED, **problems(InvalidQuery, NotFound, Gone)},
)
async def read_article_jsonld(request: Request, slug: ArticlePath, _: NoParameters, connection: Reading) -> Response:
    """Read the JSON-LD of an article

    For search engines, in the terms of schema.org; of live coverage with its newest entries. The bytes may stand as
    they are inside a `script` element of the type `application/ld+json`. A former slug redirects (308); a withdrawn
    article is 410.
    """
    now, settings = clock.now(), request.app.state.settings
    await single_statement(connection)
    row = await Articles(connection).at(slug, now, "/jsonld", frozenset({"related", "corrections"}))
    related = Relations.of(row)
    whole = whole_of(row, related, None, PublicCorrection.of(row), settings, now)
    entries = await Entries(connection).newest(row.id, NEWEST, now) if row.entry_count else []
    updates = [update_of(entry_of(entry, settings), settings) async for entry in yielding(entries)]
    return deliver(
        request,
        written_for_script(jsonld_of(whole, settings, updates)),
        tags=[*article_tags(row, related), *(_tags(row.id, entries) if entries else ())],
        modified=last_change(row, related),
        media_type=MEDIA_TYPE,
    )


def _list_of(article_id: str, query: EntryListQuery) -> str:
    """What a cursor is bound to: the same list by id and by slug, with `around` and without."""
    return f"/v1/articles/{article_id}/entries?sort={query.sort}&key_event={query.key_event}"


def _tags(article_id: str, rows: Sequence[EntryRow]) -> list[str]:
    media = dict.fromkeys(f"media:{id}" for row in rows for id in read_pictures(row.pictures))
    return [f"entries:{article_id}", f"article:{article_id}", *author_tags(rows), *media]

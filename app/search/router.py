"""Search: what readers see, by its words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import dropwhile, islice
from typing import Annotated, Any, NamedTuple

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.articles.repository import Articles, Relations
from app.articles.router import ArticlePath
from app.articles.schemas import ArticleFilters
from app.articles.shapes import comments_mode, writer_of
from app.index.asking import asked
from app.index.ranking import RANKED, Field, Hit, Scales, rank
from app.index.repository import is_stale
from app.kit import clock, listing
from app.kit.caching import deliver, uncached
from app.kit.db import Reading, single_statement
from app.kit.errors import Fault, Gone, InvalidCursor, InvalidQuery, NotFound
from app.kit.faults import unknown_name
from app.kit.paging import COUNT_LIMIT, Cursors, Slice, next_link
from app.kit.routing import problems, router_of
from app.search.correcting import Correction, corrected
from app.search.related import related_to
from app.search.repository import Match, Search
from app.search.schemas import (
    FACETS,
    RelatedArticles,
    RelatedQuery,
    SearchQuery,
    SearchResults,
    Snippet,
    Suggestions,
    SuggestQuery,
)
from app.search.suggesting import endings_alone, endings_beside, without_open_quote
from app.text.marking import Marked, Marker
from app.text.questions import Question
from app.text.words import words

router = router_of("/v1/search", "search")
articles = router_of("/v1/articles", "articles")
SHORTEST_BEGINNING = 2
TAGS = ["articles"]


class Found(NamedTuple):
    """One page: what stands on it, and where the next begins."""

    hits: Sequence[Hit]
    ids: dict[int, str]
    next: list[Any] | None


@router.get("", response_model=SearchResults, responses=problems(InvalidQuery, InvalidCursor))
async def search_articles(request: Request, query: Annotated[SearchQuery, Query()], connection: Reading) -> Response:
    """Search articles

    Headlines, summaries, bodies, authors and tags of what readers see. Harakat, hamza, digits and the like make no
    difference; a word is also found with its article, prefixes and endings, in its plural, and as an adjective, and the
    closer it is to what was typed the better. Newer articles weigh more. Marks are made on the original text.
    """
    now, question = clock.now(), asked(query.q)
    facets = _facets(query.facets)
    search = Search(connection, query, now)
    cursors = Cursors(request)
    start = cursors.read(query.cursor)
    if not (query.count or facets):  # what has left between being found and being read is not shown
        await single_statement(connection)
    found, corrections = await _page(search, query, question, start), list[Correction]()
    if not found.hits and (better := await corrected(search, question)) is not None:
        found = await _page(search, query, better[0], start)
        if found.hits:  # else nothing is told that helps nobody
            question, corrections = better
    total = await search.count(question) if query.count else None
    counted = await search.facets(question, facets)
    page: Slice[Any] = Slice(
        found.hits,
        cursors.write(found.next) if found.next else None,
        query.limit,
        None if total is None else min(total, COUNT_LIMIT),
        total is not None and total > COUNT_LIMIT,
    )
    around = {
        "page": page.page(),
        "corrected": [{"from": wrong, "to": right} for wrong, right in corrections],
        "facets": {
            name: [{"value": v.value, "name": v.name, "count": v.number} for v in values]
            for name, values in counted.items()
        }
        if facets
        else None,
    }
    content = listing.spliced(SearchResults, around, await _hits(request, connection, found, query, question, now))
    return await _delivered(request, connection, content, next_link(request, page.next))


@articles.get("/{slug}/related", response_model=RelatedArticles, responses=problems(InvalidQuery, NotFound, Gone))
async def list_related_articles(
    request: Request, slug: ArticlePath, query: Annotated[RelatedQuery, Query()], connection: Reading
) -> Response:
    """List related articles

    Visible articles of the same language that share tags, sections and words of the headline, the closest first.
    """
    now, settings = clock.now(), request.app.state.settings
    found = Articles(connection)
    row = await found.at(slug, now, "/related", frozenset({"related"}))
    ids = await related_to(connection, row, Relations.of(row), now, query.limit)
    rows = {other.id: other for other in await found.summarised(ids, now)}
    write = writer_of(settings)
    shown = [write(rows[id], comments_mode(rows[id], settings, now) != "closed") for id in ids if id in rows]
    return await _delivered(request, connection, listing.spliced(RelatedArticles, {}, shown))


@router.get("/suggest", response_model=Suggestions, responses=problems(InvalidQuery))
async def suggest_words(request: Request, query: Annotated[SuggestQuery, Query()], connection: Reading) -> Response:
    """Suggest words while typing

    From the headlines of articles that readers see, and from nothing else.
    """
    typed = list(words(query.q))
    if not typed:
        raise InvalidQuery(errors=[Fault("nothing_sought", parameter="q")])
    last, search = typed[-1], Search(connection, ArticleFilters(), clock.now())
    found: list[str] = []
    if len(last.word.form) >= SHORTEST_BEGINNING:
        before = without_open_quote(query.q[: last.start])
        endings = endings_beside if len(typed) > 1 else endings_alone
        found = [before + ending for ending in await endings(search, before, last.word, query.limit)]
    data = [{"text": text} for text in found]
    return await _delivered(request, connection, listing.unvalidated(Suggestions, {"data": data}))


async def _delivered(
    request: Request, connection: Reading, content: bytes, headers: dict[str, str] | None = None
) -> Response:
    response = deliver(request, content, tags=TAGS, headers=headers, seldom=True)
    return uncached(request, response) if await is_stale(connection) else response


def _facets(text: str | None) -> list[str]:
    names = list(dict.fromkeys(name.strip() for name in (text or "").split(",") if name.strip()))
    unknown = [name for name in names if name not in FACETS]
    if unknown:
        raise InvalidQuery(errors=[unknown_name("facets", name, FACETS) for name in unknown])
    return names


async def _page(search: Search, query: SearchQuery, question: Question, start: list[Any] | None) -> Found:
    following: list[Any] | None
    if query.sort == "newest":
        rows = await search.newest(question, query.limit + 1, _checked(start, 1)[0] if start else None)
        shown, scales = rows[: query.limit], Scales(question)
        hits = [Hit(0.0, row.place, scales.weigh(row.packed)[1]) for row in shown]
        following = [shown[-1].place] if len(rows) > query.limit else None
        return Found(hits, _ids(shown), following)
    anchor, score, place = _checked(start, 3) if start else (None, None, None)
    rows = await search.newest(question, RANKED, None if anchor is None else anchor + 1)
    # What was the newest on the first page weighs the rest even where it is gone by now.
    newest = max((row.place for row in rows), default=0) if anchor is None else anchor
    ranked = rank(question, [(row.place, row.packed) for row in rows], newest)
    left = ranked if start is None else dropwhile(lambda hit: hit[:2] >= (score, place), ranked)
    hits = list(islice(left, query.limit + 1))
    following = [newest, *hits[query.limit - 1][:2]] if len(hits) > query.limit else None
    return Found(hits[: query.limit], _ids(rows), following)


def _ids(rows: Sequence[Match]) -> dict[int, str]:
    return {row.place: row.id for row in rows}


def _checked(start: list[Any], length: int) -> list[Any]:
    """A cursor is bound to its sort, so that its length is right unless another version wrote it."""
    if len(start) != length:
        raise InvalidCursor(errors=[Fault("cursor_invalid", parameter="cursor")])
    return start


async def _hits(
    request: Request, connection: Reading, found: Found, query: SearchQuery, question: Question, now: datetime
) -> list[bytes]:
    settings = request.app.state.settings
    write, articles, ids = writer_of(settings), Articles(connection), [found.ids[hit.place] for hit in found.hits]
    rows = {row.id: row for row in await articles.summarised(ids, now)}
    bodies = await articles.texts([found.ids[hit.place] for hit in found.hits if "body" in hit.fields], now)
    markers: dict[str, Marker] = {}
    hits = []
    for hit, id in zip(found.hits, ids, strict=True):
        if (row := rows.get(id)) is not None:
            related = Relations.of(row)
            if (marker := markers.get(row.language)) is None:
                marker = markers[row.language] = Marker(question, row.language)
            texts = list(_texts(row, related, bodies.get(id), hit.fields))
            snippets = [_snippet(field, mark) for field, mark in _marks(row.headline, texts, marker)]
            article = write(row, comments_mode(row, settings, now) != "closed")
            score = listing.unvalidated(float | None, hit.score if query.sort == "relevance" else None)
            shown = listing.unvalidated(list[Snippet], snippets)
            hits.append(b'{"article":%b,"score":%b,"snippets":%b}' % (article, score, shown))
    return hits


def _texts(row: Any, related: Relations, body: str | None, fields: set[Field]) -> Iterator[tuple[str, str | None]]:
    """Where else than in the headline something was found, or may have been."""
    if "lead" in fields:
        yield "summary", row.summary
    yield "body", body
    if "lead" in fields:
        yield from [("author", name) for name in (row.byline, *(name for _, _, name in related.authors))]
        yield from [("tag", name) for _, _, name in related.tags]


def _marks(headline: str, texts: Sequence[tuple[str, str | None]], marker: Marker) -> Iterator[tuple[str, Marked]]:
    """The headline in any case; of the others what shows something."""
    yield "headline", marker.marked(headline) or Marked.plain(headline)
    for field, text in texts:
        found = marker.marked(text) if text else None
        if found is not None:
            yield field, found


def _snippet(field: str, found: Marked) -> dict[str, Any]:
    ranges = {"code_points": found.code_points, "utf16": found.utf16}
    return {"field": field, "text": found.text, "ranges": ranges, "html": found.html}

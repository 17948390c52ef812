"""Public routes of search: hits with snippets and facets, related articles, suggestions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import dropwhile, islice
from typing import Annotated, NamedTuple, Protocol

from fastapi import Query
from starlette.requests import Request
from starlette.responses import Response

from app.articles.query_schemas import ArticleFilters
from app.articles.repository import Articles, Relations
from app.articles.router import ArticlePath
from app.articles.rows import ArticleText, ListedRow
from app.articles.shapes import by_clock, shown_text, writer_of
from app.entries.repository import Entries, EntryText
from app.entries.shapes import entry_text
from app.index.asking import parse_question
from app.index.ranking import RANKED, FieldName, RankedHit, Scorer, rank
from app.index.repository import is_stale
from app.kit import clock, listing
from app.kit.caching import deliver, uncached
from app.kit.db import Reading, single_statement
from app.kit.errors import Fault, Gone, InvalidCursor, InvalidQuery, NotFound
from app.kit.faults import unknown_name
from app.kit.paging import COUNT_LIMIT, Cursors, Slice, next_link
from app.kit.routing import problems, router_of
from app.kit.yielding import yielding
from app.media.shown import read_pictures
from app.search.correcting import Correction, correct_question
from app.search.related import related_to
from app.search.repository import FacetValue, Match, Search
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
from app.search.suggesting import complete_phrase, complete_word, without_open_quote
from app.settings import Settings
from app.text.marking import Marked, Marker
from app.text.questions import Question
from app.text.words import words

router = router_of("/v1/search", "search", "Full-text search.")
articles = router_of("/v1/articles", "articles")
SHORTEST_PREFIX = 2
TAGS = ["articles"]
CursorValues = Sequence[float]
"""Sorted by time: the place of the last hit. By relevance: the newest place, then score and place of the last hit."""


class FoundPage(NamedTuple):
    """One page of hits, the article id at each place, and the cursor values of the next page."""

    hits: Sequence[RankedHit]
    ids: dict[int, str]
    next: CursorValues | None


class Texts(NamedTuple):
    """Texts of the hits besides what their summaries hold."""

    bodies: Sequence[ArticleText]
    entries: Sequence[EntryText]


class TextRow(Protocol):
    """The columns of an article that snippets are cut from, besides the headline."""

    summary: str | None
    byline: str | None


@router.get("", response_model=SearchResults, responses=problems(InvalidQuery, InvalidCursor))
async def search_articles(request: Request, query: Annotated[SearchQuery, Query()], connection: Reading) -> Response:
    """Search articles

    Headlines, summaries, bodies, authors and tags of what readers see, and entries of live coverage, which lead to
    their article. Harakat, hamza, digits and the like make no difference; a word is also found with its article,
    prefixes and endings, in its plural, and as an adjective, and the closer it is to what was typed the better. Newer
    articles weigh more. Marks are made on the original text.
    """
    now, question = clock.now(), parse_question(query.q)
    facets = _facets(query.facets)
    search, cursors = Search(connection, query, now), Cursors.of(request)
    start = cursors.read(query.cursor)
    if not (query.count or facets):  # no snapshot needed: an article that is hidden meanwhile drops out of the hits
        await single_statement(connection)
    found, question, corrections = await _found(search, query, question, start)
    total = await search.count(question) if query.count else None
    page = _slice(found, cursors, query.limit, total)
    counted = await search.facets(question, facets)
    envelope = {
        "page": page.page(),
        "corrected": [{"from": wrong, "to": right} for wrong, right in corrections],
        "facets": _facet_counts(counted) if facets else None,
    }
    articles = await Articles(connection).summaries([found.ids[hit.place] for hit in found.hits], now)
    in_bodies = [found.ids[hit.place] for hit in found.hits if "body" in hit.fields]
    bodies = await Articles(connection).texts(in_bodies, now)
    covered = [row.id for row in articles if row.entry_count and row.id in in_bodies]
    entries = await Entries(connection).texts(covered, now)
    hits = await _hits(request.app.state.settings, found, articles, Texts(bodies, entries), query, question, now)
    tags = _picture_tags([*articles, *bodies, *entries])
    content = listing.spliced(SearchResults, envelope, hits)
    return await _respond(request, connection, content, tags, next_link(request, page.next))


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
    rows = {other.id: other for other in await found.summaries(ids, now)}
    write = writer_of(settings)
    shown = [write(rows[id], by_clock(rows[id], settings, now)) for id in ids if id in rows]
    content = listing.spliced(RelatedArticles, {}, shown)
    return await _respond(request, connection, content, _picture_tags(rows.values()))


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
    if len(last.word.form) >= SHORTEST_PREFIX:
        before = without_open_quote(query.q[: last.start])
        endings = complete_phrase if len(typed) > 1 else complete_word
        found = [before + ending for ending in await endings(search, before, last.word, query.limit)]
    data = [{"text": text} for text in found]
    return await _respond(request, connection, listing.unvalidated(Suggestions, {"data": data}))


async def _respond(
    request: Request,
    connection: Reading,
    content: bytes,
    tags: Iterable[str] = (),
    headers: dict[str, str] | None = None,
) -> Response:
    response = deliver(request, content, tags=[*TAGS, *tags], headers=headers, seldom=True)
    return uncached(request, response) if await is_stale(connection) else response


def _picture_tags(rows: Iterable[ListedRow | ArticleText | EntryText]) -> list[str]:
    """Cache tags of the pictures that these articles show in the answer, and whose words its snippets may hold."""
    return list(dict.fromkeys(f"media:{id}" for row in rows for id in read_pictures(row.pictures)))


def _facets(text: str | None) -> list[str]:
    names = list(dict.fromkeys(name.strip() for name in (text or "").split(",") if name.strip()))
    unknown = [name for name in names if name not in FACETS]
    if unknown:
        raise InvalidQuery(errors=[unknown_name("facets", name, FACETS) for name in unknown])
    return names


def _facet_counts(counted: dict[str, list[FacetValue]]) -> dict[str, list[dict[str, str | int | None]]]:
    return {
        name: [{"value": value.value, "name": value.name, "count": value.number} for value in values]
        for name, values in counted.items()
    }


def _slice(found: FoundPage, cursors: Cursors, limit: int, total: int | None) -> Slice[RankedHit]:
    following = cursors.write(found.next) if found.next else None
    if total is None:
        return Slice(found.hits, following, limit)
    return Slice(found.hits, following, limit, min(total, COUNT_LIMIT), total > COUNT_LIMIT)


async def _found(
    search: Search, query: SearchQuery, question: Question, start: CursorValues | None
) -> tuple[FoundPage, Question, list[Correction]]:
    """The page of hits; without a hit, that of the corrected question, if that has one."""
    found = await _page(search, query, question, start)
    if not found.hits and (corrected := await correct_question(search, question)) is not None:
        found = await _page(search, query, corrected[0], start)
        if found.hits:
            return found, *corrected
    return found, question, []


async def _page(search: Search, query: SearchQuery, question: Question, start: CursorValues | None) -> FoundPage:
    page = _newest_page if query.sort == "newest" else _ranked_page
    return await page(search, query.limit, question, start)


async def _newest_page(search: Search, limit: int, question: Question, start: CursorValues | None) -> FoundPage:
    rows = await search.newest(question, limit + 1, int(_checked_values(start, 1)[0]) if start else None)
    shown, scorer = rows[:limit], Scorer(question)
    hits = [RankedHit(0.0, row.place, scorer.score(row.packed)[1]) for row in shown]
    return FoundPage(hits, _ids(shown), [shown[-1].place] if len(rows) > limit else None)


async def _ranked_page(search: Search, limit: int, question: Question, start: CursorValues | None) -> FoundPage:
    newest, last = None, None
    if start:  # freshness stays relative to the newest hit of the first page, even if that hit is gone
        newest, *last = _checked_values(start, 3)
    rows = await search.newest(question, RANKED, None if newest is None else int(newest) + 1)
    newest = max((row.place for row in rows), default=0) if newest is None else int(newest)
    hits: Iterator[RankedHit] = rank(question, [(row.place, row.packed) for row in rows], newest)
    if last:
        hits = dropwhile(lambda hit: [*hit[:2]] >= last, hits)
    shown = list(islice(hits, limit + 1))
    following = [newest, *shown[limit - 1][:2]] if len(shown) > limit else None
    return FoundPage(shown[:limit], _ids(rows), following)


def _ids(rows: Sequence[Match]) -> dict[int, str]:
    return {row.place: row.id for row in rows}


def _checked_values(start: CursorValues, length: int) -> CursorValues:
    """Check the length: a cursor is bound to its sort, but another version of the API may have written it."""
    if len(start) != length:
        raise InvalidCursor(errors=[Fault("cursor_invalid", parameter="cursor")])
    return start


async def _hits(
    settings: Settings,
    found: FoundPage,
    shown: Sequence[ListedRow],
    texts_of: Texts,
    query: SearchQuery,
    question: Question,
    now: datetime,
) -> list[bytes]:
    write, ids = writer_of(settings), [found.ids[hit.place] for hit in found.hits]
    rows = {row.id: row for row in shown}
    body_texts = {row.article_id: shown_text(row, settings) for row in texts_of.bodies}
    markers: dict[str, Marker] = {}
    hits = []
    async for hit, id in yielding(zip(found.hits, ids, strict=True)):
        if (row := rows.get(id)) is not None:
            related = Relations.of(row)
            if (marker := markers.get(row.language)) is None:
                marker = markers[row.language] = Marker(question, row.language)
            texts = list(_texts(row, related, body_texts.get(id), hit.fields))
            snippets = [_snippet(field, mark) for field, mark in _highlights(row.headline, texts, marker)]
            entries = [one for one in texts_of.entries if one.article_id == id]
            snippets += _in_entries(entries, markers, question, settings)
            article = write(row, by_clock(row, settings, now))
            score = listing.unvalidated(float | None, hit.score if query.sort == "relevance" else None)
            marked = listing.unvalidated(list[Snippet], snippets)
            hits.append(b'{"article":%b,"score":%b,"snippets":%b}' % (article, score, marked))
    return hits


def _texts(
    row: TextRow, related: Relations, body: str | None, fields: set[FieldName]
) -> Iterator[tuple[str, str | None]]:
    """The texts besides the headline that may have a match, with the name of their snippet field."""
    if "lead" in fields:
        yield "summary", row.summary
    yield "body", body
    if "lead" in fields:
        yield from [("author", name) for name in (row.byline, *(name for _, _, name in related.authors))]
        yield from [("tag", name) for _, _, name in related.tags]


def _highlights(headline: str, texts: Sequence[tuple[str, str | None]], marker: Marker) -> Iterator[tuple[str, Marked]]:
    """Highlight the headline, with or without a match, and every other text that has a match."""
    yield "headline", marker.marked(headline) or Marked.plain(headline)
    for field, text in texts:
        found = marker.marked(text) if text else None
        if found is not None:
            yield field, found


def _in_entries(
    entries: Sequence[EntryText], markers: dict[str, Marker], question: Question, settings: Settings
) -> list[dict[str, object]]:
    """A snippet of the newest of these entries that has a match, if any. Its field is `body`: the list is closed."""
    for entry in entries:
        if (marker := markers.get(entry.language)) is None:
            marker = markers[entry.language] = Marker(question, entry.language)
        if (found := marker.marked(entry_text(entry, settings))) is not None:
            return [_snippet("body", found, entry.id)]
    return []


def _snippet(field: str, found: Marked, entry_id: str | None = None) -> dict[str, object]:
    ranges = {"code_points": found.code_points, "utf16": found.utf16}
    return {"field": field, "text": found.text, "ranges": ranges, "html": found.html, "entry_id": entry_id}

"""What each family of feeds holds, read through the repositories of delivery: a feed lists what delivery lists."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

from app.articles.events import LISTS
from app.articles.filing import FILINGS, SECTIONS, Filing
from app.articles.filters import filters_of
from app.articles.query_schemas import ArticleListQuery
from app.articles.repository import Articles, Relations
from app.articles.rows import ArticleRow, ListedRow
from app.articles.shapes import whole_of
from app.articles.text_search import published_with_words
from app.changes.pending import UNTOLD
from app.comments.repository import Comments
from app.comments.tree import shape as comment_of
from app.entries.repository import Entries, EntryRow, author_tags
from app.entries.schemas import EntryListQuery
from app.entries.shapes import entry_of
from app.feeds.addresses import ATOM, NINJS
from app.feeds.html import encoded_url
from app.feeds.items import comment_item, entry_item, line_item, made_at, picture_of, said, urn
from app.feeds.reading import Answer, FeedRequest, Shown, Subject
from app.feeds.repository import site_id, withdrawn
from app.feeds.values import Item, Tombstone
from app.fronts.events import BY_CLOCK
from app.fronts.repository import Fronts
from app.fronts.shapes import front_summary_of, slots_of
from app.index.repository import is_stale
from app.kit.clock import written
from app.kit.paging import Cursors, Slice, position_by
from app.kit.yielding import yielding
from app.media.events import RIGHTS_BY_CLOCK
from app.media.shown import read_pictures
from app.taxonomy.repository import Taxonomy
from app.text.languages import is_in_range
from app.tickers.composition import ticker_of
from app.tickers.repository import Tickers

Source = Callable[[FeedRequest, str], Awaitable[Answer]]
ANY = ("articles",)  # public cache tag of what may change with any article


# --- lists of articles ------------------------------------------------------------------------------------------------


async def site_feed(request: FeedRequest) -> Answer:
    """All articles, newest first."""
    settings = request.settings
    subject = Subject(await site_id(request.connection), settings.site_name, f"{settings.site_url}/", settings.language)
    query = _list_query(request)
    cursors = request.cursors(None)
    page = await Articles(request.connection).published(query, cursors, request.now)
    return await _listed(request, subject, query, page, cursors, (*ANY,), (LISTS,))


async def search_feed(request: FeedRequest) -> Answer:
    """Articles with these words, newest first."""
    settings = request.settings
    title = f"{said('feed.search', settings.language, q=request.q)} – {settings.site_name}"
    subject = Subject(await site_id(request.connection), title, f"{settings.site_url}/", settings.language)
    query = _list_query(request, q=request.q)
    cursors = request.cursors(None)
    page = await published_with_words(request.connection, query, cursors, request.now, frozenset())
    # Every change of an article may change a list by words.
    answer = await _listed(request, subject, query, page, cursors, (*ANY,), ANY)
    return answer._replace(is_cacheable=not await is_stale(request.connection))


def _filed_feed(filing: Filing) -> Source:
    kind = filing.kind

    async def read(request: FeedRequest, name: str) -> Answer:
        term = await Taxonomy(request.connection).one(filing, name, request.now)
        subject = Subject(
            term.id,
            f"{term.name} – {request.settings.site_name}",
            request.settings.term_url(kind.noun, term.id, term.slug),
            term.language,
            term.slug,
            term.description or None,
            written(term.updated_at),
        )
        query = _list_query(request, **{kind.noun: term.id})
        cursors = request.cursors(term.id)
        page = await Articles(request.connection).published(query, cursors, request.now)
        own = (f"{kind.noun}:{term.id}", kind.plural)
        # Of a section that is moved, those above it tell what was withdrawn there.
        shows = (LISTS, UNTOLD, *own) if filing is SECTIONS else (LISTS, *own)
        return await _listed(request, subject, query, page, cursors, (*ANY, *own), shows)

    return read


def _list_query(request: FeedRequest, **filters: str | None) -> ArticleListQuery:
    asked: dict[str, Any] = {"limit": request.query.limit, "cursor": request.query.cursor, **filters}
    return ArticleListQuery.model_construct(None, **asked, language=",".join(request.languages) or None)


async def _listed(
    request: FeedRequest,
    subject: Subject,
    query: ArticleListQuery,
    page: Slice[ListedRow],
    cursors: Cursors,
    tags: Sequence[str],
    shows: Sequence[str],
) -> Answer:
    shown = await request.articles([row.id for row in page.rows], may_end_early=True)
    following = page.next
    if shown.has_more:
        last_id = next(reversed(shown.items))
        last = next(row for row in page.rows if row.id == last_id)
        following = cursors.write(position_by(query.sort)(last))
    gone = await _withdrawn(request, query)
    feed = request.feed(subject, list(shown.items.values()), following, gone)
    return Answer(feed, [*tags, *shown.media], [*shows, *shown.tags])


async def _withdrawn(request: FeedRequest, query: ArticleListQuery) -> list[Tombstone]:
    """What was withdrawn last, where the format has a word for it. On the first page: readers come back to that."""
    is_told = request.format is NINJS or (request.format is ATOM and request.query.tombstones)
    if not is_told or not request.is_first_page or query.q:
        return []
    rows = await withdrawn(request.connection, filters_of(query), request.query.limit)
    return [Tombstone(urn(row.id), row.withdrawn_at, row.version, row.withdrawn_reason) for row in rows]


# --- what stands at places --------------------------------------------------------------------------------------------


async def _ticker_feed(request: FeedRequest, name: str) -> Answer:
    settings = request.settings
    tickers = Tickers(request.connection, settings)
    row = await tickers.at(name)
    composed = (await tickers.composed([row], request.now))[row.id]
    ticker = ticker_of(row, composed, settings, {})
    subject = _placed_subject(request, ticker, f"{settings.site_url}/", written(composed.changed_at))
    lines = [{**line, "title": line["text"]} for line in _asked_lines(request, ticker["items"])]
    return await _placed(request, subject, lines, ["tickers", f"ticker:{row.id}"])


async def _front_feed(request: FeedRequest, name: str) -> Answer:
    settings, now = request.settings, request.now
    fronts = Fronts(request.connection, settings)
    row = await fronts.at(name, now)
    view = (await fronts.views([row], now))[row.id]
    front = front_summary_of(row, settings)
    subject = _placed_subject(request, front, settings.front_url(row.id, row.slug), str(front["updated_at"]))
    shown: list[dict[str, Any]] = [line for slot in slots_of(view, settings, now) for line in slot["items"]]  # type: ignore[attr-defined]  # a list of items
    lines = [{**line, "title": line["headline"]} for line in _asked_lines(request, shown)]
    return await _placed(request, subject, lines, [f"front:{row.id}", BY_CLOCK, *view.media_tags()])


def _placed_subject(request: FeedRequest, thing: Shown, url: str, changed_at: str) -> Subject:
    title = f"{thing['name']} – {request.settings.site_name}"
    return Subject(thing["id"], title, url, thing["language"], thing["slug"], None, changed_at)


def _asked_lines(request: FeedRequest, lines: Any) -> list[Any]:
    """The lines in the languages that were asked for, as many as were asked for."""
    spoken = request.languages
    fitting = [line for line in lines if not spoken or is_in_range(line["language"], spoken)]
    return fitting[: request.query.limit]


async def _placed(request: FeedRequest, subject: Subject, lines: Sequence[Shown], tags: Sequence[str]) -> Answer:
    """Lines that lead to articles, or stand for themselves."""
    shown = await request.articles([line["article"]["id"] for line in lines if line["article"]])
    own = {line["image"]["id"] for line in lines if line.get("image") and line["image"]["id"]}
    withheld = await request.withheld(own)
    items, changed_at = [], str(subject.changed_at)
    for line in lines:
        if line.get("image") and line["image"]["id"] in withheld:
            line = {**line, "image": None}
        article = shown.items.get(line["article"]["id"]) if line["article"] else None
        items.append(
            line_item(line, made_at(line["id"], changed_at)) if article is None else _with_words(article, line)
        )
    return Answer(request.feed(subject, items), [*tags, *ANY, *shown.media], [*tags, *shown.tags])


def _with_words(article: Item, line: Shown) -> Item:
    """The article with the words of the place where it stands."""
    image = line.get("image")
    pictures = article.pictures if image is None or article.withheld else (picture_of(image), *article.pictures)
    return replace(
        article,
        title=line["title"],
        url=encoded_url(line["url"]) if line["url"] else article.url,
        summary=line.get("summary") or article.summary,
        pictures=pictures,
    )


# --- what belongs to an article ---------------------------------------------------------------------------------------


async def _comments_feed(request: FeedRequest, name: str) -> Answer:
    row, article = await _article(request, name)
    cursors = request.cursors(row.id)
    page = await Comments(request.connection).newest(row.id, request.query, cursors)
    items = [comment_item(comment_of(one), article) for one in page.rows]
    feed = request.feed(_of_article(article, "comments"), items, page.next)
    tags = [f"comments:{row.id}", f"article:{row.id}"]
    return Answer(feed, tags, tags)


async def _entries_feed(request: FeedRequest, name: str) -> Answer:
    row, article = await _article(request, name)
    query = EntryListQuery.model_construct(None, limit=request.query.limit, cursor=request.query.cursor)
    page = await Entries(request.connection).page(row.id, query, request.cursors(row.id), request.now)
    withheld = await request.withheld(id for one in page.rows for id in read_pictures(one.pictures))
    may_be_taken = request.may_take(row)
    headline = article["headline"]
    items = [_entry(request, one, headline, withheld, may_be_taken) async for one in yielding(page.rows)]
    feed = request.feed(_of_article(article, "entries"), items, page.next)
    media = dict.fromkeys(f"media:{id}" for one in page.rows for id in read_pictures(one.pictures))
    tags = [f"entries:{row.id}", f"article:{row.id}", *author_tags(page.rows), *media]
    return Answer(feed, tags, [*tags, RIGHTS_BY_CLOCK])


def _entry(request: FeedRequest, row: EntryRow, headline: str, withheld: frozenset[str], may_be_taken: bool) -> Item:
    """An entry; without its text in a full feed where that shows a picture which may not be passed on."""
    lacks = not withheld.isdisjoint(read_pictures(row.pictures))
    is_full = request.is_full and not lacks
    item = entry_item(entry_of(row, request.settings), headline, is_full=is_full, may_be_taken=may_be_taken)
    return replace(item, withheld=True) if lacks else item


async def _article(request: FeedRequest, name: str) -> tuple[ArticleRow, Shown]:
    """The article that a feed belongs to. Raises `Moved`, `Gone`, `NotFound`."""
    row = await Articles(request.connection).at(name, request.now, parts=frozenset({"related"}))
    return row, whole_of(row, Relations.of(row), None, (), request.settings, request.now)


def _of_article(article: Shown, family: str) -> Subject:
    title = said(f"feed.{family}", article["language"], headline=article["headline"])
    return Subject(article["id"], title, article["url"], article["language"], article["slug"])


SOURCES: dict[str, Source] = {
    **{filing.kind.plural: _filed_feed(filing) for filing in FILINGS},
    "tickers": _ticker_feed,
    "fronts": _front_feed,
    "comments": _comments_feed,
    "entries": _entries_feed,
}

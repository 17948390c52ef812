"""The reader page: the front, articles, sections, tags, authors, search, and the form post of a comment.

Each page is made of answers of the public API (`public_api.py`) and cached with their tags. Its paths are settings, so
the router is made for an application. A page declares its parameters; `clean_address.py` drops all others.
"""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.articles.jsonld import jsonld_of
from app.entries.jsonld import update_of
from app.kit.caching import deliver, uncached, undisclosed
from app.kit.errors import Gone, InvalidCursor, InvalidQuery, Moved, NotFound, Problem
from app.settings import Settings
from app.text.dates import FormattedMoment, format_moment
from app.text.locales import locale_of
from app.text.messages import negotiate
from app.text.web_paths import names_by_segment
from app.web.form_post import CommentForm, receive_comment
from app.web.head_links import HeadLink, article_links, front_links, header_of, search_links, site_links, term_links
from app.web.pictures import Pictures, open_graph_image, policy_sources
from app.web.placed import home_of, placed_front
from app.web.public_api import Json, PublicApi
from app.web.reader import Paths, Reader, flat, is_at, path_of
from app.web.templating import HTML, content_security_policy, plain_page, render

LINKS = {
    "docs": "/docs",
    "openapi": "/openapi.json",
    "site": "/v1/site",
    "articles": "/v1/articles",
    "tickers": "/v1/tickers",
    "problems": "/problems",
}
SEARCH_PATH = "/search"
FRONTS = {"front.html", "placed.html"}
TERMS = {"section": "sections", "tag": "tags", "author": "authors"}  # as a filter, and in paths of the API
LIST_LENGTH = 20
LONG = 500_000  # bytes of JSON: a page of more is drawn in a thread, so that others get the event loop
PAGE_PROBLEMS = (NotFound, Gone, InvalidQuery, InvalidCursor)
Endpoint = Callable[[Request], Awaitable[Response]]


class ReaderPage(NamedTuple):
    """A page: its path as a route, its endpoint, and the query parameters that it takes."""

    path: str
    endpoint: Endpoint
    parameters: tuple[str, ...] = ("cursor",)


def reader_pages(settings: Settings) -> list[ReaderPage]:
    """The pages at the paths of the settings, in the order in which they are tried; none where they are off."""
    if not settings.reader_page:
        return []
    article = ("comments", "thread", "after", "reply", "sent", "entries", "around")
    pages = [
        ReaderPage("/", read_front),
        ReaderPage(SEARCH_PATH, read_search, ("q", "sort", "cursor")),
        ReaderPage(_route(settings.article_path), read_article, article),
        ReaderPage(_route(settings.front_path), read_placed_front, ()),
        *(ReaderPage(_route(settings.paths[kind]), _term_page(kind)) for kind in TERMS),
        ReaderPage(_route(settings.preview_path), read_preview_page, ()),
    ]
    return sorted(pages, key=lambda one: names_by_segment(one.path))


def reader_router(settings: Settings) -> APIRouter:
    """The routes of the reader page; where it is switched off, a page of links at `/`."""
    router = APIRouter(include_in_schema=False)
    if not settings.reader_page:
        router.add_api_route("/", read_links, methods=["GET"], response_model=None)
        return router
    for one in reader_pages(settings):
        router.add_api_route(one.path, _with_problems(one.endpoint), methods=["GET"], response_model=None)
    comments = f"{_route(settings.article_path)}/comments"
    router.add_api_route(comments, _with_problems(post_comment), methods=["POST"], response_model=None)
    return router


def _route(pattern: str) -> str:
    """A pattern of the settings as a route, which is matched with the decoded path."""
    return unquote(pattern).rstrip("/")


def _with_problems(endpoint: Endpoint) -> Endpoint:
    """A page that answers problems as pages, and a former slug with a redirect to the present address."""

    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except Moved as moved:
            return await _redirect(request, moved.location)
        except PAGE_PROBLEMS as problem:
            return await problem_page(request, problem)

    answer.__name__ = endpoint.__name__
    return answer


async def _redirect(request: Request, location: str) -> Response:
    """308 to the page of what stands at `location` of the API now."""
    kind, _, slug = location.removeprefix("/v1/").partition("/")
    found = await PublicApi(request).get(f"/v1/{kind}/{slug.partition('/')[0]}")
    return _moved(request, found["url"] + ("/comments" if request.method == "POST" else ""))


def _moved(request: Request, url: str) -> Response:
    query = request.url.query
    age = request.app.state.settings.cache_max_age
    return RedirectResponse(
        path_of(url) + (f"?{query}" if query else ""), 308, headers={"Cache-Control": f"public, max-age={age}"}
    )


def _name_in(request: Request) -> str:
    """Slug or id in the path of a page."""
    names = request.path_params
    return str(names.get("slug") or names["id"])


def _reader(request: Request) -> Reader:
    return Reader(PublicApi(request), request.app.state.settings)


async def page(
    request: Request, reader: Reader, template: str, own_links: Sequence[HeadLink] = (), **values: object
) -> Response:
    """A page with its frame, cached with the tags of all answers that it was made of. `own_links`: what its head names
    beside what all pages name."""
    links = [*own_links, *site_links(reader.settings)]
    content = await _content(request, reader, template, links=links, **values)
    response = deliver(
        request,
        content,
        tags=["pages", *reader.api.tags],
        shows=["pages", *reader.api.shows],
        headers={**_headers(reader.settings), "Link": header_of(links)},
        media_type=HTML,
        seldom=template not in FRONTS,
    )
    return response if reader.api.is_cacheable else uncached(request, response)


async def _content(
    request: Request, reader: Reader, template: str, links: Sequence[HeadLink] = (), **values: object
) -> bytes:
    settings = reader.settings
    draw = partial(
        render,
        f"reader/{template}",
        settings.language,
        frame=await reader.frame(),
        site_name=settings.site_name,
        site_url=settings.site_url,
        locale=settings.display or settings.language,
        pictures=Pictures(settings),
        paths=Paths(settings),
        in_words=partial(_in_words, settings),
        here=request.scope["path"],
        search_path=SEARCH_PATH,
        links=links,
        has_icon=bool(settings.icon),
        **values,
    )
    return await to_thread(draw) if reader.api.bytes_read > LONG else draw()


def _in_words(settings: Settings, moment: str) -> FormattedMoment:
    """A time of an answer as the site writes it."""
    locale = locale_of(settings.display or settings.language)
    return format_moment(datetime.fromisoformat(moment), ZoneInfo(settings.timezone), locale)


def _headers(settings: Settings, *, scripts: bool = True) -> dict[str, str]:
    images = policy_sources(settings)
    # Subdomains too, as bodies take them.
    frames = " ".join(f"https://{host} https://*.{host}" for host in settings.embed_hosts) or "'none'"
    policy = content_security_policy(images, f"; media-src 'self'{images}; frame-src {frames}", scripts=scripts)
    headers = {"Content-Security-Policy": policy, "Content-Language": settings.language}
    if urlsplit(settings.site_url).netloc != urlsplit(settings.api_url).netloc:
        headers["X-Robots-Tag"] = "noindex"  # the site is somewhere else
    return headers


async def problem_page(request: Request, problem: Problem) -> Response:
    """A problem in words, with its status; cached by nobody."""
    reader = _reader(request)
    content = await _content(request, reader, "problem.html", problem=problem)
    headers = {**_headers(reader.settings), "Cache-Control": "no-cache", "X-Robots-Tag": "noindex"}
    return Response(content, problem.status, headers=headers, media_type=HTML)


async def read_links(request: Request) -> Response:
    """The page of links, where the reader page is switched off."""
    language = negotiate(request.query_params.get("language"), request.app.state.settings.language)
    return plain_page(request, "home.html", language, links=LINKS)


# --- pages ------------------------------------------------------------------------------------------------------------


async def read_front(request: Request) -> Response:
    """The front `home`, else one made of the newest; with `cursor` the articles before those, newest first."""
    reader = _reader(request)
    cursor = request.query_params.get("cursor")
    if cursor is not None:
        older = await reader.newest(cursor)
        return await page(request, reader, "older.html", articles=older["data"], older=older["page"]["next"])
    if (home := await home_of(reader)) is not None:
        return await page(request, reader, "placed.html", placed=home, is_home=True)
    return await page(request, reader, "front.html", front=await reader.front())


async def read_placed_front(request: Request) -> Response:
    """A front of the desk."""
    reader = _reader(request)
    front = await reader.api.get(f"/v1/fronts/{_name_in(request)}")
    if not is_at(request.scope["path"], front["url"]):
        return _moved(request, front["url"])
    placed = await placed_front(reader, front["slug"])
    links = front_links(reader.settings, front)
    return await page(request, reader, "placed.html", links, placed=placed, front=front, is_home=False)


async def read_article(request: Request) -> Response:
    """An article with its comments."""
    return await article_page(request, _reader(request))


async def article_page(request: Request, reader: Reader, form: CommentForm | None = None) -> Response:
    """The page of the article that the path names. `form`: a comment that was sent and refused, with its faults."""
    article = await reader.article(_name_in(request))
    if form is None and not is_at(request.scope["path"], article["url"]):
        return _moved(request, article["url"])
    entries, newest = await _coverage(request, reader, article)
    values = {
        "article": article,
        "entries": entries,
        "jsonld": jsonld_of(article, reader.settings, [update_of(one, reader.settings) for one in newest]),
        "preview": open_graph_image(article),
        "related": await reader.related(article),
        "form": await reader.api.get(f"/v1/articles/{article['id']}/comments/form", language=reader.language),
        "sent": request.query_params.get("sent"),
        **await _comments(request, reader, article),
    }
    if form is None:
        links = article_links(reader.settings, article)
        return await page(request, reader, "article.html", links, **values, filled=CommentForm.empty(request))
    content = await _content(request, reader, "article.html", (), **values, filled=form)
    headers = {**_headers(reader.settings), "Cache-Control": "private, no-store"}
    return Response(content, form.status, headers=headers, media_type=HTML)


async def _coverage(request: Request, reader: Reader, article: Json) -> tuple[Json | None, list[Json]]:
    """A page of the entries of live coverage, and the newest; of other articles none."""
    if article["live"] is None:
        return None, []
    newest = await reader.entries(article)
    cursor, around = request.query_params.get("entries"), request.query_params.get("around")
    try:
        found = await reader.entries(article, cursor=cursor, around=around) if cursor or around else newest
    except NotFound:  # an entry that is gone: what there is now
        found = newest
    return found, newest["data"]


async def _comments(request: Request, reader: Reader, article: Json) -> dict[str, object]:
    """The threads of an article, or one thread whole where `thread` names it."""
    thread, query = request.query_params.get("thread"), request.query_params
    if thread is None:
        found = await reader.api.get(f"/v1/articles/{article['id']}/comments", cursor=query.get("comments"))
        return {"comments": flat(found["data"]), "next": found["page"]["next"], "thread": None}
    parent = await reader.api.get(f"/v1/comments/{thread}")
    if parent["article_id"] != article["id"]:
        raise NotFound()
    found = await reader.api.get(f"/v1/comments/{thread}/replies", cursor=query.get("after"))
    rows = [{**parent, "depth": 0, "more": None}, *flat(found["data"], 1)]
    return {"comments": rows, "next": found["page"]["next"], "thread": thread}


async def read_preview_page(request: Request) -> Response:
    """An article by a preview: kept by nobody, without a script and without all that tells others of it."""
    reader = _reader(request)
    headers = _headers(reader.settings, scripts=False)
    try:
        article = await reader.api.get(f"/v1/preview/{request.path_params['token']}")
    except NotFound:
        content = await _content(request, reader, "no_preview.html")
        return undisclosed(content, HTTPStatus.NOT_FOUND, media_type=HTML, headers=headers)
    content = await _content(request, reader, "preview.html", article=article, entries=None)
    return undisclosed(content, media_type=HTML, headers=headers)


def _term_page(kind: str) -> Endpoint:
    async def read_term(request: Request) -> Response:
        reader = _reader(request)
        term = await reader.api.get(f"/v1/{TERMS[kind]}/{_name_in(request)}")
        if not is_at(request.scope["path"], term["url"]):
            return _moved(request, term["url"])
        cursor = request.query_params.get("cursor")
        found = await reader.articles(LIST_LENGTH, **{kind: term["id"], "cursor": cursor})
        links = term_links(reader.settings, kind, term)
        values = {"kind": kind, "term": term, "articles": found["data"], "older": found["page"]["next"]}
        return await page(request, reader, "term.html", links, **values)

    return read_term


async def read_search(request: Request) -> Response:
    """Search: hits with marks, corrections, order."""
    reader = _reader(request)
    query = request.query_params
    found, problem = None, None
    sort = "newest" if query.get("sort") == "newest" else None
    if query.get("q", "").strip():
        try:
            found = await reader.api.get("/v1/search", q=query["q"], sort=sort, cursor=query.get("cursor"))
        except InvalidQuery as error:
            problem = error
    q = query.get("q", "")
    links = search_links(reader.settings, q) if problem is None else []
    return await page(request, reader, "search.html", links, q=q, sort=sort, found=found, problem=problem)


# --- the form post ----------------------------------------------------------------------------------------------------


async def post_comment(request: Request) -> Response:
    """A comment that was sent without a script: 303 to the article, or the page again with the faults."""
    form = await receive_comment(request, _name_in(request))
    if form.sent is None:
        return await article_page(request, _reader(request), form)
    path = quote(request.scope["path"].removesuffix("/comments"), safe="/")
    return RedirectResponse(f"{path}?sent={form.sent}#comments", HTTPStatus.SEE_OTHER, {"Cache-Control": "no-store"})

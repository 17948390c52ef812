"""The public routes of discovery."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated

from fastapi import Path, Query
from starlette.requests import Request
from starlette.responses import Response

from app.articles.events import LISTS, MONTHS, NEWS, month_tag
from app.articles.filing import FILINGS, SECTIONS
from app.articles.repository import Relations
from app.articles.shapes import summary_of
from app.changes.pending import UNTOLD
from app.discovery.oembed import FORMATS, WIDEST, FormatNotOffered, as_xml, oembed_of
from app.discovery.opml import MEDIA_TYPE as OPML_TYPE
from app.discovery.opml import opml_of
from app.discovery.parts import FRONTS, Month, Part, part_named
from app.discovery.repository import PartFacts, Sitemaps, shown_sections
from app.discovery.resolving import Resolving
from app.discovery.robots import robots_txt
from app.discovery.schemas import OEmbedLink, OEmbedQuery, ResolvedAddress, ResolveQuery
from app.discovery.sitemaps import MEDIA_TYPE, article_writer, index_of, news_of, part_of, plain_url
from app.feeds.repository import published_languages
from app.fronts.repository import PLURAL, Fronts
from app.kit import clock
from app.kit.caching import deliver
from app.kit.db import Connection, Reading, single_statement
from app.kit.errors import Gone, InvalidQuery, NotFound
from app.kit.listing import delivered
from app.kit.raw_columns import parsed
from app.kit.routing import NoParameters, Responses, problems, router_of
from app.media.shown import image_of
from app.site.addresses import NEWS_SITEMAP, OEMBED, OPML, ROBOTS, SITEMAP, SITEMAP_PART
from app.text.web_paths import names_in

router = router_of("", "discovery", "What an address of the web site is, and what leads robots and programs on.")
AT_ONCE = 1_000  # addresses that are written before others get the event loop
XML = "application/xml"
INDEX_EXAMPLE = (
    '<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><sitemap>'
    "<loc>https://api.example.org/sitemap-2026-11.xml</loc><lastmod>2026-11-28T18:44:37.000Z</lastmod>"
    "</sitemap></sitemapindex>"
)
PART_EXAMPLE = (
    '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url><loc>https://news.example.org/a/asteroid</loc>'
    "<lastmod>2026-11-28T18:44:37.000Z</lastmod></url></urlset>"
)
NEWS_EXAMPLE = (
    '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
    'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"></urlset>'
)
OEMBED_EXAMPLE = "<oembed><version>1.0</version><type>link</type><title>كويكب من قمم الأطلس</title></oembed>"
OPML_EXAMPLE = (
    '<opml version="2.0"><head><title>نشرة</title></head><body><outline type="rss" text="نشرة" '
    'xmlUrl="https://api.example.org/feeds/articles.rss" language="ar"/></body></opml>'
)
PartPath = Annotated[
    str,
    Path(
        description="A month, or `sections`, `tags`, `authors`, `fronts`; further parts end with `-2`, `-3`, …",
        examples=["2026-11"],
    ),
]


def file(media_type: str, example: str) -> Responses:
    """The `responses=` of an operation that answers a text."""
    return {200: {"content": {media_type: {"schema": {"type": "string"}, "example": example}}}}


@router.get(ROBOTS, response_class=Response, responses=file("text/plain", "User-agent: *\nDisallow: /v1/desk/\n"))
async def read_robots(request: Request, _: NoParameters) -> Response:
    """Read robots.txt

    What crawlers may fetch here, and where the sitemaps are (RFC 9309).
    """
    content = robots_txt(request.app.state.settings)
    return deliver(request, content, tags=["site"], media_type="text/plain; charset=utf-8")


@router.get("/v1/resolve", response_model=ResolvedAddress, responses=problems(InvalidQuery, NotFound, Gone))
async def resolve_address(request: Request, query: Annotated[ResolveQuery, Query()], connection: Reading) -> Response:
    """Resolve an address

    What stands at an address of the web site, by the patterns of `/v1/site.addresses`: an article, section, tag, author
    or front. A former slug, or a path whose other parts have changed, gives the present address with `moved: true`.
    Of a withdrawn article 410; everything else, also on another host, is 404.
    """
    found, moved = await Resolving(connection, request.app.state.settings, clock.now()).at(query.url)
    value = {"resource": found.resource, "id": found.id, "slug": found.slug, "url": found.url, "moved": moved}
    return delivered(request, ResolvedAddress, value, tags=found.tags)


@router.get(
    OEMBED,
    response_model=OEmbedLink,
    responses={
        200: {"content": {"text/xml": {"schema": {"type": "string"}, "example": OEMBED_EXAMPLE}}},
        **problems(InvalidQuery, NotFound, Gone, FormatNotOffered),
    },
)
async def read_oembed(request: Request, query: Annotated[OEmbedQuery, Query()], connection: Reading) -> Response:
    """Read oEmbed

    What another site shows of an article whose address it quotes (oEmbed 1.0, type `link`): headline, author and
    thumbnail. Addresses as for `/v1/resolve`.
    """
    if query.format not in FORMATS:
        raise FormatNotOffered()
    settings, now = request.app.state.settings, clock.now()
    found, _ = await Resolving(connection, settings, now).at(query.url)
    if found.article is None:
        raise NotFound()
    row, related = found.article, Relations.of(found.article)
    image = image_of(parsed(row.lead_image), related.pictures, row.language, settings)
    article = {**summary_of(row, related, settings, now), "lead_image": image}
    most = (query.maxwidth or WIDEST, query.maxheight or WIDEST)
    value = oembed_of(article, (settings.site_name, settings.site_url), most)
    if query.format == "xml":
        return deliver(request, as_xml(value), tags=found.tags, media_type=f"{FORMATS['xml']}; charset=utf-8")
    return delivered(request, OEmbedLink, value, tags=found.tags)


@router.get(OPML, response_class=Response, responses=file("text/x-opml", OPML_EXAMPLE))
async def read_opml(request: Request, _: NoParameters, connection: Reading) -> Response:
    """Read the list of feeds

    OPML 2.0: the feed of the site, those of each language and of each section, for readers that subscribe to several.
    """
    settings, now = request.app.state.settings, clock.now()
    languages = await published_languages(connection, now)
    content = opml_of(languages, await shown_sections(connection, now), settings)
    shows = ["site", SECTIONS.kind.plural, LISTS]  # its languages change with the list of articles only
    tags = ["site", SECTIONS.kind.plural, "articles"]
    return deliver(request, content, tags=tags, shows=shows, media_type=OPML_TYPE)


# --- sitemaps: the routes in this order, a part has the most general path --------------------------------------------


@router.get(SITEMAP, response_class=Response, responses=file(XML, INDEX_EXAMPLE))
async def read_sitemap(request: Request, _: NoParameters, connection: Reading) -> Response:
    """Read the sitemap

    The index of its parts: sections, tags, authors, fronts, and a part for each month in which something was first
    published, of at most 5,000 addresses each.
    """
    sitemaps = _sitemaps(request, connection)
    parts = [PartFacts(Part(FRONTS), None)]
    for filing in FILINGS:
        parts += [PartFacts(part, None) async for part in sitemaps.term_parts(filing)]
    parts += [part async for part in sitemaps.months()]
    content = index_of(parts, request.app.state.settings)
    tags = ["articles", *(filing.kind.plural for filing in FILINGS)]
    return _delivered(request, content, tags)


@router.get(NEWS_SITEMAP, response_class=Response, responses=file(XML, NEWS_EXAMPLE))
async def read_news_sitemap(request: Request, _: NoParameters, connection: Reading) -> Response:
    """Read the sitemap of the news

    Articles that were first published in the last two days, newest first, at most 1,000, by Google's rules.
    """
    await single_statement(connection)
    content = news_of(await _sitemaps(request, connection).news(), request.app.state.settings)
    return _delivered(request, content, [NEWS])


@router.get(SITEMAP_PART, response_class=Response, responses=file(XML, PART_EXAMPLE) | problems(NotFound))
async def read_sitemap_part(request: Request, part: PartPath, _: NoParameters, connection: Reading) -> Response:
    """Read a part of the sitemap

    What readers see of it now. A withdrawal changes the one part that held the article.
    """
    found = part_named(part)
    if found is None:
        raise NotFound()
    sitemaps = _sitemaps(request, connection)
    if isinstance(found.of, Month):
        urls, tags = await _month(request, sitemaps, found.of, found.offset)
    else:
        urls, tags = await _pages(request, sitemaps, found)
    if not urls:
        raise NotFound()
    return _delivered(request, part_of(urls), tags)


async def _month(request: Request, sitemaps: Sitemaps, month: Month, offset: int) -> tuple[list[str], list[str]]:
    write, rows = article_writer(request.app.state.settings), await sitemaps.articles(month, offset)
    urls: list[str] = []
    for start in range(0, len(rows), AT_ONCE):
        urls += map(write, rows[start : start + AT_ONCE])
        await asyncio.sleep(0)  # others wait for the event loop
    return urls, [month_tag(month.start), MONTHS]


async def _pages(request: Request, sitemaps: Sitemaps, part: Part) -> tuple[list[str], list[str]]:
    settings = request.app.state.settings
    filing = next((filing for filing in FILINGS if filing.kind.plural == part.of), None)
    if filing is not None:
        terms = await sitemaps.terms(filing, part.offset)
        urls = [settings.term_url(filing.kind.noun, *term) for term in terms]
        return list(map(plain_url, urls)), [filing.kind.plural]
    fronts = await Fronts(sitemaps.connection, settings).addresses()
    urls = [settings.front_url(front.id, front.slug) for front in fronts]
    home = f"{settings.site_url}/"
    return list(map(plain_url, dict.fromkeys([home, *urls]))), [PLURAL]


def _sitemaps(request: Request, connection: Connection) -> Sitemaps:
    has_section = "section" in names_in(request.app.state.settings.article_path)
    return Sitemaps(connection, clock.now(), has_section=has_section)


def _delivered(request: Request, content: bytes, tags: Sequence[str]) -> Response:
    shows = [*tags, UNTOLD]  # what is deleted leaves its place to the next
    # Seldom asked for again, and large: they share the part of the cache that pictures have.
    return deliver(request, content, tags=tags, shows=shows, media_type=MEDIA_TYPE, seldom=True, bulky=True)

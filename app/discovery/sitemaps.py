"""Writes sitemaps: pure functions from values to bytes.

Sources: https://www.sitemaps.org/protocol.html; for the news
https://developers.google.com/search/docs/crawling-indexing/sitemaps/news-sitemap. Dates come from the content only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from app.articles.shapes import day_in_address
from app.discovery.repository import ArticleAddress, NewsRow, PartFacts
from app.feeds.xml import document, element, escaped, text
from app.settings import Settings
from app.text.web_paths import names_in

SITEMAP = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
NEWS = 'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
MEDIA_TYPE = "application/xml; charset=utf-8"
DATES = {"year", "month", "day"}
NO_DATE = ("", "", "")


def index_of(parts: Iterable[PartFacts], settings: Settings) -> bytes:
    """The index: the address of each part, and when what it holds last changed."""
    rows = [
        element("sitemap", text("loc", facts.part.url(settings)) + text("lastmod", facts.changed_at)) for facts in parts
    ]
    return document(f"<sitemapindex {SITEMAP}>\n", "\n".join(rows), "\n</sitemapindex>\n")


def part_of(urls: Iterable[str]) -> bytes:
    """A part from its elements `url`."""
    return document(f"<urlset {SITEMAP}>\n", "\n".join(urls), "\n</urlset>\n")


def plain_url(address: str) -> str:
    """The element of a page without a date."""
    return element("url", text("loc", address))


def article_writer(settings: Settings) -> Callable[[ArticleAddress], str]:
    """A function that writes the element of an article. By hand: a part has 5,000."""
    address = address_writer(settings)

    def write(row: ArticleAddress) -> str:
        changed = row.updated_at
        if row.last_entry_at is not None and row.last_entry_at > changed:
            changed = row.last_entry_at
        return f"<url><loc>{escaped(address(row))}</loc><lastmod>{changed}</lastmod></url>"

    return write


def address_writer(settings: Settings) -> Callable[[ArticleAddress | NewsRow], str]:
    """A function that gives the address of an article. Not `url_of`, whose cache is for what lists show."""
    has_date = not DATES.isdisjoint(names_in(settings.article_path))

    def address(row: ArticleAddress | NewsRow) -> str:
        date = day_in_address(settings.timezone, row.published_at) if has_date else NO_DATE
        return settings.article_url(slug=row.slug, id=row.id, section=row.section, published=date)

    return address


def news_of(rows: Iterable[NewsRow], settings: Settings) -> bytes:
    """The sitemap of the news."""
    address = address_writer(settings)
    urls = [element("url", text("loc", address(row)) + element("news:news", _news(row, settings))) for row in rows]
    return document(f"<urlset {SITEMAP} {NEWS}>\n", "\n".join(urls), "\n</urlset>\n")


def _news(row: NewsRow, settings: Settings) -> str:
    language = text("news:language", _language(row.language))
    publication = element("news:publication", text("news:name", settings.site_name) + language)
    date = text("news:publication_date", row.first_published_at)
    return publication + date + text("news:title", row.headline)


def _language(tag: str) -> str:
    """ISO 639, but for Chinese, of which Google wants the script by its country."""
    primary, *rest = tag.lower().split("-")
    if primary != "zh":
        return primary
    return "zh-tw" if {"hant", "tw", "hk", "mo"} & set(rest) else "zh-cn"

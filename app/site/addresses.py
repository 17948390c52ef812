"""Paths of what leads robots and programs on, outside `/v1`, and the query parameters that each takes.

`/v1/site` and pages name them, and `app/discovery/` serves them. All other parameters are dropped.
"""

from __future__ import annotations

from app.settings import Settings

SITEMAP, NEWS_SITEMAP, SITEMAP_PART = "/sitemap.xml", "/sitemap-news.xml", "/sitemap-{part}.xml"
OPML, OEMBED, ROBOTS, FAVICON = "/opml.xml", "/oembed", "/robots.txt", "/favicon.ico"
NAMED = {
    "resolve": "/v1/resolve",
    "oembed": OEMBED,
    "sitemap": SITEMAP,
    "sitemap_news": NEWS_SITEMAP,
    "opml": OPML,
    "robots": ROBOTS,
}
"""As `/v1/site` names them among its addresses."""
TAKEN: dict[str, tuple[str, ...]] = {
    **dict.fromkeys((SITEMAP, NEWS_SITEMAP, SITEMAP_PART, OPML, ROBOTS, FAVICON), ()),
    OEMBED: ("url", "format", "maxwidth", "maxheight"),
}


def sitemap_urls(settings: Settings) -> list[str]:
    """The sitemaps that robots are told of: the index, and that of the news."""
    return [settings.api_url + SITEMAP, settings.api_url + NEWS_SITEMAP]

"""The list of routers. The hottest come first: routes are tried in this order."""

from __future__ import annotations

from app.articles.desk import desk as articles_desk
from app.articles.router import router as articles
from app.authors.desk import desk as authors_desk
from app.comments.desk import desk as comments_desk
from app.comments.router import router as comments
from app.discovery.router import router as discovery
from app.entries.desk import desk as entries_desk
from app.entries.router import articles as jsonld
from app.entries.router import router as entries
from app.feeds.router import router as feeds
from app.fronts.desk import desk as fronts_desk
from app.fronts.router import router as fronts
from app.jobs.desk import desk as jobs_desk
from app.kit.routing import TaggedRouter
from app.media.desk import desk as media_desk
from app.media.router import router as media
from app.operations.health import router as health
from app.operations.metrics import router as metrics
from app.previews.desk import desk as previews_desk
from app.previews.router import router as previews
from app.search.router import articles as related
from app.search.router import router as search
from app.sections.desk import desk as sections_desk
from app.site.router import router as site
from app.staff.desk import desk as staff_desk
from app.sync.router import router as sync
from app.tags.desk import desk as tags_desk
from app.taxonomy.router import router as taxonomy
from app.tickers.desk import desk as tickers_desk
from app.tickers.router import router as tickers
from app.web.docs_router import router as docs
from app.web.router import router as web

ROUTERS = (
    articles,
    media,
    feeds,
    jsonld,
    tickers,
    entries,
    fronts,
    comments,
    taxonomy,
    search,
    related,
    sync,
    site,
    discovery,
    previews,
    articles_desk,
    previews_desk,
    entries_desk,
    media_desk,
    comments_desk,
    sections_desk,
    tags_desk,
    authors_desk,
    tickers_desk,
    fronts_desk,
    staff_desk,
    jobs_desk,
    health,
    metrics,
    web,
    docs,
)
# The guide of each tag, a page under /docs/guide/.
GUIDES = {
    "articles": "articles",
    "tickers": "tickers",
    "fronts": "fronts",
    "comments": "comments",
    "entries": "entries",
    "media": "media",
    "feeds": "feeds",
    "taxonomy": "articles",
    "search": "search",
    "sync": "sync",
    "site": "articles",
    "discovery": "discovery",
    "previews": "previews",
    "desk: articles": "articles",
    "desk: previews": "previews",
    "desk: entries": "entries",
    "desk: media": "media",
    "desk: comments": "comments",
    "desk: sections": "articles",
    "desk: tags": "articles",
    "desk: authors": "articles",
    "desk: tickers": "tickers",
    "desk: fronts": "fronts",
    "desk: people": "desk",
    "desk: jobs": "desk",
    "operations": "operations",
}
# Described where the routers are made; operations have a router of FastAPI's own kind.
DESCRIPTIONS = {
    router.tag: router.description for router in ROUTERS if isinstance(router, TaggedRouter) and router.description
} | {"operations": "Health checks."}
TAGS = {tag: f"{text} [Guide](/docs/guide/{GUIDES[tag]})." for tag, text in DESCRIPTIONS.items()}

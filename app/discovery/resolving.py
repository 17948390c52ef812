"""Finds the visible thing at an address of the web site."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import NamedTuple, TypeVar

from app.articles.filing import FILINGS
from app.articles.repository import Articles, Parts, Relations
from app.articles.rows import ArticleRow
from app.articles.shapes import url_of
from app.discovery.web_addresses import Named, NotAnAddress, is_same_path, named_by, path_on_site
from app.fronts.repository import PLURAL, Fronts
from app.kit.db import Connection
from app.kit.errors import Fault, InvalidQuery, Moved, NotFound
from app.settings import Settings
from app.taxonomy.repository import Taxonomy

Row = TypeVar("Row")
WITH_RELATED: Parts = frozenset({"related"})
BY_KIND = {filing.kind.noun: filing for filing in FILINGS}
# Cache tags of a kind: of what may come at an address where nothing of that kind stands.
TAGS = {"article": "articles", "front": PLURAL, **{filing.kind.noun: filing.kind.plural for filing in FILINGS}}


class Resolved(NamedTuple):
    """A visible thing with its present address, and the cache tags of what was told of it."""

    resource: str
    id: str
    slug: str
    url: str
    tags: list[str]
    article: ArticleRow | None = None


class Resolving:
    """Looks up addresses at one moment."""

    def __init__(self, connection: Connection, settings: Settings, now: datetime) -> None:
        self.connection, self.settings, self.now = connection, settings, now

    async def at(self, url: str) -> tuple[Resolved, bool]:
        """The thing at an address, and whether its present address is another one.

        Raises `InvalidQuery` for a text that is no address, `Gone` for a withdrawn article and `NotFound` for
        everything else: another site, what is unknown, and what readers do not see.
        """
        try:
            path = path_on_site(url, self.settings)
        except NotAnAddress:
            raise InvalidQuery(errors=[Fault("url_invalid", parameter="url")]) from None
        missing = list[str]()
        for named in named_by(path, self.settings) if path is not None else ():
            try:
                found = await self._find(named)
            except NotFound:
                missing.append(TAGS[named.resource])
                continue
            is_moved = not is_same_path(path or "", path_on_site(found.url, self.settings) or "")
            return found._replace(tags=[*found.tags, *missing]), is_moved
        raise NotFound()

    async def _find(self, named: Named) -> Resolved:
        if named.resource == "article":
            return await self._article(named.name)
        return await (self._front(named.name) if named.resource == "front" else self._term(*named))

    async def _article(self, name: str) -> Resolved:
        articles = Articles(self.connection)
        row = await _present(name, lambda one: articles.at(one, self.now, parts=WITH_RELATED))
        related = Relations.of(row)
        section = related.sections[0][1] if related.sections else None
        url = url_of(self.settings, row.slug, row.id, section, row.published_at)
        tags = [f"article:{row.id}", *related.cache_tags()]
        return Resolved("article", row.id, row.slug, url, tags, row)

    async def _term(self, kind: str, name: str) -> Resolved:
        filing, taxonomy = BY_KIND[kind], Taxonomy(self.connection)
        row = await _present(name, lambda one: taxonomy.one(filing, one, self.now))
        url = self.settings.term_url(kind, row.id, row.slug)
        return Resolved(kind, row.id, row.slug, url, [f"{kind}:{row.id}", filing.kind.plural])

    async def _front(self, name: str) -> Resolved:
        fronts = Fronts(self.connection, self.settings)
        row = await _present(name, lambda one: fronts.at(one, self.now))
        url = self.settings.front_url(row.id, row.slug)
        return Resolved("front", row.id, row.slug, url, [f"front:{row.id}", PLURAL])


async def _present(name: str, find: Callable[[str], Awaitable[Row]]) -> Row:
    """What is found under a name, by its present slug where the name is a former one."""
    try:
        return await find(name)
    except Moved as moved:
        return await find(moved.location.rpartition("/")[2])

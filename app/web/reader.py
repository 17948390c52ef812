"""The values of the reader page: what its templates draw, from answers of the public API."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from app.settings import Settings
from app.text.web_paths import filled_path, names_in
from app.web.public_api import Json, PublicApi

FRONT_LENGTH = 24  # articles that the front asks for
TOP_LENGTH = 7  # of which stand on top, with the lead
OPINIONS = "opinion,analysis"
OPINIONS_LENGTH = 4
SECTION_LENGTH = 4  # articles shown of each section
FRONT_SECTIONS = 12  # sections that have a slot: each costs a list
SPARE = 6  # more are asked for, because those shown above are left out
RELATED_LENGTH = 4
ENTRIES_LENGTH = 20
LINK_SCHEMES = frozenset({"", "http", "https", "mailto", "tel"})


@dataclass(frozen=True)
class Frame:
    """What stands around every page: the sections, the ticker."""

    sections: list[Json]
    ticker: Json | None


@dataclass(frozen=True)
class Slot:
    """A named group of articles on the front, filled by a rule or by the desk."""

    title: str | None
    url: str | None
    articles: list[Json]


@dataclass(frozen=True)
class Front:
    """The front: the lead, the top, opinions, and a slot for each section that has something new."""

    lead: Json | None
    top: list[Json]
    opinions: list[Json]
    slots: list[Slot]
    newest: str | None
    """Id of the newest article, by which the script notices a newer one."""
    older: str | None
    """Cursor of the articles before these."""


class Reader:
    """Reads the public API for one page."""

    def __init__(self, api: PublicApi, settings: Settings) -> None:
        self.api, self.settings = api, settings
        self.language = settings.language
        self.primary = settings.language.partition("-")[0]
        self._display = settings.display or settings.language
        self._frame: Frame | None = None

    async def frame(self) -> Frame:
        """The sections in the language of the site with none of them above, and the ticker; read once for a page."""
        if self._frame is None:
            self._frame = await self._read_frame()
        return self._frame

    async def _read_frame(self) -> Frame:
        sections = (await self.api.get("/v1/sections", limit=100))["data"]
        own = {one["id"]: one for one in sections if self._is_own(one)}
        top = [one for one in own.values() if one["parent"] is None or one["parent"]["id"] not in own]
        tickers = (await self.api.get("/v1/tickers"))["data"]
        return Frame(sorted(top, key=lambda one: one["position"]), self._ticker(tickers))

    def _ticker(self, tickers: list[Json]) -> Json | None:
        """The ticker of the setting, else the first in the language of the site, with items before empty ones."""
        if self.settings.reader_ticker:
            return next((one for one in tickers if one["slug"] == self.settings.reader_ticker), None)
        own = [one for one in tickers if self._is_own(one)] or tickers
        return next((one for one in own if one["items"]), next(iter(own), None))

    def _is_own(self, thing: Json) -> bool:
        return str(thing["language"]).partition("-")[0] == self.primary

    async def articles(self, limit: int, **filters: str | None) -> Json:
        """A page of articles."""
        return await self.api.get("/v1/articles", limit=limit, **filters)

    async def newest(self, cursor: str | None = None) -> Json:
        """The newest articles in the language of the site, or those after `cursor`."""
        return await self.articles(FRONT_LENGTH, language=self.primary, cursor=cursor)

    async def front(self) -> Front:
        """The front, every article once."""
        sections = (await self.frame()).sections[:FRONT_SECTIONS]
        newest = await self.newest()
        opinions = await self.articles(OPINIONS_LENGTH, language=self.primary, kind=OPINIONS)
        found: list[Json] = newest["data"]
        opinion_ids = {one["id"] for one in opinions["data"]}
        news = [one for one in found if one["id"] not in opinion_ids]
        top = news[:TOP_LENGTH]
        lead = min(top, key=lambda one: one["urgency"], default=None)
        shown = opinion_ids | {one["id"] for one in top}
        slots = [slot for section in sections if (slot := await self._slot(section, shown)).articles]
        return Front(
            lead=lead,
            top=[one for one in top if one is not lead],
            opinions=opinions["data"],
            slots=slots,
            newest=found[0]["id"] if found else None,
            older=newest["page"]["next"],
        )

    async def _slot(self, section: Json, shown: set[str]) -> Slot:
        found = await self.articles(SECTION_LENGTH + SPARE, section=section["id"], language=self.primary)
        articles = [one for one in found["data"] if one["id"] not in shown][:SECTION_LENGTH]
        shown |= {one["id"] for one in articles}
        return Slot(section["name"], path_of(section["url"]), articles)

    async def article(self, slug: str) -> Json:
        """An article with its body and dates in words."""
        return await self.api.get(f"/v1/articles/{slug}", display=self._display)

    async def entries(self, article: Json, **page: str | None) -> Json:
        """The newest entries of live coverage, or those of another page."""
        return await self.api.get(f"/v1/articles/{article['id']}/entries", limit=ENTRIES_LENGTH, **page)

    async def related(self, article: Json) -> list[Json]:
        """The closest related articles."""
        found = await self.api.get(f"/v1/articles/{article['id']}/related", limit=RELATED_LENGTH)
        articles: list[Json] = found["data"]
        return articles


class Paths:
    """Paths on this host for what stands in an answer without an address of its own."""

    def __init__(self, settings: Settings) -> None:
        self._pattern = settings.article_path
        self._own = {settings.site_url, settings.api_url}

    def article(self, reference: Json) -> str:
        """The path of an article. Where the pattern has more than slug or id, the page redirects to the exact one."""
        return filled_path(self._pattern, dict.fromkeys(names_in(self._pattern), "-") | reference)

    def link(self, url: str) -> str:
        """A link out of a text: one to this site stays on this host; a scheme that runs something becomes `#`."""
        for own in self._own:
            if url.startswith(f"{own}/"):
                return url.removeprefix(own)
        return url if urlsplit(url).scheme in LINK_SCHEMES else "#"


def path_of(url: str) -> str:
    """The path of an address of this site, as it stands there: links stay on this host."""
    return urlsplit(url).path


def is_at(path: str, url: str) -> bool:
    """Whether the decoded `path` of a request is that of `url`."""
    return path == unquote(urlsplit(url).path)


def flat(threads: Iterable[Json], depth: int = 0) -> list[dict[str, Any]]:
    """A tree of comments in reading order, each with its `depth` on this page and the cursor of its further replies."""
    rows: list[dict[str, Any]] = []
    for comment in threads:
        rows.append({**comment, "depth": depth, "more": comment["replies"]["next"]})
        rows += flat(comment["replies"]["data"], depth + 1)
    return rows

"""A ticker and its items as they come in and go out."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StrictInt
from pydantic.config import JsonDict

from app.articles.schemas import ArticleSummary, Status, TermName
from app.kit.paging import CountedQuery, Listed
from app.kit.schemas import (
    Direction,
    IdText,
    Input,
    Language,
    LanguageTag,
    Line,
    Moment,
    MomentInput,
    Output,
    Patch,
    Query,
    Warned,
    WebUrl,
)
from app.placing.schemas import RuleInput, RuleShown
from app.terms.schemas import TermInput

Level = Literal["flash", "bulletin", "urgent", "normal"]
State = Literal["live", "scheduled", "expired", "hidden"]
MAX_ITEMS = 100
# Made by hand on one strip and not expired: twice what a strip can show, for what is planned. Every public read loads
# those that are live, so a strip whose items never expire must not grow without end.
MAX_STANDING = 200
MAX_ORDERED = MAX_STANDING + MAX_ITEMS  # all of those, and as many drawn articles as a strip can show
MAX_RULES = 5
LONG_TEXT = 100  # graphemes; agencies keep alerts shorter

ItemText = Annotated[str, Line(300, low=0)]
Position = Annotated[StrictInt, Field(ge=1, le=MAX_ITEMS)]
ItemId = Annotated[str, Field(max_length=64)]

RULE: JsonDict = {
    "sections": ["علوم-وصحة"],
    "tags": ["فلك"],
    "kinds": [],
    "languages": [],
    "urgency_max": 5,
    "max_age_hours": 72,
    "level": None,
}
TICKER: JsonDict = {"name": "عاجل", "language": "ar", "max_items": 15, "rules": [RULE]}
TEXT = "المرصد: الشهب تُرى الليلة بالعين المجرّدة"
ITEM: JsonDict = {"text": TEXT, "level": "urgent", "expires_at": "2026-11-24T06:00:00Z"}
ARTICLE: JsonDict = {"id": "01936b2e-7c4a-7d31-9f53-6a1c0de4b7a2", "slug": "المرصد-يرصد-لؤلؤة-الخريف"}


class TickerQuery(Query):
    """A ticker, whole or in part."""

    include: Literal["article"] | None = None
    """`article` embeds in each item the summary of its article."""
    fields: Annotated[str | None, Field(max_length=4000, examples=["name,items.text,items.level"])] = None
    """Return only these fields and `id`, as `application/json; partial=true`."""


class TickerListQuery(CountedQuery):
    """A page of tickers."""

    include: Literal["article"] | None = None
    """`article` embeds in each item the summary of its article; `limit` is then at most 20."""
    fields: Annotated[str | None, Field(max_length=4000, examples=["name,items.text,items.level"])] = None
    """Return only these fields and `id`, as `application/json; partial=true`."""


class Rule(RuleInput):
    """Adds the newest articles that match all conditions; an empty list is no condition."""

    model_config = ConfigDict(json_schema_extra={"examples": [RULE]})

    level: Level | None = None
    """Level of the articles that it adds. Left out: from the urgency of each article."""


class TickerInput(TermInput):
    """A ticker as an editor writes it."""

    model_config = ConfigDict(json_schema_extra={"examples": [TICKER]})

    max_items: Annotated[StrictInt, Field(ge=1, le=MAX_ITEMS)] = 15
    """Maximum number of items that the ticker shows at once."""
    rules: Annotated[list[Rule], Field(max_length=MAX_RULES)] = []
    """Rules that add articles to the items made by hand. Where several add an article, the most urgent level counts."""


class ItemCreate(Input):
    """A new item: `text`, `article`, or both."""

    model_config = ConfigDict(json_schema_extra={"examples": [ITEM]})

    text: ItemText | None = None
    """Plain text on one line. Left out: the article's short headline, else its headline."""
    language: Language | None = None
    """Of `text`. Left out: the ticker's."""
    article: TermName | None = None
    """Slug or id of the article to follow, whatever its state: the item shows while readers may see the article."""
    url: WebUrl | None = None
    """Left out: the article's present address."""
    level: Level | None = None
    """Left out: from the urgency of the article (1 flash, 2 bulletin, 3 urgent), else `normal`."""
    level_until: MomentInput | None = None
    """When its level becomes `normal`. Left out: after the duration that the settings give to its level."""
    pinned: Position | None = None
    """Fixed position, from 1. Of two items with one position the one pinned last has it."""
    starts_at: MomentInput | None = None
    """Shown from this time on."""
    expires_at: MomentInput | None = None
    """Shown until this time. Left out: until it is deleted."""


class ItemUpdate(Patch, ItemCreate):
    """JSON Merge Patch (RFC 7396): fields that are present change, null takes a field's default away."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"level": "flash", "pinned": 1}]})


class OrderInput(Input):
    """The items of the ticker in their new order."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"items": ["01936b2e-7c4a-7d31-9f53-6a1c0de4b7a2", "01936b2e-9d10-7c02-8e6f-2b5d7a90c413"]}]
        }
    )

    items: Annotated[list[ItemId], Field(max_length=MAX_ORDERED)]
    """Ids: every live item made by hand, once; also other items, and articles that a rule adds."""


class RuleRead(RuleShown):
    """A rule as the desk sees it."""

    model_config = ConfigDict(json_schema_extra={"examples": [RULE]})

    level: Level | None


class ItemArticle(Output):
    """The article of an item."""

    id: IdText
    slug: str


class Item(Output):
    """A headline on a ticker."""

    id: IdText
    """Stable id; the id of the article where a rule added it."""
    text: Annotated[str, Field(examples=[TEXT])]
    level: Level
    level_until: Moment | None
    """When its level becomes `normal`; null when it is."""
    url: Annotated[str | None, Field(json_schema_extra={"format": "uri"})]
    # The summary stands first: `fields=items.article.headline` is read from it.
    article: Annotated[ArticleSummary | ItemArticle | None, Field(examples=[ARTICLE])]
    """`{id, slug}`, or with `include=article` the article's summary."""
    pinned: int | None
    """Fixed position, from 1; null: none."""
    language: LanguageTag
    direction: Direction
    starts_at: Moment | None
    expires_at: Moment | None
    published_at: Moment
    """When it appeared on the ticker."""


class TickerRead(Output):
    """A ticker and its current items."""

    id: IdText
    slug: Annotated[str, Field(examples=["عاجل"])]
    name: Annotated[str, Field(examples=["عاجل"])]
    language: LanguageTag
    direction: Direction
    updated_at: Moment
    """When the ticker was last known to change: an edit, a change of an article on it, an item that appeared, expired
    or became `normal`. Never in the future. It may stay, or go back, when an article leaves in another way: compare
    tickers by `ETag`."""
    refresh_after: Annotated[int, Field(examples=[10])]
    """Seconds that a polling client should wait."""
    items: list[Item]
    """In order: pinned ones at their positions, then by level, then as the desk ordered, later ones ahead."""


class TickerList(Listed[TickerRead]):
    """One page of tickers."""


class DeskArticle(Output):
    """The article that an item follows."""

    id: IdText
    slug: str
    headline: str
    status: Status


class ItemDesk(Output):
    """An item made by hand, as the desk sees it: what was entered, and whether it shows."""

    id: IdText
    state: State
    """`hidden` while its article cannot be seen, `scheduled` until it or its article appears, `expired`, or `live`."""
    text: Annotated[str | None, Field(examples=[TEXT])]
    language: LanguageTag | None
    """Of `text`; null: the ticker's."""
    article: DeskArticle | None
    url: Annotated[str | None, Field(json_schema_extra={"format": "uri"})]
    level: Level | None
    level_until: Moment | None
    pinned: int | None
    starts_at: Moment | None
    expires_at: Moment | None
    created_at: Moment
    version: int


class ItemSaved(ItemDesk):
    """An item that was just made or changed."""

    ticker_version: int
    """Version of the ticker after this change, for `order`."""
    warnings: list[Warned]


class TickerDeskSummary(Output):
    """A ticker in the list of the desk."""

    id: IdText
    slug: Annotated[str, Field(examples=["عاجل"])]
    name: Annotated[str, Field(examples=["عاجل"])]
    language: LanguageTag
    direction: Direction
    description: str | None
    max_items: int
    rules: list[RuleRead]
    version: int
    created_at: Moment
    updated_at: Moment


class TickerDesk(TickerDeskSummary):
    """A ticker with all items made by hand: live ones in their order, then scheduled, hidden and expired ones."""

    items: list[ItemDesk]


class TickerDeskList(Listed[TickerDeskSummary]):
    """One page of tickers."""

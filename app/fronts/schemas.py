"""A front, its slots and items as they come in and go out."""

from __future__ import annotations

from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, ConfigDict, Field, StrictBool, StrictInt
from pydantic.config import JsonDict

from app.articles.query_schemas import AnyOf
from app.articles.schemas import ArticleSummary, Status, TermName
from app.kit.faults import custom
from app.kit.paging import CountedQuery, Listed
from app.kit.schemas import (
    Direction,
    IdInput,
    IdText,
    Input,
    Language,
    LanguageTag,
    Line,
    Moment,
    MomentInput,
    Output,
    Patch,
    Prose,
    Query,
    Ref,
    Warned,
    WebUrl,
)
from app.media.shown_schemas import ImageInput, ImagePatch, ImageRead
from app.placing.schemas import RuleInput, RuleShown, Terms
from app.terms.schemas import TermInput

Source = Literal["hand", "rule"]
ItemState = Literal["live", "waiting", "repeated", "scheduled", "hidden", "expired"]
MAX_ITEMS = 100
MAX_SHOWN = 50
MAX_SLOTS = 30

WORD = r"^[a-z0-9-]{1,40}$"
SlotName = Annotated[str, Field(pattern=WORD, examples=["lead"])]
Title = Annotated[str, Line(120, low=0)]
Headline = Annotated[str, Line(300, low=0)]
Kicker = Annotated[str, Line(80, low=0)]
Summary = Annotated[str, Prose(2000, low=0)]
Address = Annotated[str, Field(json_schema_extra={"format": "uri"})]

RULE: JsonDict = {"sections": ["علوم-وصحة"], "max_age_hours": 72}
SLOT: JsonDict = {"name": "lead", "title": "الأبرز", "layout": "wide", "max": 5, "rule": RULE}
FRONT: JsonDict = {"name": "الرئيسية", "language": "ar", "slots": [SLOT]}
ITEM: JsonDict = {"article": "المرصد-يرصد-لؤلؤة-الخريف", "headline": "لؤلؤة فوق تدمر", "kicker": "من المرصد"}


class FrontQuery(Query):
    """A front, whole or in part."""

    fields: Annotated[str | None, Field(max_length=4000, examples=["name,slots.name,slots.items.headline"])] = None
    """Return only these fields and `id`, as `application/json; partial=true`."""


class FrontListQuery(CountedQuery):
    """A page of fronts."""

    language: AnyOf | None = None
    """BCP 47 tags: `ar` also finds `ar-SY`. A comma means any of."""
    fields: Annotated[str | None, Field(max_length=4000, examples=["name,url"])] = None
    """Return only these fields and `id`, as `application/json; partial=true`."""


class DeskFrontQuery(Query):
    """A front as it will be."""

    at: MomentInput | None = None
    """As it will be at this time: with the articles and items that have appeared by then, and with a draft that is
    scheduled until then."""
    draft: bool = False
    """With the slots of the draft in place of the live ones."""


class FrontRule(RuleInput):
    """Fills what is left of a slot with the newest articles that match all conditions."""

    model_config = ConfigDict(json_schema_extra={"examples": [RULE]})

    authors: Terms = []
    """Slugs or ids: any of these."""


class SlotInput(Input):
    """A slot of a front. `name` and `layout` mean nothing to the server."""

    model_config = ConfigDict(json_schema_extra={"examples": [SLOT]})

    name: SlotName
    title: Title | None = None
    url: WebUrl | None = None
    """Where its title leads."""
    layout: SlotName | None = None
    max: Annotated[StrictInt, Field(ge=1, le=MAX_SHOWN)] = 10
    """Maximum number of items that it shows."""
    rule: FrontRule | None = None
    """Left out: only items by hand."""


S = TypeVar("S", bound=list[SlotInput])


def _different(slots: S) -> S:
    names = [slot.name for slot in slots]
    for place, name in enumerate(names):
        if name in names[:place]:
            raise custom("duplicate", value=name)
    return slots


class FrontInput(TermInput):
    """A front as an editor writes it. What stands in its slots is written apart."""

    model_config = ConfigDict(json_schema_extra={"examples": [FRONT]})

    section: TermName | None = None
    """Slug or id of the section that it is the front of."""
    public: StrictBool = True
    """Whether readers get it; otherwise it is 404."""
    slots: Annotated[list[SlotInput], Field(max_length=MAX_SLOTS), AfterValidator(_different)] = []
    """In order. A slot that is left out is gone, with its items."""


class FrontItemInput(Input):
    """An item: an article, or a link (`url` and `headline`); each with words of its own."""

    model_config = ConfigDict(json_schema_extra={"examples": [ITEM]})

    article: TermName | None = None
    """Slug or id of an article in any state: the item shows while readers may see the article."""
    url: WebUrl | None = None
    """Left out: the article's present address."""
    headline: Headline | None = None
    """Left out: the article's."""
    kicker: Kicker | None = None
    summary: Summary | None = None
    """Left out: the article's."""
    image: ImageInput | None = None
    """Left out: the article's, and `image` of the public item is null."""
    language: Language | None = None
    """Of its own words. Left out: the front's."""
    starts_at: MomentInput | None = None
    """Shown from this time on."""
    expires_at: MomentInput | None = None
    """Shown until this time. Left out: until it is deleted."""


class PlacedItemInput(FrontItemInput):
    """An item in the list of a slot."""

    id: IdInput | None = None
    """Of an item that stands in this slot already: it keeps its id. Left out: a new one."""


class FrontItemUpdate(Patch, FrontItemInput):
    """JSON Merge Patch (RFC 7396): fields that are present change, null takes a field's default away."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"headline": "عنوان آخر"}]})

    image: ImagePatch | None = None  # type: ignore[assignment]  # a part of an image may change alone


class SlotItemsInput(Input):
    """What stands in a slot, in order."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [ITEM]}]})

    items: Annotated[list[PlacedItemInput], Field(max_length=MAX_ITEMS)]


class DraftPublishInput(Input):
    """When a draft is published."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"at": "2026-11-24T03:00:00Z"}]})

    at: MomentInput | None = None
    """Left out: now."""


class FrontRestoreInput(Input):
    """Which state comes back."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"state": "01936b2e-7c4a-7d31-9f53-6a1c0de4b7a2"}]})

    state: IdInput
    """Id of a state of `history`."""


class FrontItem(Output):
    """What stands at a place of a front: what to show, the desk's word where it gave one, else the article's."""

    id: IdText
    """Stable id; the id of the article where a rule added it."""
    source: Source
    """Put there by hand, or drawn by the rule of the slot."""
    article: ArticleSummary | None
    """Null: a link."""
    url: Address
    headline: str
    kicker: str | None
    summary: str | None
    image: ImageRead | None
    """Null where it is the article's `lead_image`, or where there is none."""
    language: LanguageTag
    direction: Direction
    starts_at: Moment | None
    expires_at: Moment | None


class Slot(Output):
    """A slot with its items."""

    name: Annotated[str, Field(examples=["lead"])]
    title: str | None
    url: Address | None
    layout: str | None
    max: int
    version: int
    items: list[FrontItem]
    """In order, at most `max`."""


class FrontSummary(Output):
    """A front in a list."""

    id: IdText
    slug: Annotated[str, Field(examples=["home"])]
    name: Annotated[str, Field(examples=["الرئيسية"])]
    url: Address
    """Its address on the web site; of the front `home` that of the site."""
    language: LanguageTag
    direction: Direction
    section: Ref | None
    updated_at: Moment
    """When the log last told of a change of what it shows."""
    refresh_after: Annotated[int, Field(examples=[30])]
    """Seconds that a polling client should wait."""
    version: int
    """Version of the front itself; each slot has its own."""


class FrontRead(FrontSummary):
    """A front as it is now. No article stands on it twice."""

    slots: list[Slot]


class FrontList(Listed[FrontSummary]):
    """One page of fronts."""


class PlacedArticle(Output):
    """The article of an item."""

    id: IdText
    slug: str
    headline: str
    status: Status


class DeskItem(Output):
    """An item as the desk sees it: what was entered, and whether it shows."""

    id: IdText
    state: ItemState
    """`live`; `waiting` where `max` items before it show; `repeated` where its article shows in an earlier place;
    `scheduled` until it or its article appears; `hidden` while its article cannot be seen; `expired`."""
    article: PlacedArticle | None
    url: Address | None
    headline: str | None
    kicker: str | None
    summary: str | None
    image: ImageRead | None
    language: LanguageTag | None
    """Of its own words; null: the front's."""
    starts_at: Moment | None
    expires_at: Moment | None
    created_at: Moment


class DeskItemSaved(DeskItem):
    """An item that was just added or changed."""

    slot_version: int
    """Version of the slot after this change, as in `ETag`."""
    warnings: list[Warned]


class FrontRuleRead(RuleShown):
    """The rule of a slot."""

    authors: list[str]
    """Slugs."""


class SlotFieldsRead(Output):
    """A slot without its items."""

    name: str
    title: str | None
    url: Address | None
    layout: str | None
    max: int
    rule: FrontRuleRead | None


class DeskSlot(SlotFieldsRead):
    """A slot as the desk sees it."""

    version: int
    """What a change of the slot must name in `If-Match`."""
    items: list[DeskItem]
    """All items by hand, in order, also those that do not show."""
    shown: list[FrontItem]
    """What readers get: items by hand, then those that the rule draws."""


class DeskSlotSaved(DeskSlot):
    """A slot that was just changed."""

    warnings: list[Warned]


class SlotChange(Output):
    """Who changed a slot last, and when."""

    member_id: IdText
    member_name: str
    at: Moment


class DraftSlotRead(Output):
    """A slot of a draft."""

    name: str
    title: str | None
    base_version: int
    """Version of the live slot that it replaces."""
    is_outdated: bool
    """Whether the live slot was changed since: it cannot be published until it is saved again."""
    outdated_by: SlotChange | None
    """Who changed the live slot last; null also where the history does not reach back so far."""
    skipped_at: Moment | None
    """When it was due and was not published, because the live slot had been changed."""
    items: list[DeskItem]


class FrontDraftRead(Output):
    """What is to stand in some slots."""

    version: int
    """What a change of the draft must name in `If-Match`."""
    publish_at: Moment | None
    member_id: IdText
    member_name: str
    updated_at: Moment
    slots: list[DraftSlotRead]


class FrontDraftSaved(FrontDraftRead):
    """A draft that was just saved."""

    warnings: list[Warned]


class FrontDeskSummary(Output):
    """A front in the list of the desk."""

    id: IdText
    slug: str
    name: str
    url: Address
    language: LanguageTag
    direction: Direction
    description: str | None
    section: Ref | None
    public: bool
    version: int
    created_at: Moment
    updated_at: Moment


class FrontDesk(FrontDeskSummary):
    """A front as the desk sees it."""

    slots: list[DeskSlot]
    draft: FrontDraftRead | None


class FrontRestored(FrontDesk):
    """A front that was just restored."""

    warnings: list[Warned]


class FrontDeskList(Listed[FrontDeskSummary]):
    """One page of fronts."""


class FrontStateRead(Output):
    """A state of a front: who changed what, and when."""

    id: IdText
    at: Moment
    member_id: IdText
    member_name: str
    action: Annotated[str, Field(examples=["slot_put"])]
    slot: str | None
    """The slot that was changed; null: several, or the front itself."""


class FrontStateList(Listed[FrontStateRead]):
    """The states of a front, newest first: at most 50 are kept."""

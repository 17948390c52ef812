"""Changes of tickers and their items by editors. Every change of an item also increments its ticker's version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.articles.desk_repository import ArticlesToEdit
from app.articles.models import Article
from app.changes.pending import pending_changes
from app.kit.caching import Expected
from app.kit.errors import Fault, InvalidBody
from app.kit.ids import as_id, new_id
from app.placing.links import ids_of_terms
from app.placing.states import state_of
from app.sections.models import Section
from app.settings import Settings
from app.staff.work import Work
from app.tags.models import Tag
from app.terms.actions import delete_term, put_term
from app.terms.kinds import TermKind
from app.text.characters import graphemes
from app.tickers.composition import latest, left_at
from app.tickers.models import Ticker, TickerItem
from app.tickers.repository import KIND, PLURAL, Tickers, TickersToEdit
from app.tickers.rows import TickerRule
from app.tickers.schemas import LONG_TEXT, MAX_STANDING, ItemCreate, ItemUpdate, TickerInput

FIELDS = ("text", "language", "url", "level", "level_until", "pinned", "starts_at", "expires_at")


@dataclass
class Edit:
    """An item being edited: its ticker, the article that it follows, and warnings for the editor."""

    work: Work
    ticker: Ticker
    item: TickerItem
    article: Article | None
    left_at: datetime | None = None
    """When the item left the ticker before this edit; `updated_at` must not go back before it."""
    warnings: list[dict[str, object]] = field(default_factory=list)

    @property
    def is_live(self) -> bool:
        return state_of(self.item, self.article, self.work.now) == "live"

    @property
    def is_expired(self) -> bool:
        return latest(self.work.now, self.item.expires_at) is not None


def _public(ticker: Ticker, _settings: Settings) -> dict[str, object]:
    """The fields that replacing a ticker can change."""
    fields = ("slug", "name", "language", "description", "max_items", "rules")
    return {name: getattr(ticker, name) for name in fields}


async def _fill(session: AsyncSession, ticker: Ticker, body: TickerInput) -> None:
    """Sets the fields of `body`. Rules store ids, so that they survive the renaming of a section."""
    faults: list[Fault] = []
    rules: list[TickerRule] = []
    for number, rule in enumerate(body.rules):
        content: TickerRule = {
            "sections": await ids_of_terms(session, Section, rule.sections, f"/rules/{number}/sections", faults),
            "tags": await ids_of_terms(session, Tag, rule.tags, f"/rules/{number}/tags", faults),
            "kinds": list(dict.fromkeys(rule.kinds)),
            "languages": list(dict.fromkeys(rule.languages)),
            "urgency_max": rule.urgency_max,
            "max_age_hours": rule.max_age_hours,
            "level": rule.level,
        }
        rules.append(content)
    if faults:
        raise InvalidBody(errors=faults)
    ticker.max_items, ticker.rules = body.max_items, rules


TICKERS = TermKind(KIND, PLURAL, Ticker, _public, _fill)


async def put_ticker(work: Work, slug: str, body: TickerInput, expected: Expected) -> tuple[Ticker, bool]:
    """Creates or replaces a ticker; its items and their order stay."""
    ticker, made = await put_term(work, TICKERS, slug, body, expected)
    await TickersToEdit(work.session).link(ticker)
    return ticker, made


async def delete_ticker(work: Work, slug: str, expected: Expected) -> None:
    """Deletes a ticker with its items."""
    await delete_term(work, TICKERS, slug, expected)


async def add_item(work: Work, slug: str, body: ItemCreate, expected: Expected) -> Edit:
    tickers = TickersToEdit(work.session)
    ticker = await tickers.require(slug, "/items", for_update=True)
    expected.obey(ticker.version)
    item = TickerItem(id=new_id(), ticker_id=ticker.id, version=1, created_at=work.now)
    edit = Edit(work, ticker, item, None)
    await _write(edit, body, set(ItemCreate.model_fields))
    await _refuse_too_many(edit)
    await tickers.add(item)
    await _save_ticker(edit, "add", public=edit.is_live)
    return edit


async def change_item(work: Work, slug: str, id: str, body: ItemUpdate, expected: Expected) -> Edit:
    """Changes the fields that were sent. A change that changes nothing leaves no trace."""
    edit = await _opened(work, slug, id, expected)
    before, was_live, was_expired = _content(edit.item), edit.is_live, edit.is_expired
    await _write(edit, body, body.model_fields_set)
    if _content(edit.item) != before:
        if was_expired:
            await _refuse_too_many(edit)
        edit.item.version += 1
        await _save_ticker(edit, "change", public=was_live or edit.is_live)
    return edit


async def delete_item(work: Work, slug: str, id: str, expected: Expected) -> None:
    edit = await _opened(work, slug, id, expected)
    await TickersToEdit(work.session).remove(edit.item)
    await _save_ticker(edit, "delete", public=edit.is_live)


async def _opened(work: Work, slug: str, id: str, expected: Expected) -> Edit:
    """The item, with its ticker locked. Raises `NotFound`, and the errors of `If-Match`."""
    tickers = TickersToEdit(work.session)
    ticker = await tickers.require(slug, f"/items/{id}", for_update=True)
    item = await tickers.item(ticker, id)
    expected.require(item.version)
    article = await work.session.get(Article, item.article_id) if item.article_id else None
    return Edit(work, ticker, item, article, left_at(item, article, work.now))


def _content(item: TickerItem) -> list[object]:
    return [getattr(item, name) for name in ("article_id", *FIELDS)]


async def _write(edit: Edit, body: ItemCreate, given: set[str]) -> None:
    """Sets the `given` fields. Raises `InvalidBody` with every fault at once."""
    item, now = edit.item, edit.work.now
    before = (item.level, item.pinned)
    faults: list[Fault] = []
    if "article" in given:
        edit.article = await ArticlesToEdit(edit.work.session).named(body.article) if body.article else None
        item.article_id = edit.article.id if edit.article else None
        if body.article and edit.article is None:
            faults.append(Fault("not_found", pointer="/article", params={"value": body.article}))
    for name in given.intersection(FIELDS):
        setattr(item, name, getattr(body, name))
    item.text = item.text or None
    if item.text is None and item.article_id is None and not faults:
        faults += [Fault("required", pointer="/text"), Fault("required", pointer="/article")]
    if item.starts_at and item.expires_at and item.expires_at <= item.starts_at:
        faults.append(Fault("before_start", pointer="/expires_at"))
    if faults:
        raise InvalidBody(errors=faults)
    if item.level != before[0]:
        item.levelled_at = now if item.level else None
    if item.pinned != before[1]:
        item.pinned_at = now if item.pinned else None
    await _warn(edit)


async def _refuse_too_many(edit: Edit) -> None:
    """Raises `InvalidBody` if the ticker is full. Its row lock lets the second of two requests count the first.

    Also checked when a change revives an expired item, which could exceed the maximum too.
    """
    if edit.is_expired:
        return
    with edit.work.session.no_autoflush:
        others = await TickersToEdit(edit.work.session).count_unexpired(edit.ticker, edit.work.now, edit.item.id)
    if others >= MAX_STANDING:
        raise InvalidBody(errors=[Fault("too_many", pointer="", params={"max": MAX_STANDING})])


async def _warn(edit: Edit) -> None:
    item, tickers = edit.item, TickersToEdit(edit.work.session)
    if item.text and (length := graphemes(item.text)) > LONG_TEXT:
        edit.warnings.append({"code": "long_text", "max": LONG_TEXT, "actual": length})
    if item.expires_at and item.expires_at <= edit.work.now:
        edit.warnings.append({"code": "already_expired"})
    with edit.work.session.no_autoflush:
        if item.article_id and await tickers.follows(edit.ticker, item.article_id, edit.work.now, item.id):
            edit.warnings.append({"code": "article_repeated"})


async def _save_ticker(edit: Edit, verb: str, *, public: bool) -> None:
    """Increments the ticker's version; `updated_at`, which is public, only changes if the change is public."""
    ticker, item = edit.ticker, edit.item
    ticker.version += 1
    if public:
        ticker.updated_at = edit.work.now
    elif edit.left_at:
        ticker.updated_at = max(ticker.updated_at, edit.left_at)
    pending_changes(edit.work.session).touched.add((KIND, ticker.id))
    await edit.work.record(f"ticker.item_{verb}", KIND, ticker.id, item=item.id, version=ticker.version)
    await edit.work.session.flush()


async def order(work: Work, slug: str, ids: Sequence[str], expected: Expected) -> Ticker:
    """Stores a new order. Raises `InvalidBody` with every id that is missing, unknown or repeated."""
    tickers, public = TickersToEdit(work.session), Tickers(work.session, work.settings)
    ticker = await tickers.require(slug, "/order", for_update=True)
    expected.require(ticker.version)
    every = {row.id for row in await tickers.every_item(ticker)}
    live = await public.live_items([ticker.id], work.now)
    articles = {found.row.story_id for found in await public.matches([ticker], live, work.now)}
    wanted = [as_id(id) or id for id in ids]
    if faults := _faults(wanted, every | articles, {row.id for row in live}):
        raise InvalidBody(errors=faults)
    await tickers.place(ticker, [(id, None) if id in every else (None, id) for id in wanted])
    ticker.version, ticker.ordered_at, ticker.updated_at = ticker.version + 1, work.now, work.now
    pending_changes(work.session).touched.add((KIND, ticker.id))
    await work.record("ticker.order", KIND, ticker.id, items=len(wanted), version=ticker.version)
    await work.session.flush()
    return ticker


def _faults(wanted: Sequence[str], possible: set[str], needed: set[str]) -> list[Fault]:
    faults = [
        Fault("duplicate" if id in wanted[:place] else "not_found", pointer=f"/items/{place}", params={"value": id})
        for place, id in enumerate(wanted)
        if id in wanted[:place] or id not in possible
    ]
    missing = sorted(needed - set(wanted))
    return faults + [Fault("item_missing", pointer="/items", params={"value": id}) for id in missing]

"""From rows of articles to the members of the schemas."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from app.articles.fields import SHOWN_AS_STORED
from app.articles.models import Article, ArticleBody
from app.articles.repository import Relations, Terms
from app.articles.rows import (
    ArticleText,
    BodyRow,
    CommentableRow,
    CorrectionRow,
    ListedRow,
    Moment,
    StatedRow,
    StoredRow,
    SummaryRow,
    WholeRow,
)
from app.articles.schemas import ArticleInList, ArticleRead
from app.articles.subjects import shown_subjects
from app.articles.syndication import syndication_of
from app.kit import listing
from app.kit.raw_columns import parsed
from app.media.entries import entries_of
from app.media.shapes import rights_of
from app.media.shown import Pictures, image_of, read_pictures, shown_in_body
from app.settings import Settings
from app.text.blocks import Block, plain_text
from app.text.languages import direction
from app.text.markup import Rendered, render
from app.text.pictures import fill_blocks, fill_html, has_images, has_pictures

AND = {"ar": " و", "fa": " و ", "ur": " اور ", "en": " and ", "fr": " et ", "tr": " ve ", "de": " und ", "es": " y "}
COMMA = {"ar": "، ", "fa": "، ", "ur": "، "}
NO_RELATIONS = Relations()


@lru_cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def status_of(article: StatedRow, now: datetime) -> str:
    """The state at `now`: published for later is `scheduled`."""
    is_ahead = article.state == "published" and article.published_at is not None and article.published_at > now
    return "scheduled" if is_ahead else article.state


def _moment(value: Moment) -> datetime:
    """Raw rows hold text (`app/kit/raw_columns.py`), rows of the desk datetimes."""
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def url_of(settings: Settings, slug: str, id: str, section: str | None, published_at: Moment | None) -> str:
    """The article's address on the web site; its date is in the site's time zone."""
    return _url(settings.article_url, settings.timezone, slug, id, section, published_at)


@lru_cache(maxsize=4096)
def _url(
    address: Callable[..., str], zone: str, slug: str, id: str, section: str | None, published_at: Moment | None
) -> str:
    return address(slug=slug, id=id, section=section, published=day_in_address(zone, published_at))


def day_in_address(zone: str, published_at: Moment | None) -> tuple[str, str, str]:
    """Year, month and day as an address has them, in the time zone of the site."""
    if published_at is None:
        return "0000", "00", "00"
    year, month, day = _moment(published_at).astimezone(_zone(zone)).date().isoformat().split("-")
    return year, month, day


def comments_mode(article: CommentableRow, settings: Settings, now: datetime) -> str:
    """`open`, `premoderated` or `closed`: set by the article, else by the site; `closed` when it is too old."""
    mode = article.comments_mode or settings.comments
    days, since = settings.comments_close_after_days, article.published_at
    too_old = days and since and _moment(since) + timedelta(days=days) <= now
    return "closed" if too_old else mode


def live_status(article: SummaryRow, now: datetime) -> str | None:
    """`upcoming`, `live` or `ended`; None for other kinds of article."""
    if article.kind != "live":
        return None
    started, ended = article.live_started_at, article.live_ended_at
    if ended and _moment(ended) <= now:
        return "ended"
    return "live" if started and _moment(started) <= now else "upcoming"


class ByClock(NamedTuple):
    """What the clock alone changes of an article."""

    is_open: bool
    """Whether it takes comments."""
    live: str | None
    """The status of its live coverage."""


def by_clock(article: SummaryRow, settings: Settings, now: datetime) -> ByClock:
    return ByClock(comments_mode(article, settings, now) != "closed", live_status(article, now))


def _live(article: SummaryRow, status: str | None) -> dict[str, object] | None:
    if status is None:
        return None
    return {
        "status": status,
        "started_at": article.live_started_at,
        "ended_at": article.live_ended_at,
        "entry_count": article.entry_count,
        "last_entry_at": article.last_entry_at,
    }


def byline_of(names: list[str], language: str) -> str | None:
    """The names joined with the comma and the conjunction of the language."""
    if not names:
        return None
    primary = language.partition("-")[0]
    comma, conjunction = COMMA.get(primary, ", "), AND.get(primary, ", ")
    return conjunction.join([*([comma.join(names[:-1])] if names[:-1] else []), names[-1]])


@lru_cache(maxsize=8192)
def _refs(address: Callable[[str, str, str], str], kind: str, rows: Terms) -> list[dict[str, str]]:
    """Cached, so never to be changed by a caller."""
    return [{"id": id, "slug": slug, "name": name, "url": address(kind, id, slug)} for id, slug, name in rows]


def summary_of(row: SummaryRow, related: Relations, settings: Settings, now: datetime) -> dict[str, object]:
    """An article in a list."""
    return _summary(row, related, settings, by_clock(row, settings, now), in_list=True)


@lru_cache(maxsize=2)
def writer_of(settings: Settings) -> Callable[[ListedRow, ByClock], bytes]:
    """A function from a raw row, and what the clock says of it, to the JSON of its summary.

    Cached by row: when a list is built again, most of its articles were in the list before.
    """

    @lru_cache(maxsize=1024)  # about 4 MB
    def write(row: ListedRow, clock: ByClock) -> bytes:
        return listing.unvalidated(ArticleInList, _summary(row, Relations.of(row), settings, clock, in_list=True))

    return write


def _summary(
    row: SummaryRow, related: Relations, settings: Settings, clock: ByClock, *, in_list: bool = False
) -> dict[str, object]:
    address = settings.term_url
    sections = _refs(address, "section", related.sections)
    section = sections[0] if sections else None
    return {
        "id": row.id,
        "slug": row.slug,
        "url": url_of(settings, row.slug, row.id, section["slug"] if section else None, row.published_at),
        "language": row.language,
        "direction": direction(row.language),
        "kind": row.kind,
        "access": row.access,
        "headline": row.headline,
        "short_headline": row.short_headline,
        "summary": row.summary,
        "content_warning": row.content_warning,
        "section": section,
        "sections": sections,
        "tags": _refs(address, "tag", related.tags),
        "authors": _refs(address, "author", related.authors),
        "byline": row.byline or byline_of([name for _, _, name in related.authors], row.language),
        "lead_image": image_of(parsed(row.lead_image), related.pictures, row.language, settings, in_list=in_list),
        "translations": [{"language": name, "id": id, "slug": slug} for id, slug, name in related.translations],
        "urgency": row.urgency,
        "published_at": row.published_at,
        "first_published_at": row.first_published_at,
        "revised_at": row.revised_at,
        "updated_at": row.updated_at,
        "version": row.version,
        "reading_minutes": row.reading_minutes,
        "comments": {"open": clock.is_open},
        "corrected": row.corrected,
        "live": _live(row, clock.live),
    }


def body_of(row: SummaryRow, body: BodyRow | None, related: Relations, settings: Settings) -> dict[str, object]:
    """The body in three forms; of a paid article only the summary."""
    if row.access == "paid":
        return {**_only_summary(row.summary), "truncated": True}
    if body is None:
        return {"html": "", "text": "", "blocks": [], "truncated": False}
    return shown_body(body, row.language, related.pictures, settings)


def shown_body(body: BodyRow, language: str, pictures: Pictures, settings: Settings) -> dict[str, object]:
    """A whole body in three forms, in `language`, with its pictures filled in."""
    html, blocks = body.html or "", parsed(body.blocks)
    if has_images(html):
        shown = {id: shown_in_body(picture, settings) for id, picture in pictures.items()}
        html = fill_html(html, shown, settings.media_sizes, language)
        blocks = fill_blocks(blocks, shown, language)
    return {"html": html, "text": text_of(body, blocks), "blocks": blocks, "truncated": False}


def shown_html(html: str, language: str, pictures: Pictures, settings: Settings) -> str:
    """The HTML of `shown_body` alone."""
    if not has_pictures(html):
        return html
    shown = {id: shown_in_body(picture, settings) for id, picture in pictures.items()}
    return fill_html(html, shown, settings.media_sizes, language)


def text_of(body: BodyRow, filled: Sequence[Block]) -> str | None:
    """The plain text as readers see it: without the words of pictures that the library has withdrawn."""
    return plain_text(filled) if has_pictures(body.html or "") else body.text


def shown_text(row: ArticleText, settings: Settings) -> str:
    """The plain text of a body alone, for snippets."""
    if not has_pictures(row.html):
        return row.text
    shown = {id: shown_in_body(picture, settings) for id, picture in read_pictures(row.pictures).items()}
    return plain_text(fill_blocks(parsed(row.blocks), shown, row.language))


@lru_cache(maxsize=512)
def _rendered(summary: str) -> Rendered:
    return render(summary, "text")


def _only_summary(summary: str | None) -> dict[str, object]:
    rendered = _rendered(summary or "")
    return {"html": rendered.html, "text": rendered.text, "blocks": rendered.blocks}


IN_ORDER: dict[str, object] = dict.fromkeys(ArticleRead.model_fields)  # keys set again keep their place


def whole_of(
    row: WholeRow,
    related: Relations,
    body: BodyRow | None,
    corrections: Iterable[CorrectionRow],
    settings: Settings,
    now: datetime,
) -> dict[str, object]:
    """A single article. Of a paid one neither the whole body nor the media."""
    media = "[]" if row.access == "paid" else row.media
    return _whole(row, related, body_of(row, body, related, settings), media, corrections, settings, now)


def _whole(
    row: WholeRow,
    related: Relations,
    body: dict[str, object],
    media: list[dict[str, object]] | str,
    corrections: Iterable[CorrectionRow],
    settings: Settings,
    now: datetime,
) -> dict[str, object]:
    clock = by_clock(row, settings, now)
    seo, rights = parsed(row.seo), parsed(row.rights)
    return {
        **IN_ORDER,
        **_summary(row, related, settings, clock),
        "body": body,
        "comments": {"open": clock.is_open, "count": row.comment_count},
        "corrections": [{"id": c.id, "kind": c.kind, "at": c.at, "note": c.note} for c in corrections],
        **{name: getattr(row, name) for name in SHOWN_AS_STORED},
        "subjects": shown_subjects(parsed(row.subjects)),
        "rights": rights_of(rights),
        "syndication": syndication_of(rights, settings.syndication),
        "media": entries_of(parsed(media), related.pictures, row.language, settings),
        "seo": {name: seo.get(name) for name in ("title", "description")} if seo else None,
    }


def external_of(row: StoredRow) -> dict[str, str] | None:
    return {"system": row.external_system, "id": row.external_id or ""} if row.external_system else None


def desk_summary_of(row: StoredRow, related: Relations, settings: Settings, now: datetime) -> dict[str, object]:
    """An article in the desk's list."""
    return {**summary_of(row, related, settings, now), **_at_desk(row, now)}


def _at_desk(row: StoredRow, now: datetime) -> dict[str, object]:
    return {
        "status": status_of(row, now),
        "external_id": external_of(row),
        "member_id": row.member_id,
        "created_at": row.created_at,
        "saved_at": row.saved_at,
        "embargo_until": row.embargo_until,
    }


def desk_of(
    row: Article,
    related: Relations,
    body: ArticleBody | None,
    corrections: Iterable[CorrectionRow],
    warnings: Sequence[Mapping[str, object]],
    settings: Settings,
    now: datetime,
) -> dict[str, object]:
    """A single article for the desk: its body is whole even if it is paid."""
    shown = (
        body_of(row, None, related, settings)
        if body is None
        else shown_body(body, row.language, related.pictures, settings)
    )
    return {
        **_whole(row, related, shown, row.media, corrections, settings, now),
        **_at_desk(row, now),
        "body_source": body.source if body is not None else "",
        "body_format": body.format if body is not None else "html",
        "slug_by_hand": row.slug_by_hand,
        "comments_mode": row.comments_mode,
        "withdrawn_at": row.withdrawn_at,
        "withdrawn_reason": row.withdrawn_reason,
        "withdrawn_cause": row.withdrawn_cause,
        "withdrawn_mandatory": row.withdrawn_mandatory,
        "note": row.note,
        "contributors": row.contributors,
        "share_early": row.share_early,
        "editorial_note": row.editorial_note,
        "warnings": warnings,
    }

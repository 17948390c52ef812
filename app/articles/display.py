"""The member `display` of an article: dates, times and the reading time as text in one locale."""

from __future__ import annotations

from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

from app.articles.rows import ListedRow
from app.settings import Settings
from app.text.dates import HIJRI_CALENDAR, format_moment
from app.text.locales import Locale, locale_of
from app.text.reading import reading_time


def display_of(row: ListedRow, settings: Settings, tag: str) -> dict[str, object]:
    """The member `display` for `display=<tag>`.

    Neither relative times ("an hour ago") nor anything about the client: a cached answer must stay true.
    """
    locale, zone = locale_of(tag), ZoneInfo(settings.timezone)
    return {
        "locale": locale.tag,
        "direction": locale.direction,
        "published": _moment_of(row.published_at, zone, locale) if row.published_at else None,
        "updated": _moment_of(row.updated_at, zone, locale),
        "reading_time": reading_time(row.reading_minutes, locale),
    }


def _moment_of(moment: str, zone: tzinfo, locale: Locale) -> dict[str, object]:
    shown = format_moment(datetime.fromisoformat(moment), zone, locale)
    hijri = {"date": shown.hijri, "calendar": HIJRI_CALENDAR} if shown.hijri else None
    return {"date": shown.date, "time": shown.time, "text": shown.text, "hijri": hijri}

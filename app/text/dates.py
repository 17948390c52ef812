"""Format a moment for a locale: weekday, date, time, and the Hijri date.

Sources: CLDR for names and order (`calendars.py`), the Umm al-Qura calendar of Saudi Arabia (1343 to 1500 AH) for Hijri
dates. In countries that sight the crescent the month may begin a day earlier or later.
"""

from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from functools import lru_cache

from hijridate import Gregorian

from app.text.calendars import BEFORE_TIME, DATES, FIRST_DAYS, HIJRI_DATES, HIJRI_MONTHS, MONTHS, WEEKDAYS
from app.text.locales import Locale

HIJRI_CALENDAR = "islamic-umalqura"  # its name in BCP 47 (`-u-ca-…`)


@dataclass(frozen=True)
class FormattedMoment:
    """A formatted moment. `hijri` is None outside the range of the calendar, 1924-08-01 to 2077-11-16."""

    date: str
    time: str
    text: str
    hijri: str | None


def format_moment(moment: datetime, zone: tzinfo, locale: Locale) -> FormattedMoment:
    """Format an aware moment for `locale` in the time zone `zone`, with a 24-hour clock.

    Raises OverflowError within a day of the years 1 and 9999.
    """
    local = moment.astimezone(zone)
    day = format_day(local.date(), locale)
    time = locale.localise_digits(f"{local.hour:02}:{local.minute:02}")
    return FormattedMoment(day, time, day + locale.of(BEFORE_TIME) + time, format_hijri(local.date(), locale))


@lru_cache(maxsize=2048)
def format_day(day: date, locale: Locale) -> str:
    """Format a Gregorian date with its weekday: "الاثنين 23 تشرين الثاني 2026"."""
    weekday, month = locale.of(WEEKDAYS)[day.weekday()], locale.of(MONTHS)[day.month - 1]
    return locale.of(DATES).format(
        weekday=weekday, day=_day_number(day.day, locale), month=month, year=locale.localise_digits(str(day.year))
    )


@lru_cache(maxsize=2048)
def format_hijri(day: date, locale: Locale) -> str | None:
    """Format the Hijri date of a Gregorian day: "6 ربيع الأول 1439 هـ"; None outside the calendar's range."""
    try:
        hijri = Gregorian.fromdate(day).to_hijri()
    except OverflowError:
        return None
    return locale.of(HIJRI_DATES).format(
        day=_day_number(hijri.day, locale),
        month=locale.of(HIJRI_MONTHS)[hijri.month - 1],
        year=locale.localise_digits(str(hijri.year)),
    )


def _day_number(day: int, locale: Locale) -> str:
    return locale.localise_digits(FIRST_DAYS.get(locale.language, "1") if day == 1 else str(day))

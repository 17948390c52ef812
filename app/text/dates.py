"""How does a reader's language write a moment: weekday, date and time, and the Hijri date?

Sources: CLDR for names and order (`calendars.py`), the Umm al-Qura calendar of Saudi Arabia (1343 to 1500 AH) for Hijri
dates. Where the crescent is sighted instead the month may begin a day earlier or later.
"""

from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from functools import lru_cache

from hijridate import Gregorian

from app.text.calendars import COMMAS, DATES, FIRST_DAYS, HIJRI_DATES, HIJRI_MONTHS, MONTHS, WEEKDAYS
from app.text.locales import Locale

HIJRI_CALENDAR = "islamic-umalqura"  # its name in BCP 47 (`-u-ca-…`)


@dataclass(frozen=True)
class Written:
    """A moment in words. `hijri` is None outside the years of the calendar, 1924-08-01 to 2077-11-16."""

    date: str
    time: str
    text: str
    hijri: str | None


def written(moment: datetime, zone: tzinfo, locale: Locale) -> Written:
    """Return an aware moment as `locale` writes it, on the calendar and the clock (24 hours) of `zone`.

    Raises OverflowError within a day of the years 1 and 9999.
    """
    local = moment.astimezone(zone)
    day = written_day(local.date(), locale)
    time = locale.written(f"{local.hour:02}:{local.minute:02}")
    return Written(day, time, day + locale.of(COMMAS) + time, written_hijri(local.date(), locale))


@lru_cache(maxsize=2048)
def written_day(day: date, locale: Locale) -> str:
    """Return a Gregorian date with its weekday: "الاثنين 23 تشرين الثاني 2026"."""
    weekday, month = locale.of(WEEKDAYS)[day.weekday()], locale.of(MONTHS)[day.month - 1]
    return locale.of(DATES).format(
        weekday=weekday, day=_number_of_day(day.day, locale), month=month, year=locale.written(str(day.year))
    )


@lru_cache(maxsize=2048)
def written_hijri(day: date, locale: Locale) -> str | None:
    """Return the Hijri date of a Gregorian day: "6 ربيع الأول 1439 هـ". None outside the calendar."""
    try:
        hijri = Gregorian.fromdate(day).to_hijri()
    except OverflowError:
        return None
    return locale.of(HIJRI_DATES).format(
        day=_number_of_day(hijri.day, locale),
        month=locale.of(HIJRI_MONTHS)[hijri.month - 1],
        year=locale.written(str(hijri.year)),
    )


def _number_of_day(day: int, locale: Locale) -> str:
    return locale.written(FIRST_DAYS.get(locale.language, "1") if day == 1 else str(day))

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.text.calendars import BEFORE_TIME, DATES, HIJRI_DATES, HIJRI_MONTHS, MONTHS, WEEKDAYS
from app.text.dates import format_day, format_hijri, format_moment
from app.text.locales import locale_of

DAMASCUS = ZoneInfo("Asia/Damascus")
MONDAY = date(2026, 11, 23)
TAGS = st.sampled_from(["ar", "ar-SY", "ar-TN", "ar-MA-u-nu-arab", "fa-AF", "ur", "ckb", "ku", "tr", "fr", "en", "he"])


@pytest.mark.parametrize(
    ("tag", "day"),
    [
        ("ar", "الاثنين 23 نوفمبر 2026"),
        ("ar-SY", "الاثنين 23 تشرين الثاني 2026"),
        ("ar-LB", "الاثنين 23 تشرين الثاني 2026"),
        ("ar-IQ", "الاثنين 23 تشرين الثاني 2026"),
        ("ar-EG", "الاثنين 23 نوفمبر 2026"),
        ("ar-SA", "الاثنين 23 نوفمبر 2026"),
        ("ar-SD", "الاثنين 23 نوفمبر 2026"),
        ("ar-MA", "الاثنين 23 نونبر 2026"),
        ("ar-EG-u-nu-arab", "الاثنين ٢٣ نوفمبر ٢٠٢٦"),
        ("fa", "دوشنبه 23 نوامبر 2026"),
        ("fa-AF-u-nu-arabext", "دوشنبه ۲۳ نومبر ۲۰۲۶"),
        ("ur", "پیر، 23 نومبر، 2026"),
        ("ckb", "دووشەممە، 23ی تشرینی دووەمی 2026"),
        ("ku", "duşem, 23ê mijdara 2026an"),
        ("tr", "23 Kasım 2026 Pazartesi"),
        ("fr", "lundi 23 novembre 2026"),
        ("en", "Monday, November 23, 2026"),
        ("en-US", "Monday, November 23, 2026"),
        ("en-GB", "Monday 23 November 2026"),
        ("zh", "Monday, November 23, 2026"),
    ],
)
def test_a_day_is_written_as_its_country_does(tag: str, day: str) -> None:
    assert format_day(MONDAY, locale_of(tag)) == day


@pytest.mark.parametrize(
    ("country", "months"),
    [
        ("SY", "كانون الثاني شباط آذار نيسان أيار حزيران تموز آب أيلول تشرين الأول تشرين الثاني كانون الأول"),
        ("EG", "يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر"),
        ("DZ", "جانفي فيفري مارس أفريل ماي جوان جويلية أوت سبتمبر أكتوبر نوفمبر ديسمبر"),
        ("MA", "يناير فبراير مارس أبريل ماي يونيو يوليوز غشت شتنبر أكتوبر نونبر دجنبر"),
        ("MR", "يناير فبراير مارس إبريل مايو يونيو يوليو أغشت شتمبر أكتوبر نوفمبر دجمبر"),
    ],
)
def test_arabic_months_go_by_country(country: str, months: str) -> None:
    days = [format_day(date(2026, month, 2), locale_of(f"ar-{country}")) for month in range(1, 13)]
    assert " ".join(day.partition(" 2 ")[2].removesuffix(" 2026") for day in days) == months


def test_weekdays_follow_one_another() -> None:
    week = [format_day(MONDAY + timedelta(days=n), locale_of("ar")).partition(" ")[0] for n in range(7)]
    assert week == ["الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت", "الأحد"]


def test_french_counts_the_first_day_as_the_first() -> None:
    assert format_day(date(2026, 6, 1), locale_of("fr")) == "lundi 1er juin 2026"
    assert format_day(date(2026, 6, 11), locale_of("fr")) == "jeudi 11 juin 2026"


@pytest.mark.parametrize(
    ("day", "hijri"),
    [
        (date(2017, 11, 24), "6 ربيع الأول 1439 هـ"),
        (MONDAY, "13 جمادى الآخرة 1448 هـ"),
        (date(1924, 8, 1), "1 محرم 1343 هـ"),
        (date(2077, 11, 16), "30 ذو الحجة 1500 هـ"),
        (date(1924, 7, 31), None),
        (date(2077, 11, 17), None),
    ],
)
def test_hijri_dates_are_those_of_umm_al_qura(day: date, hijri: str | None) -> None:
    assert format_hijri(day, locale_of("ar-SY")) == hijri


@pytest.mark.parametrize(
    ("tag", "hijri"),
    [
        ("ar-EG-u-nu-arab", "٦ ربيع الأول ١٤٣٩ هـ"),
        ("fa", "6 ربیع\u200cالاول 1439 ه\u200d.ق."),
        ("ur", "6 ربیع الاول، 1439 ہجری"),
        ("ckb", "6ی ڕەبیعی یەکەمی 1439ی کۆچی"),
        ("ku", "6 rebîʿulewel 1439 Hicrî"),
        ("tr", "Hicri 6 Rebiülevvel 1439"),
        ("fr", "6 rabia al awal 1439 de l’hégire"),
        ("en-GB", "6 Rabi al-Awwal 1439 AH"),
    ],
)
def test_hijri_dates_are_said_in_every_language(tag: str, hijri: str) -> None:
    assert format_hijri(date(2017, 11, 24), locale_of(tag)) == hijri


def test_the_day_is_the_one_of_the_zone() -> None:
    """One moment is the last of a month and of a year here, the first of the next there."""
    moment = datetime(2026, 12, 31, 22, 5, tzinfo=UTC)
    arabic = locale_of("ar-SY")
    here, there = format_moment(moment, DAMASCUS, arabic), format_moment(moment, ZoneInfo("America/New_York"), arabic)
    assert (here.text, here.hijri) == ("الجمعة 1 كانون الثاني 2027، 01:05", "23 رجب 1448 هـ")
    assert (there.text, there.hijri) == ("الخميس 31 كانون الأول 2026، 17:05", "22 رجب 1448 هـ")
    assert (there.date, there.time) == ("الخميس 31 كانون الأول 2026", "17:05")


def test_the_time_has_the_digits_of_the_locale() -> None:
    moment = datetime(2026, 11, 23, 18, 4, tzinfo=UTC)
    assert format_moment(moment, DAMASCUS, locale_of("ar-EG-u-nu-arab")).text == "الاثنين ٢٣ نوفمبر ٢٠٢٦، ٢١:٠٤"
    assert format_moment(moment, DAMASCUS, locale_of("en-GB")).text == "Monday 23 November 2026, 21:04"
    assert format_moment(moment, DAMASCUS, locale_of("fr")).text == "lundi 23 novembre 2026 à 21:04"


@given(
    st.integers(-2_208_988_800, 4_133_980_799).map(lambda second: datetime.fromtimestamp(second, UTC)),  # 1900 to 2100
    st.timezones(),
    TAGS | st.text(max_size=12) | st.from_regex(r"[a-z]{2,3}(-[A-Z]{2})?(-u-nu-[a-z]{4})?", fullmatch=True),
)
def test_every_moment_can_be_written_in_every_locale(moment: datetime, zone: ZoneInfo, tag: str) -> None:
    locale, local = locale_of(tag), moment.astimezone(zone)
    found = format_moment(moment, zone, locale)
    assert found.text.startswith(found.date)
    assert found.text.endswith(found.time)
    assert locale.localise_digits(str(local.year)) in found.date
    assert (found.hijri is None) != (date(1924, 8, 1) <= local.date() <= date(2077, 11, 16))


def test_every_language_has_every_word() -> None:
    assert all(set(table) >= set(WEEKDAYS) for table in (MONTHS, HIJRI_MONTHS, DATES, HIJRI_DATES, BEFORE_TIME))
    for table, length in ((MONTHS, 12), (HIJRI_MONTHS, 12), (WEEKDAYS, 7)):
        for name, words in table.items():
            assert len(words) == len(set(words)) == length, name
            assert all(word == word.strip() != "" for word in words), name

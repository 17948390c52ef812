import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.text.locales import ENGLISH, locale_of, plural_form

LETTERS = st.text(st.sampled_from("abcdefghijklmnopqrstuvwxyz0123456789-_ ًعé"), max_size=30)


@pytest.mark.parametrize(
    ("tag", "language", "country", "digits"),
    [
        ("ar", "ar", "", "latn"),
        ("ar-SY", "ar", "sy", "latn"),
        ("AR-sy", "ar", "sy", "latn"),
        ("ar-Arab-SY", "ar", "sy", "latn"),
        ("ar-EG-u-nu-arab", "ar", "eg", "arab"),
        ("fa-u-ca-gregory-nu-arabext", "fa", "", "arabext"),
        ("ar-u-nu-latn", "ar", "", "latn"),
        ("ar-u-nu-thai", "ar", "", "latn"),
        ("ar-x-u-nu-arab", "ar", "", "latn"),
        ("ar-t-en-u-nu-arab", "ar", "", "arab"),
        ("en-US", "en", "us", "latn"),
        ("apc", "ar", "sy", "latn"),
        ("ary-EH", "ar", "eh", "latn"),
        ("prs", "fa", "af", "latn"),
        ("kmr", "ku", "", "latn"),
        ("ku-Arab", "ckb", "", "latn"),
        ("ku-IQ", "ckb", "iq", "latn"),
    ],
)
def test_a_tag_names_the_words_and_the_digits(tag: str, language: str, country: str, digits: str) -> None:
    locale = locale_of(tag)
    assert (locale.tag, locale.language, locale.country, locale.digits) == (tag, language, country, digits)


@pytest.mark.parametrize("tag", ["he", "zh-Hant-TW", "ar-Latn", "tr-Arab", "en-Arab", "kmr-Arab", "x-ar", "", "!"])
def test_what_has_no_words_here_is_said_in_english(tag: str) -> None:
    assert locale_of(tag) == ENGLISH
    assert locale_of(tag).direction == "ltr"


@pytest.mark.parametrize(("tag", "expected"), [("ar-SY", "rtl"), ("ku-IQ", "rtl"), ("ku", "ltr"), ("fr", "ltr")])
def test_a_locale_runs_as_its_words_do(tag: str, expected: str) -> None:
    assert locale_of(tag).direction == expected


@given(LETTERS)
def test_asking_for_a_locale_never_fails(tag: str) -> None:
    assert locale_of(tag).localise_digits("0123456789").isdecimal()


def test_digits_are_those_of_the_locale() -> None:
    assert locale_of("ar-u-nu-arab").localise_digits("10:59، 2346780") == "١٠:٥٩، ٢٣٤٦٧٨٠"
    assert locale_of("fa-u-nu-arabext").localise_digits("1023456789") == "۱۰۲۳۴۵۶۷۸۹"


def test_arabic_counts_one_two_few_and_more() -> None:
    arabic = locale_of("ar")
    forms = {count: plural_form(count, arabic) for count in (1, 2, 3, 10, 11, 99, 100, 101, 102, 103, 110, 111, 202)}
    assert [count for count, form in forms.items() if form == "few"] == [3, 10, 103, 110]
    assert [count for count, form in forms.items() if form in {"one", "two"}] == [1, 2]
    assert {plural_form(count, locale_of("en")) for count in range(2, 200)} == {"other"}

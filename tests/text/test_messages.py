import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.text import messages
from app.text.messages import LANGUAGES, Catalogue, language_with, message, negotiate
from tests.growth import assert_linear


def test_values_are_put_in_place_and_isolated() -> None:
    assert message("fault.too_short", "en", {"min": 3}) == "Too short. At least \u20683\u2069 characters."
    assert "\u2068COVID-19\u2069" in message("fault.not_found", "ar", {"value": "COVID-19"})


def test_a_value_can_neither_leave_its_isolate_nor_break_the_line() -> None:
    said = message("fault.not_found", "en", {"value": "a\u2069\u202e\x00\r\nb\ud800"})
    assert said.endswith("\u2068a b\u2069.")


def test_a_value_is_cut_to_two_hundred_characters() -> None:
    assert message("fault.not_found", "en", {"value": "x" * 10**6}).count("x") == 200


def test_a_value_that_looks_like_a_placeholder_is_not_filled_in() -> None:
    assert "{max}" in message("fault.too_long", "en", {"actual": "{max}", "max": 5})


def test_a_value_that_is_not_given_shows_as_an_ellipsis() -> None:
    assert message("fault.too_short", "en") == "Too short. At least \u2068…\u2069 characters."


def test_a_regional_language_speaks_its_language() -> None:
    assert message("state.draft", "ar-SY") == message("state.draft", "AR") == "مسودّة"


def test_an_unknown_language_gets_english_and_an_unknown_key_itself() -> None:
    assert message("state.draft", "tlh") == message("state.draft", "") == "Draft"
    assert message("no.such_key", "ar") == "no.such_key"


def test_what_a_third_language_lacks_is_said_in_english(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(messages._CATALOGUES, "tr", Catalogue.of({"state.draft": "Taslak"}))
    monkeypatch.setitem(messages._BY_LOWER_CASE, "tr", "tr")
    assert message("state.draft", "tr") == "Taslak"
    assert message("state.published", "tr") == "Published"
    assert message("fault.too_many", "tr", {"max": 1}) == "Too many. At most one item."
    assert language_with(["state.draft"], "tr") == "tr"
    assert language_with(["state.draft", "state.published"], "tr") == "en"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "ar"),
        ("", "ar"),
        ("en", "en"),
        ("EN-gb", "en"),
        ("ar-SY,en;q=0.5", "ar"),
        ("en;q=0.5,ar-SY", "ar"),
        ("en-US;q=0.8,ar;q=0.9", "ar"),
        ("en;q=0.9,ar;q=0.90", "en"),
        ("tr, de;q=0.9", "ar"),
        ("tr, en;q=0.1", "en"),
        ("*", "ar"),
        ("en;q=0, *", "ar"),
        ("ar;q=0, *", "en"),
        ("ar;q=0, tr", "en"),
        ("ar;q=0", "en"),
        ("ar-SY;q=0, ar", "ar"),
        ("en;q=0, en-GB", "ar"),
        ("ar;q=0.1, *;q=0.9", "en"),
        ("*;q=0", "ar"),
        ("*;q=0, en;q=0.1", "en"),
        ("en-x-foo", "en"),
        ("zh-Hant-TW, en ; q = 0.3", "en"),
        ("fr-CA, fr;q=0.9, en;q=0.8", "fr"),
        ("en;q=2", "ar"),
        ("en;q=abc, ;;, ,!!", "ar"),
        ("en_US", "ar"),
        ("عربي", "ar"),
    ],
)
def test_the_language_follows_the_header(header: str | None, language: str) -> None:
    assert negotiate(header, "ar") == language


def test_a_default_without_messages_of_its_own_gives_english() -> None:
    assert negotiate("de", "tr") == "en"
    assert negotiate("ar", "tr") == "ar"
    assert negotiate("*;q=0", "tr") == "en"


@given(st.text() | st.text(st.sampled_from("aren-*;q=01.,_ \t\x00ا")))
def test_no_header_makes_negotiation_fail(header: str) -> None:
    assert negotiate(header, "ar") in LANGUAGES


@pytest.mark.parametrize("unit", ["a", "a-", ",", "en;q=", " ", "*", "-ab", "en;q=0.5,", "x1;q=0.1, ", ";q=0"])
def test_a_huge_header_is_never_slow(unit: str) -> None:
    assert_linear(lambda size: negotiate("en" + unit * (size // len(unit)), "ar"), 100_000)

"""Which form a number takes, held against the samples that CLDR gives with its rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.text.messages import _CATALOGUES, Catalogue, message
from app.text.plurals import CATEGORIES, category, rules

ARABIC, ENGLISH = _CATALOGUES["ar"].rules, _CATALOGUES["en"].rules

# The integer samples of CLDR's plurals.xml.
ARABIC_SAMPLES = {
    "zero": [0],
    "one": [1],
    "two": [2],
    "few": [*range(3, 11), *range(103, 111), 1003],
    "many": [*range(11, 27), 111, 1011],
    "other": [*range(100, 103), *range(200, 203), *range(300, 303), 400, 500, 1000, 10_000, 100_000, 1_000_000],
}
POLISH = {
    "one": "i = 1 and v = 0 @integer 1",
    "few": "v = 0 and i % 10 = 2..4 and i % 100 != 12..14 @integer 2~4, 22~24, 32~34, 102, 1002, …",
    "many": "v = 0 and i != 1 and i % 10 = 0..1 or v = 0 and i % 10 = 5..9 or v = 0 and i % 100 = 12..14 @integer 0, …",
    "other": " @decimal 0.0~1.5, 10.0, …",
}
POLISH_SAMPLES = {"one": [1], "few": [2, 4, 22, 34, 102], "many": [0, 5, 11, 12, 14, 19, 21, 100, 112]}
BRETON = {
    "one": "n % 10 = 1 and n % 100 != 11,71,91",
    "two": "n % 10 = 2 and n % 100 != 12,72,92",
    "few": "n % 10 = 3..4,9 and n % 100 != 10..19,70..79,90..99",
    "many": "n != 0 and n % 1000000 = 0",
}
BRETON_SAMPLES = {
    "one": [1, 21, 81, 101],
    "two": [2, 22],
    "few": [3, 9, 24, 103],
    "many": [1_000_000],
    "other": [0, 11, 71, 73],
}
FRENCH = {"one": "i = 0,1", "many": "e = 0 and i != 0 and i % 1000000 = 0 and v = 0 or e != 0..5"}
FRENCH_SAMPLES = {"one": [0, 1], "many": [1_000_000, 2_000_000], "other": [2, 16, 100, 1_000_001]}


@pytest.mark.parametrize(
    ("spoken", "samples"),
    [
        (ARABIC, ARABIC_SAMPLES),
        (ENGLISH, {"one": [1], "other": [0, 2, 11, 21, 100, 101]}),
        (rules(POLISH), POLISH_SAMPLES),
        (rules(BRETON), BRETON_SAMPLES),
        (rules(FRENCH), FRENCH_SAMPLES),
        (rules({}), {"other": [0, 1, 2, 5]}),
    ],
    ids=["ar", "en", "pl", "br", "fr", "ja"],
)
def test_numbers_take_the_form_that_cldr_says(spoken: dict[str, object], samples: dict[str, list[int]]) -> None:
    for expected, numbers in samples.items():
        assert {number: category(number, spoken) for number in numbers} == dict.fromkeys(numbers, expected)  # type: ignore[arg-type]  # rules


@given(st.integers())
def test_every_number_has_one_form_whatever_its_sign(number: int) -> None:
    assert sum(holds(abs(number)) for holds in ARABIC.values()) <= 1
    assert category(number, ARABIC) == category(-number, ARABIC)
    assert category(number, ARABIC) in CATEGORIES


@pytest.mark.parametrize(
    "rule", ["", "n", "n = ", "x = 1", "n = 1..", "n == 1", "n = 1 and", "n % 0 = 1", "n = ١", "1 = n"]
)
def test_what_is_no_rule_is_refused(rule: str) -> None:
    with pytest.raises(ValueError, match="not a plural rule"):
        rules({"one": rule})


def test_what_is_no_category_is_refused() -> None:
    with pytest.raises(ValueError, match="not a plural category: lots"):
        rules({"lots": "n = 1"})


ARABIC_LIMITS = [
    (0, "النصّ طويل. لا يجوز أن يكون فيه أيّ محرف، وعدد محارفه 7."),
    (1, "النصّ طويل. الحدّ الأقصى محرف واحد، وعدد محارفه 7."),
    (2, "النصّ طويل. الحدّ الأقصى محرفان، وعدد محارفه 7."),
    (3, "النصّ طويل. الحدّ الأقصى 3 محارف، وعدد محارفه 7."),
    (10, "النصّ طويل. الحدّ الأقصى 10 محارف، وعدد محارفه 7."),
    (11, "النصّ طويل. الحدّ الأقصى 11 محرفًا، وعدد محارفه 7."),
    (80, "النصّ طويل. الحدّ الأقصى 80 محرفًا، وعدد محارفه 7."),
    (100, "النصّ طويل. الحدّ الأقصى 100 محرف، وعدد محارفه 7."),
    (102, "النصّ طويل. الحدّ الأقصى 102 محرف، وعدد محارفه 7."),
    (5003, "النصّ طويل. الحدّ الأقصى 5003 محارف، وعدد محارفه 7."),
]


@pytest.mark.parametrize(("most", "said"), ARABIC_LIMITS)
def test_arabic_counts_in_all_six_forms(most: int, said: str) -> None:
    assert plain(message("fault.too_long", "ar", {"max": most, "actual": 7})) == said


def test_english_counts_in_both_forms() -> None:
    assert message("fault.too_few", "en", {"min": 1}) == "Too few. At least one item."
    assert plain(message("fault.too_few", "en", {"min": 20})) == "Too few. At least 20 items."
    assert plain(message("fault.too_few", "en-GB", {"min": 0})) == "Too few. At least 0 items."


@pytest.mark.parametrize("value", ["1", 1.0, None])
def test_what_is_no_whole_number_takes_the_general_form(value: object) -> None:
    assert plain(message("fault.too_few", "en", {"min": value})) == f"Too few. At least {value} items."


@pytest.mark.parametrize("told", [{"other": "x"}, {"by": "max", "one": "x"}, {"by": "max", "other": "x", "lots": "x"}])
def test_a_malformed_plural_message_is_refused_when_it_is_read(told: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"fault\.x: a plural message has"):
        Catalogue.of({"fault.x": told})


def plain(said: str) -> str:
    """Without the isolates around values."""
    return said.replace("\u2068", "").replace("\u2069", "")

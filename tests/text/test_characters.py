import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.text.characters import (
    clean_line,
    clean_prose,
    clusters,
    count_refused,
    graphemes,
    identity_fold,
    is_blank,
    name_faults,
    normalise,
)
from tests.growth import assert_linear

SCOTLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f"
FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"

ANY_TEXT = st.text(st.characters(exclude_categories=()))  # lone surrogates too
LIVELY_TEXT = st.text(
    st.sampled_from("aÉßİσΣ أآهة ىيکگـًَُّ٠۱२ٱﷺﻼｶﾞ각ᄀ\u1161\u0301\u0345\u0f73\u200b\u200c\u200d\u200e\u202e\ufeff \n\r\t-")
)


def test_prose_is_stored_composed() -> None:
    assert clean_prose("e\u0301 \u0627\u0654") == "é أ"


@pytest.mark.parametrize("end", ["\r\n", "\r", "\x0b", "\x0c", "\x85"])
def test_every_kind_of_line_end_becomes_a_line_feed(end: str) -> None:
    assert clean_prose(f"أول{end}ثان") == "أول\nثان"


@pytest.mark.parametrize(
    "character",
    [
        *"\x00\x08\x0e\x1f\x7f\x80\x9f\u00ad\ufeff\ufffe\uffff\ufdd0\U0001fffe\U0010ffff\ud800\udfff",
        *"\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
        *"\U000e0001\U000e0041\U000e007f",
    ],
)
def test_what_no_text_may_hold_is_removed_and_counted(character: str) -> None:
    assert clean_prose(f"سو{character}ريا") == "سوريا"
    assert count_refused(f"سو{character}ريا{character}") == 2


@pytest.mark.parametrize(
    "text", ["\u200e\u200f\u061c", "می\u200cخواهم", FAMILY, SCOTLAND, "a  b   c", "بيـــان", "سَارَة", "\t\n"]
)
def test_marks_joiners_spaces_tatweel_and_flags_stay_in_prose(text: str) -> None:
    assert clean_prose(text) == text
    assert count_refused(text) == 0


@given(ANY_TEXT | LIVELY_TEXT)
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    assert clean_prose(clean_prose(text)) == clean_prose(text)
    assert clean_line(clean_line(text)) == clean_line(text)


@given(ANY_TEXT)
def test_clean_text_can_always_be_encoded_and_written_as_xml(text: str) -> None:
    clean = clean_prose(text)
    clean.encode()
    assert not {character for character in clean if ord(character) < 32} - {"\t", "\n"}


def test_a_line_has_no_breaks_and_bare_ends_but_keeps_its_double_spaces() -> None:
    assert clean_line("\u00a0 عاجل:\r\n\tسوريا  اليوم\u2028\u2029غدًا \u3000") == "عاجل: سوريا  اليوم غدًا"


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \t\n\u00a0\u3000\u1680",
        "\u200b\u200c\u200d\u200e\u200f\u061c\u2060\ufeff",
        "\u115f\u1160\u3164\uffa0",
        "ـــ",
        "\u064b\u0301\u20dd",
        "\u2800",
        "\x00\x1f\x85",
        "\u00ad\u034f\u180e\ufe0f",
        "\ue000\ud800\u0378\U000e0041",
        "\u202e\u2066\u2069",
    ],
)
def test_text_that_draws_nothing_is_blank(text: str) -> None:
    assert is_blank(text)


@pytest.mark.parametrize("text", ["ا", ".", "\u200f.", "👍", "٠", "ﷺ", "ـا"])
def test_text_with_anything_to_see_is_not_blank(text: str) -> None:
    assert not is_blank(text)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("abc", 3),
        ("a\r\nb", 3),
        ("سَارَة", 4),
        (FAMILY, 1),
        (SCOTLAND, 1),
        ("🇸🇾🇱🇧🇯", 3),
        ("नमस्ते", 3),
        ("e\u0301", 1),
    ],
)
def test_graphemes_are_what_a_reader_counts(text: str, count: int) -> None:
    assert graphemes(text) == count
    assert len(list(clusters(text))) == count


@given(st.text(st.sampled_from("a\u0301🇸🇾🇱\u200d👍\r\n\u0600")))
def test_the_clusters_of_a_text_are_that_text(text: str) -> None:
    assert "".join(clusters(text)) == text
    assert len(list(clusters(text))) == graphemes(text)


@pytest.mark.parametrize(
    "name",
    [
        "سَارَة",
        "O'Brien",
        "नमस्ते",
        "می\u200cخواهم",
        "Jean-Luc Ó Súilleabháin",
        "BBC عربي",
        "山田さん",
        "Tシャツ",
        "한국",
        "ශ්\u200dරී ලංකා",
        f"{FAMILY} family",
        "❤\ufe0f حب",
        "4\ufe0f\u20e3 PM",
        "مُحَمَّدٌ",
        "မြွှောင့်",
        "COVID-19",
        "G20",
        "٢٠٢٤",
        "٢٠٢٤ 2024",
        "الأمن24",
        "الأمن٢٤",
        "0123456789",
        "٠١٢٣٤٥٦٧٨٩",
        "²4",
    ],
)
def test_real_names_have_no_fault(name: str) -> None:
    assert name_faults(name) == []


@pytest.mark.parametrize(
    "character",
    "\u200b\u200e\u200f\u061c\u202e\u2066\u2069\u2060\ufeff\u00ad\u034f\u3164\u180e\ufe0f\u200d\u200c\u2800\x00\n\u2028",
)
def test_invisible_characters_are_refused_in_names(character: str) -> None:
    assert name_faults(f"ab{character}cd") == ["invisible_characters"]


@pytest.mark.parametrize(
    "name", ["\u200cسارة", "سارة\u200c", "سا\u200c\u200cرة", "س\u200c1", "👍\u200d a", "👍\ufe0f\ufe0f a"]
)
def test_joiners_are_refused_where_they_join_nothing(name: str) -> None:
    assert name_faults(name) == ["invisible_characters"]


@pytest.mark.parametrize("name", ["аdmin", "αlpha", "BBCعربي", "aא", "ивaн", "प्रem"])
def test_scripts_may_not_mix_inside_a_word(name: str) -> None:
    assert name_faults(name) == ["mixed_scripts"]


@pytest.mark.parametrize("name", ["٢٠24", "٢۰", "G٢0", "٢-0", "قناة 9٩", "1\u0967", "𝟏1"])
def test_a_word_of_a_name_has_digits_of_one_system(name: str) -> None:
    assert name_faults(name) == ["mixed_digits"]


@pytest.mark.parametrize("base", ["ي", "Z", "é"])
def test_five_marks_on_a_letter_are_too_many(base: str) -> None:
    already = len(unicodedata.normalize("NFD", base)) - 1
    assert name_faults(base + "\u0301" * (4 - already)) == []
    assert name_faults(base + "\u0301" * (5 - already)) == ["too_many_marks"]


@pytest.mark.parametrize("name", ["", "...", "👍", "ـ", "—"])
def test_a_name_needs_a_letter_or_a_digit(name: str) -> None:
    assert name_faults(name) == ["no_letters"]


def test_the_faults_of_a_name_come_in_one_order() -> None:
    assert name_faults("\u202e" + "." + "\u0301" * 5) == ["invisible_characters", "too_many_marks", "no_letters"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("الأمن يُحبط", "الأمن يحبط"),
        ("بيـــان", "بيان"),
        ("ﺳﻮرﻳﺎ", "سوريا"),
        ("٢٠٢٤", "2024"),
        ("۲۰۲۴", "２０２４"),
        ("Straße", "STRASSE"),
        ("İstanbul", "i̇stanbul"),
        ("سو\u200bري\u200fا", "سوريا"),
        ("رئیس\u200cجمهور", "رئیس  جمهور"),
        ("ا\u0654", "أ"),
        ("الرحمٰن", "الرحمن"),
        (" a\u00a0b ", "A B"),
    ],
)
def test_names_that_read_the_same_fold_to_the_same(one: str, other: str) -> None:
    assert identity_fold(one) == identity_fold(other)


@pytest.mark.parametrize(("one", "other"), [("أ", "ا"), ("ة", "ه"), ("ى", "ي"), ("é", "e"), ("कि", "क"), ("ab", "a b")])
def test_letters_that_differ_stay_apart(one: str, other: str) -> None:
    assert identity_fold(one) != identity_fold(other)


@given(ANY_TEXT | LIVELY_TEXT)
def test_folding_twice_is_folding_once(text: str) -> None:
    assert identity_fold(identity_fold(text)) == identity_fold(text)


@given(st.text(st.sampled_from("aक\u0315\u0300\u0327\u0f73\uff9e\u3099\u0344\u0653\uac00"), max_size=200))
def test_long_runs_of_marks_normalise_as_unicode_says(text: str) -> None:
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert normalise(text, form) == unicodedata.normalize(form, text)


@pytest.mark.parametrize("read", [clean_prose, clean_line, graphemes, name_faults, identity_fold, is_blank])
@pytest.mark.parametrize(
    "unit",
    [
        "\u0315\u0300",
        "\u0f73",
        "\uff9e\u0300",
        "\U0001f1e6",
        "👍\u200d",
        "ا\u200c",
        "\u064b\u200c",
        "\U000e0041",
        "Σ'",
        "\n\t",
    ],
)
def test_a_hostile_run_takes_no_longer_than_its_length(read: Callable[[str], object], unit: str) -> None:
    assert_linear(lambda size: read("a" + unit * (size // len(unit))), 100_000)

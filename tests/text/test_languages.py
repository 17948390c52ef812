import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.text.languages import canonical_language, direction, first_strong_direction


@pytest.mark.parametrize(
    ("tag", "canonical"),
    [
        ("AR", "ar"),
        ("ar-sa", "ar-SA"),
        ("ZH-HANT-tw", "zh-Hant-TW"),
        ("de-ch-1996", "de-CH-1996"),
        ("es-419", "es-419"),
        ("sl-rozaj-biske", "sl-rozaj-biske"),
        ("zh-CMN-hans", "cmn-Hans"),
        ("ar-U-NU-ARAB", "ar-u-nu-arab"),
        ("EN-ca-X-CA-Latn", "en-CA-x-ca-latn"),
        ("X-AR", "x-ar"),
        ("EN-GB-OED", "en-GB-oxendict"),
        ("I-Klingon", "tlh"),
        ("sgn-be-fr", "sfb"),
    ],
)
def test_a_tag_is_stored_in_its_canonical_case(tag: str, canonical: str) -> None:
    assert canonical_language(tag) == canonical
    assert canonical_language(canonical) == canonical


@pytest.mark.parametrize(
    "tag",
    [
        "",
        "a",
        "arabic",
        "عربي",
        "ar_SA",
        "ar-",
        "-ar",
        " ar",
        "ar\n",
        "ar-SA-",
        "ar--SA",
        "ar-u",
        "ar-SA-EG",
        "de-1996-1996",
        "en-a-bb-a-cc",
        "x",
        "ſr",
        "\u212ah",
        "en-x-" + "a" * 9,
        "*",
        "en-abcde-fghij-klmno-pqrst-uvwxy-abcd5",
    ],
)
def test_what_is_no_tag_is_refused(tag: str) -> None:
    with pytest.raises(ValueError, match="BCP 47"):
        canonical_language(tag)


def test_private_subtags_may_repeat() -> None:
    assert canonical_language("en-x-abcde-abcde") == "en-x-abcde-abcde"


@pytest.mark.parametrize(
    "tag",
    [
        "ar",
        "ar-SA",
        "AR-sy",
        "fa",
        "ur-PK",
        "ckb",
        "he",
        "yi",
        "ps",
        "ug",
        "dv",
        "ks",
        "az-Arab",
        "pa-PK",
        "ku-Arab",
        "ff-Adlm",
        "apc",
    ],
)
def test_languages_written_right_to_left(tag: str) -> None:
    assert direction(tag) == "rtl"


@pytest.mark.parametrize(
    "tag",
    [
        "en",
        "ar-Latn",
        "ku",
        "tr",
        "pa",
        "az",
        "zh-Hant-TW",
        "ks-Deva",
        "sd-IN",
        "en-x-arab",
        "x-ar",
        "",
        "!",
        "ug-Cyrl",
    ],
)
def test_everything_else_runs_left_to_right(tag: str) -> None:
    assert direction(tag) == "ltr"


@given(st.text())
def test_asking_for_a_direction_never_fails(tag: str) -> None:
    assert direction(tag) in ("rtl", "ltr")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("سوريا", "rtl"),
        ("שלום", "rtl"),
        ("Syria", "ltr"),
        ("«١٢٣» – سوريا BBC", "rtl"),
        ("COVID-19: ارتفاع", "ltr"),
        ("\u2067BBC\u2069 سوريا", "rtl"),
        ("\u2068a\u2068b\u2069c\u2069 ا", "rtl"),
        ("\u2069 a", "ltr"),
        ("123 … !", None),
        ("", None),
    ],
)
def test_the_first_strong_character_tells_the_direction(text: str, expected: str | None) -> None:
    assert first_strong_direction(text) == expected


CANONICAL = {
    "iw": "he", "IW-il": "he-IL", "in": "id", "ji": "yi", "jw": "jv", "mo-MD": "ro-MD", "zh-yue": "yue",
    "ar-apc-SY": "apc-SY", "zh-cmn-Hant": "cmn-Hant", "zh-min-nan": "nan", "i-klingon": "tlh", "i-lux": "lb",
    "en-GB-oed": "en-GB-oxendict", "sgn-BE-FR": "sfb", "no-bok": "nb", "art-lojban": "jbo", "ar-YD": "ar-YE",
    "de-DD": "de-DE", "my-BU": "my-MM", "i-default": "i-default", "x-iw": "x-iw", "ar-x-dd": "ar-x-dd",
    "de-DD-u-co-dd": "de-DE-u-co-dd", "sr-Latn": "sr-Latn", "ar": "ar",
}  # fmt: skip


@pytest.mark.parametrize(("tag", "canonical"), CANONICAL.items())
def test_a_tag_that_was_given_up_is_its_present_one(tag: str, canonical: str) -> None:
    assert canonical_language(tag) == canonical
    assert canonical_language(canonical) == canonical

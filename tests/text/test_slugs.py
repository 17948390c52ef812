import unicodedata
import uuid
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.text.slugs import MAX_BYTES, MAX_CHARACTERS, canonical_slug, looks_like_uuid, numbered, slug_faults, slugify
from tests.growth import assert_linear

ANY_TEXT = st.text(st.characters(exclude_categories=()))
LIVELY_TEXT = st.text(
    st.sampled_from(
        "aÉßİıσΣς'ʼʿ أآهةىيکگـًَُّ٠۱२ٱﷺﻼｶﾞ각ᄀकिक्ष\u1161\u0301\u0345\u0f73\u200b\u200c\u200e\u202e\x00\n%4-1_.½ⓐⅣ"
    ),
    max_size=150,
)
TEXTS = ANY_TEXT | LIVELY_TEXT


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("الأمن يُحبط محاولة «تهريب» في ٢٠٢٤؟", "الأمن-يحبط-محاولة-تهريب-في-2024"),
        ("الهيئــة العامّة", "الهيئة-العامة"),
        ("رئیس\u200cجمهور", "رئیس-جمهور"),
        ("الحو\u200bثيون \u2067و\u2069\u200fسوريا", "الحوثيون-وسوريا"),
        ("ﺳﻮرﻳﺎ", "سوريا"),
        ("ا\u0654من", "أمن"),
        ("مكتبة ومكتبه إلى الى", "مكتبة-ومكتبه-إلى-الى"),
        ("ﷺ", "صلى-الله-عليه-وسلم"),
        ("COVID-19: ارتفاع ١٩٫٥%", "covid-19-ارتفاع-19-5"),
        ("İstanbul'da yağış ığdır", "istanbul-da-yagis-igdir"),
        ("L’été à l'Œuvre — Łódź, Straße", "l-ete-a-l-oeuvre-lodz-strasse"),
        ("Qurʾān Hawaiʻi", "quran-hawaii"),
        ("Новости Дня", "новости-дня"),
        ("हिन्दी समाचार", "हिन्दी-समाचार"),
        ("停火 协议", "停火-协议"),
        ("a\x00b\x0bc", "ab-c"),
        ("--a__b//c--", "a-b-c"),
        ("😀 !!! ـ ً", ""),
        ("", ""),
    ],
)
def test_a_headline_gives_a_slug_that_can_be_read(text: str, slug: str) -> None:
    assert slugify(text) == slug


def test_a_long_headline_is_cut_between_words() -> None:
    words = ["المفاوضات"] * 20
    assert slugify(" ".join(words)) == "-".join(words[:8])
    assert len("-".join(words[:8])) == 79


def test_a_slug_is_cut_by_bytes_too() -> None:
    words = ["한국어뉴스"] * 20
    assert slugify(" ".join(words)) == "-".join(words[:13])
    assert len("-".join(words[:14])) > MAX_CHARACTERS or len("-".join(words[:14]).encode()) > MAX_BYTES


def test_one_overlong_word_is_cut_between_graphemes() -> None:
    assert slugify("ا" * 300) == "ا" * 80
    assert slugify("a" + "कि" * 100) == "a" + "कि" * 39
    assert slugify("क" + "\u093f" * 100) == ""


@given(TEXTS)
def test_a_slug_is_its_own_slug_and_its_own_canonical_form(text: str) -> None:
    slug = slugify(text)
    assert slugify(slug) == slug
    assert canonical_slug(slug) == slug


@given(TEXTS)
def test_the_canonical_form_is_its_own_canonical_form(text: str) -> None:
    assert canonical_slug(canonical_slug(text)) == canonical_slug(text)


@given(TEXTS)
def test_a_slug_is_within_its_limits_and_needs_no_cleaning(text: str) -> None:
    slug = slugify(text)
    assert len(slug) <= MAX_CHARACTERS
    assert len(slug.encode()) <= MAX_BYTES
    assert slug == unicodedata.normalize("NFC", slug)
    assert not set(slug) & set("/%?#&. _\x00\u200c\u200f")
    assert not slug.startswith("-")
    assert not slug.endswith("-")


@pytest.mark.parametrize(
    "asked",
    [
        "الأمن-يحبط-أمرا-2024-a",
        quote("الأمن-يحبط-أمرا-2024-a"),
        unicodedata.normalize("NFD", "الأمن-يحبط-أمرا-2024-a"),
        quote(unicodedata.normalize("NFD", "الأمن-يحبط-أمرا-2024-a")),
        "الأمن-يُحبط-أمرًا-٢٠٢٤-A",
        "الأمـــن-يحبط-أمرا-۲۰۲۴-a",
        "ﺍﻷﻣﻦ-يحبط-أمرا-2024-a",
        "\u200fالأمن--يحبط أمرا\x00-2024-a\u202e/",
    ],
)
def test_a_slug_is_found_however_it_is_typed_or_pasted(asked: str) -> None:
    assert canonical_slug(asked) == "الأمن-يحبط-أمرا-2024-a"


def test_a_slug_is_decoded_once_and_only_when_it_is_utf_8() -> None:
    assert canonical_slug("%2561") == "61"
    assert canonical_slug("a%FF%41") == "a-ff-41"
    assert canonical_slug("100%") == "100"


def test_a_looked_up_slug_is_never_cut() -> None:
    assert canonical_slug("word-" * 40) == "-".join(["word"] * 40)


@given(TEXTS, st.integers(2, 10_000))
def test_a_numbered_slug_is_still_a_slug(text: str, number: int) -> None:
    slug = numbered(slugify(text), number)
    assert len(slug) <= MAX_CHARACTERS
    assert len(slug.encode()) <= MAX_BYTES
    assert slug.endswith(str(number))
    assert slugify(slug) == slug


def test_a_number_takes_the_place_of_whole_words() -> None:
    assert numbered("سوريا", 2) == "سوريا-2"
    assert numbered("-".join(["المفاوضات"] * 8), 12) == "-".join(["المفاوضات"] * 7) + "-12"
    assert numbered("a" * 80, 2) == "a" * 78 + "-2"
    assert numbered("", 7) == "7"


@pytest.mark.parametrize(
    "text",
    [
        "123e4567-e89b-12d3-a456-426614174000",
        "123E4567E89B12D3A456426614174000",
        "00000000-0000-0000-0000-000000000000",
        "٠" * 32,
        "1_3e4567-e89b-12d3-a456-426614174000",
    ],
)
def test_what_a_uuid_parser_takes_looks_like_a_uuid(text: str) -> None:
    uuid.UUID(text)
    assert looks_like_uuid(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "سوريا",
        "123e4567-e89b-12d3-a456-42661417400g",
        "123e4567-e89b-12d3-a456-4266141740000",
        "123e4567e89b-12d3-a456-426614174000",
        "{123e4567-e89b-12d3-a456-426614174000}",
        "ا" * 32,
    ],
)
def test_other_text_does_not_look_like_a_uuid(text: str) -> None:
    assert not looks_like_uuid(text)


@given(st.uuids(), st.booleans())
def test_no_slug_is_shaped_like_a_uuid(value: uuid.UUID, bare: bool) -> None:
    assert not looks_like_uuid(slugify(value.hex if bare else str(value)))


@pytest.mark.parametrize(
    ("raw", "faults"),
    [
        ("سوريا-اليوم", []),
        ("الأمن يُحبط", []),
        ("سور\u200cيا", ["invisible_characters"]),
        ("سوريا\u200f", ["invisible_characters"]),
        ("a\x00", ["invisible_characters"]),
        (quote("سوريا\u200f"), ["invisible_characters"]),
        ("123e4567-e89b-12d3-a456-426614174000", ["uuid_shaped"]),
        ("123e4567 e89b 12d3 a456 426614174000", ["uuid_shaped"]),
        ("...", ["blank"]),
        ("\u3164", ["invisible_characters", "blank"]),
        ("a" * 81, ["too_long"]),
        ("한" * 80, []),
        ("𐐨" * 61, ["too_long"]),
    ],
)
def test_the_faults_of_a_slug_set_by_hand_are_named(raw: str, faults: list[str]) -> None:
    assert slug_faults(raw) == faults


@pytest.mark.parametrize("unit", ["ﷺ", "\u0315\u0300", "%41", "ʿ", "a-", "\U0001f1e6"])
def test_a_hostile_slug_takes_no_longer_than_its_length(unit: str) -> None:
    assert_linear(lambda size: slugify("a" + unit * (size // len(unit))), 30_000)
    assert_linear(lambda size: canonical_slug("a" + unit * (size // len(unit))), 30_000)

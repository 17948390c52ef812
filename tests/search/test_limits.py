"""Limits: no text is too large to index, takes more time than its length, or gives more than a snippet."""

from __future__ import annotations

import random

import pytest

from app.index.indexed_text import MAX_KEY_BYTES, Texts, fields_of, tiers_of
from app.index.packing import pack
from app.index.ranking import Scorer
from app.kit import clock
from app.text.analysis import analyse
from app.text.characters import graphemes
from app.text.marking import LONGEST, marked
from app.text.questions import read_question
from tests.growth import MORE, PARTS, assert_linear
from tests.newsroom import Newsroom
from tests.search.test_search import found


def unlike(letters: str, number: int) -> str:
    """So many words of 24 letters, none like another."""
    chosen = random.Random(1)
    return " ".join("".join(chosen.choices(letters, k=24)) for _ in range(number))


@pytest.mark.parametrize("letters", ["بتثجحخدر", "कखगघङचछज", "𐌰𐌱𐌲𐌳𐌴𐌵𐌶"])
async def test_no_body_is_too_rich_in_words(newsroom: Newsroom, letters: str) -> None:
    article = await newsroom.published("قمر", body=unlike(letters, 11_900), body_format="text")
    assert await found(newsroom, "قمر") == [article["headline"]]


def test_an_ordinary_long_text_is_kept_whole() -> None:
    text = " ".join(f"والمفاوضات{letter}ون" for letter in "ابتثجحخدر" * 1_300)
    tiers = tiers_of(fields_of(Texts("ar", "قمر", (), text)))
    assert len(tiers.exact) == 11_702  # the headline's, the gap, the body's
    assert sum(len(key.encode()) for tier in tiers for key in set(tier)) < MAX_KEY_BYTES


async def test_an_archive_and_a_far_future_have_a_place(newsroom: Newsroom) -> None:
    for year in (1801, 1969, 2026):
        await newsroom.published(f"قمر {year}", at=f"{year}-01-01T00:00:00.001Z")
    for year in (2249, 2499):
        await newsroom.published(f"قمر {year}", at=f"{year}-12-31T23:59:59.999Z")
    assert await found(newsroom, "قمر", "&sort=newest") == ["قمر 2026", "قمر 1969", "قمر 1801"]
    assert clock.now().year < 2249


@pytest.mark.parametrize("text", ["اهات" * 70_000, "abcing" * 45_000])
def test_a_word_of_any_length_is_read_in_time(text: str) -> None:
    (token,) = analyse(text, "ar")
    assert token.end == len(text)
    assert_linear(lambda size: analyse((text * MORE)[:size], "ar"), len(text))


def test_a_word_that_stands_everywhere_is_marked_in_time() -> None:
    shown = marked("قمر " * 40_000, "ar", read_question("قمر"))
    assert shown is not None
    assert graphemes(shown.text) <= LONGEST
    assert_linear(lambda size: marked("قمر " * size, "ar", read_question("قمر")), 40_000)


def test_a_long_question_is_marked_in_time() -> None:
    text = " ".join(f"كلمة{letter}" for letter in "ابتثجحخدر" * 3_000)
    question = read_question(" ".join(f"ا{letter}*" for letter in "بتثجحخدرزسشصضطظ") + " كلمةا")
    assert marked(text, "ar", question) is not None
    assert_linear(lambda size: marked((text * MORE)[:size], "ar", question), len(text))


@pytest.mark.parametrize(
    "text",
    ["🌙 " * 3_000 + "قمر", "🌙" * 3_000 + " قمر " + "🌙" * 3_000, ("ب" * 400 + " ") * 9 + "قمر " + "ش " * 300],
    ids=["before", "around", "long words"],
)
def test_a_snippet_is_never_longer_than_a_snippet(text: str) -> None:
    shown = marked(text, "ar", read_question("قمر"))
    assert shown is not None
    assert graphemes(shown.text) <= LONGEST
    assert "<mark>قمر</mark>" in shown.html


def test_the_part_with_most_of_what_was_looked_for_is_shown() -> None:
    text = "قمر " + "كلام " * 200 + "شمس قمر " + "كلام " * 200 + "قمر شمس نجم"
    shown = marked(text, "ar", read_question("قمر شمس نجم"))
    assert shown is not None
    assert shown.text.endswith("قمر شمس نجم")


def test_a_snippet_of_one_endless_word_is_a_snippet() -> None:
    found = marked("ab" * 30_000, "en", read_question("ab*"))
    assert found is not None
    assert (len(found.text), found.code_points) == (240, [(0, 240)])


def test_a_repeated_word_is_found_in_time() -> None:
    """A phrase of it, in a text of nothing else."""
    stored = pack(fields_of(Texts("en", "", body="ha " * 12_000)))
    phrase = read_question('"' + "ha " * 64 + '"')
    weight, fields = Scorer(phrase).score(stored)
    assert (weight > 0, fields) == (True, {"body"})
    texts = {
        size: pack(fields_of(Texts("en", "", body="ha " * size))) for size in (12_000, 12_000 // PARTS, 12_000 * MORE)
    }
    assert_linear(lambda size: Scorer(phrase).score(texts[size]), 12_000)

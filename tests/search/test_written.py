"""However a word, a number or a name is written: what is the same is found, and marked, and what is not is not."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from app.text import arabic
from app.text.analysis import _LISTS, _WHOLE, _single_word
from tests.newsroom import Newsroom

pytestmark = pytest.mark.anyio


async def search(newsroom: Newsroom, q: str) -> list[tuple[str, str]]:
    """What is found: each headline, and with its marks."""
    answer = (await newsroom.get("/v1/search?q=" + quote(q))).json()
    hits: list[dict[str, Any]] = answer["data"]
    for hit in hits:
        for snippet in hit["snippets"]:
            marked = [snippet["text"][start:end] for start, end in snippet["ranges"]["code_points"]]
            assert all(marked)
    return [(hit["article"]["headline"], hit["snippets"][0]["html"]) for hit in hits]


async def test_a_name_that_is_written_like_no_stop_word_is_looked_for(newsroom: Newsroom) -> None:
    await newsroom.published("علي صالح يزور عدن", at="2026-01-01T00:00:00Z")
    await newsroom.published("أحمد صالح يزور تعز", at="2026-01-02T00:00:00Z")
    assert await search(newsroom, "علي صالح") == [("علي صالح يزور عدن", "<mark>علي صالح</mark> يزور عدن")]
    assert len(await search(newsroom, "عَلى صالح")) == 2


async def test_a_word_that_was_left_out_counts_where_it_stands(newsroom: Newsroom) -> None:
    await newsroom.published("رحلة إلى القمر", at="2026-01-01T00:00:00Z")
    await newsroom.published("رحلة من القمر", at="2026-01-01T00:00:01Z")
    for q, first in (("رحلة إلى القمر", "رحلة إلى القمر"), ("رحلة من القمر", "رحلة من القمر")):
        found = await search(newsroom, q)
        assert found[0][0] == first
        assert len(found) == 2


async def test_a_word_with_a_digit_is_never_put_right(newsroom: Newsroom) -> None:
    await newsroom.published("موازنة 2013 تمر")
    await newsroom.published("قمة G20 تنعقد")
    for q in ("2031", "٢٠٣١", "G21", "g2o", "20133"):
        answer = (await newsroom.get("/v1/search?q=" + quote(q))).json()
        assert (answer["data"], answer["corrected"]) == ([], []), q
    assert len(await search(newsroom, "٢٠١٣")) == 1


SAME = {
    "COVID-19": ["covid19", "Covid-19", "COVID‑19", "covid 19", "كوفيد"],
    "10,000": ["10000", "١٠٠٠٠", "١٠٬٠٠٠", "10,000"],
    "F-16": ["F16", "f-16"],
    "1,234,567": ["1234567", "١٬٢٣٤٬٥٦٧"],
    "Oʼzbekiston": ["O'zbekiston", "O’zbekiston", "Oʻzbekiston", "Oʼzbekiston", "ozbekistonx"],
    "می‌خواهم": ["میخواهم", "می‌خواهم", "ميخواهم"],
    "آن‌ها": ["آنها", "آن‌ها", "آن‌ه*"],
}
NOT_THE_SAME = {"كوفيد", "ozbekistonx"}


@pytest.mark.parametrize(("written", "others"), SAME.items(), ids=SAME.keys())
async def test_what_others_write_as_one_word_is_found_either_way(
    newsroom: Newsroom, written: str, others: list[str]
) -> None:
    await newsroom.published(f"خبر {written} اليوم")
    for other in others:
        found = await search(newsroom, other)
        assert len(found) == (other not in NOT_THE_SAME), other
        if found:
            assert "<mark>" in found[0][1]
    if written == "COVID-19":
        assert (await search(newsroom, "covid19"))[0][1] == "خبر <mark>COVID-19</mark> اليوم"


@pytest.mark.parametrize(("written", "others"), SAME.items(), ids=SAME.keys())
async def test_and_the_other_way_round(newsroom: Newsroom, written: str, others: list[str]) -> None:
    for other in others:
        if other not in NOT_THE_SAME and not other.endswith("*"):
            await newsroom.published(f"خبر {other} اليوم")
    found = {headline for headline, _ in await search(newsroom, written)}
    assert len(found) == len({other for other in others if other not in NOT_THE_SAME and not other.endswith("*")})


@pytest.mark.parametrize("text", ["1.000", "19.5", "10,00", "1,2345", "2024-2025", "a-b"])
async def test_other_marks_join_nothing(newsroom: Newsroom, text: str) -> None:
    await newsroom.published(f"خبر {text} اليوم")
    assert await search(newsroom, text.translate(str.maketrans("", "", ".,-"))) == []
    assert len(await search(newsroom, text)) == 1


OWN = {
    "الأضحى": "موقف واضح للوزير", "أرد": "وارد جديد", "أجه": "واجه الفريق", "افق": "وافق المجلس", "اتح": "فاتح الطريق",
    "ارس": "فارس الأحلام", "احث": "باحث شاب", "ارد": "شتاء بارد", "اعب": "لاعب جديد", "احظ": "لاحظ الناس",
}  # fmt: skip


@pytest.mark.parametrize(("q", "headline"), OWN.items(), ids=OWN.values())
async def test_a_first_letter_that_is_a_words_own_is_not_taken_off(newsroom: Newsroom, q: str, headline: str) -> None:
    await newsroom.published(headline)
    assert await search(newsroom, q) == []


def test_every_word_of_the_list_keeps_its_first_letter() -> None:
    for name in _LISTS["whole"].split():
        word = _single_word(name)
        assert arabic.begins_by_itself(word.form, _WHOLE) or word.form.startswith("ال"), name


@pytest.mark.parametrize(
    ("q", "headline"), [("دمشق", "وبدمشق أمطار"), ("أرز", "لبنان يحتفي بأرزه"), ("الحدود", "وبالحدود جنود")]
)
async def test_a_prefix_is_still_taken_off(newsroom: Newsroom, q: str, headline: str) -> None:
    await newsroom.published(headline)
    assert len(await search(newsroom, q)) == 1


async def suggested(newsroom: Newsroom, q: str) -> list[str]:
    answer = await newsroom.get("/v1/search/suggest?q=" + quote(q))
    return [suggestion["text"] for suggestion in answer.json()["data"]]


async def test_suggestions_find_something_as_the_headlines_write_it(newsroom: Newsroom) -> None:
    for number, headline in enumerate(["عبد الله يفوز", "التربية تعلن", "الطقس اليوم", "التعليم أولًا", "NATO يجتمع"]):
        await newsroom.published(headline, at=f"2026-01-01T00:00:0{number}Z")
    await newsroom.published("وصل إلى حلب")
    assert await suggested(newsroom, "عبد ال") == ["عبد الله"]
    assert await suggested(newsroom, "إلى") == ["اليوم"], "what begins so, but no word that any text has"
    assert await suggested(newsroom, '"عبد ال') == ["عبد الله"]
    assert await suggested(newsroom, "nat") == ["NATO"]
    assert sorted(await suggested(newsroom, "الت")) == ["التربية", "التعليم"]
    for q in ("ع", "عبد ال", '"عبد ال', "الت", "nat", "لا شيء ال", "-عبد ال", "في ال"):
        for text in await suggested(newsroom, q):
            assert await search(newsroom, text), text

"""Every spelling of an address or a name leads to the same resource, or is refused with a reason."""

from __future__ import annotations

import unicodedata
from typing import Any
from urllib.parse import quote

import pytest

from tests.newsroom import Newsroom

pytestmark = pytest.mark.anyio

SLUG, NAME = "الأمن-2024", "الأمن 2024"
KINDS = ("articles", "sections", "tags", "authors", "tickers")
SPELLINGS = {
    "percent-encoded twice": quote(SLUG),
    "decomposed": unicodedata.normalize("NFD", SLUG),
    "presentation forms": "ﺍﻷﻣﻦ-2024",
    "Arabic-Indic digits": "الأمن-٢٠٢٤",
    "Persian digits": "الأمن-۲۰۲۴",
    "fullwidth digits": "الأمن-２０２４",
    "tatweel": "الأمـــن-2024",
    "harakat": "الأَمْنُ-2024",
    "words": "الأمن 2024",
    "plus": "الأمن+2024",
    "ZWNJ": "الأمن\u200c2024",
    "marks around it": "\u200fالأمن-2024\u200e",
    "an override": "\u202eالأمن-2024\u202c",
    "isolates": "\u2068الأمن-2024\u2069",
    "a byte order mark": "\ufeffالأمن-2024",
    "an underscore": "الأمن_2024",
    "a hyphen too many": "-الأمن--2024-",
}
spelt = pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS.keys())


@pytest.fixture
async def filed(newsroom: Newsroom) -> Newsroom:
    """An article, a section, a tag, an author and a ticker of one name."""
    for plural in ("sections", "tags", "authors", "tickers"):
        await newsroom.desk("PUT", f"/{plural}/{SLUG}", {"name": NAME})
    await newsroom.published(NAME, section=SLUG, tags=[SLUG], authors=[SLUG])
    return newsroom


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)  # the database is asked for the canonical form
@spelt
async def test_every_spelling_of_an_address_leads_to_the_one_thing(filed: Newsroom, spelling: str) -> None:
    below = {"articles": ["", "/comments", "/comments/form"], "tickers": ["", "/stream"]}
    for plural in KINDS:
        for rest in below.get(plural, [""]):
            moved = await filed.get(f"/v1/{plural}/{quote(spelling)}{rest}", 308)
            assert moved.headers["location"] == f"/v1/{plural}/{quote(SLUG)}{rest}"
        for exact in (SLUG, quote(SLUG), quote(SLUG).lower()):
            assert (await filed.get(f"/v1/{plural}/{exact}")).json()["slug"] == SLUG


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@spelt
async def test_filters_and_the_desk_know_every_spelling(filed: Newsroom, spelling: str) -> None:
    for name in ("section", "tag", "author", "ids"):
        assert len((await filed.get("/v1/articles", params={name: spelling})).json()["data"]) == 1
    assert len((await filed.get("/v1/comments/counts", params={"articles": spelling})).json()["data"]) == 1
    for plural in KINDS[1:]:
        assert (await filed.desk("GET", f"/{plural}/{quote(spelling)}")).json()["slug"] == SLUG
    both = {"section": spelling, "tags": [spelling, SLUG], "authors": [SLUG, spelling]}
    draft = await filed.draft("خبر آخر", **both)
    assert [len(draft[name]) for name in ("sections", "tags", "authors")] == [1, 1, 1]


async def test_terms_that_differ_by_tatweel_harakat_or_digits_only_are_one(filed: Newsroom) -> None:
    for plural in KINDS[1:]:
        for other in ("الأمـن-2024", "الأمنُ-2024", "الأمن-٢٠٢٤"):
            await filed.desk("PUT", f"/{plural}/{other}", {"name": "غيره"}, expect=428)
            taken = {"name": "غيره", "slug": other}
            answer = await filed.desk("PUT", f"/{plural}/غيره", taken, expect=409)
            assert (answer.json()["type"], answer.json()["slug"]) == ("/problems/already-exists", SLUG)
        changed = await filed.desk("PUT", f"/{plural}/الأمـنُ-٢٠٢٤", {"name": "الأمنُ"}, if_match="*", expect=200)
        assert (changed.json()["slug"], changed.json()["name"]) == (SLUG, "الأمنُ")
        await filed.desk("PUT", f"/{plural}/الامن-2024", {"name": "غيره"}, expect=201)  # letters stay apart


BAD_NAMES = {
    "سلمى\u202e": "invisible_characters",
    "\u2067سلمى\u2069": "invisible_characters",
    "سل\u200bمى": "invisible_characters",
    "سلمى\u200f": "invisible_characters",
    "sal\u200cma": "invisible_characters",
    "سلمى\ufeff": "invisible_characters",
    "sal\u00adma": "invisible_characters",
    "salma\U000e0041": "invisible_characters",
    "سلمى\nعاجل": "invisible_characters",
    "Sаlma": "mixed_scripts",  # a Cyrillic а
    "سلمىSalma": "mixed_scripts",
    "قناة ٢٤24": "mixed_digits",
    "قناة ٢۴": "mixed_digits",
    "س" + "\u064e" * 5: "too_many_marks",
    "S" + "\u0301" * 9 + "alma": "too_many_marks",
    "!؟": "no_letters",
    "ـــ": "required",
    "\u3164": "required",
    "س" * 200: "too_long",
    ("س" + "\u064e" * 4) * 200: "too_long",
}


async def test_a_name_that_deceives_is_refused_wherever_names_are_given(filed: Newsroom) -> None:
    article = (await filed.get(f"/v1/articles/{SLUG}")).json()
    for name, code in BAD_NAMES.items():
        answers: list[Any] = [await filed.desk("POST", "/staff", {"name": name, "roles": ["editor"]}, expect=422)]
        answers += [await filed.desk("PUT", f"/{plural}/اسم", {"name": name}, expect=422) for plural in KINDS[1:]]
        comment = {"author_name": name, "author_email": "salma@example.com", "body": "شكرًا"}
        answers.append(await filed.client.post(f"/v1/articles/{article['id']}/comments", json=comment))
        for answer in answers:
            assert [fault["code"] for fault in answer.json()["errors"]] == [code], ascii(name)


async def test_a_name_that_only_looks_unusual_is_taken(filed: Newsroom) -> None:
    for number, name in enumerate(["قناة ٢٤ 24", "BBC عربي", "می\u200cخواهم", "الأمن24", "مُحَمَّدٌ", "Ó Súilleabháin"]):
        assert (await filed.desk("PUT", f"/tags/ت{number}", {"name": name}, expect=201)).json()["name"] == name


async def test_a_nul_is_taken_out_of_a_name_as_out_of_every_text(filed: Newsroom) -> None:
    """One rule for every text field: what no database can store is removed before the text is judged."""
    assert (await filed.desk("PUT", "/tags/سلمى", {"name": "سل\x00مى"}, expect=201)).json()["name"] == "سلمى"

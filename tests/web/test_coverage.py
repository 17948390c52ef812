"""Live coverage on the reader page: entries in order, with anchors, without a script; and what the script is given."""

from __future__ import annotations

import json
import re
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import pytest

from app.text.messages import plural_forms
from tests.entries.live import change, coverage, entry, path
from tests.newsroom import Newsroom

pytestmark = pytest.mark.anyio
HOSTILE = "\"><script>alert(1)</script>'`{{7*7}}"


async def page_of(newsroom: Newsroom, article: dict[str, Any], query: str = "") -> str:
    return (await newsroom.get(urlsplit(str(article["url"])).path + query)).text


def anchors(page: str) -> list[str]:
    return re.findall(r'<li id="e-([0-9a-f-]{36})"', page)


async def test_the_page_shows_entries_in_order_with_their_anchors(newsroom: Newsroom) -> None:
    article = await coverage(newsroom)
    assert "لا تحديثات بعد." in await page_of(newsroom, article)
    made = [await entry(newsroom, article, f"نبأ {number}") for number in range(3)]
    await change(newsroom, made[0], pinned=1, key_event=True)
    page = await page_of(newsroom, article)
    assert anchors(page) == [made[n]["id"] for n in (0, 2, 1)]
    assert page.count("مثبَّت") == 1
    assert page.count("حدث رئيسي") == 1
    assert f'href="#e-{made[1]["id"]}"' in page
    assert "التغطية مستمرة" in page
    await newsroom.desk("DELETE", path(made[2]), if_match="*", expect=204)
    assert anchors(await page_of(newsroom, article)) == [made[0]["id"], made[1]["id"]]


async def test_older_entries_are_a_link_away_and_an_anchor_finds_its_page(newsroom: Newsroom) -> None:
    article = await coverage(newsroom)
    made = [await entry(newsroom, article, f"نبأ {number}") for number in range(25)]
    page = await page_of(newsroom, article)
    assert anchors(page) == [one["id"] for one in made[:4:-1]]
    query = re.findall(r'href="(\?entries=[^"]*)#coverage"', page)[0]
    assert anchors(await page_of(newsroom, article, unescape(query))) == [one["id"] for one in made[4::-1]]
    around = await page_of(newsroom, article, f"?around={made[2]['id']}")
    assert made[2]["id"] in anchors(around)
    assert "data-later" in around
    gone = await page_of(newsroom, article, "?around=01936b2e-7c4a-7d31-9f53-6a1c0de4b7a2")
    assert anchors(gone) == anchors(page)


async def test_hostile_words_of_an_entry_are_text(newsroom: Newsroom) -> None:
    article = await coverage(newsroom)
    await entry(newsroom, article, HOSTILE, body=f"<p>{HOSTILE}</p><script>alert(2)</script>")
    page = await page_of(newsroom, article)
    assert "<script>alert" not in page
    assert page.partition('id="coverage"')[2].partition("</section>")[0].count("{{7*7}}") == 2  # not 49


async def test_the_page_says_in_json_ld_what_it_shows(newsroom: Newsroom) -> None:
    article = await coverage(newsroom)
    one = await entry(newsroom, article, "أول")
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', await page_of(newsroom, article))
    assert found is not None
    assert [update["@id"] for update in json.loads(found[1])["liveBlogUpdate"]] == [f"urn:uuid:{one['id']}"]


async def test_the_script_counts_new_entries_as_arabic_does(newsroom: Newsroom) -> None:
    page = await page_of(newsroom, await coverage(newsroom))
    found = re.search(r'data-forms="([^"]*)"|data-forms=\'([^\']*)\'', page)
    assert found is not None
    forms = json.loads(unescape(found[1] or found[2]))
    assert forms["two"] == "تحديثان جديدان"
    assert forms["few"] == "{number} تحديثات جديدة"
    assert forms["many"] == "{number} تحديثًا جديدًا"
    assert plural_forms("reader.new_entries", "de") == plural_forms("reader.new_entries", "en")


async def test_an_article_of_another_kind_has_no_coverage(newsroom: Newsroom) -> None:
    assert "data-coverage" not in await page_of(newsroom, await newsroom.published())

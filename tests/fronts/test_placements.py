"""Whoever corrects or withdraws an article is told what leads to it and does not change with it."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

import pytest

from tests.entries.live import coverage, entry
from tests.fronts.helpers import link, put_front, put_slot
from tests.newsroom import Newsroom

pytestmark = pytest.mark.anyio


async def told(room: Newsroom, article: dict[str, Any], verb: str) -> list[tuple[str, str, str | None, str | None]]:
    body = {"reason": "س"} if verb == "withdraw" else {"kind": "correction", "note": "ن"}
    answer = (await room.desk("POST", f"/articles/{article['id']}/{verb}", body, if_match="*")).json()
    assert [one["id"] for one in answer["placements"] if not one["is_public"]] == []
    return [(one["resource"], one["kind"], one["place"], one["text"]) for one in answer["placements"]]


@pytest.mark.parametrize("verb", ["correct", "withdraw"])
async def test_what_leads_to_an_article_is_told(newsroom: Newsroom, verb: str) -> None:
    article = await newsroom.published("خبر قديم")
    former = article["url"]
    article = await newsroom.change(article, slug="خبر-جديد")
    other = await newsroom.published("غيره")
    await put_front(newsroom, {"name": "a"}, {"name": "b"})
    own = {"article": article["id"]}
    await put_slot(
        newsroom, "a", {**own, "headline": "كلمتنا"}, own, {**own, "kicker": "عاجل"}, {"article": other["id"]}
    )
    raw = unquote(article["url"])
    await put_slot(newsroom, "b", {**link("رابط"), "url": f"{raw}#c"}, link("غيره"), {**link("x"), "url": f"{raw}-آخر"})
    await newsroom.desk("PUT", "/tickers/عاجل", {"name": "عاجل"})
    for item in ({**own, "text": "نصّنا"}, own, {"text": "رابط", "url": former}, {"text": "نص"}):
        await newsroom.desk("POST", "/tickers/عاجل/items", item, expect=201)
    await newsroom.published("تابع", body=f'<p>اقرأ <a href="{former}?x=1">الخبر</a>.</p>')
    await newsroom.published("آخر", body=f'<p>اقرأ <a href="{article["url"]}-آخر">غيره</a>.</p>')
    assert sorted(await told(newsroom, article, verb), key=str) == sorted(
        [
            ("article", "body", None, None),
            ("front", "words", "a", "كلمتنا"),
            ("front", "words", "a", "عاجل"),
            ("front", "link", "b", "رابط"),
            ("ticker", "words", None, "نصّنا"),
            ("ticker", "link", None, "رابط"),
        ],
        key=str,
    )
    assert await told(newsroom, other, verb) == []


@pytest.mark.parametrize("verb", ["correct", "withdraw"])
async def test_entries_and_every_spelling_of_an_address_are_told(newsroom: Newsroom, verb: str) -> None:
    article = await newsroom.published("خبر قديم", kind="live")
    lower = re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), article["url"])
    assert lower != article["url"]
    other = await coverage(newsroom)
    link_to = f'<p>اقرأ <a href="{lower}/?a=%22#x">الخبر</a> و<a href="{article["url"]}-آخر">غيره</a>.</p>'
    told_of = await entry(newsroom, other, "نبأ", body=link_to)
    await entry(newsroom, other, "مسوّدة", body=link_to, status="draft")
    await entry(newsroom, other, "غيره", body=f'<p><a href="{article["url"]}-آخر">غيره</a></p>')
    await entry(newsroom, article, "منه", body=link_to)
    await newsroom.published("تابع", body=link_to)
    await put_front(newsroom, {"name": "a"})
    await put_slot(newsroom, "a", {**link("رابط"), "url": lower})
    body = {"reason": "س"} if verb == "withdraw" else {"kind": "correction", "note": "ن"}
    answer = (await newsroom.desk("POST", f"/articles/{article['id']}/{verb}", body, if_match="*")).json()
    found = sorted((one["resource"], one["kind"], one["title"]) for one in answer["placements"])
    assert found == [("article", "body", "تابع"), ("entry", "body", "نبأ"), ("front", "link", "home")]
    assert [one["id"] for one in answer["placements"] if one["resource"] == "entry"] == [told_of["id"]]

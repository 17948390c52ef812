"""Fronts of the desk on the reader page."""

from __future__ import annotations

import pytest

from tests.fronts.helpers import link, put_front, put_slot
from tests.newsroom import Newsroom

pytestmark = pytest.mark.anyio


async def test_the_page_of_the_site_is_the_front_home_of_its_language(newsroom: Newsroom) -> None:
    article = await newsroom.published("خبر قديم", summary="ملخص")
    await newsroom.published("أحدث")
    assert "كلمتنا" not in (await newsroom.get("/")).text
    await put_front(newsroom, {"name": "lead", "max": 1}, {"name": "more", "title": "منكم", "max": 3})
    await put_slot(newsroom, "lead", {"article": article["id"], "headline": "كلمتنا", "kicker": "في العمق"})
    await put_slot(newsroom, "more", link("<b>رابط</b>", summary="نص"), link("ثان"))
    page = (await newsroom.get("/")).text
    assert "كلمتنا" in page
    assert '<span class="kicker">في العمق</span>' in page
    assert 'href="https://example.org/x"' in page
    assert "&lt;b&gt;رابط" in page
    assert "أحدث" not in page
    await put_slot(newsroom, "lead", {"article": article["id"], "headline": "غيرها"})
    assert "غيرها" in (await newsroom.get("/")).text
    await newsroom.desk("PUT", "/fronts/home", {"name": "ه", "language": "en", "slots": []}, if_match="*")
    assert "أحدث" in (await newsroom.get("/")).text


async def test_another_front_has_its_own_page(newsroom: Newsroom) -> None:
    await put_front(
        newsroom, {"name": "a", "title": "عنوان", "url": "https://example.org/t"}, slug="علوم", name="واجهة العلوم"
    )
    assert "واجهة العلوم" in (await newsroom.get("/f/علوم")).text
    await put_slot(newsroom, "a", link("رابط"), of="علوم")
    page = await newsroom.get("/f/علوم")
    assert "رابط" in page.text
    await newsroom.desk("PUT", "/fronts/علوم", {"name": "واجهة العلوم", "slug": "science"}, if_match="*")
    assert (await newsroom.get("/f/علوم", 308)).headers["location"] == "/f/science"
    await newsroom.get("/f/لا-شيء", 404)
    await put_front(newsroom, {"name": "a"})
    assert (await newsroom.get("/f/home", 308)).headers["location"] == "/"

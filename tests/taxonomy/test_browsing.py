"""The public sections, tags and authors: those with a visible article."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.kit import clock
from tests.newsroom import Newsroom

pytestmark = pytest.mark.anyio


async def counts(newsroom: Newsroom, plural: str) -> dict[str, int | None]:
    listed = (await newsroom.get(f"/v1/{plural}?count=true")).json()
    assert listed["page"]["total"] == len(listed["data"])
    return {term["slug"]: term["article_count"] for term in listed["data"]}


@pytest.fixture
async def tree(newsroom: Newsroom) -> Newsroom:
    """أ above ب above ج, and د beside them; a tag and an author each."""
    await newsroom.section("أ", description="وصف", position=3)
    await newsroom.section("ب", parent="أ")
    await newsroom.section("ج", parent="ب")
    await newsroom.section("د")
    await newsroom.tag("وسم")
    await newsroom.author("كاتب", bio="سيرة", avatar={"url": "https://x.example/1.jpg"})
    return newsroom


async def test_readers_see_what_has_a_visible_article_and_what_lies_above_it(tree: Newsroom) -> None:
    await tree.draft(section="د", tags=["وسم"], authors=["كاتب"])
    for plural in ("sections", "tags", "authors"):
        assert await counts(tree, plural) == {}
    for name in "أبجد":
        await tree.get(f"/v1/sections/{name}", 404)
    article = await tree.published(section="ج", tags=["وسم"], authors=["كاتب"])
    assert await counts(tree, "sections") == {"أ": 1, "ب": 1, "ج": 1}
    assert await counts(tree, "tags") == {"وسم": 1}
    assert await counts(tree, "authors") == {"كاتب": 1}
    section = (await tree.get("/v1/sections/ج")).json()
    assert section["parent"]["slug"] == "ب"
    assert section["article_count"] == 1
    await tree.act(article, "withdraw", {"reason": "خطأ"})
    for plural in ("sections", "tags", "authors"):
        assert await counts(tree, plural) == {}
    await tree.get("/v1/tags/وسم", 404)


async def test_terms_appear_with_the_clock(tree: Newsroom) -> None:
    at = clock.written(clock.now() + timedelta(hours=1))
    await tree.published(section="ب", tags=["وسم"], authors=["كاتب"], at=at)
    assert await counts(tree, "sections") == await counts(tree, "tags") == {}
    with clock.shifted(timedelta(hours=1)):
        assert await counts(tree, "sections") == {"أ": 1, "ب": 1}
        assert await counts(tree, "authors") == {"كاتب": 1}


async def test_an_article_counts_once_in_each_section_above_it(tree: Newsroom) -> None:
    await tree.published("١", section="ج", sections=["ب", "د"])
    await tree.published("٢", section="ب")
    await tree.published("٣", section="أ")
    assert await counts(tree, "sections") == {"أ": 3, "ب": 2, "ج": 1, "د": 1}
    for name, count in (("أ", 3), ("ب", 2), ("ج", 1), ("د", 1)):
        assert (await tree.get(f"/v1/sections/{name}")).json()["article_count"] == count
        listed = (await tree.get(f"/v1/articles?section={name}&count=true")).json()
        assert listed["page"]["total"] == count
    assert [s["article_count"] for s in (await tree.get("/v1/sections")).json()["data"]] == [None] * 4


async def test_a_term_shows_what_its_kind_has(tree: Newsroom) -> None:
    await tree.published(section="أ", tags=["وسم"], authors=["كاتب"])
    common = {"id", "slug", "name", "url", "language", "direction", "description", "article_count"}
    section = (await tree.get("/v1/sections/أ")).json()
    assert set(section) == common | {"parent", "position", "image"}
    assert (section["parent"], section["position"], section["description"]) == (None, 3, "وصف")
    assert set((await tree.get("/v1/tags/وسم")).json()) == common
    author = (await tree.get("/v1/authors/كاتب")).json()
    assert set(author) == common | {"bio", "avatar"}
    at_an_address: dict[str, Any] = {"id": None, "width": None, "height": None, "renditions": [], "placeholder": None}
    assert author["avatar"] == {"url": "https://x.example/1.jpg", "alt": "", **at_an_address}
    assert set((await tree.get("/v1/authors/كاتب?fields=name,avatar.url")).json()) == {"id", "name", "avatar"}


async def test_terms_are_found_in_every_spelling(tree: Newsroom) -> None:
    await tree.tag("قمر 2026")
    article = await tree.published(section="أ", tags=["قمر-2026"])
    tag: dict[str, Any] = article["tags"][0]
    assert (await tree.get(f"/v1/tags/{tag['id']}")).json()["slug"] == "قمر-2026"
    for spelling in ("قمر-٢٠٢٦", "قَمر-2026", "قمر%202026"):
        await tree.get(f"/v1/tags/{spelling}", 308)


async def test_lists_of_terms_are_in_the_order_of_their_slugs_page_by_page(newsroom: Newsroom) -> None:
    names = ["ب", "أ", "a", "ث", "zebra", "م-1", "م-10", "م-2"]
    for name in names:
        await newsroom.tag(name)
    await newsroom.published(tags=names)
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        answer = (await newsroom.get(f"/v1/tags?limit=3{cursor and '&cursor=' + cursor}")).json()
        seen += [tag["slug"] for tag in answer["data"]]
        cursor = answer["page"]["next"]
    assert seen == sorted(names)


async def test_wrong_queries_of_terms_are_refused(tree: Newsroom) -> None:
    await tree.published(section="أ", tags=["وسم"], authors=["كاتب"])
    for plural, name in (("sections", "أ"), ("tags", "وسم"), ("authors", "كاتب")):
        for query in ("limit=0", "sort=name", "fields=secret", "count=maybe", "cursor=x", "limit=1&limit=2"):
            await tree.get(f"/v1/{plural}?{query}", 400)
        for query in ("fields=secret", "count=true", "x=1"):
            await tree.get(f"/v1/{plural}/{name}?{query}", 400)

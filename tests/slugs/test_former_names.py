"""A former slug stands for its thing wherever a slug may be written: in filters, bodies, counts, the change log."""

from __future__ import annotations

from typing import Any

import pytest

from tests.newsroom import Newsroom, asked_of
from tests.sync.mirror import Mirror

FORMER, PRESENT = "قديم", "جديد"
PLURALS = {"section": "sections", "tag": "tags", "author": "authors"}


async def renamed(newsroom: Newsroom, plural: str, slug: str = FORMER, to: str = PRESENT) -> None:
    await newsroom.desk("PUT", f"/{plural}/{slug}", {"name": "اسم", "slug": to}, if_match="*", expect=200)


async def titles(newsroom: Newsroom, url: str) -> list[str]:
    """Headlines of a public list, or of what a search found."""
    rows = (await newsroom.get(url)).json()["data"]
    return [row.get("article", row)["headline"] for row in rows]


async def count_of(newsroom: Newsroom, names: str) -> list[dict[str, Any]]:
    return list((await newsroom.get("/v1/comments/counts", params={"articles": names})).json()["data"])


@pytest.fixture
async def filed(newsroom: Newsroom) -> Newsroom:
    """`خبر أول` is filed under a section, a tag and an author of the same slug, which is a former one by now."""
    for plural in PLURALS.values():
        await newsroom.desk("PUT", f"/{plural}/{FORMER}", {"name": "اسم"})
    await newsroom.published("خبر ثان")
    article = await newsroom.published("خبر أول", slug=FORMER, section=FORMER, tags=[FORMER], authors=[FORMER])
    await newsroom.change(article, slug=PRESENT)
    for url in (f"?{kind}={FORMER}" for kind in PLURALS):
        await newsroom.get(f"/v1/articles{url}")  # kept in the cache from before the rename
    for plural in PLURALS.values():
        await renamed(newsroom, plural)
    return newsroom


@pytest.mark.parametrize("name", [FORMER, PRESENT, f"لا-شيء,{FORMER}", f"{FORMER},{PRESENT}", "قــديم"])
async def test_a_filter_takes_a_former_slug_as_the_present_one(filed: Newsroom, name: str) -> None:
    for filter in ("section", "tag", "author", "ids"):
        for route in ("/v1/articles?", "/v1/articles?q=خبر&", "/v1/articles?sort=-updated_at&", "/v1/search?q=خبر&"):
            url = f"{route}{filter}={name}"
            assert await titles(filed, url) == ["خبر أول"], url
            assert (await filed.get(f"{url}&count=true")).json()["page"]["total"] == 1, url
        rows = (await filed.desk("GET", f"/articles?{filter}={name}")).json()["data"]
        assert [row["headline"] for row in rows] == ["خبر أول"], filter


async def test_facets_of_a_search_by_a_former_slug_name_the_present_one(filed: Newsroom) -> None:
    answer = (await filed.get(f"/v1/search?q=خبر&section={FORMER}&facets=section,tag")).json()
    assert {name: [one["value"] for one in found] for name, found in answer["facets"].items()} == {
        "section": [PRESENT],
        "tag": [PRESENT],
    }


async def test_an_unknown_slug_finds_nothing_as_before(filed: Newsroom) -> None:
    for filter in ("section", "tag", "author", "ids"):
        assert await titles(filed, f"/v1/articles?{filter}=لا-شيء") == []
    assert await count_of(filed, "لا-شيء") == []


async def test_a_slug_costs_no_statement_more_than_an_id(filed: Newsroom) -> None:
    article = (await filed.get(f"/v1/articles/{PRESENT}")).json()
    of = {"ids": article["id"], **{kind: (article[kind] if kind in article else article[plural][0])["id"]
          for kind, plural in PLURALS.items()}}  # fmt: skip

    async def spent(url: str) -> int:
        with filed.counted() as statements:
            await filed.get(url)
        return len(statements)

    for kind, id in of.items():
        by_id, *by_slug = [await spent(f"/v1/articles?{kind}={name}") for name in (id, PRESENT, FORMER)]
        assert by_slug == [by_id, by_id], kind
    assert await spent(f"/v1/comments/counts?articles={PRESENT}") == 1
    draft, saves = await filed.draft("مسودة"), []
    for name in (of["tag"], PRESENT):
        with asked_of(filed.app.state.database.writing) as statements:
            draft = await filed.change(draft, tags=[name])
        saves.append(len(statements))
        draft = await filed.change(draft, tags=[])
    assert saves[0] == saves[1]


async def test_a_cursor_goes_on_under_the_former_slug(filed: Newsroom) -> None:
    await filed.published("خبر ثالث", section=PRESENT)
    page = (await filed.get(f"/v1/articles?section={FORMER}&limit=1")).json()
    await renamed(filed, "sections", PRESENT, "أحدث")
    following = await filed.get("/v1/articles", params={"section": FORMER, "limit": 1, "cursor": page["page"]["next"]})
    assert [row["headline"] for row in [*page["data"], *following.json()["data"]]] == ["خبر ثالث", "خبر أول"]


async def test_counts_say_what_was_asked_for_beside_the_present_slug(filed: Newsroom) -> None:
    id = (await filed.get(f"/v1/articles/{PRESENT}")).json()["id"]
    rows = await count_of(filed, f"{FORMER},{id.upper()},لا-شيء,{PRESENT},{FORMER}")
    assert rows == [
        {"asked": name, "article_id": id, "slug": PRESENT, "count": 0} for name in (FORMER, id.upper(), PRESENT)
    ]


async def test_a_former_slug_betrays_nothing_that_readers_cannot_see(newsroom: Newsroom) -> None:
    article = await newsroom.published("خبر", slug=FORMER)
    article = await newsroom.change(article, slug=PRESENT)
    for verb, body in (("unpublish", None), ("publish", {}), ("withdraw", {"reason": "سُحب"})):
        article = await newsroom.act(article, verb, body)
        shown = article["status"] == "published"
        for name in (FORMER, PRESENT):
            assert await titles(newsroom, f"/v1/articles?ids={name}") == ["خبر"] * shown
            assert [row["slug"] for row in await count_of(newsroom, name)] == [PRESENT] * shown
    for name in (FORMER, PRESENT):
        assert (await newsroom.desk("GET", f"/articles?ids={name}")).json()["data"][0]["id"] == article["id"]


async def test_a_slug_that_an_unseen_draft_has_let_go_stands_for_it_no_more(newsroom: Newsroom) -> None:
    draft = await newsroom.change(await newsroom.draft("أول", slug=FORMER), slug=PRESENT)
    assert (await newsroom.desk("GET", f"/articles?ids={FORMER}")).json()["data"] == []
    other = await newsroom.draft("ثان", slug=FORMER)
    assert (await newsroom.desk("GET", f"/articles?ids={FORMER}")).json()["data"][0]["id"] == other["id"]
    assert (await newsroom.desk("GET", f"/articles?ids={PRESENT}")).json()["data"][0]["id"] == draft["id"]


async def test_an_article_is_filed_under_the_former_slug_of_a_term(filed: Newsroom) -> None:
    fields: dict[str, Any] = {"section": FORMER, "sections": [FORMER], "tags": [FORMER, PRESENT], "authors": [FORMER]}
    draft = await filed.draft("مسودة", **fields)
    changed = await filed.change(await filed.draft("أخرى"), **fields)
    for article in (draft, changed):
        assert article["section"]["slug"] == PRESENT
        for name in ("sections", "tags", "authors"):
            assert [ref["slug"] for ref in article[name]] == [PRESENT], name
    unknown = {"headline": "خبر", "tags": [FORMER, "لا-شيء"]}
    faults = (await filed.desk("POST", "/articles", unknown, expect=422)).json()["errors"]
    assert [(fault["pointer"], fault["code"]) for fault in faults] == [("/tags/1", "not_found")]


async def test_a_translation_names_its_original_by_a_former_slug(filed: Newsroom) -> None:
    translation = await filed.draft("News", language="en", translation_of=FORMER)
    assert [other["slug"] for other in translation["translations"]] == [PRESENT]


async def test_a_section_names_the_one_above_by_a_former_slug(filed: Newsroom) -> None:
    assert (await filed.section("فرع", parent=FORMER))["parent"]["slug"] == PRESENT
    body = {"name": "اسم", "parent": FORMER}
    answer = await filed.desk("PUT", f"/sections/{PRESENT}", body, if_match="*", expect=422)
    assert answer.json()["errors"][0]["code"] == "cycle"


async def test_a_strip_and_its_items_take_former_slugs(filed: Newsroom) -> None:
    rules = [{"sections": [FORMER], "tags": [FORMER]}]
    ticker = (await filed.desk("PUT", "/tickers/عاجل", {"name": "عاجل", "rules": rules})).json()
    assert (ticker["rules"][0]["sections"], ticker["rules"][0]["tags"]) == ([PRESENT], [PRESENT])
    item = (await filed.desk("POST", "/tickers/عاجل/items", {"article": FORMER})).json()
    assert item["article"]["slug"] == PRESENT


async def test_moderators_filter_by_a_former_slug(filed: Newsroom) -> None:
    filed.set(comments="premoderated", comments_rate=())
    form = {"author_name": "س", "author_email": "s@example.com", "body": "تعليق"}
    await filed.client.post(f"/v1/articles/{PRESENT}/comments", json=form)
    for name in (FORMER, PRESENT):
        rows = (await filed.desk("GET", f"/comments?article={name}")).json()["data"]
        assert [row["body"] for row in rows] == ["تعليق"], name


async def test_a_mirror_of_a_section_follows_on_through_a_rename(newsroom: Newsroom) -> None:
    await newsroom.section(FORMER)
    article = await newsroom.published("خبر", section=FORMER)
    mirror = Mirror(newsroom, f"&section={FORMER}")
    await mirror.follow()
    await renamed(newsroom, "sections")
    assert [(entry["type"], entry["object"]["slug"]) for entry in await mirror.follow()] == [
        ("section.changed", PRESENT)
    ]
    mirror.query = f"&section={PRESENT}"  # as the redirect of the section has told
    assert await mirror.follow() == []
    await newsroom.change(article, headline="خبر آخر")
    assert [entry["id"] for entry in await mirror.follow()] == [article["id"]]
    for name in (FORMER, PRESENT):
        anew = Mirror(newsroom, f"&section={name}")
        await anew.follow()
        assert anew.things.keys() == mirror.things.keys(), name


async def test_whoever_followed_a_slug_that_nothing_had_starts_again_when_a_section_takes_it(
    newsroom: Newsroom,
) -> None:
    await newsroom.section(FORMER)
    await newsroom.published("خبر", section=FORMER)
    mirror = Mirror(newsroom, f"&section={PRESENT}")
    assert await mirror.follow() == []
    await renamed(newsroom, "sections")
    await newsroom.get("/v1/changes", 410, params={"since": mirror.since, "section": PRESENT})


@pytest.mark.parametrize("query", ["section", "tag", "author"])
async def test_an_answer_kept_for_an_unknown_slug_ends_when_something_takes_it(newsroom: Newsroom, query: str) -> None:
    """A term that is made, or renamed so; and an article that gets the slug."""
    plural = PLURALS[query]
    urls = [f"/v1/articles?{query}={PRESENT}", f"/v1/search?q=خبر&{query}={PRESENT}", f"/v1/articles?ids={PRESENT}"]
    counts = f"/v1/comments/counts?articles={PRESENT}"
    await newsroom.desk("PUT", f"/{plural}/{FORMER}", {"name": "اسم"})
    filed = {query: FORMER} if query == "section" else {plural: [FORMER]}
    article = await newsroom.published("خبر أول", **filed)
    for url in urls:
        assert await titles(newsroom, url) == []
    assert await count_of(newsroom, PRESENT) == []
    await renamed(newsroom, plural)
    for url in urls[:2]:
        assert await titles(newsroom, url) == ["خبر أول"], url
    await newsroom.change(article, slug=PRESENT)
    assert await titles(newsroom, urls[2]) == ["خبر أول"]
    assert len((await newsroom.get(counts)).json()["data"]) == 1
    made = f"/v1/articles?{query}=وليد"
    assert await titles(newsroom, made) == []
    await newsroom.desk("PUT", f"/{plural}/وليد", {"name": "وليد"})
    await newsroom.published("خبر ثان", **({query: "وليد"} if query == "section" else {plural: ["وليد"]}))
    assert await titles(newsroom, made) == ["خبر ثان"]

"""What a preview shows: the newest save, whole, to whoever holds the token, and nothing else to anybody."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from app.previews.schemas import ArticlePreview
from tests.media.desk import MediaDesk
from tests.newsroom import Newsroom, beside
from tests.previews.links import ahead, opens, preview_of

pytestmark = pytest.mark.anyio

GIVEN = {
    *("id", "slug", "url", "language", "direction", "kind", "access", "headline", "urgency", "updated_at", "version"),
    *("reading_minutes", "comments", "corrected", "body", "status"),
    "syndication",
}


async def shown(newsroom: Newsroom, preview: dict[str, Any]) -> dict[str, Any]:
    return dict((await newsroom.get(f"/v1/preview/{preview['token']}")).json())


async def test_a_draft_that_is_nothing_but_a_headline_is_shown(newsroom: Newsroom) -> None:
    draft = (await newsroom.desk("POST", "/articles", {"headline": "سرّ المرصد"})).json()
    found = await shown(newsroom, await preview_of(newsroom, draft))
    assert (found["headline"], found["status"]) == ("سرّ المرصد", "draft")
    assert found["body"] == {"html": "", "text": "", "blocks": [], "truncated": False}
    empty = {name: value for name, value in found.items() if name not in GIVEN}
    assert all(value in (None, []) for value in empty.values()), empty


async def test_it_is_the_article_as_the_desk_reads_it_with_its_pictures(media: MediaDesk) -> None:
    await media.room.section()
    await media.room.author()
    picture, other = await media.upload(alt="قبّة"), await media.upload("#992244", alt="ليل")
    draft = await media.room.draft(
        lead_image={"id": picture["id"]},
        media=[{"id": other["id"]}],
        body=f'<p>متن</p><img data-media="{other["id"]}">',
        authors=["ليلى-القاسم"],
        access="paid",
        summary="خلاصة",
    )
    found = await shown(media.room, await preview_of(media.room, draft))
    read = (await media.room.desk("GET", f"/articles/{draft['id']}")).json()
    assert found == {name: read[name] for name in ArticlePreview.model_fields}
    assert len(found["lead_image"]["renditions"]) > 1
    assert not found["body"]["truncated"]
    assert "متن" in found["body"]["html"]
    assert len(found["media"]) == 1
    file = await media.room.client.get(found["lead_image"]["renditions"][0]["url"])
    assert file.status_code == 200


async def test_every_save_shows_at_once_in_every_process(newsroom: Newsroom) -> None:
    draft = await newsroom.draft("أول")
    url = f"/v1/preview/{(await preview_of(newsroom, draft))['token']}"
    async with beside(newsroom) as other:
        for state in ("draft", "in_review", "scheduled", "published"):
            if state == "in_review":
                draft = await newsroom.act(draft, "submit")
            elif state == "scheduled":
                draft = await newsroom.act(draft, "publish", {"at": ahead(days=1)})
            elif state == "published":
                draft = await newsroom.act(await newsroom.act(draft, "unpublish"), "publish")
            for number in range(2):
                draft = await newsroom.change(draft, headline=f"{state} {number}")
                for room in (newsroom, other, newsroom):
                    found = (await room.get(url)).json()
                    assert (found["headline"], found["status"]) == (f"{state} {number}", state)


async def test_no_cache_keeps_it(newsroom: Newsroom) -> None:
    preview = await preview_of(newsroom, await newsroom.published())
    cache = newsroom.app.state.cache
    await newsroom.get("/")  # what the page of a preview reads is kept, but not the page
    before = len(cache.store), cache.misses
    for path in (f"/v1/preview/{preview['token']}", f"/preview/{preview['token']}"):
        for _ in range(2):
            answer = await newsroom.get(path, headers={"if-none-match": "*", "accept-encoding": "br"})
            assert answer.headers["cache-control"] == "no-store"
            assert answer.headers["x-robots-tag"] == "noindex"
            assert answer.headers["referrer-policy"] == "no-referrer"
            assert answer.headers["access-control-allow-origin"] == "*"
            assert not {"etag", "last-modified", "set-cookie"} & set(answer.headers)
            assert newsroom.settings.cache_tag_header.lower() not in answer.headers
    assert (len(cache.store), cache.misses) == before


async def test_the_document_promises_no_validator(newsroom: Newsroom) -> None:
    document = (await newsroom.get("/openapi.json")).json()
    responses = document["paths"]["/v1/preview/{token}"]["get"]["responses"]
    assert set(responses) == {"200", "400", "404", "500", "503"}
    assert set(responses["200"]["headers"]) == {"X-Request-ID", "Cache-Control"}
    assert "ETag" in document["paths"]["/v1/articles/{slug}"]["get"]["responses"]["200"]["headers"]


async def test_the_document_promises_an_address_only_of_what_has_one(newsroom: Newsroom) -> None:
    paths = (await newsroom.get("/openapi.json")).json()["paths"]
    made = {
        path: "Location" in operation["post"]["responses"]["201"]["headers"]
        for path, operation in paths.items()
        if "201" in operation.get("post", {}).get("responses", {})
    }
    without = {path for path, is_promised in made.items() if not is_promised}
    tokens = "/v1/desk/staff/{id}/tokens"
    assert without == {"/v1/desk/articles/{id}/previews", tokens, f"{tokens}/{{token_id}}/rotate"}
    assert len(made) > len(without)


async def test_head_has_the_headers_and_no_body(newsroom: Newsroom) -> None:
    preview = await preview_of(newsroom, await newsroom.draft())
    for path in (f"/v1/preview/{preview['token']}", f"/preview/{preview['token']}"):
        got = await newsroom.get(path)
        answer = await newsroom.client.head(path)
        own = {"x-request-id"}
        assert answer.status_code == 200
        assert not answer.content
        assert {n: v for n, v in answer.headers.items() if n not in own} == {
            n: v for n, v in got.headers.items() if n not in own
        }
        assert (await newsroom.client.head(f"{path}x")).status_code == 404


async def test_translations_are_those_that_readers_may_see(newsroom: Newsroom) -> None:
    article = await newsroom.draft("أصل")
    await newsroom.draft("a secret draft", language="en", translation_of=article["id"])
    preview = await preview_of(newsroom, article)
    assert (await shown(newsroom, preview))["translations"] == []
    public = await newsroom.published("en clair", language="fr", translation_of=article["id"])
    assert [one["id"] for one in (await shown(newsroom, preview))["translations"]] == [public["id"]]


async def test_nothing_of_a_draft_is_told_by_its_preview(newsroom: Newsroom) -> None:
    """No change, no stream, no list, no page of the site."""
    await newsroom.published("خبر منشور")
    draft = await newsroom.draft("zq1x سرّ", slug="zq1x")
    urls = ["/v1/changes?object=full", "/v1/articles", "/v1/articles/zq1x", "/v1/search?q=zq1x", "/", "/v1/site",
            "/v1/sections/علوم", "/a/zq1x"]  # fmt: skip
    before = [(await newsroom.get(url, None)).text for url in urls]
    preview = await preview_of(newsroom, draft)
    assert await opens(newsroom, preview)
    await newsroom.get(f"/preview/{preview['token']}")
    await newsroom.desk("DELETE", f"/articles/{draft['id']}/previews/{preview['id']}")
    assert [(await newsroom.get(url, None)).text for url in urls] == before


async def test_parameters_are_refused_and_the_token_is_not_repeated(newsroom: Newsroom) -> None:
    preview = await preview_of(newsroom, await newsroom.draft())
    for query in ("fields=headline", "display=ar", "x=1", "x=1&x=2"):
        answer = await newsroom.get(f"/v1/preview/{preview['token']}?{query}", 400)
        assert preview["token"] not in answer.text
        assert answer.headers["referrer-policy"] == "no-referrer"
    wrong = await newsroom.client.post(f"/v1/preview/{preview['token']}", json={})
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "GET, HEAD")
    assert wrong.json()["instance"] == "/v1/preview/***"
    await newsroom.get(f"/preview/{preview['token']}?utm_source=x")  # a page drops what it does not take


async def test_no_spelling_but_the_token_opens_it(newsroom: Newsroom) -> None:
    token = (await preview_of(newsroom, await newsroom.published()))["token"]
    spellings = [
        *(token.upper(), token.swapcase(), token + ".", token + "=", token[:-1], token[1:], f" {token}", f"{token}\n"),
        *(f"{token}\0", "\0", "npv_", "x" * 10_000, token * 200, f"npv_{'0' * 38}", f"nsh_{token[4:]}", token[4:]),
        *(newsroom.tokens["admin"], f"npv_{newsroom.tokens['admin'][4:]}", token.replace("npv_", "NPV_")),
        *("%", "%00", "\ud7ff", "ن" * 38, "'; DROP TABLE previews; --", f"{token}/", f"{token}/x"),
    ]
    unknown = await newsroom.get(f"/v1/preview/npv_{'0' * 38}", 404)
    for spelling in spellings:
        answer = await newsroom.get(f"/v1/preview/{quote(spelling, safe='')}", 404)
        assert token not in answer.text
        if "/" not in spelling:
            assert answer.content == unknown.content, spelling
        page = await newsroom.get(f"/preview/{quote(spelling, safe='')}", 404)
        assert token not in page.text
    encoded = "".join(f"%{ord(letter):02x}" for letter in token)
    await newsroom.get(f"/v1/preview/{encoded}")
    for path in (f"/v1/%70review/{encoded}", f"/v1/preview%2f{token}", f"/V1/preview/{token}",
                 f"/v1/preview/{token}/articles", f"/v1/{token}", f"/x/{encoded}"):  # fmt: skip
        answer = await newsroom.get(path, 404)
        assert token not in answer.text
        assert encoded not in answer.text


async def test_a_preview_is_no_other_token(newsroom: Newsroom) -> None:
    article = await newsroom.published(comments_mode="open")
    token = (await preview_of(newsroom, article))["token"]
    headers = {"authorization": f"Bearer {token}"}
    for path in ("/v1/desk/me", f"/v1/desk/articles/{article['id']}", f"/v1/desk/articles/{article['id']}/previews"):
        answer = await newsroom.get(path, 401, headers=headers)
        assert answer.json()["reason"] == "unknown"
    form = {"author_name": "سلمى", "author_email": "salma@example.com", "body": "تعليق"}
    said = (await newsroom.client.post(f"/v1/articles/{article['id']}/comments", json=form)).json()
    answer = await newsroom.client.delete(f"/v1/comments/{said['comment']['id']}", headers=headers)
    assert not answer.is_success
    await newsroom.get(f"/v1/preview/{said['edit_token']}", 404)
    await newsroom.get(f"/v1/articles?cursor={token}", 400)

"""The index at `/v1`: a place to start from."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from tests.newsroom import Newsroom

pytestmark = pytest.mark.anyio


async def test_every_link_of_the_index_leads_somewhere(newsroom: Newsroom) -> None:
    links = (await newsroom.get("/v1")).json()["links"]
    assert list(links) == ["site", "articles", "tickers", "fronts", "search", "changes", "stream", "openapi", "docs"]
    for name, url in links.items():
        path = urlsplit(url).path
        question = "?q=خبر" if name == "search" else ""
        answer = await newsroom.client.head(path + question)  # HEAD: a stream sends its headers and ends
        assert answer.status_code == 200, name


async def test_the_index_names_the_public_address(newsroom: Newsroom) -> None:
    newsroom.set(api_url="https://api.news.example")
    links = (await newsroom.get("/v1")).json()["links"]
    assert all(url.startswith("https://api.news.example/") for url in links.values())


async def test_the_index_is_delivered_like_the_rest(newsroom: Newsroom) -> None:
    first = await newsroom.get("/v1")
    assert first.headers["cache-control"] == "public, max-age=10"
    assert first.headers["cache-tag"] == "site"
    await newsroom.get("/v1", 304, headers={"if-none-match": first.headers["etag"]})
    await newsroom.get("/v1?x=1", 400)
    await newsroom.get("/v1/", 404)

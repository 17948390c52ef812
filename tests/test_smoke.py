import pytest
from tests.newsroom import Newsroom

pytestmark = pytest.mark.anyio


async def test_it_serves(newsroom: Newsroom) -> None:
    a = await newsroom.published()
    r = await newsroom.get("/v1/articles")
    assert r.json()["data"][0]["id"] == a["id"]

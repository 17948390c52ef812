"""Over a real connection: what the protocol sends by itself is what the application would have sent, in its order."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import pytest
from fastapi import APIRouter
from starlette.responses import Response

from app.cache.layer import Cache
from app.changes import tail
from tests.newsroom import Newsroom
from tests.wire import Wire, connected, lasting, request, served

pytestmark = pytest.mark.anyio


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What has come to the application, by way of its cache."""
    seen: list[str] = []
    call = Cache.__call__

    async def noting(self: Cache, scope: Any, *others: Any) -> None:
        seen.append(f"{scope['method']} {scope['path']}")
        await call(self, scope, *others)

    monkeypatch.setattr(Cache, "__call__", noting)
    return seen


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A read of the log is trusted for longer than a test takes on a busy machine, and no poll makes it stale."""
    monkeypatch.setattr(tail, "TRUSTED", 60.0)
    monkeypatch.setattr(tail.LogTail, "mark_stale", lambda _self: None)


@pytest.fixture
async def port(newsroom: Newsroom) -> AsyncIterator[int]:
    async with served(newsroom) as found:
        yield found


@pytest.fixture
async def wire(port: int) -> AsyncIterator[Wire]:
    async with connected(port) as found:
        yield found


@pytest.mark.parametrize("accepted", ["identity", "gzip", "br", "gzip;q=0.2, br;q=0.1"])
async def test_it_sends_what_the_application_would(
    newsroom: Newsroom, wire: Wire, asked: list[str], accepted: str
) -> None:
    article = await newsroom.published()
    for target in ("/v1/articles?limit=20", f"/v1/articles/{quote(article['slug'])}", "/v1/site"):
        made = await wire.ask(target, accept_encoding=accepted)
        asked.clear()
        kept = await wire.ask(target, accept_encoding=accepted)
        assert asked == []
        assert lasting(kept) == lasting(made)
        assert kept[0] == 200
        assert kept[1].keys() == made[1].keys()
        tag = kept[1]["etag"]
        known = await wire.ask(target, accept_encoding=accepted, if_none_match=tag)
        assert asked == []
        assert known[0] == 304
        newsroom.app.state.cache.invalidate_all()
        assert lasting(await wire.ask(target, accept_encoding=accepted, if_none_match=tag)) == lasting(known)


async def test_another_spelling_is_the_application_s(newsroom: Newsroom, wire: Wire, asked: list[str]) -> None:
    """The same answer, until that spelling is known as well."""
    await newsroom.published()
    asked.clear()
    answers = [await wire.ask(target) for target in ("/v1/articles?limit=20", "/v1/articles?limit=%320") for _ in "ab"]
    assert len({str(lasting(answer)) for answer in answers}) == 1
    assert asked == ["GET /v1/articles"] * 2


async def test_a_write_is_seen_by_who_asks_after_it(newsroom: Newsroom, wire: Wire) -> None:
    article = await newsroom.published()
    for number in range(5):
        await wire.ask("/v1/articles")
        article = await newsroom.change(article, headline=f"عنوان {number}")
        assert f"عنوان {number}" in (await wire.ask("/v1/articles"))[2].decode()


async def test_what_is_not_a_plain_get_goes_to_the_application(
    newsroom: Newsroom, wire: Wire, asked: list[str]
) -> None:
    await newsroom.published()
    made = await wire.ask("/v1/articles")
    asked.clear()
    assert lasting(await wire.ask("/v1/articles", "HEAD"))[:2] == lasting(made)[:2]
    await wire.ask("/v1/articles", authorization="Bearer nobody")
    assert (await wire.ask("/v1/articles", "POST"))[0] == 405
    assert asked == ["HEAD /v1/articles", "GET /v1/articles", "POST /v1/articles"]
    assert lasting(await wire.ask("/v1/articles")) == lasting(made)
    assert len(asked) == 3


async def test_the_request_is_named(newsroom: Newsroom, wire: Wire) -> None:
    await wire.ask("/v1/articles")
    assert (await wire.ask("/v1/articles", x_request_id="my-request-1"))[1]["x-request-id"] == "my-request-1"
    others = [(await wire.ask("/v1/articles", x_request_id=bad))[1]["x-request-id"] for bad in ("", "a b", "x" * 300)]
    assert len(set(others)) == 3
    assert all(re.fullmatch(r"[0-9a-f]{24}", other) for other in others)


async def test_answers_come_in_the_order_of_their_requests(newsroom: Newsroom, wire: Wire) -> None:
    """Kept and not kept, all sent at once, and again while the first of them is under way."""
    article = await newsroom.published()
    targets = ["/v1/articles?limit=20", "/v1/articles?limit=3", "/v1/site", f"/v1/articles/{article['id']}"]
    alone = [lasting(await wire.ask(target)) for target in targets]
    newsroom.app.state.cache.invalidate_all()
    for kept in range(len(targets)):
        wire.send(*(request(target) for target in targets))
        assert [lasting(await wire.answer()) for _ in targets] == alone
        newsroom.app.state.cache.invalidate_all()
        await wire.ask(targets[kept])
    wire.send(request("/v1/articles?limit=4"))
    wire.send(request(targets[1]))
    assert b'"limit":4' in (await wire.answer())[2]
    assert lasting(await wire.answer()) == alone[1]


async def test_a_request_that_comes_in_pieces_is_answered_once(newsroom: Newsroom, wire: Wire) -> None:
    await newsroom.published()
    made = lasting(await wire.ask("/v1/articles"))
    for letter in request("/v1/articles", x_request_id="in-pieces"):
        wire.send(letter)
        await wire.writer.drain()
        await asyncio.sleep(0)
    assert lasting(await wire.answer()) == made
    assert lasting(await wire.ask("/v1/articles")) == made


@pytest.mark.parametrize("headers", [{"content_length": "9"}, {"content_length": "9", "expect": "100-continue"}])
async def test_a_body_is_read_past(newsroom: Newsroom, wire: Wire, asked: list[str], headers: dict[str, str]) -> None:
    """By the application: it does not wait for the whole of it."""
    await newsroom.published()
    made = lasting(await wire.ask("/v1/articles"))
    asked.clear()
    wire.send(request("/v1/articles", **headers))
    assert lasting(await wire.answer()) == made
    wire.send("GET / HTT", request("/v1/articles"))
    assert lasting(await wire.answer()) == made
    assert asked == ["GET /v1/articles"]


def add_slow_route(newsroom: Newsroom) -> None:
    router = APIRouter()

    @router.get("/v1/slow")
    async def answer_late() -> Response:
        await asyncio.sleep(1.6)
        return Response(b"late")

    newsroom.app.include_router(router)


async def test_what_is_kept_waits_for_what_was_asked_before(newsroom: Newsroom, wire: Wire) -> None:
    """It comes while the other is under way, in a piece of its own."""
    add_slow_route(newsroom)
    made = lasting(await wire.ask("/v1/articles"))
    wire.send(request("/v1/slow"))
    await asyncio.sleep(0.1)
    wire.send(request("/v1/articles"))
    assert (await wire.answer())[2] == b"late"
    assert lasting(await wire.answer()) == made


async def test_what_is_asked_behind_a_kept_answer_has_its_time(newsroom: Newsroom) -> None:
    """The connection is not taken for idle when both have come in one piece."""
    add_slow_route(newsroom)
    async with served(newsroom, timeout_keep_alive=1) as port, connected(port) as wire:
        made = lasting(await wire.ask("/v1/articles"))
        wire.send(request("/v1/articles") + request("/v1/slow"))
        assert lasting(await wire.answer()) == made
        assert (await wire.answer())[2] == b"late"


async def test_a_fault_of_the_short_way_is_told_and_the_long_one_taken(
    newsroom: Newsroom, wire: Wire, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    made = lasting(await wire.ask("/v1/articles"))

    def fail(*_: Any) -> None:
        raise KeyError("what")

    monkeypatch.setattr(Cache, "reply", fail)
    assert lasting(await wire.ask("/v1/articles")) == made
    assert "KeyError: 'what'" in caplog.text


async def test_odd_spellings_do_not_take_the_short_way_from_others(
    newsroom: Newsroom, wire: Wire, asked: list[str]
) -> None:
    for letter in "articles":
        await wire.ask(f"/v1/{'articles'.replace(letter, f'%{ord(letter):02x}')}")
    for place in range(8):
        await wire.ask(f"/v1/{'articles'[:place]}%{ord('articles'[place]):02X}{'articles'[place + 1 :]}")
    asked.clear()
    for _ in range(5):
        await wire.ask("/v1/articles")
    assert len(asked) <= 1


@pytest.mark.parametrize("last", [request("/v1/articles", connection="close"), request("/v1/articles", version="1.0")])
async def test_who_wants_no_more_is_let_go(newsroom: Newsroom, wire: Wire, last: str) -> None:
    made = await wire.ask("/v1/articles")
    wire.send(last)
    status, headers, body = await wire.answer()
    assert (status, headers["connection"], body) == (200, "close", made[2])
    assert await wire.is_closed()


async def test_who_does_not_read_is_not_written_for(newsroom: Newsroom, port: int) -> None:
    """Many requests at once, of which no answer is taken: they are not all answered into memory."""
    await newsroom.published()
    async with connected(port) as patient:
        size = len((await patient.ask("/v1/articles"))[2])
        before = newsroom.app.state.cache.hits
        async with connected(port) as greedy:
            for _ in range(200):
                greedy.send(request("/v1/articles") * 100)
                await asyncio.sleep(0)
            await asyncio.sleep(0.3)
            answered = newsroom.app.state.cache.hits - before
            assert (await patient.ask("/v1/articles"))[0] == 200
    assert answered * size < 20_000_000
    assert answered < 20_000

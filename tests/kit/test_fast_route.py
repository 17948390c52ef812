"""The short way to an endpoint gives it what FastAPI's general way gives."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, Header, Query
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.kit.fast_route import FastRoute
from app.kit.routing import Route

pytestmark = pytest.mark.anyio

CALLED: list[str] = []


class Asked(BaseModel):
    number: int = 1


class Told(BaseModel):
    word: str


async def _open(request: Request) -> AsyncIterator[str]:
    CALLED.append("open")
    try:
        yield request.method
    except RuntimeError:
        CALLED.append("failed")
        raise
    finally:
        CALLED.append("close")


Opened = Annotated[str, Depends(_open, scope="function")]


async def _judge(opened: Opened, x_word: Annotated[str | None, Header()] = None) -> str:
    CALLED.append("judge")
    if x_word == "no":
        raise RuntimeError
    return f"{opened} {x_word}"


async def _tell(judged: Annotated[str, Depends(_judge)]) -> None:
    CALLED.append("tell")


def _application() -> FastAPI:
    router = APIRouter(route_class=Route)

    @router.post("/things/{id}", dependencies=[Depends(_tell)])
    async def change(
        id: str,
        query: Annotated[Asked, Query()],
        body: Told,
        opened: Opened,
        judged: Annotated[str, Depends(_judge)],
    ) -> Response:
        CALLED.append("change")
        return JSONResponse([id, query.number, body.word, opened, judged])

    app = FastAPI()
    app.include_router(router)
    return app


SENT: list[tuple[str, dict[str, str], bytes]] = [
    ("/things/a%20b?number=7", {"X-Word": "yes"}, b'{"word": "w"}'),
    ("/things/a", {}, b'{"word": "w"}'),
    ("/things/a", {"X-Word": "no"}, b'{"word": "w"}'),
    ("/things/a?number=x", {}, b'{"word": "w"}'),
    ("/things/a", {}, b'{"word": 1}'),
    ("/things/a", {}, b"{"),
    ("/things/a", {}, b"[" * 100_000),
    ("/things/a", {}, b'"\xff"'),
    ("/things/a", {}, b""),
]


@pytest.mark.parametrize(("target", "headers", "body"), SENT)
async def test_both_ways_call_the_same_and_answer_the_same(
    monkeypatch: pytest.MonkeyPatch, target: str, headers: dict[str, str], body: bytes
) -> None:
    """What an endpoint depends on is called once, in order, and closed before the answer; where anything is wrong with
    the request, as FastAPI would."""
    short = await _answer(target, headers, body)
    monkeypatch.setattr(FastRoute, "fits", staticmethod(lambda *_: False))
    assert await _answer(target, headers, body) == short


async def test_the_short_way_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the test above would compare FastAPI's way with itself."""
    monkeypatch.setattr(FastRoute, "handle", None)
    status, _, called = await _answer("/things/a", {}, b'{"word": "w"}')
    assert (status, called) == (500, [])


async def _answer(target: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes, list[str]]:
    """Status, body, and what was called."""
    CALLED.clear()
    transport = httpx.ASGITransport(_application(), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await client.post(target, headers={"Content-Type": "application/json", **headers}, content=body)
    return answer.status_code, answer.content, [*CALLED]

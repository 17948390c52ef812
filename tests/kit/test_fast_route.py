"""The short way to an endpoint gives it what FastAPI's general way gives."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter, BackgroundTasks, Depends, FastAPI, Header, Query
from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.kit.fast_route import FastRoute
from app.kit.routing import Route, router_of
from tests.newsroom import Newsroom

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


# --- endpoints as the framework's documentation has them --------------------------------------------------------------


class Thing(BaseModel):
    id: int
    name: str = "قمر"


async def _a_word() -> str:
    return "as it is"


Word = Annotated[str, Depends(_a_word)]
WRITTEN: list[str] = []


def _ordinary(extended: bool = False) -> FastAPI:
    router = router_of("/v1", "things")

    @router.get("/model")
    async def read_model() -> Thing:
        return Thing(id=1)

    @router.get("/dict", response_model=Thing)
    async def read_dict() -> dict[str, object]:
        return {"id": 2, "secret": "not in the model"}

    @router.delete("/nothing", status_code=204)
    async def delete_thing() -> None:
        return None

    @router.get("/bare")
    async def read_bare(q: int) -> Thing:
        return Thing(id=q)

    @router.get("/plain")
    def read_plain(word: Word) -> Thing:
        return Thing(id=3, name=word)

    @router.post("/later", status_code=202)
    async def do_later(tasks: BackgroundTasks) -> Thing:
        tasks.add_task(WRITTEN.append, "done")
        return Thing(id=4)

    @router.get("/unsaid")
    async def read_unsaid():  # type: ignore[no-untyped-def]  # newcomers leave the annotation out
        return {"id": 5}

    @router.get("/response")
    async def read_response(word: Word) -> Response:
        return JSONResponse({"word": word})

    app = FastAPI()
    if extended:
        app.router.routes.extend(router.routes)
    else:
        app.include_router(router)
    return app


async def _ask(app: FastAPI, method: str, target: str) -> httpx.Response:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.request(method, target)


ORDINARY: list[tuple[str, str, int, object]] = [
    ("GET", "/v1/model", 200, {"id": 1, "name": "قمر"}),
    ("GET", "/v1/dict", 200, {"id": 2, "name": "قمر"}),
    ("DELETE", "/v1/nothing", 204, None),
    ("GET", "/v1/bare?q=7", 200, {"id": 7, "name": "قمر"}),
    ("GET", "/v1/bare?q=x", 422, None),
    ("GET", "/v1/plain", 200, {"id": 3, "name": "as it is"}),
    ("POST", "/v1/later", 202, {"id": 4, "name": "قمر"}),
    ("GET", "/v1/unsaid", 200, {"id": 5}),
    ("GET", "/v1/response", 200, {"word": "as it is"}),
]


@pytest.mark.parametrize(("method", "target", "status", "content"), ORDINARY)
async def test_an_ordinary_endpoint_answers_as_the_framework_promises(
    method: str, target: str, status: int, content: object
) -> None:
    answer = await _ask(_ordinary(), method, target)
    assert answer.status_code == status
    assert content is None or answer.json() == content


async def test_background_tasks_are_run() -> None:
    WRITTEN.clear()
    await _ask(_ordinary(), "POST", "/v1/later")
    assert WRITTEN == ["done"]


@pytest.mark.parametrize("extended", [False, True])
@pytest.mark.parametrize("target", ["/v1/plain", "/v1/response"])
async def test_dependency_overrides_are_obeyed(target: str, extended: bool) -> None:
    """Also where the routes were taken over as they are, as the application does it."""
    app = _ordinary(extended)
    before = await _ask(app, "GET", target)
    app.dependency_overrides[_a_word] = lambda: "overridden"
    assert "as it is" in before.text
    assert "overridden" in (await _ask(app, "GET", target)).text
    app.dependency_overrides.clear()
    assert (await _ask(app, "GET", target)).text == before.text


async def test_overrides_of_one_application_do_not_reach_another() -> None:
    """Also where both are asked in one task, and an endpoint is ordinary."""
    overridden, other = _ordinary(extended=True), _ordinary(extended=True)
    overridden.dependency_overrides[_a_word] = lambda: "overridden"
    for target in ("/v1/plain", "/v1/response"):
        assert "overridden" in (await _ask(overridden, "GET", target)).text
        assert "as it is" in (await _ask(other, "GET", target)).text
    overridden.dependency_overrides = {}
    assert "as it is" in (await _ask(overridden, "GET", "/v1/plain")).text


async def test_the_setting_switches_it_off(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    await newsroom.published()
    before = (await newsroom.get("/v1/articles")).content
    monkeypatch.setattr(FastRoute, "handle", None)
    newsroom.app.state.cache.invalidate_all()
    newsroom.app.state.fast_routes = False
    assert (await newsroom.get("/v1/articles")).content == before

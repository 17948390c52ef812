"""`Idempotency-Key`: what is sent again is answered again, not done again."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from app.articles import actions
from app.articles.models import Article
from app.kit import clock
from app.kit.idempotency import Once, StoredAnswer
from tests.newsroom import Newsroom, beside

pytestmark = pytest.mark.anyio

KEY = "headline-of-the-hour-1"


async def send(
    newsroom: Newsroom, content: Any, *, key: str = KEY, by: str = "admin", url: str = "/articles"
) -> httpx.Response:
    headers = {"authorization": f"Bearer {newsroom.tokens[by]}", "idempotency-key": key}
    return await newsroom.client.post(f"/v1/desk{url}", json=content, headers=headers)


async def stored(newsroom: Newsroom, model: Any) -> int:
    async with newsroom.app.state.database.connection() as connection:
        return int((await connection.execute(select(func.count()).select_from(model))).scalar_one())


async def test_the_same_request_again_is_answered_again_and_not_done_again(newsroom: Newsroom) -> None:
    first = await send(newsroom, {"headline": "خبر"})
    again = await send(newsroom, {"headline": "خبر"})
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    kept = ("etag", "location", "content-type", "cache-control")
    assert {name: again.headers[name] for name in kept} == {name: first.headers[name] for name in kept}
    assert again.headers["x-request-id"] != first.headers["x-request-id"]
    assert await stored(newsroom, Article) == 1


async def test_a_key_that_comes_with_something_else_is_refused(newsroom: Newsroom) -> None:
    draft = (await send(newsroom, {"headline": "خبر"})).json()
    for content, url in (({"headline": "آخر"}, "/articles"), ({}, f"/articles/{draft['id']}/submit")):
        answer = await send(newsroom, content, url=url)
        assert answer.status_code == 422
        assert answer.json()["type"] == "/problems/idempotency-conflict"
    assert await stored(newsroom, Article) == 1


async def test_a_verb_sent_twice_is_done_once(newsroom: Newsroom) -> None:
    draft = await newsroom.draft()
    for _ in range(3):
        answer = await send(newsroom, {}, url=f"/articles/{draft['id']}/publish")
        assert answer.status_code == 200
        assert answer.json()["version"] == 2


async def test_a_key_that_cannot_be_unique_is_refused(newsroom: Newsroom) -> None:
    for key in ("", "short", "fifteen-letters", "x" * 256, "tab\tin-the-middle-of-it"):
        answer = await send(newsroom, {"headline": "خبر"}, key=key)
        assert answer.status_code == 400, key
        assert answer.json()["errors"][0]["parameter"] == "Idempotency-Key"
    assert await stored(newsroom, Article) == 0


async def test_a_key_belongs_to_its_token(newsroom: Newsroom) -> None:
    await newsroom.hire("editor")
    first = await send(newsroom, {"headline": "خبر"})
    other = await send(newsroom, {"headline": "خبر"}, by="editor")
    assert other.status_code == 201
    assert other.json()["id"] != first.json()["id"]


async def test_a_key_is_good_for_a_day(newsroom: Newsroom) -> None:
    first = await send(newsroom, {"headline": "خبر"})
    with clock.shifted(timedelta(hours=23, minutes=59)):
        assert (await send(newsroom, {"headline": "خبر"})).json()["id"] == first.json()["id"]
    with clock.shifted(timedelta(hours=24, minutes=1)):
        later = await send(newsroom, {"headline": "خبر"})
        assert later.json()["id"] != first.json()["id"]
        again = await send(newsroom, {"headline": "خبر"})
        assert again.json()["id"] == later.json()["id"]
    assert await stored(newsroom, StoredAnswer) == 1


async def test_a_refusal_is_not_remembered(newsroom: Newsroom) -> None:
    draft = (await newsroom.desk("POST", "/articles", {"headline": "بلا متن"})).json()
    url = f"/articles/{draft['id']}/publish"
    assert (await send(newsroom, {}, url=url)).status_code == 422
    await newsroom.section()
    await newsroom.change(draft, body="<p>نص</p>", section="علوم")
    assert (await send(newsroom, {}, url=url)).status_code == 200


async def test_a_secret_is_not_shown_a_second_time(newsroom: Newsroom) -> None:
    url = f"/staff/{newsroom.members['admin']}/tokens"
    first = await send(newsroom, {"label": "هاتف"}, url=url)
    again = await send(newsroom, {"label": "هاتف"}, url=url)
    assert first.json()["token"]
    assert again.status_code == 201
    assert again.json() == {**first.json(), "token": None}


@pytest.fixture
def slow_creation(monkeypatch: pytest.MonkeyPatch) -> tuple[asyncio.Event, asyncio.Event]:
    """Creating an article tells that it has begun, and waits until it may go on."""
    begun, may_go_on = asyncio.Event(), asyncio.Event()
    create = actions.create

    async def slow(*given: Any) -> Any:
        begun.set()
        await asyncio.wait_for(may_go_on.wait(), 10)
        return await create(*given)

    monkeypatch.setattr(actions, "create", slow)
    return begun, may_go_on


async def test_a_second_request_while_the_first_is_at_work_is_told_so(
    newsroom: Newsroom, slow_creation: tuple[asyncio.Event, asyncio.Event]
) -> None:
    begun, may_go_on = slow_creation
    first = asyncio.create_task(send(newsroom, {"headline": "خبر"}))
    await begun.wait()
    second = await send(newsroom, {"headline": "خبر"})
    assert second.status_code == 409
    assert second.json()["type"] == "/problems/idempotency-in-flight"
    assert second.headers["retry-after"] == "1"
    may_go_on.set()
    assert (await first).status_code == 201
    assert (await send(newsroom, {"headline": "خبر"})).headers["idempotency-replayed"] == "true"


async def test_between_processes_it_is_done_once_too(
    newsroom: Newsroom, slow_creation: tuple[asyncio.Event, asyncio.Event], backend: str
) -> None:
    begun, may_go_on = slow_creation
    async with beside(newsroom) as other:
        first = asyncio.create_task(send(newsroom, {"headline": "خبر"}))
        await begun.wait()
        second = asyncio.create_task(send(other, {"headline": "خبر"}))
        if backend == "postgresql":
            assert (await second).status_code == 409
        may_go_on.set()
        assert (await first).status_code == 201
        if backend == "sqlite":  # there is one writer at a time: the second waits, and finds it done
            assert (await second).headers["idempotency-replayed"] == "true"
    assert await stored(newsroom, Article) == 1


async def test_many_at_once_make_one_article(newsroom: Newsroom) -> None:
    answers = await asyncio.gather(*(send(newsroom, {"headline": "خبر"}) for _ in range(6)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 201}) == 1
    assert await stored(newsroom, Article) == 1


async def test_a_crash_between_change_and_answer_leaves_neither(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Once.store

    async def crash(self: Once, response: Any) -> None:
        await store(self, response)
        raise RuntimeError("power cut")

    with monkeypatch.context() as patched:
        patched.setattr(Once, "store", crash)
        assert (await send(newsroom, {"headline": "خبر"})).status_code == 500
    assert (await stored(newsroom, Article), await stored(newsroom, StoredAnswer)) == (0, 0)
    answer = await send(newsroom, {"headline": "خبر"})
    assert answer.status_code == 201
    assert "idempotency-replayed" not in answer.headers

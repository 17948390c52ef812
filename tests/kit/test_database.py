"""What was acknowledged is stored, readers cannot write, and a database that is away is said to be away."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from fastapi import APIRouter
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from starlette.responses import Response

from app.articles import revisions
from app.articles.models import Article
from app.kit import sqlite
from app.kit.db import Writing
from app.kit.faults import is_outage
from app.kit.ids import new_id
from app.tags.models import Tag
from tests import serving
from tests.newsroom import Newsroom, beside, opened

pytestmark = pytest.mark.anyio
Locked = tuple[str, sqlite3.Connection]


async def titles(newsroom: Newsroom, url: str) -> list[str]:
    """What a connection that is not the application's sees."""
    if url.startswith("sqlite"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"))
        try:
            return [row[0] for row in connection.execute("SELECT headline FROM articles")]
        finally:
            connection.close()
    other = await asyncpg.connect(url)
    try:
        return [row[0] for row in await other.fetch("SELECT headline FROM articles")]
    finally:
        await other.close()


async def test_it_is_stored_before_it_is_acknowledged(newsroom: Newsroom, database_url: str) -> None:
    """Looked at from outside in the very moment in which the first byte of the answer leaves."""
    seen: list[list[str]] = []
    app = newsroom.app

    async def watching(scope: Any, receive: Any, send: Any) -> None:
        async def watched(message: Any) -> None:
            if message["type"] == "http.response.start":
                assert message["status"] == 201
                seen.append(await titles(newsroom, database_url))
            await send(message)

        await app(scope, receive, watched)

    newsroom.client._transport.app = watching  # type: ignore[attr-defined]  # the only way between server and client
    await newsroom.desk("POST", "/articles", {"headline": "خبر"}, expect=201)
    assert seen == [["خبر"]]


async def test_what_the_database_refuses_at_commit_is_no_success(newsroom: Newsroom) -> None:
    """The endpoint has returned its 201 already when the row meets the constraint."""
    tag = await newsroom.tag()
    router = APIRouter()

    @router.post("/late")
    async def add_late(session: Writing) -> Response:
        moment = (await session.execute(select(Tag.created_at))).scalar_one()
        fields = {"name": "x", "language": "ar", "version": 1, "created_at": moment, "updated_at": moment}
        session.add(Tag(id=new_id(), slug=tag["slug"], **fields))
        return Response(status_code=201)

    newsroom.app.include_router(router)
    answer = await newsroom.client.post("/late")
    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    assert len((await newsroom.desk("GET", "/tags")).json()["data"]) == 1


async def test_a_change_that_fails_half_way_leaves_nothing(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    article = await newsroom.published()

    async def fail(*_: Any) -> None:
        raise RuntimeError("half way")

    monkeypatch.setattr(revisions, "keep", fail)
    await newsroom.desk("PATCH", f"/articles/{article['id']}", {"headline": "نصف"}, if_match='"2"', expect=500)
    await newsroom.desk("POST", "/articles", {"headline": "نصف"}, expect=500)
    monkeypatch.undo()
    listed = (await newsroom.desk("GET", "/articles")).json()["data"]
    assert [(one["headline"], one["version"]) for one in listed] == [(article["headline"], 2)]
    assert (await newsroom.draft("نصف"))["slug"] == "نصف"


async def test_a_reading_connection_cannot_write(newsroom: Newsroom) -> None:
    await newsroom.tag()
    for statement in ("DELETE FROM tags", "UPDATE tags SET name = 'x'", "CREATE TABLE x (y int)"):
        with pytest.raises(DBAPIError, match=r"read-?only"):
            async with newsroom.app.state.database.connection() as connection:
                await connection.execute(text(statement))
    assert len((await newsroom.desk("GET", "/tags")).json()["data"]) == 1


async def test_one_answer_sees_one_moment(newsroom: Newsroom) -> None:
    """A second statement of a reading request does not see what was committed after its first."""
    await newsroom.tag("أ")
    async with newsroom.app.state.database.connection() as connection:
        before = (await connection.execute(select(Tag.slug))).scalars().all()
        await newsroom.tag("ب")
        after = (await connection.execute(select(Tag.slug))).scalars().all()
    assert before == after == ["أ"]


async def test_times_come_back_as_they_were_stored(newsroom: Newsroom) -> None:
    article = await newsroom.published(at="1999-12-31T23:59:59.999Z")
    async with newsroom.app.state.database.connection() as connection:
        (moment,) = (await connection.execute(select(Article.published_at))).scalars().all()
    assert moment.isoformat(timespec="milliseconds") == "1999-12-31T23:59:59.999+00:00"
    assert article["published_at"] == "1999-12-31T23:59:59.999Z"


# --- away -------------------------------------------------------------------------------------------------------------


def is_away(answer: Any) -> None:
    assert answer.status_code == 503, answer.text
    assert answer.json()["type"] == "/problems/unavailable"
    assert int(answer.headers["retry-after"]) > 0
    assert answer.headers["cache-control"] == "no-store"
    is_desk = answer.request.url.path.startswith("/v1/desk")
    assert answer.headers.get("access-control-allow-origin") == (None if is_desk else "*")


async def test_a_server_that_is_not_there_is_unavailable(lone_newsroom: Newsroom) -> None:
    dead = f"postgresql://nobody@127.0.0.1:{serving.free_port()}/nothing"
    async with beside(lone_newsroom, database_url=dead) as room:
        for path in ("/v1/articles", "/v1/articles/x", "/v1/sections", "/v1/site", "/readyz"):
            is_away(await room.get(path, None))
        is_away(await room.client.get("/v1/desk/me", headers={"authorization": f"Bearer {room.tokens['admin']}"}))
        await room.get("/healthz", 200)
        await room.get("/v1", 200)


@pytest.fixture
def locked(tmp_path: Path, migrated_file: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Locked]:
    """A SQLite file, and another program that can lock it; patience is short."""
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT_MS", 50)
    path = tmp_path / "locked.db"
    shutil.copyfile(migrated_file, path)
    other = sqlite3.connect(path, isolation_level=None)
    yield f"sqlite:///{path}", other
    other.close()


async def test_a_file_that_another_program_has_locked_is_unavailable_for_writers_only(
    locked: Locked,
) -> None:
    url, other = locked
    async with opened(url) as room:
        await room.section()
        other.execute("BEGIN IMMEDIATE")
        token = {"authorization": f"Bearer {room.tokens['admin']}"}
        for _ in range(2):
            is_away(await room.client.post("/v1/desk/articles", json={"headline": "خبر"}, headers=token))
        await room.get("/v1/articles", 200)
        await room.desk("GET", "/articles", expect=200)
        other.execute("ROLLBACK")
        await room.desk("POST", "/articles", {"headline": "خبر"}, expect=201)


async def test_a_desk_that_reads_waits_for_no_lock(locked: Locked) -> None:
    """The last use of the token cannot be noted: the answer comes all the same."""
    url, other = locked
    async with opened(url) as room:
        other.execute("BEGIN IMMEDIATE")
        await room.desk("GET", "/me", expect=200)
        other.execute("ROLLBACK")


async def test_a_file_that_is_gone_is_unavailable(lone_newsroom: Newsroom, tmp_path: Path) -> None:
    async with beside(lone_newsroom, database_url=f"sqlite:///{tmp_path}/no/such/folder/nashra.db") as room:
        is_away(await room.get("/v1/articles", None))
        is_away(await room.get("/readyz", None))


async def test_a_schema_that_is_behind_is_not_ready(lone_newsroom: Newsroom, tmp_path: Path) -> None:
    await lone_newsroom.get("/readyz", 200)
    empty = tmp_path / "empty.db"
    sqlite3.connect(empty).close()
    async with beside(lone_newsroom, database_url=f"sqlite:///{empty}") as room:
        is_away(await room.get("/readyz", None))
    async with lone_newsroom.app.state.database.transaction() as session:
        await session.execute(text("UPDATE alembic_version SET version_num = 'from_the_future'"))
    await lone_newsroom.get("/readyz", 200)


@pytest.mark.parametrize(
    ("error", "away"),
    [
        (ConnectionRefusedError(), True),
        (asyncpg.CannotConnectNowError("starting up"), True),
        (asyncpg.TooManyConnectionsError("full"), True),
        (asyncpg.DeadlockDetectedError("deadlock"), True),
        (asyncpg.InternalClientError("cannot switch to state 11"), True),
        (asyncpg.LockNotAvailableError("lock"), True),
        (asyncpg.UndefinedTableError("no table"), False),
        (asyncpg.UniqueViolationError("database is locked"), False),
        (ValueError("database is locked"), False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_being_away_is_told_from_being_asked_something_wrong(error: Exception, away: bool) -> None:
    assert is_outage(error) is away
    assert is_outage(DBAPIError("SELECT 1", {}, error)) is away or isinstance(error, OSError)


async def test_many_writers_at_once_are_all_served(newsroom: Newsroom) -> None:
    """More of them than there are connections."""
    token = {"authorization": f"Bearer {newsroom.tokens['admin']}"}
    answers = await asyncio.gather(
        *(newsroom.client.post("/v1/desk/articles", json={"headline": f"خبر {n}"}, headers=token) for n in range(20)),
        *(newsroom.client.get("/v1/articles", headers=token) for _ in range(20)),
    )
    assert {answer.status_code for answer in answers} == {200, 201}


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)  # it has one writer
async def test_who_gives_up_waiting_for_a_lock_leaves_nothing_behind(database_url: str) -> None:
    """Cancelled, and cancelled again, while another process writes: the next one writes as if nothing had been."""
    other = sqlite3.connect(database_url.removeprefix("sqlite:///"), isolation_level=None)
    async with opened(database_url) as newsroom:

        async def write() -> None:
            async with newsroom.app.state.database.transaction() as session:
                await session.execute(text("SELECT 1"))

        other.execute("BEGIN IMMEDIATE")
        waiting = asyncio.create_task(write())
        for _ in range(3):
            await asyncio.sleep(0.05)
            waiting.cancel()
        other.execute("COMMIT")
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(asyncio.shield(waiting), 5)
        await asyncio.wait_for(write(), 5)
        other.execute("BEGIN IMMEDIATE")
        other.execute("COMMIT")
    other.close()


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)  # it has one writer
async def test_who_waits_for_a_lock_stops_nobody(database_url: str) -> None:
    other = sqlite3.connect(database_url.removeprefix("sqlite:///"), isolation_level=None)
    async with opened(database_url) as newsroom:
        other.execute("BEGIN IMMEDIATE")
        writing = asyncio.create_task(newsroom.draft())
        await asyncio.sleep(0.05)
        for _ in range(5):
            await newsroom.get("/v1/articles")
        assert not writing.done()
        other.execute("COMMIT")
        assert (await asyncio.wait_for(writing, 5))["headline"]
    other.close()


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)  # it ends a transaction by itself when the disk is full
async def test_on_a_full_disk_nothing_is_half_stored(database_url: str) -> None:
    """Wherever in a save there is no more room: it is refused, and can be made later."""
    async with opened(database_url) as newsroom:
        article = await newsroom.published(body="<p>متن</p>", tags=[])
        database, url = newsroom.app.state.database, f"/articles/{article['id']}"
        statuses = []
        for room in range(0, 60, 2):
            async with database.writing.connect() as connection:
                pages = (await connection.execute(text("PRAGMA page_count"))).scalar_one()
                await connection.execute(text(f"PRAGMA max_page_count = {pages + room}"))
            body = f"<p>{room} {'نص طويل ' * 2_000}</p>"
            answer = await newsroom.client.patch(
                f"/v1/desk{url}",
                json={"headline": f"عنوان {room}", "body": body},
                headers={"Authorization": f"Bearer {newsroom.tokens['admin']}", "If-Match": "*"},
            )
            statuses.append(answer.status_code)
            stored = (await newsroom.desk("GET", url)).json()
            saves = (await newsroom.desk("GET", f"{url}/revisions")).json()["data"]
            assert (stored["headline"] == f"عنوان {room}") is (answer.status_code == 200)
            assert saves[0]["number"] == stored["version"]
        assert set(statuses) == {503, 200}
        assert statuses[-1] == 200

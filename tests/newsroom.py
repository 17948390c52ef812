"""A newsroom to test with: the application, a client for readers, and staff of every role at the desk."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

import httpx
from fastapi import FastAPI
from sqlalchemy import QueuePool, event, insert, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.util import LRUCache

from app.articles.models import Article, ArticleBody, ArticleSection
from app.changes.noun import deadlines_of
from app.job_kinds import JOB_KINDS
from app.jobs.kinds import JobKind
from app.jobs.worker import Worker
from app.kit import clock, prepared
from app.kit.db import Base, Database
from app.kit.ids import new_id
from app.main import create_app
from app.nouns import NOUNS
from app.settings import Settings
from app.slugs.models import Slug
from app.staff import actions
from app.staff.repository import Staff

SECRET = "a-secret-for-tests-of-forty-characters-"


Engines = tuple[AsyncEngine, AsyncEngine, AsyncEngine]  # of a database: for reading, for writing, for snapshots


class Compiled(LRUCache[Any, Any]):
    """What SQLAlchemy has compiled, for every application of this process: their statements are the same, and to
    compile them anew for each test takes a tenth of its time. The first part of a key is the dialect of one engine."""

    def get(self, key: tuple[Any, ...], default: Any = None) -> Any:
        return super().get((type(key[0]), *key[1:]), default)

    def __setitem__(self, key: tuple[Any, ...], compiled: Any) -> None:
        super().__setitem__((type(key[0]), *key[1:]), compiled)


COMPILED = Compiled(4_000)
for mapper in Base.registry.mappers:
    mapper._compiled_cache = Compiled(100)  # of what a flush writes


def share_compiled(app: FastAPI) -> None:
    """Gives its engines what others have compiled."""
    database = app.state.database
    for engine in (database.reading, database.writing, database._snapshots):
        engine.sync_engine._compiled_cache = COMPILED


class KeptEngines:
    """Engines of PostgreSQL that one test hands to the next, with their connections: a new connection reads the catalog
    and prepares every statement anew, which is half of what a test costs. Only in the loop and to the database that all
    tests share: nobody asks for another one again, and a server has a hundred connections."""

    def __init__(self) -> None:
        self.loop: asyncio.AbstractEventLoop | None = None
        self.url = ""
        self._free: dict[int, list[Engines]] = {}

    @asynccontextmanager
    async def lent(self, database: Database, url: str, pool: int) -> AsyncIterator[None]:
        """Gives the database the engines of an earlier test, if there are any; keeps them when the block ends, or
        closes them."""
        keeps = url == self.url and asyncio.get_running_loop() is self.loop
        free = self._free.setdefault(pool, [])
        if keeps and free:
            database.reading, database.writing, database._snapshots = free.pop()
        try:
            yield
        finally:
            if keeps and await is_whole(database):
                free.append((database.reading, database.writing, database._snapshots))
            else:
                await database.close()

    async def close(self) -> None:
        for engines in chain.from_iterable(self._free.values()):
            for engine in engines[:2]:
                await engine.dispose()
        self._free.clear()


async def is_whole(database: Database) -> bool:
    """Whether a test has given back all connections of the database, alive."""
    for engine in (database.reading, database.writing):
        pool = engine.pool
        if not isinstance(pool, QueuePool) or pool.checkedout():
            return False
        async with AsyncExitStack() as stack:
            try:
                for _ in range(pool.checkedin()):
                    connection = await stack.enter_async_context(engine.connect())
                    await connection.execute(text("SELECT 1"))
            except SQLAlchemyError:
                return False
    return True


KEPT = KeptEngines()


class Newsroom:
    """Requests go through the whole application, as from outside."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app
        share_compiled(app)
        self.client = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://newsroom.test")
        self.tokens: dict[str, str] = {}
        self.members: dict[str, str] = {}
        self.has_section = False

    @property
    def settings(self) -> Settings:
        settings: Settings = self.app.state.settings
        return settings

    def set(self, **changes: Any) -> None:
        """Changes settings, as if the server had been started with them."""
        self.app.state.settings = self.settings.model_copy(update=changes)
        self.app.state.tail.set_deadlines(deadlines_of(NOUNS, self.settings))
        self.app.state.cache.invalidate_all()

    async def work(self, *kinds: JobKind) -> int:
        """Runs the background jobs that are due, as a worker would; returns how many. Without `kinds`: of all."""
        return await Worker(self.app.state.database, self.settings, kinds or JOB_KINDS).work_off()

    async def hire(self, role: str, name: str | None = None) -> str:
        """A new member with a token; returns the token. `name` is the key in `tokens` and `members` (else the role)."""
        name = name or role
        async with self.app.state.database.transaction() as session:
            staff = Staff(session)
            member = await actions.add_member(staff, name, [role])
            _, self.tokens[name] = await actions.make_token(staff, member)
            self.members[name] = member.id
        return self.tokens[name]

    async def get(self, url: str, expect: int | None = 200, **options: Any) -> httpx.Response:
        """What a reader gets."""
        answer = await self.client.get(url, **options)
        assert expect is None or answer.status_code == expect, answer.text
        return answer

    async def desk(
        self, method: str, url: str, json: Any = None, *, by: str = "admin", expect: int | None = None, **headers: str
    ) -> httpx.Response:
        """What the member `by` gets at `/v1/desk…`. Headers as keywords: `if_match='"1"'`."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        sent["Authorization"] = f"Bearer {self.tokens[by]}"
        content = {} if json is None else {"json": json}
        answer = await self.client.request(method, f"/v1/desk{url}", headers=sent, **content)
        if expect is None:
            assert answer.is_success, f"{method} {url}: {answer.status_code} {answer.text}"
        else:
            assert answer.status_code == expect, f"{method} {url}: {answer.status_code} {answer.text}"
        return answer

    async def section(self, slug: str = "علوم", **fields: Any) -> dict[str, Any]:
        return await self._put("sections", slug, fields)

    async def tag(self, slug: str = "فلك", **fields: Any) -> dict[str, Any]:
        return await self._put("tags", slug, fields)

    async def author(self, slug: str = "ليلى-القاسم", **fields: Any) -> dict[str, Any]:
        return await self._put("authors", slug, fields)

    async def _put(self, plural: str, slug: str, fields: dict[str, Any]) -> dict[str, Any]:
        found = await self.desk("GET", f"/{plural}/{slug}", expect=None) if fields.pop("keep", False) else None
        if found is not None:
            return dict(found.json())
        return dict((await self.desk("PUT", f"/{plural}/{slug}", {"name": slug, **fields})).json())

    async def draft(self, headline: str = "خبر من المرصد", **fields: Any) -> dict[str, Any]:
        """A draft with everything that publishing needs; the section `علوم` is made when it is missing."""
        if "section" not in fields and not self.has_section:
            if not await self._has_section():
                await self.desk("PUT", "/sections/علوم", {"name": "علوم"}, expect=201)
            self.has_section = True  # asked for once: a fifth of what a draft costs
        content = {"headline": headline, "body": "<p>متن الخبر.</p>", "section": "علوم", **fields}
        return dict((await self.desk("POST", "/articles", content)).json())

    async def _has_section(self) -> bool:
        token = {"Authorization": f"Bearer {self.tokens['admin']}"}
        return (await self.client.get("/v1/desk/sections/علوم", headers=token)).is_success

    async def published(
        self, headline: str = "خبر من المرصد", *, at: str | None = None, **fields: Any
    ) -> dict[str, Any]:
        """A published article; `at` files it in the past, or schedules it."""
        draft = await self.draft(headline, **fields)
        answer = await self.desk("POST", f"/articles/{draft['id']}/publish", {"at": at} if at else {})
        return dict(answer.json())

    async def act(self, article: dict[str, Any], verb: str, json: Any = None, *, by: str = "admin") -> dict[str, Any]:
        """The article after the desk's `verb`."""
        answer = await self.desk("POST", f"/articles/{article['id']}/{verb}", json, by=by)
        return dict(answer.json())

    async def change(self, article: dict[str, Any], *, by: str = "admin", **fields: Any) -> dict[str, Any]:
        """The article after a PATCH of the version that `article` shows."""
        url, version = f"/articles/{article['id']}", f'"{article["version"]}"'
        return dict((await self.desk("PATCH", url, fields, by=by, if_match=version)).json())

    async def in_state(self, state: str, *, by: str = "admin", **fields: Any) -> dict[str, Any]:
        """An article of the member `by` in one of the five states."""
        content = {"headline": "خبر من المرصد", "body": "<p>متن الخبر.</p>", "section": "علوم", **fields}
        article = dict((await self.desk("POST", "/articles", content, by=by)).json())
        if state == "in_review":
            return await self.act(article, "submit", by=by)
        if state == "scheduled":
            return await self.act(article, "publish", {"at": clock.written(clock.now() + timedelta(days=1))})
        if state in {"published", "withdrawn"}:
            article = await self.act(article, "publish")
        return await self.act(article, "withdraw", {"reason": "سُحب"}) if state == "withdrawn" else article

    async def fill(self, moments: Sequence[datetime], **fields: Any) -> list[str]:
        """Published articles straight into the tables, one for each moment, all in `علوم`; returns their ids."""
        section = await self.section(keep=True) if await self._has_section() else await self.section()
        common = {
            "state": "published", "slug_by_hand": False, "language": "ar", "kind": "news", "access": "free",
            "urgency": 5, "media": [], "reading_minutes": 1, "corrected": False, "comment_count": 0, "version": 1,
            "section_id": section["id"], "member_id": self.members["admin"],
        }  # fmt: skip
        rows = []
        for moment in moments:
            id = new_id()
            own = {"id": id, "slug": f"خبر-{id}", "headline": f"خبر {id}"}
            names = ("created_at", "saved_at", "updated_at", "revised_at", "published_at", "first_published_at")
            rows.append({**common, **own, **dict.fromkeys(names, moment), **fields})
        async with self.app.state.database.transaction() as session:
            await session.execute(insert(Article), rows)
            links = [{"article_id": row["id"], "section_id": section["id"], "position": 0} for row in rows]
            await session.execute(insert(ArticleSection), links)
            body = {
                "source": "نص",
                "format": "text",
                "html": "<p>نص</p>",
                "text": "نص",
                "blocks": [{"type": "paragraph"}],
            }
            await session.execute(insert(ArticleBody), [{"article_id": row["id"], **body} for row in rows])
            await session.execute(
                insert(Slug),
                [
                    {"kind": "article", "slug": r["slug"], "target_id": r["id"], "claimed_at": r["saved_at"]}
                    for r in rows
                ],
            )
        self.app.state.cache.invalidate_all()  # no log has told it
        return [row["id"] for row in rows]

    @contextmanager
    def counted(self) -> Iterator[list[str]]:
        """The statements that readers' requests send to the database inside the block, where nothing is kept ready."""
        self.app.state.cache.invalidate_all()
        store = self.app.state.cache.store
        bound, store.bound = store.bound, 0
        try:
            with asked_of(self.app.state.database.reading, lambda sql: " change" not in sql) as statements:
                yield statements
        finally:
            store.bound = bound


@contextmanager
def asked_of(engine: AsyncEngine, counts: Callable[[str], bool] = lambda _: True) -> Iterator[list[str]]:
    """The statements that are sent through this engine inside the block, and all that go straight to a driver."""

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith("BEGIN") and counts(statement):
            statements.append(statement)

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    try:
        with straight(counts) as statements:
            yield statements
    finally:
        event.remove(engine.sync_engine, "before_cursor_execute", note)


@contextmanager
def straight(counts: Callable[[str], bool] = lambda _: True) -> Iterator[list[str]]:
    """The statements that go straight to a driver inside the block: they raise no event."""
    statements: list[str] = []
    bound: Any = prepared._Plan.bound

    def noting(plan: Any, values: Any) -> Any:
        statements.extend(filter(counts, [plan.sql]))
        return bound(plan, values)

    prepared._Plan.bound = noting  # type: ignore[method-assign,assignment]  # there is no other way to hear of them
    try:
        yield statements
    finally:
        prepared._Plan.bound = bound  # type: ignore[method-assign]


@asynccontextmanager
async def opened(url: str, **settings: Any) -> AsyncIterator[Newsroom]:
    """A newsroom on a migrated database, with an admin; closed when the block ends."""
    with tempfile.TemporaryDirectory() as folder:
        stores = {"media_store": f"{folder}/media", "media_originals": f"{folder}/originals"}
        own = {"database_url": url, "secret_key": (SECRET,), "database_pool": 4, **stores}
        async with _served(Settings(**{**own, **settings})) as room:
            await room.hire("admin")
            yield room


@asynccontextmanager
async def beside(room: Newsroom, **settings: Any) -> AsyncIterator[Newsroom]:
    """Another process on the same database, with settings of its own and the same staff; closed when the block ends."""
    async with _served(Settings(**{**room.settings.model_dump(), **settings})) as other:
        other.tokens, other.members = room.tokens, room.members
        yield other


@asynccontextmanager
async def _served(settings: Settings) -> AsyncIterator[Newsroom]:
    app = create_app(settings)
    if app.state.database.is_embedded:
        event.listen(app.state.database.writing.sync_engine, "connect", _unsynced)
    async with KEPT.lent(app.state.database, settings.database_url, settings.database_pool):
        room = Newsroom(app)
        try:
            yield room
        finally:
            await room.client.aclose()
            await app.state.tail.close()


def _unsynced(connection: Any, _record: object) -> None:
    """Nothing of the tests must survive a power cut; what must survive `kill -9` of *our* process does."""
    connection.execute("PRAGMA synchronous=OFF")

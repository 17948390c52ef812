"""Datasets of many articles: a few are made through the desk, the others are copies of those rows.

What is copied is what the product itself has stored, whole: a column that is added tomorrow is filled here too. Only
what tells two articles apart is new: id, slug, headline, moments, sections, tags, authors. The history of the copies
(revisions, audit) is not made; no reader's request touches it.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
from sqlalchemy import Column, Insert, Table, bindparam, event, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.articles.indexing import index_some
from app.articles.models import Article, ArticleAuthor, ArticleBody, ArticleSection, ArticleTag
from app.articles.repository import KIND
from app.changes.models import ChangeLog
from app.comments.models import Comment, CommentPrivate
from app.index.models import Indexed
from app.index.repository import first_place
from app.kit import clock, migrations
from app.kit.db import Database
from app.kit.ids import new_id
from app.main import create_app
from app.settings import Settings
from app.slugs.models import Slug
from app.staff import actions
from app.staff.repository import Staff
from app.text.slugs import slugify
from bench import content

FORMAT = 5  # changes when what is made here changes: older files are made anew
SECRET = "a-key-for-measurements-that-guards-nothing"  # noqa: S105  # opens no door but that of scratch newsrooms
PATTERNS, BATCH, COMMENTED = 100, 2_000, 1_000
STEP = timedelta(minutes=10)
TICKER = "عاجل"
Tell = Callable[[int], None]


@dataclass
class Sown:
    """What was made through the desk."""

    articles: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)  # on the first article: two roots, and a reply to the second
    sections: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    authors: list[str] = field(default_factory=list)


def file_for(folder: Path, count: int, tell: Tell) -> Path:
    """The SQLite file with `count` articles, made when it is not there or was made by other code."""
    path, stamp = folder / f"{count}.db", folder / f"{count}.json"
    if path.exists() and stamp.exists() and json.loads(stamp.read_text("utf-8")) == made_by(count):
        return path
    folder.mkdir(parents=True, exist_ok=True)
    draft = folder / f"{count}.part"
    for old in (path, stamp, draft, *(Path(f"{name}{end}") for name in (path, draft) for end in ("-wal", "-shm"))):
        old.unlink(missing_ok=True)
    make(f"sqlite:///{draft}", count, tell)
    draft.rename(path)
    stamp.write_text(json.dumps(made_by(count)), "utf-8")
    return path


def made_by(count: int) -> dict[str, Any]:
    """What tells whether a file is the one that this code would make."""
    heads = sorted(path.name for path in (migrations.ROOT / "migrations" / "versions").glob("*.py"))
    return {"format": FORMAT, "count": count, "migrations": heads}


def make(url: str, count: int, tell: Tell = lambda _: None) -> None:
    """Fills the empty database at `url`. `tell` is told how many articles are there."""
    migrations.upgrade(url)
    asyncio.run(_make(url, count, tell))


async def _make(url: str, count: int, tell: Tell) -> None:
    start = clock.now() - count * STEP
    sown = await _sow(url, start, min(count, PATTERNS))
    database = Database(url)
    try:
        if database.writing.dialect.name == "sqlite":
            _hasten(database.writing)
        for low in range(len(sown.articles), count, BATCH):
            async with database.writing.begin() as connection:
                await _copy(connection, sown, start, range(low, min(low + BATCH, count)), count)
            tell(min(low + BATCH, count))
    finally:
        await database.close()
    await _announce(url)


def index(url: str) -> None:
    """Has the product index all articles that are not: the copies are made without. It takes minutes."""
    asyncio.run(_index(url))


async def _index(url: str) -> None:
    database = Database(url)
    try:
        if database.writing.dialect.name == "sqlite":
            _hasten(database.writing)
        known = select(Indexed.resource_id).where(Indexed.resource == KIND)
        missing = select(Article.id, Article.published_at).where(
            Article.id.not_in(known), Article.published_at.is_not(None)
        )
        async with database.transaction() as session:
            rows = [_entry(id, at) for id, at in (await session.execute(missing)).all() if at is not None]
            for low in range(0, len(rows), BATCH):
                await session.execute(insert(table_of(Indexed)), rows[low : low + BATCH])
        left = 1
        while left:
            async with database.transaction() as session:
                left = len(await index_some(session, 500, clock.now()))
    finally:
        await database.close()


def _entry(id: str, at: datetime) -> dict[str, Any]:
    empty = {"digest": "", "version": 0}
    return {"place": first_place(at), "resource": KIND, "resource_id": id, "at": at, **empty}


def _hasten(engine: AsyncEngine) -> None:
    """A file that is cut off is made anew, so nothing here waits for the disk."""

    @event.listens_for(engine.sync_engine, "connect")
    def connect(connection: Any, _record: object) -> None:
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "foreign_keys=OFF", "cache_size=-262144"):
            connection.execute(f"PRAGMA {pragma}").close()


async def _announce(url: str) -> None:
    """Lets the product say in its change log what has come out, as it does for what was scheduled."""
    app = create_app(Settings(database_url=url, secret_key=(SECRET,), database_pool=2))
    database, head = app.state.database, -1
    try:
        if database.writing.dialect.name == "sqlite":
            _hasten(database.writing)
        while True:
            async with database.connection() as reader:
                before, head = head, (await reader.execute(select(ChangeLog.head))).scalar_one()
            if head == before:
                return
            await app.state.background.run_due()
    finally:
        await database.close()


# ── Sowing: through the desk ─────────────────────────────────────────────────────────────────────────────────────────


async def _sow(url: str, start: datetime, count: int) -> Sown:
    settings = Settings(database_url=url, secret_key=(SECRET,), comments="open", database_pool=2)
    app = create_app(settings)
    logging.getLogger("nashra").setLevel(logging.ERROR)
    try:
        token = await _token_in(app.state.database)
        transport = httpx.ASGITransport(app=app)
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://bench.test", headers=headers) as client:
            return await _Sowing(client, start).all(count)
    finally:
        await app.state.database.close()


def token_for(url: str) -> str:
    """A new token of the member who wrote it all, in the newsroom at this database URL."""

    async def made() -> str:
        database = Database(url, 1)
        try:
            return await _token_in(database)
        finally:
            await database.close()

    return asyncio.run(made())


async def _token_in(database: Database) -> str:
    async with database.transaction() as session:
        staff = Staff(session)
        name = "مكتب القياس"
        member = await staff.member_named(name) or await actions.add_member(staff, name, ["admin"])
        return (await actions.make_token(staff, member, "bench"))[1]


class _Sowing:
    def __init__(self, client: httpx.AsyncClient, start: datetime) -> None:
        self.client, self.start, self.sown = client, start, Sown()

    async def all(self, count: int) -> Sown:
        with clock.frozen(self.start):
            await self._terms()
        for index in range(count):
            with clock.frozen(self.start + index * STEP):
                await self._article(index)
                if index == 0:
                    await self._comments()
        await self._ticker()
        return self.sown

    async def _terms(self) -> None:
        for position, (root, children) in enumerate(content.SECTIONS.items()):
            self.sown.sections.append(await self._put("sections", root, position=position))
            for child in children:
                self.sown.sections.append(await self._put("sections", child, parent=slugify(root)))
        self.sown.tags = [await self._put("tags", name) for name in content.TAGS]
        self.sown.authors = [await self._put("authors", name) for name in content.AUTHORS]

    async def _put(self, plural: str, name: str, **fields: Any) -> str:
        path = f"/v1/desk/{plural}/{quote(slugify(name))}"
        return str((await self._send("PUT", path, {"name": name, **fields}))["id"])

    async def _article(self, index: int) -> None:
        filed = {name: ids if name != "section" else ids[0] for name, ids in self._filed(index).items()}
        made = await self._send("POST", "/v1/desk/articles", {**content.article(index), **filed})
        await self._send("POST", f"/v1/desk/articles/{made['id']}/publish", {})
        self.sown.articles.append(made["id"])

    def _filed(self, index: int) -> dict[str, list[str]]:
        sections, tags, authors = filed(self.sown, index)
        return {"section": sections[:1], "sections": sections, "tags": tags, "authors": authors}

    async def _comments(self) -> None:
        path, parent = f"/v1/articles/{self.sown.articles[0]}/comments", None
        for number in range(3):
            made = await self._send("POST", path, content.comment(number, parent))
            self.sown.comments.append(made["comment"]["id"])
            parent = self.sown.comments[1] if number == 1 else None

    async def _ticker(self) -> None:
        path = f"/v1/desk/tickers/{quote(TICKER)}"
        rules = [
            {"urgency_max": 3, "max_age_hours": 87_600},
            {"sections": [slugify("علوم")], "tags": [slugify("مياه")], "level": "normal"},
        ]
        await self._send("PUT", path, {"name": TICKER, "max_items": 15, "rules": rules})
        for number in range(4):
            follows = {"article": self.sown.articles[number]} if number % 2 and number < len(self.sown.articles) else {}
            await self._send("POST", f"{path}/items", {"text": content.headline(number), "level": "urgent", **follows})

    async def _send(self, method: str, path: str, body: Any) -> Any:
        answer = await self.client.request(method, path, json=body)
        if not answer.is_success:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json()


def filed(sown: Sown, index: int) -> tuple[list[str], list[str], list[str]]:
    """Under which sections, tags and authors the article `index` stands."""

    def some(ids: Sequence[str], count: int) -> list[str]:
        return [ids[(index * 7 + number * 3) % len(ids)] for number in range(count)]

    second = 2 if index % 3 == 0 else 1
    return some(sown.sections, second), some(sown.tags, 3), some(sown.authors, second)


# ── Copying: rows of rows ────────────────────────────────────────────────────────────────────────────────────────────

MOMENTS = ("created_at", "saved_at", "updated_at", "revised_at", "published_at", "first_published_at")


def copying(table: Table, key: str, *changed: str) -> Insert:
    """INSERT … SELECT of the row whose `key` is `:pattern`, with new values (`:new_<column>`) for `changed`."""
    values = [_new(column) if column.name in changed else column for column in table.columns]
    pattern = select(*values).where(table.c[key] == bindparam("pattern", type_=table.c[key].type))
    return insert(table).from_select([column.name for column in table.columns], pattern)


def _new(column: Column[Any]) -> Any:
    return bindparam(f"new_{column.name}", type_=column.type).label(column.name)


def table_of(model: Any) -> Table:
    table: Table = model.__table__
    return table


COPY_ARTICLE = copying(
    table_of(Article), "id", "id", "slug", "headline", "section_id", "comment_count", "announced", *MOMENTS
)  # fmt: skip
COPY_BODY = copying(table_of(ArticleBody), "article_id", "article_id")
COPY_COMMENT = copying(table_of(Comment), "id", "id", "article_id", "parent_id", "path", "created_at")
COPY_PRIVATE = copying(table_of(CommentPrivate), "comment_id", "comment_id", "body_digest", "created_at")


async def _copy(connection: AsyncConnection, sown: Sown, start: datetime, indexes: range, count: int) -> None:
    """The articles `indexes` of `count`, with all that belongs to them."""
    ids = {index: new_id() for index in indexes}
    rows = [_article(sown, index, ids[index], start + index * STEP, count) for index in indexes]
    await connection.execute(COPY_ARTICLE, rows)
    await connection.execute(COPY_BODY, [{"pattern": row["pattern"], "new_article_id": row["new_id"]} for row in rows])
    links = {index: filed(sown, index) for index in indexes}
    for place, (model, column) in enumerate(
        ((ArticleSection, "section_id"), (ArticleTag, "tag_id"), (ArticleAuthor, "author_id"))
    ):
        linked = [
            {"article_id": ids[index], column: term, "position": position}
            for index in indexes
            for position, term in enumerate(links[index][place])
        ]
        await connection.execute(insert(model), linked)
    await connection.execute(insert(Slug), [_slug(row) for row in rows])
    commented = [row for index, row in zip(indexes, rows, strict=True) if has_comments(index, count)]
    if comments := [comment for row in commented for comment in _thread(sown, row)]:
        await connection.execute(COPY_COMMENT, comments)
        await connection.execute(COPY_PRIVATE, [_private(row) for row in comments])


def has_comments(index: int, count: int) -> bool:
    """Whether there are comments on the article: they are on the newest ones."""
    return index >= count - COMMENTED


def _article(sown: Sown, index: int, id: str, moment: datetime, count: int) -> dict[str, Any]:
    headline = content.headline(index)
    return {
        "pattern": sown.articles[index % len(sown.articles)],
        "new_id": id,
        "new_slug": slugify(headline),
        "new_headline": headline,
        "new_section_id": filed(sown, index)[0][0],
        "new_announced": False,
        "new_comment_count": len(sown.comments) if has_comments(index, count) else 0,
        **{f"new_{name}": moment for name in MOMENTS},
    }


def _slug(row: dict[str, Any]) -> dict[str, Any]:
    moment = row["new_created_at"]
    return {"kind": "article", "slug": row["new_slug"], "target_id": row["new_id"], "claimed_at": moment}


def _thread(sown: Sown, article: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The comments of the first article, under this one."""
    ids = [new_id() for _ in sown.comments]
    for number, (pattern, id) in enumerate(zip(sown.comments, ids, strict=True)):
        parent = ids[1] if number == 2 else None
        yield {
            "pattern": pattern,
            "new_id": id,
            "new_article_id": article["new_id"],
            "new_parent_id": parent,
            "new_path": f"{parent or ''}{id}".replace("-", ""),
            "new_created_at": article["new_published_at"],
        }


def _private(row: dict[str, Any]) -> dict[str, Any]:
    digest = hashlib.sha256(row["new_id"].encode()).hexdigest()
    return {
        "pattern": row["pattern"],
        "new_comment_id": row["new_id"],
        "new_body_digest": digest,
        "new_created_at": row["new_created_at"],
    }


# ── PostgreSQL ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def mark_current(url: str) -> None:
    """Lets PostgreSQL do now what it would otherwise do in the middle of a measurement."""
    database = Database(url, 1)
    try:
        async with database.writing.connect() as connection:
            autocommit = await connection.execution_options(isolation_level="AUTOCOMMIT")
            await autocommit.exec_driver_sql("VACUUM ANALYZE")
            await autocommit.exec_driver_sql("CHECKPOINT")
    finally:
        await database.close()

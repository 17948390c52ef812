"""A backup while editors and readers write; `kill -9` and a full disk in the middle of a backup and of a restore."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy.exc import DBAPIError

from app.backup.loading import schema_of
from app.backup.writing import write_backup
from app.cli import main
from app.kit import db, migrations
from tests import serving
from tests.backup.files import backed_up, restored, rows_of
from tests.newsroom import Newsroom, beside

pytestmark = pytest.mark.anyio
ROUNDS = 3


async def write_without_end(newsroom: Newsroom, done: list[str], number: int) -> None:
    """An editor who saves, a reader who comments, as fast as they are answered; `done` gets what was acknowledged."""
    for turn in range(10_000):
        article = await newsroom.published(f"خبر {number} {turn}")
        content = {"author_name": "سعاد", "author_email": "suad@example.com", "body": f"تعليق {number} {turn}"}
        answer = await newsroom.client.post(f"/v1/articles/{article['id']}/comments", json=content)
        id = answer.json()["comment"]["id"]
        await newsroom.desk("POST", f"/comments/{id}/approve", {})
        done += [article["id"], id]
        await newsroom.change(article, headline=f"خبر آخر {number} {turn}")


def assert_none_is_half(path: Path) -> None:
    """What one transaction writes is there together, or not at all."""
    articles = {row["id"]: row for row in rows_of(path, "articles")}
    revisions = Counter(row["article_id"] for row in rows_of(path, "article_revisions"))
    bodies = {row["article_id"] for row in rows_of(path, "article_bodies")}
    comments = rows_of(path, "comments")
    approved = Counter(row["article_id"] for row in comments if row["status"] == "approved")
    assert {id: article["version"] for id, article in articles.items()} == revisions
    assert bodies == set(articles)
    assert {row["id"] for row in comments} == {row["comment_id"] for row in rows_of(path, "comment_private")}
    assert all(article["comment_count"] == approved[id] for id, article in articles.items())
    (log,) = rows_of(path, "change_log")
    assert log["head"] == max((row["seq"] for row in rows_of(path, "changes")), default=0)


def backed_up_beside(url: str, path: Path) -> None:
    """A backup in an event loop of its own: the writers go on."""
    asyncio.run(backed_up(url, path))


async def test_a_slow_disk_ends_no_backup(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(db, "STATEMENT_TIMEOUT_MS", 200)
    await newsroom.published()
    waits = [0.5]

    def wait_once(_what: str, _done: int, _total: int) -> None:
        if waits:
            time.sleep(waits.pop())

    await write_backup(newsroom.settings, tmp_path / "b.gz", wait_once)
    assert rows_of(tmp_path / "b.gz", "articles")


def ended(url: str) -> None:
    """Ends the transaction of a backup, as a server does that is stopped."""

    async def end() -> None:
        connection = await asyncpg.connect(url)
        found = "FROM pg_stat_activity WHERE state LIKE 'idle in transaction%' AND datname = current_database()"
        await connection.execute(f"SELECT pg_terminate_backend(pid) {found}")
        await connection.close()

    with ThreadPoolExecutor(1) as thread:  # the test's event loop runs in this one
        thread.submit(lambda: asyncio.run(end())).result()


async def test_a_database_that_fails_in_the_middle_of_a_backup_is_said(
    newsroom: Newsroom, backend: str, tmp_path: Path
) -> None:
    """Not as an error of the driver, which commands do not word."""
    await newsroom.published()
    path, url = tmp_path / "b.gz", newsroom.settings.database_url
    if backend == "postgresql":
        with pytest.raises(DBAPIError):
            await write_backup(newsroom.settings, path, lambda _what, _done, _total: ended(url))
    else:
        damaged = tmp_path / "damaged.db"
        with sqlite3.connect(url.partition("///")[2]) as source, sqlite3.connect(damaged) as copy:
            source.backup(copy)
            (root,) = copy.execute("SELECT rootpage FROM sqlite_master WHERE name = 'articles'").fetchone()
        with damaged.open("r+b") as file:
            file.seek((root - 1) * 4096)
            file.write(b"\xff" * 4096)
        done = serving.command("backup", str(path), url=f"sqlite:///{damaged}")
        assert (done.returncode, "the database is damaged" in done.stderr) == (1, True), done.stderr
        assert "Traceback" not in done.stderr
    assert not path.exists()


async def test_what_was_acknowledged_before_its_moment_is_in_it_and_nothing_half(
    newsroom: Newsroom, other_kind: str, new_database: Callable[[str], str], tmp_path: Path
) -> None:
    newsroom.set(comments_rate=())
    done: list[str] = []
    await newsroom.draft()  # its section is there
    writers = [asyncio.create_task(write_without_end(newsroom, done, number)) for number in range(2)]
    for number in range(ROUNDS):
        while len(done) < 4 * (number + 1):
            await asyncio.sleep(0.02)
        acknowledged, path = set(done), tmp_path / f"{number}.gz"
        await asyncio.to_thread(backed_up_beside, newsroom.settings.database_url, path)
        there = {row["id"] for table in ("articles", "comments") for row in rows_of(path, table)}
        assert acknowledged <= there
        assert_none_is_half(path)
    for writer in writers:
        writer.cancel()
    await asyncio.gather(*writers, return_exceptions=True)
    url = new_database(other_kind)
    await restored(path, url)
    async with beside(newsroom, database_url=url) as other:
        await other.published("خبر بعد الاستعادة")


def run_and_die(arguments: list[str], settings: dict[str, str], place: str, time: int) -> None:
    """The target of a process: a command that is killed when it calls the function `place` for the n-th time."""
    module, _, name = place.rpartition(":")
    owner: Any = import_module(module)
    *path, last = name.split(".")
    for part in path:
        owner = getattr(owner, part)
    original, calls = getattr(owner, last), count(1)

    def dying(*given: Any, **named: Any) -> Any:
        if next(calls) == time:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*given, **named)

    setattr(owner, last, dying)
    os.environ.clear()
    os.environ.update(settings)
    main(arguments)


def killed(url: str, arguments: list[str], place: str, time: int = 1) -> None:
    """Runs a command that dies by `kill -9` at that place."""
    process = serving.FORKS.Process(target=run_and_die, args=(arguments, serving.environment(url), place, time))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL, f"it does not come by {place}"


@pytest.fixture
async def backup(newsroom: Newsroom, tmp_path: Path) -> Path:
    """A backup of a few rows."""
    article = await newsroom.published()
    await newsroom.change(article, headline="خبر آخر")
    return await backed_up(newsroom.settings.database_url, tmp_path / "backup.gz")


async def is_empty(url: str) -> bool:
    async with migrations.locked(url) as connection:
        return await schema_of(connection) == {}


@pytest.mark.parametrize(
    ("place", "time"),
    [
        ("app.backup.writing:_header", 1),
        ("app.backup.file:BackupWriter.row", 4),
        ("app.backup.writing:verify", 1),
        ("app.kit.new_file:os.link", 1),
    ],
)
async def test_a_backup_that_is_killed_leaves_no_file_of_that_name(
    lone_newsroom: Newsroom, tmp_path: Path, place: str, time: int
) -> None:
    await lone_newsroom.published()
    path, url = tmp_path / "killed.gz", lone_newsroom.settings.database_url
    killed(url, ["backup", str(path)], place, time)
    assert not path.exists()
    await backed_up(url, path)  # what is left stands in nobody's way


@pytest.mark.parametrize(
    ("place", "time"),
    [
        ("app.backup.restoring:load", 15),
        ("app.backup.restoring:aftermath.settle", 1),
        ("app.backup.restoring:refuse_dangling", 1),
    ],
)
async def test_a_restore_that_is_killed_leaves_nothing(
    backend: str, backup: Path, new_database: Callable[[str], str], place: str, time: int
) -> None:
    url = new_database(backend)
    killed(url, ["restore", str(backup)], place, time)
    assert await is_empty(url)
    await restored(backup, url)


def with_small_files(arguments: list[str], settings: dict[str, str], most: int, said: Path) -> None:
    """The target of a process: a command on a disk that is full when a file has so many bytes."""
    os.environ.clear()
    os.environ.update(settings)
    os.dup2(os.open(said, os.O_WRONLY | os.O_CREAT), 2)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    sys.exit(main(arguments))


def full(url: str, arguments: list[str], most: int, said: Path) -> str:
    """What a command says on a full disk."""
    target = (arguments, serving.environment(url), most, said)
    process = serving.FORKS.Process(target=with_small_files, args=target)
    process.start()
    process.join(60)
    assert process.exitcode == 1
    return said.read_text("utf-8")


async def test_a_full_disk_is_said_and_leaves_nothing(lone_newsroom: Newsroom, tmp_path: Path) -> None:
    await lone_newsroom.published()
    backup = await backed_up(lone_newsroom.settings.database_url, tmp_path / "backup.gz")
    path = tmp_path / "full.gz"
    text = full(lone_newsroom.settings.database_url, ["backup", str(path)], 1_000, tmp_path / "said")
    assert f"cannot write {path}: File too large" in text
    assert "Traceback" not in text
    assert not list(tmp_path.glob("*full.gz*"))
    url = f"sqlite:///{tmp_path / 'full.db'}"
    text = full(url, ["restore", str(backup)], 150_000, tmp_path / "said too")
    assert "the database cannot be written" in text
    assert "Traceback" not in text
    assert await is_empty(url)

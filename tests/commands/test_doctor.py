"""`./nashra doctor`: what it finds, and that it changes nothing."""

from __future__ import annotations

import asyncio
import json
import resource
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import pytest
from pydantic import ValidationError
from sqlalchemy import inspect, make_url

from app.commands import checks
from app.commands.standing import said_of
from app.kit import clock, migrations
from app.kit.db import Database
from app.settings import Settings, SettingsError, load, read
from tests import serving
from tests.newsroom import SECRET, opened

pytestmark = pytest.mark.anyio
EVENT = b"event: ready\ndata: {}\n\n"
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"


def settings_of(url: str, **changes: object) -> Settings:
    return Settings.model_validate({"database_url": url, "secret_key": (SECRET,), **changes})


def by_name(found: list[checks.Check]) -> dict[str, checks.Check]:
    return {check.name: check for check in found}


# --- the database -----------------------------------------------------------------------------------------------------


async def test_a_good_database_is_reachable_writable_migrated_and_on_time(database_url: str) -> None:
    found = await checks.database(settings_of(database_url))
    assert [(check.name, check.status) for check in found] == [
        ("database", "ok"),
        ("schema", "ok"),
        ("clock", "ok"),
        ("outbound", "ok"),
        ("jobs", "ok"),
    ]


async def test_the_doctor_leaves_nothing_in_the_database(database_url: str) -> None:
    await checks.database(settings_of(database_url))
    database = Database(database_url, pool=1)
    async with database.writing.connect() as connection:
        assert not await connection.run_sync(lambda sync: inspect(sync).has_table("nashra_doctor"))
    await database.close()


@pytest.mark.parametrize("revision", ["0009_answered", "base"])
def test_an_old_schema_is_told_with_its_cure(tmp_path: Path, revision: str) -> None:
    url = f"sqlite:///{tmp_path / 'nashra.db'}"
    migrations.upgrade(url)
    migrations.move(url, revision)
    schema = by_name(asyncio.run(checks.database(settings_of(url))))["schema"]
    assert (schema.status, schema.advice[:16]) == ("warning", "./nashra migrate")


async def test_clocks_that_are_apart_are_an_error(migrated_postgresql: str) -> None:
    with clock.frozen(clock.now().replace(year=2020)):
        found = await checks.database(settings_of(migrated_postgresql))
    assert by_name(found)["clock"].status == "error"
    assert "NTP" in by_name(found)["clock"].advice


async def test_a_database_that_takes_no_writes_is_an_error(migrated_postgresql: str) -> None:
    connection = await asyncpg.connect(migrated_postgresql)
    await connection.execute("DROP ROLE IF EXISTS reader; CREATE ROLE reader LOGIN")
    await connection.close()
    url = make_url(migrated_postgresql).set(username="reader").render_as_string(hide_password=False)
    database = by_name(await checks.database(settings_of(url)))["database"]
    assert database.status == "error"
    assert "permission denied" in database.detail


async def test_a_database_that_is_away_is_an_error_without_its_password() -> None:
    (database,) = await checks.database(settings_of("postgresql://nobody:secret@127.0.0.1:1/nashra"))
    assert database.status == "error"
    assert "nashra on 127.0.0.1:1" in database.detail
    assert "secret" not in database.detail


# --- keys, files, settings --------------------------------------------------------------------------------------------


def test_a_short_key_is_a_warning_and_a_long_one_is_not() -> None:
    assert checks.keys(settings_of("sqlite:///var/n.db", secret_key=("short",))).status == "warning"
    assert checks.keys(settings_of("sqlite:///var/n.db", secret_key=("k" * 32, "short"))).status == "ok"


def test_a_key_file_that_others_can_read_is_a_warning(tmp_path: Path) -> None:
    settings = settings_of(f"sqlite:///{tmp_path / 'nashra.db'}", secret_key=())
    key = tmp_path / "nashra.key"
    key.write_text("k" * 40)
    for mode, status in ((0o644, "warning"), (0o600, "ok")):
        key.chmod(mode)
        assert checks.keys(settings).status == status


def test_too_few_open_files_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, 4096))
    found = checks.open_files(settings_of("sqlite:///var/n.db"))
    assert found.status == "warning"
    assert "ulimit -n 10220" in found.advice
    assert "4096" in found.advice
    assert checks.open_files(settings_of("sqlite:///var/n.db", streams_max=100)).status == "ok"


def test_the_doctor_says_all_at_the_shell_and_leaves_no_file(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'nashra.db'}"
    answer = serving.command(
        "doctor",
        "--json",
        url=url,
        NASHRA_SITE_NMAE="x",
        NASHRA_SECRET_KEY="",
        NASHRA_MEDIA_STORE=str(tmp_path / "media"),
        NASHRA_MEDIA_ORIGINALS=str(tmp_path / "originals"),
    )
    assert answer.returncode == 0
    told = json.loads(answer.stdout)
    assert told["status"] == "warning"
    of_pictures = ["renditions", "originals", "private"]  # without a database none can be missing
    names = ["settings", "keys", "folders", "open files", "database", *of_pictures, "stream", "versions"]
    assert [check["name"] for check in told["checks"]] == names
    assert "NASHRA_SITE_NAME" in told["checks"][0]["advice"]
    assert list(tmp_path.iterdir()) == []


def test_wrong_settings_are_errors_with_exit_code_1() -> None:
    answer = serving.command("doctor", url="mysql://x/y", NASHRA_TIMEZONE="Mars")
    assert answer.returncode == 1
    lines = [line for line in answer.stdout.splitlines() if line.startswith("error")]
    assert [line.split()[2][:-1] for line in lines] == ["NASHRA_DATABASE_URL", "NASHRA_TIMEZONE"]


# --- a proxy and the stream -------------------------------------------------------------------------------------------


@asynccontextmanager
async def answering(*parts: bytes) -> AsyncIterator[str]:
    """Somebody in front of us who answers so, and then keeps the connection open until the client leaves."""
    ended = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.writelines(parts)
        await reader.read()
        writer.close()
        await writer.wait_closed()
        ended.set()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        await ended.wait()
    finally:
        server.close()


@pytest.mark.parametrize(
    ("parts", "status", "word"),
    [
        ((HEAD, b"\r\n", EVENT), "ok", "first event"),
        ((HEAD, b"\r\n"), "error", "buffers"),
        ((), "error", "buffers"),
        ((HEAD, b"content-encoding: gzip\r\n\r\n", EVENT), "warning", "compresses"),
        ((b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 1\r\n\r\nx",), "error", "502"),
    ],
    ids=["passed on", "body kept", "all kept", "compressed", "refused"],
)
async def test_what_a_proxy_does_to_a_stream(
    parts: tuple[bytes, ...], status: str, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "STREAM_PATIENCE", 0.5)
    async with answering(*parts) as address:
        found = await checks.stream(settings_of("sqlite:///var/n.db", api_url=address))
    assert (found.status, word in found.detail) == (status, True), found


async def test_without_an_address_or_a_server_the_stream_is_not_checked() -> None:
    unset = await checks.stream(read({}))
    assert (unset.status, "not checked" in unset.detail) == ("ok", True)
    away = await checks.stream(settings_of("sqlite:///var/n.db", api_url="http://127.0.0.1:1"))
    assert (away.status, "not checked" in away.detail) == ("warning", True)


def test_a_stream_of_our_own_passes(tmp_path: Path) -> None:
    with serving.served(f"sqlite:///{tmp_path / 'nashra.db'}") as (address, _):
        found = asyncio.run(checks.stream(settings_of("sqlite:///var/n.db", api_url=address)))
    assert found.status == "ok"
    assert "first event" in found.detail


# --- what `serve` says ------------------------------------------------------------------------------------------------


async def test_an_empty_newsroom_is_told_what_to_do(database_url: str) -> None:
    lines = await said_of(settings_of(database_url), "http://localhost:8000")
    assert lines[0].endswith("articles: 0")
    assert any("./nashra token create" in line for line in lines)
    assert any("quick start" in line for line in lines)
    async with opened(database_url):  # with a member and a token
        lines = await said_of(settings_of(database_url), "http://localhost:8000")
    assert not any("./nashra token create" in line for line in lines)
    assert any("quick start" in line for line in lines)


async def test_a_newsroom_with_articles_is_told_how_many(database_url: str) -> None:
    async with opened(database_url) as room:
        await room.published()
        await room.draft("مسودة")
    lines = await said_of(settings_of(database_url), "http://localhost:8000")
    assert [line.partition("; ")[2] for line in lines] == ["articles: 2"]


async def test_the_password_of_the_database_is_not_said(migrated_postgresql: str) -> None:
    url = make_url(migrated_postgresql).set(password="hushhush").render_as_string(hide_password=False)
    lines = await said_of(settings_of(url), "http://localhost:8000")
    assert "nashra_tests" in lines[0]
    assert "hushhush" not in " ".join(lines)


# --- settings that would harm -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("length", "status"), [(0, "error"), (8, "warning"), (43, "ok")])
def test_a_key_file_that_was_cut_off_is_found(tmp_path: Path, length: int, status: str) -> None:
    path = tmp_path / "nashra.key"
    path.write_text("k" * length)
    path.chmod(0o600)
    settings = Settings(database_url=f"sqlite:///{tmp_path / 'nashra.db'}")
    assert checks.keys(settings).status == status


def test_an_empty_key_file_is_not_a_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "nashra.key").touch(0o600)
    monkeypatch.setenv("NASHRA_DATABASE_URL", f"sqlite:///{tmp_path / 'nashra.db'}")
    monkeypatch.delenv("NASHRA_SECRET_KEY", raising=False)
    with pytest.raises(SettingsError, match="is empty"):
        load()


@pytest.mark.parametrize(
    "address", ["http://user:hunter2@news.example", "http://127.0.0.1:99999", "http://-نشرة-.example", "http://:80"]
)
def test_an_address_that_is_shown_holds_no_password_and_can_be_reached(address: str) -> None:
    with pytest.raises(ValidationError) as found:
        Settings(api_url=address, secret_key=(SECRET,))
    assert "hunter2" not in str(found.value.errors(include_input=False))


def test_two_limits_of_one_window_are_refused() -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate({"comments_rate": "1/60,9/60", "secret_key": (SECRET,)})

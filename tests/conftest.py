"""Every test that asks for a newsroom runs twice: on SQLite, and on a real PostgreSQL that comes from a wheel."""

from __future__ import annotations

import asyncio
import gc
import shutil
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from httpx._config import DEFAULT_TIMEOUT_CONFIG
from hypothesis import HealthCheck, settings
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import from_json

from app.kit import listing, migrations, openapi
from app.kit.components import Naming
from app.kit.examples import ExampleValues
from app.kit.openapi import Tags
from tests import databases
from tests.loops import SteadyEventLoop
from tests.newsroom import KEPT, Newsroom, opened

LOOPBACK = {"127.0.0.1", "::1", "localhost"}
# httpx tries to import it, which is not installed, once for each request: pytest's own finders make that dear.
sys.modules["sniffio"] = None  # type: ignore[assignment]  # how Python says "there is none"
# Where a test says nothing else httpx waits 5 s for an answer, which a busy machine may need: slow is no failure.
for wait in ("connect", "read", "write", "pool"):
    setattr(DEFAULT_TIMEOUT_CONFIG, wait, 60.0)
# Neither a slow example nor slow data is a failure. A newsroom is one for all examples of a test: they add to it. What
# else holds is Hypothesis's own: in CI the examples are the same in every run.
ALLOWED = (HealthCheck.too_slow, HealthCheck.function_scoped_fixture)
settings.register_profile("suite", settings(deadline=None, suppress_health_check=ALLOWED))
settings.load_profile("suite")
BACKENDS = ("sqlite", "postgresql")
LONG = {"cache", "house", "journeys", "search", "sync", "tickers"}  # folders of files that take long


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A file is one process's work: the long ones come first, so that none is begun when the other has nothing left."""
    items.sort(key=lambda item: item.path.parent.name not in LONG)


def pytest_collection_finish() -> None:
    """What the tests and the application are made of is not looked through for garbage again; what they make is, though
    not after every 700 objects: that takes an eighth of the suite's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(scope="session", autouse=True)
def closed_network() -> Iterator[None]:
    """Tests speak to this machine only."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in LOOPBACK:
            raise AssertionError(f"a test wants to reach {address[0]}")
        connect(self, address)

    socket.socket.connect = guarded  # type: ignore[method-assign, assignment]  # for the whole run
    yield
    socket.socket.connect = connect  # type: ignore[method-assign]


@pytest.fixture(scope="session", autouse=True)
def held_to_their_schemas() -> Iterator[None]:
    """An answer written without validation equals, byte for byte, the validated one; else the answer is a 500."""
    original = listing.unvalidated

    def compared(schema: Any, value: Any, include: Any = None) -> bytes:
        content, validated = original(schema, value, include), listing.written(schema, value, include)
        assert from_json(content) == from_json(validated), f"not what {schema} says"
        assert content == validated, f"in another order than {schema} has"
        return content

    listing.unvalidated = compared
    yield
    listing.unvalidated = original


@pytest.fixture(scope="session", autouse=True)
def one_document() -> Iterator[None]:
    """The OpenAPI document is built once for all applications of a process: it is the same for each."""
    original = openapi.build
    built: dict[tuple[int, ...], JsonSchemaValue] = {}

    def once(app: FastAPI, tags: Tags, naming: Naming, values: ExampleValues) -> JsonSchemaValue:
        routes = tuple(map(id, app.routes))
        if routes not in built:
            built[routes] = original(app, tags, naming, values)
        return built[routes]

    openapi.build = once
    yield
    openapi.build = original


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return "asyncio", {"loop_factory": SteadyEventLoop}


@pytest.fixture(scope="session", autouse=True)
async def one_loop(anyio_backend: object) -> AsyncIterator[None]:
    """One event loop for all tests of a process, so that a connection to PostgreSQL can outlive a test."""
    KEPT.loop = asyncio.get_running_loop()
    yield
    await KEPT.close()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database, migrated once; each test works on a copy."""
    path = tmp_path_factory.mktemp("template") / "nashra.db"
    migrations.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """A PostgreSQL server of our own, for the whole run."""
    with databases.server() as url:
        yield url


@pytest.fixture(scope="session")
def migrated_postgresql(postgresql: str) -> str:
    """A PostgreSQL database, migrated once; each test begins with it empty."""
    KEPT.url = databases.create(postgresql, "nashra_tests")
    migrations.upgrade(KEPT.url)
    return KEPT.url


@pytest.fixture(scope="session")
def emptied(migrated_postgresql: str) -> Iterator[databases.Emptied]:
    emptied = databases.Emptied(migrated_postgresql)
    yield emptied
    emptied.close()


@pytest.fixture
def empty_postgresql(migrated_postgresql: str, emptied: databases.Emptied) -> str:
    """The address of the PostgreSQL database, without a row."""
    emptied.empty()
    return migrated_postgresql


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def database_url(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty, migrated database of the backend under test."""
    if backend == "sqlite":
        path = tmp_path / "nashra.db"
        shutil.copyfile(request.getfixturevalue("migrated_file"), path)
        return f"sqlite:///{path}"
    url: str = request.getfixturevalue("empty_postgresql")
    return url


@pytest.fixture
async def newsroom(database_url: str) -> AsyncIterator[Newsroom]:
    """A served newsroom on an empty database, with an admin."""
    async with opened(database_url) as room:
        yield room


@pytest.fixture
async def lone_newsroom(migrated_file: Path, tmp_path: Path) -> AsyncIterator[Newsroom]:
    """A newsroom on SQLite only, for what never touches storage."""
    path = tmp_path / "lone.db"
    shutil.copyfile(migrated_file, path)
    async with opened(f"sqlite:///{path}") as room:
        yield room

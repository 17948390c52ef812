"""A newsroom to back up, and databases to restore into."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import pytest

from tests import databases
from tests.media.conftest import library, media, places  # noqa: F401  # fixtures: a newsroom with pictures

NAMES = count()


@pytest.fixture
def new_database(postgresql: str, tmp_path: Path) -> Callable[[str], str]:
    """Makes the address of a new database of a kind, without a table."""

    def make(kind: str) -> str:
        number = next(NAMES)
        if kind == "sqlite":
            return f"sqlite:///{tmp_path / f'new-{number}.db'}"
        with ThreadPoolExecutor(1) as thread:  # the test's event loop runs in this one
            return thread.submit(databases.create, postgresql, f"nashra_restored_{number}").result()

    return make


@pytest.fixture
def other_kind(backend: str) -> str:
    """The kind of database that the newsroom is not on."""
    return "postgresql" if backend == "sqlite" else "sqlite"

"""A second newsroom, empty, on the other kind of database."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.imports.portable import OPEN
from tests.newsroom import Newsroom, opened


@pytest.fixture
def other_url(backend: str, request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if backend == "sqlite":
        url: str = request.getfixturevalue("empty_postgresql")
        return url
    shutil.copyfile(request.getfixturevalue("migrated_file"), tmp_path / "other.db")
    return f"sqlite:///{tmp_path / 'other.db'}"


@pytest.fixture
async def target(other_url: str) -> AsyncIterator[Newsroom]:
    async with opened(other_url, **OPEN) as room:
        yield room

"""For what never touches storage one database is enough."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.newsroom import Newsroom, opened


@pytest.fixture
async def lone_newsroom(migrated_file: Path, tmp_path: Path) -> AsyncIterator[Newsroom]:
    """A newsroom on SQLite only."""
    path = tmp_path / "lone.db"
    shutil.copyfile(migrated_file, path)
    async with opened(f"sqlite:///{path}") as room:
        yield room

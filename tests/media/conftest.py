"""A newsroom with a library. Its stores are folders here; tests/interop runs the same tests on an S3 server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from app.media.storage import Store, Stores
from app.settings import Settings
from tests.media.desk import FEW, MediaDesk
from tests.media.library import Library
from tests.newsroom import opened


@pytest.fixture
def places(tmp_path: Path) -> dict[str, Any]:
    """The settings that say where pictures lie."""
    return {"media_store": str(tmp_path / "media"), "media_originals": str(tmp_path / "originals")}


@pytest.fixture
def stores(places: dict[str, Any]) -> Stores:
    return Stores.of(Settings(**places))


@pytest.fixture
def store(stores: Stores) -> Store:
    return stores.renditions


@pytest.fixture
async def library(database_url: str, places: dict[str, Any], tmp_path: Path) -> AsyncIterator[Library]:
    async with opened(database_url, **places) as room:
        yield Library(room, tmp_path)


@pytest.fixture
async def media(database_url: str, places: dict[str, Any]) -> AsyncIterator[MediaDesk]:
    """A newsroom whose desk has pictures, in few renditions."""
    async with opened(database_url, **places, **FEW) as room:
        yield MediaDesk(room)

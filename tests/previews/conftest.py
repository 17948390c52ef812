"""Fixtures: a newsroom with pictures, and databases to restore into."""

from __future__ import annotations

from tests.backup.conftest import new_database  # noqa: F401
from tests.media.conftest import library, media, places, store, stores  # noqa: F401

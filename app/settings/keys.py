"""Settings of the keys that sign, and the key that SQLite gets by itself."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Annotated

from pydantic import Field

from app.settings.database import DatabaseSettings
from app.settings.group import PREFIX, SECRET, SettingsError, SettingsGroup
from app.settings.values import Words

KEY_BYTES = 32  # that a key should have


class KeySettings(SettingsGroup):
    """What signs cursors and edit tokens."""

    secret_key: Annotated[Words, SECRET] = Field(
        (), description="Signing keys, comma-separated: the first signs, all verify."
    )


def short_key(settings: KeySettings) -> str | None:
    """What to say of a first key that is shorter than it should be."""
    length = len(settings.secret_key[0].encode()) if settings.secret_key else KEY_BYTES
    if length >= KEY_BYTES:
        return None
    return (
        f"{PREFIX}SECRET_KEY: the first key has {length} bytes, and can be guessed. Put one of {KEY_BYTES} or more in "
        "front of it, made by: openssl rand -hex 32"
    )


def read_keys(path: Path) -> str:
    try:
        return ",".join(path.read_text("utf-8").split())
    except OSError as error:
        raise SettingsError(f"{PREFIX}SECRET_KEY_FILE: {error.strerror}: {path}") from None


def own_key(settings: DatabaseSettings) -> str:
    if not settings.is_sqlite:
        raise SettingsError(f"{PREFIX}SECRET_KEY: must be set with PostgreSQL. Make one: openssl rand -hex 32; keep it")
    path = settings.sqlite_path.with_suffix(".key")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _make_key(path)
        if not (key := path.read_text("ascii").strip()):
            raise SettingsError(f"{path} is empty: bring the key back from a backup, or remove the file for a new one")
        return key
    except OSError as error:
        raise SettingsError(f"{PREFIX}DATABASE_URL: {error.strerror}: {path.parent}") from None


def _make_key(path: Path) -> None:
    """Write the key file atomically, so that two processes that start at once read the same key."""
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    with open(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(32))
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()

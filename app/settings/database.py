"""Settings of the database, and of what lies beside it."""

from __future__ import annotations

import re
from functools import cached_property
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from app.settings.group import PREFIX, SettingsError, SettingsGroup

DATABASES = {"sqlite", "postgresql", "postgres"}
DATABASE_FORMS = "sqlite:///path or postgresql://user:password@host:port/name"
SQLITE_FILE = b"SQLite format 3\0"  # how each begins: https://www.sqlite.org/fileformat.html


def _database_url(value: str) -> str:
    scheme, separator, _ = value.partition("://")
    if scheme.partition("+")[0] not in DATABASES or not separator:
        is_scheme = separator and re.fullmatch(r"[a-zA-Z][a-zA-Z0-9+.-]*", scheme)  # else it may hold a password
        shown = f"begins with {scheme}:" if is_scheme else "is no address of a database"
        raise ValueError(f"{shown}; it must be {DATABASE_FORMS}. Other databases are not supported")
    try:
        url = make_url(value)
        if "@" in (url.host or ""):  # the rest of a password
            raise ValueError
    except (ArgumentError, ValueError):
        raise ValueError(f"cannot be read; it must be {DATABASE_FORMS}, the password percent-encoded") from None
    if url.get_backend_name() == "sqlite" and (url.host or not url.database or url.database == ":memory:"):
        raise ValueError("names no file; SQLite needs sqlite:///path, or sqlite:////path from the root")
    return value


class DatabaseSettings(SettingsGroup):
    """Where the newsroom is stored."""

    database_url: Annotated[str, AfterValidator(_database_url)] = Field(
        "sqlite:///var/nashra.db", description="`sqlite:///path` or `postgresql://…`."
    )
    database_pool: int = Field(10, ge=1, le=200, description="PostgreSQL connections of each kind (reading, writing).")
    takedowns_file: str = Field(
        "",
        description="File of withdrawals, redactions and erasures; empty: beside the data.",
    )
    migrate_on_start: bool = Field(True, description="`serve` migrates the database before it listens.")

    @property
    def is_sqlite(self) -> bool:
        return self.database_url.startswith("sqlite")

    @cached_property
    def sqlite_path(self) -> Path:
        return Path(re.sub(r"^sqlite(\+\w+)?:///", "", self.database_url).partition("?")[0])

    @property
    def takedowns_path(self) -> Path:
        """The file of takedowns: by default beside a SQLite database, else in `var/`."""
        if self.takedowns_file:
            return Path(self.takedowns_file)
        folder = self.sqlite_path if self.is_sqlite else Path("var") / "nashra"
        return folder.with_name(f"{folder.stem}-takedowns.jsonl")


def check_file(path: Path) -> None:
    """Refuse a path that most likely lacks its fourth slash, and a file of another kind."""
    if not path.is_absolute() and path.parts[0] != "var" and not path.parent.exists():
        root = path.expanduser() if path.parts[0] == "~" else Path("/") / path
        raise SettingsError(
            f"{PREFIX}DATABASE_URL: after three slashes a path begins at {Path.cwd()}, where there is no folder "
            f"{path.parent}. From the root it has four: sqlite:///{root}. If you mean the first, make that folder"
        )
    try:
        with path.open("rb") as file:
            beginning = file.read(len(SQLITE_FILE))
    except OSError:
        return  # not there yet; whether it can be opened shows when it is
    if beginning and beginning != SQLITE_FILE:
        raise SettingsError(f"{PREFIX}DATABASE_URL: {path} is not a SQLite database. Name another file")

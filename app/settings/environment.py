"""Reads the settings from environment variables, once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path

from pydantic import ValidationError

from app.masking import keep_secret, masked
from app.settings.database import check_file
from app.settings.group import PREFIX, SettingsError
from app.settings.groups import Settings
from app.settings.keys import own_key, read_keys

LIKENESS = 0.7  # `get_close_matches` cutoff, 0 to 1, for a suggested variable
NOT_SETTINGS = ("SECRET_KEY_FILE", "PYTHON", "CHROMIUM", "CALLER_CWD", "URL")


def load(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from environment variables.

    Raises `SettingsError` naming every invalid variable. With SQLite a missing secret key is generated once and stored
    beside the database, mode 0600; with PostgreSQL it is mandatory.
    """
    settings = read(environment)
    if not settings.secret_key:
        settings = settings.model_copy(update={"secret_key": (own_key(settings),)})
        keep_secret(Settings.secrets_of(dict(settings)))
    return settings


def read(environment: Mapping[str, str] | None = None) -> Settings:
    """The same without a key that was not set, and without a trace on disk."""
    environment = os.environ if environment is None else environment
    given: dict[str, str] = {}
    for variable, value in environment.items():
        name = variable.removeprefix(PREFIX).lower()
        if variable.startswith(PREFIX) and name in Settings.model_fields:
            given[name] = value
    if key_file := environment.get(f"{PREFIX}SECRET_KEY_FILE"):
        given["secret_key"] = read_keys(Path(key_file))
    keep_secret(Settings.secrets_of(given))  # first of all: an error could name them
    try:
        settings = Settings.model_validate(given)
    except ValidationError as error:
        lines = [
            f"{PREFIX}{str(e['loc'][0]).upper()}: {e['msg'].removeprefix('Value error, ')}" for e in error.errors()
        ]
        raise SettingsError(masked("\n".join(lines))) from None
    if settings.is_sqlite:
        check_file(settings.sqlite_path)
    return settings


def unknown_variables(environment: Mapping[str, str] | None = None) -> list[str]:
    """Environment variables with our prefix that no setting has: most likely misspelt."""
    environment = os.environ if environment is None else environment
    return sorted(name for name in environment if name.startswith(PREFIX) and name not in variables())


def variables() -> set[str]:
    """Every environment variable with our prefix that something reads."""
    return {PREFIX + name.upper() for name in Settings.model_fields} | {PREFIX + name for name in NOT_SETTINGS}


def nearest_variable(name: str) -> str | None:
    """The variable that is most likely meant by a misspelt one."""
    known = [variable.removeprefix(PREFIX) for variable in variables()]
    found = get_close_matches(name.removeprefix(PREFIX), known, 1, LIKENESS)
    return f"{PREFIX}{found[0]}" if found else None


def given_path(text: str, environment: Mapping[str, str] | None = None) -> Path:
    """A path as it was typed: relative to where the caller of `./nashra` stood, which runs at the project's root."""
    environment = os.environ if environment is None else environment
    return Path(environment.get(f"{PREFIX}CALLER_CWD", ".")) / Path(text).expanduser()


def wants_colour(environment: Mapping[str, str] | None = None) -> bool:
    """Whether colours may be used at a terminal (https://no-color.org)."""
    environment = os.environ if environment is None else environment
    return not environment.get("NO_COLOR") and environment.get("TERM") != "dumb"

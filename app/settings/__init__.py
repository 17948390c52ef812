"""The settings of an installation, in groups; `environment.py` reads them from environment variables."""

from app.settings.environment import (
    NOT_SETTINGS,
    given_path,
    load,
    nearest_variable,
    read,
    unknown_variables,
    wants_colour,
)
from app.settings.group import PREFIX, SettingsError
from app.settings.groups import Settings
from app.settings.keys import KEY_BYTES, short_key

__all__ = (
    "KEY_BYTES",
    "NOT_SETTINGS",
    "PREFIX",
    "Settings",
    "SettingsError",
    "given_path",
    "load",
    "nearest_variable",
    "read",
    "short_key",
    "unknown_variables",
    "wants_colour",
)

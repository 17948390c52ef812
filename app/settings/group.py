"""What every group of settings is: a frozen model. A group is a file here, and a heading in docs/operations.md."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

PREFIX = "NASHRA_"


class SettingsError(Exception):
    """The environment holds invalid values; the message names them all."""


class SettingsGroup(BaseModel):
    """The environment variable of a field is `NASHRA_` and its name in capitals."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

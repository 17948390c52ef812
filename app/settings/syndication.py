"""Settings of syndication: what others may take, in feeds and copies."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from app.settings.group import SettingsGroup


class SyndicationSettings(SettingsGroup):
    """What other sites may publish again where an article does not say."""

    syndication: Literal["yes", "no", "verify"] = Field(
        "yes",
        description="Whether articles may be syndicated whose `rights` do not say: yes, no, or verify (ask first).",
    )
    feeds_full: bool = Field(
        True,
        description="Whether feeds give whole texts with `full=true`, as far as rights allow.",
    )

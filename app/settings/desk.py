"""Settings of the desk."""

from __future__ import annotations

from pydantic import Field

from app.settings.group import SettingsGroup
from app.settings.values import Words


class DeskSettings(SettingsGroup):
    """What the staff may send, and from where."""

    desk_origins: Words = Field((), description="Web origins that may call the desk from a browser.")
    embed_hosts: Words = Field(
        ("www.youtube.com", "www.youtube-nocookie.com", "player.vimeo.com"),
        description="Hosts whose frames may stand in a body.",
    )
    max_body_bytes: int = Field(2_097_152, ge=32_768, description="Largest request body the desk accepts.")

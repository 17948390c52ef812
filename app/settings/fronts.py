"""Settings of fronts."""

from __future__ import annotations

from pydantic import Field

from app.settings.group import SettingsGroup


class FrontSettings(SettingsGroup):
    """How often clients ask for a front."""

    front_refresh_after: int = Field(30, ge=1, le=3600, description="Seconds a polling client of a front may wait.")

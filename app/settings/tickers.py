"""Settings of tickers."""

from __future__ import annotations

from pydantic import Field

from app.settings.group import SettingsGroup


class TickerSettings(SettingsGroup):
    """How long urgent news stays urgent."""

    ticker_refresh_after: int = Field(10, ge=1, le=3600, description="Seconds a polling ticker client may wait.")
    ticker_flash_minutes: int = Field(20, ge=1, description="Minutes until the level `flash` expires.")
    ticker_bulletin_minutes: int = Field(120, ge=1, description="Minutes until the level `bulletin` expires.")
    ticker_urgent_minutes: int = Field(360, ge=1, description="Minutes until the level `urgent` expires.")

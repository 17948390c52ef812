"""Settings of the change log and the streams."""

from __future__ import annotations

from pydantic import Field

from app.settings.group import SettingsGroup


class SyncSettings(SettingsGroup):
    """How long changes are kept, and how many may listen."""

    changes_days: int = Field(
        30,
        ge=1,
        le=3650,
        description="Days for which the change log keeps what is gone: a client away longer starts again.",
    )
    streams_per_address: int = Field(200, ge=1, description="Open streams of one client address, for each worker.")
    streams_max: int = Field(10_000, ge=1, description="Open streams in all, for each worker; then 503.")
    stream_heartbeat: int = Field(15, ge=1, le=300, description="Seconds between two signs of life on an idle stream.")

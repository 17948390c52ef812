"""Settings of the server: who is believed, and what a request may cost."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from app.settings.group import SettingsGroup
from app.settings.values import Network, split


class ServerSettings(SettingsGroup):
    """How requests are taken."""

    trusted_proxies: Annotated[tuple[Network, ...], BeforeValidator(split)] = Field(
        (), description="Networks whose `X-Forwarded-For` is believed."
    )
    fast_routes: bool = Field(True, description="Endpoints are called past FastAPI's own handler, where they allow it.")
    head_max_bytes: int = Field(
        65_536, ge=8_192, le=1_048_576, description="Largest request line and header fields together (else 414, 431)."
    )
    head_max_fields: int = Field(
        200, ge=20, le=2_000, description="Maximum number of header fields of a request (else 431)."
    )
    head_seconds: float = Field(10, gt=0, le=600, description="Seconds in which the head of a request must come (408).")
    body_seconds: float = Field(10, gt=0, le=600, description="Seconds before the rate of a request body counts.")
    body_min_rate: int = Field(500, ge=1, description="Bytes a second that a request body must come with (else 408).")
    unfinished_per_address: int = Field(
        100, ge=1, description="Unfinished requests of one client address, for each worker (else 429)."
    )

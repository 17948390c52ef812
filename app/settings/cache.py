"""Settings of caches: our own, and a CDN in front."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from app.settings.group import Secret, SettingsGroup
from app.settings.values import OutsideAddress


def _header_name(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9-]{1,64}", value):
        raise ValueError("must be a header name")
    return value


class CacheSettings(SettingsGroup):
    """What is kept of answers, and who is told when it is stale."""

    cache_bytes: int = Field(33_554_432, ge=0, description="Bytes of rendered answers that a worker keeps (0: none).")
    early_hits: bool = Field(True, description="Cache hits are answered in the HTTP protocol, before the application.")
    cache_max_age: int = Field(10, ge=0, le=10, description="`max-age` of delivery answers, in seconds.")
    cache_tag_header: Annotated[str, AfterValidator(_header_name)] = Field(
        "Cache-Tag", description="Header that carries cache tags to a CDN."
    )
    purge_url: OutsideAddress = Field("", description="Address that gets, by POST, the cache tags that changed.")
    purge_token: Secret = Field("", description="Bearer token for the purge address.")

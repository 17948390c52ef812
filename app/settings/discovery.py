"""Settings of discovery: what robots and programs that come by are told."""

from __future__ import annotations

import re
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field

from app.settings.group import SettingsGroup

_LINE = re.compile(r"#[^\x00-\x1f\x7f]*|[A-Za-z-]{1,40}:[^\x00-\x1f\x7f]*")  # RFC 9309 §2.2, and comments


def _robots_lines(value: str) -> str:
    lines = [line.strip() for line in value.replace("\\n", "\n").splitlines() if line.strip()]
    if wrong := next((line for line in lines if not _LINE.fullmatch(line)), None):
        raise ValueError(f"holds {wrong!r}, which is not like Disallow: /path")
    return "\n".join(lines)


def _picture(value: str) -> str:
    try:
        return str(UUID(value)) if value else ""
    except ValueError:
        raise ValueError("must be the id of a picture of the library") from None


Picture = Annotated[str, AfterValidator(_picture)]


class DiscoverySettings(SettingsGroup):
    """What robots and programs are told of the site."""

    logo: Picture = Field("", description="Id of the picture that is the logo of the site.")
    icon: Picture = Field("", description="Id of the picture that is the icon of the site, as browsers show it.")
    ai_crawlers: Literal["allow", "deny"] = Field(
        "allow", description="Whether `robots.txt` lets crawlers in that gather texts for AI."
    )
    robots_extra: Annotated[str, AfterValidator(_robots_lines)] = Field(
        "", max_length=20_000, description="Lines that `robots.txt` has besides, with `\\n` between."
    )

    @property
    def site_pictures(self) -> frozenset[str]:
        """Ids of the pictures that the site itself shows."""
        return frozenset({self.logo, self.icon} - {""})

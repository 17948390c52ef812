"""Settings of the site, and of addresses on it."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from app.settings.group import PREFIX, SettingsGroup
from app.settings.values import WebAddress
from app.text.languages import canonical_language
from app.text.web_paths import can_meet, checked_path, filled_path

TERM_NAMES = ("slug", "id")
PATH_NAMES = {  # what may stand in braces
    "article_path": ("slug", "id", "section", "year", "month", "day"),
    "section_path": TERM_NAMES,
    "tag_path": TERM_NAMES,
    "author_path": TERM_NAMES,
    "preview_path": ("token",),
    "front_path": TERM_NAMES,
}
HOME = "home"  # the front with this slug is at `/`


def _known_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except Exception as error:
        raise ValueError("must be an IANA time zone such as Asia/Damascus") from error
    return value


class SiteSettings(SettingsGroup):
    """What the newsroom is called, and where it is."""

    site_url: WebAddress = Field("http://localhost:8000", description="Public address of the web site.")
    article_path: str = Field(
        "/a/{slug}",
        validate_default=True,
        description="Path of an article on the web site: `{slug}`, `{id}`, `{section}`, `{year}`, …",
    )
    section_path: str = Field(
        "/s/{slug}", validate_default=True, description="Path of a section on the web site: `{slug}` or `{id}`."
    )
    tag_path: str = Field(
        "/t/{slug}", validate_default=True, description="Path of a tag on the web site: `{slug}` or `{id}`."
    )
    author_path: str = Field(
        "/by/{slug}", validate_default=True, description="Path of an author on the web site: `{slug}` or `{id}`."
    )
    preview_path: str = Field(
        "/preview/{token}", validate_default=True, description="Path of a preview on the web site, with `{token}`."
    )
    front_path: str = Field(
        "/f/{slug}",
        validate_default=True,
        description="Path of a front on the web site: `{slug}` or `{id}`. The front `home` is `/`.",
    )
    api_url: WebAddress = Field("http://localhost:8000", description="Public address of this API.")
    site_name: str = Field("نشرة", min_length=1, description="Name of the newsroom.")
    language: Annotated[str, AfterValidator(canonical_language)] = Field("ar", description="Language of the site.")
    timezone: Annotated[str, AfterValidator(_known_zone)] = Field(
        "UTC", description="IANA zone of the site: the day in an article's address, dates in words."
    )

    @field_validator(*PATH_NAMES)
    @classmethod
    def _path(cls, value: str, info: ValidationInfo) -> str:
        """Check a pattern by itself, then beside those that were checked before."""
        name = info.field_name or ""
        checked_path(value, PATH_NAMES[name])
        for other in PATH_NAMES:
            if other != name and other in info.data and can_meet(value, info.data[other]):
                clash = f"{PREFIX}{other.upper()}, {info.data[other]}"
                raise ValueError(f"{value} can be the same address as {clash}: change one of them")
        return value

    def article_url(self, *, slug: str, id: str, section: str | None, published: tuple[str, str, str]) -> str:
        """The public web address of an article, percent-encoded; `published` is (year, month, day)."""
        year, month, day = published
        parts = {"slug": slug, "id": id, "section": section or "news", "year": year, "month": month, "day": day}
        return self.site_url + filled_path(self.article_path, parts)

    def term_url(self, kind: str, id: str, slug: str) -> str:
        """The public web address of a `section`, `tag` or `author`, percent-encoded."""
        return self.site_url + filled_path(getattr(self, f"{kind}_path"), {"slug": slug, "id": id})

    def preview_url(self, token: str) -> str:
        """The web address of a preview, which only those may know who hold its token."""
        return self.site_url + filled_path(self.preview_path, {"token": token})

    def front_url(self, id: str, slug: str) -> str:
        """The public web address of a front, percent-encoded: of the front `home` that of the site."""
        path = "/" if slug == HOME else filled_path(self.front_path, {"slug": slug, "id": id})
        return self.site_url + path

    @property
    def paths(self) -> dict[str, str]:
        """The patterns of paths on the web site, by kind of thing."""
        return {name.removesuffix("_path"): getattr(self, name) for name in PATH_NAMES}

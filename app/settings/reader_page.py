"""Settings of the reader page."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from app.settings.group import SettingsGroup
from app.settings.values import Words
from app.text.languages import canonical_language


def _display(value: str) -> str:
    return canonical_language(value) if value else value


class ReaderPageSettings(SettingsGroup):
    """The page for readers at `/`."""

    reader_page: bool = Field(
        True, description="Whether the reader page is served at `/`; without it `/` is a page of links."
    )
    display: Annotated[str, AfterValidator(_display)] = Field(
        "", description="Locale of dates and numbers on the reader page, as `display=` takes it (empty: the language)."
    )
    reader_ticker: str = Field("", description="Slug of the ticker on the reader page; empty: the first with items.")
    image_hosts: Words = Field(
        (), description="Hosts whose pictures, videos and sounds the reader page shows; those of others are links."
    )

"""What is asked of discovery, and what it answers."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from app.kit.schemas import WHOLE, Output, Query, one_of

LONGEST_URL = 2000
Url = Annotated[str, Field(json_schema_extra={"format": "uri"})]
WEB_ADDRESS = "https://news.example.org/a/المرصد-يرصد-لؤلؤة-الخريف"


class ResolveQuery(Query):
    """Which address."""

    url: Annotated[str, Field(min_length=1, max_length=LONGEST_URL, examples=[WEB_ADDRESS])]
    """An address of the web site, or a path on it, percent-encoded or not."""


class OEmbedQuery(ResolveQuery):
    """Which address, and how."""

    format: str = "json"
    """`json` or `xml`; others are 501."""
    maxwidth: Annotated[int | None, Field(ge=1, le=100_000), WHOLE] = None
    """Largest width of the thumbnail in pixels."""
    maxheight: Annotated[int | None, Field(ge=1, le=100_000), WHOLE] = None
    """Largest height of the thumbnail in pixels."""


class OEmbedLink(Output):
    """What oEmbed tells of an article. The names are its own."""

    version: Annotated[str, Field(examples=["1.0"])]
    """Version of oEmbed."""
    type: Annotated[str, Field(examples=["link"])]
    """Kind of the answer."""
    title: str
    """The headline."""
    author_name: str = None  # type: ignore[assignment]  # left out, as all below: oEmbed has no null
    """The byline; left out without one."""
    author_url: Url = None  # type: ignore[assignment]
    """The author's page; left out unless there is one author."""
    provider_name: str
    """Name of the site."""
    provider_url: Url
    """Address of the site."""
    cache_age: int
    """Seconds for which this may be kept."""
    thumbnail_url: Url = None  # type: ignore[assignment]
    """The lead image, a JPEG or PNG; left out, with its size, where there is none that fits."""
    thumbnail_width: int = None  # type: ignore[assignment]
    """Width of the thumbnail in pixels."""
    thumbnail_height: int = None  # type: ignore[assignment]
    """Height of the thumbnail in pixels."""


class ResolvedAddress(Output):
    """What an address of the web site is."""

    resource: Annotated[str, one_of(("article", "section", "tag", "author", "front"))]
    """Kind of the thing. More kinds may be added."""
    id: str
    slug: str
    url: Url
    """Its present address on the web site."""
    moved: bool
    """Whether that is another address than the one that was asked for: redirect to it."""

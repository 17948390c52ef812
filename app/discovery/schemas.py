"""What is asked of discovery, and what it answers."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from app.kit.schemas import Output, Query, one_of

LONGEST_URL = 2000
WEB_ADDRESS = "https://news.example.org/a/المرصد-يرصد-لؤلؤة-الخريف"


class ResolveQuery(Query):
    """Which address."""

    url: Annotated[str, Field(min_length=1, max_length=LONGEST_URL, examples=[WEB_ADDRESS])]
    """An address of the web site, or a path on it, percent-encoded or not."""


class ResolvedAddress(Output):
    """What an address of the web site is."""

    resource: Annotated[str, one_of(("article", "section", "tag", "author", "front"))]
    """Kind of the thing. More kinds may be added."""
    id: str
    slug: str
    url: Annotated[str, Field(json_schema_extra={"format": "uri"})]
    """Its present address on the web site."""
    moved: bool
    """Whether that is another address than the one that was asked for: redirect to it."""

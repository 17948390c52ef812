"""Renders the source of a body for whatever has one: an article, or an entry of its live coverage."""

from __future__ import annotations

from asyncio import to_thread
from collections.abc import Mapping
from typing import Protocol

from app.articles.pictures import words_of
from app.media.models import Media
from app.settings import Settings
from app.text.blocks import Block
from app.text.markup import Format, Rendered, render


class WithBody(Protocol):
    """A row that stores a body: its source, and what is rendered of it."""

    source: str
    format: Format
    html: str
    text: str
    blocks: list[Block]


async def render_body(
    source: str, format: Format, language: str, library: Mapping[str, Media], settings: Settings
) -> Rendered:
    """The source rendered with these pictures of the library; other pictures that it names are `unknown_media`."""
    # A long or hostile body takes a second of CPU: not on the event loop.
    hosts = frozenset(map(str.lower, settings.embed_hosts))
    return await to_thread(render, source, format, words_of(library, language), embed_hosts=hosts)


def fill_body(row: WithBody, source: str, format: Format, rendered: Rendered) -> None:
    row.source, row.format = source.replace("\0", ""), format
    row.html, row.text, row.blocks = rendered.html, rendered.text, list(rendered.blocks)

"""Render the source of a body (HTML, Markdown or plain text) to safe HTML, plain text and blocks."""

import html
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

import nh3

from app.text.allowed import ELEMENTS, attribute_names
from app.text.blocks import Block, plain_text
from app.text.characters import clean_prose, count_refused
from app.text.drawing import blocks_of
from app.text.markdown import is_written_by_people, markdown_to_html
from app.text.sanitise import Removal, sanitise
from app.text.tree import Element, to_html

Format = Literal["html", "markdown", "text"]

# Defence in depth: an independent sanitiser checks our output against the same allow-list.
_CLEANER = nh3.Cleaner(tags=set(ELEMENTS), attributes=attribute_names(), url_schemes={"http", "https", "mailto", "tel"})
_MAX_ROUNDS = 4


@dataclass(frozen=True, slots=True)
class Rendered:
    """A rendered body: safe HTML, plain text, blocks, and a warning for everything that was removed."""

    html: str
    text: str
    blocks: list[Block]
    warnings: list[Removal]


def render(source: str, format: Format, *, embed_hosts: frozenset[str] = frozenset()) -> Rendered:
    """Render a `source` in `format`.

    An `iframe` stays if its URL is https and its host is one of `embed_hosts` or a subdomain of one. Never raises, and
    takes linear time. Idempotent: `render(render(source, …).html, "html", …)` has the same HTML and no warnings.
    """
    hosts = frozenset(host.lower() for host in embed_hosts)
    refused = 0 if format == "html" else count_refused(source)
    body, warnings = sanitise(_as_html(source, format), hosts, refused)
    body, written = _settled(body, hosts)
    blocks = blocks_of(body)
    return Rendered(written, plain_text(blocks), blocks, warnings)


def _as_html(source: str, format: Format) -> str:
    if format == "html":
        return source
    prose = clean_prose(source)
    is_markdown = format == "markdown" and is_written_by_people(prose)
    return markdown_to_html(prose) if is_markdown else text_to_html(prose)


def text_to_html(text: str) -> str:
    """Convert plain text to HTML: blank lines separate paragraphs, other line breaks stay, the rest is escaped."""
    lines = groupby(html.escape(text, quote=False).split("\n"), key=lambda line: bool(line.strip()))
    return "\n".join(f"<p>{'<br>'.join(paragraph)}</p>" for is_text, paragraph in lines if is_text)


def _settled(body: Element, hosts: frozenset[str]) -> tuple[Element, str]:
    """Sanitise until the second sanitiser changes nothing; return the body and its HTML. Else plain text."""
    for _ in range(_MAX_ROUNDS):
        written = to_html(body)
        checked = _CLEANER.clean(written).replace("&nbsp;", "\u00a0")
        if checked == written:
            return body, written
        body, _warnings = sanitise(checked, hosts)
    body, _warnings = sanitise(text_to_html(plain_text(blocks_of(body))), hosts)
    return body, to_html(body)

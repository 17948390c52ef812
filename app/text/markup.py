"""Render the source of a body (HTML, Markdown or plain text) to safe HTML, plain text and blocks."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby, islice
from types import MappingProxyType
from typing import Literal

import nh3

from app.text.allowed import BY_ID, ELEMENTS, MEDIA_ID, attribute_names
from app.text.blocks import Block, plain_text
from app.text.characters import clean_prose, count_refused
from app.text.drawing import blocks_of
from app.text.figures import LibraryWords, choose_pictures
from app.text.markdown import is_written_by_people, markdown_to_html
from app.text.sanitise import Removal, sanitise
from app.text.tree import Element, to_html

Format = Literal["html", "markdown", "text"]

# Defence in depth: an independent sanitiser checks our output against the same allow-list.
_CLEANER = nh3.Cleaner(tags=set(ELEMENTS), attributes=attribute_names(), url_schemes={"http", "https", "mailto", "tel"})
_MAX_ROUNDS = 4
_NO_LIBRARY: Mapping[str, LibraryWords] = MappingProxyType({})
_PICTURE = re.compile(rf"""(?:{BY_ID}[ \t\n\f\r]*=[ \t\n\f\r]*["']?|media:)({MEDIA_ID})""", re.IGNORECASE)
MAX_IDS = 500


@dataclass(frozen=True, slots=True)
class Rendered:
    """A rendered body: safe HTML, plain text, blocks, and a warning for everything that was removed.

    `media` are the ids of the library's pictures in it, in order and without repeats. `unknown_media` are those that
    the source names and the library does not have: these pictures are left out. What is shown of a picture is filled
    in when the body is read: `app/text/pictures.py`.
    """

    html: str
    text: str
    blocks: list[Block]
    warnings: list[Removal]
    media: tuple[str, ...] = ()
    unknown_media: tuple[str, ...] = ()


def media_ids(source: str) -> list[str]:
    """Return the ids of library pictures that a source may name, in order, without repeats: at most 500.

    A fast search, to ask the library before rendering. It may find more than the body shows (an id in a code sample).
    An id that is written with character references is not found, so `render` says that it is unknown.
    """
    found = dict.fromkeys(match[1].lower() for match in _PICTURE.finditer(source))
    return list(islice(found, MAX_IDS))


def render(
    source: str,
    format: Format,
    library: Mapping[str, LibraryWords] = _NO_LIBRARY,
    *,
    embed_hosts: frozenset[str] = frozenset(),
) -> Rendered:
    """Render a `source` in `format`.

    `library`: the words of each picture that the source may use, by id (see `media_ids`). An `iframe` stays if its URL
    is https and its host is one of `embed_hosts` or a subdomain of one. Never raises, and takes linear time.
    Idempotent: `render(render(source, …).html, "html", …)` has the same HTML and no warnings.
    """
    hosts = frozenset(host.lower() for host in embed_hosts)
    refused = 0 if format == "html" else count_refused(source)
    body, warnings = sanitise(_as_html(source, format), hosts, refused)
    pictures = choose_pictures(body, library)
    if pictures.dropped:
        warnings.append(Removal("removed_image", "img", pictures.dropped))
    body, written = _settled(body, hosts, bool(pictures.known or pictures.unknown))
    blocks = blocks_of(body)
    return Rendered(written, plain_text(blocks), blocks, warnings, pictures.known, pictures.unknown)


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


def _settled(body: Element, hosts: frozenset[str], is_rebuilt: bool) -> tuple[Element, str]:
    """Sanitise until the second sanitiser changes nothing; return the body and its HTML. Else plain text.

    A body that is rebuilt around pictures is sanitised until nothing at all changes: that makes it idempotent.
    """
    for _ in range(_MAX_ROUNDS):
        written = to_html(body)
        checked = _CLEANER.clean(written).replace("&nbsp;", "\u00a0")
        if checked == written and not is_rebuilt:
            return body, written
        body, _warnings = sanitise(checked, hosts)
        if to_html(body) == checked == written:
            return body, written
    body, _warnings = sanitise(text_to_html(plain_text(blocks_of(body))), hosts)
    return body, to_html(body)

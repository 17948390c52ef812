"""Markdown to HTML: CommonMark with tables, strikethrough, footnotes and images of the library. HTML is escaped."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from app.text.allowed import BY_ID, as_media_id

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

# Parsing takes up to 30 microseconds for each of these. A book of 300 kB has some ten thousand.
MAX_SIGNS = 40_000
_SIGN = re.compile(r"[\n!#&*<>\[\\\]_`|~-]")


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    """Create the parser on first use: the import is slow, and most processes never need it."""
    from markdown_it import MarkdownIt
    from mdit_py_plugins.footnote import footnote_plugin

    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).use(footnote_plugin)
    parser.inline.ruler.at("emphasis", _emphasis)
    # The sanitiser checks links later, with a warning for each that it removes.
    parser.validateLink = lambda url: True  # type: ignore[method-assign]  # the documented way to replace it
    return parser


def _emphasis(state: StateInline, silent: bool) -> bool:
    """The parser's rule `emphasis`, changed for Arabic, where a prefix joins the emphasised word (و**«الفجر»**).

    In CommonMark `**` between a letter and a quotation mark is no emphasis; here it is after an Arabic letter.
    """
    from markdown_it.rules_inline.state_inline import Delimiter

    marker = state.src[state.pos]
    if silent or marker not in "_*":
        return False
    scanned = state.scanDelims(state.pos, marker == "*")
    before, after = state.src[state.pos - 1 : state.pos], state.src[state.pos + scanned.length :][:1]
    may_open = scanned.can_open or (marker == "*" and _is_arabic(before) and bool(after.strip()))
    may_close = scanned.can_close or (marker == "*" and _is_arabic(after) and bool(before.strip()))
    for _ in range(scanned.length):
        token = state.push("text", "", 0)
        token.content = marker
        place = len(state.tokens) - 1
        state.delimiters.append(Delimiter(ord(marker), scanned.length, place, -1, may_open, may_close))
    state.pos += scanned.length
    return True


def _is_arabic(character: str) -> bool:
    return "\u0620" <= character <= "\u06ff" or "\u0750" <= character <= "\u08ff"


def is_written_by_people(source: str) -> bool:
    """Return whether a source has few enough Markdown signs (`MAX_SIGNS`) to parse in reasonable time."""
    return sum(1 for _ in _SIGN.finditer(source)) <= MAX_SIGNS


def markdown_to_html(source: str) -> str:
    """Render Markdown to HTML. The result is not safe: sanitise it."""
    parser, environment = _parser(), dict[str, object]()
    tokens = parser.parse(source, environment)
    for token in tokens:
        _drop_looks(token)
        for part in token.children or ():
            _name_picture(part)
    return str(parser.renderer.render(tokens, parser.options, environment))


def _drop_looks(token: Token) -> None:
    """Remove column alignment and the language of code: bodies do not keep these."""
    token.attrs.pop("style", None)
    if token.type == "fence":
        token.info = ""


def _name_picture(token: Token) -> None:
    """Turn `![alt](media:ID "caption")` into an image of the library."""
    scheme, _, id = str(token.attrs.get("src", "")).partition(":")
    if token.type == "image" and scheme.lower() == "media" and as_media_id(id):
        caption = token.attrs.pop("title", "")
        token.attrs = {BY_ID: id, "data-caption": caption, "alt": ""}  # the renderer writes `alt`

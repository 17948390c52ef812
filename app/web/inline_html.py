"""The spans of a block, and languages, as HTML. In Python rather than in a template: a page has hundreds of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from markupsafe import Markup, escape

from app.text.languages import direction
from app.text.spacing import no_break
from app.web.public_api import Json

TAGS = {
    "strong": "strong",
    "emphasis": "em",
    "underline": "u",
    "strike": "s",
    "code": "code",
    "subscript": "sub",
    "superscript": "sup",
    "highlight": "mark",
}
_AROUND = {mark: (Markup("<%s>") % tag, Markup("</%s>") % tag) for mark, tag in TAGS.items()}
_EMPTY, _BREAK = Markup(""), Markup("<br>")
_ID, _DIRECTION, _QUOTE = Markup(' id="'), Markup(' dir="'), Markup('"')
_LINK, _AFTER_HREF, _LINK_END = Markup('<a href="'), Markup('" rel="noopener nofollow ugc">'), Markup("</a>")
_LANGUAGE = Markup(' lang="')
_SPAN, _BRACKET, _SPAN_END = Markup("<span"), Markup(">"), Markup("</span>")


def own_attributes(thing: Json) -> Markup:
    """Id and direction of a block, a cell or a span, each after a space; empty where it has none of its own."""
    own = _ID + thing["id"] + _QUOTE if thing.get("id") else _EMPTY
    return own + _DIRECTION + thing["direction"] + _QUOTE if thing.get("direction") else own


def lang(thing: Json, language: str) -> Markup:
    """Language and direction of a thing, each after a space; empty where its language is that of the page."""
    if thing["language"] == language:
        return _EMPTY
    marked: Markup = _LANGUAGE + thing["language"] + _QUOTE + _DIRECTION + thing["direction"] + _QUOTE
    return marked


def page_lang(thing: Json, language: str) -> Markup:
    """Language and direction of the page, for its own words inside a thing in another language."""
    return lang({"language": language, "direction": direction(language)}, thing["language"])


def inline_html(spans: Iterable[Json], link: Callable[[str], str], language: str = "") -> Markup:
    """Spans as HTML, with no-break spaces as `language` sets them, but for code. `link` gives the address of a link.

    Marks not known here are skipped, as every client does.
    """
    return _EMPTY.join([_drawn(span, link, language) for span in spans])


def _drawn(span: Json, link: Callable[[str], str], language: str) -> Markup:
    marks, text = span["marks"], span["text"]
    is_code = any(mark["type"] == "code" for mark in marks)
    drawn = escape(text if is_code else no_break(text, language)).replace("\n", _BREAK)
    for mark in reversed(marks):
        drawn = _marked(mark, drawn, link)
    own = own_attributes(span)
    return _SPAN + own + _BRACKET + drawn + _SPAN_END if own else drawn


def _marked(mark: Json, drawn: Markup, link: Callable[[str], str]) -> Markup:
    if mark["type"] == "link":
        return _LINK + link(mark["href"]) + _AFTER_HREF + drawn + _LINK_END
    before, after = _AROUND.get(mark["type"], (_EMPTY, _EMPTY))
    return before + drawn + after

"""Convert inline elements to spans: runs of text with the same marks."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import NamedTuple

from app.text.allowed import MEDIA
from app.text.blocks import Mark, MarkType, Span
from app.text.languages import Direction, first_strong_direction
from app.text.nesting import SPACE
from app.text.tree import Element

_MARKS: dict[str, MarkType] = {
    "b": "strong",
    "strong": "strong",
    "cite": "emphasis",
    "em": "emphasis",
    "i": "emphasis",
    "ins": "underline",
    "u": "underline",
    "del": "strike",
    "s": "strike",
    "code": "code",
    "sub": "subscript",
    "sup": "superscript",
    "mark": "highlight",
}
_SPACES = re.compile(f"[{SPACE}]+")


class InlineMedia(NamedTuple):
    """An image, video, audio or embed in inline content, and the URL of the link around it."""

    element: Element
    href: str | None


class TextPiece(NamedTuple):
    """A text with its style; `is_literal`: its white space is not collapsed."""

    text: str
    style: "TextStyle"
    is_literal: bool


class TextStyle(NamedTuple):
    """The marks, the direction and the id of a text."""

    marks: tuple[Mark, ...] = ()
    direction: Direction | None = None
    id: str | None = None


def runs_of(nodes: Iterable[Element | str]) -> list[list[Span] | InlineMedia]:
    """Convert inline content to runs: lists of spans with words, and the media between them.

    A line break in the source becomes a space, other spaces stay; a list of spans is stripped at both ends.
    """
    line = _Line()
    for piece in _pieces(nodes, TextStyle()):
        if isinstance(piece, InlineMedia):
            line.add_media(piece)
        else:
            line.add_text(*piece)
    line.end_run()
    return line.runs


def raw_spans(nodes: Iterable[Element | str]) -> list[Span]:
    """Convert preformatted content to spans, with all white space except line breaks at the end."""
    pieces = [piece for piece in _pieces(nodes, TextStyle()) if isinstance(piece, TextPiece)]
    runs = groupby(pieces, key=lambda piece: piece.style)
    spans = [_span("".join(piece.text for piece in run), style) for style, run in runs]
    while spans and not spans[-1]["text"].rstrip("\n"):
        spans.pop()
    if spans:
        spans[-1]["text"] = spans[-1]["text"].rstrip("\n")
    return spans


def _span(text: str, style: TextStyle) -> Span:
    span = Span(text=text, marks=[*style.marks])
    if style.direction is not None:
        span["direction"] = style.direction
    if style.id is not None:
        span["id"] = style.id
    return span


def _pieces(nodes: Iterable[Element | str], style: TextStyle) -> Iterator[TextPiece | InlineMedia]:
    for node in nodes:
        if isinstance(node, str):
            yield TextPiece(node, style, False)
        elif node.name in MEDIA:
            yield InlineMedia(node, next((mark["href"] for mark in style.marks if mark["type"] == "link"), None))
        elif node.name == "br":
            yield TextPiece("\n", style, True)
        elif node.name == "q":
            yield TextPiece("\u201c", style, True)
            yield from _pieces(node.children, _with(style, node))
            yield TextPiece("\u201d", style, True)
        else:
            yield from _pieces(node.children, _with(style, node))


def _with(style: TextStyle, element: Element) -> TextStyle:
    marks = style.marks
    mark = _MARKS.get(element.name)
    if element.name == "a":
        marks = (*marks, Mark(type="link", href=element.attributes["href"]))
    elif mark is not None and all(one["type"] != mark for one in marks):
        marks = (*marks, Mark(type=mark))
    return TextStyle(marks, _direction(element) or style.direction, element.attributes.get("id") or style.id)


def _direction(element: Element) -> Direction | None:
    """The direction that `dir` sets; for `auto` and `<bdi>` that of the first strong character."""
    match element.attributes.get("dir"):
        case "rtl":
            return "rtl"
        case "ltr":
            return "ltr"
        case "auto":
            return first_strong_direction(_all_text(element))
        case _:
            return first_strong_direction(_all_text(element)) if element.name == "bdi" else None


def _all_text(element: Element) -> str:
    return "".join(piece.text for piece in _pieces(element.children, TextStyle()) if isinstance(piece, TextPiece))


@dataclass
class _Line:
    runs: list[list[Span] | InlineMedia] = field(default_factory=list)
    spans: list[tuple[list[str], TextStyle]] = field(default_factory=list)
    last: str = ""

    def add_text(self, text: str, style: TextStyle, is_literal: bool) -> None:
        shown = text if is_literal else self._unwrapped(text)
        if not shown:
            return
        self.last = shown[-1]
        if self.spans and self.spans[-1][1] == style:
            self.spans[-1][0].append(shown)
        else:
            self.spans.append(([shown], style))

    def _unwrapped(self, text: str) -> str:
        """Collapse white space with a line end to one space, or to none after a space."""
        leading = _SPACES.match(text)
        unwrapped = _SPACES.sub(lambda space: space[0] if space[0].isprintable() else " ", text)
        is_wrapped = leading is not None and not leading[0].isprintable()
        return unwrapped[1:] if is_wrapped and self.last in ("", " ", "\n") else unwrapped

    def add_media(self, shown: InlineMedia) -> None:
        self.end_run()
        self.runs.append(shown)

    def end_run(self) -> None:
        spans = _stripped([("".join(texts), style) for texts, style in self.spans])
        if any(text.strip() for text, _ in spans):
            self.runs.append([_span(text, style) for text, style in spans])
        self.spans, self.last = [], ""


def _stripped(spans: list[tuple[str, TextStyle]]) -> list[tuple[str, TextStyle]]:
    while spans and not (text := spans[0][0].lstrip(SPACE)):
        spans = spans[1:]
    if spans:
        spans[0] = text, spans[0][1]
    while spans and not (text := spans[-1][0].rstrip(SPACE)):
        spans = spans[:-1]
    if spans:
        spans[-1] = text, spans[-1][1]
    return spans

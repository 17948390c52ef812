"""How do inline elements become runs of marked text?"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from app.text.allowed import MEDIA
from app.text.blocks import Mark, MarkType, Span
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


def runs_of(nodes: Iterable[Element | str]) -> list[list[Span] | Element]:
    """Return what stands in a line: lists of spans that have words, and the media between them.

    A line break in the source is a space, other spaces stay; both ends of a list of spans are bare.
    """
    line = _Line()
    for piece in _pieces(nodes, ()):
        if isinstance(piece, Element):
            line.add_media(piece)
        else:
            line.add_text(*piece)
    line.end_run()
    return line.runs


def raw_text(nodes: Iterable[Element | str]) -> str:
    """Return the text of preformatted content, with all its spaces and line breaks."""
    return "".join(piece[0] for piece in _pieces(nodes, ()) if not isinstance(piece, Element))


Marks = tuple[Mark, ...]


def _pieces(nodes: Iterable[Element | str], marks: Marks) -> Iterator[tuple[str, Marks, bool] | Element]:
    """Yield texts with their marks, and whether they are words or space that the mark-up means; and media."""
    for node in nodes:
        if isinstance(node, str):
            yield node, marks, False
        elif node.name in MEDIA:
            yield node
        elif node.name == "br":
            yield "\n", marks, True
        elif node.name == "q":
            yield "\u201c", marks, True
            yield from _pieces(node.children, marks)
            yield "\u201d", marks, True
        else:
            yield from _pieces(node.children, _with(marks, node))


def _with(marks: Marks, element: Element) -> Marks:
    if element.name == "a":
        return *marks, Mark(type="link", href=element.attributes["href"])
    mark = _MARKS.get(element.name)
    return marks if mark is None or any(one["type"] == mark for one in marks) else (*marks, Mark(type=mark))


@dataclass
class _Line:
    runs: list[list[Span] | Element] = field(default_factory=list)
    spans: list[tuple[list[str], Marks]] = field(default_factory=list)
    last: str = ""

    def add_text(self, text: str, marks: Marks, is_meant: bool) -> None:
        shown = text if is_meant else self._unwrapped(text)
        if not shown:
            return
        self.last = shown[-1]
        if self.spans and self.spans[-1][1] == marks:
            self.spans[-1][0].append(shown)
        else:
            self.spans.append(([shown], marks))

    def _unwrapped(self, text: str) -> str:
        """Return `text` on one line: a line end with the space around it is one space, or none after a space."""
        leading = _SPACES.match(text)
        unwrapped = _SPACES.sub(lambda space: space[0] if space[0].isprintable() else " ", text)
        is_wrapped = leading is not None and not leading[0].isprintable()
        return unwrapped[1:] if is_wrapped and self.last in ("", " ", "\n") else unwrapped

    def add_media(self, element: Element) -> None:
        self.end_run()
        self.runs.append(element)

    def end_run(self) -> None:
        spans = _stripped([("".join(texts), marks) for texts, marks in self.spans])
        if any(text.strip() for text, _ in spans):
            self.runs.append([Span(text=text, marks=[*marks]) for text, marks in spans])
        self.spans, self.last = [], ""


def _stripped(spans: list[tuple[str, Marks]]) -> list[tuple[str, Marks]]:
    while spans and not (text := spans[0][0].lstrip(SPACE)):
        spans = spans[1:]
    if spans:
        spans[0] = text, spans[0][1]
    while spans and not (text := spans[-1][0].rstrip(SPACE)):
        spans = spans[:-1]
    if spans:
        spans[-1] = text, spans[-1][1]
    return spans

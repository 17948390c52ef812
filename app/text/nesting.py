"""Tree builder: build a correctly nested body from start tags, end tags and text in any order.

The result has no block inside a text block, no link inside a link, list items in lists and cells in rows. Rules: the
HTML standard, sections 4.4 to 4.9 and 13.2.6 (tree construction), simplified for bodies.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from app.text.allowed import BY_ID, CELLS, HEADINGS, IMPLIED_CHILDREN, LISTS, TEXT_BLOCKS
from app.text.characters import normalise
from app.text.tree import Element

MAX_BLOCK_DEPTH = 24
MAX_INLINE_DEPTH = 16
# How often inline elements are reopened because a block began or ended inside them (`<b><p>…<p>…`).
MAX_REOPENINGS = 1000

SPACE = " \t\n\f\r"

_LIST_PARENTS = {"li": LISTS, "dt": frozenset({"dl"}), "dd": frozenset({"dl"})}
_SECTIONS = frozenset({"thead", "tbody", "tfoot"})
_TABLE_PARENTS = {
    "caption": frozenset({"table"}),
    "thead": frozenset({"table"}),
    "tbody": frozenset({"table"}),
    "tfoot": frozenset({"table"}),
    "tr": _SECTIONS,
    "td": frozenset({"tr"}),
    "th": frozenset({"tr"}),
}
_ROWS = frozenset({"tr", "td", "th"})
# An end tag closes no element outside of these ("scope" in the HTML standard).
_BARRIERS = {"li": LISTS | CELLS, "dt": CELLS | {"dl"}, "dd": CELLS | {"dl"}, "table": frozenset[str]()}
# Nesting one of these inside itself changes its meaning; nesting any other is redundant.
_CUMULATIVE = frozenset({"q", "small", "sub", "sup"})
MEANINGLESS_WITHOUT_ATTRIBUTES = frozenset({"bdo", "span"})
_IMPLIED_END_TAGS = {"a": ("a",), "rt": ("rt", "rp"), "rp": ("rt", "rp")}


@dataclass(slots=True)
class _Inline:
    """An active formatting element: begun and not ended. It is reopened in each block inside it."""

    name: str
    attributes: dict[str, str]
    ended_by: str | None
    """The name of the end tag; None if the element ends together with the one before it."""
    used: bool = False


@dataclass(slots=True)
class _Wrapper:
    """A removed element (`<div>`…), whose direction and language go to the blocks directly inside."""

    depth: int
    attributes: dict[str, str]


class Nesting:
    """Builds one body; `finish` returns it."""

    def __init__(self) -> None:
        self._blocks = [Element("body")]
        self._active: list[_Inline] = []
        # The open inline elements of the current block, one for each of the first active ones.
        self._opened: list[Element] = []
        self._active_outside_cells: list[list[_Inline]] = []
        self._wrappers: list[_Wrapper] = []
        self._ignored: Counter[str] = Counter()
        self._implied: Element | None = None
        self._line_has_text = False
        self._line_ended = False
        self._reopenings = 0
        self._implied_blocks: set[int] = set()  # blocks that no tag began

    def finish(self) -> Element:
        """Close everything and return the body."""
        while len(self._blocks) > 1:
            self._pop()
        join_texts(self._blocks[0])
        return self._blocks[0]

    @property
    def is_in_heading(self) -> bool:
        return self._blocks[-1].name in HEADINGS

    # --- inline content ----------------------------------------------------------------------------------------------

    def text(self, text: str) -> None:
        """Add text. White space between blocks stays between them."""
        block = self._blocks[-1]
        if block.name == "pre" and not block.children and (not self._active or not text.strip(SPACE)):
            # HTML parsers drop a line break after <pre>: without one here, the next parser drops nothing.
            text = text.lstrip("\n")
        if text.strip(SPACE):
            parent = self._inline_parent()
            parent.children.append(text.lstrip(SPACE) if parent is self._implied and not parent.children else text)
            self._line_has_text = True
        elif text:
            (self._opened[-1] if self._opened else block).children.append(text)

    def line_break(self) -> None:
        """Add a line break, if there is a line."""
        if self._blocks[-1].name not in IMPLIED_CHILDREN:
            self._inline_parent().children.append(Element("br"))
            self._line_has_text = False

    def media(self, element: Element) -> None:
        """Add an image, video, audio or embed: between blocks as a block, elsewhere inline."""
        if IMPLIED_CHILDREN.get(self._blocks[-1].name) == "p" and not self._active:
            self._blocks[-1].children.append(element)
        else:
            self._inline_parent().children.append(element)
            self._line_has_text = True

    def begin_inline(
        self, name: str, attributes: dict[str, str], marks: Sequence[str] = (), ended_by: str | None = None
    ) -> bool:
        """Begin an inline element with `marks` inside it; False if it is refused, because the nesting is too deep.

        The end tag `ended_by` (default: `name`) ends all of them.
        """
        for other in _IMPLIED_END_TAGS.get(name, ()):
            self.end_inline(other)
        end = ended_by or name
        if len(self._active) + len(marks) >= MAX_INLINE_DEPTH:
            self._ignored[end] += 1
            return False
        self._active.append(_Inline(name, attributes, end))
        self._active += [_Inline(mark, {}, None) for mark in marks]
        return True

    def end_inline(self, name: str) -> None:
        """End the innermost inline element of that name, if there is one; the elements inside it stay active."""
        if self._is_ignored(name):
            return
        for index in range(len(self._active) - 1, -1, -1):
            if self._active[index].ended_by == name:
                after = index + 1
                while after < len(self._active) and self._active[after].ended_by is None:
                    after += 1
                del self._active[index:after], self._opened[index:]
                return

    def _inline_parent(self) -> Element:
        while self._blocks[-1].name in IMPLIED_CHILDREN:
            self._push(IMPLIED_CHILDREN[self._blocks[-1].name], {})
            self._implied = self._blocks[-1]
        if self._line_ended:
            self._blocks[-1].children.append("\n" if self._blocks[-1].name == "pre" else Element("br"))
            self._line_ended = False
        if not self._opened and self._reopenings > MAX_REOPENINGS:
            self._active = [inline for inline in self._active if not inline.used]
        while len(self._opened) < len(self._active):
            self._opened.append(self._open(self._active[len(self._opened)]))
        return self._opened[-1] if self._opened else self._blocks[-1]

    def _open(self, inline: _Inline) -> Element:
        parent = self._opened[-1] if self._opened else self._blocks[-1]
        if self._is_redundant(inline):
            return parent
        self._reopenings += inline.used
        element = Element(inline.name, dict(inline.attributes))
        if inline.used:
            element.attributes.pop("id", None)  # of which there is one
        inline.used = True
        parent.children.append(element)
        return element

    def _is_redundant(self, inline: _Inline) -> bool:
        if inline.name in MEANINGLESS_WITHOUT_ATTRIBUTES and not inline.attributes:
            return True
        same = (one.name == inline.name and one.attributes == inline.attributes for one in self._opened)
        return inline.name not in _CUMULATIVE and any(same)

    # --- blocks ------------------------------------------------------------------------------------------------------

    def begin_block(self, name: str, attributes: dict[str, str]) -> bool:
        """Begin a block at an allowed place; False if it is refused: too deep, or a table part without a table."""
        if name == "p" and self._blocks[-1].name in TEXT_BLOCKS - {"p"}:
            self._end_line()
            return True
        if len(self._blocks) > MAX_BLOCK_DEPTH and not self._may_be_deep(name, attributes):
            self._ignored[name] += 1
            self._end_line()
            return False
        return self._find_parent(name) and self._insert_block(name, attributes)

    def _may_be_deep(self, name: str, attributes: dict[str, str]) -> bool:
        """Whether no other block nests in it. A picture of the library stays at any depth, but not in another one."""
        if name in TEXT_BLOCKS | {"hr"}:
            return True
        return BY_ID in attributes and not any(BY_ID in block.attributes for block in self._blocks)

    def _find_parent(self, name: str) -> bool:
        """Move to a block that may contain a block of that name; False if there is none."""
        self._end_text_block()
        if name in _TABLE_PARENTS:
            return self._go_to_table_part(name)
        if name in _LIST_PARENTS:
            self._go_to_list(name)
        elif name == "figcaption" and self._blocks[-1].name != "figure":
            return False
        else:
            self._go_to_flow(name)
        return True

    def _insert_block(self, name: str, attributes: dict[str, str]) -> bool:
        self._push(name, attributes)
        if name == "hr":
            self._pop()
        return True

    def _end_text_block(self) -> None:
        self._opened.clear()
        if self._blocks[-1].name in TEXT_BLOCKS:
            self._pop()

    def _go_to_flow(self, name: str) -> None:
        block = self._blocks[-1]
        if block.name in LISTS and name in LISTS and (item := _last_element(block)):
            # Word processors write a list directly in a list: it belongs to the item before it.
            self._blocks.append(item)
        while IMPLIED_CHILDREN.get(self._blocks[-1].name, "p") != "p":
            self._push(IMPLIED_CHILDREN[self._blocks[-1].name], {})
            self._implied_blocks.add(id(self._blocks[-1]))

    def _go_to_list(self, name: str) -> None:
        parents = _LIST_PARENTS[name]
        if self._blocks[-1].name in _LIST_PARENTS and parents == _LIST_PARENTS[self._blocks[-1].name]:
            self._pop()
        if self._blocks[-1].name not in parents:
            self._go_to_flow(name)
            self._push("dl" if "dl" in parents else "ul", {})

    def _go_to_table_part(self, name: str) -> bool:
        if not any(block.name == "table" for block in self._blocks):
            self._end_line()
            return False
        parents = _TABLE_PARENTS[name]
        stops = parents | {"table"} | (_SECTIONS if name in _ROWS else frozenset())
        while self._blocks[-1].name not in stops:
            self._pop()
        while self._blocks[-1].name not in parents:
            self._push(IMPLIED_CHILDREN[self._blocks[-1].name], {})
        return True

    def end_block(self, name: str) -> None:
        """End the innermost block of that name with all open elements inside it, if no barrier is between."""
        block = self._blocks[-1]
        if self._is_ignored(name) or (name == "p" and block.name != "p"):
            self._end_line()
        elif name in HEADINGS and block.name in HEADINGS:
            self._pop()
        else:
            self._close(name)

    def _close(self, name: str) -> None:
        barriers = _BARRIERS.get(name, frozenset({"table"}) if name in _TABLE_PARENTS else CELLS)
        for depth in range(len(self._blocks) - 1, 0, -1):
            found = self._blocks[depth].name
            if found == name:
                while len(self._blocks) > depth:
                    self._pop()
            if found == name or found in barriers:
                return

    # --- wrappers ----------------------------------------------------------------------------------------------------

    def begin_wrapper(self, attributes: dict[str, str]) -> None:
        """Begin a wrapper (`<div>`…), which is removed; its direction and language go to the blocks inside."""
        self._end_line()
        depth = len(self._blocks)
        around = self._wrappers[-1].attributes if self._wrappers and self._wrappers[-1].depth == depth else {}
        self._wrappers.append(_Wrapper(depth, around | attributes))

    def end_wrapper(self) -> None:
        """End the innermost wrapper, if there is one."""
        if self._wrappers:
            self._end_line()
            self._wrappers.pop()

    # --- moving ------------------------------------------------------------------------------------------------------

    def _end_line(self) -> None:
        """End the paragraph; in another block make the following content begin on a new line."""
        self._opened.clear()
        if self._blocks[-1].name == "p":
            self._pop()
        self._line_ended = self._line_ended or self._line_has_text
        self._line_has_text = False

    def _push(self, name: str, attributes: dict[str, str]) -> None:
        wrapper = self._wrappers[-1] if self._wrappers else None
        around = wrapper.attributes if wrapper and wrapper.depth == len(self._blocks) else {}
        block = Element(name, around | attributes)
        self._blocks[-1].children.append(block)
        self._blocks.append(block)
        self._line_ended = self._line_has_text = False
        if name in CELLS:
            self._active_outside_cells.append(self._active)
            self._active = []

    def _pop(self) -> None:
        block = self._blocks.pop()
        if id(block) in self._implied_blocks:
            self._implied_blocks.discard(id(block))
            if block.name == "li" and not _holds_something(block):  # not in the source
                self._blocks[-1].children.remove(block)
        self._opened.clear()
        self._line_ended = self._line_has_text = False
        if block is self._implied:
            _strip_end(block)
        if block.name in CELLS:
            self._active = self._active_outside_cells.pop()
        while self._wrappers and self._wrappers[-1].depth > len(self._blocks):
            self._wrappers.pop()

    def _is_ignored(self, name: str) -> bool:
        if not self._ignored[name]:
            return False
        self._ignored[name] -= 1
        return True


def _last_element(block: Element) -> Element | None:
    return next((child for child in reversed(block.children) if isinstance(child, Element)), None)


def _holds_something(block: Element) -> bool:
    """Whether a block has more than empty paragraphs and white space."""
    return any(
        child.strip(SPACE) if isinstance(child, str) else child.name != "p" or child.children or child.attributes
        for child in block.children
    )


def _strip_end(block: Element) -> None:
    while block.children and isinstance(text := block.children[-1], str):
        block.children[-1] = stripped = text.rstrip(SPACE)
        if stripped:
            return
        block.children.pop()


def join_texts(element: Element) -> None:
    """Join adjacent texts and normalise them to NFC: separate characters may compose now."""
    joined: list[Element | str] = []
    for is_text, group in groupby(element.children, key=lambda child: isinstance(child, str)):
        members = list(group)
        joined += [normalise("".join(map(str, members)))] if is_text else members
    element.children = joined
    for child in joined:
        if isinstance(child, Element):
            join_texts(child)

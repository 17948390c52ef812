"""Element tree of a body, and its serialisation to HTML."""

from collections.abc import Iterator
from dataclasses import dataclass, field

VOID = frozenset({"br", "hr", "img", "source"})


@dataclass(slots=True)
class Element:
    """An element of a body: its name, its attributes, and its texts and elements in order."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list["Element | str"] = field(default_factory=list)


def to_html(root: Element) -> str:
    """Serialise the content of `root` to HTML (HTML standard, section 13.3, but U+00A0 is not escaped)."""
    written: list[str] = []
    _write(root.children, written)
    return "".join(written)


def _write(nodes: list[Element | str], written: list[str]) -> None:
    for node in nodes:
        if isinstance(node, str):
            written.append(_escaped(node))
            continue
        written.append(f"<{node.name}{''.join(_attributes(node))}>")
        _write(node.children, written)
        if node.name not in VOID:
            written.append(f"</{node.name}>")


def _attributes(element: Element) -> Iterator[str]:
    for name, value in element.attributes.items():
        yield f' {name}="{_escaped(value).replace(chr(34), "&quot;")}"'
    if element.name == "a":
        # Privacy: no `Referer` header; security: the opened page gets no `window.opener`.
        yield ' rel="noopener noreferrer"'


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

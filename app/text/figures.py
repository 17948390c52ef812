"""Pictures of the library in a body: bring each to its canonical form, and compare its words with the library's.

Canonical is a `<figure data-media="ID">` between blocks, never inside a paragraph, a link or another figure. It holds
`<img data-media="ID" alt="…">`, in `<a>` where a link was around it, and a `<figcaption>` where this use has words. A
`<cite>` at the end of the caption is the credit. `app/text/pictures.py` relies on this form.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import groupby
from typing import NamedTuple

from app.text.allowed import BY_ID, HEADINGS, IMPLIED_CHILDREN, INLINE, MEDIA, TEXT_BLOCKS
from app.text.characters import clean_line
from app.text.nesting import MEANINGLESS_WITHOUT_ATTRIBUTES, SPACE, join_texts
from app.text.tree import Element

Node = Element | str

MAX_PICTURES = 500  # in one body: a reader is sent each with all its renditions
MAX_COPIES = 1000  # of elements that are divided by pictures

_DIVIDED = HEADINGS | {"p"}
_CREDIT = ("cite", "small")
_AROUND = ("id", "lang", "dir")  # attributes that a picture takes over from the element around it


class LibraryWords(NamedTuple):
    """The library's words about a picture. `alt` is None where it is not in the language of the article."""

    alt: str | None = None
    credit: str | None = None


class Pictures(NamedTuple):
    """Ids of the pictures in a body, in order, without repeats. `dropped`: number of those above the limit."""

    known: tuple[str, ...]
    unknown: tuple[str, ...]
    dropped: int


# --- canonical form -----------------------------------------------------------------------------------------------


def lift_pictures(body: Element) -> None:
    """Bring all pictures of a sanitised body to the canonical form. A paragraph with one in it is divided."""
    body.children = _Lifting().flow(body.children)
    join_texts(body)


class _Lifting:
    def __init__(self) -> None:
        self._copies = 0

    def flow(self, nodes: Iterable[Node]) -> list[Node]:
        return [lifted for node in nodes for lifted in self._lifted(node)]

    def _lifted(self, node: Node) -> list[Node]:
        """Return what takes the place of a node."""
        if isinstance(node, str):
            return [node]
        if _is_image(node):
            return [_figure_of(node, None)]
        if node.name == "figure":
            return self._figure(node)
        if node.name in INLINE:
            return self._pieces(node, None)
        if node.name in _DIVIDED:
            return self._divided(node, self._inside(node, None))
        if node.name in TEXT_BLOCKS:
            return [node, *_taken(node, None)]
        return self._container(node)

    def _container(self, block: Element) -> list[Node]:
        """Lift inside a block. Pictures of a caption, or of a defined term, come after the whole table or list."""
        block.children = self.flow(block.children)
        if IMPLIED_CHILDREN.get(block.name, "p") == "p":
            return [block]
        outside = [node for node in block.children if is_picture(node)]
        block.children = [node for node in block.children if not is_picture(node)]
        return [block, *outside]

    # --- pictures in a line ---

    def _inside(self, element: Element, href: str | None) -> list[Node]:
        """Return the content of an element, with its pictures as figures between the pieces."""
        inside: list[Node] = []
        for child in element.children:
            if isinstance(child, str):
                inside.append(child)
            else:
                inside += [_figure_of(child, href)] if _is_image(child) else self._pieces(child, href)
        return inside

    def _pieces(self, inline: Element, href: str | None) -> list[Node]:
        return self._divided(inline, self._inside(inline, inline.attributes.get("href", href)))

    def _divided(self, element: Element, inside: list[Node]) -> list[Node]:
        """Return copies of an element around the pictures in it; the element itself where there are none."""
        figures = [node for node in _elements(inside) if is_picture(node)]
        if not figures:
            return [element]
        if self._copies > MAX_COPIES:
            element.children = [node for node in inside if not is_picture(node)]
            return [element, *figures]
        parts: list[Node] = []
        attributes = element.attributes
        for is_figure, run in groupby(inside, key=is_picture):
            content = list(run)
            if is_figure:
                parts += content
            elif content := _stripped(content):
                parts += _copy(element.name, attributes, content)
                attributes = {name: value for name, value in attributes.items() if name != "id"}
                self._copies += 1
        _take_over(figures[0], attributes)
        for figure in figures[1:]:
            _take_over(figure, {name: value for name, value in attributes.items() if name != "id"})
        return parts

    # --- figures ---

    def _figure(self, figure: Element) -> list[Node]:
        outside = [found for caption in _captions(figure.children) for found in _taken(caption, None)]
        content: list[Node] = []
        for node in figure.children:
            content += [node] if _is_caption(node) else self._lifted(node)
        if BY_ID in figure.attributes:
            return [*_of_library(figure, content), *outside]
        return [*_of_addresses(figure, content), *outside]


def _is_image(node: Element) -> bool:
    return node.name == "img" and BY_ID in node.attributes


def is_picture(node: Node) -> bool:
    """Whether a node is a figure of the library in its canonical form."""
    return isinstance(node, Element) and node.name == "figure" and BY_ID in node.attributes


def _figure_of(image: Element, href: str | None) -> Element:
    """The canonical figure of an image."""
    given = image.attributes
    named = {BY_ID: given[BY_ID], "alt": given.get("alt", "")}
    kept = {name: given[name] for name in ("data-decorative", "lang", "dir") if name in given}
    shown = Element("img", named | kept)
    figure = Element(
        "figure", {BY_ID: given[BY_ID]}, [shown if href is None else Element("a", {"href": href}, [shown])]
    )
    if "id" in given:
        figure.attributes["id"] = given["id"]
    if given.get("data-caption"):
        figure.children.append(Element("figcaption", {}, [given["data-caption"]]))
    return figure


def _take_over(figure: Element, attributes: Mapping[str, str]) -> None:
    for name in _AROUND:
        if name in attributes:
            figure.attributes.setdefault(name, attributes[name])


def _copy(name: str, attributes: Mapping[str, str], content: list[Node]) -> list[Node]:
    if name in MEANINGLESS_WITHOUT_ATTRIBUTES and not attributes:
        return content
    return [Element(name, dict(attributes), content)]


def _of_library(figure: Element, content: list[Node]) -> list[Node]:
    """A `<figure data-media>`: its own image and its first caption stay in it, everything else comes after it."""
    id = figure.attributes[BY_ID]
    own = next((node for node in _elements(content) if node.attributes.get(BY_ID) == id), None)
    shown = own or _figure_of(Element("img", {BY_ID: id}), None)
    shown.attributes = {BY_ID: id, **shown.attributes, **figure.attributes}
    captions = _captions(content)
    rest = [node for node in content if node is not own and not (_is_caption(node) or _is_space(node))]
    more = _captioned(shown, captions[0]) if captions else []
    return [shown, *more, *rest, *_as_paragraphs(captions[1:])]


def _of_addresses(figure: Element, content: list[Node]) -> list[Node]:
    """A `<figure>` without an id: pictures of the library leave it; the last medium in it has the caption."""
    pictures = [node for node in _elements(content) if is_picture(node)]
    if not pictures:
        figure.children = content
        return [figure]
    captions = _captions(content)
    last = [node for node in _elements(content) if not _is_caption(node) and _has_media(node)][-1]
    if not is_picture(last):
        figure.children = [node for node in content if not is_picture(node)]
        return [*pictures, figure]
    _take_over(last, figure.attributes)
    is_free = bool(captions) and not _captions(last.children)
    more = _captioned(last, captions[0]) if is_free else []
    others = [node for node in content if not _is_caption(node)]
    return [*others, *more, *_as_paragraphs(captions[1:] if is_free else captions)]


def _captioned(figure: Element, caption: Element) -> list[Node]:
    """Set the caption of a figure, with its credits as one `<cite>` at the end; return the media inside the caption."""
    media = [Element("p", {}, [medium]) for medium in _media_taken(caption, None)]
    credits = [node for node in _elements(caption.children) if _is_credit(node)]
    words = _stripped([node for node in caption.children if not _is_credit(node)])
    parts = [part for part in (_stripped(credit.children) for credit in credits) if part]
    inside: list[Node] = [node for number, part in enumerate(parts) for node in ([" "] if number else []) + part]
    credit = [Element("cite", dict(credits[0].attributes), inside)] if inside else []
    shown: list[Node] = [*words, *([" "] if words and credit else []), *credit]
    figure.children = [node for node in figure.children if not _is_caption(node)]
    if shown:
        figure.children.append(Element("figcaption", caption.attributes, shown))
    return [*media]


def _as_paragraphs(captions: Iterable[Element]) -> list[Node]:
    return [Element("p", one.attributes, one.children) for one in captions if not _is_blank(one)]


# --- the library's words ------------------------------------------------------------------------------------------


def choose_pictures(body: Element, library: Mapping[str, LibraryWords]) -> Pictures:
    """Drop pictures that are not in the `library`, and words of a use that are the same as the library's."""
    choice = _Choice(library)
    choice.walk(body)
    join_texts(body)
    return Pictures(tuple(choice.known), tuple(choice.unknown), choice.dropped)


class _Choice:
    def __init__(self, library: Mapping[str, LibraryWords]) -> None:
        self._library = library
        self._shown = 0
        self.known: dict[str, None] = {}
        self.unknown: dict[str, None] = {}
        self.dropped = 0

    def walk(self, block: Element) -> None:
        kept: list[Node] = []
        for node in block.children:
            if isinstance(node, Element) and is_picture(node):
                kept += [node] if self._is_kept(node) else []
                continue
            if isinstance(node, Element) and node.name not in TEXT_BLOCKS:
                self.walk(node)
            kept.append(node)
        block.children = kept

    def _is_kept(self, figure: Element) -> bool:
        id = figure.attributes[BY_ID]
        words = self._library.get(id)
        if words is None:
            self.unknown[id] = None
            return False
        self._shown += 1
        if self._shown > MAX_PICTURES:
            self.dropped += 1
            return False
        self.known[id] = None
        _drop_same_words(figure, words)
        return True


def _drop_same_words(figure: Element, words: LibraryWords) -> None:
    for node in _elements(figure.children):
        if node.name == "figcaption":
            _drop_same_credit(figure, node, words.credit)
        elif words.alt and _are_same((image := _image_in(node)).attributes["alt"], words.alt):
            image.attributes["alt"] = ""


def _drop_same_credit(figure: Element, caption: Element, credit: str | None) -> None:
    last = caption.children[-1]
    if credit and isinstance(last, Element) and last.name == "cite" and _are_same(_text_of(last), credit):
        caption.children = _stripped(caption.children[:-1])
        if not caption.children:
            figure.children.remove(caption)


def _are_same(text: str, of_library: str) -> bool:
    return " ".join(clean_line(text).split()) == " ".join(clean_line(of_library).split())


def _image_in(node: Element) -> Element:
    return next(_elements(node.children)) if node.name == "a" else node


# --- parts of a tree ----------------------------------------------------------------------------------------------


def _elements(nodes: Iterable[Node]) -> Iterator[Element]:
    return (node for node in nodes if isinstance(node, Element))


def _is_caption(node: Node) -> bool:
    return isinstance(node, Element) and node.name == "figcaption"


def _captions(nodes: Iterable[Node]) -> list[Element]:
    return [node for node in _elements(nodes) if node.name == "figcaption"]


def _is_credit(node: Node) -> bool:
    return isinstance(node, Element) and node.name in _CREDIT


def _text_of(element: Element) -> str:
    return "".join(child if isinstance(child, str) else _text_of(child) for child in element.children)


def _is_space(node: Node) -> bool:
    return isinstance(node, str) and not node.strip(SPACE)


def _is_blank(node: Node) -> bool:
    if isinstance(node, str):
        return not node.strip(SPACE)
    return node.name == "br" or (node.name not in MEDIA and all(map(_is_blank, node.children)))


def _has_media(element: Element) -> bool:
    return element.name in MEDIA or any(map(_has_media, _elements(element.children)))


def _stripped(nodes: list[Node]) -> list[Node]:
    """Return nodes without the spaces and line breaks at both ends."""
    kept = list(nodes)
    while kept and _is_blank(kept[0]):
        kept.pop(0)
    while kept and _is_blank(kept[-1]):
        kept.pop()
    if kept and isinstance(first := kept[0], str):
        kept[0] = first.lstrip(SPACE)
    if kept and isinstance(last := kept[-1], str):
        kept[-1] = last.rstrip(SPACE)
    return kept


def _taken(element: Element, href: str | None) -> list[Element]:
    """Take the pictures of the library out of a line; return their figures."""
    return [_figure_of(image, around) for image, around in _extracted(element, href, _is_image)]


def _media_taken(element: Element, href: str | None) -> list[Element]:
    """Take all media out of a line; return them with the links around them."""
    found = _extracted(element, href, lambda node: node.name in MEDIA)
    return [medium if around is None else Element("a", {"href": around}, [medium]) for medium, around in found]


def _extracted(
    element: Element, href: str | None, is_wanted: Callable[[Element], bool]
) -> list[tuple[Element, str | None]]:
    """Remove elements from a line, and what they leave empty; return them with the URL of the link around them."""
    found: list[tuple[Element, str | None]] = []
    kept: list[Node] = []
    for child in element.children:
        if isinstance(child, str):
            kept.append(child)
        elif is_wanted(child):
            found.append((child, href))
        else:
            inside = _extracted(child, child.attributes.get("href", href), is_wanted)
            kept += [child] if child.children or not inside else []
            found += inside
    element.children = kept
    return found

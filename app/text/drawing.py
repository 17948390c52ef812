"""Convert the element tree of a sanitised body to blocks."""

from collections.abc import Callable, Iterable, Iterator
from itertools import takewhile
from typing import NotRequired, TypedDict, TypeGuard

from app.text.allowed import BLOCKS, BY_ID, HEADINGS
from app.text.blocks import (
    Audio,
    Block,
    Cell,
    Code,
    Embed,
    Image,
    ListBlock,
    ListItem,
    Media,
    Quote,
    Span,
    Video,
    spans_text,
)
from app.text.languages import Direction
from app.text.links import host
from app.text.nesting import SPACE
from app.text.spans import InlineMedia, raw_spans, runs_of
from app.text.tree import Element

Node = Element | str
Blocks = Iterator[Block]


def blocks_of(body: Element) -> list[Block]:
    """Convert a sanitised body to blocks. Empty paragraphs, lists and quotes give no block."""
    return list(_flow(body.children, None))


def _flow(nodes: Iterable[Node], around: Direction | None) -> Blocks:
    """Yield the blocks of mixed content; inline content between block elements becomes paragraphs."""
    line: list[Node] = []
    for node in nodes:
        if isinstance(node, Element) and node.name in BLOCKS:
            yield from _paragraphs(line, around)
            yield from _block(node, _direction(node, around))
            line = []
        elif line or isinstance(node, Element) or node.strip(SPACE):
            line.append(node)
    yield from _paragraphs(line, around)


def _direction(element: Element, around: Direction | None) -> Direction | None:
    match element.attributes.get("dir"):
        case "rtl":
            return "rtl"
        case "ltr":
            return "ltr"
        case "auto":
            return None
        case _:
            return around


def _block(element: Element, direction: Direction | None) -> Blocks:
    build = _BLOCK_BUILDERS.get(element.name)
    built = build(element, direction) if build else _flow(element.children, direction)
    return _with_id(built, element) if "id" in element.attributes else built


def _with_id(blocks: Blocks, element: Element) -> Blocks:
    """Set the id of the element on the first of its blocks."""
    for number, block in enumerate(blocks):
        if number == 0 and block["type"] != "divider":
            block["id"] = element.attributes["id"]
        yield block


# --- text ---------------------------------------------------------------------------------------------------------


def _paragraphs(line: list[Node], direction: Direction | None) -> Blocks:
    for run in runs_of(line) if line else ():
        if isinstance(run, InlineMedia):
            yield _media(run)
        else:
            yield {"type": "paragraph", "spans": run, "direction": direction}


def _heading(element: Element, direction: Direction | None) -> Blocks:
    for run in runs_of(element.children):
        if isinstance(run, InlineMedia):
            yield _media(run)
        else:
            yield {"type": "heading", "level": int(element.name[1]), "spans": run, "direction": direction}


def _preformatted(element: Element, direction: Direction | None) -> Blocks:
    """Yield code if `<pre>` has a `<code>`, else verse, in which line breaks and spaces count as in code."""
    spans = raw_spans(element.children)
    is_code = any(isinstance(child, Element) and child.name == "code" for child in element.children)
    if not spans_text(spans).strip():
        pass
    elif is_code:
        yield _code(spans, direction)
    else:
        yield {"type": "paragraph", "spans": spans, "direction": direction, "verse": True}
    yield from (_media(run) for run in runs_of(element.children) if isinstance(run, InlineMedia))


def _code(spans: list[Span], direction: Direction | None) -> Code:
    for span in spans:
        span["marks"] = [mark for mark in span["marks"] if mark["type"] != "code"]
    block: Code = {"type": "code", "text": "".join(span["text"] for span in spans), "direction": direction}
    if _are_marked(spans):
        block["spans"] = spans
    return block


def _are_marked(spans: list[Span]) -> bool:
    return any(span["marks"] or len(span) > 2 for span in spans)


def _divider(element: Element, direction: Direction | None) -> Blocks:
    yield {"type": "divider"}


# --- blocks that hold blocks --------------------------------------------------------------------------------------


class _Headed(TypedDict):
    """The members that a list item, a quote and a cell have in common."""

    spans: list[Span]
    children: list[Block]
    direction: Direction | None
    id: NotRequired[str]


def _headed(nodes: Iterable[Node], around: Direction | None) -> _Headed:
    """Split content into the spans of its first paragraph and the blocks after it."""
    blocks = list(_flow(nodes, around))
    first = blocks[0] if blocks else None
    if first is None or first["type"] != "paragraph" or "verse" in first:
        return {"spans": [], "children": blocks, "direction": around}
    headed: _Headed = {"spans": first["spans"], "children": blocks[1:], "direction": first["direction"]}
    if "id" in first:
        headed["id"] = first["id"]
    return headed


def _quote(element: Element, direction: Direction | None) -> Blocks:
    headed = _headed(element.children, direction)
    if headed["spans"] or headed["children"]:
        quote: Quote = {"type": "quote", **headed, "cite": element.attributes.get("cite")}
        yield quote


def _list(element: Element, direction: Direction | None) -> Blocks:
    items = [_item(item, _direction(item, direction)) for item in _elements(element, "li")]
    yield from _listed(items, direction, element)


def _item(element: Element, direction: Direction | None) -> ListItem:
    headed = _headed(element.children, direction)
    item: ListItem = {"spans": headed["spans"], "children": headed["children"], "direction": headed["direction"]}
    if "id" in headed:
        item["id"] = headed["id"]
    if "value" in element.attributes:
        item["value"] = int(element.attributes["value"])
    if "id" in element.attributes:
        item["id"] = element.attributes["id"]
    return item


def _definitions(element: Element, direction: Direction | None) -> Blocks:
    items: list[ListItem] = []
    for part in _elements(element, "dt", "dd"):
        explained = items and part.name == "dd"
        if explained:
            items[-1]["children"] += _flow(part.children, _direction(part, direction))
        else:
            items.append(_item(part, _direction(part, direction)))
    yield from _listed(items, direction, element)


def _listed(items: list[ListItem], direction: Direction | None, element: Element) -> Blocks:
    if not items:
        return
    is_reversed = "reversed" in element.attributes
    built: ListBlock = {
        "type": "list",
        "ordered": element.name == "ol",
        "start": int(element.attributes.get("start", len(items) if is_reversed else 1)),
        "items": items,
        "direction": direction,
    }
    if is_reversed:
        built["reversed"] = True
    yield built


def _table(element: Element, direction: Direction | None) -> Blocks:
    caption = [node for part in _elements(element, "caption") for node in part.children]
    head = [_row(row, direction) for part in _elements(element, "thead") for row in _elements(part, "tr")]
    rows = [_row(row, direction) for part in _elements(element, "tbody", "tfoot") for row in _elements(part, "tr")]
    if not head:
        head = list(takewhile(lambda row: all(cell["header"] for cell in row), rows))
        rows = rows[len(head) :]
    if any(head + rows) or caption:
        spans, media = _words(caption)
        yield {"type": "table", "caption": spans, "header": head, "rows": rows, "direction": direction}
        yield from media


def _row(element: Element, around: Direction | None) -> list[Cell]:
    return [_cell(cell, _direction(cell, around)) for cell in _elements(element, "td", "th")]


def _cell(element: Element, direction: Direction | None) -> Cell:
    headed = _headed(element.children, direction)
    if "id" in element.attributes:
        headed["id"] = element.attributes["id"]
    return {
        **headed,
        "header": element.name == "th",
        "colspan": int(element.attributes.get("colspan", 1)),
        "rowspan": int(element.attributes.get("rowspan", 1)),
    }


def _elements(parent: Element, *names: str) -> Iterator[Element]:
    return (node for node in parent.children if isinstance(node, Element) and node.name in names)


# --- media --------------------------------------------------------------------------------------------------------


def _media(shown: InlineMedia) -> Media:
    media = _MEDIA[shown.element.name](shown.element)
    if shown.href is not None:
        media["href"] = shown.href
    return media


def _image(element: Element) -> Image:
    return {
        "type": "image",
        # Of a picture of the library the address is filled in when the body is read.
        "url": element.attributes.get("src", ""),
        "alt": element.attributes.get("alt", ""),
        "caption": None,
        "credit": None,
        "width": _pixels(element, "width"),
        "height": _pixels(element, "height"),
        "media": element.attributes.get(BY_ID),
        "focal_point": None,
        "language": None,
        "direction": None,
        "decorative": "data-decorative" in element.attributes,
        "animated": False,
        "placeholder": None,
        "renditions": [],
    }


def _video(element: Element) -> Video:
    return {
        "type": "video",
        "url": _source(element),
        "poster": element.attributes.get("poster"),
        "caption": None,
        "credit": None,
        "width": _pixels(element, "width"),
        "height": _pixels(element, "height"),
    }


def _audio(element: Element) -> Audio:
    return {"type": "audio", "url": _source(element), "caption": None, "credit": None}


def _embed(element: Element) -> Embed:
    return {
        "type": "embed",
        "url": element.attributes["src"],
        "provider": host(element.attributes["src"]),
        "title": element.attributes.get("title"),
        "caption": None,
        "credit": None,
        "width": _pixels(element, "width"),
        "height": _pixels(element, "height"),
    }


def _source(element: Element) -> str:
    named = [element.attributes.get("src", ""), *(source.attributes["src"] for source in _elements(element, "source"))]
    return next(filter(None, named))


def _pixels(element: Element, attribute: str) -> int | None:
    value = element.attributes.get(attribute)
    return int(value) if value else None


def _figure(element: Element, direction: Direction | None) -> Blocks:
    """Yield the blocks of a figure; its caption goes to the last media block, if that has none yet."""
    captions = list(_elements(element, "figcaption"))
    shown = list(_flow((node for node in element.children if node not in captions), direction))
    media = [block for block in shown if _is_media(block)]
    if media and len(captions) == 1 and not (media[-1]["caption"] or media[-1]["credit"]):
        shown += _captioned(media[-1], captions[0])
    else:
        for caption in captions:
            shown += _paragraphs(caption.children, _direction(caption, direction))
    yield from shown


def _captioned(media: Media, caption: Element) -> list[Block]:
    """Set the caption of `media`, and the credit from `<small>` or `<cite>`; return the media inside the caption."""
    credits = list(_elements(caption, *_CREDIT))
    words, more = _words(node for node in caption.children if node not in credits)
    credit, still_more = _words(node for part in credits for node in part.children)
    media["caption"] = spans_text(words) or None
    media["credit"] = spans_text(credit) or None
    if _are_marked(words):
        media["caption_spans"] = words
    if _are_marked(credit):
        media["credit_spans"] = credit
    return more + still_more


def _words(nodes: Iterable[Node]) -> tuple[list[Span], list[Block]]:
    """Return the spans of inline content, joined to one line, and the media between them."""
    runs = runs_of(nodes)
    words = [run for run in runs if not isinstance(run, InlineMedia)]
    between = Span(text=" ", marks=[])
    spans = [span for run in words for span in (between, *run)][1:]
    return spans, [_media(run) for run in runs if isinstance(run, InlineMedia)]


def _is_media(block: Block) -> TypeGuard[Media]:
    return block["type"] in ("image", "video", "audio", "embed")


_CREDIT = ("cite", "small")
_MEDIA: dict[str, Callable[[Element], Media]] = {
    "img": _image,
    "video": _video,
    "audio": _audio,
    "iframe": _embed,
}
_BLOCK_BUILDERS: dict[str, Callable[[Element, Direction | None], Blocks]] = {
    **dict.fromkeys(HEADINGS, _heading),
    "blockquote": _quote,
    "dl": _definitions,
    "figure": _figure,
    "hr": _divider,
    "ol": _list,
    "pre": _preformatted,
    "table": _table,
    "ul": _list,
}

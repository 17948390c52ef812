"""Block types of a body for clients without an HTML engine, and the plain text of blocks.

A body is a list of blocks. Text is in `spans`, runs with the same marks, so that no client counts characters.
`direction` is null if the HTML sets none: then the direction of the language applies. More types may come.
"""

from collections.abc import Iterable
from itertools import groupby
from textwrap import indent
from typing import Literal, NotRequired

# Not from `typing`, whose own pydantic does not read before Python 3.12.
from typing_extensions import TypeAliasType, TypedDict

from app.text.languages import Direction

MarkType = Literal["strong", "emphasis", "underline", "strike", "code", "subscript", "superscript", "highlight", "link"]


class Mark(TypedDict):
    """The style of a run of text, or its link: `href` only with `link`."""

    type: MarkType
    href: NotRequired[str]


class Span(TypedDict):
    """A run of text with the same marks. A line break in it is U+000A.

    `direction` is there where the mark-up sets one that is not that of the block: the run is isolated (UAX 9). `id` is
    there where a link of the same body leads to it (`#…`).
    """

    text: str
    marks: list[Mark]
    direction: NotRequired[Direction]
    id: NotRequired[str]


class Paragraph(TypedDict):
    """A paragraph. `verse` is there, and true, where line breaks and spaces count, as in a poem.

    `id` of a block is there where a link of the same body leads to it (`#…`).
    """

    type: Literal["paragraph"]
    spans: list[Span]
    direction: Direction | None
    verse: NotRequired[bool]
    id: NotRequired[str]


class Heading(TypedDict):
    """A heading; `level` is 2 to 6."""

    type: Literal["heading"]
    level: int
    spans: list[Span]
    direction: Direction | None
    id: NotRequired[str]


class Quote(TypedDict):
    """`spans` is its first paragraph, `children` what follows; `cite` is the address that it comes from."""

    type: Literal["quote"]
    spans: list[Span]
    children: list["Block"]
    cite: str | None
    direction: Direction | None
    id: NotRequired[str]


class ListItem(TypedDict):
    """`spans` is its first paragraph, `children` what follows: lists inside it, further paragraphs, pictures.

    `value` is its number where that is not the next one.
    """

    spans: list[Span]
    children: list["Block"]
    direction: Direction | None
    value: NotRequired[int]
    id: NotRequired[str]


class ListBlock(TypedDict):
    """`start` is the number of the first item of an ordered list; `reversed` is there, and true, where they go down."""

    type: Literal["list"]
    ordered: bool
    start: int
    items: list[ListItem]
    direction: Direction | None
    reversed: NotRequired[bool]
    id: NotRequired[str]


class Cell(TypedDict):
    """`header` says whether it names its row or column."""

    spans: list[Span]
    children: list["Block"]
    header: bool
    colspan: int
    rowspan: int
    direction: Direction | None
    id: NotRequired[str]


class Table(TypedDict):
    """`header` are the rows above the table's own `rows`."""

    type: Literal["table"]
    caption: list[Span]
    header: list[list[Cell]]
    rows: list[list[Cell]]
    direction: Direction | None
    id: NotRequired[str]


class _Shown(TypedDict):
    """What pictures, films, sounds and embeds have in common.

    `href` is there where a link is around it. `caption` and `credit` are the texts of `caption_spans` and
    `credit_spans`, which are there where these hold marks.
    """

    href: NotRequired[str]
    caption_spans: NotRequired[list[Span]]
    credit_spans: NotRequired[list[Span]]
    id: NotRequired[str]


class ImageRendition(TypedDict):
    """A file of a picture of the library: the whole picture, or a crop."""

    name: str
    crop: str | None
    url: str
    width: int
    height: int
    mime_type: str
    bytes: int
    animated: bool


class ImagePoint(TypedDict):
    """The point of a picture that must stay visible, from 0 to 1 in each direction."""

    x: float
    y: float


class ImagePlaceholder(TypedDict):
    """What to show before a picture is loaded."""

    color: str
    thumbhash: str


class Image(_Shown):
    """A picture; width and height in pixels. `alt` and `caption` are in the article's language."""

    type: Literal["image"]
    url: str
    alt: str
    caption: str | None
    credit: str | None
    width: int | None
    height: int | None
    media: str | None
    focal_point: ImagePoint | None
    language: str | None
    direction: Direction | None
    decorative: bool
    animated: bool
    placeholder: ImagePlaceholder | None
    renditions: list[ImageRendition]


class Video(_Shown):
    """A film; `poster` is a picture to show before it plays."""

    type: Literal["video"]
    url: str
    poster: str | None
    caption: str | None
    credit: str | None
    width: int | None
    height: int | None


class Audio(_Shown):
    """A sound."""

    type: Literal["audio"]
    url: str
    caption: str | None
    credit: str | None


class Embed(_Shown):
    """`provider` is the host that serves it."""

    type: Literal["embed"]
    url: str
    provider: str
    title: str | None
    caption: str | None
    credit: str | None
    width: int | None
    height: int | None


class Divider(TypedDict):
    """A thematic break."""

    type: Literal["divider"]


class Code(TypedDict):
    """Code: spaces and line breaks count. `spans` is there where something in it is marked."""

    type: Literal["code"]
    text: str
    direction: Direction | None
    spans: NotRequired[list[Span]]
    id: NotRequired[str]


Media = Image | Video | Audio | Embed
Block = TypeAliasType("Block", Paragraph | Heading | Quote | ListBlock | Table | Media | Divider | Code)


def plain_text(blocks: Iterable[Block]) -> str:
    """Return the plain text of blocks: a blank line between blocks, one line for each list item and table row.

    Cells are separated by a tab; blocks inside a list item are indented by two spaces.
    """
    return "\n\n".join(filter(None, map(_text, blocks)))


def spans_text(spans: Iterable[Span]) -> str:
    """Return the text of `spans`; a run with its own direction is between two marks of it (LRM, RLM)."""
    parts = []
    for direction, run in groupby(spans, key=lambda span: span.get("direction")):
        mark = {"ltr": "\u200e", "rtl": "\u200f", None: ""}[direction]
        parts.append(f"{mark}{''.join(span['text'] for span in run)}{mark}")
    return "".join(parts)


def _text(block: Block) -> str:
    match block["type"]:
        case "paragraph" | "heading":
            return spans_text(block["spans"])
        case "quote":
            return _lines("\n\n", spans_text(block["spans"]), plain_text(block["children"]))
        case "list":
            return _lines("\n", *map(_item_text, block["items"]))
        case "table":
            return _lines("\n", spans_text(block["caption"]), *map(_row_text, [*block["header"], *block["rows"]]))
        case "code":
            return block["text"]
        case "divider":
            return ""
        case _:
            return _lines("\n", block["caption"], block["credit"])


def _lines(between: str, *parts: str | None) -> str:
    return between.join(filter(None, parts))


def _item_text(item: ListItem) -> str:
    inside = _lines("\n", *map(_text, item["children"]))
    return _lines("\n", spans_text(item["spans"]), indent(inside, "  "))


def _row_text(row: list[Cell]) -> str:
    cells = (_lines(" ", spans_text(cell["spans"]), plain_text(cell["children"])) for cell in row)
    return "\t".join(" ".join(cell.splitlines()) for cell in cells).rstrip()

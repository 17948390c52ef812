"""Fill the library's pictures into a rendered body when it is read: addresses, sizes, and the library's words.

A stored body has only ids and the words of this use (`app/text/figures.py` says in which form). Nothing is parsed: the
canonical form is found by a pattern. A text cannot forge it, because every `<` of a text or an attribute is escaped.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import cast

from app.text.allowed import BY_ID, MEDIA_ID
from app.text.blocks import Block, Cell, Image, ImagePlaceholder, ImagePoint, ImageRendition, ListItem, plain_text
from app.text.languages import Direction, direction, is_same_language

_START = f'<figure {BY_ID}="'
_FIGURE = re.compile(
    rf'{_START}(?P<id>{MEDIA_ID})"(?P<more>[^>]*)>(?P<link><a [^>]*>)?'
    rf'<img {BY_ID}="(?P=id)" alt="(?P<alt>[^"]*)"(?P<marks>[^>]*)>(?:</a>)?'
    r"(?:<figcaption(?P<said>[^>]*)>(?P<words>.*?)</figcaption>)?</figure>",
    re.DOTALL,
)
_SHOWN = re.compile(rf'{_START}({MEDIA_ID})"')
_CREDIT_END = "</cite>"
# The most compact first: a browser takes the first source that it can show.
_SOURCES = ("image/avif", "image/webp")


@dataclass(frozen=True, slots=True)
class ShownPicture:
    """A picture of the library as readers may see it now.

    `url` is the widest JPEG or PNG up to 1280 pixels; `width` and `height` are those of that file. `language` and
    `direction` are those of `alt` and `credit`.
    """

    id: str
    url: str
    width: int
    height: int
    alt: str | None
    credit: str | None
    language: str
    direction: Direction
    focal_point: ImagePoint | None = None
    placeholder: ImagePlaceholder | None = None
    animated: bool = False
    renditions: Sequence[ImageRendition] = ()


def has_images(html: str) -> bool:
    """Whether `fill_blocks` has anything to do for the body with this HTML."""
    return "<img " in html


def has_pictures(html: str) -> bool:
    """Whether the HTML of a body shows a picture of the library."""
    return _START in html


def shown_ids(html: str) -> list[str]:
    """Return the ids of the library's pictures that the HTML of a body shows, in order, without repeats.

    Only pictures: a text or a code sample may hold anything that looks like the id of one.
    """
    return list(dict.fromkeys(_SHOWN.findall(html)))


# --- HTML ---------------------------------------------------------------------------------------------------------


def fill_html(html: str, pictures: Mapping[str, ShownPicture], sizes: str, language: str) -> str:
    """Fill the pictures into the HTML of a body in `language`.

    `sizes` is the attribute of that name. A picture that is not in `pictures` (withdrawn, deleted) loses its whole
    figure. An animation is shown as a still: only `renditions` of the block have the moving file.
    """
    if _START not in html:
        return html
    shown_sizes = escape(sizes)

    def filled(found: re.Match[str]) -> str:
        picture = pictures.get(found["id"])
        return "" if picture is None else _figure(found, picture, shown_sizes, language)

    return _FIGURE.sub(filled, html)


def _figure(found: re.Match[str], picture: ShownPicture, sizes: str, language: str) -> str:
    alt, link = found["alt"], found["link"] or ""
    if not alt and "data-decorative" not in found["marks"]:
        alt = escape(_alt_of(picture, language))
    stills = [one for one in picture.renditions if one["crop"] is None and not one["animated"]]
    sources = "".join(
        f'<source type="{mime_type}"{listed}>'
        for mime_type in _SOURCES
        if (listed := _srcset(stills, mime_type, sizes))
    )
    fallback = _srcset(stills, "image/jpeg", sizes) or _srcset(stills, "image/png", sizes)
    image = (
        f'<img src="{escape(picture.url)}"{fallback} width="{picture.width}" height="{picture.height}"'
        f' alt="{alt}"{found["marks"]} loading="lazy" decoding="async">'
    )
    caption = _caption(found, picture, language)
    end = "</a>" if link else ""
    return f'{_START}{picture.id}"{found["more"]}>{link}<picture>{sources}{image}</picture>{end}{caption}</figure>'


def _srcset(stills: Iterable[ImageRendition], mime_type: str, sizes: str) -> str:
    """`srcset` and `sizes` with the renditions of a type, the smallest first; empty where there are none."""
    fit = sorted((one["width"], one["url"]) for one in stills if one["mime_type"] == mime_type)
    listed = ", ".join(f"{escape(url)} {width}w" for width, url in fit)
    return f' srcset="{listed}" sizes="{sizes}"' if listed else ""


def _caption(found: re.Match[str], picture: ShownPicture, language: str) -> str:
    """The caption of this use; the library's credit is added where this use has none."""
    words, attributes = found["words"] or "", found["said"] or ""
    if picture.credit and not words.endswith(_CREDIT_END):
        between = " " if words else ""
        own = _own_language(picture, language, found["more"] + attributes)
        words += f"{between}<cite{own}>{escape(picture.credit)}</cite>"
    return f"<figcaption{attributes}>{words}</figcaption>" if words else ""


def _own_language(picture: ShownPicture, language: str, around: str) -> str:
    """`lang` and `dir` of the library's words, where the article or the attributes `around` them say something else."""
    is_inherited = " lang=" not in around and " dir=" not in around
    if is_inherited and is_same_language(picture.language, language):
        return ""
    is_turned = not is_inherited or picture.direction != direction(language)
    return f' lang="{escape(picture.language)}"' + (f' dir="{picture.direction}"' if is_turned else "")


def _alt_of(picture: ShownPicture, language: str) -> str:
    return picture.alt or "" if is_same_language(picture.language, language) else ""


# --- blocks -------------------------------------------------------------------------------------------------------


def fill_blocks(blocks: Sequence[Block], pictures: Mapping[str, ShownPicture], language: str) -> list[Block]:
    """Fill the pictures into the blocks of a body in `language`; the given blocks are not changed.

    The block of a picture that is not in `pictures` is left out. Images at addresses get the keys that blocks of
    earlier versions lack. `plain_text` of the result is the text of the body as readers see it.
    """
    return _Filling(pictures, language).blocks(blocks)


def text_without(html: str, text: str, blocks: Sequence[Block], standing: Collection[str]) -> str:
    """The plain text of a body without the words of those pictures of the library that are not among `standing`.

    `text` is the stored one, which has the words of all; it is returned where every picture stands.
    """
    if all(id in standing for id in shown_ids(html)):
        return text
    return plain_text(_Leaving(standing).blocks(blocks))


class _Walk(ABC):
    """Blocks with other images, or without them, at any depth."""

    def blocks(self, blocks: Sequence[Block]) -> list[Block]:
        return [filled for block in blocks if (filled := self._filled(block)) is not None]

    def _filled(self, block: Block) -> Block | None:
        match block["type"]:
            case "image":
                return self._image(block)
            case "quote":
                children = self.blocks(block["children"])
                return {**block, "children": children} if children or block["spans"] else None
            case "list":
                return {**block, "items": [self._item(item) for item in block["items"]]}
            case "table":
                return {**block, "header": self._rows(block["header"]), "rows": self._rows(block["rows"])}
            case _:
                return block

    def _item(self, item: ListItem) -> ListItem:
        return {**item, "children": self.blocks(item["children"])} if item["children"] else item

    def _rows(self, rows: list[list[Cell]]) -> list[list[Cell]]:
        return [[self._cell(cell) for cell in row] for row in rows]

    def _cell(self, cell: Cell) -> Cell:
        return {**cell, "children": self.blocks(cell["children"])} if cell["children"] else cell

    @abstractmethod
    def _image(self, block: Image) -> Image | None:
        """The image in place of this one; None leaves it out."""


@dataclass(frozen=True, slots=True)
class _Leaving(_Walk):
    standing: Collection[str]

    def _image(self, block: Image) -> Image | None:
        id = block.get("media")
        return block if id is None or id in self.standing else None


class _Filling(_Walk):
    def __init__(self, pictures: Mapping[str, ShownPicture], language: str) -> None:
        self._pictures = pictures
        self._language = language

    def _image(self, block: Image) -> Image | None:
        # `get`: a body that an earlier version stored has no such key.
        id = block.get("media")
        if id is None:
            return cast("Image", {**_AT_ADDRESS, **block})
        picture = self._pictures.get(id)
        return None if picture is None else self._shown(block, picture)

    def _shown(self, block: Image, picture: ShownPicture) -> Image:
        alt = block["alt"] or ("" if block["decorative"] else _alt_of(picture, self._language))
        return {
            **block,
            "url": picture.url,
            "alt": alt,
            "credit": block["credit"] or picture.credit or None,
            "width": picture.width,
            "height": picture.height,
            "focal_point": picture.focal_point,
            "language": picture.language,
            "direction": picture.direction,
            "animated": picture.animated,
            "placeholder": picture.placeholder,
            "renditions": list(picture.renditions),
        }


_AT_ADDRESS: dict[str, object] = {
    "media": None,
    "focal_point": None,
    "language": None,
    "direction": None,
    "decorative": False,
    "animated": False,
    "placeholder": None,
    "renditions": [],
}

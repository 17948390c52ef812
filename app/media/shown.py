"""Pictures inside other answers: what is read of them with the thing that shows them, and what is made of it.

Bodies, lead images and galleries store ids; words, sizes and addresses are filled in when an answer is made, so that a
change of the library is in every answer at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from pydantic_core import from_json
from sqlalchemy import BindParameter, Label, bindparam, literal_column, select
from sqlalchemy.orm import InstrumentedAttribute

from app.kit.db import Connection
from app.kit.ids import dashed
from app.kit.prepared import Prepared
from app.kit.raw_columns import JsonAggregate, json_text, parsed
from app.media.models import Media, MediaFile, MediaUse
from app.media.names import MIME_TYPES
from app.settings import Settings
from app.text.languages import direction, is_same_language
from app.text.pictures import ShownPicture

PREFERRED_WIDTH = 1280  # pixels: `url` of an image is the widest JPEG or PNG up to it
IN_LISTS = frozenset({"w320", "w640", "w1280", "wide-640"})  # in WebP only: what a list shows
CACHED_TEXTS = 8192
OF_THE_LIBRARY = ("alt", "credit", "focal_point")
"""Members of a use that the library says where the use does not."""
STANDING = Media.withdrawn_at.is_(None) & Media.deleted_at.is_(None)
"""Pictures that may be shown."""


class StoredRendition(NamedTuple):
    """A rendition as `Media.renditions` holds it."""

    name: str
    crop: str | None
    extension: str
    width: int
    height: int
    bytes: int
    animated: bool

    @property
    def mime_type(self) -> str:
        return MIME_TYPES[self.extension]

    def address(self, key: str, settings: Settings) -> str:
        return f"{settings.media_address}/{key}/{self.name}.{self.extension}"

    def shown(self, key: str, settings: Settings) -> dict[str, object]:
        """The schema `Rendition`."""
        return {
            "name": self.name,
            "crop": self.crop,
            "url": self.address(key, settings),
            "width": self.width,
            "height": self.height,
            "mime_type": self.mime_type,
            "bytes": self.bytes,
            "animated": self.animated,
        }


@lru_cache(maxsize=CACHED_TEXTS)
def _renditions(text: str) -> tuple[StoredRendition, ...]:
    return tuple(StoredRendition(*values) for values in from_json(text))


def stored_renditions(value: str | list[Any]) -> tuple[StoredRendition, ...]:
    """From the column of a raw row, or of an object."""
    return _renditions(value) if isinstance(value, str) else tuple(StoredRendition(*one) for one in value)


class Picture(NamedTuple):
    """A picture that an answer shows: not withdrawn, not deleted."""

    id: str
    key: str
    language: str
    alt: str | None
    credit: str | None
    focal_point: dict[str, float] | None
    placeholder: dict[str, str]
    animated: bool
    renditions: tuple[StoredRendition, ...]
    changed_at: datetime

    @property
    def main(self) -> StoredRendition:
        """What a client shows that chooses no rendition."""
        return main_rendition(self.renditions)


def main_rendition(renditions: Iterable[StoredRendition]) -> StoredRendition:
    """The widest still JPEG or PNG of the whole picture up to `PREFERRED_WIDTH`; the narrowest, if all are wider."""
    whole = [one for one in renditions if one.crop is None and one.extension in {"jpg", "png"}]
    fitting = [one for one in whole if one.width <= PREFERRED_WIDTH]
    return max(fitting, key=lambda one: one.width) if fitting else min(whole, key=lambda one: one.width)


Pictures = Mapping[str, Picture]
"""By id."""
NO_PICTURES: Pictures = {}


COLUMNS = (
    *(Media.id, Media.key, Media.language, Media.alt, Media.credit),
    *(json_text(Media.focal_point), json_text(Media.placeholder), MediaFile.animated),
    *(json_text(Media.renditions), Media.changed_at),
)
IDS: BindParameter[str] = bindparam("ids", expanding=True)
BY_IDS = Prepared(
    select(JsonAggregate(*COLUMNS).label("pictures"))
    .join(MediaFile, MediaFile.id == Media.file_id)
    .where(Media.id.in_(IDS), STANDING)
)


async def pictures_with_ids(connection: Connection, ids: Collection[str]) -> str | None:
    """Those of these pictures that may be shown, for `read_pictures`."""
    return (await BY_IDS.one(connection, {"ids": sorted(ids)})).pictures if ids else None


def pictures_of(owner: InstrumentedAttribute[str], *places: str) -> Label[str]:
    """A column for `read_pictures`: pictures that the thing with the id `owner` shows, at these places or at all."""
    rows = select(JsonAggregate(*COLUMNS)).select_from(MediaUse).join(Media, Media.id == MediaUse.media_id)
    rows = rows.join(MediaFile, MediaFile.id == Media.file_id).where(MediaUse.resource_id == owner, STANDING)
    if places:
        rows = rows.where(MediaUse.place.in_([literal_column(f"'{place}'") for place in places]))
    return rows.correlate(owner.class_).scalar_subquery().label("pictures")


@lru_cache(maxsize=CACHED_TEXTS)
def read_pictures(found: str | None) -> Pictures:
    """The pictures in a column made by `pictures_of`. Cached, so never to be changed by a caller."""
    return {row.id: row for row in map(_picture, from_json(found))} if found else NO_PICTURES


def _picture(row: list[Any]) -> Picture:
    id, key, language, alt, credit, focal_point, placeholder, animated, renditions, changed_at = row
    return Picture(
        dashed(id),
        key,
        language,
        alt,
        credit,
        parsed(focal_point),
        parsed(placeholder),
        bool(animated),
        _renditions(renditions),
        datetime.fromisoformat(changed_at),
    )


def image_of(
    use: Mapping[str, Any] | None, pictures: Pictures, language: str, settings: Settings, *, in_list: bool = False
) -> dict[str, object] | None:
    """An image for the schema `Image`: at an address, or of the library with the words of this use.

    `language` is that of the thing that shows it. None where the library has withdrawn or lost the picture.
    """
    if use is None:
        return None
    if (id := use.get("id")) is None:
        return _image(use, use["url"], None, language)
    picture = pictures.get(id)
    return None if picture is None else _library_image(use, picture, language, settings, in_list)


def _library_image(
    use: Mapping[str, Any], picture: Picture, language: str, settings: Settings, in_list: bool
) -> dict[str, object]:
    main = picture.main
    image = _image(use, main.address(picture.key, settings), picture.id, language)
    chosen = [one for one in picture.renditions if not in_list or (one.name in IN_LISTS and one.extension == "webp")]
    return {
        **image,
        "alt": alt_of(use, picture, language),
        "credit": use.get("credit") or picture.credit,
        "width": main.width,
        "height": main.height,
        "focal_point": use.get("focal_point") or picture.focal_point,
        "renditions": [one.shown(picture.key, settings) for one in chosen],
        "placeholder": picture.placeholder,
        "animated": picture.animated,
    }


def _image(use: Mapping[str, Any], url: str, id: str | None, language: str) -> dict[str, object]:
    return {
        "kind": "image",
        "id": id,
        "url": url,
        "alt": use.get("alt") or "",
        **{name: use.get(name) for name in ("caption", "credit", "width", "height", "focal_point")},
        "renditions": [],
        "language": language,
        "direction": direction(language),
        "decorative": bool(use.get("decorative")),
        "placeholder": None,
        "animated": False,
    }


def alt_of(use: Mapping[str, Any], picture: Picture, language: str) -> str:
    """The words of this use, else the library's where they are in its language; none of a decorative picture."""
    if use.get("decorative"):
        return ""
    own = picture.alt if is_same_language(picture.language, language) else None
    return use.get("alt") or own or ""


def repeated_of(use: Mapping[str, Any], media: Media, language: str) -> set[str]:
    """Members of a use that say the same as the library, as those of an answer do that is sent back.

    They are not stored: kept there, they would not follow a change of the library. `language` is that of the thing.
    """
    same = {name for name in OF_THE_LIBRARY if use.get(name) == getattr(media, name)}
    return same if is_same_language(media.language, language) else same - {"alt"}


def shown_in_body(picture: Picture, settings: Settings) -> ShownPicture:
    """A picture as bodies are filled with it."""
    main = picture.main
    return ShownPicture(
        picture.id,
        main.address(picture.key, settings),
        main.width,
        main.height,
        picture.alt,
        picture.credit,
        picture.language,
        direction(picture.language),
        picture.focal_point,  # type: ignore[arg-type]  # a TypedDict there
        picture.placeholder,  # type: ignore[arg-type]  # a TypedDict there
        picture.animated,
        [one.shown(picture.key, settings) for one in picture.renditions],  # type: ignore[misc]  # a TypedDict there
    )

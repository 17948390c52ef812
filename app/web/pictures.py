"""Responsive images of the reader page: `srcset`, `sizes`, placeholder and animation of an image in an answer.

Only pictures that the page's Content-Security-Policy allows are shown: those of the library, and those at the addresses
of `NASHRA_IMAGE_HOSTS`. No attribute is an inline style, which the policy forbids: the colour of the placeholder is a
`fill` of SVG, the focal point a class in steps of a tenth.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import urlsplit

from app.settings import Settings
from app.web.public_api import Json

# The most compact first: a browser takes the first source that it can show.
SOURCES = ("image/avif", "image/webp")
FALLBACKS = ("image/jpeg", "image/png")
# What `reader.css` makes of a picture in each place.
SIZES = {
    "lead": "(min-width: 80rem) 48rem, (min-width: 56rem) 62vw, 100vw",
    "card": "(min-width: 40rem) 18rem, 100vw",
    "text": "(min-width: 46rem) 43rem, 100vw",
}
CARD_CROP = "wide"
SOCIAL = "social"


class Source(NamedTuple):
    """A `<source>`: its type and its `srcset`."""

    type: str
    srcset: str


class ShownPicture(NamedTuple):
    """What a template draws. `srcset` is that of the `<img>`; `focus` are classes for `object-position`."""

    src: str
    srcset: str
    sources: list[Source]
    sizes: str
    alt: str
    width: int | None
    height: int | None
    color: str | None
    focus: str
    animation: str | None
    """Address of the file that moves, where the picture is a still of one."""
    is_ours: bool


class OpenGraphImage(NamedTuple):
    """An image for previews of links: absolute address, size in pixels, alt text."""

    url: str
    width: int | None
    height: int | None
    alt: str


class Pictures:
    """Makes the pictures of a page. An address that the page must not show gives None."""

    def __init__(self, settings: Settings) -> None:
        self._hosts = settings.image_hosts
        self._library = f"{settings.media_address}/"
        # Without an address of their own, files are served beside the page, whatever host it was asked by.
        self._own = "" if settings.media_url else settings.api_url

    def shown(self, image: Json | None, place: str) -> ShownPicture | None:
        """A picture for a place of `SIZES`, from a schema `Image` or a block."""
        if image is None or not self.is_allowed(image["url"]):
            return None
        whole = [one for one in _stills(image) if one["crop"] is None]
        crop = _narrowest_crop(image) if place == "card" else None
        if crop is not None:
            return self._picture(image, crop, [], place)
        file = image if whole == [] or place == "text" else _fallback(whole, image)
        return self._picture(image, file, whole, place)

    def _picture(self, image: Json, file: Json, whole: list[Json], place: str) -> ShownPicture:
        listed = {kind: self._srcset(whole, kind) for kind in (*SOURCES, *FALLBACKS)}
        return ShownPicture(
            src=self.address(file["url"]),
            srcset=next((listed[kind] for kind in FALLBACKS if listed[kind]), ""),
            sources=[Source(kind, listed[kind]) for kind in SOURCES if listed[kind]],
            sizes=SIZES[place],
            alt=image["alt"] or "",
            width=file["width"],
            height=file["height"],
            color=_color(image),
            focus=_focus(image),
            animation=self._animation(image),
            is_ours=self._is_ours(image["url"]),
        )

    def _srcset(self, files: Iterable[Json], kind: str) -> str:
        fit = sorted((one["width"], one["url"]) for one in files if one["mime_type"] == kind)
        return ", ".join(f"{self.address(url)} {width}w" for width, url in fit)

    def _animation(self, image: Json) -> str | None:
        moving = [one["url"] for one in image.get("renditions") or () if one["animated"]]
        return self.address(moving[0]) if moving else None

    def is_allowed(self, url: str) -> bool:
        """Whether the policy lets the page load it: a picture, a film, a sound or a text track."""
        address = urlsplit(url)
        # With its port: a source of the policy without one allows the default port alone.
        return self._is_ours(url) or (address.scheme == "https" and address.netloc.lower() in self._hosts)

    def tracks(self, recording: Json) -> list[Json]:
        """Those tracks of a video or sound that the page may load."""
        return [track for track in recording["tracks"] if self.is_allowed(track["url"])]

    def _is_ours(self, url: str) -> bool:
        return url.startswith(self._library)

    def address(self, url: str) -> str:
        """The address to load it from: a path on the page's own host for what is served beside it."""
        return url.removeprefix(self._own) if self._is_ours(url) else url


def policy_sources(settings: Settings) -> str:
    """Sources of pictures for the Content-Security-Policy beside `'self'`, each after a space."""
    hosts = [f"https://{host}" for host in settings.image_hosts]
    address = urlsplit(settings.media_url or "")
    library = [f"{address.scheme}://{address.netloc}"] if settings.media_url else []
    return "".join(f" {source}" for source in [*library, *hosts])


def open_graph_image(article: Json) -> OpenGraphImage | None:
    """The picture for previews: the rendition `social` of the lead image, else the image itself."""
    image = article["lead_image"] or next((one for one in article["media"] if one["kind"] == "image"), None)
    if image is None:
        return None
    file = next((one for one in image["renditions"] if one["crop"] == SOCIAL), image)
    return OpenGraphImage(file["url"], file["width"], file["height"], image["alt"])


def _stills(image: Json) -> list[Json]:
    return [one for one in image.get("renditions") or () if not one["animated"]]


def _narrowest_crop(image: Json) -> Json | None:
    """A file of the crop for cards: the narrowest that is sharp on a telephone, else the widest."""
    crops = [one for one in _stills(image) if one["crop"] == CARD_CROP]
    sharp = [one for one in crops if one["width"] >= 640]
    return min(sharp, key=_width) if sharp else max(crops, key=_width, default=None)


def _fallback(whole: list[Json], image: Json) -> Json:
    return image if any(one["url"] == image["url"] for one in whole) else max(whole, key=_width)


def _width(file: Json) -> int:
    return int(file["width"])


def _color(image: Json) -> str | None:
    """None of a picture with transparency (a PNG): it would shine through."""
    found = image.get("placeholder")
    return None if found is None or image["url"].endswith(".png") else found["color"]


def _focus(image: Json) -> str:
    """Classes of the focal point in tenths, `x3 y7`; empty for the middle."""
    point = image.get("focal_point")
    return f"x{round(point['x'] * 10)} y{round(point['y'] * 10)}" if point else ""

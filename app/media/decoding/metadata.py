"""Metadata of a picture: the words of XMP, IPTC and EXIF that a newsroom shows. No place, no camera, no number.

Of each field the first that says something wins: XMP, which is always Unicode, then IPTC, then EXIF. (The Metadata
Working Group would have IPTC first where its digest differs; few programs write that.)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PIL import Image

from app.media.decoding.exif import exif_of
from app.media.decoding.iptc import iptc_of
from app.media.decoding.xmp import xmp_of

LONGEST_TEXT, MOST_KEYWORDS, LONGEST_KEYWORD = 20_000, 200, 1_000  # what leaves the process; the parent is stricter
NAMES = ("alt", "headline", "description", "credit", "photographer", "holder", "notice", "usage", "taken_at")
_PACKET = 0x0404  # of Photoshop's resources: IPTC

Words = dict[str, Any]


def metadata_of(image: Image.Image) -> Words:
    """The fields by their names; None or an empty list where nothing is said. Never raises."""
    sources = [
        _read(lambda: xmp_of(image.info.get("xmp"))),
        _read(lambda: iptc_of(image.info.get("photoshop", {}).get(_PACKET))),
        _read(lambda: exif_of(image.getexif())),
    ]
    found: Words = {name: _first(sources, name) for name in NAMES}
    keywords: list[Any] = next((source["keywords"] for source in sources if source.get("keywords")), [])
    return found | {"keywords": [str(keyword)[:LONGEST_KEYWORD] for keyword in keywords[:MOST_KEYWORDS]]}


def _read(source: Callable[[], Words]) -> Words:
    try:
        return source()
    except Exception:  # noqa: BLE001 - whatever broken metadata raises, the picture is fine without it
        return {}


def _first(sources: list[Words], name: str) -> str | None:
    texts = (source.get(name) for source in sources)
    return next((text[:LONGEST_TEXT] for text in texts if isinstance(text, str) and text.strip(" \t\r\n\0")), None)

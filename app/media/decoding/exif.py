"""EXIF metadata (CIPA DC-008): description, artist, copyright, and when a picture was taken, if its zone is said."""

from __future__ import annotations

import re
from typing import Any

from PIL import Image

from app.media.decoding.iptc import decoded

_DESCRIPTION, _ARTIST, _COPYRIGHT = 0x010E, 0x013B, 0x8298
_IFD, _TAKEN_AT, _TAKEN_AT_ZONE = 0x8769, 0x9003, 0x9011
_MOMENT = re.compile(r"(\d{4}):(\d\d):(\d\d) (\d\d:\d\d:\d\d)")
_ZONE = re.compile(r"[+-]\d\d:\d\d|Z")
# Cameras and programs write these in place of a description.
_NO_DESCRIPTION = re.compile(
    r"(olympus|konica minolta|minolta|samsung|casio|sony|dsc|digital|camera|\W)*", re.IGNORECASE
)


def exif_of(exif: Image.Exif) -> dict[str, Any]:
    """The fields by the names of `metadata.NAMES`."""
    description = _text(exif.get(_DESCRIPTION))
    return {
        "description": description if description and not _NO_DESCRIPTION.fullmatch(description) else None,
        "photographer": _text(exif.get(_ARTIST)),
        "notice": _text(exif.get(_COPYRIGHT)),
        "taken_at": _moment(exif.get_ifd(_IFD)),
    }


def _text(value: object) -> str | None:
    """Pillow reads text as Latin-1; the standard says ASCII, programs write UTF-8 or their own."""
    if isinstance(value, str):
        value = value.encode("latin-1", "ignore")
    return decoded(value.partition(b"\0")[0]).strip() if isinstance(value, bytes) else None


def _moment(tags: dict[int, Any]) -> str | None:
    found = _MOMENT.match(str(tags.get(_TAKEN_AT, "")))
    zone = _ZONE.match(str(tags.get(_TAKEN_AT_ZONE, "")))
    return f"{found[1]}-{found[2]}-{found[3]}T{found[4]}{zone[0]}" if found and zone else None

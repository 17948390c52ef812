"""Names of files in the stores of pictures, and the MIME types that their extensions stand for."""

from __future__ import annotations

import re
import secrets

EXTENSIONS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "image/avif": "avif",
    "image/gif": "gif",
}
"""The extension of each MIME type that is taken and stored."""
UNKNOWN_TYPE = "application/octet-stream"  # RFC 2046 section 4.5.1: whoever sends it does not say what it is
MIME_TYPES = {extension: mime_type for mime_type, extension in EXTENSIONS.items()}
KEY_BYTES = 16  # random: an address cannot be computed from the picture (a content hash would tell who uses it)
LONGEST = 200  # characters: folders take names of up to 255 bytes
_SEGMENT = r"(?!\.)[a-z0-9._-]{1,100}"
_NAME = re.compile(rf"{_SEGMENT}(?:/{_SEGMENT}){{0,3}}")
_KEY = re.compile(r"[a-z0-9]{16,64}")
_RENDITION = re.compile(rf"({_KEY.pattern})/[a-z0-9-]{{1,60}}\.(?:{'|'.join(MIME_TYPES)})")
_ORIGINAL = re.compile(rf"{_KEY.pattern}\.(?:{'|'.join(MIME_TYPES)})")


def new_key() -> str:
    """128 random bits as text: a key of renditions, or the name of an original before its extension."""
    return secrets.token_hex(KEY_BYTES)


def rendition_file(key: str, name: str, mime_type: str) -> str:
    """Where a rendition lies in its store, which is also its path below `/media/`: `{key}/w640.webp`."""
    return f"{key}/{name}.{EXTENSIONS[mime_type]}"


def is_name(text: str) -> bool:
    """Whether a store takes this name: `[a-z0-9._/-]`, no part that is empty or begins with a dot."""
    return len(text) <= LONGEST and _NAME.fullmatch(text) is not None


def key_of(name: str) -> str | None:
    """The key of a rendition's file; None for a file that is none of ours."""
    found = _RENDITION.fullmatch(name)
    return found[1] if found else None


def is_original(name: str) -> bool:
    """Whether this may be the file of an original; other files in its store are none of ours."""
    return _ORIGINAL.fullmatch(name) is not None

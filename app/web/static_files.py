"""Static files under `/static/`, named by their hash: `base.css` is `/static/base.4f1c9a7b2e.css`, cached for ever.

A script imports another file by `"./name.js"`, a style sheet by `url("./name.woff2")`; both are replaced with the
hashed name, so a changed file changes the names of all files that lead to it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).with_name("static")
MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".ico": "image/vnd.microsoft.icon",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}
HASH_LENGTH = 10
_REFERENCE = re.compile(rb"\./([a-z0-9-]+\.(?:js|css|svg|woff2))\b")


@dataclass(frozen=True)
class StaticFile:
    """A file as it is sent."""

    content: bytes
    media_type: str
    hashed_name: str


class Found(NamedTuple):
    """A file, and whether it was asked for by its hashed name: only then it never changes."""

    file: StaticFile
    is_hashed: bool


def static_url(name: str) -> str:
    """The address of a file of `static/`, such as `base.css`. Raises KeyError for an unknown one."""
    return f"/static/{_files()[name].hashed_name}"


def find(name: str) -> Found | None:
    """The file with this plain or hashed name, or None."""
    if (file := _files().get(name)) is not None:
        return Found(file, is_hashed=False)
    stem, _, rest = name.partition(".")
    _, _, suffix = rest.partition(".")
    file = _files().get(f"{stem}.{suffix}")
    return Found(file, is_hashed=True) if file is not None and file.hashed_name == name else None


@cache
def _files() -> dict[str, StaticFile]:
    files: dict[str, StaticFile] = {}
    for path in sorted(ROOT.iterdir()):
        _load(path.name, files)
    return files


def _load(name: str, files: dict[str, StaticFile]) -> StaticFile:
    """Read a file, and before it the files that it names: they must not name each other in a circle."""
    if name not in files:
        path = ROOT / name
        content = _REFERENCE.sub(
            lambda match: b"./" + _load(match[1].decode(), files).hashed_name.encode(), path.read_bytes()
        )
        digest = sha256(content).hexdigest()[:HASH_LENGTH]
        files[name] = StaticFile(content, MEDIA_TYPES[path.suffix], f"{path.stem}.{digest}{path.suffix}")
    return files[name]

"""Uploads: the body of a request becomes a temporary file and its hash while it comes in, never whole in memory."""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
from asyncio import to_thread
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Any

from pydantic_core import from_json
from python_multipart.multipart import parse_options_header
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from app.kit import clock
from app.kit.bodies import require_few_values, storable
from app.kit.errors import Fault, InvalidBody, UnsupportedMediaType
from app.media.names import EXTENSIONS, UNKNOWN_TYPE
from app.text.characters import clean_line

FOLDER_PREFIX = "nashra-upload-"
LEFTOVER_SECONDS = 86_400.0  # an upload takes minutes
DATA_BYTES = 65_536  # of the part `data`
LONGEST_NAME = 255
PATH_BEFORE_NAME = re.compile(r".*[/\\]", re.DOTALL)
MULTIPART = "multipart/form-data"
CHUNK = 1 << 20


@dataclass(frozen=True)
class Upload:
    """A file that was sent, in a folder that goes when the request ends."""

    path: Path
    sha256: str
    size: int
    """Bytes."""
    mime_type: str | None
    """What the client calls it, if it says."""
    filename: str | None
    data: Any
    """The part `data`: what was sent as JSON, not validated; an empty object where there is none."""
    pointer: str
    """Where the file stands in the request: the whole body, or a part of a form."""


@contextmanager
def upload_folder() -> Iterator[Path]:
    """A folder for one upload and what is made of it. Removed at the end; a leftover of a crash is swept."""
    folder = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def sweep_folders() -> None:
    """Remove folders that a crash has left, a day later."""
    before = clock.seconds() - LEFTOVER_SECONDS
    for folder in Path(tempfile.gettempdir()).glob(f"{FOLDER_PREFIX}*"):
        with suppress(OSError):  # of another user, or gone in this moment
            if folder.stat().st_mtime < before:
                shutil.rmtree(folder)


async def receive(request: Request, folder: Path) -> Upload:
    """The file of a request: its body, or the part `file` of a form.

    Raises `UnsupportedMediaType` (415) for a type that is not taken, `InvalidBody` (422) for a form that cannot be
    read or an empty file, `PayloadTooLarge` (413) through the middleware.
    """
    mime_type, _ = parse_options_header(request.headers.get("content-type", ""))
    kind = mime_type.decode("latin-1").lower()
    if kind == MULTIPART:
        return await _receive_form(request, folder)
    require_taken(kind)
    sha256, size = await _write(request.stream(), folder / "sent")
    return Upload(folder / "sent", sha256, size, kind, _filename(request.headers.get("content-disposition")), {}, "")


def require_taken(mime_type: str) -> None:
    """Raise `UnsupportedMediaType` with the list of what is taken."""
    if mime_type not in EXTENSIONS:
        accepted = ", ".join((*EXTENSIONS, MULTIPART))
        raise UnsupportedMediaType(headers={"Accept": accepted}, accepted=[*EXTENSIONS, MULTIPART])


async def _write(chunks: AsyncIterator[bytes], path: Path) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with path.open("wb") as file:
        async for chunk in chunks:
            digest.update(chunk)
            size += file.write(chunk)
    return digest.hexdigest(), size


async def _receive_form(request: Request, folder: Path) -> Upload:
    parser = MultiPartParser(request.headers, request.stream(), max_files=2, max_fields=2, max_part_size=DATA_BYTES)
    try:
        form = await parser.parse()
    except (MultiPartException, UnicodeError):  # UnicodeError: a charset that decodes nothing
        raise InvalidBody(errors=[Fault("form_invalid", pointer="")]) from None
    try:
        file, data = form.get("file"), form.get("data")
        faults = [Fault("unknown_field", pointer=f"/{name}") for name in form if name not in {"file", "data"}]
        if not isinstance(file, UploadFile):
            faults.append(Fault("required", pointer="/file"))
        if faults or not isinstance(file, UploadFile):
            raise InvalidBody(errors=faults)
        kind = (file.content_type or "").partition(";")[0].strip().lower()
        if kind not in {"", UNKNOWN_TYPE}:
            require_taken(kind)
        sha256, size = await to_thread(_copy, file.file, folder / "sent")
        name, sent = _clean_name(file.filename), await _data(data)
        return Upload(folder / "sent", sha256, size, kind or None, name, sent, "/file")
    finally:
        await form.close()


def _copy(source: Any, path: Path) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with path.open("wb") as file:
        while chunk := source.read(CHUNK):
            digest.update(chunk)
            size += file.write(chunk)
    return digest.hexdigest(), size


async def _data(part: UploadFile | str | None) -> Any:
    """The JSON of the part `data`, which may come as a file with a type of its own."""
    if isinstance(part, UploadFile) and (part.size or 0) > DATA_BYTES:
        raise InvalidBody(errors=[Fault("too_long", pointer="/data", params={"max": DATA_BYTES, "actual": part.size})])
    text = await part.read() if isinstance(part, UploadFile) else part
    try:
        found = storable(from_json(text)) if text else {}
    except ValueError:
        raise InvalidBody(errors=[Fault("json_invalid", pointer="/data")]) from None
    require_few_values(found, "/data")
    return found


def _filename(header: str | None) -> str | None:
    """The name in `Content-Disposition` (RFC 6266): `filename*` goes before `filename`."""
    if not header:
        return None
    message = Message()
    message["content-disposition"] = header.replace("\r", "").replace("\n", "")
    try:
        name = message.get_filename() or ""
    except ValueError:  # a charset that decodes nothing, or the number of a part with thousands of digits
        return None
    try:  # `filename` in raw UTF-8, which a header is read as Latin-1 of
        return _clean_name(name.encode("latin-1").decode())
    except UnicodeError:
        return _clean_name(name)


def _clean_name(name: str | None) -> str | None:
    """The name without folders, on one line, of at most `LONGEST_NAME` characters."""
    line = clean_line(PATH_BEFORE_NAME.sub("", name or ""))
    return line[-LONGEST_NAME:] or None

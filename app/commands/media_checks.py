"""What `doctor` looks at of pictures: their stores, whether originals can be read from outside, missing files."""

from __future__ import annotations

import os
import secrets
import stat
import tempfile
from collections.abc import Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from app.commands.checks import PATIENCE, Check
from app.commands.picture_check import pictures
from app.media.names import UNKNOWN_TYPE, new_key
from app.media.storage import FileMissing, Store, StoreAway, Stores
from app.outbound.client import opening_of
from app.settings import PREFIX, Settings

READ_THE_DOCS = 'see "Where pictures lie" in docs/operations.md'


async def media(settings: Settings) -> list[Check]:
    """The stores, the originals, and the files of all pictures."""
    stores = Stores.of(settings)
    return [
        await _usable("renditions", stores.renditions, settings.media_store),
        await _usable("originals", stores.originals, settings.media_originals),
        await _private(stores.originals, settings),
        *await pictures(settings),
    ]


# ── Whether a store can be used ──────────────────────────────────────────────────────────────────────────────────────


async def _usable(name: str, store: Store, address: str) -> Check:
    """Stores a file, reads it and removes it. A folder that is not there yet is not made."""
    if store.folder is not None and not store.folder.path.exists():
        there = next(place for place in store.folder.path.parents if place.exists())
        if os.access(there, os.W_OK | os.X_OK):
            return Check(name, "ok", f"{address}: not there yet, made with the first picture")
        return Check(name, "error", f"{there} cannot be written", "give it to the user that serves")
    content = secrets.token_bytes(100)
    try:
        async with _probe(store, content) as probe:
            if await store.read(probe) != content:
                return Check(name, "error", f"{address}: other bytes come back", READ_THE_DOCS)
    except (StoreAway, FileMissing) as error:
        return Check(name, "error", f"{address}: {error}", f"is it there, and are {PREFIX}MEDIA_S3_… right?")
    if store.folder is not None and store.folder.private and stat.S_IMODE(store.folder.path.stat().st_mode) & 0o077:
        return Check(name, "warning", f"others on this machine can read {address}", f"chmod 700 {store.folder.path}")
    return Check(name, "ok", f"{address}: can be written and read")


@asynccontextmanager
async def _probe(store: Store, content: bytes) -> Any:
    """A file under the name of an original, so that a run that is killed leaves nothing that is not swept."""
    name = f"{new_key()}.gif"
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, name)
        source.write_bytes(content)
        await store.put(name, source, UNKNOWN_TYPE, immutable=False)
    try:
        yield name
    finally:
        await store.remove([name])


# ── Whether originals can be read from outside ───────────────────────────────────────────────────────────────────────


async def _private(store: Store, settings: Settings) -> Check:
    """Files as they were sent hold the place and the camera: they must not lie below what is served."""
    apart = _lie_apart(settings)
    if apart is not None or settings.media_url is None:
        return apart or Check("private", "ok", "originals lie apart from renditions")
    if store.folder is not None and not store.folder.path.exists():
        return Check("private", "ok", f"not asked yet: there are no originals below {settings.media_originals}")
    try:
        async with _probe(store, b"a file that nobody may read") as probe:
            return await _asked(_addresses(settings, probe), settings.media_url)
    except StoreAway as error:
        return Check("private", "warning", f"not asked: {error}", "see the check of originals")


def _lie_apart(settings: Settings) -> Check | None:
    """What is wrong with where they lie: links between folders, one bucket for both."""
    one, other = settings.media_store, settings.media_originals
    if one.startswith("s3://") and other.startswith("s3://"):
        if one.split("/")[2] != other.split("/")[2]:
            return None
        detail = f"{one} and {other} are one bucket: its policy must open the first prefix alone"
        return Check("private", "warning", detail, f"give {PREFIX}MEDIA_ORIGINALS a bucket of its own")
    if one.startswith("s3://") or other.startswith("s3://"):
        return None
    public, private = Path(one).resolve(), Path(other).resolve()
    if public != private and public not in private.parents and private not in public.parents:
        return None
    return Check("private", "error", f"{private} lies in {public}, or around it", READ_THE_DOCS)


def _addresses(settings: Settings, name: str) -> Iterator[str]:
    """Where the file could be read, if what is served holds the originals too."""
    served = settings.media_url or ""
    folder = settings.media_originals.partition("://")[2].partition("/")[2] or Path(settings.media_originals).name
    origin = urlunsplit((*urlsplit(served)[:2], "", "", ""))
    parent = served.rpartition("/")[0] if urlsplit(served).path.strip("/") else served
    for base in dict.fromkeys((served, parent, origin)):
        yield f"{base}/{name}"
        yield f"{base}/{folder}/{name}"


async def _asked(addresses: Iterator[str], served: str) -> Check:
    for address in dict.fromkeys(addresses):
        try:
            answer = await opening_of(address, PATIENCE)
        except ConnectionError as error:
            return Check("private", "warning", f"not asked: {address}: {error}", f"is {PREFIX}MEDIA_URL right?")
        if answer.status == 200:
            detail = f"{address} answers 200 for an original: everybody can read files as they were sent"
            return Check("private", "error", detail, READ_THE_DOCS)
    return Check("private", "ok", f"{served} does not serve originals")

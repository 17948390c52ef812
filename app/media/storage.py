"""Object storage for pictures: one code path (obstore) for a folder and for any S3-compatible service.

Names are checked here. Nothing waits without a bound: a store that does not answer raises `StoreAway`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

from app.kit.clock import floor
from app.media.folder import Folder
from app.media.names import is_name
from app.settings import Settings

CHUNK = 131_072  # bytes that are read at once; a smaller file takes one request
PATIENCE = 10.0  # seconds for one request of the store, its repetitions included
PUT_PATIENCE, PUT_BYTES_A_SECOND = 20.0, 1_000_000  # for storing a file: seconds, and more for a large one
PART = 5 * 1024 * 1024  # bytes in memory at once of a file that is stored; S3 takes no smaller part of a larger file
PARTS_AT_ONCE = 2
LISTED = 500  # names in one step of a listing
IMMUTABLE = "public, max-age=31536000, immutable"
# Few and quick: a reader waits. A job tries again later anyway.
RETRIES: Any = {
    "max_retries": 2,
    "retry_timeout": timedelta(seconds=8),
    "backoff": {"init_backoff": timedelta(milliseconds=100), "max_backoff": timedelta(seconds=1), "base": 2},
}


class FileMissing(Exception):
    """The store has no file of this name."""


class StoreAway(Exception):
    """The store does not answer, refuses us, or is full: try again later. The message says what it said."""


class Opened:
    """A file that is being read: its size in bytes, its first chunk, the others when they are asked for.

    Nothing is held open between two chunks: a slow reader costs no connection of the store.
    """

    def __init__(self, store: Store, name: str, size: int, first: bytes) -> None:
        self._store, self._name = store, name
        self.size, self.first = size, first

    @property
    def is_whole(self) -> bool:
        """Whether the first chunk is all of it."""
        return len(self.first) == self.size

    async def chunks(self, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes from `start` up to `end`, without it. Raises `FileMissing` and `StoreAway`."""
        end = self.size if end is None else min(end, self.size)
        if start < len(self.first):
            yield self.first[start:end]
            start = len(self.first)
        for place in range(start, end, CHUNK):
            yield await self._store.part(self._name, place, min(place + CHUNK, end))


class Store:
    """Files by name. Every method raises `StoreAway`; `ValueError` for a name that no store takes."""

    def __init__(self, place: Folder | S3Store, patience: float = PATIENCE) -> None:
        """`patience`: seconds that one request may take."""
        self._place, self._patience = place, patience
        self.folder = place if isinstance(place, Folder) else None

    @staticmethod
    def at(address: str, settings: Settings, *, private: bool) -> Store:
        """The store at `address`: a folder, or `s3://bucket/prefix`. Nothing is asked or made yet.

        `private`: a folder that only we may read. The policy of a bucket is its owner's.
        """
        return Store(
            _bucket(address, settings) if address.startswith("s3://") else Folder(Path(address), private=private)
        )

    async def put(self, name: str, source: Path, mime_type: str, *, immutable: bool) -> None:
        """Store a file, in place of one of that name. It has its name only when it is whole.

        In a folder it is on the disk when this returns, so a row that is committed afterwards names a file that even
        a loss of power leaves. `immutable`: a service may let its clients keep it for ever.
        """
        size = source.stat().st_size
        if not size:
            raise ValueError(f"{source} is empty")
        attributes: Any = {"Content-Type": mime_type, "Cache-Control": IMMUTABLE if immutable else "no-store"}
        async with self._asking(name, PUT_PATIENCE + size / PUT_BYTES_A_SECOND):
            if self.folder is not None:
                await asyncio.to_thread(self.folder.make)
            try:
                await obstore.put_async(
                    self._objects(),
                    name,
                    source,
                    attributes=None if self.folder is not None else attributes,  # a file has none
                    chunk_size=PART,
                    max_concurrency=PARTS_AT_ONCE,
                )
            except FileNotFoundError as error:
                raise StoreAway("the bucket is not there") from error
            if self.folder is not None:
                await asyncio.to_thread(self.folder.settle, name)

    async def open(self, name: str) -> Opened:
        """Begin to read a file, with one request. Raises `FileMissing`."""
        if self.folder is not None and (known := self.folder.in_memory(_checked(name), CHUNK)):
            return Opened(self, name, *known)
        async with self._asking(name):
            found = await obstore.get_async(self._objects(), name, options={"range": (0, CHUNK)})
            return Opened(self, name, found.meta["size"], bytes(await found.bytes_async()))

    async def part(self, name: str, start: int, end: int) -> bytes:
        """The bytes from `start` up to `end`, without it. Raises `FileMissing`."""
        async with self._asking(name):
            return bytes(await obstore.get_range_async(self._objects(), name, start=start, end=end))

    async def read(self, name: str) -> bytes:
        """A whole file in memory. Raises `FileMissing`."""
        return b"".join([chunk async for chunk in (await self.open(name)).chunks()])

    async def is_there(self, name: str) -> bool:
        try:
            async with self._asking(name):
                await obstore.head_async(self._objects(), name)
        except FileMissing:
            return False
        return True

    async def remove(self, names: Iterable[str]) -> None:
        """Remove files; those that are not there are passed over."""
        wanted = [_checked(name) for name in names]
        for low in range(0, len(wanted), LISTED):
            some = wanted[low : low + LISTED]
            try:
                async with self._asking(some[0]):
                    await obstore.delete_async(self._objects(), some)
            except FileMissing:  # a folder stops at the first one that is not there
                for name in some:
                    await self._remove(name)

    async def _remove(self, name: str) -> None:
        try:
            async with self._asking(name):
                await obstore.delete_async(self._objects(), name)
        except FileMissing:
            pass

    async def names(self, prefix: str = "") -> AsyncIterator[tuple[str, datetime]]:
        """Each file below the folder `prefix` (without it: all), and when it was stored, in no order.

        Names that we would not give are left out. A folder that was not made yet has none.
        """
        if self.folder is not None and not self.folder.path.exists():
            return
        listed = None
        while True:
            async with self._asking(prefix or None):
                listed = listed or aiter(obstore.list(self._objects(), prefix=prefix or None, chunk_size=LISTED))
                found = await anext(listed, None)
            if found is None:
                return
            for one in found:
                if is_name(one["path"]):
                    yield one["path"], floor(one["last_modified"])

    def _objects(self) -> LocalStore | S3Store:
        return self._place.store() if isinstance(self._place, Folder) else self._place

    @asynccontextmanager
    async def _asking(self, name: str | None, seconds: float = 0) -> AsyncIterator[None]:
        """One request about `name`: bounded in time, its errors told as ours."""
        if name is not None:
            _checked(name)
        try:
            async with asyncio.timeout(max(seconds, self._patience)):
                yield
        except FileNotFoundError as error:
            if self.folder is not None and not self.folder.path.is_dir():  # a disk that is not mounted
                raise StoreAway(f"{self.folder.path} is not there") from error
            raise FileMissing(name or "") from error
        except (BaseError, OSError) as error:  # OSError: also TimeoutError
            raise StoreAway(str(error).partition("\n")[0] or "no answer in time") from error


@dataclass
class Stores:
    """The two stores of an installation."""

    renditions: Store
    originals: Store
    missing: int = 0
    """How often this process met a file that is not there although a row lists it."""

    @staticmethod
    def of(settings: Settings) -> Stores:
        return Stores(
            Store.at(settings.media_store, settings, private=False),
            Store.at(settings.media_originals, settings, private=True),
        )


def _checked(name: str) -> str:
    if not is_name(name):
        raise ValueError(f"{name!r} is no name of a file")
    return name


def _bucket(address: str, settings: Settings) -> S3Store:
    """The bucket, by our settings alone: obstore would also read the environment, for keys, addresses and proxies.

    Without a key it does ask the environment for one: a machine in a cloud has a role in place of a key.
    """
    bucket, _, prefix = address.removeprefix("s3://").partition("/")
    endpoint = settings.media_s3_endpoint or f"https://s3.{settings.media_s3_region}.amazonaws.com"
    keys: Any = {"credential_provider": lambda: _credentials(settings)} if settings.media_s3_access_key else {}
    return S3Store(
        bucket,
        prefix=prefix or None,
        config={
            "endpoint": endpoint,
            "region": settings.media_s3_region,
            "virtual_hosted_style_request": False,  # the bucket in the path: a service of one's own has no other names
            "skip_signature": False,
        },
        client_options={
            "allow_http": endpoint.startswith("http:"),
            "connect_timeout": timedelta(seconds=3),
            "timeout": timedelta(seconds=30),
            # A proxy that is never used stands in place of those of the environment.
            "proxy_url": "http://127.0.0.1:9",
            "proxy_excludes": urlsplit(endpoint).hostname or "",
        },
        retry_config=RETRIES,
        **keys,
    )


def _credentials(settings: Settings) -> Any:
    return {
        "access_key_id": settings.media_s3_access_key,
        "secret_access_key": settings.media_s3_secret_key,
        "token": None,
        "expires_at": None,
    }

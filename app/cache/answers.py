"""Cached answers and their variants: one for each content encoding."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import re
from functools import lru_cache

import brotli  # type: ignore[import-untyped]  # it ships no types
from starlette.types import Message

Headers = list[tuple[bytes, bytes]]
LEAST = 400  # bytes: shorter bodies do not gain from compression
OVERHEAD = 2_000  # bytes: estimate of what an answer or a variant takes beside its body and headers
PER_TAG = PER_HEADER = 150
COMPRESSIBLE = re.compile(rb"text/|application/(json|xml|yaml|[\w.-]+\+(json|xml))|image/svg\+xml|text/javascript")
IDENTITY = ""
LONGEST_KEPT = 200  # bytes of an `Accept-Encoding` whose parsed form is cached


class Variant:
    """An answer in one content encoding: headers and body, without the `X-Request-ID` of the single request."""

    __slots__ = ("_lines", "body", "etag", "headers", "unmodified")

    def __init__(self, headers: Headers, body: bytes, encoding: str, digest: str, *, vary: bool) -> None:
        suffix = f"-{encoding}" if encoding else ""
        self.etag = f'"{digest}{suffix}"'.encode()
        kept = _varying(headers) if vary else headers
        self.unmodified = [*(pair for pair in kept if pair[0] != b"content-type"), (b"etag", self.etag)]
        self.headers = [*kept, (b"etag", self.etag), (b"content-length", str(len(body)).encode())]
        if encoding:
            self.headers.append((b"content-encoding", encoding.encode()))
        self.body: Message = {"type": "http.response.body", "body": body}
        self._lines: dict[bool, bytes] = {}

    def lines(self, *, unmodified: bool) -> bytes:
        """The header lines as bytes, of a 304 or of a 200."""
        found = self._lines.get(unmodified)
        if found is None:
            pairs = self.unmodified if unmodified else self.headers
            found = self._lines[unmodified] = b"".join(b"%b: %b\r\n" % pair for pair in pairs)
        return found


class Answer:
    """A cached public 200 with its tags, its variants and its recent cache hits."""

    __slots__ = (
        "_compressible",
        "_digest",
        "_headers",
        "_seldom",
        "aliases",
        "body",
        "bulky",
        "hits",
        "key",
        "main_index",
        "making",
        "size",
        "tags",
        "variants",
    )

    def __init__(
        self,
        key: object,
        headers: Headers,
        body: bytes,
        tags: frozenset[str],
        *,
        seldom: bool = False,
        bulky: bool = False,
        etag: str | None = None,
    ) -> None:
        self.key, self.tags, self._seldom, self.bulky = key, tags, seldom, bulky
        self._headers, self.body = headers, body
        self._digest = etag or digest_of(body)
        media_type = next((value for name, value in headers if name == b"content-type"), b"")
        self._compressible = len(body) >= LEAST and COMPRESSIBLE.match(media_type) is not None
        self.variants: dict[str, Variant] = {}
        self.making: dict[str, asyncio.Future[bytes]] = {}
        self.aliases: list[object] = []
        self.hits = 0
        self.main_index: int | None = None
        written = sum(len(name) + len(value) + PER_HEADER for name, value in headers)
        self.size = len(body) + written + 4 * len(str(key)) + PER_TAG * len(tags) + OVERHEAD
        self.add(IDENTITY, body)

    def encoding(self, wanted: str) -> str:
        """`wanted` (`br`, `gzip` or none) where the body is worth compressing, else none."""
        return wanted if self._compressible else IDENTITY

    def compressed(self, encoding: str) -> bytes:
        """Compress the body, always to the same bytes; at a lower level where the answer is `seldom` repeated."""
        if encoding == "br":
            return bytes(brotli.compress(self.body, quality=3 if self._seldom else 5))
        return gzip.compress(self.body, 3 if self._seldom else 6, mtime=0) if encoding == "gzip" else self.body

    def add(self, encoding: str, body: bytes) -> Variant:
        """Store `body` as the variant for `encoding`, and add its bytes to `size`."""
        found = Variant(self._headers, body, encoding, self._digest, vary=self._compressible)
        self.variants[encoding] = found
        if encoding:
            self.size += len(body) + OVERHEAD
        return found


def digest_of(body: bytes) -> str:
    """The ETag of a body, without quotes."""
    return hashlib.sha256(body).hexdigest()[:32]  # processors have instructions for SHA-256


def _varying(headers: Headers) -> Headers:
    varies = [value for name, value in headers if name == b"vary"]
    return [*(pair for pair in headers if pair[0] != b"vary"), (b"vary", b", ".join([b"Accept-Encoding", *varies]))]


def best_encoding(accepted: bytes) -> str:
    """The encoding for an `Accept-Encoding` (RFC 9110 §12.5.3): `br` before `gzip`; none without either."""
    return _best_encoding(accepted) if len(accepted) <= LONGEST_KEPT else _best_encoding.__wrapped__(accepted)


@lru_cache(maxsize=512)
def _best_encoding(accepted: bytes) -> str:
    weights: dict[str, float] = {}
    for part in accepted.decode("latin-1").lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        weight = next((text[2:] for text in parameters if text.startswith("q=")), "1")
        weights[name] = float(weight) if re.fullmatch(r"[01](\.\d{0,3})?", weight) else 0.0
    wanted = {name: weights.get(name, weights.get("*", 0.0)) for name in ("br", "gzip")}
    best = max(wanted, key=lambda name: wanted[name])
    return best if wanted[best] > 0 and wanted[best] >= weights.get("identity", 0.0) else IDENTITY

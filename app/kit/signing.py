"""Signatures: HMAC-SHA-256 with a sub-key for each purpose. The first key signs, all keys verify."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from functools import lru_cache


class Signer:
    """Signs and verifies short byte strings for one purpose (`cursor`, `comment-edit`, …)."""

    def __init__(self, keys: Sequence[str], purpose: str) -> None:
        self._keys = [hmac.digest(key.encode(), f"nashra:{purpose}".encode(), "sha256") for key in keys]

    def sign(self, message: bytes, length: int = 32) -> bytes:
        """The first `length` bytes of the signature."""
        return hmac.digest(self._keys[0], message, "sha256")[:length]

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Whether any of the keys made `signature`, compared in constant time."""
        length = len(signature)
        return length >= 16 and any(
            hmac.compare_digest(hmac.digest(key, message, "sha256")[:length], signature) for key in self._keys
        )

    def digests(self, text: str) -> list[str]:
        """The HMAC of `text` under every key, the present key's first, to find rows written with an older key."""
        return [hmac.digest(key, text.encode(), "sha256").hex() for key in self._keys]


@lru_cache(maxsize=64)
def signer_of(keys: tuple[str, ...], purpose: str) -> Signer:
    """The signer for this purpose. Cached: deriving the keys costs as much as a signature."""
    return Signer(keys, purpose)


def digest(text: str | bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()


def to_base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    """Raises `ValueError` for anything that is not unpadded base64url."""
    if not text.isascii():
        raise ValueError("not base64url")
    return base64.b64decode(text.encode() + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)

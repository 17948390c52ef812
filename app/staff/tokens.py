"""The format of a staff token: `nsh_`, 32 random letters and digits, 6 of checksum.

The checksum (CRC-32 in base 62) lets us refuse a mistyped or invented token without a query, and lets secret
scanners recognise a real one.
"""

from __future__ import annotations

import re
import secrets
import string
import zlib

PREFIX = "nsh_"
ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
SHOWN = len(PREFIX) + 6
_SHAPE = re.compile(rf"{PREFIX}[0-9A-Za-z]{{38}}")


def new_token() -> str:
    """A new token with about 190 bits of randomness."""
    secret = "".join(secrets.choice(ALPHABET) for _ in range(32))
    return PREFIX + secret + _checksum(secret)


def is_well_formed(token: str) -> bool:
    return bool(_SHAPE.fullmatch(token)) and _checksum(token[len(PREFIX) : -6]) == token[-6:]


def _checksum(secret: str) -> str:
    number, text = zlib.crc32(secret.encode()), ""
    for _ in range(6):
        number, digit = divmod(number, 62)
        text = ALPHABET[digit] + text
    return text

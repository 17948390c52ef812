"""The format of a token: a prefix, 32 random letters and digits, 6 of checksum. That of a staff token is `nsh_`.

The checksum (CRC-32 in base 62) lets us refuse a mistyped or invented token without a query, and lets secret
scanners recognise a real one. A token of another purpose has another prefix, so that none passes as another.
"""

from __future__ import annotations

import re
import secrets
import string
import zlib

PREFIX = "nsh_"
ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
SHOWN = len(PREFIX) + 6
_SECRET = re.compile(r"[0-9A-Za-z]{38}")


def new_token(prefix: str = PREFIX) -> str:
    """A new token with about 190 bits of randomness."""
    secret = "".join(secrets.choice(ALPHABET) for _ in range(32))
    return prefix + secret + _checksum(secret)


def is_well_formed(token: str, prefix: str = PREFIX) -> bool:
    """Whether it has this prefix, the length, and the checksum of a token."""
    rest = token.removeprefix(prefix)
    return token.startswith(prefix) and bool(_SECRET.fullmatch(rest)) and _checksum(rest[:-6]) == rest[-6:]


def _checksum(secret: str) -> str:
    number, text = zlib.crc32(secret.encode()), ""
    for _ in range(6):
        number, digit = divmod(number, 62)
        text = ALPHABET[digit] + text
    return text

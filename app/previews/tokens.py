"""The token of a preview: `npv_`, then 32 random letters and digits and 6 of checksum, as in a token of staff."""

from __future__ import annotations

from app.staff import tokens

PREFIX = "npv_"


def new_token() -> str:
    """A new token with about 190 bits of randomness."""
    return tokens.new_token(PREFIX)


def is_well_formed(token: str) -> bool:
    """Whether it can be the token of a preview. No query is needed for one that is not."""
    return tokens.is_well_formed(token, PREFIX)

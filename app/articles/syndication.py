"""Whether others may publish an article's full text again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime


def syndication_of(rights: Mapping[str, object] | None, default: str) -> str:
    """`yes`, `no` or `verify`: what the rights of an article say, else `default`, which is `NASHRA_SYNDICATION`."""
    return str((rights or {}).get("syndication") or default)


def rights_end(rights: Mapping[str, object] | None) -> datetime | None:
    """The moment from which on the rights of an article permit nothing any more."""
    expires_at = (rights or {}).get("expires_at")
    if isinstance(expires_at, str):
        return datetime.fromisoformat(expires_at)
    return expires_at if isinstance(expires_at, datetime) else None


def may_syndicate(rights: Mapping[str, object] | None, default: str, now: datetime) -> bool:
    """Whether the body and the pictures of an article may stand in full-text feeds and copies of others.

    `rights` are the article's (`syndication`: yes, no, verify; `expires_at`: ISO 8601 or a datetime); `default` is
    `NASHRA_SYNDICATION`. Only "yes" permits: "verify" means that one must ask first.
    """
    end = rights_end(rights)
    return syndication_of(rights, default) == "yes" and (end is None or now < end)

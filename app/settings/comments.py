"""Settings of comments."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from app.settings.group import SettingsGroup
from app.settings.values import split

CommentsMode = Literal["open", "premoderated", "closed"]


def _rates(value: object) -> object:
    """`5/60,20/600` is at most 5 in 60 seconds and at most 20 in 600."""
    pairs = split(value)
    if not isinstance(pairs, list):
        return value
    rates = [tuple(pair.split("/")) if isinstance(pair, str) else pair for pair in pairs]
    if any(not str(number).strip().isdecimal() or int(number) < 1 for rate in rates for number in rate):
        raise ValueError("must be pairs such as 5/60: at most 5 in 60 seconds")
    if len({int(seconds) for _, seconds in rates}) < len(rates):
        raise ValueError("has two limits for the same number of seconds")
    return rates


class CommentSettings(SettingsGroup):
    """What a comment needs, and how many may come."""

    comments: CommentsMode = Field(
        "premoderated", description="`open`, `premoderated` or `closed`, where no article says."
    )
    comments_require_name: bool = Field(True, description="A comment needs a name.")
    comments_require_email: bool = Field(True, description="A comment needs an e-mail address.")
    comments_require_consent: bool = Field(False, description="A comment needs consent to the privacy text.")
    comments_privacy_text: str = Field("", description="Privacy text of the comment form (empty: the built-in one).")
    comments_privacy_version: str = Field("1", description="Version of the privacy text.")
    comments_close_after_days: int = Field(
        0, ge=0, description="Days after publication when comments close (0: never)."
    )
    comments_rate: Annotated[tuple[tuple[int, int], ...], BeforeValidator(_rates)] = Field(
        ((5, 60), (20, 600), (100, 86_400)), description="Comments per address: `count/seconds`, comma-separated."
    )
    comments_network_factor: int = Field(10, ge=1, description="A /24 or /64 network may send this many times as much.")
    comments_edit_minutes: int = Field(
        5, ge=0, description="Minutes in which an approved comment's author may edit it."
    )

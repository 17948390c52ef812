"""Checks of a line's field beside the fields that stand before it."""

from __future__ import annotations

from datetime import datetime

from pydantic import AfterValidator, ValidationInfo

from app.kit import clock
from app.kit.faults import custom


def needed_in(field: str, *states: str) -> AfterValidator:
    """The value is required where `field`, which stands before it, has one of `states`."""

    def check(value: object, info: ValidationInfo) -> object:
        if value is None and info.data.get(field) in states:
            raise custom("required")
        return value

    return AfterValidator(check)


def needed_with(field: str) -> AfterValidator:
    """The value is required where `field`, which stands before it, has one."""

    def check(value: object, info: ValidationInfo) -> object:
        if value is None and info.data.get(field) is not None:
            raise custom("required")
        return value

    return AfterValidator(check)


def _not_before_embargo(at: datetime | None, info: ValidationInfo) -> datetime | None:
    until = getattr(info.data.get("content"), "embargo_until", None)
    if at is not None and until is not None and info.data.get("state") == "published" and at < until:
        raise custom("embargoed", until=clock.written(until))
    return at


KEEPS_EMBARGO = AfterValidator(_not_before_embargo)
"""Of a published article: the moment is not before the end of its embargo."""

"""What `./nashra backup` does with a table. Every model says so in its attribute `backup`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Row = Mapping[str, Any]
"""A row as it stands in a backup, by column."""


@dataclass(frozen=True)
class BackupRule:
    """What goes into a backup, and what of that into one `--without-personal`."""

    is_kept: bool = True
    """Whether rows are in a backup at all."""
    is_personal: bool = False
    """Whether `--without-personal` leaves every row out."""
    left_out: frozenset[str] = frozenset()
    """Columns that a restore makes anew."""
    public_rows: str = ""
    """SQL condition of the rows that `--without-personal` keeps; `{made_at}` is its moment. Empty: all."""
    replaced: Mapping[str, Callable[[Row], Any]] = field(default_factory=dict)
    """Columns in which `--without-personal` puts another value. The row has a column `made_at` more."""


KEPT = BackupRule()
PERSONAL = BackupRule(is_personal=True)
NOT_KEPT = BackupRule(is_kept=False)


def nameless(id: str) -> str:
    """What stands for the name of a member in a backup `--without-personal`."""
    return f"member {id[-12:]}"

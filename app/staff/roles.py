"""The roles of staff. No imports but the standard library's: the help of `./nashra token create` lists them."""

from __future__ import annotations

from typing import Literal, get_args

Role = Literal["admin", "editor", "reporter", "moderator"]
ROLES: tuple[Role, ...] = get_args(Role)

"""What is wrong with a picture, as the child process tells its parent."""

from __future__ import annotations


class Invalid(Exception):
    """The file is no whole picture of its format. `reason`: `broken` or `cut_off`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class TooLarge(Exception):
    """The picture is over a limit. `reason`: `pixels` (frames counted), `side` or `memory`."""

    def __init__(self, reason: str, pixels: int | None = None) -> None:
        super().__init__(reason)
        self.reason, self.pixels = reason, pixels

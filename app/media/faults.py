"""Why a file is refused as a picture. Plain exceptions: the actions make problems of them."""

from __future__ import annotations

from typing import Literal


class UnsupportedImage(Exception):
    """The file begins like none of the formats that are taken. `mime_type` is what it is, if that is well known."""

    def __init__(self, mime_type: str | None) -> None:
        super().__init__(f"no picture of a format that is taken, but {mime_type or 'something unknown'}")
        self.mime_type = mime_type


class ImageInvalid(Exception):
    """The file begins like a picture, and is none: `empty`, `cut_off`, `broken`, or the decoder `crashed` at it."""

    def __init__(self, reason: Literal["empty", "cut_off", "broken", "crashed"]) -> None:
        super().__init__(f"the picture is not valid: {reason}")
        self.reason = reason


class ImageTooLarge(Exception):
    """The picture is over a limit.

    `reason`: `pixels` (`pixels`, frames counted, are more than `limit`), `side` (one is longer than a JPEG can be),
    `memory` or `time` (decoding needs more than the child process may have). `pixels` is None where it is not known.
    """

    def __init__(
        self, reason: Literal["pixels", "side", "memory", "time"], limit: int, pixels: int | None = None
    ) -> None:
        super().__init__(f"the picture is too large: {reason}, {pixels or 'unknown'} pixels of {limit}")
        self.reason, self.limit, self.pixels = reason, limit, pixels


class DecoderFailed(Exception):
    """The child process did not run: a fault of the installation, not of the picture. Its words are in the log."""

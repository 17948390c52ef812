"""ThumbHashes equal those of the reference."""

from __future__ import annotations

import pytest

from app.media.decoding.thumbhash import thumbhash


def picture(width: int, height: int, *, opaque: bool) -> bytes:
    return bytes(
        value
        for y in range(height)
        for x in range(width)
        for value in (
            x * x * 7 % 251,
            (y * 5 + x * 3) % 256,
            (x * y * 11 + 40) % 256,
            255 if opaque else (x * 13 + y) % 256,
        )
    )


# From the Python translation of the reference, with its line for transparency repaired.
@pytest.mark.parametrize(
    ("width", "height", "opaque", "expected"),
    [
        (100, 67, True, "dee7051586226877976777758078938700990589b5"),
        (67, 100, False, "ded781030207825787a82071050b376c29096554787887"),
        (40, 40, False, "9d97810d0427761b40abc296558630a3f7fd74306867778877"),
        (3, 90, True, "d33605290851744877808b58ef7744d9f8"),
        (1, 1, True, "c3060a570008f708888788708f7088f80888707ff8000000"),
    ],
)
def test_a_thumbhash_equals_the_reference(width: int, height: int, opaque: bool, expected: str) -> None:
    assert thumbhash(width, height, picture(width, height, opaque=opaque)).hex() == expected

"""Renditions are sRGB, whatever a file holds: other colour spaces, CMYK, 16 bits, grey, palettes."""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from tests.media.drawn import (
    PLAN,
    RED,
    cmyk_profile,
    decoded_here,
    near,
    png,
    quarters,
    rgb_profile,
    written,
)

PLAIN = replace(PLAN, widths=(64,), crops=())
MUTED = (180, 100, 60)


def colour(folder: Path, content: bytes, filename: str = "w64.webp") -> tuple[int, ...]:
    return decoded_here(folder, content, PLAIN).colour(filename)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_display_p3_becomes_srgb(tmp_path: Path, format: str) -> None:
    """By the matrices of both, (180, 100, 60) of P3 is about (193, 97, 49); without the profile it would be pale."""
    content = written(Image.new("RGB", (64, 64), MUTED), format, icc_profile=rgb_profile(2.2))
    assert near(colour(tmp_path, content), (193, 97, 49), 6)


def test_the_curve_of_a_profile_is_followed(tmp_path: Path) -> None:
    content = written(Image.new("RGB", (64, 64), (128, 128, 128)), "PNG", icc_profile=rgb_profile(1.0))
    assert near(colour(tmp_path, content), (188, 188, 188), 4)


def test_a_profile_leaves_transparency_alone(tmp_path: Path) -> None:
    image = Image.new("RGBA", (64, 64), (*MUTED, 128))
    found = colour(tmp_path, written(image, "PNG", icc_profile=rgb_profile(2.2)), "w64.png")
    assert near(found, (193, 97, 49, 128), 6)


def test_cmyk_without_a_profile_is_converted(tmp_path: Path) -> None:
    content = written(Image.new("CMYK", (64, 64), (0, 255, 255, 0)))
    assert near(colour(tmp_path, content), (255, 0, 0))


def test_cmyk_is_converted_by_its_profile(tmp_path: Path) -> None:
    """The profile of this test makes grey of all inks: without it the picture would be red."""
    content = written(Image.new("CMYK", (64, 64), (0, 255, 255, 0)), icc_profile=cmyk_profile())
    red, green, blue, _ = colour(tmp_path, content)
    assert max(red, green, blue) - min(red, green, blue) < 16
    assert 60 < green < 200


@pytest.mark.parametrize("broken", [b"no profile at all", rgb_profile(1.0)[:200], cmyk_profile(), b"\0" * 5_000_000])
def test_a_broken_foreign_or_huge_profile_is_ignored(tmp_path: Path, broken: bytes) -> None:
    content = written(Image.new("RGB", (64, 64), MUTED), icc_profile=broken)
    assert near(colour(tmp_path, content), MUTED, 6)


def test_sixteen_bits_become_eight(tmp_path: Path) -> None:
    grey = b"".join(b"\0" + struct.pack(">H", 0x8000) * 64 for _ in range(64))
    assert near(colour(tmp_path, png(64, 64, grey, depth=16)), (128, 128, 128), 3)
    rgb = b"".join(b"\0" + struct.pack(">3H", *(value << 8 for value in MUTED)) * 64 for _ in range(64))
    assert near(colour(tmp_path, png(64, 64, rgb, depth=16, colour=2)), MUTED, 6)


def test_grey_and_two_levels_are_scaled_smoothly(tmp_path: Path) -> None:
    assert near(colour(tmp_path, written(Image.new("L", (64, 64), 90))), (90, 90, 90), 4)
    board = Image.effect_noise((640, 640), 200).convert("1")
    assert near(colour(tmp_path, written(board, "PNG")), (128, 128, 128), 80)


def test_a_palette_keeps_its_transparency(tmp_path: Path) -> None:
    image = quarters(64, 64).quantize(8)
    made = decoded_here(tmp_path, written(image, "PNG", transparency=image.getpixel((8, 8))), PLAIN)
    assert made.names == ["w64.webp", "w64.png"]
    assert made.colour("w64.png", 0.1, 0.1)[3] == 0
    opaque = decoded_here(tmp_path, written(quarters(64, 64).quantize(8), "PNG"), PLAIN)
    assert near(opaque.colour("w64.jpg", 0.1, 0.1), RED)

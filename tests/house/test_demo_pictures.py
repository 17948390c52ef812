"""The pictures of the demo newsroom: small, described, used."""

from __future__ import annotations

import json

from app.demo.pour import CONTENT, PICTURE, PICTURES

INDEX = json.loads((PICTURES / "index.json").read_text("utf-8"))
LARGEST, ALL = 60_000, 500_000  # bytes


def test_the_pictures_are_small() -> None:
    sizes = {path.name: path.stat().st_size for path in PICTURES.glob("*.webp")}
    assert {name for name, size in sizes.items() if size > LARGEST} == set()
    assert 0 < sum(sizes.values()) <= ALL


def test_each_picture_is_in_the_index_with_its_words_and_is_shown() -> None:
    assert {one["file"] for one in INDEX} == {path.name for path in PICTURES.glob("*.webp")}
    assert all(one["alt"] and one["credit"] and one["keywords"] for one in INDEX)
    shown = set(PICTURE.findall(CONTENT.read_text("utf-8")))
    assert shown == {one["file"].removesuffix(".webp") for one in INDEX}

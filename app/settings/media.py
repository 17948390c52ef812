"""Settings of pictures: where they lie, what is made of them, what is refused."""

from __future__ import annotations

import os
import re
from typing import Annotated, NamedTuple

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from app.settings.group import PREFIX, Secret, SettingsGroup
from app.settings.values import WebAddress, Words

_CROP = re.compile(r"(?P<name>[a-z0-9]{1,20})=(?P<width>[1-9]\d{0,3})(?P<sign>[:x])(?P<height>[1-9]\d{0,3})")
_STORE = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9._/-]*)?")
LARGEST_WIDTH = 3840  # pixels


class Crop(NamedTuple):
    """A crop of `NASHRA_MEDIA_CROPS`: a ratio (`wide=16:9`, several widths) or a size in pixels (`social=1200x630`)."""

    name: str
    width: int
    height: int
    is_size: bool


def crops_of(values: tuple[str, ...]) -> tuple[Crop, ...]:
    """Crops as the setting writes them. Raises ValueError with what is wrong."""
    crops = []
    for value in values:
        found = _CROP.fullmatch(value)
        if found is None:
            raise ValueError(f"holds {value!r}, which is not like wide=16:9 or social=1200x630")
        crops.append(Crop(found["name"], int(found["width"]), int(found["height"]), found["sign"] == "x"))
    if len({crop.name for crop in crops}) < len(crops):
        raise ValueError("names a crop twice")
    return tuple(crops)


def _are_crops(values: tuple[str, ...]) -> tuple[str, ...]:
    for crop in crops_of(values):
        if crop.is_size and max(crop.width, crop.height) > LARGEST_WIDTH:
            raise ValueError(f"must not be larger than {LARGEST_WIDTH} pixels")
        if not 0.1 <= crop.width / crop.height <= 10:
            raise ValueError("must have sides between 1:10 and 10:1")
    return values


def _are_widths(values: tuple[str, ...]) -> tuple[str, ...]:
    if not values or not all(
        value.isascii() and value.isdigit() and 16 <= int(value) <= LARGEST_WIDTH for value in values
    ):
        raise ValueError(f"must be widths in pixels, from 16 to {LARGEST_WIDTH}, with commas between")
    return values


def _store(value: str) -> str:
    if "://" in value and not _STORE.fullmatch(value):
        raise ValueError("must be a folder, or s3://bucket/prefix")
    if not value:
        raise ValueError("must name a folder, or s3://bucket/prefix")
    return value.rstrip("/")


def _lie_together(one: str, other: str) -> bool:
    """Whether one of two stores is below the other, or they are the same."""
    places = [store if "://" in store else os.path.abspath(store) for store in (one, other)]
    shorter, longer = sorted(f"{place}/" for place in places)
    return longer.startswith(shorter)


Store = Annotated[str, AfterValidator(_store)]


class MediaSettings(SettingsGroup):
    """Pictures: their stores, renditions and limits."""

    media_store: Store = Field(
        "var/media", description="Where renditions lie: a folder, or `s3://bucket/prefix` of an S3-compatible service."
    )
    media_originals: Store = Field(
        "var/originals",
        description="Where files lie as they were sent, with all metadata: a folder of its own, or a private bucket.",
        validate_default=True,
    )
    media_s3_endpoint: WebAddress | None = Field(
        None, description="The address of the S3-compatible service; empty: Amazon's own, by region."
    )
    media_s3_region: str = Field("us-east-1", description="The region of the S3-compatible service.")
    media_s3_access_key: str = Field("", description="The id of the key of the S3-compatible service.")
    media_s3_secret_key: Secret = Field("", description="The secret of that key.")
    media_url: WebAddress | None = Field(
        None, description="The address of a CDN or bucket that serves renditions in place of `/media`."
    )
    media_widths: Annotated[Words, AfterValidator(_are_widths)] = Field(
        ("320", "640", "960", "1280", "1920"), description="Widths of renditions in pixels."
    )
    media_crops: Annotated[Words, AfterValidator(_are_crops)] = Field(
        ("wide=16:9", "square=1:1", "social=1200x630"),
        description="Crops: `name=16:9` at the widths up to 1280, `name=1200x630` once, as JPEG.",
    )
    media_avif: bool = Field(False, description="Whether renditions are also made as AVIF.")
    media_sizes: str = Field(
        "(min-width: 48rem) 44rem, 100vw", max_length=500, description="`sizes` of pictures in bodies of articles."
    )
    media_max_bytes: int = Field(25_000_000, ge=10_000, le=1_000_000_000, description="Largest upload in bytes.")
    media_max_pixels: int = Field(
        60_000_000, ge=10_000, le=1_000_000_000, description="Largest picture: width × height × frames."
    )
    media_processes: int = Field(1, ge=1, le=64, description="Pictures that are decoded at once on one machine.")
    require_alt: bool = Field(False, description="Whether an article is published only if each image has an `alt`.")

    @field_validator("media_originals")
    @classmethod
    def _originals(cls, value: str, info: ValidationInfo) -> str:
        """Refuse originals below what is served, and renditions among originals."""
        store = info.data.get("media_store")
        if store is not None and _lie_together(store, value):
            raise ValueError(f"must lie neither in {PREFIX}MEDIA_STORE, {store}, nor around it")
        return value

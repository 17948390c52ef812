"""Entries of `media` in answers: images, and videos and sounds, whose posters are filled in from the library."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from app.media.shown import Pictures, image_of
from app.settings import Settings
from app.text.languages import direction


def entries_of(
    uses: Iterable[Mapping[str, Any]], pictures: Pictures, language: str, settings: Settings
) -> list[dict[str, object]]:
    """Entries for the schema `MediaEntry`. An image that the library does not have any more is left out."""
    found = (_entry_of(use, pictures, language, settings) for use in uses)
    return [entry for entry in found if entry is not None]


def _entry_of(
    use: Mapping[str, Any], pictures: Pictures, language: str, settings: Settings
) -> dict[str, object] | None:
    if "kind" not in use:
        return image_of(use, pictures, language, settings)
    return {
        "kind": use["kind"],
        "url": use["url"],
        "poster": image_of(use.get("poster"), pictures, language, settings),
        **{name: use.get(name) for name in ("title", "duration_seconds", "mime_type")},
        "tracks": [_track_of(track, language) for track in use.get("tracks", ())],
        "transcript_url": use.get("transcript_url"),
        "language": language,
        "direction": direction(language),
    }


def _track_of(track: Mapping[str, Any], language: str) -> dict[str, object]:
    own = track.get("language") or language
    words = {"language": own, "direction": direction(own), "label": track.get("label")}
    return {"kind": track["kind"], **words, "url": track["url"]}

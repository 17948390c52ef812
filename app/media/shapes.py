"""From rows of the library to the members of the schema `MediaRead`."""

from __future__ import annotations

from collections.abc import Mapping

from app.media.models import Media, MediaFile
from app.media.shown import main_rendition, stored_renditions
from app.settings import Settings
from app.text.languages import direction

RIGHTS = ("holder", "notice", "usage", "credit_line", "syndication", "expires_at")


def rights_of(rights: Mapping[str, object] | None) -> dict[str, object] | None:
    """The schema `Rights` of a picture or an article, from the stored JSON."""
    return {name: rights.get(name) for name in RIGHTS} if rights else None


def media_of(media: Media, file: MediaFile, use_count: int, settings: Settings) -> dict[str, object]:
    """A picture for the desk. A withdrawn one has no addresses."""
    renditions = stored_renditions(media.renditions) if media.withdrawn_at is None else ()
    return {
        **{name: getattr(media, name) for name in ("id", "kind", "filename")},
        **{name: getattr(file, name) for name in ("mime_type", "bytes", "width", "height")},
        "language": media.language,
        "direction": direction(media.language),
        **{name: getattr(media, name) for name in ("alt", "description", "credit", "photographer")},
        "rights": rights_of(media.rights),
        **{name: getattr(media, name) for name in ("focal_point", "keywords", "taken_at")},
        "url": main_rendition(renditions).address(media.key, settings) if renditions else None,
        "placeholder": media.placeholder,
        "animated": file.animated,
        "renditions": [one.shown(media.key, settings) for one in renditions],
        "use_count": use_count,
        **{name: getattr(media, name) for name in ("member_id", "withdrawn_at", "created_at", "version")},
    }

"""The logo and the icon of the site: pictures of the library that the settings name."""

from __future__ import annotations

from app.kit.db import Connection
from app.media.shown import pictures_with_ids, read_pictures
from app.settings import Settings
from app.terms.images import shown_image

Images = dict[str, dict[str, object] | None]


async def site_images(connection: Connection, settings: Settings) -> Images:
    """`logo` and `icon` for `/v1/site`; null where the setting is empty, or the library does not show the picture."""
    found = await pictures_with_ids(connection, settings.site_pictures)
    named = {"logo": settings.logo, "icon": settings.icon}
    return {
        name: shown_image({"id": id} if id else None, found, settings.language, settings) for name, id in named.items()
    }


async def icon_address(connection: Connection, settings: Settings) -> str | None:
    """The address of the icon as one small file; None where there is none."""
    picture = read_pictures(await pictures_with_ids(connection, {settings.icon} - {""})).get(settings.icon)
    if picture is None:
        return None
    still = [one for one in picture.renditions if one.extension in {"jpg", "png"}]
    square = [one for one in still if one.width == one.height]
    return min(square or still, key=lambda one: one.width).address(picture.key, settings)


def image_tags(settings: Settings) -> list[str]:
    """Cache tags of answers that show them."""
    return [f"media:{id}" for id in sorted(settings.site_pictures)]

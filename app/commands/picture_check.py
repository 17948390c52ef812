"""The check of `doctor` that finds pictures whose files are missing."""

from __future__ import annotations

import asyncio

from sqlalchemy.exc import SQLAlchemyError

from app.backup.pictures import MissingFiles, missing_files
from app.commands.checks import Check
from app.kit.db import open_database
from app.media.storage import StoreAway, Stores
from app.settings import PREFIX, Settings

PATIENCE = 30  # seconds: two requests a picture, of which there may be a hundred thousand
MOST_NAMED = 5


async def pictures(settings: Settings) -> list[Check]:
    """Whether the stores have all files of all pictures. Nothing where there is no database, or an older schema."""
    if settings.is_sqlite and not settings.sqlite_path.exists():
        return []
    found: list[MissingFiles] = []
    try:
        async with asyncio.timeout(PATIENCE):
            await _find(settings, found)
    except TimeoutError:
        return [_told(found, f" among those that could be looked at in {PATIENCE} s")]
    except (SQLAlchemyError, OSError):  # which the check of the database tells
        return []
    except StoreAway as error:
        advice = f"are {PREFIX}MEDIA_STORE and {PREFIX}MEDIA_ORIGINALS right?"
        return [Check("pictures", "error", f"a store does not answer: {error}", advice)]
    return [_told(found)]


async def _find(settings: Settings, found: list[MissingFiles]) -> None:
    async with open_database(settings.database_url) as database, database.connection() as connection:
        async for picture in missing_files(connection, Stores.of(settings)):
            found.append(picture)  # what was found stays when the time is over


def _told(found: list[MissingFiles], where: str = "") -> Check:
    broken = [one for one in found if one.lacks_renditions]
    if not found:
        return Check("pictures", "ok", f"no file is missing{where}")
    named = ", ".join(one.media_id for one in (broken or found)[:MOST_NAMED])
    detail = f"{len(broken):,} are not shown, {len(found) - len(broken):,} lack their original{where}: {named}"
    advice = "copy the missing files into the stores from a backup, see docs/operations.md"
    return Check("pictures", "error" if broken else "warning", detail, advice)

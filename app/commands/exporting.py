"""`export`: writes everything that the newsroom made as JSON Lines."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from app.commands.failing import fail
from app.commands.progress import Progress
from app.commands.standing import existing_newsroom, refuse_older_schema
from app.exports.file import Output, writing
from app.exports.newsroom import export
from app.exports.pictures import Copied, copy_originals
from app.kit.db import open_database
from app.kit.new_file import FileError, as_file_error
from app.media.storage import StoreAway, Stores
from app.settings import Settings, given_path

HOLDS = "it holds unpublished drafts, and comments that are not public: keep it where only the newsroom can read it"
HOLDS_ADDRESSES = "it holds unpublished drafts, and e-mail addresses of readers: keep it as safe as the database"


def write_export(options: argparse.Namespace) -> int:
    """Writes the file, or to standard output for `-`; says on standard error what it holds."""
    settings, progress = existing_newsroom("export"), Progress("exported")
    try:
        counts, copied = asyncio.run(_export(settings, options, progress))
    except FileError as error:
        fail(str(error))
    except StoreAway as error:
        fail(f"the store of originals does not answer: {error}")
    finally:
        progress.end()
    told = ", ".join(f"{number:,} {kind}" for kind, number in counts.items() if kind not in {"header", "end"})
    where = "" if options.file == "-" else f" to {options.file}"
    progress.say(f"exported{where}: {told or 'nothing, the newsroom is empty'}")
    if copied is not None:
        progress.say(f"originals of pictures: {copied.copied:,} copied to {options.media}, {copied.there:,} were there")
    elif "media" in counts:
        progress.say("originals of pictures are not exported: --media FOLDER copies them")
    if copied is not None and copied.missing:
        progress.say(f"originals that the store does not have: {copied.missing:,}")
    progress.say(HOLDS_ADDRESSES if options.personal else HOLDS)
    return 0


async def _export(
    settings: Settings, options: argparse.Namespace, progress: Progress
) -> tuple[dict[str, int], Copied | None]:
    async with open_database(settings.database_url) as database:
        async with database.connection() as connection:
            await refuse_older_schema(connection)
        with _output(options.file) as output:
            await export(
                database,
                settings,
                output,
                personal=options.personal,
                progress=lambda kind, done: progress.at(done, f"lines ({kind})"),
            )
            copied = None
            if options.media:
                originals, folder = Stores.of(settings).originals, given_path(options.media)
                copied = await copy_originals(database, originals, folder, lambda done: progress.at(done, "originals"))
        return output.counts, copied


@contextmanager
def _output(file: str) -> Iterator[Output]:
    if file != "-":
        with writing(given_path(file)) as output:
            yield output
        return
    with as_file_error("standard output"):
        yield Output(sys.stdout.buffer)
        sys.stdout.buffer.flush()

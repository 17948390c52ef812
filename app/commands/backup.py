"""`backup`, `restore` and `resume`."""

from __future__ import annotations

import argparse
import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import update

from app.backup.aftermath import Aftermath
from app.backup.file import BackupReader
from app.backup.lines import Damaged
from app.backup.pictures import FilesWritten
from app.backup.restoring import NotEmpty, Restored, rehearse, restore
from app.backup.writing import NotThisSchema, write_backup
from app.changes.models import ChangeLog
from app.commands.failing import EXIT_USAGE, fail
from app.commands.progress import Progress
from app.commands.standing import existing_newsroom, place_of
from app.kit import clock
from app.kit.db import open_database
from app.kit.new_file import FileError
from app.media.storage import StoreAway
from app.settings import PREFIX, Settings, given_path, read
from app.text.characters import clean_line

NICENESS = 5  # of a backup: it leaves the processor to those who serve
MOST_LISTED = 20  # articles that came due


def backup(options: argparse.Namespace) -> int:
    """Writes a backup of the configured newsroom to a new file."""
    settings, path = existing_newsroom("back up"), given_path(options.file)
    progress = Progress()
    os.nice(NICENESS)
    try:
        personal = not options.without_personal
        kept = {"with_key": options.with_key, "personal": personal, "with_media": options.with_media}
        written = asyncio.run(write_backup(settings, path, progress.of, **kept))
    except (NotThisSchema, Damaged, FileError) as error:
        fail(str(error))
    except StoreAway as error:
        fail(f"a store of pictures does not answer: {error}")
    finally:
        progress.end()
    print(f"{path}: {written.rows:,} rows, {path.stat().st_size:,} bytes, read again and checked")
    for line in (*_kept_with(options), *_files_of(settings, written.files)):
        print(line)
    return 0


def _kept_with(options: argparse.Namespace) -> Iterator[str]:
    if options.without_personal:
        yield "It holds no e-mail address, token, audit or name of staff, and no comment that is not public."
    else:
        yield "It holds e-mail addresses of readers and drafts: keep it as you keep the database."
    if options.with_key:
        yield "It holds the signing key: whoever has it can sign as this newsroom."
    elif not options.without_personal:
        yield "The signing key is not in it: keep the key too (--with-key puts it in)."


def _files_of(settings: Settings, files: FilesWritten | None) -> Iterator[str]:
    if files is None:
        yield f"Files of pictures are not in it: copy {_stores_of(settings)} as well (--with-media puts them in)."
        return
    yield f"Files of pictures: {files.files:,}, {files.bytes:,} bytes."
    if files.missing:
        yield f"Files of pictures that the stores do not have, and the backup neither: {files.missing:,}."


def _stores_of(settings: Settings) -> str:
    return f"{settings.media_store} and {settings.media_originals}"


def restore_backup(options: argparse.Namespace) -> int:
    """Restores a backup into the configured database, which must be empty."""
    settings, path = read(), given_path(options.file)
    files = [given_path(name) for name in options.takedowns or []]
    if settings.takedowns_path.exists():
        files.append(settings.takedowns_path)
    _refuse_missing([path, *files])
    progress = Progress()
    try:
        if options.key_file:  # before it is restored
            _refuse_key_file(path, given_path(options.key_file))
        if options.dry_run:
            done = asyncio.run(rehearse(settings, path, progress.of))
        else:
            done = asyncio.run(restore(settings, path, progress.of, files, hold_scheduled=options.hold_scheduled))
    except Damaged as error:
        fail(f"{path} cannot be restored: {error}")
    except StoreAway as error:
        fail(f"a store of pictures does not take the files, so nothing was restored: {error}")
    except NotEmpty as error:
        fail(f"{error}. A backup is restored into an empty one only: name another in {PREFIX}DATABASE_URL")
    except OSError as error:
        if not isinstance(error.filename, str | Path) or Path(error.filename) not in {path, *files}:
            raise  # of the database
        fail(f"cannot read {error.filename}: {error.strerror}")
    finally:
        progress.end()
    _tell(settings, done, files, is_rehearsal=options.dry_run)
    if options.dry_run:
        return 0
    if options.key_file:
        _write_keys(given_path(options.key_file), done.header.keys or [])
    else:
        _bring_key_back(settings, done)
    return 0


def _refuse_key_file(path: Path, file: Path) -> None:
    with BackupReader(path) as reader:
        if reader.header.keys is None:
            fail("the backup holds no key: it was made without --with-key")
    if os.path.lexists(file):
        fail(f"{file} is there already: name a new file for the keys")


def _refuse_missing(paths: list[Path]) -> None:
    for path in paths:
        if not path.is_file():
            fail(f"there is no file {path}", EXIT_USAGE)


def _tell(settings: Settings, done: Restored, files: list[Path], *, is_rehearsal: bool) -> None:
    header = done.header
    made = f"made {header.made_at} by Nashra {header.nashra} on {header.database}"
    if is_rehearsal:
        print(
            f"The backup is whole: {done.rows:,} rows, {made}. {place_of(settings)} can take it; nothing was changed."
        )
        return
    print(f"Restored {done.rows:,} rows into {place_of(settings)}; the backup was {made}.")
    if not files:
        print("No file of takedowns was found: what was taken down since the backup is there again (--takedowns FILE).")
    for line in (*_settled(done.aftermath), *_pictures(settings, done)):
        print(line)
    print("Nothing is sent to anybody (such as a CDN) until you run ./nashra resume.")


def _settled(done: Aftermath) -> Iterator[str]:
    if done.taken_down:
        yield f"Taken down again, as since the backup: {done.taken_down:,} articles, comments and pictures."
    if done.reinstated:
        yield f"Withdrawn and reinstated since, hence drafts until they are published again: {len(done.reinstated):,}"
        yield from (f"  {id}" for id in done.reinstated[:MOST_LISTED])
    if done.unreadable:
        yield f"Lines of the file of takedowns that could not be read: {done.unreadable:,}."
    if done.due:
        what = "are drafts now" if done.are_held else "are published (--hold-scheduled makes them drafts)"
        yield f"Scheduled articles whose moment came since the backup {what}: {len(done.due):,}"
        for article in done.due[:MOST_LISTED]:
            yield f"  {clock.written(article.at)}  {article.id}  {clean_line(article.headline)}"


def _pictures(settings: Settings, done: Restored) -> Iterator[str]:
    found, places = done.pictures, _stores_of(settings)
    if done.files is not None:
        yield f"Files of pictures put into {places}: {done.files:,}; those that were there stay."
    if found.fault:
        yield f"Nobody knows whether files of pictures are missing, because a store does not answer: {found.fault}"
    if found.lost:
        yield f"Pictures whose files are missing: {len(found.lost):,}. Copy them into {places}, as they lay before."
        yield from (f"  {id}" for id in found.lost[:MOST_LISTED])
    if found.rebuilt:
        yield f"Pictures without renditions, which are made anew while the newsroom is served: {found.rebuilt:,}."
    if found.without_original:
        yield f"Pictures that are shown, but whose originals are missing: {found.without_original:,}."


def _bring_key_back(settings: Settings, done: Restored) -> None:
    keys, path = done.header.keys, settings.sqlite_path.with_suffix(".key")
    if settings.is_sqlite and not settings.secret_key and not path.exists() and keys and len(keys) == 1:
        _write_keys(path, keys)
    elif done.has_same_key is False:
        print("The key is another than the backup's: edit tokens of comments and open cursors are no longer valid.")
    elif done.has_same_key is None:
        print(f"Set {PREFIX}SECRET_KEY to the key of the backup; with another, edit tokens and cursors are not valid.")


def _write_keys(path: Path, keys: list[str]) -> None:
    try:
        with open(path, "x", opener=lambda name, flags: os.open(name, flags, 0o600), encoding="utf-8") as file:
            file.write(",".join(keys))
    except OSError as error:
        fail(f"the newsroom is restored, but the key cannot be written to {path}: {error.strerror}")
    print(f"The signing key of the backup is in {path}.")


def resume(_options: argparse.Namespace) -> int:
    """Lets changes be sent again, after a restore."""
    print("Changes are sent again." if asyncio.run(_resume(existing_newsroom("resume"))) else "Nothing was held back.")
    return 0


async def _resume(settings: Settings) -> bool:
    """Whether something was held back."""
    paused = update(ChangeLog).where(ChangeLog.outbound_paused_at.is_not(None))
    async with open_database(settings.database_url) as database, database.transaction() as session:
        done = await session.execute(paused.values(outbound_paused_at=None).returning(ChangeLog.id))
        return done.first() is not None

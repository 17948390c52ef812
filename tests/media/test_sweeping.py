"""What nothing needs any more goes, and nothing else: orphans, retired keys, deleted and withdrawn pictures."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from app.changes.models import ChangeLog
from app.kit import clock
from app.kit.ids import new_id
from app.media import sweeping
from app.media.models import Media, MediaFile, MediaKey, MediaUse
from app.media.names import new_key, rendition_file
from app.media.storage import StoreAway, Stores
from tests.media.library import WEBP, Library, bytes_of, path_of

pytestmark = pytest.mark.anyio
DAY = timedelta(days=1)


async def orphans(library: Library, after: timedelta = 2 * DAY) -> int:
    stores, database = library.stores, library.room.app.state.database
    return await sweeping.sweep_orphans(database, stores.renditions, stores.originals, clock.now() + after)


async def retired(library: Library, after: timedelta = 31 * DAY) -> int:
    stores, database = library.stores, library.room.app.state.database
    return await sweeping.sweep_retired(database, stores.renditions, stores.originals, clock.now() + after)


async def withdraw_files(library: Library, picture: Media) -> None:
    stores, database = library.stores, library.room.app.state.database
    await sweeping.remove_withdrawn(database, stores.renditions, stores.originals, picture.id)


async def files(stores: Stores) -> set[str]:
    return {name for store in (stores.renditions, stores.originals) async for name, _ in store.names()}


async def rows(library: Library, column: Any) -> set[Any]:
    async with library.room.app.state.database.connection() as connection:
        return set((await connection.scalars(select(column))).all())


def file_of(picture: Media, name: str = "w320") -> str:
    return rendition_file(picture.key, name, WEBP)


async def name_of(library: Library, picture: Media) -> str:
    async with library.room.app.state.database.connection() as connection:
        found = await connection.scalars(select(MediaFile.name).where(MediaFile.id == picture.file_id))
        return str(found.one())


async def named_by_rows(library: Library) -> set[str]:
    """The files that rows name: they must be there, whatever was swept."""
    keys, names = await rows(library, MediaKey.key), await rows(library, MediaFile.name)
    return {f"{key}/w320.webp" for key in keys} | names


async def test_files_without_a_row_go_after_a_day(library: Library) -> None:
    picture = await library.picture({"w320": b"x", "w640": b"x"})
    kept = await files(library.stores)
    lost = rendition_file(new_key(), "w320", WEBP)
    await library.store(lost, b"x")
    await library.store(f"{new_key()}.jpg", b"x", "image/jpeg", original=True)
    assert await orphans(library, DAY - timedelta(minutes=1)) == 0
    assert len(await files(library.stores)) == len(kept) + 2
    assert await orphans(library) == 2
    assert await files(library.stores) == kept
    assert await orphans(library) == 0
    await library.room.get(path_of(picture))


async def test_the_first_upload_of_all_may_fail_too(library: Library) -> None:
    await library.store(rendition_file(new_key(), "w320", WEBP), b"x")
    await library.store(f"{new_key()}.jpg", b"x", "image/jpeg", original=True)
    assert await orphans(library) == 2
    assert await files(library.stores) == set()


async def test_files_of_others_stay(library: Library) -> None:
    await library.picture()
    for name in ("robots.txt", "favicon/icon.png", "readme", "original.jpg"):
        await library.store(name, b"x")
        await library.store(name, b"x", original=True)
    before = await files(library.stores)
    assert await orphans(library) == 0
    assert await files(library.stores) == before


async def test_many_orphans_go_in_batches(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "BATCH", 3)
    pictures = [await library.picture() for _ in range(4)]
    for _ in range(8):
        await library.store(rendition_file(new_key(), "w320", WEBP), b"x")
    assert await orphans(library) == 8
    for picture in pictures:
        await library.room.get(path_of(picture))


async def test_the_store_of_another_newsroom_is_left_alone(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty database beside a full store: most likely the address of the database is wrong."""
    monkeypatch.setattr(sweeping, "SOMEBODY_ELSES", 5)
    for _ in range(6):
        await library.store(rendition_file(new_key(), "w320", WEBP), b"x")
    assert await orphans(library) == 0
    assert len(await files(library.stores)) == 6


async def test_a_rehearsal_of_a_restore_removes_nothing(library: Library) -> None:
    """Its stores may be those of the newsroom that readers see, which has newer pictures."""
    picture = await library.picture(deleted_at=clock.now())
    await library.store(rendition_file(new_key(), "w320", WEBP), b"x")
    before = await files(library.stores)
    async with library.room.app.state.database.transaction() as session:
        await session.execute(update(ChangeLog).values(outbound_paused_at=clock.now()))
    assert (await orphans(library), await retired(library)) == (0, 0)
    assert await files(library.stores) == before
    assert await rows(library, Media.id) == {picture.id}


async def test_a_former_address_answers_for_thirty_days(library: Library) -> None:
    picture = await library.picture()
    former = new_key()
    await library.key(picture, former, {"w320": b"x", "w640": b"x"}, retired_at=clock.now())
    assert await retired(library, 29 * DAY) == 0
    await library.room.get(f"/media/{former}/w320.webp")
    assert await retired(library) == 1
    await library.room.get(f"/media/{former}/w640.webp", 404)
    assert await rows(library, MediaKey.key) == {picture.key}
    assert await files(library.stores) == {file_of(picture), await name_of(library, picture)}
    assert await orphans(library) == 0


async def test_a_deleted_picture_goes_after_thirty_days_with_its_file(library: Library) -> None:
    picture, other = await library.picture(deleted_at=clock.now()), await library.picture()
    assert await retired(library, 29 * DAY) == 0
    await library.room.get(path_of(picture))
    assert await retired(library) == 2  # the picture, and its file
    assert await rows(library, Media.id) == {other.id}
    assert await rows(library, MediaFile.id) == {other.file_id}
    assert await files(library.stores) == {file_of(other), await name_of(library, other)}
    assert await retired(library) == 0


async def test_a_file_stays_while_another_picture_has_it(library: Library) -> None:
    file = await library.file()
    picture = await library.picture(file=file, deleted_at=clock.now())
    other = await library.picture(file=file)
    assert await retired(library) == 1
    assert await files(library.stores) == {file_of(other), file.name}
    assert picture.id not in await rows(library, Media.id)


async def test_a_former_file_stays_as_long_as_its_address(library: Library) -> None:
    former, picture = await library.file(), await library.picture()
    key = new_key()
    await library.key(picture, key, {"w320": b"x"}, retired_at=clock.now())
    async with library.room.app.state.database.transaction() as session:
        await session.execute(update(MediaKey).where(MediaKey.key == key).values(file_id=former.id))
    assert await retired(library, 29 * DAY) == 0
    assert former.name in await files(library.stores)
    assert await retired(library) == 2
    assert former.name not in await files(library.stores)


async def test_a_deleted_picture_that_is_still_used_stays(library: Library) -> None:
    picture = await library.picture(deleted_at=clock.now())
    async with library.room.app.state.database.transaction() as session:
        session.add(MediaUse(media_id=picture.id, resource="article", resource_id=new_id(), place="lead"))
    assert await retired(library) == 0
    await library.room.get(path_of(picture))


async def test_a_file_that_is_being_uploaded_stays(library: Library) -> None:
    file = await library.file()
    assert await retired(library, timedelta(hours=23)) == 0
    assert await files(library.stores) == {file.name}


async def test_a_withdrawn_picture_loses_its_files_at_once_and_answers_410_for_ever(library: Library) -> None:
    file = await library.file()
    picture, other = await library.picture({"w320": b"x", "w640": b"x"}, file=file), await library.picture()
    former = new_key()
    await library.key(picture, former, {"w320": b"x"}, retired_at=clock.now())
    await library.set(picture, withdrawn_at=clock.now())
    await library.set(file, withdrawn_at=clock.now())
    await withdraw_files(library, picture)
    assert await files(library.stores) == {file_of(other), await name_of(library, other)}
    await withdraw_files(library, picture)  # a job may run twice
    await retired(library, 400 * DAY)
    assert file.id in await rows(library, MediaFile.id)  # its bytes are refused
    for key in (picture.key, former):
        await library.room.get(f"/media/{key}/w320.webp", 410)


async def test_the_row_of_a_withdrawn_file_stays_when_its_picture_is_deleted(library: Library) -> None:
    file = await library.file()
    await library.picture(file=file, deleted_at=clock.now(), withdrawn_at=clock.now())
    await library.set(file, withdrawn_at=clock.now())
    await retired(library)
    assert await rows(library, Media.id) == set()
    assert await rows(library, MediaFile.id) == {file.id}


async def test_only_what_is_withdrawn_is_removed(library: Library) -> None:
    """A picture that is not, and the file of one that is, where other pictures may have it."""
    file = await library.file()
    withdrawn = await library.picture(file=file, withdrawn_at=clock.now())
    picture = await library.picture(file=file)
    await withdraw_files(library, picture)
    await library.room.get(path_of(picture))
    await withdraw_files(library, withdrawn)
    assert await files(library.stores) == {file_of(picture), file.name}


async def test_what_a_rebuild_has_stored_after_a_withdrawal_goes_too(library: Library) -> None:
    picture = await library.picture({}, withdrawn_at=clock.now())
    await library.store(file_of(picture), b"x")
    await retired(library, timedelta(hours=1))
    assert file_of(picture) not in await files(library.stores)


async def test_two_sweeps_at_once_remove_everything_once(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "BATCH", 3)
    kept = await library.picture()
    for _ in range(7):
        picture = await library.picture(deleted_at=clock.now())
        await library.key(picture, new_key(), {"w320": b"x"}, retired_at=clock.now())
        await library.store(rendition_file(new_key(), "w320", WEBP), b"x")
    counts = await asyncio.gather(*(sweep(library) for sweep in (retired, retired, orphans, orphans)))
    assert counts[0] + counts[1] == 21  # keys, pictures, files
    await orphans(library)
    assert await files(library.stores) == {file_of(kept), await name_of(library, kept)}
    assert await rows(library, Media.id) == {kept.id}


async def test_uploads_while_it_is_swept_lose_nothing(library: Library) -> None:
    done = asyncio.Event()

    async def sweep() -> None:
        while not done.is_set():
            await orphans(library, timedelta(hours=23))
            await retired(library)
            await asyncio.sleep(0)

    sweeps = [asyncio.create_task(sweep()) for _ in range(2)]
    for number in range(12):
        deleted_at = None if number % 3 else clock.now()
        await library.picture({"w320": bytes_of(2_000)}, deleted_at=deleted_at)
    done.set()
    await asyncio.gather(*sweeps)
    assert await named_by_rows(library) <= await files(library.stores)


async def test_a_store_that_fails_between_row_and_file_leaves_an_orphan(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = await library.picture(deleted_at=clock.now())
    monkeypatch.setattr(library.stores.renditions, "remove", _away)
    with pytest.raises(StoreAway):
        await retired(library)
    monkeypatch.undo()
    assert await rows(library, Media.id) == set()
    assert file_of(picture) in await files(library.stores)
    await retired(library)
    await orphans(library)
    assert await files(library.stores) == set()


async def _away(_names: object) -> None:
    raise StoreAway("no answer in time")

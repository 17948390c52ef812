"""Pictures in a backup: their files, their addresses, and what was taken down since."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
import resource
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from app.backup import pictures
from app.backup.lines import Damaged
from app.backup.restoring import Restored, rehearse, restore
from app.backup.writing import Written, write_backup
from app.changes.models import ChangeLog
from app.commands import picture_check
from app.jobs.models import Job
from app.media.models import Media, MediaFile
from app.media.names import new_key
from app.media.storage import StoreAway
from app.settings import Settings
from tests import serving
from tests.backup.files import changed, lines_of, rows_of, settings_of, silent
from tests.backup.test_restoring import written_takedowns
from tests.backup.test_while_served import is_empty, run_and_die
from tests.media.desk import FEW, MediaDesk, picture
from tests.media.library import Library, path_of
from tests.newsroom import Newsroom, beside

pytestmark = pytest.mark.anyio
NewDatabase = Callable[[str], str]


@pytest.fixture
def new_places(tmp_path: Path) -> dict[str, Any]:
    """Stores of another machine, empty."""
    return {"media_store": str(tmp_path / "new media"), "media_originals": str(tmp_path / "new originals")}


async def backed_up(room: Newsroom, path: Path, **options: Any) -> Written:
    places = {name: getattr(room.settings, name) for name in ("media_store", "media_originals")}
    options = {"with_media": True, **options}
    return await write_backup(settings_of(room.settings.database_url, **places), path, silent, **options)


async def restored(path: Path, url: str, places: dict[str, Any], takedowns: tuple[Path, ...] = ()) -> Restored:
    return await restore(settings_of(url, **places), path, silent, takedowns)


@asynccontextmanager
async def served(room: Newsroom, url: str, places: dict[str, Any]) -> AsyncIterator[Newsroom]:
    async with beside(room, database_url=url, **places) as other:
        yield other


def files_in(places: dict[str, Any]) -> dict[str, bytes]:
    """All files of the two stores, by their names."""
    found = (path for place in places.values() for path in Path(place).rglob("*") if path.is_file())
    return {f"{path.parent.name}/{path.name}"[-80:]: path.read_bytes() for path in found}


def contents(places: dict[str, Any]) -> list[bytes]:
    return sorted(files_in(places).values())


async def pictured(library: Library, renditions: dict[str, bytes] | None = None) -> Media:
    """A picture whose rows say what its files are."""
    sent = new_key().encode()
    file = await library.file(content=sent, sha256=hashlib.sha256(sent).hexdigest())
    return await library.picture(renditions, file=file, placeholder={"color": "#336699", "thumbhash": ""})


async def statuses(room: Newsroom, urls: list[str]) -> list[int]:
    return [(await room.get(url, None)).status_code for url in urls]


def addresses(shown: dict[str, Any]) -> list[str]:
    return [one["url"] for one in shown["renditions"]]


async def test_pictures_and_their_addresses_are_there_on_another_machine(
    media: MediaDesk,
    other_kind: str,
    new_database: NewDatabase,
    tmp_path: Path,
    places: dict[str, Any],
    new_places: dict[str, Any],
) -> None:
    shown = await media.upload(alt="قرص")
    former = addresses(shown)
    shown = await media.change(shown, focal_point={"x": 0.1, "y": 0.2})  # the first address is a former one now
    article = await media.room.published(lead_image={"id": shown["id"]}, body=f'<img data-media="{shown["id"]}">')
    path, url = tmp_path / "b.gz", new_database(other_kind)
    written = await backed_up(media.room, path)
    assert written.files is not None
    assert (written.files.files, written.files.missing) == (len(files_in(places)), 0)
    done = await restored(path, url, new_places)
    assert done.files == written.files.files
    assert not done.pictures.lost
    assert contents(new_places) == contents(places)
    assert [one.detail for one in await picture_check.pictures(settings_of(url, **new_places))] == [
        "no file is missing"
    ]
    urls = [f"/v1/articles/{article['id']}", *former, *addresses(shown)]
    async with served(media.room, url, new_places) as other:
        for one in urls:
            mine, theirs = await other.get(one), await media.room.get(one)
            assert mine.content == theirs.content
        assert (await other.desk("GET", f"/media/{shown['id']}/file")).content == picture()
    assert Path(new_places["media_originals"]).stat().st_mode & 0o777 == 0o700


async def test_without_files_the_restore_tells_what_is_missing_and_what_can_be_made_again(
    library: Library,
    backend: str,
    new_database: NewDatabase,
    tmp_path: Path,
    new_places: dict[str, Any],
) -> None:
    lost, bare, unoriginal, whole = [await pictured(library) for _ in range(4)]
    await library.set(await pictured(library), deleted_at=whole.created_at)  # nothing shows it
    path = tmp_path / "b.gz"
    written = await backed_up(library.room, path, with_media=False)
    assert written.files is None
    assert lines_of(path)[0]["version"] == 1
    for one in (bare, unoriginal, whole):
        for name in await names_of(library, one):
            is_original = "/" not in name
            if (one is bare and not is_original) or (one is unoriginal and is_original):
                continue
            folder = Path(new_places["media_originals" if is_original else "media_store"])
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(b"x")
    url = new_database(backend)
    done = await restored(path, url, new_places)
    assert done.files is None
    found = done.pictures
    assert (found.lost, found.rebuilt, found.without_original) == ([lost.id], 1, 1)
    async with served(library.room, url, new_places) as other, other.app.state.database.connection() as connection:
        (check,) = await picture_check.pictures(settings_of(url, **new_places))
        assert (check.status, check.detail[:42]) == ("error", "2 are not shown, 1 lack their original: " + lost.id[:2])
        jobs = (await connection.execute(select(Job.payload).where(Job.kind == "media.rebuild"))).scalars().all()
        assert jobs == [{"media_id": bare.id}]
        assert await connection.scalar(select(Media.recipe).where(Media.id == bare.id)) == ""


async def names_of(library: Library, media: Media) -> list[str]:
    async with library.room.app.state.database.connection() as connection:
        original = await connection.scalar(select(MediaFile.name).where(MediaFile.id == media.file_id))
    return [original, path_of(media).removeprefix("/media/")]


async def test_renditions_that_are_missing_are_made_anew_from_the_original(
    media: MediaDesk, backend: str, new_database: NewDatabase, tmp_path: Path, new_places: dict[str, Any]
) -> None:
    shown = await media.upload()
    path, url = tmp_path / "b.gz", new_database(backend)
    await backed_up(media.room, path)
    settings = settings_of(url, **new_places, **FEW)
    await restore(settings, with_files_of(path, tmp_path / "originals.gz", "originals"), silent)
    async with served(media.room, url, {**new_places, **FEW}) as other:
        other.tokens = media.room.tokens
        assert (await other.get(addresses(shown)[0], None)).status_code != 200
        await other.work()
        again = (await other.desk("GET", f"/media/{shown['id']}")).json()
        assert set(await statuses(other, addresses(again))) == {200}
        assert again["url"] != shown["url"]


def with_files_of(path: Path, new: Path, kind: str) -> Path:
    """The backup with the files of one store only."""
    kept, is_kept = [], True
    for line in lines_of(path):
        if isinstance(line, dict) and "file" in line:
            is_kept = line["file"] == kind
        elif isinstance(line, dict) and "files" in line:
            is_kept = True
        if is_kept:
            kept.append(line)
    return changed(path, new, lambda _: kept)


async def test_nothing_that_is_there_is_overwritten_and_nothing_unknown_is_put(
    library: Library, backend: str, new_database: NewDatabase, tmp_path: Path, new_places: dict[str, Any]
) -> None:
    shown = await pictured(library, {"w320": b"as it was"})
    path, url = tmp_path / "b.gz", new_database(backend)
    await backed_up(library.room, path)
    original, rendition = await names_of(library, shown)
    there = Path(new_places["media_store"]) / rendition
    there.parent.mkdir(parents=True)
    there.write_bytes(b"of the newsroom that readers see")

    def stranger(lines: list[Any]) -> list[Any]:
        place = next(n for n, line in enumerate(lines) if isinstance(line, dict) and "file" in line)
        piece = next(line for line in lines if isinstance(line, str))
        end = next(line for line in lines if isinstance(line, dict) and "sha256" in line)
        size = next(line for line in lines if isinstance(line, dict) and "file" in line)["bytes"]
        names = (("renditions", f"{new_key()}/w320.webp"), ("originals", f"{new_key()}.jpg"), ("originals", "x.sh"))
        strange = [[{"file": kind, "name": name, "bytes": size}, piece, end] for kind, name in names]
        return [*lines[:place], *(line for three in strange for line in three), *lines[place:]]

    done = await restored(changed(path, tmp_path / "strange.gz", stranger), url, new_places)
    assert done.files == 1
    assert there.read_bytes() == b"of the newsroom that readers see"
    assert {name.rpartition("/")[2] for name in files_in(new_places)} == {original, "w320.webp"}


async def test_what_was_withdrawn_is_in_no_backup_and_comes_from_none(
    library: Library,
    backend: str,
    new_database: NewDatabase,
    tmp_path: Path,
    places: dict[str, Any],
    new_places: dict[str, Any],
) -> None:
    """The stores may be those of the newsroom that readers see: a rehearsal must not put there what it has removed."""
    room = library.room
    room.app.state.consumers["takedowns"].consumer._path = tmp_path / "takedowns.jsonl"
    old, new = await pictured(library), await pictured(library)
    for one in (old, new):
        await library.key(one, new_key(), {"w320": b"former"}, retired_at=one.created_at)
    first = tmp_path / "first.gz"
    await backed_up(room, first)
    body = {"cause": "legal", "reason": "بقرار من المحكمة"}
    await room.desk("POST", f"/media/{new.id}/withdraw", body)
    file = await written_takedowns(room)
    assert json.loads(file.read_text())["resource"] == "media"
    second = tmp_path / "second.gz"
    assert (await backed_up(room, second)).files.files == 3  # type: ignore[union-attr]  # of the other picture
    url = new_database(backend)
    done = await restored(first, url, new_places, (file,))
    assert (done.aftermath.taken_down, done.files) == (1, 3)
    async with served(room, url, new_places) as other:
        assert await statuses(other, [path_of(new), path_of(old)]) == [410, 200]
        answer = await other.desk("GET", f"/media/{new.id}")
        assert answer.json()["withdrawn_at"] == json.loads(file.read_text())["at"]
        async with other.app.state.database.connection() as connection:
            assert await connection.scalar(select(MediaFile.withdrawn_at).where(MediaFile.id == new.file_id))
            kinds = (await connection.execute(select(Job.kind))).scalars().all()
        assert "media.remove" in kinds


async def test_bytes_that_were_withdrawn_since_the_backup_are_refused_after_the_restore(
    media: MediaDesk, backend: str, new_database: NewDatabase, tmp_path: Path, new_places: dict[str, Any]
) -> None:
    media.room.app.state.consumers["takedowns"].consumer._path = tmp_path / "takedowns.jsonl"
    shown = await media.upload()
    article = await media.room.published(lead_image={"id": shown["id"]})
    path, url = tmp_path / "b.gz", new_database(backend)
    await backed_up(media.room, path)
    await media.room.desk("POST", f"/media/{shown['id']}/withdraw", {"cause": "legal", "reason": "سُحب"})
    await restored(path, url, new_places, (await written_takedowns(media.room),))
    async with served(media.room, url, {**new_places, **FEW}) as other:
        other.tokens = media.room.tokens
        refused = await MediaDesk(other).send(picture(), expect=409)
        assert refused.json()["type"].endswith("file-withdrawn")
        assert (await other.get(f"/v1/articles/{article['id']}")).json()["lead_image"] is None


async def test_a_restored_newsroom_removes_nothing_from_stores_that_it_shares(
    library: Library, backend: str, new_database: NewDatabase, tmp_path: Path, places: dict[str, Any]
) -> None:
    """A rehearsal with the settings of the newsroom that readers see; an editor takes a picture down there, to try."""
    shown = await pictured(library)
    path, url = tmp_path / "b.gz", new_database(backend)
    await backed_up(library.room, path, with_media=False)
    await pictured(library)  # which the backup does not know
    before = files_in(places)
    await restored(path, url, places)
    async with served(library.room, url, places) as other:
        other.tokens = library.room.tokens
        await other.desk("POST", f"/media/{shown.id}/withdraw", {"cause": "legal", "reason": "تجربة"})
        await other.work()
        assert files_in(places) == before
        await other.get(path_of(shown), 410)
        async with other.app.state.database.transaction() as session:
            await session.execute(update(ChangeLog).values(outbound_paused_at=None))
        await other.work()
        assert len(files_in(places)) == len(before) - 2


async def test_a_file_that_is_lost_is_counted_and_one_that_ends_early_is_left_out(
    library: Library,
    backend: str,
    new_database: NewDatabase,
    tmp_path: Path,
    new_places: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lost, cut = await pictured(library), await pictured(library, {"w320": bytes(300_000)})
    await library.stores.renditions.remove([path_of(lost).removeprefix("/media/")])
    original = pictures.opened_in

    async def removed_while_it_is_read(store: Any, name: str) -> Any:
        opened = await original(store, name)
        if opened is not None and opened.size == 300_000:
            await store.remove([name])
        return opened

    monkeypatch.setattr(pictures, "opened_in", removed_while_it_is_read)
    path, url = tmp_path / "b.gz", new_database(backend)
    written = await backed_up(library.room, path)
    assert written.files is not None
    assert written.files.missing == 2
    monkeypatch.undo()
    done = await restored(path, url, new_places)
    assert (done.files, done.pictures.rebuilt) == (2, 2)
    assert cut.key not in str(list(files_in(new_places)))


async def test_a_store_that_does_not_answer_ends_a_backup_and_a_restore_with_files(
    library: Library, backend: str, new_database: NewDatabase, tmp_path: Path
) -> None:
    await pictured(library)
    away = {"media_store": "s3://pictures/x", "media_originals": "s3://originals/x"}
    away |= {"media_s3_endpoint": "http://127.0.0.1:9", "media_s3_access_key": "a", "media_s3_secret_key": "b"}
    path, url = tmp_path / "b.gz", new_database(backend)
    await backed_up(library.room, path)
    assert (await picture_check.pictures(settings_of(library.room.settings.database_url, **away)))[0].status == "error"
    with pytest.raises(StoreAway):
        await write_backup(
            settings_of(library.room.settings.database_url, **away), tmp_path / "c.gz", silent, with_media=True
        )
    assert not (tmp_path / "c.gz").exists()
    with pytest.raises(StoreAway):
        await restored(path, url, away)
    await backed_up(library.room, tmp_path / "rows.gz", with_media=False)
    done = await restored(tmp_path / "rows.gz", url, away)  # the first one has left nothing
    assert done.pictures.fault


async def test_a_restore_that_is_killed_between_two_files_leaves_no_row_and_is_done_again(
    library: Library, backend: str, new_database: NewDatabase, tmp_path: Path, new_places: dict[str, Any]
) -> None:
    await pictured(library)
    path, url = tmp_path / "b.gz", new_database(backend)
    await backed_up(library.room, path)
    stands = {**serving.environment(url), **{f"NASHRA_{name.upper()}": place for name, place in new_places.items()}}
    target = (["restore", str(path)], stands, "app.backup.pictures:_put", 2)
    process = serving.FORKS.Process(target=run_and_die, args=target)
    await asyncio.to_thread(process.start)
    await asyncio.to_thread(process.join, 60)
    assert process.exitcode == -signal.SIGKILL
    assert await is_empty(url)
    assert len(files_in(new_places)) == 1
    done = await restored(path, url, new_places)
    assert (done.files, done.pictures.lost, len(files_in(new_places))) == (1, [], 2)


# ── Lines of files ───────────────────────────────────────────────────────────────────────────────────────────────────


def of_files(lines: list[Any]) -> int:
    return next(n for n, line in enumerate(lines) if isinstance(line, dict) and "file" in line)


def renamed(name: str) -> Callable[[list[Any]], list[Any]]:
    def change(lines: list[Any]) -> list[Any]:
        lines[of_files(lines)]["name"] = name
        return lines

    return change


def with_line(place: int, line: Any) -> Callable[[list[Any]], list[Any]]:
    def change(lines: list[Any]) -> list[Any]:
        lines[of_files(lines) + place] = line
        return lines

    return change


def smaller(lines: list[Any]) -> list[Any]:
    lines[of_files(lines)]["bytes"] -= 1
    return lines


def file_gone(lines: list[Any]) -> list[Any]:
    place = of_files(lines)
    return [*lines[:place], *lines[place + 3 :]]


WRONG: dict[str, tuple[Callable[[list[Any]], list[Any]], str]] = {
    "a path": (renamed("../../etc/passwd"), "name"),
    "a path from the root": (renamed("/etc/passwd"), "name"),
    "other bytes": (with_line(1, "AAAA"), "not the one"),
    "bytes that are no base64": (with_line(1, "é!"), "base64"),
    "another digest": (with_line(2, {"sha256": "0" * 64}), "not the one"),
    "a digest that is none": (with_line(2, {"sha256": "x"}), "sha256"),
    "more bytes than its line says": (smaller, "more bytes"),
    "a file too few": (file_gone, "files are not those"),
    "no end": (lambda lines: lines[:-1], "cut off"),
    "something behind the end": (lambda lines: [*lines, ["x"]], "follows"),
    "files in the first version": (lambda lines: [{**lines[0], "version": 1}, *lines[1:]], "follows"),
    "no files in the second version": (lambda lines: lines[: of_files(lines)], "cut off"),
}


@pytest.mark.parametrize("name", WRONG)
async def test_files_that_are_not_those_that_were_written_are_refused(
    lone_library: Path, tmp_path: Path, new_places: dict[str, Any], name: str
) -> None:
    change, words = WRONG[name]
    bad, url = changed(lone_library, tmp_path / "bad.gz", change, is_honest=False), f"sqlite:///{tmp_path / 'n.db'}"
    with pytest.raises(Damaged, match=words):
        await rehearse(settings_of(url, **new_places), bad, silent)
    with pytest.raises(Damaged, match=words):
        await restored(bad, url, new_places)
    if name not in {"a file too few", "no end", "something behind the end", "files in the first version"}:
        assert not files_in(new_places)


@pytest.fixture
async def lone_library(migrated_file: Path, places: dict[str, Any], tmp_path: Path) -> Path:
    """A backup with files, of SQLite."""
    from tests.newsroom import opened

    file = tmp_path / "lone.db"
    file.write_bytes(migrated_file.read_bytes())
    async with opened(f"sqlite:///{file}", **places) as room:
        await pictured(Library(room, tmp_path))
        await backed_up(room, tmp_path / "good.gz")
    return tmp_path / "good.gz"


def measured(settings: Settings, path: Path, url: str, said: Path) -> None:
    """The target of a process: the megabytes that a backup and a restore take."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    asyncio.run(write_backup(settings, path, silent, with_media=True))
    asyncio.run(restore(settings.model_copy(update={"database_url": url, **elsewhere(said)}), path, silent))
    said.write_text(str((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024))


def elsewhere(said: Path) -> dict[str, Any]:
    return {"media_store": str(said.parent / "m"), "media_originals": str(said.parent / "o")}


@pytest.mark.parametrize("backend", ["sqlite"])  # the files go the same way on both
async def test_memory_does_not_grow_with_the_files(
    library: Library, backend: str, places: dict[str, Any], tmp_path: Path
) -> None:
    content = bytes(150_000_000)
    await pictured(library, {"w320": content})
    settings, said = settings_of(library.room.settings.database_url, **places), tmp_path / "said"
    process = serving.FORKS.Process(
        target=measured, args=(settings, tmp_path / "b.gz", f"sqlite:///{tmp_path / 'n.db'}", said)
    )
    await asyncio.to_thread(process.start)
    await asyncio.to_thread(process.join, 90)
    assert int(said.read_text()) < 60
    assert sum(map(len, files_in(elsewhere(said)).values())) > len(content)


# ── Without personal data ────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_backup_without_personal_data_has_no_file_as_it_was_sent_and_no_word_of_the_desk(
    media: MediaDesk, other_kind: str, new_database: NewDatabase, tmp_path: Path, new_places: dict[str, Any]
) -> None:
    words: dict[str, Any] = {
        "description": "مصدر سري",
        "photographer": "سلمى",
        "keywords": ["تسريب"],
        "filename": "تسريب.jpg",
    }
    shown = await media.upload(alt="قرص", credit="أرشيف", taken_at="2026-11-01T00:00:00Z", **words)
    article = await media.room.published(lead_image={"id": shown["id"]})
    path, url = tmp_path / "staging.gz", new_database(other_kind)
    written = await backed_up(media.room, path, personal=False)
    assert written.files is not None
    assert written.files.files == len(shown["renditions"])
    text = gzip.decompress(path.read_bytes()).decode()
    assert not [word for word in ("سري", "سلمى", "تسريب", "2026-11-01") if word in text]
    assert not [row for row in rows_of(path, "indexed") if row["resource"] == "media"]
    done = await restored(path, url, new_places)
    assert (done.pictures.without_original, done.pictures.lost) == (1, [])
    async with served(media.room, url, new_places) as other:
        one = f"/v1/articles/{article['id']}"
        assert (await other.get(one)).text == (await media.room.get(one)).text
        assert set(await statuses(other, addresses(shown))) == {200}
        await other.hire("editor")
        found = (await other.desk("GET", "/media", by="editor")).json()["data"]
        assert [(one["alt"], one["description"], one["keywords"]) for one in found] == [("قرص", None, [])]
        assert len((await other.desk("GET", "/media?q=أرشيف", by="editor")).json()["data"]) == 1
        assert not (await other.desk("GET", "/media?q=تسريب", by="editor")).json()["data"]


async def commanded(words: list[str], url: str, stands: dict[str, Any]) -> Any:
    return await asyncio.to_thread(lambda: serving.command(*words, url=url, **stands))


@pytest.mark.parametrize("backend", ["sqlite"])  # the words are the same on both
async def test_an_operator_is_told_of_files(media: MediaDesk, database_url: str, backend: str, tmp_path: Path) -> None:
    settings = media.room.settings
    stands = {"NASHRA_MEDIA_STORE": settings.media_store, "NASHRA_MEDIA_ORIGINALS": settings.media_originals}
    stands["NASHRA_TAKEDOWNS_FILE"] = str(tmp_path / "takedowns.jsonl")
    shown = await media.upload()
    rows, whole = str(tmp_path / "rows.gz"), str(tmp_path / "whole.gz")
    done = await commanded(["backup", rows], database_url, stands)
    assert f"copy {settings.media_store} and {settings.media_originals} as well" in done.stdout
    done = await commanded(["backup", whole, "--with-media"], database_url, stands)
    assert f"Files of pictures: {len(shown['renditions']) + 1}," in done.stdout, done.stderr
    stands |= {"NASHRA_MEDIA_STORE": str(tmp_path / "m"), "NASHRA_MEDIA_ORIGINALS": str(tmp_path / "o")}
    url = f"sqlite:///{tmp_path / 'rows.db'}"
    done = await commanded(["restore", rows], url, stands)
    assert "Pictures whose files are missing: 1." in done.stdout, done.stderr
    assert shown["id"] in done.stdout
    url = f"sqlite:///{tmp_path / 'whole.db'}"
    done = await commanded(["restore", whole], url, stands)
    assert "Files of pictures put into" in done.stdout, done.stderr
    assert "missing" not in done.stdout

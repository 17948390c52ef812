"""Pictures go from one newsroom into another: words, originals, what shows them; and files that are none."""

from __future__ import annotations

import hashlib
import os
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.exports.pictures import Copied, copy_originals
from app.kit.errors import Unavailable
from app.media.models import Media, MediaFile, MediaUse
from tests import serving
from tests.imports.portable import exported, file_of, imported, lines_of, things_in, withdrawn_picture
from tests.media.desk import FEW, MediaDesk, picture
from tests.newsroom import Newsroom, opened


@pytest.fixture
async def media(database_url: str, tmp_path: Path) -> AsyncIterator[MediaDesk]:
    """The newsroom that exports."""
    async with opened(database_url, **places(tmp_path / "here")) as room:
        yield MediaDesk(room)


@pytest.fixture
async def target(other_url: str, tmp_path: Path) -> AsyncIterator[Newsroom]:
    """The newsroom that imports, with stores of its own."""
    async with opened(other_url, **places(tmp_path / "there")) as room:
        yield room


def places(folder: Path) -> dict[str, Any]:
    return {"media_store": str(folder / "media"), "media_originals": str(folder / "originals"), **FEW}


async def with_originals(media: MediaDesk, folder: Path) -> bytes:
    """An export; its originals are in the folder."""
    room = media.room
    await copy_originals(room.app.state.database, room.app.state.media.originals, folder, lambda _: None)
    return await exported(room)


FILM = {"kind": "video", "url": "https://media.example/dome.mp4"}


async def one_everywhere(media: MediaDesk) -> tuple[dict[str, Any], dict[str, Any]]:
    """A picture with all its words, and an article that shows it at four places."""
    shown = await media.upload(
        alt="قرص", description="للتحرير", credit="أرشيف", photographer="سلمى", keywords=["ليل"],
        rights={"holder": "المرصد", "expires_at": "2030-01-01T00:00:00Z"}, focal_point={"x": 0.1, "y": 0.9},
        taken_at="2026-11-01T00:00:00Z", filename="قرص.jpg",
    )  # fmt: skip
    use = {"id": shown["id"], "caption": "وصف"}
    article = await media.room.published(
        lead_image=use,
        media=[use, {**FILM, "poster": use}],
        body=f'<p>متن</p><img data-media="{shown["id"]}" alt="قمر">',
    )
    return shown, article


async def test_another_newsroom_shows_the_same_pictures(media: MediaDesk, target: Newsroom, tmp_path: Path) -> None:
    shown, article = await one_everywhere(media)
    await media.room.desk("DELETE", f"/media/{(await media.upload('#ff0000'))['id']}", if_match='"1"')
    file = await with_originals(media, tmp_path / "pictures")
    assert len(list((tmp_path / "pictures").iterdir())) == 1
    told = await imported(target, file, originals=tmp_path / "pictures", dry_run=True)
    assert not list((tmp_path / "there").rglob("*.*"))
    report = await imported(target, file, originals=tmp_path / "pictures")
    assert (report.is_complete, report.of("imported")["media"]) == (True, 1), report.remarks
    assert report.counts == told.counts
    assert things_in(await exported(target)) == things_in(file)
    theirs = (await target.get(f"/v1/articles/{article['id']}")).json()
    mine = (await media.room.get(f"/v1/articles/{article['id']}")).json()
    for name in ("alt", "caption", "credit", "width", "placeholder"):
        assert theirs["lead_image"][name] == mine["lead_image"][name]
    assert f'src="{theirs["lead_image"]["url"]}"' in theirs["body"]["html"]
    assert theirs["lead_image"]["url"] != mine["lead_image"]["url"]
    await target.get(theirs["lead_image"]["url"])
    assert (await target.desk("GET", f"/media/{shown['id']}/file")).content == picture()
    uses = (await target.desk("GET", f"/media/{shown['id']}/uses")).json()["data"]
    assert {use["place"] for use in uses} == {"lead_image", "media", "poster", "body"}
    assert len((await target.desk("GET", "/media?q=قرص")).json()["data"]) == 1
    found = (await target.desk("GET", f"/media/{shown['id']}")).json()
    assert {name: found[name] for name in WORDS} == {name: shown[name] for name in WORDS}
    before = sorted((tmp_path / "there").rglob("*"))
    again = await imported(target, file, originals=tmp_path / "pictures")
    assert sorted((tmp_path / "there").rglob("*")) == before  # nothing is decoded for what is there
    assert (again.of("imported"), again.of("left"), again.of("refused")) == ({}, {}, {}), again.remarks


WORDS = (
    *("alt", "description", "credit", "photographer", "keywords", "rights", "focal_point", "taken_at", "filename"),
    *("language", "version", "created_at"),
)


async def test_without_its_file_a_picture_is_refused_and_the_article_comes_without_it(
    media: MediaDesk, target: Newsroom, tmp_path: Path
) -> None:
    shown, article = await one_everywhere(media)
    await media.room.author("سلمى", avatar={"id": shown["id"]})
    await media.room.section("فضاء", image={"id": shown["id"], "alt": "قبّة"})
    file = await exported(media.room)
    for is_dry in (True, False):
        report = await imported(target, file, dry_run=is_dry)
        assert report.of("refused") == {"media": 1}, report.remarks
        assert report.of("imported")["article"] == 1
        assert report.told("media", "--media FOLDER")
        for place in ("lead_image", "media", "body"):
            assert report.told("article", f"{place}: {shown['id']} is not there: left out"), report.remarks
        for kind, place in (("author", "avatar"), ("section", "image")):
            assert report.told(kind, f"{place}: {shown['id']} is not there: left out"), report.remarks
    theirs = (await target.get(f"/v1/articles/{article['id']}")).json()
    assert theirs["lead_image"] is None
    assert [(entry["url"], entry["poster"]) for entry in theirs["media"]] == [(FILM["url"], None)]
    assert "<img" not in theirs["body"]["html"]
    async with target.app.state.database.connection() as connection:
        assert not (await connection.execute(select(MediaUse.place))).all()
    again = await imported(target, await with_originals(media, tmp_path / "p"), originals=tmp_path / "p")
    assert (again.is_complete, again.of("imported")) == (True, {"media": 1})
    number = article["version"] - 1
    await target.desk(
        "POST", f"/articles/{article['id']}/revisions/{number}/restore", if_match=f'"{article["version"]}"'
    )
    assert (await target.get(f"/v1/articles/{article['id']}")).json()["lead_image"]["id"] == shown["id"]


HOSTILE = {
    "another file": (picture(colour="#000000"), "its digest is another"),
    "HTML": (b"<html><script>alert(1)</script>", "its file is refused"),
    "an SVG": (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "its file is refused"),
    "a picture that is cut": (picture()[:900], "its file is refused"),
    "a GIF that is called JPEG": (picture(kind="GIF"), "its file is refused"),
    "a file that is too large": (bytes(20_001), "larger than"),
    "nothing": (b"", "its file is refused"),
}


def line_of(member: str, content: bytes, **fields: Any) -> dict[str, Any]:
    sha256 = hashlib.sha256(content).hexdigest()
    words = dict.fromkeys(("alt", "description", "credit", "photographer", "rights", "focal_point", "taken_at"))
    size = {"sha256": sha256, "mime_type": "image/jpeg", "bytes": 9, "width": 4, "height": 3, "animated": False}
    withdrawn = dict.fromkeys(("withdrawn_at", "withdrawn_cause", "withdrawn_reason"))
    return {
        **{"kind": "media", "id": "01a22131-25f0-7a64-b1f0-5b1b7a0a9c11", "version": 1, "member": member},
        **{"created_at": "2026-11-15T09:00:00Z", "filename": "صورة.jpg", "language": "ar", "keywords": []},
        **{**words, **size, **withdrawn, **fields},
    }


async def header_of(room: Newsroom) -> list[dict[str, Any]]:
    """The header of an export, and its members."""
    return [line for line in lines_of(await exported(room)) if line["kind"] in {"header", "member"}]


@pytest.mark.parametrize("name", HOSTILE)
async def test_a_file_that_is_no_picture_is_refused(target: Newsroom, tmp_path: Path, name: str) -> None:
    target.set(media_max_bytes=20_000)
    content, words = HOSTILE[name]
    claimed = content if "digest" not in words else picture()
    lines = await header_of(target)
    line = line_of(target.members["admin"], claimed)
    (tmp_path / f"{line['sha256']}.jpg").write_bytes(content)
    report = await imported(target, file_of([*lines, line]), originals=tmp_path)
    assert report.of("refused") == {"media": 1}
    assert report.told("media", words), report.remarks
    assert not list((tmp_path / "there").rglob("*.*"))


async def test_only_plain_files_of_the_folder_are_read(target: Newsroom, tmp_path: Path) -> None:
    line = line_of(target.members["admin"], picture())
    (tmp_path / "elsewhere").write_bytes(picture())
    path, lines = tmp_path / f"{line['sha256']}.jpg", await header_of(target)
    for make in (partial(path.symlink_to, tmp_path / "elsewhere"), partial(os.mkfifo, path), path.mkdir):
        make()
        report = await imported(target, file_of([*lines, line]), originals=tmp_path)
        assert report.of("refused") == {"media": 1}, report.remarks
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
    bad = [line_of(target.members["admin"], b"", **fields) for fields in ({"sha256": "../../x"}, {"mime_type": "x/y"})]
    report = await imported(target, file_of([*lines, *bad]), originals=tmp_path)
    assert report.of("refused") == {"media": 2}
    assert report.told("/sha256")
    assert report.told("/mime_type")


async def test_the_same_bytes_under_another_id_are_one_file(media: MediaDesk, target: Newsroom, tmp_path: Path) -> None:
    shown, _ = await one_everywhere(media)
    own = await MediaDesk(target).upload(alt="من هنا")
    report = await imported(target, await with_originals(media, tmp_path / "p"), originals=tmp_path / "p")
    assert report.is_complete, report.remarks
    found = (await target.desk("GET", "/media")).json()["data"]
    assert {(one["id"], one["alt"]) for one in found} == {(own["id"], "من هنا"), (shown["id"], "قرص")}
    async with target.app.state.database.connection() as connection:
        assert len((await connection.execute(select(MediaFile.id))).all()) == 1
    assert len(list((tmp_path / "there" / "originals").iterdir())) == 1


async def test_what_was_taken_down_or_deleted_here_does_not_come_back(
    media: MediaDesk, target: Newsroom, tmp_path: Path
) -> None:
    shown, article = await one_everywhere(media)
    other = await media.upload("#ff0000")
    file = await with_originals(media, tmp_path / "p")
    desk = MediaDesk(target)
    own, gone = await desk.upload(), await desk.upload("#00ff00")
    await target.desk("POST", f"/media/{own['id']}/withdraw", {"cause": "legal", "reason": "سُحب"})
    report = await imported(target, file, originals=tmp_path / "p")
    assert report.of("left")["media"] == 1
    assert report.told(shown["id"], "was taken down here")
    assert (await target.get(f"/v1/articles/{article['id']}")).json()["lead_image"] is None
    await target.desk("DELETE", f"/media/{other['id']}", if_match='"1"')
    report = await imported(target, file, originals=tmp_path / "p")
    assert report.told(other["id"], "was deleted here since")
    assert {one["id"] for one in (await target.desk("GET", "/media")).json()["data"]} == {own["id"], gone["id"]}


async def test_an_article_comes_without_the_picture_that_was_withdrawn_here_and_that_is_told(
    media: MediaDesk, target: Newsroom, tmp_path: Path
) -> None:
    shown = await media.upload()
    await imported(target, await with_originals(media, tmp_path / "p"), originals=tmp_path / "p")
    await target.desk("POST", f"/media/{shown['id']}/withdraw", {"cause": "legal", "reason": "سُحب"})
    article = await media.room.published(lead_image={"id": shown["id"]})
    report = await imported(target, await exported(media.room))
    assert report.told("article", "lead_image", shown["id"], "left out")
    assert (await target.get(f"/v1/articles/{article['id']}")).json()["lead_image"] is None


async def test_a_withdrawn_picture_stays_withdrawn_and_its_bytes_refused(
    media: MediaDesk, target: Newsroom, tmp_path: Path
) -> None:
    shown, _ = await one_everywhere(media)
    await media.room.desk("POST", f"/media/{shown['id']}/withdraw", {"cause": "legal", "reason": "بقرار من المحكمة"})
    file = await with_originals(media, tmp_path / "p")
    assert not list((tmp_path / "p").iterdir())
    report = await imported(target, file, originals=tmp_path / "p")
    assert report.is_complete, report.remarks
    assert report.told("article", shown["id"], "left out")
    assert things_in(await exported(target))[0] == things_in(file)[0]
    await MediaDesk(target).send(picture(), expect=409)
    assert (await target.desk("GET", f"/media/{shown['id']}")).json()["url"] is None


async def test_a_picture_of_the_file_that_was_withdrawn_there_leaves_the_one_here(
    media: MediaDesk, target: Newsroom
) -> None:
    own = await MediaDesk(target).upload()
    picture_there = await withdrawn_picture(media.room)
    async with media.room.app.state.database.transaction() as session:
        file = await session.get_one(MediaFile, picture_there.file_id)
        file.sha256 = hashlib.sha256(picture()).hexdigest()
    report = await imported(target, await exported(media.room))
    assert report.of("imported") == {"media": 1}
    found = (await target.desk("GET", f"/media/{own['id']}")).json()
    assert (found["withdrawn_at"], (await target.get(found["url"])).status_code) == (None, 200)


async def test_a_store_that_is_away_ends_an_import_before_articles_lose_their_pictures(
    media: MediaDesk, target: Newsroom, tmp_path: Path
) -> None:
    _, article = await one_everywhere(media)
    file = await with_originals(media, tmp_path / "p")
    (tmp_path / "there").mkdir(exist_ok=True)
    (tmp_path / "there" / "originals").write_text("in the way")
    with pytest.raises(Unavailable):
        await imported(target, file, originals=tmp_path / "p")
    await target.get(f"/v1/articles/{article['id']}", 404)
    (tmp_path / "there" / "originals").unlink()
    assert (await imported(target, file, originals=tmp_path / "p")).is_complete


async def test_originals_are_copied_once_and_what_is_lost_is_told(media: MediaDesk, tmp_path: Path) -> None:
    room, folder = media.room, tmp_path / "p"
    shown, other = await media.upload(), await media.upload("#ff0000")
    await room.desk("POST", "/media", None, expect=415)
    stores, database = room.app.state.media, room.app.state.database
    assert await copy_originals(database, stores.originals, folder, lambda _: None) == Copied(2, 0, 0)
    name = f"{hashlib.sha256(picture()).hexdigest()}.jpg"
    assert (folder / name).read_bytes() == picture()
    assert ((folder / name).stat().st_mode & 0o777, folder.stat().st_mode & 0o777) == (0o600, 0o700)
    (folder / name).unlink()
    async with database.connection() as connection:
        rows = (await connection.execute(select(Media.id, MediaFile.name).join(MediaFile))).all()
    await stores.originals.remove([name for id, name in rows if id == shown["id"]])
    assert await copy_originals(database, stores.originals, folder, lambda _: None) == Copied(0, 1, 1)
    assert other["id"] in {id for id, _ in rows}
    assert len(list(folder.iterdir())) == 1


async def test_pictures_go_through_a_pair_of_commands(
    media: MediaDesk, database_url: str, target: Newsroom, other_url: str, tmp_path: Path
) -> None:
    _, article = await one_everywhere(media)
    path, folder = str(tmp_path / "n.jsonl"), str(tmp_path / "p")
    here, there = ({f"NASHRA_{k.upper()}": v for k, v in places(tmp_path / at).items()} for at in ("here", "there"))
    for one in (here, there):
        one.update({k: ",".join(v) for k, v in one.items() if isinstance(v, tuple)})
    written = serving.command("export", path, url=database_url, **here)
    assert "originals of pictures are not exported" in written.stderr, written.stderr
    Path(path).unlink()
    written = serving.command("export", path, "--media", folder, url=database_url, **here)
    assert f"1 copied to {folder}" in written.stderr, written.stderr
    read = serving.command("import", "nashra", path, "--media", folder, url=other_url, **there)
    assert read.returncode == 0, read.stderr
    shown = (await target.get(f"/v1/articles/{article['id']}")).json()["lead_image"]
    await target.get(shown["url"])

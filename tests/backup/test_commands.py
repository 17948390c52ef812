"""`./nashra backup`, `restore` and `resume`, as an operator types them; a backup without personal data."""

from __future__ import annotations

import errno
import gzip
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.backup.restoring import rehearse
from app.cli import main
from app.kit import clock
from tests import serving
from tests.backup.files import backed_up, lines_of, restored, rows_of, settings_of, silent
from tests.newsroom import SECRET, Newsroom, beside

pytestmark = pytest.mark.anyio


async def test_from_a_backup_to_a_newsroom_that_sends_again(lone_newsroom: Newsroom, tmp_path: Path) -> None:
    await lone_newsroom.published()
    url, new = lone_newsroom.settings.database_url, f"sqlite:///{tmp_path / 'new.db'}"
    stood: dict[str, Any] = {"NASHRA_CALLER_CWD": str(tmp_path)}
    done = serving.command("backup", "b.gz", "--with-key", url=url, **stood)
    assert done.returncode == 0, done.stderr
    assert "read again and checked" in done.stdout
    assert "e-mail addresses" in done.stdout
    assert "signing key" in done.stdout
    assert (tmp_path / "b.gz").stat().st_mode & 0o777 == 0o600
    again = serving.command("backup", "b.gz", url=url, **stood)
    assert (again.returncode, again.stdout) == (1, "")
    assert "is there already" in again.stderr

    done = serving.command("restore", "b.gz", "--dry-run", url=new, **stood)
    assert "is whole" in done.stdout
    assert not (tmp_path / "new.db").exists()
    done = serving.command("restore", "b.gz", "--key-file", "keys", url=new, **stood)
    assert done.returncode == 0, done.stderr
    assert "./nashra resume" in done.stdout
    assert (tmp_path / "keys").read_text() == "k" * 40
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o600
    checks = {one["name"]: one for one in json.loads(serving.command("doctor", "--json", url=new).stdout)["checks"]}
    assert checks["outbound"]["status"] == "warning"
    assert serving.command("resume", url=new).stdout == "Changes are sent again.\n"
    assert serving.command("resume", url=new).stdout == "Nothing was held back.\n"
    refused = serving.command("restore", "b.gz", url=new, **stood)
    assert refused.returncode == 1
    assert "not empty" in refused.stderr


async def test_a_key_file_that_cannot_be_is_refused_before_anything_is_restored(
    lone_newsroom: Newsroom, tmp_path: Path
) -> None:
    url, new, there = lone_newsroom.settings.database_url, tmp_path / "new.db", tmp_path / "there"
    there.write_text("another key")
    for name, options in (("without.gz", []), ("with.gz", ["--with-key"])):
        assert serving.command("backup", str(tmp_path / name), *options, url=url).returncode == 0
    refusals = (("without.gz", "keys", "holds no key"), ("with.gz", "there", "is there already"))
    for name, file, said in refusals:
        done = serving.command(
            *("restore", str(tmp_path / name), "--key-file", str(tmp_path / file)), url=f"sqlite:///{new}"
        )
        assert (done.returncode, done.stdout, new.exists()) == (1, "", False), done.stderr
        assert said in done.stderr
    rehearsed = ("restore", str(tmp_path / "with.gz"), "--dry-run", "--key-file", str(tmp_path / "keys"))
    assert serving.command(*rehearsed, url=f"sqlite:///{new}").returncode == 0
    assert not (tmp_path / "keys").exists()
    assert there.read_text() == "another key"


async def test_a_key_that_was_rotated_since_is_known(lone_newsroom: Newsroom, tmp_path: Path) -> None:
    backup = await backed_up(lone_newsroom.settings.database_url, tmp_path / "b.gz")
    for keys, known in ((("n" * 40, SECRET), True), (("n" * 40,), False), ((SECRET,), True)):
        settings = settings_of(f"sqlite:///{tmp_path / 'new.db'}", secret_key=keys)
        assert (await rehearse(settings, backup, silent)).has_same_key is known


def test_a_file_that_may_not_be_read_is_not_taken_for_the_database(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "b.gz"
    path.touch()

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(gzip, "open", refuse)
    monkeypatch.setenv("NASHRA_DATABASE_URL", f"sqlite:///{tmp_path / 'new.db'}")
    with pytest.raises(SystemExit) as end:
        main(["restore", str(path)])
    assert end.value.code == 1
    assert f"cannot read {path}: Permission denied" in capsys.readouterr().err


async def test_what_cannot_be_done_is_said(lone_newsroom: Newsroom, tmp_path: Path) -> None:
    url = lone_newsroom.settings.database_url
    nowhere = serving.command("backup", str(tmp_path / "no" / "b.gz"), url=url)
    assert (nowhere.returncode, "cannot write" in nowhere.stderr) == (1, True)
    missing = serving.command("restore", str(tmp_path / "missing.gz"), url=url)
    assert (missing.returncode, "there is no file" in missing.stderr) == (2, True)
    foreign = tmp_path / "foreign\x1b[31m.gz"
    foreign.write_bytes(b"x")
    refused = serving.command("restore", str(foreign), url=f"sqlite:///{tmp_path / 'new.db'}")
    assert (refused.returncode, "no backup of Nashra" in refused.stderr) == (1, True)
    empty = serving.command("backup", str(tmp_path / "b.gz"), url=f"sqlite:///{tmp_path / 'none.db'}")
    assert (empty.returncode, "there is no newsroom" in empty.stderr) == (1, True)
    nobody = serving.command("resume", url=f"sqlite:///{tmp_path / 'none.db'}")
    assert (nobody.returncode, "there is no newsroom" in nobody.stderr) == (1, True)
    assert not (tmp_path / "none.db").exists()
    (tmp_path / "bare.db").touch()
    bare = serving.command("backup", str(tmp_path / "b.gz"), url=f"sqlite:///{tmp_path / 'bare.db'}")
    assert (bare.returncode, "./nashra migrate" in bare.stderr) == (1, True)


async def hidden_since(newsroom: Newsroom) -> None:
    """A withdrawn and a scheduled article, whose comments were public once."""
    for verb in ("withdraw", "unpublish"):
        article = await newsroom.published(f"خبر {verb}")
        content = {"author_name": "هيفاء", "author_email": f"{verb}@example.com", "body": f"هيفاء: {verb}"}
        answer = await newsroom.client.post(f"/v1/articles/{article['id']}/comments", json=content)
        await newsroom.desk("POST", f"/comments/{answer.json()['comment']['id']}/approve", {})
        article = await newsroom.act(
            article, verb, {"reason": "سُحب", "note": "شكوى من هيفاء"} if verb == "withdraw" else {}
        )
    await newsroom.act(article, "publish", {"at": clock.written(clock.now() + timedelta(days=1))})


async def test_a_backup_without_personal_data_serves_the_same_public_answers(
    newsroom: Newsroom, other_kind: str, new_database: Callable[[str], str], tmp_path: Path
) -> None:
    newsroom.set(comments_rate=())
    await newsroom.hire("moderator", "رباب الحسيني")
    article = await newsroom.published(editorial_note="اتصلوا بهيفاء")
    ids: list[str] = []
    for number, parent in enumerate([None, 0, None]):
        content = {
            "author_name": f"قارئ {number}",
            "author_email": f"reader{number}@example.com",
            "body": f"قول {number}",
        }
        content |= {"parent_id": ids[parent]} if parent is not None else {}
        answer = await newsroom.client.post(f"/v1/articles/{article['id']}/comments", json=content)
        ids.append(answer.json()["comment"]["id"])
        if number < 2:
            await newsroom.desk("POST", f"/comments/{ids[-1]}/approve", {})
    await newsroom.desk("POST", f"/comments/{ids[0]}/reject", {})  # it stays in the tree, for its reply
    await hidden_since(newsroom)
    path = await backed_up(newsroom.settings.database_url, tmp_path / "staging.gz", personal=False)
    text = json.dumps(lines_of(path), ensure_ascii=False)
    for secret in ("@example.com", "رباب", "قول 0", "قارئ 0", "قول 2", "قارئ 2", '"rejected"', "هيفاء", "شكوى"):
        assert secret not in text
    assert "قول 1" in text
    assert "staff_tokens" not in text.partition('{"table"')[2]
    assert not rows_of(path, "audit")
    assert sorted(row["comment_count"] for row in rows_of(path, "articles")) == [0, 0, 1]
    url = new_database(other_kind)
    await restored(path, url)
    urls = ["/v1/articles", f"/v1/articles/{article['id']}", f"/v1/articles/{article['id']}/comments"]
    async with beside(newsroom, database_url=url) as other:
        for one in urls:
            assert (await other.get(one)).text == (await newsroom.get(one)).text
        await other.desk("GET", "/articles", expect=401)

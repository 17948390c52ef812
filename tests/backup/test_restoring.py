"""What a restore means: clients start again, nothing goes out, what was taken down stays down, schedules are told."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text, update

from app.articles.models import Article
from app.backup.aftermath import Aftermath, Due
from app.backup.lines import Damaged
from app.backup.restoring import NotEmpty, rehearse, restore
from app.changes import takedowns
from app.changes.consumers import Batch, Consumer, ConsumerRun
from app.changes.models import Change, ChangeLog, ConsumerPosition
from app.commands.backup import _settled
from app.commands.standing import said_of
from app.kit import clock, migrations
from tests.backup.files import Lines, backed_up, changed, lines_of, restored, rows_of, settings_of, silent
from tests.entries.live import coverage, entry, path
from tests.imports.portable import exported, imported
from tests.newsroom import Newsroom, beside

pytestmark = pytest.mark.anyio
NewDatabase = Callable[[str], str]


async def commented(newsroom: Newsroom, article: dict[str, Any], body: str, parent: str | None = None) -> str:
    """An approved comment; returns its id."""
    content = {"author_name": "سعاد", "author_email": "suad@example.com", "body": body, "parent_id": parent}
    answer = await newsroom.client.post(f"/v1/articles/{article['id']}/comments", json=content)
    id: str = answer.json()["comment"]["id"]
    await newsroom.desk("POST", f"/comments/{id}/approve", {})
    return id


async def test_clients_of_the_log_start_again_and_staff_keep_their_tokens(
    newsroom: Newsroom, backend: str, new_database: NewDatabase, tmp_path: Path
) -> None:
    await newsroom.published()
    since = (await newsroom.get("/v1/changes")).json()["since"]
    url = new_database(backend)
    await restored(await backed_up(newsroom.settings.database_url, tmp_path / "b.gz"), url)
    async with beside(newsroom, database_url=url) as other:
        answer = await other.get("/v1/changes", 410, params={"since": since})
        assert answer.json()["type"].endswith("must-restart")
        assert {one["type"] for one in (await other.get("/v1/changes")).json()["data"]} >= {"article.published"}
        await other.published("خبر بعد الاستعادة")
        assert len((await other.get("/v1/articles")).json()["data"]) == 2


class Outbound(Consumer):
    """Sends to others, in thought."""

    name = "outbound"
    is_outbound = True

    def __init__(self) -> None:
        self.seen: list[str] = []

    async def consume(self, batch: Batch) -> None:
        self.seen += [change.type for change in batch.changes]


async def test_nothing_is_sent_after_a_restore_until_it_is_resumed(
    newsroom: Newsroom, backend: str, new_database: NewDatabase, tmp_path: Path
) -> None:
    await newsroom.published()
    url = new_database(backend)
    await restored(await backed_up(newsroom.settings.database_url, tmp_path / "b.gz"), url)
    async with beside(newsroom, database_url=url) as other:
        run = ConsumerRun(other.app.state.database, other.app.state.tail, outbound := Outbound())
        await run.turn()
        await other.published("خبر بعد الاستعادة")
        await run.turn()
        assert not outbound.seen
        assert any("./nashra resume" in line for line in await said_of(settings_of(url), "http://localhost:8000"))
        async with other.app.state.database.transaction() as session:
            await session.execute(update(ChangeLog).values(outbound_paused_at=None))
        await run.turn()
        assert outbound.seen == ["article.published"]  # of the time since, and nothing older


async def withdrawn_since(newsroom: Newsroom) -> tuple[dict[str, Any], dict[str, str], str]:
    """An article, comments and a reply that will be taken down, and one comment that stays."""
    article = await newsroom.published("خبر سيُسحب", comments_mode="premoderated")
    other = await newsroom.published("خبر يبقى")
    ids = {"article": article["id"], "stays": await commented(newsroom, other, "تعليق يبقى")}
    ids["redacted"] = await commented(newsroom, other, "تعليق سيُطمس")
    ids["reply"] = await commented(newsroom, other, "رد يبقى", ids["redacted"])
    ids["never public"] = (
        await newsroom.client.post(
            f"/v1/articles/{other['id']}/comments",
            json={"author_name": "هدى", "author_email": "huda@example.com", "body": "تعليق لم يُنشر"},
        )
    ).json()["comment"]["id"]
    ids["deleted"] = await commented(newsroom, other, "تعليق سيُحذف")
    return article, ids, other["id"]


async def take_down(newsroom: Newsroom, article: dict[str, Any], ids: dict[str, str]) -> None:
    await newsroom.act(article, "withdraw", {"reason": "بقرار من المحكمة"})
    await newsroom.desk("POST", f"/comments/{ids['redacted']}/redact", {})
    await newsroom.desk("POST", f"/comments/{ids['never public']}/redact", {})
    async with newsroom.app.state.database.transaction() as session:
        from app.comments.write_repository import CommentsToChange

        comments = CommentsToChange(session)
        await comments.remove(await comments.locked(ids["deleted"]))


async def written_takedowns(newsroom: Newsroom) -> Path:
    """The file, once the consumer has had its turn."""
    path = newsroom.app.state.consumers["takedowns"].consumer._path
    await newsroom.app.state.tail.catch_up()
    await newsroom.app.state.consumers["takedowns"].turn()
    return Path(path)


async def test_what_was_taken_down_since_the_backup_stays_down(
    newsroom: Newsroom, backend: str, other_kind: str, new_database: NewDatabase, tmp_path: Path
) -> None:
    newsroom.set(comments_rate=())
    newsroom.app.state.consumers["takedowns"].consumer._path = tmp_path / "takedowns.jsonl"
    article, ids, other_id = await withdrawn_since(newsroom)
    backup = await backed_up(newsroom.settings.database_url, tmp_path / "b.gz")
    await take_down(newsroom, article, ids)
    file = await written_takedowns(newsroom)
    urls = [f"/v1/articles/{article['id']}", f"/v1/articles/{other_id}/comments?limit=50", f"/v1/articles/{other_id}"]
    wanted = [(await newsroom.get(url, None)).status_code for url in urls]
    url = new_database(other_kind)
    done = await restored(backup, url, takedowns=[file])
    assert done.aftermath.taken_down == 4
    async with beside(newsroom, database_url=url) as other:
        assert [(await other.get(url, None)).status_code for url in urls] == wanted == [410, 200, 200]
        assert (await other.get(urls[0], 410)).json()["reason"] == "بقرار من المحكمة"
        shown = (await other.get(urls[1])).text
        assert "تعليق يبقى" in shown
        assert "رد يبقى" in shown
        assert "سيُطمس" not in shown
        assert "سيُحذف" not in shown
        assert (await other.get(urls[2])).json()["comments"]["count"] == 2
        queue = (await other.desk("GET", "/comments?limit=50")).text
        assert "لم يُنشر" not in queue
        entries = (await other.get("/v1/changes?limit=100")).json()["data"]
        assert article["id"] not in {one["id"] for one in entries}  # a first copy has nothing to delete
        async with other.app.state.database.connection() as connection:
            told = select(Change.type).where(Change.resource_id == article["id"]).order_by(Change.seq.desc())
            assert (await connection.execute(told.limit(1))).scalar_one() == "article.withdrawn"
        first = await backed_up(url, tmp_path / "after.gz")
        assert "huda@example.com" not in str(lines_of(first))
        assert len(rows_of(first, "takedowns")) == 4


async def test_an_article_that_was_reinstated_since_the_backup_is_a_draft_as_it_was_then(
    newsroom: Newsroom, backend: str, new_database: NewDatabase, tmp_path: Path
) -> None:
    """It may have been deleted since, or published without what was wrong."""
    newsroom.app.state.consumers["takedowns"].consumer._path = tmp_path / "takedowns.jsonl"
    article = await newsroom.published()
    backup = await backed_up(newsroom.settings.database_url, tmp_path / "b.gz")
    article = await newsroom.act(article, "withdraw", {"reason": "خطأ"})
    await newsroom.act(article, "reinstate", {})
    file = await written_takedowns(newsroom)
    assert [one.action for one in takedowns.read([file])[0]] == ["reinstated"]
    url = new_database(backend)
    done = (await restored(backup, url, takedowns=[file])).aftermath
    assert (done.taken_down, done.reinstated) == (0, [article["id"]])
    async with beside(newsroom, database_url=url) as other:
        await other.get(f"/v1/articles/{article['id']}", 404)
        assert (await other.desk("GET", f"/articles/{article['id']}")).json()["status"] == "draft"


async def test_an_article_that_was_published_again_before_the_backup_stays_published(
    newsroom: Newsroom, backend: str, new_database: NewDatabase, tmp_path: Path
) -> None:
    newsroom.app.state.consumers["takedowns"].consumer._path = tmp_path / "takedowns.jsonl"
    article = await newsroom.published()
    for verb, body in (("withdraw", {"reason": "خطأ"}), ("reinstate", {}), ("publish", {})):
        article = await newsroom.act(article, verb, body)
    backup = await backed_up(newsroom.settings.database_url, tmp_path / "b.gz")
    url = new_database(backend)
    done = (await restored(backup, url, takedowns=[await written_takedowns(newsroom)])).aftermath
    assert (done.taken_down, done.reinstated) == (0, [])
    async with beside(newsroom, database_url=url) as other:
        await other.get(f"/v1/articles/{article['id']}")


def test_headlines_of_a_backup_cannot_steer_the_terminal() -> None:
    due = Due("01a2", "خبر\x1b[31m\u202e\n", clock.now())
    assert list(_settled(Aftermath(due=[due])))[-1].endswith("  01a2  خبر[31m")


async def test_what_was_made_and_taken_down_after_the_backup_is_not_imported_again(
    newsroom: Newsroom, backend: str, new_database: NewDatabase, tmp_path: Path
) -> None:
    """An old backup, and an export that is younger: the night of an operator."""
    newsroom.app.state.consumers["takedowns"].consumer._path = tmp_path / "takedowns.jsonl"
    old = await newsroom.published("خبر قديم", comments_mode="premoderated")
    backup = await backed_up(newsroom.settings.database_url, tmp_path / "b.gz")
    young, kept = await newsroom.published("خبر جديد"), await newsroom.published("خبر يبقى")
    comment = await commented(newsroom, old, "تعليق سيُطمس")
    file = await exported(newsroom)
    await newsroom.act(young, "withdraw", {"reason": "بقرار من المحكمة"})
    await newsroom.desk("POST", f"/comments/{comment}/redact", {})
    url = new_database(backend)
    await restored(backup, url, takedowns=[await written_takedowns(newsroom)])
    async with beside(newsroom, database_url=url) as other:
        report = await imported(other, file)
        assert report.of("left") == {"article": 1, "comment": 1}
        assert "سيُطمس" not in (await other.get(f"/v1/articles/{old['id']}/comments")).text
        await other.get(f"/v1/articles/{young['id']}", 404)
        await other.get(f"/v1/articles/{kept['id']}")


async def test_takedowns_are_not_told_to_the_public_where_nobody_saw_the_thing(newsroom: Newsroom) -> None:
    article = await newsroom.published()
    content = {"author_name": "هدى", "author_email": "huda@example.com", "body": "لم يُنشر"}
    answer = await newsroom.client.post(f"/v1/articles/{article['id']}/comments", json=content)
    id = answer.json()["comment"]["id"]
    await newsroom.desk("POST", f"/comments/{id}/redact", {})
    page = (await newsroom.get("/v1/changes?limit=100")).json()
    assert id not in str(page)
    assert (await newsroom.get("/v1/changes", params={"since": page["since"]})).json()["data"] == []


async def test_what_was_edited_by_hand_in_the_file_of_takedowns_is_cleaned(
    newsroom: Newsroom, backend: str, new_database: NewDatabase, tmp_path: Path
) -> None:
    article = await newsroom.published()
    line = {"at": clock.written(clock.now()), "resource": "article", "id": article["id"], "action": "withdrawn"}
    (tmp_path / "takedowns").write_text(json.dumps({**line, "reason": "سُحب\0\x1b"}))
    url, backup = new_database(backend), await backed_up(newsroom.settings.database_url, tmp_path / "b.gz")
    await restored(backup, url, takedowns=[tmp_path / "takedowns"])
    async with beside(newsroom, database_url=url) as other:
        assert (await other.get(f"/v1/articles/{article['id']}", 410)).json()["reason"] == "سُحب"


def test_lines_that_a_crash_has_cut_off_spoil_no_others(tmp_path: Path) -> None:
    path = tmp_path / "takedowns.jsonl"
    line = {"at": "2026-11-28T08:00:00.000Z", "resource": "article", "action": "withdrawn", "reason": None}
    first, second = (json.dumps({**line, "id": f"01a2{n}e38-40c4-757f-8fe1-4c6c1e7a0000"}).encode() for n in (1, 2))
    takedowns.append(path, [first])
    with path.open("ab") as file:
        file.write(second[:40])
    takedowns.append(path, [second, first])
    found, unreadable = takedowns.read([path])
    assert (len(found), unreadable) == (2, 1)
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("hold", [False, True])
async def test_schedules_that_came_due_meanwhile_are_told_and_held(
    newsroom: Newsroom, backend: str, new_database: NewDatabase, tmp_path: Path, hold: bool
) -> None:
    now = clock.now()
    soon = await newsroom.published("موعده قريب", at=clock.written(now + timedelta(hours=1)))
    later = await newsroom.published("موعده بعيد", at=clock.written(now + timedelta(days=9)))
    backup = await backed_up(newsroom.settings.database_url, tmp_path / "b.gz")
    url = new_database(backend)
    with clock.frozen(now + timedelta(hours=2)):
        done = await restored(backup, url, hold_scheduled=hold)
        assert [one.headline for one in done.aftermath.due] == ["موعده قريب"]
        async with beside(newsroom, database_url=url) as other:
            await other.get(f"/v1/articles/{soon['id']}", 404 if hold else 200)
            states = [(await other.desk("GET", f"/articles/{one['id']}")).json()["status"] for one in (soon, later)]
            assert states == ["draft" if hold else "published", "scheduled"]


async def test_a_database_that_is_not_empty_is_refused_and_stays(
    newsroom: Newsroom, backend: str, tmp_path: Path
) -> None:
    await newsroom.published()
    url = newsroom.settings.database_url
    backup = await backed_up(url, tmp_path / "b.gz")
    for attempt in (restore, rehearse):
        with pytest.raises(NotEmpty, match="articles"):
            await attempt(settings_of(url), backup, silent)
    assert len((await newsroom.get("/v1/articles")).json()["data"]) == 1


SINCE = {
    *("takedowns", "jobs", "media", "media_files", "media_keys", "media_uses", "previews"),
    *("entries", "entry_authors", "entry_revisions", "article_subjects"),
    *("fronts", "front_slots", "front_items", "front_sections", "front_tags", "front_authors"),
    *("front_drafts", "front_states", "front_compositions"),
}


NEWER = (
    *(("change_log", name) for name in ("outbound_paused_at", "site_id")),
    ("articles", "withdrawn_cause"),
    ("articles", "withdrawn_mandatory"),
    ("sections", "image"),
    *(("articles", name) for name in ("contributors", "live_started_at", "live_ended_at")),
    *(("articles", name) for name in ("entry_count", "draft_entry_count", "last_entry_at")),
    *(("articles", name) for name in ("content_warning", "subjects")),
    *(("articles", name) for name in ("embargo_until", "share_early", "editorial_note", "rights_expire_at")),
)


def without_newest_columns(lines: Lines) -> Lines:
    """A backup as version 0011 of the schema would have made it."""
    for table, column in NEWER:
        place = next(n for n, line in enumerate(lines) if isinstance(line, dict) and line.get("table") == table)
        at = list(lines[place]["columns"]).index(column)
        del lines[place]["columns"][column]
        for row in itertools.takewhile(lambda line: isinstance(line, list), lines[place + 1 :]):
            del row[at]
    table, kept = "", []
    for line in lines:
        table = line.get("table", "") if isinstance(line, dict) else table
        if table not in SINCE:
            kept.append(line)
    return [{**kept[0], "revision": "0011_consumers"}, *kept[1:]]


async def test_a_backup_of_an_older_version_is_migrated(
    newsroom: Newsroom, backend: str, new_database: NewDatabase, tmp_path: Path
) -> None:
    ends = "2030-01-01T00:00:00.250Z"
    article = await newsroom.published(rights={"expires_at": ends})
    backup = await backed_up(newsroom.settings.database_url, tmp_path / "b.gz")
    older = changed(backup, tmp_path / "older.gz", without_newest_columns)
    url = new_database(backend)
    await restored(older, url)
    async with beside(newsroom, database_url=url) as other:
        await other.get(f"/v1/articles/{article['id']}")
        async with other.app.state.database.connection() as connection:
            assert await migrations.revision_of(connection) == migrations.known()[1]
            assert (await connection.execute(select(ConsumerPosition))).all() == []
            filled = (await connection.execute(select(Article.rights_expire_at))).scalar_one()
            assert clock.written(filled) == ends, "columns that were added since are filled from what was there"


async def test_tables_of_other_applications_stay_as_they_are(
    newsroom: Newsroom, backend: str, new_database: NewDatabase, tmp_path: Path
) -> None:
    article = await newsroom.published()
    url, backup = new_database(backend), await backed_up(newsroom.settings.database_url, tmp_path / "b.gz")
    async with migrations.locked(url) as connection:
        await connection.execute(text("CREATE TABLE invoices (id integer)"))
        await connection.execute(text("INSERT INTO invoices VALUES (7)"))

    def stolen(lines: Lines) -> Lines:
        """As an older version of the schema might have called its tags."""
        lines = without_newest_columns(lines)
        place = next(n for n, line in enumerate(lines) if isinstance(line, dict) and line.get("table") == "tags")
        end = next(n for n in range(place + 1, len(lines)) if isinstance(lines[n], dict))
        return [*lines[:place], {"table": "invoices", "columns": {"id": "integer"}}, [8], *lines[end:]]

    with pytest.raises(Damaged, match="invoices"):
        await restored(changed(backup, tmp_path / "stolen.gz", stolen), url)
    await restored(backup, url)
    async with migrations.locked(url) as connection:
        assert (await connection.execute(text("SELECT id FROM invoices"))).scalars().all() == [7]
    async with beside(newsroom, database_url=url) as other:
        await other.get(f"/v1/articles/{article['id']}")


async def test_a_database_that_is_migrated_and_empty_may_be_restored_into(
    newsroom: Newsroom, migrated_file: Path, tmp_path: Path
) -> None:
    article = await newsroom.published()
    backup = await backed_up(newsroom.settings.database_url, tmp_path / "b.gz")
    file = tmp_path / "served.db"
    file.write_bytes(migrated_file.read_bytes())
    await rehearse(settings_of(f"sqlite:///{file}"), backup, silent)
    await restored(backup, f"sqlite:///{file}")
    async with beside(newsroom, database_url=f"sqlite:///{file}") as other:
        await other.get(f"/v1/articles/{article['id']}")
        found = (await other.get("/v1/search", params={"q": "المرصد"})).json()["data"]
        assert [one["article"]["id"] for one in found] == [article["id"]]


async def test_an_entry_that_was_deleted_after_the_backup_does_not_come_back(
    newsroom: Newsroom, backend: str, new_database: NewDatabase, tmp_path: Path
) -> None:
    newsroom.app.state.consumers["takedowns"].consumer._path = tmp_path / "takedowns.jsonl"
    article = await coverage(newsroom)
    wrong, kept = await entry(newsroom, article, "نبأ خاطئ"), await entry(newsroom, article, "نبأ يبقى")
    backup = await backed_up(newsroom.settings.database_url, tmp_path / "b.gz")
    await newsroom.desk("DELETE", path(wrong), if_match="*", expect=204)
    url = new_database(backend)
    done = (await restored(backup, url, takedowns=[await written_takedowns(newsroom)])).aftermath
    assert done.taken_down == 1
    async with beside(newsroom, database_url=url) as other:
        answer = (await other.get(f"/v1/articles/{article['id']}/entries")).json()
        assert [one["id"] for one in answer["data"]] == [kept["id"]]
        assert (await other.get(f"/v1/articles/{article['id']}")).json()["live"]["entry_count"] == 1

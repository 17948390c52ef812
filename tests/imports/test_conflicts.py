"""Into a newsroom that has content of its own: nothing there is overwritten, and nothing comes twice."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from app.kit import clock
from tests.imports.portable import OPEN, exported, head, imported, lines_of, some_of_everything, things_in
from tests.newsroom import Newsroom


async def test_who_and_what_has_the_same_name_is_the_same(newsroom: Newsroom, target: Newsroom) -> None:
    newsroom.set(**OPEN)
    made = await some_of_everything(newsroom)
    own = await target.section("علوم", name="علومنا")
    await target.tag("فلك")
    await target.desk("PUT", "/sections/فضاء", {"name": "فضاؤنا"})
    report = await imported(target, await exported(newsroom))
    assert report.is_complete
    assert report.told("section", "فضاء is here already: the same section")
    assert report.told("member", "admin is a member here already: the same")
    assert report.of("there") == {"member": 1, "section": 2, "tag": 1}
    article = (await target.get(f"/v1/articles/{made['story']['id']}")).json()
    assert [one["name"] for one in article["sections"]] == ["فضاؤنا", "علومنا"]
    sections = (await target.get("/v1/sections")).json()["data"]
    assert {one["id"] for one in sections} >= {own["id"]}
    assert len(sections) == 2
    ticker = (await target.get("/v1/tickers/عاجل")).json()
    assert made["story"]["id"] in {item["id"] for item in ticker["items"]}  # the rule names the section here
    assert (await target.get("/v1/tags/قديم", 308)).headers["location"].endswith("/v1/tags/%D9%81%D9%84%D9%83")
    restored = await target.desk(
        "POST", f"/articles/{made['story']['id']}/revisions/1/restore", if_match=f'"{made["story"]["version"]}"'
    )
    assert restored.json()["section"]["name"] == "فضاؤنا"  # revisions name what is here
    assert "not_restored" not in restored.text


async def test_an_address_that_leads_elsewhere_stays_and_a_free_one_is_taken(
    newsroom: Newsroom, target: Newsroom
) -> None:
    source = await newsroom.published("قبة المرصد")
    await newsroom.desk("PUT", "/tickers/عاجل", {"name": "عاجل"})
    own = await target.published("قبة المرصد")
    await target.desk("PUT", "/tickers/عاجل", {"name": "عاجلنا"})
    file = await exported(newsroom)
    report = await imported(target, file)
    assert report.is_complete
    assert report.told("قبة-المرصد leads to another article here: it gets قبة-المرصد-2")
    assert report.told("ticker", "عاجل leads to another ticker here: it gets عاجل-2")
    assert (await target.get("/v1/articles/قبة-المرصد")).json()["id"] == own["id"]
    assert (await target.get("/v1/articles/قبة-المرصد-2")).json()["id"] == source["id"]
    before = await head(target)
    again = await imported(target, file)
    assert (again.of("imported"), again.of("left"), await head(target)) == ({}, {}, before)


async def test_the_same_external_id_is_the_same_article(newsroom: Newsroom, target: Newsroom) -> None:
    await newsroom.published("من نظام آخر", external_id={"system": "wp", "id": "7"})
    own = await target.published("استُورد قبل ذلك", external_id={"system": "wp", "id": "7"})
    report = await imported(target, await exported(newsroom))
    assert report.is_complete
    assert report.told("external id", own["id"])
    assert [one["headline"] for one in (await target.get("/v1/articles")).json()["data"]] == ["استُورد قبل ذلك"]
    assert (report.of("there")["article"], report.of("left")) == (1, {"revision": 2})


async def test_what_an_editor_has_done_here_since_stays(newsroom: Newsroom, target: Newsroom) -> None:
    newsroom.set(**OPEN)
    made = await some_of_everything(newsroom)
    file = await exported(newsroom, personal=True)
    await imported(target, file)
    await target.change({**made["story"]}, headline="عنوان من هنا")
    await target.desk("PUT", "/sections/علوم", {"name": "اسم من هنا"}, if_match="*")
    await target.desk("POST", f"/comments/{made['reply']['id']}/spam", {})
    await target.desk("DELETE", f"/tickers/عاجل/items/{made['item']['id']}", if_match="*")
    token = {"Authorization": f"Bearer {made['held']['edit_token']}"}
    taken_back = await target.client.delete(f"/v1/comments/{made['held']['id']}", headers=token)
    assert taken_back.status_code == 204
    draft = next(line for line in lines_of(file) if line.get("state") == "draft")
    await target.desk("DELETE", f"/articles/{draft['id']}", if_match='"1"')
    before, log = things_in(await exported(target)), await head(target)
    report = await imported(target, file)
    assert things_in(await exported(target)) == before
    assert (report.of("imported"), await head(target)) == ({}, log)
    assert report.told(made["story"]["id"], "was changed here since (version 5 here, 4 in the file): left alone")
    assert report.told("section", "was changed here since")
    assert report.told("comment", made["reply"]["id"], "was changed here since")
    assert report.told(draft["id"], "was deleted here since")
    assert report.told(made["held"]["id"], "was deleted here since")
    left = report.of("left")
    assert left == {"section": 1, "article": 1 + 1, "comment": 1 + 1, "ticker": 1, "ticker_item": 1, "ticker_order": 1}


async def test_the_history_of_an_article_that_was_changed_here_is_completed(
    newsroom: Newsroom, target: Newsroom
) -> None:
    """An import that was interrupted between article and revisions, and an editor who came first."""
    article = await newsroom.published("خبر")
    lines = (await exported(newsroom)).splitlines(keepends=True)
    await imported(target, b"".join(line for line in lines if b'"kind":"revision"' not in line))
    await target.change(article, headline="من هنا")
    report = await imported(target, b"".join(lines))
    assert report.of("imported") == {"revision": 2}
    revisions = (await target.desk("GET", f"/articles/{article['id']}/revisions")).json()["data"]
    assert [one["number"] for one in revisions] == [3, 2, 1]


@pytest.mark.parametrize("stops_at", [5, 14])
async def test_an_import_that_was_killed_is_completed_by_a_second_run(
    newsroom: Newsroom, target: Newsroom, stops_at: int
) -> None:
    newsroom.set(**OPEN)
    await some_of_everything(newsroom)
    file = await exported(newsroom)
    lines = file.splitlines(keepends=True)
    part = await imported(target, b"".join(lines[:stops_at]) + lines[stops_at][:20])
    assert not part.is_complete
    assert part.told("the file is cut")
    report = await imported(target, file)
    assert report.is_complete, report.remarks
    assert things_in(await exported(target)) == things_in(file)


async def test_two_imports_at_once_make_no_doubles(newsroom: Newsroom, target: Newsroom) -> None:
    newsroom.set(**OPEN)
    await some_of_everything(newsroom)
    file = await exported(newsroom)
    reports = await asyncio.gather(*(imported(target, file) for _ in range(3)))
    assert [report.remarks for report in reports if not report.is_complete] == []
    assert things_in(await exported(target)) == things_in(file)


async def test_bodies_are_rendered_by_the_rules_of_the_newsroom_that_reads_them(
    newsroom: Newsroom, target: Newsroom
) -> None:
    newsroom.set(embed_hosts=("video.example.com",))
    target.set(embed_hosts=("maps.example.com",))
    frames = "".join(f'<iframe src="https://{host}.example.com/1"></iframe>' for host in ("video", "maps"))
    article = await newsroom.published(body=f"<p>نص</p>{frames}")
    file = await exported(newsroom)
    await imported(target, file)
    seen = [(await room.get(f"/v1/articles/{article['id']}")).json()["body"]["html"] for room in (newsroom, target)]
    assert [("video." in html, "maps." in html) for html in seen] == [(True, False), (False, True)]
    assert things_in(await exported(target)) == things_in(file)


async def test_a_schedule_that_passed_on_the_way_is_for_an_editor_to_decide(
    newsroom: Newsroom, target: Newsroom
) -> None:
    start = clock.now()
    with clock.frozen(start):
        soon = await newsroom.published("قريبًا", at=clock.written(start + timedelta(hours=1)))
        later = await newsroom.published("لاحقًا", at=clock.written(start + timedelta(hours=5)))
        file = await exported(newsroom)
    with clock.frozen(start + timedelta(hours=2)):
        report = await imported(target, file)
        assert report.is_complete
        assert report.told(soon["id"], "has passed: it becomes a draft")
        states = {
            id: (await target.desk("GET", f"/articles/{id}")).json()["status"] for id in (soon["id"], later["id"])
        }
        assert states == {soon["id"]: "draft", later["id"]: "scheduled"}
        assert (await imported(target, file)).of("left") == {}
    with clock.frozen(start + timedelta(hours=6)):
        await target.app.state.background.run_due()
        assert [one["id"] for one in (await target.get("/v1/articles")).json()["data"]] == [later["id"]]


async def test_a_dry_run_tells_the_same_and_stores_nothing(newsroom: Newsroom, target: Newsroom) -> None:
    newsroom.set(**OPEN)
    await some_of_everything(newsroom)
    await target.published("The dome")
    file, before = await exported(newsroom), await exported(target)
    told = await imported(target, file, dry_run=True)
    assert things_in(await exported(target)) == things_in(before)
    assert told.told("the-dome leads to another article here")
    assert told.counts == (await imported(target, file)).counts
    assert (await imported(target, file, dry_run=True)).of("imported") == {}


async def test_an_import_has_one_row_in_the_audit(newsroom: Newsroom, target: Newsroom) -> None:
    await newsroom.published()
    file = await exported(newsroom)
    await imported(target, file)
    await imported(target, file)
    rows = (await target.desk("GET", "/audit?action=newsroom.import")).json()["data"]
    assert [(row["member_id"], row["member_name"]) for row in rows] == [(None, "./nashra import")]

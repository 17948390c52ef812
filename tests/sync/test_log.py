"""The change log: one row for every change that readers can see, in the same transaction, in commit order."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from app.changes import compaction
from app.changes.models import Change, ChangeLog, Takedown
from app.changes.pending import PendingChange, record_change
from app.kit import clock
from tests.comments.talk import Talk
from tests.newsroom import Newsroom, beside, opened
from tests.sync.mirror import Mirror, delivered

AHEAD = timedelta(hours=1)


async def changes_since(newsroom: Newsroom, since: str | None = None) -> tuple[list[tuple[str, str]], str]:
    """(type, id) of every change after `since`, and the token of the log's present head.

    Numbers follow each other; only a takedown that the public does not see takes one without a change.
    """
    async with newsroom.app.state.database.connection() as connection:
        seq = int(since or 0)
        rows = (await connection.execute(select(Change.__table__).where(Change.seq > seq).order_by(Change.seq))).all()
        head = (await connection.execute(select(ChangeLog.head))).scalar_one()
        taken = set((await connection.execute(select(Takedown.seq))).scalars()) - {row.seq for row in rows}
    assert [row.seq for row in rows] == [number for number in range(seq + 1, head + 1) if number not in taken]
    return [(row.type, row.resource_id) for row in rows], str(head)


async def test_every_verb_records_its_own_type(newsroom: Newsroom) -> None:
    article = await newsroom.draft()
    changes, at = await changes_since(newsroom)
    assert changes == []
    article = await newsroom.act(article, "publish")
    changes, at = await changes_since(newsroom, at)
    assert [kind for kind, _ in changes] == ["article.published", "section.changed"]
    steps: dict[str, Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]] = {
        "article.updated": lambda a: newsroom.change(a, headline="عنوان آخر"),
        "article.slug_changed": lambda a: newsroom.change(a, slug="اسم-آخر"),
        "article.corrected": lambda a: correct(newsroom, a),
        "article.unpublished": lambda a: newsroom.act(a, "unpublish"),
        "article.published": lambda a: newsroom.act(a, "publish"),
        "article.withdrawn": lambda a: newsroom.act(a, "withdraw", {"reason": "سُحب"}),
    }
    for expected, act in steps.items():
        article = await act(article)
        changes, at = await changes_since(newsroom, at)
        assert changes[0] == (expected, article["id"])
        others = (
            ["section.changed"] if expected in {"article.unpublished", "article.published", "article.withdrawn"} else []
        )
        assert [kind for kind, _ in changes[1:]] == others
    await newsroom.act(article, "reinstate")
    changes, at = await changes_since(newsroom, at)
    assert changes == [("article.unpublished", article["id"])], "feeds must not go on telling of the withdrawal"
    await newsroom.change(await newsroom.draft("مسودة"), headline="مسودة أخرى")
    assert (await changes_since(newsroom, at))[0] == []


async def correct(newsroom: Newsroom, article: dict[str, Any]) -> dict[str, Any]:
    note = {"kind": "correction", "note": "صُحّح"}
    url, match = f"/articles/{article['id']}/correct", f'"{article["version"]}"'
    return dict((await newsroom.desk("POST", url, note, if_match=match)).json())


async def test_a_rolled_back_change_is_never_recorded(newsroom: Newsroom) -> None:
    await newsroom.published(external_id={"system": "x", "id": "1"})
    _, at = await changes_since(newsroom)
    other = await newsroom.published("آخر")
    _, at = await changes_since(newsroom, at)
    taken = {"headline": "لن يُرى", "external_id": {"system": "x", "id": "1"}}
    await newsroom.desk("PATCH", f"/articles/{other['id']}", taken, if_match='"2"', expect=409)
    assert await changes_since(newsroom, at) == ([], at)


async def test_a_scheduled_article_is_recorded_once_by_any_process(newsroom: Newsroom) -> None:
    start = clock.now()
    article = await newsroom.published(at=clock.written(start + AHEAD))
    assert (await changes_since(newsroom))[0] == []
    async with beside(newsroom) as other:
        with clock.shifted(AHEAD - timedelta(seconds=5)):
            await asyncio.gather(newsroom.app.state.background.run_due(), other.app.state.background.run_due())
            assert (await changes_since(newsroom))[0] == []
        with clock.shifted(AHEAD + timedelta(seconds=1)):
            assert (await newsroom.get("/v1/articles")).json()["data"], (
                "readers do not wait for the change to be recorded"
            )
            await asyncio.gather(*(room.app.state.background.run_due() for room in (newsroom, other) for _ in range(3)))
            changes, at = await changes_since(newsroom)
            assert changes[0] == ("article.published", article["id"])
            assert [kind for kind, _ in changes] == ["article.published", "section.changed"]
        with clock.shifted(AHEAD - timedelta(seconds=3)):  # a clock that is a little behind
            await newsroom.app.state.background.run_due()
            await other.app.state.background.run_due()
        with clock.shifted(AHEAD + timedelta(minutes=5)):
            assert await changes_since(newsroom, at) == ([], at)


async def test_what_was_published_too_early_is_unpublished_and_published_again(newsroom: Newsroom) -> None:
    """The clock jumps ahead, and is corrected."""
    await newsroom.tag()
    article = await newsroom.published(at=clock.written(clock.now() + AHEAD), tags=["فلك"])
    mirror, background = Mirror(newsroom), newsroom.app.state.background
    with clock.shifted(2 * AHEAD):
        await background.run_due()
        await mirror.follow()
        assert ("article", article["id"]) in mirror.things
    assert (await newsroom.get("/v1/changes?object=full")).json()["data"] == [], "no change is read before its time"
    await newsroom.app.state.tail.catch_up()
    assert newsroom.app.state.tail.is_due
    await asyncio.gather(*(background.run_due() for _ in range(3)))
    new = await mirror.follow()
    assert [(one["type"], one["tombstone"], one["reason"]) for one in new] == [
        ("article.unpublished", True, "unpublished"),
        ("section.changed", True, "unpublished"),
        ("tag.changed", True, "unpublished"),
    ]
    assert mirror.things == {} == await delivered(newsroom)
    with clock.shifted(AHEAD + timedelta(seconds=1)):
        await background.run_due()
        await mirror.follow()
        assert mirror.shown() == await delivered(newsroom) != {}


@pytest.fixture
def far_url(empty_postgresql: str) -> str:
    return empty_postgresql


@pytest.fixture
async def far(far_url: str) -> AsyncIterator[Newsroom]:
    """A newsroom whose database is on another machine, and so has a clock of its own."""
    async with opened(far_url) as room:
        yield room


async def test_hosts_with_clock_skew_do_not_publish_and_unpublish_in_turns(far: Newsroom) -> None:
    """They go by the database's clock, whatever their own says."""
    await far.published(at=clock.written(clock.now() + AHEAD))
    _, at = await changes_since(far)
    for _ in range(2):
        with clock.machine_shifted(2 * AHEAD):
            await far.app.state.background.run_due()
            for _ in range(2):  # the first read measures the clock skew
                far.app.state.tail.mark_stale()
                await far.app.state.tail.catch_up()
            assert not far.app.state.tail.is_due
        await far.app.state.background.run_due()
    assert await changes_since(far, at) == ([], at)


@pytest.mark.parametrize("seconds", [3, 600])
async def test_a_host_whose_clock_is_behind_loses_nothing(far: Newsroom, seconds: int) -> None:
    mirror, url = Mirror(far), "/v1/articles"
    with clock.machine_shifted(-timedelta(seconds=seconds)):
        await mirror.follow()
    article = await far.published()
    async with beside(far) as late:
        mirror.newsroom = late
        with clock.machine_shifted(-timedelta(seconds=seconds)):
            assert (await late.get(url)).json()["data"] == []
            await mirror.follow()
            assert not [one for one in mirror.entries if one["tombstone"]]
            assert (("article", article["id"]) in mirror.things) == (seconds > clock.SKEW.total_seconds())
        await mirror.follow()
        assert ("article", article["id"]) in mirror.things


async def test_an_edit_before_the_clock_publishes_does_not_swallow_that(newsroom: Newsroom) -> None:
    article = await newsroom.published(at=clock.written(clock.now() + AHEAD))
    with clock.shifted(2 * AHEAD):
        await newsroom.change(article, headline="بعد الموعد")
        assert [kind for kind, _ in (await changes_since(newsroom))[0]][:2] == ["article.published", "article.updated"]
        await newsroom.app.state.background.run_due()
        assert len((await changes_since(newsroom))[0]) == 3


async def test_a_ticker_changes_with_others_and_with_the_clock(newsroom: Newsroom) -> None:
    rules = [{"sections": ["علوم"], "max_age_hours": 3}]
    await newsroom.section()
    await newsroom.desk("PUT", "/tickers/عاجل", {"name": "عاجل", "rules": rules})
    changes, at = await changes_since(newsroom)
    assert [kind for kind, _ in changes] == ["ticker.changed"]
    start = clock.now()
    flash = {"text": "عاجل", "level": "flash", "expires_at": clock.written(start + timedelta(hours=1))}
    await newsroom.desk("POST", "/tickers/عاجل/items", flash)
    await newsroom.published()
    changes, at = await changes_since(newsroom, at)
    assert [kind for kind, _ in changes].count("ticker.changed") == 2
    for minutes, expected in ((10, 0), (21, 1), (30, 0), (61, 1), (170, 0), (181, 1), (600, 0)):
        with clock.shifted(timedelta(minutes=minutes)):
            await newsroom.app.state.background.run_due()
            await newsroom.app.state.background.run_due()
            changes, at = await changes_since(newsroom, at)
            assert [kind for kind, _ in changes] == ["ticker.changed"] * expected, minutes


async def test_comments_record_when_they_come_change_and_go(newsroom: Newsroom) -> None:
    newsroom.set(comments="premoderated")
    article = await newsroom.published()
    _, at = await changes_since(newsroom)
    url, form = f"/v1/articles/{article['id']}/comments", {"author_name": "س", "author_email": "s@example.com"}
    first = (await newsroom.client.post(url, json={**form, "body": "أول"})).json()["comment"]["id"]
    assert await changes_since(newsroom, at) == ([], at)
    await newsroom.desk("POST", f"/comments/{first}/approve", {})
    answer = {**form, "body": "جواب", "parent_id": first}
    second = (await newsroom.client.post(url, json=answer)).json()["comment"]["id"]
    await newsroom.desk("POST", f"/comments/{second}/approve", {})
    changes, at = await changes_since(newsroom, at)
    assert changes == [("comment.approved", first), ("comment.updated", first), ("comment.approved", second)]
    await newsroom.desk("POST", f"/comments/{first}/reject", {})
    await newsroom.desk("POST", f"/comments/{second}/reject", {})
    changes, at = await changes_since(newsroom, at)
    assert changes == [("comment.removed", first), ("comment.removed", first), ("comment.removed", second)]
    await newsroom.act(await newsroom.act(article, "unpublish"), "submit")
    _, at = await changes_since(newsroom, at)
    await newsroom.desk("POST", f"/comments/{first}/approve", {})
    assert await changes_since(newsroom, at) == ([], at), "nobody can see its article"
    await newsroom.act(article, "publish")
    assert ("comment.approved", first) in (await changes_since(newsroom, at))[0]


async def test_a_comment_that_goes_while_its_article_is_away_does_not_come_back_with_it(newsroom: Newsroom) -> None:
    newsroom.set(comments="open")
    article, mirror = await newsroom.published(), Mirror(newsroom)
    form = {"author_name": "س", "author_email": "s@example.com", "body": "تعليق"}
    url = f"/v1/articles/{article['id']}/comments"
    comment = (await newsroom.client.post(url, json=form)).json()["comment"]["id"]
    await mirror.follow()
    assert ("comment", comment) in mirror.things
    article = await newsroom.act(article, "unpublish")
    await newsroom.desk("POST", f"/comments/{comment}/reject", {})
    await newsroom.act(article, "publish")
    await mirror.follow()
    assert mirror.shown() == await delivered(newsroom)


async def test_a_client_that_pages_while_many_write_misses_and_reorders_nothing(newsroom: Newsroom) -> None:
    """Writers that commit in any order, a client that follows all the while."""
    articles = [await newsroom.published(f"خبر {number}") for number in range(6)]
    done = asyncio.Event()
    seen: list[int] = []

    async def write(number: int) -> None:
        pick = random.Random(number)
        for step in range(6):
            article = pick.choice(articles)
            await asyncio.sleep(pick.random() / 50)
            changes = {"summary": f"{number} {step}"}
            await newsroom.desk("PATCH", f"/articles/{article['id']}", changes, if_match="*")

    async def follow() -> None:
        head = 0
        while True:
            ending = done.is_set()
            async with newsroom.app.state.database.connection() as connection:
                rows = (
                    await connection.execute(select(Change.seq).where(Change.seq > head).order_by(Change.seq))
                ).scalars()
                seen.extend(rows)
            head = seen[-1] if seen else 0
            if ending:
                return
            await asyncio.sleep(0.002)

    following = asyncio.create_task(follow())
    mirror = Mirror(newsroom)
    await asyncio.gather(*(write(number) for number in range(8)))
    done.set()
    await following
    assert seen == list(range(1, len(seen) + 1)), "no gap, nothing out of order, nothing twice"
    await mirror.follow()
    assert mirror.shown() == await delivered(newsroom)


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)  # it has more than one writer
async def test_transactions_that_overlap_commit_in_the_order_of_their_numbers(newsroom: Newsroom) -> None:
    """The one that began to append first commits first; the other's number comes after and is not seen before."""
    database, log = newsroom.app.state.database, newsroom.app.state.log
    appended, go_on = asyncio.Event(), asyncio.Event()
    committed_before: list[list[tuple[str, str]]] = []

    async def waits(_session: Any, *_: Any) -> None:
        appended.set()
        await go_on.wait()

    async def looks(_session: Any, *_: Any) -> None:
        """Called when the log is locked: what others see at that moment."""
        committed_before.append((await changes_since(newsroom))[0])

    async def first() -> None:
        log._on_change = (waits,)
        async with database.transaction() as session:
            record_change(session, PendingChange("article.updated", "01936b2e-7c4a-7d31-9f53-6a1c0de4b7a2"))

    async def second() -> None:
        await appended.wait()
        log._on_change = (looks,)
        async with database.transaction() as session:
            record_change(session, PendingChange("article.updated", "01936b2e-7c4a-7d31-9f53-6a1c0de4b7a3"))

    tasks = [asyncio.create_task(first()), asyncio.create_task(second())]
    await asyncio.sleep(0.3)
    assert not any(task.done() for task in tasks)
    assert committed_before == []
    assert (await changes_since(newsroom))[0] == []
    go_on.set()
    await asyncio.gather(*tasks)
    assert [[id[-1] for _, id in seen] for seen in committed_before] == [["2"]]
    assert [id[-1] for _, id in (await changes_since(newsroom))[0]] == ["2", "3"]


# --- tokens, retention, compaction ------------------------------------------------------------------------------------


async def since_of(newsroom: Newsroom, query: str = "") -> str:
    mirror = Mirror(newsroom, query, limit=100)
    await mirror.follow()
    assert mirror.since
    return mirror.since


async def test_a_token_that_does_not_lead_on_is_gone(newsroom: Newsroom) -> None:
    await newsroom.published()
    token = await since_of(newsroom)
    epoch, seq, bound = token.split(".")
    for wrong in (
        "x",
        "0",
        "",
        f"00000000.{seq}.{bound}",
        f"{epoch}.fffff.{bound}",
        f"{epoch}.{seq}.00000001",
        token + ".zz",
    ):
        answer = await newsroom.get("/v1/changes", 410, params={"since": wrong})
        assert answer.json()["type"] == "/problems/must-restart"
    await newsroom.get("/v1/changes", 410, params={"since": token, "language": "ar"})
    await newsroom.get("/v1/changes", 200, params={"since": token, "object": "none", "limit": 100})
    await newsroom.get("/v1/changes", 400, params={"since": "x" * 201})
    async with newsroom.app.state.database.transaction() as session:
        await session.execute(update(ChangeLog).values(epoch="restored"))
    newsroom.app.state.tail.mark_stale()
    await newsroom.get("/v1/changes", 410, params={"since": token})


async def test_compaction_keeps_the_last_of_each_and_deletes_old_tombstones(newsroom: Newsroom) -> None:
    early = await since_of(newsroom)
    kept, gone = await newsroom.published("باق"), await newsroom.published("زائل")
    for number in range(5):
        kept = await newsroom.change(kept, headline=f"باق {number}")
    await newsroom.act(gone, "unpublish")
    late = await since_of(newsroom)
    database, every = newsroom.app.state.database, timedelta(hours=1)
    assert await compaction.compact(database, timedelta(days=30), every)
    assert not await compaction.compact(database, timedelta(days=30), every), "somebody has just done it"
    assert len((await changes_since(newsroom))[0]) == 9, "what is young stays whole"
    with clock.shifted(timedelta(days=2)):
        await compaction.compact(database, timedelta(days=30), every)
        mirror = Mirror(newsroom)
        mirror.since = early
        entries = await mirror.follow()
        assert sorted((e["id"], e["tombstone"]) for e in entries if e["resource"] == "article") == [
            (kept["id"], False),
            (gone["id"], True),
        ]
    with clock.shifted(timedelta(days=32)):
        await compaction.compact(database, timedelta(days=30), every)
        newsroom.app.state.tail.mark_stale()
        await newsroom.get("/v1/changes", 410, params={"since": early})
        await newsroom.get("/v1/changes", 200, params={"since": late})
        fresh = Mirror(newsroom)
        assert len(await fresh.follow()) == 2, "one article, one section"
        assert fresh.shown() == await delivered(newsroom)


async def test_a_first_read_gets_the_tombstones_recorded_meanwhile(newsroom: Newsroom) -> None:
    articles = [await newsroom.published(f"خبر {number}") for number in range(4)]
    page = (await newsroom.get("/v1/changes?limit=2")).json()
    assert page["more"]
    first = next(entry for entry in page["data"] if entry["resource"] == "article")
    await newsroom.act(next(a for a in articles if a["id"] == first["id"]), "unpublish")
    rest = (await newsroom.get("/v1/changes?limit=100", params={"since": page["since"], "limit": "100"})).json()
    assert [(e["id"], e["tombstone"]) for e in rest["data"] if e["id"] == first["id"]] == [(first["id"], True)]


ECONOMY = {"scheme": "medtop", "code": "04000000", "name": "اقتصاد"}


@pytest.mark.parametrize(
    ("filed", "moved", "filter"),
    [
        ({"section": "علوم"}, {"section": "طب"}, "&section=علوم"),
        ({"subjects": [ECONOMY]}, {"subjects": []}, "&subject=04000000"),
    ],
)
async def test_compaction_keeps_the_row_of_what_left_a_filter(
    newsroom: Newsroom, filed: dict[str, Any], moved: dict[str, Any], filter: str
) -> None:
    for slug in ("علوم", "طب"):
        await newsroom.section(slug)
    article = await newsroom.published(**{"section": "طب", **filed})
    mirror = Mirror(newsroom, filter)
    await mirror.follow()
    article = await newsroom.change(article, **moved)
    for number in range(3):
        article = await newsroom.change(article, headline=f"عنوان {number}")
    with clock.shifted(timedelta(days=2)):
        await compaction.compact(newsroom.app.state.database, timedelta(days=30), timedelta(hours=1))
        assert len((await newsroom.get("/v1/changes?type=article&limit=100")).json()["data"]) == 1
        await mirror.follow()
        assert ("article", article["id"]) not in mirror.things


# --- filters ----------------------------------------------------------------------------------------------------------


async def test_what_leaves_a_filter_is_a_tombstone_in_it(newsroom: Newsroom) -> None:
    for slug, parent in (("علوم", None), ("فضاء", "علوم"), ("طب", None)):
        await newsroom.section(slug, parent=parent)
    article = await newsroom.published(section="فضاء")
    inside, other = Mirror(newsroom, "&section=علوم"), Mirror(newsroom, "&section=طب")
    arabic, only = Mirror(newsroom, "&language=ar"), Mirror(newsroom, "&type=article.corrected")
    for mirror in (inside, other, arabic, only):
        await mirror.follow()
    assert ("article", article["id"]) in inside.things
    assert ("article", article["id"]) not in other.things
    article = await newsroom.change(article, section="طب")
    assert [e["reason"] for e in await inside.follow() if e["resource"] == "article"] == ["filtered"]
    assert [e["tombstone"] for e in await other.follow() if e["resource"] == "article"] == [False]
    article = await newsroom.change(article, language="fr")
    assert {e["reason"] for e in await arabic.follow() if e["resource"] == "article"} == {"filtered"}
    await newsroom.act(article, "withdraw", {"reason": "خطأ في المصدر"})
    assert not [e for e in await arabic.follow() if e["resource"] == "article"], "it had left before"
    entries = await only.follow()
    assert [(e["type"], e["reason"], e["withdrawn_reason"]) for e in entries] == [
        ("article.withdrawn", "withdrawn", "خطأ في المصدر")
    ]


async def test_a_filter_by_section_starts_again_when_the_tree_moves(newsroom: Newsroom) -> None:
    await newsroom.section("علوم")
    await newsroom.published(section="علوم")
    await newsroom.section("طب")
    await newsroom.published(section="طب")
    token, whole = await since_of(newsroom, "&section=علوم"), await since_of(newsroom)
    await newsroom.desk("PUT", "/sections/طب", {"name": "طب", "parent": "علوم"}, if_match='"1"')
    await newsroom.get("/v1/changes", 410, params={"since": token, "section": "علوم"})
    await newsroom.get("/v1/changes", 200, params={"since": whole})
    again = Mirror(newsroom, "&section=علوم")
    await again.follow()
    assert len([kind for kind, _ in again.things if kind == "article"]) == 2, "those that came with the branch, too"


async def test_a_filter_by_a_section_that_is_no_more_starts_again(newsroom: Newsroom) -> None:
    for slug in ("علوم", "طب"):
        await newsroom.section(slug)
    article = await newsroom.published(section="طب")
    token = await since_of(newsroom, "&section=طب")
    await newsroom.change(article, section="علوم")
    await newsroom.desk("DELETE", "/sections/طب", if_match="*")
    await newsroom.get("/v1/changes", 410, params={"since": token, "section": "طب"})


async def test_a_section_renamed_while_hidden_still_shows_what_left_it(newsroom: Newsroom) -> None:
    await newsroom.section("فضاء")
    article = await newsroom.published(section="فضاء")
    mirror = Mirror(newsroom, "&section=فضاء")
    await mirror.follow()
    await newsroom.act(article, "withdraw", {"reason": "سُحب"})
    await newsroom.desk("PUT", "/sections/فضاء", {"name": "فضاء", "slug": "آخر"}, if_match="*")
    assert {entry["id"] for entry in await mirror.follow()} >= {article["id"]}
    assert mirror.things == {}


async def test_what_leaves_a_section_is_a_tombstone_whatever_types_are_wanted(newsroom: Newsroom) -> None:
    for slug in ("علوم", "طب"):
        await newsroom.section(slug)
    article = await correct(newsroom, await newsroom.published(section="علوم"))
    mirror = Mirror(newsroom, "&section=علوم&type=article.corrected")
    assert [e["type"] for e in await mirror.follow()] == ["article.corrected"]
    article = await newsroom.change(article, summary="ملخص")
    assert await mirror.follow() == []
    article = await newsroom.change(await correct(newsroom, article), summary="آخر")
    assert [e["type"] for e in await mirror.follow()] == ["article.corrected"]
    await newsroom.change(article, section="طب")
    assert [(e["tombstone"], e["reason"]) for e in await mirror.follow()] == [(True, "filtered")]


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)  # it has more than one writer
async def test_sections_above_are_recorded_where_the_tree_moves_meanwhile(newsroom: Newsroom) -> None:
    names = {(await newsroom.section(slug))["id"]: slug for slug in ("علوم", "طب")}
    names[(await newsroom.section("فضاء", parent="علوم"))["id"]] = "فضاء"
    article = await newsroom.draft(section="فضاء")
    log = newsroom.app.state.log
    looked, go_on = asyncio.Event(), asyncio.Event()

    async def waits(*_: Any) -> None:
        log._before_change = ()
        looked.set()
        await go_on.wait()

    log._before_change = (waits,)
    publishing = asyncio.create_task(newsroom.act(article, "publish"))
    await looked.wait()
    await newsroom.desk("PUT", "/sections/فضاء", {"name": "فضاء", "parent": "طب"}, if_match="*")
    go_on.set()
    await publishing
    mirror = Mirror(newsroom, "&type=section")
    assert {names[entry["id"]] for entry in await mirror.follow()} == {"طب", "فضاء"}
    assert {kind for kind, _ in mirror.things} == {"section"}


async def test_translations_published_at_the_same_time_see_each_other(newsroom: Newsroom) -> None:
    arabic = await newsroom.draft("خبر")
    others = [
        await newsroom.draft(f"news {tag}", language=tag, translation_of=arabic["id"]) for tag in ("en", "fr", "tr")
    ]
    mirror = Mirror(newsroom)
    await asyncio.gather(*(newsroom.act(article, "publish") for article in (arabic, *others)))
    await mirror.follow()
    assert mirror.shown() == await delivered(newsroom)
    shown = await delivered(newsroom)
    assert all(len(value["translations"]) == 3 for (kind, _), value in shown.items() if kind == "article")


async def test_each_detail_brings_as_much_as_it_says(newsroom: Newsroom) -> None:
    article = await newsroom.published()
    for detail, has in (("none", None), ("summary", False), ("full", True)):
        answer = (await newsroom.get(f"/v1/changes?object={detail}&type=article")).json()["data"][0]
        assert answer["id"] == article["id"]
        assert (answer["object"] and "body" in answer["object"]) == has
    full = (await newsroom.get("/v1/changes?object=full&type=article")).json()["data"][0]["object"]
    assert full == (await newsroom.get(f"/v1/articles/{article['id']}")).json()


@pytest.mark.parametrize("path", ["/v1/changes", "/v1/stream"])
async def test_a_type_that_is_never_recorded_is_refused_with_the_nearest(newsroom: Newsroom, path: str) -> None:
    answer = await newsroom.get(f"{path}?type=article,article.corected&language=", expect=400)
    wrong, empty = sorted(answer.json()["errors"], key=lambda fault: fault["parameter"], reverse=True)
    assert (wrong["parameter"], wrong["code"]) == ("type", "unknown_name")
    assert wrong["params"] == {"value": "article.corected", "nearest": "article.corrected"}
    assert "article.corrected" in wrong["message"]
    assert (empty["parameter"], empty["code"]) == ("language", "required")


async def test_an_event_type_that_no_noun_names_is_not_recorded(newsroom: Newsroom) -> None:
    with pytest.raises(ValueError, match=r"noun\.py"):
        async with newsroom.app.state.database.transaction() as session:
            record_change(session, PendingChange("article.burnt", "01936b2e-7c4a-7d31-9f53-6a1c0de4b7a2"))


async def test_a_change_names_the_article_that_it_belongs_to(database_url: str) -> None:
    async with opened(database_url, comments="open", comments_require_email=False) as newsroom:
        article = await newsroom.published("خبر")
        await newsroom.section("فضاء")
        article = await newsroom.change(article, sections=["فضاء"])
        await Talk(newsroom, article).send(expect=201)
        async with newsroom.app.state.database.connection() as connection:
            rows = (await connection.execute(select(Change.resource, Change.article_id))).all()
    assert {row.resource: row.article_id for row in rows} == {
        "article": article["id"],
        "comment": article["id"],
        "section": None,
    }

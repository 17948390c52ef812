"""How a preview ends: one 404, whatever the reason, and never the published text in its place."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from app.kit import clock
from app.previews.models import Preview
from tests.backup.files import backed_up, restored, rows_of
from tests.backup.test_restoring import written_takedowns
from tests.newsroom import Newsroom, beside
from tests.previews.links import ahead, listed, opens, preview_of

pytestmark = pytest.mark.anyio
Ending = Callable[[Newsroom, dict[str, Any], dict[str, Any]], Awaitable[Any]]
NewDatabase = Callable[[str], str]


async def _revoke(newsroom: Newsroom, article: dict[str, Any], preview: dict[str, Any]) -> None:
    await newsroom.desk("DELETE", f"/articles/{article['id']}/previews/{preview['id']}")


async def _switch_off(newsroom: Newsroom, article: dict[str, Any], preview: dict[str, Any]) -> None:
    await newsroom.desk("PATCH", f"/staff/{newsroom.members['سلمى']}", {"active": False}, if_match="*")


async def _take_role(newsroom: Newsroom, article: dict[str, Any], preview: dict[str, Any]) -> None:
    await newsroom.desk("PATCH", f"/staff/{newsroom.members['سلمى']}", {"roles": ["reporter"]}, if_match="*")


async def _withdraw(newsroom: Newsroom, article: dict[str, Any], preview: dict[str, Any]) -> None:
    await newsroom.act(article, "withdraw", {"reason": "خطأ"})


@pytest.mark.parametrize("end", [_revoke, _switch_off, _take_role, _withdraw])
async def test_what_has_ended_is_as_if_it_had_never_been(newsroom: Newsroom, end: Ending) -> None:
    await newsroom.hire("editor", "سلمى")
    article = await newsroom.published("خبر منشور")
    preview = await preview_of(newsroom, article, by="سلمى")
    paths = ("/v1/preview/{}", "/preview/{}")
    async with beside(newsroom) as other:
        for room in (newsroom, other):
            assert await opens(room, preview)
        await end(newsroom, article, preview)
        unknown = [await newsroom.get(path.format(f"npv_{'0' * 38}"), 404) for path in paths]
        for room in (newsroom, other):
            for path, expected in zip(paths, unknown, strict=True):
                answer = await room.get(path.format(preview["token"]), 404)
                assert answer.content == expected.content
                own = {"x-request-id"}
                assert {n: v for n, v in answer.headers.items() if n not in own} == {
                    n: v for n, v in expected.headers.items() if n not in own
                }
    assert [one["active"] for one in await listed(newsroom, article)] == [False]


async def test_it_ends_at_its_moment_and_not_before(newsroom: Newsroom) -> None:
    article, start = await newsroom.published(), clock.now()
    with clock.frozen(start):
        preview = await preview_of(newsroom, article, expires_at=ahead(hours=1))
    with clock.frozen(start + timedelta(hours=1, milliseconds=-1)):
        assert await opens(newsroom, preview)
    with clock.frozen(start + timedelta(hours=1)):
        assert not await opens(newsroom, preview)


async def test_a_withdrawal_ends_it_for_good(newsroom: Newsroom) -> None:
    article = await newsroom.published()
    before = await preview_of(newsroom, article)
    article = await newsroom.act(article, "withdraw", {"reason": "خطأ"})
    refused = await newsroom.desk("POST", f"/articles/{article['id']}/previews", {}, expect=409)
    assert refused.json()["type"].endswith("state-conflict")
    assert not await opens(newsroom, before)
    article = await newsroom.act(article, "reinstate")
    assert not await opens(newsroom, before)
    after = await preview_of(newsroom, article)
    for verb in ("publish", "unpublish"):
        article = await newsroom.act(article, verb)
        assert not await opens(newsroom, before)
        assert await opens(newsroom, after)
    assert [one["active"] for one in await listed(newsroom, article)] == [True, False]


@pytest.mark.parametrize("state", ["draft", "scheduled"])
async def test_a_kill_of_what_is_not_public_now_ends_it_for_good(newsroom: Newsroom, state: str) -> None:
    article = await newsroom.act(await newsroom.published(), "unpublish")
    if state == "scheduled":
        article = await newsroom.act(article, "publish", {"at": ahead(days=1)})
    preview = await preview_of(newsroom, article)
    article = await newsroom.act(article, "withdraw", {"reason": "بقرار", "mandatory": True})
    assert not await opens(newsroom, preview)
    await newsroom.act(article, "reinstate")
    assert not await opens(newsroom, preview)


async def test_other_verbs_do_not_end_it(newsroom: Newsroom) -> None:
    article = await newsroom.draft()
    preview = await preview_of(newsroom, article)
    for verb, body in (("submit", None), ("return", {"note": "ن"}), ("publish", None), ("unpublish", None)):
        article = await newsroom.act(article, verb, body)
        assert await opens(newsroom, preview), verb


async def test_a_deleted_draft_takes_its_previews_along(newsroom: Newsroom) -> None:
    draft = await newsroom.draft()
    preview = await preview_of(newsroom, draft)
    await newsroom.desk("DELETE", f"/articles/{draft['id']}", if_match="*")
    assert not await opens(newsroom, preview)
    async with newsroom.app.state.database.connection() as connection:
        assert (await connection.execute(select(func.count()).select_from(Preview))).scalar_one() == 0


async def test_what_a_member_may_read_decides_as_at_the_desk(newsroom: Newsroom) -> None:
    """As with tokens of the staff: who gets the role back, or is switched on again, has them again."""
    await newsroom.hire("editor", "سلمى")
    await newsroom.section()
    own, other = await newsroom.in_state("draft", by="سلمى"), await newsroom.draft("غيره")
    previews = [await preview_of(newsroom, article, by="سلمى") for article in (own, other)]

    async def after(**change: Any) -> list[bool]:
        await newsroom.desk("PATCH", f"/staff/{newsroom.members['سلمى']}", change, if_match="*")
        return [await opens(newsroom, preview) for preview in previews]

    assert await after(roles=["reporter"]) == [True, False]
    assert await after(roles=["moderator"]) == [False, False]
    assert await after(roles=["moderator", "admin"]) == [True, True]
    assert await after(active=False) == [False, False]
    assert await after(active=True, roles=["editor"]) == [True, True]


async def test_a_withdrawal_and_a_preview_at_once_leave_no_way_in(newsroom: Newsroom) -> None:
    async with beside(newsroom) as other:
        for _ in range(4):
            article = await newsroom.published()
            headers = {"Authorization": f"Bearer {newsroom.tokens['admin']}"}
            url = f"/v1/desk/articles/{article['id']}/previews"
            asked = [room.client.post(url, json={}, headers=headers) for room in (newsroom, other, newsroom)]
            withdrawing = asyncio.ensure_future(newsroom.act(article, "withdraw", {"reason": "خطأ"}))
            answers = await asyncio.gather(*asked)
            article = await withdrawing
            made = [answer.json() for answer in answers if answer.status_code == 201]
            assert {answer.status_code for answer in answers} <= {201, 409}
            assert not any([await opens(other, one) for one in made])
            await newsroom.act(article, "reinstate")
            assert not any([await opens(other, one) for one in made])


# --- backup and restore -----------------------------------------------------------------------------------------------


async def test_a_backup_has_previews_and_one_without_personal_data_has_none(
    newsroom: Newsroom, backend: str, new_database: NewDatabase, tmp_path: Path
) -> None:
    article = await newsroom.draft()
    preview = await preview_of(newsroom, article)
    backup = await backed_up(newsroom.settings.database_url, tmp_path / "b.gz")
    assert preview["token"] not in str(rows_of(backup, "previews"))
    bare = await backed_up(newsroom.settings.database_url, tmp_path / "bare.gz", personal=False)
    assert len(rows_of(backup, "previews")) == 1
    assert len(rows_of(bare, "previews")) == 0
    url = new_database(backend)
    await restored(backup, url)
    async with beside(newsroom, database_url=url) as other:
        assert await opens(other, preview)


@pytest.mark.parametrize("since", [("withdraw",), ("withdraw", "reinstate")])
@pytest.mark.parametrize("state", ["draft", "scheduled", "published"])
async def test_a_withdrawal_after_the_backup_ends_the_previews_in_it(
    newsroom: Newsroom, backend: str, new_database: NewDatabase, tmp_path: Path, state: str, since: tuple[str, ...]
) -> None:
    """Also of an article that the backup knows as a draft."""
    newsroom.app.state.consumers["takedowns"].consumer._path = tmp_path / "takedowns.jsonl"
    await newsroom.section()
    article, other_article = await newsroom.in_state(state), await newsroom.draft("غيره")
    preview, other_preview = await preview_of(newsroom, article), await preview_of(newsroom, other_article)
    backup = await backed_up(newsroom.settings.database_url, tmp_path / "b.gz")
    if state != "published":
        article = await newsroom.act(article, "unpublish") if state == "scheduled" else article
        article = await newsroom.act(article, "publish")
    for verb in since:
        article = await newsroom.act(article, verb, {"reason": "خطأ"} if verb == "withdraw" else {})
    url = new_database(backend)
    await restored(backup, url, takedowns=[await written_takedowns(newsroom)])
    async with beside(newsroom, database_url=url) as other:
        assert not await opens(other, preview)
        assert await opens(other, other_preview)
        again = (await other.desk("GET", f"/articles/{article['id']}")).json()
        if again["status"] == "withdrawn":
            await other.act(again, "reinstate")
        assert not await opens(other, preview)

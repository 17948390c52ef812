"""What one newsroom exports, another shows: on the other kind of database, too."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.changes.models import Change
from app.comments.models import CommentPrivate
from app.exports.lines import LINES
from app.kit import clock
from tests.comments.talk import EMAIL
from tests.imports.portable import (
    OPEN,
    exported,
    head,
    imported,
    lines_of,
    some_of_everything,
    things_in,
)
from tests.newsroom import Newsroom, opened
from tests.sync.mirror import Mirror, Thing, delivered
from tests.sync.test_histories import History

PATHS = (
    "/v1/articles?count=true&include=body&limit=20", "/v1/articles?sort=-updated_at", "/v1/articles?tag=قديم",
    "/v1/articles?section=علوم", "/v1/articles/قبة-جديدة", "/v1/articles/قبة-جديدة/comments", "/v1/sections",
    "/v1/tags", "/v1/authors", "/v1/tickers?include=article", "/v1/search?q=مهم", "/v1/articles/خبر-withdrawn",
    "/v1/articles/قبّة-المرصد", "/v1/articles/قبة-جديدة/related", "/v1/tags/قديم", "/v1/articles/خبر-draft",
    "/v1/articles/تغطية-الليلة", "/v1/articles/تغطية-الليلة/entries", "/v1/search?q=جرى",
    "/v1/fronts/old", "/v1/fronts/home?fields=slots,section",
)  # fmt: skip


async def answers(room: Newsroom) -> dict[str, tuple[int, str | None, object]]:
    found: dict[str, tuple[int, str | None, object]] = {}
    for path in PATHS:
        answer = await room.get(path, None)
        # A problem has the id of its request.
        found[path] = answer.status_code, answer.headers.get("location"), answer.status_code == 200 and answer.json()
    return found


async def test_another_newsroom_gives_the_same_answers(newsroom: Newsroom, target: Newsroom) -> None:
    newsroom.set(**OPEN)
    await some_of_everything(newsroom)
    file = await exported(newsroom)
    kinds = {line["kind"] for line in lines_of(file)}
    assert kinds == {schema.model_fields["kind"].annotation.__args__[0] for schema in LINES}  # type: ignore[union-attr]
    before = await answers(newsroom)
    report = await imported(target, file)
    assert report.is_complete, report.remarks
    assert before == await answers(target)
    assert [status for status, _, _ in before.values()].count(200) == 16
    assert things_in(await exported(target)) == things_in(file)
    await in_the_log(target)
    await nothing_more(target, file)


async def test_a_ticker_without_items_is_in_the_log(newsroom: Newsroom, target: Newsroom) -> None:
    ticker = (await newsroom.desk("PUT", "/tickers/عاجل", {"name": "عاجل"})).json()
    await imported(target, await exported(newsroom))
    mirror = Mirror(target)
    await mirror.follow()
    assert ("ticker", ticker["id"]) in mirror.shown()


async def in_the_log(target: Newsroom) -> None:
    """One row for each thing that readers see now, and no tombstone."""
    async with target.app.state.database.connection() as connection:
        rows = (await connection.execute(select(Change.type, Change.resource_id, Change.tombstone))).all()
    published = [id for type, id, _ in rows if type == "article.published"]
    assert len(published) == len(set(published)) == 3
    assert not [row for row in rows if row.tombstone]
    mirror = Mirror(target)
    await mirror.follow()
    assert mirror.shown().keys() == (await delivered(target)).keys()


async def nothing_more(target: Newsroom, file: bytes) -> None:
    """A second run finds all that is there, and changes nothing."""
    before = await head(target)
    again = await imported(target, file)
    assert (again.of("imported"), again.of("left"), again.of("refused")) == ({}, {}, {}), again.remarks
    assert await head(target) == before


def without_times(found: dict[Thing, dict[str, Any]]) -> dict[Thing, dict[str, Any]]:
    """Of a front it is told when the log has told of it: here with the import."""
    return {thing: {**one, **({"updated_at": ""} if thing[0] == "front" else {})} for thing, one in found.items()}


@pytest.mark.parametrize("seed", range(1))
async def test_random_newsrooms_are_shown_alike(database_url: str, target: Newsroom, seed: int) -> None:
    settings = {"comments": "open", "comments_rate": (), "comments_require_email": False}
    start = clock.now()
    async with opened(database_url, **settings) as newsroom:
        history = History(newsroom, 40 + seed)
        await history.begin(has_pictures=False)  # those in exports have files: tests/imports/test_pictures.py
        for step in range(40):
            with clock.frozen(start + timedelta(minutes=2 * step)):
                await history.step()
        with clock.frozen(start + timedelta(minutes=80)):
            await newsroom.app.state.background.run_due()
            file = await exported(newsroom, personal=True)
            target.set(**settings)
            report = await imported(target, file)
            assert report.is_complete, report.remarks
            assert without_times(await delivered(target)) == without_times(await delivered(newsroom))
            assert things_in(await exported(target, personal=True)) == things_in(file)


@pytest.mark.parametrize("is_personal", [False, True])
async def test_addresses_and_digests_leave_only_with_personal(
    newsroom: Newsroom, target: Newsroom, is_personal: bool
) -> None:
    newsroom.set(**OPEN)
    await some_of_everything(newsroom)
    kept, file = await private_texts(newsroom), await exported(newsroom, personal=is_personal)
    assert EMAIL in kept
    assert len(kept) > 8
    assert {text.encode() in file for text in kept} == {is_personal}
    assert (b"digest" in file.rpartition(b'{"kind":"end"')[0]) == is_personal
    assert b"nsh_" not in file
    await imported(target, file)
    assert await private_texts(target) == (kept if is_personal else [])


async def private_texts(room: Newsroom) -> list[str]:
    """All addresses and digests."""
    async with room.app.state.database.connection() as connection:
        rows = (await connection.execute(select(CommentPrivate.__table__).order_by(CommentPrivate.comment_id))).all()
    return [text for row in rows for text in (row.email, row.email_digest, row.address_digest, row.body_digest) if text]

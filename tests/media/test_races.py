"""Pictures that several change at once: nothing is lost, nothing is told wrongly, nobody gets a 500."""

from __future__ import annotations

import asyncio
import io
import random
from collections import Counter
from typing import Any

import httpx
import pytest
from PIL import Image
from sqlalchemy import select, text

from app.articles.following import FOLLOW_MEDIA
from app.articles.models import Article, ArticleBody
from app.articles.pictures import uses_of
from app.kit import clock
from app.kit.caching import Expected
from app.kit.errors import PreconditionFailed
from app.media import actions
from app.media.models import Media, MediaFile, MediaUse
from app.media.schemas import MediaUpdate
from app.staff.access import Actor
from app.staff.work import Work
from tests.media.desk import MediaDesk, picture
from tests.media.library import undecoded_picture
from tests.newsroom import Newsroom, beside

COLOURS = ("#ff0000", "#00ff00", "#0000ff", "#ffff00")
WHY = {"cause": "legal", "reason": "حكم"}


def _path(media: dict[str, Any]) -> str:
    return str(media["renditions"][0]["url"]).removeprefix("http://localhost:8000")


async def test_the_same_key_gets_the_first_answer_although_the_file_is_there(media: MediaDesk) -> None:
    first = await media.send(picture(), idempotency_key="upload-of-this-morning")
    again = await media.send(picture(), idempotency_key="upload-of-this-morning")
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    other = await media.send(picture(), idempotency_key="upload-of-this-evening", expect=200)
    assert [warning["code"] for warning in other.json()["warnings"]] == ["already_there"]
    await media.send(picture(colour="#000000"), idempotency_key="upload-of-this-evening", expect=422)


async def test_what_comes_along_with_the_same_file_is_applied(media: MediaDesk) -> None:
    made = await media.upload(alt="قرص", focal_point={"x": 0.1, "y": 0.1})
    path = f"/{made['id']}/file"
    saved = await media.form(picture(), {"alt": "قرص أصفر"}, method="PUT", path=path, if_match='"1"', expect=200)
    assert (saved.json()["alt"], saved.json()["version"]) == ("قرص أصفر", 2)
    assert (saved.json()["url"], saved.json()["warnings"]) == (made["url"], [])


async def test_the_crops_of_another_file_follow_the_focal_point_that_stays(media: MediaDesk) -> None:
    made = await media.upload(focal_point={"x": 0.5, "y": 0})
    split = Image.new("RGB", (400, 400), "#ff0000")
    split.paste("#0000ff", (0, 200, 400, 400))
    written = io.BytesIO()
    split.save(written, "PNG")
    sent = {"kind": "image/png", "method": "PUT", "path": f"/{made['id']}/file", "if_match": '"1"'}
    saved = (await media.send(written.getvalue(), expect=200, **sent)).json()
    assert saved["focal_point"] == {"x": 0.5, "y": 0}
    crop = next(one for one in saved["renditions"] if one["crop"] and one["mime_type"] == "image/jpeg")
    shown = Image.open(io.BytesIO((await media.room.get(_path({"renditions": [crop]}))).content)).convert("RGB")
    red, _, blue = shown.getpixel((10, shown.height - 60))  # type: ignore[misc]  # RGB
    assert red > blue


async def test_renditions_of_a_former_file_are_not_put_on_the_new_one(media: MediaDesk) -> None:
    room, made = media.room, await media.upload()
    database, maker = room.app.state.database, room.app.state.pictures
    async with database.reading_session() as session:
        row = await session.get_one(Media, made["id"])
        file = await session.get_one(MediaFile, row.file_id)
    fields = MediaUpdate.model_validate({"focal_point": {"x": 0.2, "y": 0.2}})
    late = await maker.remake(row, file, {"x": 0.2, "y": 0.2})
    await media.send(picture(colour="#0000ff"), method="PUT", path=f"/{made['id']}/file", if_match="*", expect=200)
    actor = Actor(room.members["admin"], "", frozenset({"admin"}), None)
    for some in (late, None):
        async with database.transaction() as session:
            work = Work(session, actor, room.settings, clock.now())
            with pytest.raises(PreconditionFailed):
                await actions.update(work, made["id"], Expected("*"), fields, some, room.app.state.media_uses)


@pytest.mark.parametrize("is_replaced", [True, False], ids=["replaced", "deleted"])
async def test_a_withdrawal_reaches_former_addresses_of_the_same_file(media: MediaDesk, is_replaced: bool) -> None:
    first = await media.upload("#000000")
    former = _path(first)
    await media.room.get(former)  # kept ready
    if is_replaced:
        await media.send(picture(), method="PUT", path=f"/{first['id']}/file", if_match='"1"', expect=200)
    else:
        await media.room.desk("DELETE", f"/media/{first['id']}", if_match='"1"')
    again = await media.upload("#000000")
    await media.room.get(former)
    await media.room.desk("POST", f"/media/{again['id']}/withdraw", WHY)
    await media.room.get(former, expect=410)
    await media.work_off()
    names = [name async for name, _ in media.room.app.state.media.renditions.names(former.split("/")[2])]
    assert names == []
    if is_replaced:
        await media.room.get(_path(await media.read(first)))


async def test_articles_with_the_same_pictures_are_withdrawn_at_once(newsroom: Newsroom) -> None:
    for _ in range(4):
        pictures = [await undecoded_picture(newsroom) for _ in range(6)]
        articles = [await newsroom.published(f"خبر {number}") for number in range(4)]
        answers = await asyncio.gather(
            *(
                _sent(newsroom, "POST", f"/articles/{one['id']}/withdraw", reason="حكم", media=order)
                for one, order in zip(articles, _orders(pictures), strict=True)
            )
        )
        assert [answer.status_code for answer in answers] == [200] * 4, [answer.text for answer in answers]


def _orders(ids: list[str]) -> list[list[str]]:
    return [ids, ids[::-1], [*ids[3:], *ids[:3]], [*ids[::2], *ids[1::2]]]


async def _sent(room: Newsroom, method: str, url: str, if_match: str | None = None, **body: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {room.tokens['admin']}"} | ({"If-Match": if_match} if if_match else {})
    sent = body if method != "DELETE" else None
    return await room.client.request(method, f"/v1/desk{url}", headers=headers, json=sent)


async def test_an_article_that_was_saved_while_the_picture_changed_is_told_again(newsroom: Newsroom) -> None:
    id = await undecoded_picture(newsroom, credit="قديم")
    article = await newsroom.published(lead_image={"id": id})
    actor = Actor(newsroom.members["admin"], "", frozenset({"admin"}), None)
    began = clock.now()  # of a change that waits until the article is saved
    await asyncio.sleep(0.01)
    saved = (await newsroom.change(article, headline="خبر آخر"))["updated_at"]
    async with newsroom.app.state.database.transaction() as session:
        work = Work(session, actor, newsroom.settings, began)
        fields = MediaUpdate(credit="جديد")
        await actions.update(work, id, Expected('"1"'), fields, None, newsroom.app.state.media_uses)
        await session.execute(text("UPDATE media SET changed_at = :at").bindparams(at=_stored(session, began)))
    since = (await newsroom.get("/v1/changes")).json()["since"]
    await newsroom.work(FOLLOW_MEDIA)
    told = (await newsroom.get(f"/v1/changes?since={since}&object=summary")).json()["data"]
    assert [(entry["type"], entry["id"]) for entry in told] == [("article.updated", article["id"])]
    assert told[0]["object"]["lead_image"]["credit"] == "جديد"
    assert told[0]["object"]["updated_at"] == saved  # it does not go back to the change of the picture


def _stored(session: Any, moment: Any) -> Any:
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    return Media.changed_at.type.bind_processor(session.get_bind().dialect)(moment) if is_sqlite else moment


async def test_many_who_change_articles_and_pictures_at_once(newsroom: Newsroom) -> None:
    random.seed(7)
    room = newsroom
    pictures = [await undecoded_picture(room) for _ in range(6)]
    articles = [(await room.published(f"خبر {number}"))["id"] for number in range(4)]
    await room.author("ليلى")
    found: Counter[tuple[str, int]] = Counter()
    async with beside(room) as other:

        async def act(one: Newsroom) -> None:
            for _ in range(15):
                id, name = random.choice(articles), random.choice(pictures)
                some = random.sample(pictures, 3)
                body = "".join(f'<figure data-media="{picture}"></figure>' for picture in some[1:])
                what, answer = await _one_of(one, id, name, some, body)
                found[what, answer] += 1

        await asyncio.gather(*(act(one) for one in (room, other) * 4))
    wrong = {key: number for key, number in found.items() if key[1] >= 500}
    assert not wrong, found
    assert await _uses_are_right(room)


async def _one_of(room: Newsroom, id: str, name: str, some: list[str], body: str) -> tuple[str, int]:
    match random.choice(["save", "save", "words", "words", "delete", "withdraw", "follow", "avatar"]):
        case "save":
            sent = {"lead_image": {"id": some[0]}, "body": body}
            return "save", (await _sent(room, "PATCH", f"/articles/{id}", "*", **sent)).status_code
        case "words":
            return "words", (await _sent(room, "PATCH", f"/media/{name}", "*", credit=str(random.random()))).status_code
        case "delete" if random.random() < 0.3:
            return "delete", (await _sent(room, "DELETE", f"/media/{name}", "*")).status_code
        case "withdraw" if random.random() < 0.1:
            return "withdraw", (await _sent(room, "POST", f"/media/{name}/withdraw", **WHY)).status_code
        case "avatar":
            body_of = {"name": "ليلى", "avatar": {"id": name}}
            return "avatar", (await _sent(room, "PUT", "/authors/ليلى", "*", **body_of)).status_code
        case _:
            await room.work(FOLLOW_MEDIA)
            return "follow", 0


async def _uses_are_right(room: Newsroom) -> bool:
    """Whether the rows of uses are those that articles have, and none of a deleted picture."""
    async with room.app.state.database.reading_session() as session:
        rows = (await session.execute(select(Article, ArticleBody).join(ArticleBody))).all()
        wanted = {(article.id, place, id) for article, body in rows for place, id in uses_of(article, body)}
        stored = (await session.execute(select(MediaUse).where(MediaUse.resource == "article"))).scalars()
        known = {(use.resource_id, use.place, use.media_id) for use in stored}
        deleted = select(MediaUse.place).join(Media).where(Media.deleted_at.is_not(None))
        assert known == wanted
        return (await session.execute(deleted)).first() is None


async def test_a_file_is_replaced_by_itself_while_it_is_withdrawn(media: MediaDesk) -> None:
    for number in range(len(COLOURS)):
        made = await media.upload(COLOURS[number])
        content = picture(colour=COLOURS[number])
        form = {"method": "PUT", "path": f"/{made['id']}/file", "if_match": "*"}
        replaced, withdrawn = await asyncio.gather(
            media.form(content, {"alt": "قرص"}, expect=None, **form),
            _sent(media.room, "POST", f"/media/{made['id']}/withdraw", **WHY),
        )
        assert withdrawn.status_code == 200, withdrawn.text
        assert replaced.status_code in {200, 409}, replaced.text

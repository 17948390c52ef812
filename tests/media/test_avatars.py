"""Avatars of authors from the library."""

from __future__ import annotations

from tests.media.desk import MediaDesk, picture


async def test_an_avatar_by_id_is_filled_from_the_library_and_follows_it(media: MediaDesk) -> None:
    made = await media.upload(alt="ليلى القاسم")
    await media.room.author("ليلى-القاسم", avatar={"id": made["id"]})
    await media.room.published(authors=["ليلى-القاسم"])
    author = await media.room.get("/v1/authors/ليلى-القاسم")
    avatar = author.json()["avatar"]
    assert (avatar["id"], avatar["url"], avatar["alt"]) == (made["id"], made["url"], "ليلى القاسم")
    assert {one["mime_type"] for one in avatar["renditions"]} == {"image/webp"}
    assert f"media:{made['id']}" in author.headers["cache-tag"]
    since = (await media.room.get("/v1/changes?limit=100")).json()["since"]
    await media.change(made, alt="الكاتبة ليلى")
    for address in ("/v1/authors/ليلى-القاسم", "/v1/authors"):
        assert "الكاتبة ليلى" in (await media.room.get(address)).text
    told = (await media.room.get(f"/v1/changes?since={since}&object=full")).json()["data"]
    assert {one["type"] for one in told} == {"media.changed", "author.changed"}
    assert "الكاتبة ليلى" in next(one["object"]["avatar"]["alt"] for one in told if one["type"] == "author.changed")


async def test_an_avatar_counts_as_a_use_and_ends_with_it(media: MediaDesk) -> None:
    made = await media.upload()
    author = await media.room.author("ليلى-القاسم", avatar={"id": made["id"]})
    assert author["avatar"]["url"] == made["url"]
    (use,) = (await media.room.desk("GET", f"/media/{made['id']}/uses")).json()["data"]
    assert (use["resource"], use["id"], use["place"], use["is_public"]) == ("author", author["id"], "avatar", False)
    await media.room.desk("DELETE", f"/media/{made['id']}", expect=409, if_match='"1"')
    url, version = "/authors/ليلى-القاسم", f'"{author["version"]}"'
    again = await media.room.desk("PUT", url, {"name": "ليلى", "avatar": author["avatar"]}, if_match=version)
    assert again.json()["avatar"] == author["avatar"]  # as it was read
    await media.room.desk("DELETE", url, expect=204, if_match=f'"{again.json()["version"]}"')
    await media.room.desk("DELETE", f"/media/{made['id']}", expect=204, if_match='"1"')


async def test_a_withdrawn_avatar_is_null_and_an_unknown_one_is_refused(media: MediaDesk) -> None:
    made = await media.upload()
    await media.room.author("ليلى-القاسم", avatar={"id": made["id"]})
    await media.room.published(authors=["ليلى-القاسم"])
    await media.room.desk("POST", f"/media/{made['id']}/withdraw", {"cause": "legal", "reason": "حكم"})
    assert (await media.room.get("/v1/authors/ليلى-القاسم")).json()["avatar"] is None
    sent = {"name": "x", "avatar": {"id": made["id"]}}
    problem = (await media.room.desk("PUT", "/authors/آخر", sent, expect=422)).json()
    assert [(fault["pointer"], fault["code"]) for fault in problem["errors"]] == [("/avatar/id", "not_found")]


async def test_another_file_is_in_the_avatar_at_once(media: MediaDesk) -> None:
    made = await media.upload()
    await media.room.author("ليلى-القاسم", avatar={"id": made["id"]})
    path = f"/{made['id']}/file"
    new = (await media.send(picture(500, 500), method="PUT", path=path, if_match='"1"', expect=200)).json()
    assert (await media.room.desk("GET", "/authors/ليلى-القاسم")).json()["avatar"]["url"] == new["url"]

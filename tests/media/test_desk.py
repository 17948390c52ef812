"""The library at the desk: upload, describe, replace, delete, take down."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.jobs.queue import enqueue
from app.media.models import MediaKey
from tests.media.desk import MediaDesk, picture


async def test_an_uploaded_picture_has_all_renditions_when_it_is_answered(media: MediaDesk) -> None:
    answer = await media.send(picture(700, 500))
    made = answer.json()
    assert answer.headers["location"] == f"/v1/desk/media/{made['id']}"
    assert answer.headers["etag"] == '"1"'
    assert (made["width"], made["height"], made["mime_type"]) == (700, 500, "image/jpeg")
    assert made["filename"] == "صورة.jpg"
    names = {(one["name"], one["mime_type"]) for one in made["renditions"]}
    assert {("w320", "image/webp"), ("w320", "image/jpeg"), ("w640", "image/webp"), ("wide-640", "image/webp")} <= names
    for one in made["renditions"]:
        served = await media.room.get(one["url"].removeprefix("http://localhost:8000"))
        assert (len(served.content), served.headers["content-type"]) == (one["bytes"], one["mime_type"])
    assert made["url"] in {one["url"] for one in made["renditions"] if one["mime_type"] == "image/jpeg"}


async def test_a_file_of_a_form_may_come_without_a_type(media: MediaDesk) -> None:
    made = (await media.form(picture(), kind="application/octet-stream")).json()
    assert made["mime_type"] == "image/jpeg"
    await media.form(picture(colour="#000000"), kind="image/svg+xml", expect=415)
    await media.form(picture(colour="#000000"), kind="image/png", expect=422)


async def test_a_form_brings_the_fields_along(media: MediaDesk) -> None:
    fields = {"alt": "قرص أصفر", "credit": "أرشيف المرصد", "keywords": ["فلك"], "focal_point": {"x": 0.25, "y": 0.5}}
    made = (await media.form(picture(), fields)).json()
    assert {name: made[name] for name in fields} == fields
    assert made["filename"] == "ليل.jpg"


async def test_all_faults_of_a_form_are_told_at_once(media: MediaDesk) -> None:
    sent = {"alt": 5, "nonsense": 1}
    problem = (await media.form(b"\xff\xd8\xff\xe0 no picture", sent, expect=422)).json()
    found = {(fault["pointer"], fault["code"]) for fault in problem["errors"]}
    assert found == {("/data/alt", "wrong_type"), ("/data/nonsense", "unknown_field"), ("/file", "image_invalid")}


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"", "image/jpeg", 422),
        (b"<html><script>alert(1)</script></html>", "image/jpeg", 415),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml", 415),
        (picture(kind="PNG"), "image/jpeg", 422),
        (picture()[:2000], "image/jpeg", 422),
        (picture(), "application/pdf", 415),
    ],
)
async def test_a_bad_file_gets_a_clear_answer(media: MediaDesk, content: bytes, kind: str, status: int) -> None:
    problem = (await media.send(content, kind=kind, expect=status)).json()
    if status == 415:
        assert "image/webp" in problem["accepted"]
    else:
        assert [fault["code"] for fault in problem["errors"]] == ["image_invalid"]
    assert (await media.room.desk("GET", "/media")).json()["data"] == []


async def test_the_same_bytes_again_are_the_record_that_is_there(media: MediaDesk) -> None:
    first = (await media.form(picture(), {"alt": "قرص"})).json()
    answer = await media.form(picture(), {"alt": "شيء آخر"}, expect=200)
    assert (answer.json()["id"], answer.json()["alt"]) == (first["id"], "قرص")
    assert [one["code"] for one in answer.json()["warnings"]] == ["already_there"]
    second = (await media.form(picture(), {"alt": "شيء آخر"}, path="?duplicate=true")).json()
    assert second["id"] != first["id"]
    assert second["url"] != first["url"]


async def test_two_uploads_of_the_same_bytes_at_once_make_one_record(media: MediaDesk) -> None:
    answers = await asyncio.gather(*(media.send(picture(), expect=None) for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 201]
    assert len({answer.json()["id"] for answer in answers}) == 1


async def test_the_same_idempotency_key_makes_one_record(media: MediaDesk) -> None:
    key, path = "upload-of-this-morning", "?duplicate=true"
    first = await media.send(picture(), path=path, idempotency_key=key)
    again = await media.send(picture(), path=path, idempotency_key=key)
    assert again.json()["id"] == first.json()["id"]
    assert again.headers["idempotency-replayed"] == "true"
    await media.send(picture(colour="#000000"), path=path, idempotency_key=key, expect=422)


async def test_a_file_over_the_limit_is_refused_before_it_is_read(media: MediaDesk) -> None:
    limit = media.room.settings.media_max_bytes
    problem = (await media.send(b"", content_length=str(limit + 1), expect=413)).json()
    assert problem["limit"] == limit


async def test_a_file_over_the_limit_without_a_length_is_refused_on_the_way(media: MediaDesk) -> None:
    async def endless() -> Any:
        for _ in range(400):
            yield b"\xff" * 100_000

    headers = {"Authorization": f"Bearer {media.room.tokens['admin']}", "Content-Type": "image/jpeg"}
    answer = await media.room.client.post("/v1/desk/media", content=endless(), headers=headers)
    assert answer.status_code == 413, answer.text


async def test_the_library_is_listed_newest_first_and_searched_by_its_words(media: MediaDesk) -> None:
    first = await media.upload("#111111", alt="قبّة المرصد", description="من الخارج")
    second = await media.upload("#222222", alt="مرفأ", keywords=["بحر"], credit="وكالة الضفة")

    async def found(query: str) -> list[str]:
        return [one["id"] for one in (await media.room.desk("GET", f"/media{query}")).json()["data"]]

    assert await found("") == [second["id"], first["id"]]
    assert await found("?q=مرصد") == [first["id"]]
    assert await found("?q=الخارج") == [first["id"]]
    assert await found("?q=بحر") == [second["id"]]
    assert await found(f"?member={media.room.members['admin']}&unused=true") == [second["id"], first["id"]]
    page = (await media.room.desk("GET", "/media?limit=1&count=true")).json()
    assert page["page"]["total"] == 2
    assert await found(f"?limit=1&cursor={page['page']['next']}") == [first["id"]]


async def test_words_of_the_library_are_no_suggestion_for_readers(media: MediaDesk) -> None:
    await media.upload(alt="كلمةسرية", description="كلمةسرية", filename="كلمةسرية.jpg")
    assert (await media.room.get("/v1/search/suggest?q=كلمةسر")).json() == {"data": []}
    assert (await media.room.get("/v1/search?q=كلمةسرية")).json()["data"] == []


async def test_pictures_whose_rights_expire_are_found(media: MediaDesk) -> None:
    made = await media.upload(rights={"holder": "وكالة", "expires_at": "2030-01-01T00:00:00Z"})
    assert made["rights"]["expires_at"] == "2030-01-01T00:00:00.000Z"
    early, late = "2029-01-01T00:00:00Z", "2031-01-01T00:00:00Z"
    for moment, number in ((early, 0), (late, 1)):
        found = (await media.room.desk("GET", f"/media?rights_expiring_before={moment}")).json()
        assert len(found["data"]) == number


async def test_a_change_is_a_merge_patch_under_the_version(media: MediaDesk) -> None:
    made = await media.upload(alt="قرص", credit="أرشيف", rights={"holder": "وكالة", "usage": "مرة"})
    changed = await media.change(made, credit=None, rights={"usage": None})
    assert (changed["alt"], changed["credit"], changed["version"]) == ("قرص", None, 2)
    assert changed["rights"]["holder"] == "وكالة"
    assert changed["rights"]["usage"] is None
    same = await media.change(changed, alt="قرص")
    assert same["version"] == 2
    url = f"/media/{made['id']}"
    await media.room.desk("PATCH", url, {"alt": "آخر"}, expect=412, if_match='"1"')
    await media.room.desk("PATCH", url, {"alt": "آخر"}, expect=428)


async def test_another_focal_point_moves_the_crops_to_new_addresses(media: MediaDesk) -> None:
    made = (await media.form(picture(1000, 300), {"focal_point": {"x": 0.0, "y": 0.5}})).json()
    moved = await media.change(made, focal_point={"x": 1.0, "y": 0.5})
    assert {one["url"] for one in moved["renditions"]}.isdisjoint(one["url"] for one in made["renditions"])

    async def crop(media_record: dict[str, Any]) -> bytes:
        (one,) = [
            one for one in media_record["renditions"] if one["name"] == "wide-320" and one["mime_type"] == "image/webp"
        ]
        return (await media.room.get(one["url"].removeprefix("http://localhost:8000"))).content

    assert await crop(made) != await crop(moved)  # the former address answers for a while
    assert await _present_keys(media) == {_key_of(moved)}


@pytest.mark.parametrize("is_lost", [True, False])
async def test_no_other_crops_of_a_picture_whose_original_is_lost_or_over_a_lowered_limit(
    media: MediaDesk, is_lost: bool, caplog: pytest.LogCaptureFixture
) -> None:
    made = (await media.send(picture())).json()
    if is_lost:
        for original in Path(media.room.settings.media_originals).iterdir():
            original.unlink()
    else:
        media.room.set(media_max_pixels=1_000)
    url, moved = f"/media/{made['id']}", {"focal_point": {"x": 1.0, "y": 0.5}, "alt": "قرص"}
    refused = (await media.room.desk("PATCH", url, moved, expect=503, if_match='"1"')).json()
    assert refused["type"].endswith("/unavailable")
    assert f"the original of picture {made['id']}" in caplog.text
    assert (await media.room.desk("GET", url)).json() == {name: made[name] for name in made if name != "warnings"}
    assert (await media.change(made, alt="قرص"))["alt"] == "قرص"  # words need no file


async def test_the_original_is_for_staff_as_it_was_sent(media: MediaDesk) -> None:
    content = picture()
    made = (await media.send(content)).json()
    answer = await media.room.desk("GET", f"/media/{made['id']}/file")
    assert answer.content == content
    assert answer.headers["content-disposition"].startswith("attachment; filename*=UTF-8''%D8%B5")
    assert answer.headers["cache-control"] == "no-store"
    assert (await media.room.client.get(f"/v1/desk/media/{made['id']}/file")).status_code == 401


async def test_a_replaced_file_is_at_new_addresses_and_warns_of_the_former_alt(media: MediaDesk) -> None:
    made = await media.upload("#112233", alt="قرص")
    url = f"/{made['id']}/file"
    new = (await media.send(picture(500, 500), method="PUT", path=url, if_match='"1"', expect=200)).json()
    assert (new["id"], new["width"], new["alt"], new["version"]) == (made["id"], 500, "قرص", 2)
    assert new["url"] != made["url"]
    assert [one["code"] for one in new["warnings"]] == ["alt_of_former_picture"]
    other = picture(300, 300)
    third = await media.form(other, {"alt": "مربع"}, method="PUT", path=url, if_match='"2"', expect=200)
    assert (third.json()["alt"], third.json()["warnings"]) == ("مربع", [])
    await media.room.get(made["url"].removeprefix("http://localhost:8000"))  # the former one, for 30 days
    assert await _present_keys(media) == {_key_of(third.json())}
    await media.upload("#445566")
    await media.send(picture(colour="#445566"), method="PUT", path=url, if_match='"3"', expect=409)
    await media.send(other, method="PUT", path=url, if_match='"1"', expect=412)


async def test_a_deleted_picture_is_gone_from_the_desk(media: MediaDesk) -> None:
    made = await media.upload()
    url = f"/media/{made['id']}"
    await media.room.desk("DELETE", url, expect=428)
    await media.room.desk("DELETE", url, expect=204, if_match='"1"')
    await media.room.desk("GET", url, expect=404)
    assert (await media.room.desk("GET", "/media")).json()["data"] == []
    again = await media.upload()  # the same bytes: a record of its own
    assert again["id"] != made["id"]


async def test_a_withdrawn_picture_is_gone_everywhere_and_its_bytes_are_refused(media: MediaDesk) -> None:
    made = await media.upload()
    twin = (await media.form(picture(), path="?duplicate=true")).json()
    path = made["url"].removeprefix("http://localhost:8000")
    await media.room.get(path)
    body = {"cause": "rights", "reason": "انتهى الترخيص."}
    answer = (await media.room.desk("POST", f"/media/{made['id']}/withdraw", body)).json()
    assert answer["withdrawn_at"]
    assert (answer["renditions"], answer["url"]) == ([], None)
    for one in (made, twin):
        gone = await media.room.client.get(one["url"].removeprefix("http://localhost:8000"))
        assert (gone.status_code, gone.headers["cache-control"]) == (410, "no-store")
    problem = (await media.send(picture(), expect=409)).json()
    assert problem["type"] == "/problems/file-withdrawn"
    await media.room.desk("GET", f"/media/{made['id']}/file", expect=409)
    await media.room.desk("PATCH", f"/media/{made['id']}", {"alt": "x"}, expect=409, if_match=f'"{answer["version"]}"')
    await media.room.desk("POST", f"/media/{made['id']}/withdraw", body, expect=409)
    await media.work_off()
    stores = media.room.app.state.media
    assert [name async for name, _ in stores.renditions.names()] == []
    assert [name async for name, _ in stores.originals.names()] == []


async def test_withdrawn_bytes_are_refused_in_the_place_of_another_file(media: MediaDesk) -> None:
    made, other = await media.upload("#101010"), await media.upload("#202020")
    await media.room.desk("POST", f"/media/{made['id']}/withdraw", {"cause": "rights", "reason": "انتهى الترخيص."})
    sent, url = picture(colour="#101010"), f"/{other['id']}/file"
    problem = (await media.send(sent, method="PUT", path=url, if_match='"1"', expect=409)).json()
    assert problem["type"] == "/problems/file-withdrawn"
    assert (await media.send(sent, path="?duplicate=true", expect=409)).json()["type"] == problem["type"]
    assert (await media.read(other))["version"] == 1


async def test_reporters_change_their_own_uploads_and_nobody_elses(media: MediaDesk) -> None:
    await media.room.hire("reporter")
    own, foreign = await media.upload("#101010", by="reporter"), await media.upload("#202020")
    await media.change(own, by="reporter", alt="قرص")
    url = f"/media/{foreign['id']}"
    await media.room.desk("PATCH", url, {"alt": "x"}, by="reporter", expect=403, if_match='"1"')
    await media.room.desk("DELETE", url, by="reporter", expect=403, if_match='"1"')
    body = {"cause": "other", "reason": "سبب"}
    await media.room.desk("POST", f"{url}/withdraw", body, by="reporter", expect=403)
    await media.room.hire("moderator")
    await media.send(picture(), by="moderator", expect=403)


async def test_other_settings_make_renditions_anew_by_a_job(media: MediaDesk) -> None:
    made = await media.upload()
    media.room.set(media_widths=("200",))
    await _find_outdated(media)
    rebuilt = await media.read(made)
    assert "w200" in {one["name"] for one in rebuilt["renditions"]}
    assert await _present_keys(media) == {_key_of(rebuilt)}
    await media.room.get(rebuilt["url"].removeprefix("http://localhost:8000"))
    await media.room.get(made["url"].removeprefix("http://localhost:8000"))


async def test_a_picture_whose_original_is_lost_keeps_its_renditions(media: MediaDesk) -> None:
    made = (await media.send(picture())).json()
    for original in Path(media.room.settings.media_originals).iterdir():
        original.unlink()
    media.room.set(media_widths=("200",))
    await _find_outdated(media)
    assert (await media.read(made))["renditions"] == made["renditions"]
    rebuilds = (await media.room.desk("GET", "/jobs?kind=media.rebuild")).json()["data"]
    assert [job["state"] for job in rebuilds] == ["done"]


async def _present_keys(media: MediaDesk) -> set[str]:
    """Keys of addresses that are not swept in 30 days."""
    async with media.room.app.state.database.connection() as connection:
        return set((await connection.scalars(select(MediaKey.key).where(MediaKey.retired_at.is_(None)))).all())


def _key_of(made: dict[str, Any]) -> str:
    return str(made["url"].split("/")[-2])


async def _find_outdated(media: MediaDesk) -> None:
    """Looks for renditions that other settings made, and makes them anew."""
    await media.work_off()
    async with media.room.app.state.database.transaction() as session:
        await enqueue(session, "media.find_outdated", {})
    assert await media.work_off() >= 2


async def test_the_same_bytes_bring_back_an_original_that_was_lost(media: MediaDesk) -> None:
    sent = picture(300, 200)
    made = (await media.send(sent)).json()
    originals = media.room.app.state.media.originals
    (name,) = [name async for name, _ in originals.names()]
    await originals.remove([name])
    await media.send(sent, method="PUT", path=f"/{made['id']}/file", if_match="*", expect=200)
    answer = await media.room.desk("GET", f"/media/{made['id']}/file")
    assert answer.content == sent
    assert [name async for name, _ in originals.names()] == [name]

"""Articles that show pictures of the library by id: words of their own, and the library's changes at once."""

from __future__ import annotations

from typing import Any

import pytest

from app.media import using
from tests.media.desk import MediaDesk, picture

BODY = '<p>متن.</p><figure data-media="{id}"><figcaption>كلام</figcaption></figure>'


def _file(url: str) -> str:
    return url.removeprefix("http://localhost:8000")


async def test_a_lead_image_by_id_is_filled_from_the_library(media: MediaDesk) -> None:
    made = await media.upload(alt="قرص أصفر", credit="أرشيف المرصد")
    article = await media.room.published(lead_image={"id": made["id"], "caption": "أمس"})
    shown = (await media.room.get(f"/v1/articles/{article['slug']}")).json()["lead_image"]
    assert shown["url"] == made["url"]
    assert (shown["id"], shown["alt"], shown["credit"], shown["caption"]) == (
        made["id"],
        "قرص أصفر",
        "أرشيف المرصد",
        "أمس",
    )
    assert (shown["width"], shown["height"]) == (400, 300)
    assert shown["renditions"] == made["renditions"]
    assert shown["placeholder"] == made["placeholder"]
    assert (shown["language"], shown["direction"]) == ("ar", "rtl")


async def test_a_list_shows_few_renditions(media: MediaDesk) -> None:
    media.room.set(media_widths=("320", "640", "960", "1280"), media_crops=("wide=16:9", "square=1:1"))
    made = (await media.send(picture(1400, 900))).json()
    await media.room.published(lead_image={"id": made["id"]})
    listed = (await media.room.get("/v1/articles")).json()["data"][0]["lead_image"]
    assert {(one["name"], one["mime_type"]) for one in listed["renditions"]} == {
        (name, "image/webp") for name in ("w320", "w640", "w1280", "wide-640")
    }
    assert listed["url"] == made["url"]
    assert listed["width"] == 1280


async def test_the_librarys_alt_is_used_in_its_own_language_only(media: MediaDesk) -> None:
    made = await media.upload(alt="قرص", language="ar")
    lead = {"id": made["id"]}
    arabic, english = (
        await media.room.published(lead_image=lead),
        await media.room.published("A disc", language="en", lead_image=lead),
    )
    own = await media.room.published("ثالث", lead_image={**lead, "alt": "غيره"})
    silent = await media.room.published("رابع", lead_image={**lead, "decorative": True})
    alts = [
        (await media.room.get(f"/v1/articles/{one['slug']}")).json()["lead_image"]["alt"]
        for one in (arabic, english, own, silent)
    ]
    assert alts == ["قرص", "", "غيره", ""]
    codes = [[warning["code"] for warning in one["warnings"]] for one in (arabic, english, own, silent)]
    assert codes == [[], [], [], []]  # of publishing; the save has warned
    draft = await media.room.draft("A disc again", language="en", lead_image=lead)
    assert [(one["code"], one["params"]) for one in draft["warnings"]] == [
        ("alt_missing", {"pointer": "/lead_image/alt"})
    ]


async def test_a_body_shows_a_picture_by_its_id(media: MediaDesk) -> None:
    made = await media.upload(alt="قرص", credit="أرشيف")
    article = await media.room.published(body=BODY.format(id=made["id"]))
    body = (await media.room.get(f"/v1/articles/{article['slug']}")).json()["body"]
    assert f'<figure data-media="{made["id"]}"><picture><source type="image/webp" srcset="' in body["html"]
    assert f'src="{made["url"]}"' in body["html"]
    assert 'alt="قرص"' in body["html"]
    assert "<figcaption>كلام <cite>أرشيف</cite></figcaption>" in body["html"]
    (image,) = [block for block in body["blocks"] if block["type"] == "image"]
    assert (image["media"], image["url"], image["alt"], image["caption"]) == (made["id"], made["url"], "قرص", "كلام")
    assert image["renditions"] == made["renditions"]


async def test_markdown_names_a_picture_by_its_id(media: MediaDesk) -> None:
    made = await media.upload()
    text = f'متن.\n\n![قرص](media:{made["id"]} "كلام")'
    article = await media.room.published(body=text, body_format="markdown")
    body = (await media.room.get(f"/v1/articles/{article['slug']}")).json()["body"]
    assert f'src="{made["url"]}"' in body["html"]
    assert 'alt="قرص"' in body["html"]


async def test_what_delivery_gives_can_be_sent_back(media: MediaDesk) -> None:
    made = await media.upload(alt="قرص", credit="أرشيف")
    article = await media.room.published(
        body=BODY.format(id=made["id"]),
        lead_image={"id": made["id"], "caption": "أمس"},
        media=[{"id": made["id"]}, {"url": "https://images.example.org/a.jpg", "alt": "غيره"}],
    )
    before = (await media.room.get(f"/v1/articles/{article['slug']}")).json()
    sent = {"body": before["body"]["html"], "lead_image": before["lead_image"], "media": before["media"]}
    await media.room.change(article, **sent)
    after = (await media.room.get(f"/v1/articles/{article['slug']}")).json()
    assert {name: after[name] for name in sent} == {name: before[name] for name in sent}
    await media.change(made, alt="دائرة", credit="وكالة")
    later = (await media.room.get(f"/v1/articles/{article['slug']}")).json()
    assert (later["lead_image"]["credit"], later["media"][0]["alt"]) == ("وكالة", "دائرة")
    assert "<cite>وكالة</cite>" in later["body"]["html"]


async def test_unknown_pictures_are_told_at_their_pointers(media: MediaDesk) -> None:
    unknown = "01936b2e-7c4a-7d31-9f53-6a1c0de4b7a2"
    sent = {
        "headline": "خبر",
        "lead_image": {"id": unknown},
        "media": [{"url": "https://images.example.org/a.jpg"}, {"id": unknown}],
        "body": BODY.format(id=unknown),
        "section": "لا-قسم",
    }
    problem = (await media.room.desk("POST", "/articles", sent, expect=422)).json()
    found = {(fault["pointer"], fault["code"], fault["params"]["value"]) for fault in problem["errors"]}
    assert found == {
        ("/lead_image/id", "not_found", unknown),
        ("/media/1/id", "not_found", unknown),
        ("/body", "not_found", unknown),
        ("/section", "not_found", "لا-قسم"),
    }


async def test_a_patch_that_names_another_picture_drops_what_belonged_to_the_former(media: MediaDesk) -> None:
    first, second = await media.upload("#111111"), await media.upload("#222222")
    article = await media.room.draft(lead_image={"id": first["id"], "alt": "قرص", "caption": "أمس"})
    kept = await media.room.change(article, lead_image={"caption": "اليوم"})
    assert (kept["lead_image"]["id"], kept["lead_image"]["alt"]) == (first["id"], "قرص")
    other = await media.room.change(kept, lead_image={"id": second["id"]})
    assert (other["lead_image"]["id"], other["lead_image"]["alt"], other["lead_image"]["caption"]) == (
        second["id"],
        "",
        None,
    )
    outside = await media.room.change(other, lead_image={"url": "https://images.example.org/a.jpg"})
    assert (outside["lead_image"]["id"], outside["lead_image"]["url"]) == (None, "https://images.example.org/a.jpg")


async def test_publication_can_require_an_alt(media: MediaDesk) -> None:
    media.room.set(require_alt=True)
    made = await media.upload()
    article = await media.room.draft(lead_image={"id": made["id"]}, body=BODY.format(id=made["id"]))
    problem = (await media.room.desk("POST", f"/articles/{article['id']}/publish", {}, expect=422)).json()
    assert {(fault["pointer"], fault["code"]) for fault in problem["errors"]} == {
        ("/lead_image/alt", "alt_missing"),
        ("/body", "alt_missing"),
    }
    await media.change(made, alt="قرص")
    await media.room.act(article, "publish", {})


async def _log(media: MediaDesk, since: str) -> list[dict[str, Any]]:
    return list((await media.room.get(f"/v1/changes?since={since}")).json()["data"])


async def _head(media: MediaDesk) -> str:
    page = (await media.room.get("/v1/changes?limit=100")).json()
    return str(page["since"])


async def test_a_change_of_the_library_is_in_every_answer_at_once_then_in_the_log(media: MediaDesk) -> None:
    made = await media.upload(alt="قرص", credit="أرشيف")
    shown = await media.room.published(lead_image={"id": made["id"]})
    other = await media.room.published("خبر آخر")
    addresses = [
        f"/v1/articles/{shown['slug']}",
        "/v1/articles",
        "/v1/search?q=خبر",
        f"/v1/articles/{other['slug']}/related",
    ]
    before = {address: await media.room.get(address) for address in addresses}
    for address in addresses:
        assert f"media:{made['id']}" in before[address].headers["cache-tag"], address
    since = await _head(media)
    await media.change(made, credit="وكالة")
    for address in addresses:
        after = await media.room.get(address)
        assert "وكالة" in after.text, address
        assert after.headers["etag"] != before[address].headers["etag"]
    assert [(one["type"], one["object"], one["tombstone"]) for one in await _log(media, since)] == [
        ("media.changed", None, False)
    ]
    await media.work_off()
    told = {one["id"]: one for one in await _log(media, since)}
    assert told[shown["id"]]["type"] == "article.updated"
    assert other["id"] not in told
    now = (await media.room.get(f"/v1/articles/{shown['slug']}")).json()
    assert now["updated_at"] > shown["updated_at"]
    assert (now["version"], now["revised_at"]) == (shown["version"], shown["revised_at"])


async def test_nothing_is_told_of_what_no_answer_shows(media: MediaDesk) -> None:
    made = await media.upload(alt="قرص")
    article = await media.room.published(lead_image={"id": made["id"]})
    url = f"/v1/articles/{article['slug']}"
    before, since = (await media.room.get(url)).content, await _head(media)
    changed = await media.change(
        made, rights={"holder": "وكالة"}, description="للديسك وحده", keywords=["فلك"], photographer="مصوّر"
    )
    await media.work_off()
    assert (await _log(media, since), changed["version"]) == ([], 2)
    assert (await media.room.get(url)).content == before


async def test_a_client_that_revalidates_by_time_gets_the_new_credit(media: MediaDesk) -> None:
    made = await media.upload(credit="أرشيف")
    article = await media.room.published(lead_image={"id": made["id"]}, at="2020-01-01T00:00:00Z")
    url = f"/v1/articles/{article['slug']}"
    before = (await media.room.get(url)).headers["last-modified"]
    await media.change(made, credit="وكالة")
    assert (await media.room.get(url)).headers["last-modified"] >= before
    answer = await media.room.client.get(url, headers={"If-Modified-Since": "Wed, 01 Jan 2020 00:00:01 GMT"})
    assert answer.status_code == 200


async def test_a_withdrawn_picture_leaves_every_use(media: MediaDesk) -> None:
    made, stays = await media.upload("#111111"), await media.upload("#222222")
    article = await media.room.published(
        lead_image={"id": made["id"]},
        media=[{"id": made["id"]}, {"id": stays["id"]}],
        body=BODY.format(id=made["id"]) + BODY.format(id=stays["id"]),
    )
    since = await _head(media)
    await media.room.desk("POST", f"/media/{made['id']}/withdraw", {"cause": "legal", "reason": "حكم"})
    shown = (await media.room.get(f"/v1/articles/{article['slug']}")).json()
    assert shown["lead_image"] is None
    assert [image["id"] for image in shown["media"]] == [stays["id"]]
    assert made["id"] not in shown["body"]["html"]
    assert [block["media"] for block in shown["body"]["blocks"] if block["type"] == "image"] == [stays["id"]]
    (told,) = await _log(media, since)
    assert (told["type"], told["tombstone"], told["reason"], told["withdrawn_reason"]) == (
        "media.changed",
        True,
        "withdrawn",
        "حكم",
    )
    await media.work_off()
    assert {one["type"] for one in await _log(media, since)} == {"media.changed", "article.updated"}
    present = (await media.room.desk("GET", f"/articles/{article['id']}")).json()
    await media.room.change(present, headline="عنوان آخر")  # the desk can go on without it
    await media.room.desk(
        "PATCH", f"/articles/{article['id']}", {"lead_image": {"id": made["id"]}}, expect=422, if_match="*"
    )


async def test_the_caption_of_a_withdrawn_picture_is_in_no_text(media: MediaDesk) -> None:
    made = await media.upload(credit="وكالة الضفة")
    article = await media.room.published(body=BODY.format(id=made["id"]).replace("كلام", "كلمةفريدة"))
    url, search = f"/v1/articles/{article['slug']}", "/v1/search?q=كلمةفريدة"
    assert (await media.room.get(url)).json()["body"]["text"].endswith("كلمةفريدة\nوكالة الضفة")
    assert "كلمةفريدة" in (await media.room.get(search)).json()["data"][0]["snippets"][1]["text"]
    await media.room.desk("POST", f"/media/{made['id']}/withdraw", {"cause": "legal", "reason": "حكم"})
    assert "كلمةفريدة" not in (await media.room.get(url)).text
    assert "كلمةفريدة" not in str((await media.room.get(search)).json()["data"])


async def test_an_alt_in_another_language_than_the_librarys_is_kept(media: MediaDesk) -> None:
    """It equals the library's word, which an article in another language does not show."""
    made = await media.upload(alt="NASA", language="en")
    use = {"id": made["id"], "alt": "NASA"}
    article = await media.room.published(lead_image=use, body=f'<p>متن</p><img data-media="{made["id"]}" alt="NASA">')
    shown = (await media.room.get(f"/v1/articles/{article['slug']}")).json()
    assert shown["lead_image"]["alt"] == "NASA"
    assert 'alt="NASA"' in shown["body"]["html"]


async def test_a_picture_in_use_cannot_be_deleted_and_the_uses_are_named(media: MediaDesk) -> None:
    await media.room.hire("reporter")
    made = await media.upload(by="reporter")
    own = await media.room.draft("مسودة", lead_image={"id": made["id"]})
    await media.room.desk("POST", "/articles", {"headline": "لي", "lead_image": {"id": made["id"]}}, by="reporter")
    url = f"/media/{made['id']}"
    problem = (await media.room.desk("DELETE", url, by="reporter", expect=409, if_match='"1"')).json()
    assert ([use["title"] for use in problem["uses"]], problem["hidden_count"]) == (["لي"], 1)
    every = (await media.room.desk("GET", f"{url}/uses")).json()
    assert {use["title"] for use in every["data"]} == {"لي", "مسودة"}
    assert {use["is_public"] for use in every["data"]} == {False}
    await media.change(made, by="reporter", alt="قرص")
    await media.room.act(own, "publish", {})
    await media.room.desk("PATCH", url, {"alt": "x"}, by="reporter", expect=403, if_match='"2"')
    uses = (await media.room.desk("GET", f"{url}/uses", by="reporter")).json()
    assert {use["title"]: use["is_public"] for use in uses["data"]} == {"لي": False, "مسودة": True}
    assert (await media.read(made))["use_count"] == 2


async def test_a_picture_that_only_others_drafts_show_cannot_be_deleted(media: MediaDesk) -> None:
    await media.room.hire("reporter")
    made = await media.upload(by="reporter")
    await media.room.draft("مسودة", lead_image={"id": made["id"]})
    deleted = await media.room.desk("DELETE", f"/media/{made['id']}", by="reporter", expect=409, if_match='"1"')
    assert (deleted.json()["uses"], deleted.json()["hidden_count"]) == ([], 1)


async def test_of_many_uses_the_first_are_named_and_the_rest_counted(
    media: MediaDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(using, "MOST_SHOWN", 2)
    made = await media.upload()
    for number in range(3):
        await media.room.draft(f"مسودة {number}", lead_image={"id": made["id"]})
    uses = (await media.room.desk("GET", f"/media/{made['id']}/uses")).json()
    assert (len(uses["data"]), uses["hidden_count"]) == (2, 1)


async def test_a_use_ends_with_the_save_that_drops_it_and_with_its_article(media: MediaDesk) -> None:
    made = await media.upload()
    first = await media.room.draft(lead_image={"id": made["id"]}, body=BODY.format(id=made["id"]))
    second = await media.room.draft("آخر", media=[{"id": made["id"]}])
    assert (await media.read(made))["use_count"] == 3
    first = await media.room.change(first, lead_image=None)
    assert (await media.read(made))["use_count"] == 2
    await media.room.change(first, body="<p>متن</p>")
    await media.room.desk("DELETE", f"/articles/{second['id']}", expect=204, if_match=f'"{second["version"]}"')
    assert (await media.read(made))["use_count"] == 0
    await media.room.desk("DELETE", f"/media/{made['id']}", expect=204, if_match='"1"')


async def test_a_restored_revision_leaves_out_pictures_that_are_gone(media: MediaDesk) -> None:
    made = await media.upload()
    article = await media.room.draft(
        lead_image={"id": made["id"]}, media=[{"id": made["id"]}], body="<p>متن</p>" + BODY.format(id=made["id"])
    )
    article = await media.room.change(article, lead_image=None, media=[], body="<p>متن</p>")
    await media.room.desk("DELETE", f"/media/{made['id']}", expect=204, if_match='"1"')
    answer = await media.room.desk("POST", f"/articles/{article['id']}/restore", {"revision": 1}, if_match='"2"')
    restored = answer.json()
    assert (restored["lead_image"], restored["media"]) == (None, [])
    assert made["id"] not in restored["body"]["html"]
    fields = {one["params"]["field"] for one in restored["warnings"] if one["code"] == "not_restored"}
    assert fields == {"lead_image", "media", "body"}


async def test_a_paid_article_shows_its_lead_image_only(media: MediaDesk) -> None:
    made = await media.upload()
    article = await media.room.published(
        access="paid", lead_image={"id": made["id"]}, media=[{"id": made["id"]}], body=BODY.format(id=made["id"])
    )
    shown = (await media.room.get(f"/v1/articles/{article['slug']}")).json()
    assert shown["lead_image"]["id"] == made["id"]
    assert shown["media"] == []
    assert made["id"] not in shown["body"]["html"]


async def test_json_ld_has_the_size_of_the_file(media: MediaDesk) -> None:
    made = await media.upload(credit="أرشيف")
    article = await media.room.published(lead_image={"id": made["id"]})
    image, *_crops = (await media.room.get(f"/v1/articles/{article['slug']}/jsonld")).json()["image"]
    assert (image["url"], image["width"], image["height"], image["creditText"]) == (made["url"], 400, 300, "أرشيف")


@pytest.mark.parametrize(
    "address", ["/v1/articles?fields=lead_image", "/v1/articles?include=body", "/v1/changes?object=full"]
)
async def test_other_forms_of_answers_show_the_same(media: MediaDesk, address: str) -> None:
    made = await media.upload()
    await media.room.published(lead_image={"id": made["id"]}, body=BODY.format(id=made["id"]))
    assert made["url"] in (await media.room.get(address)).text

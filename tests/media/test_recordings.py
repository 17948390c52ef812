"""Videos and sounds among the entries of `media`: at addresses, with posters that follow the library as images do."""

from __future__ import annotations

from typing import Any

import pytest

from app.articles.models import Article
from tests.media.desk import MediaDesk

VIDEO: dict[str, Any] = {
    "kind": "video",
    "url": "https://media.example/dome.mp4",
    "title": "القبّة تنفتح",
    "duration_seconds": 95,
    "mime_type": "video/mp4",
    "tracks": [
        {"kind": "captions", "url": "https://media.example/dome.ar.vtt", "label": "العربية"},
        {"kind": "subtitles", "language": "en", "url": "https://media.example/dome.en.vtt", "label": "English"},
    ],
}
SOUND: dict[str, Any] = {
    "kind": "audio",
    "url": "https://media.example/talk.mp3",
    "transcript_url": "https://media.example/talk.txt",
}
IMAGE: dict[str, Any] = {"url": "https://images.example/a.jpg", "alt": "قبّة"}


async def shown(media: MediaDesk, article: dict[str, Any]) -> Any:
    return (await media.room.get(f"/v1/articles/{article['id']}")).json()["media"]


async def test_entries_are_told_apart_by_their_kind_and_without_one_they_are_images(media: MediaDesk) -> None:
    article = await media.room.published(media=[IMAGE, VIDEO, SOUND, {"kind": "image", **IMAGE}])
    image, video, sound, same = await shown(media, article)
    assert image["kind"] == "image"
    assert image == same
    assert video == {
        **VIDEO,
        "poster": None,
        "tracks": [
            {**VIDEO["tracks"][0], "language": "ar", "direction": "rtl"},
            {**VIDEO["tracks"][1], "direction": "ltr"},
        ],
        "transcript_url": None,
        "language": "ar",
        "direction": "rtl",
    }
    assert sound == {
        **SOUND,
        **dict.fromkeys(("poster", "title", "duration_seconds", "mime_type")),
        "tracks": [],
        "language": "ar",
        "direction": "rtl",
    }


async def test_a_video_that_was_read_can_be_sent_back(media: MediaDesk) -> None:
    made = await media.upload(alt="قرص", credit="أرشيف")
    article = await media.room.published(media=[{**VIDEO, "poster": {"id": made["id"]}}, SOUND, IMAGE])
    before = await shown(media, article)
    same = await media.room.change(article, media=before)
    assert same["version"] == article["version"]
    assert await shown(media, article) == before
    await media.change(made, credit="وكالة")
    assert (await shown(media, article))[0]["poster"]["credit"] == "وكالة"
    moved = await media.room.change(same, language="fa")
    assert [track["language"] for track in moved["media"][0]["tracks"]] == ["fa", "en"]


async def test_all_faults_of_entries_are_told_at_their_pointers(media: MediaDesk) -> None:
    unknown = "01936b2e-7c4a-7d31-9f53-6a1c0de4b7a2"
    sent = [
        {"kind": "hologram", "url": "https://media.example/a"},
        {"kind": "video", "url": "ftp://media.example/a.mp4", "mime_type": "text/html", "duration_seconds": 0},
        {"kind": "audio", "transcript_url": "javascript:x", "tracks": [{"kind": "karaoke", "url": "x"}], "alt": ""},
        {**VIDEO, "poster": {"id": unknown}},
        {**VIDEO, "poster": {"alt": "x"}},
        {**VIDEO, "poster": {"kind": "video", "url": "https://images.example/a.jpg"}},
        "video",
    ]
    problem = (await media.room.desk("POST", "/articles", {"headline": "خبر", "media": sent}, expect=422)).json()
    assert [(fault["pointer"], fault["code"]) for fault in problem["errors"]] == [
        ("/media/0/kind", "not_a_choice"),
        ("/media/1/url", "url_invalid"),
        ("/media/1/duration_seconds", "too_small"),
        ("/media/1/mime_type", "invalid"),
        ("/media/2/url", "required"),
        ("/media/2/tracks/0/kind", "not_a_choice"),
        ("/media/2/tracks/0/url", "url_invalid"),
        ("/media/2/transcript_url", "url_invalid"),
        ("/media/2/alt", "unknown_field"),
        ("/media/4/poster/url", "required"),
        ("/media/5/poster/kind", "not_a_choice"),
        ("/media/6", "wrong_type"),
    ]
    one = {"headline": "خبر", "media": [IMAGE, {**VIDEO, "poster": {"id": unknown}}]}
    problem = (await media.room.desk("POST", "/articles", one, expect=422)).json()
    assert [(fault["pointer"], fault["code"]) for fault in problem["errors"]] == [("/media/1/poster/id", "not_found")]


async def test_a_video_is_no_lead_image(media: MediaDesk) -> None:
    sent = {"headline": "خبر", "lead_image": {"kind": "video", "url": VIDEO["url"]}}
    problem = (await media.room.desk("POST", "/articles", sent, expect=422)).json()
    assert [(fault["pointer"], fault["code"]) for fault in problem["errors"]] == [("/lead_image/kind", "not_a_choice")]


async def test_a_poster_is_a_use_and_follows_the_library(media: MediaDesk) -> None:
    made = await media.upload(alt="قرص")
    article = await media.room.published(media=[{**VIDEO, "poster": {"id": made["id"]}}])
    (use,) = (await media.room.desk("GET", f"/media/{made['id']}/uses")).json()["data"]
    assert (use["id"], use["place"], use["is_public"]) == (article["id"], "poster", True)
    await media.room.desk("DELETE", f"/media/{made['id']}", expect=409, if_match='"1"')
    answer = await media.room.get(f"/v1/articles/{article['slug']}")
    assert f"media:{made['id']}" in answer.headers["cache-tag"]
    assert answer.json()["media"][0]["poster"]["renditions"] == made["renditions"]
    since = (await media.room.get("/v1/changes?limit=100")).json()["since"]
    await media.change(made, alt="قرص الشمس")
    assert (await shown(media, article))[0]["poster"]["alt"] == "قرص الشمس"
    await media.work_off()
    told = [one["type"] for one in (await media.room.get(f"/v1/changes?since={since}")).json()["data"]]
    assert told == ["media.changed", "article.updated"]


async def test_a_video_loses_a_poster_that_is_withdrawn_and_stays(media: MediaDesk) -> None:
    made = await media.upload()
    article = await media.room.published(media=[{**VIDEO, "poster": {"id": made["id"]}}, {"id": made["id"]}])
    await media.room.desk("POST", f"/media/{made['id']}/withdraw", {"cause": "legal", "reason": "حكم"})
    (video,) = await shown(media, article)
    assert (video["kind"], video["poster"]) == ("video", None)


async def test_a_save_warns_of_a_video_without_captions_and_a_sound_without_a_transcript(media: MediaDesk) -> None:
    chapters = [{"kind": "chapters", "url": "https://media.example/dome.vtt"}]
    quiet = [{**VIDEO, "tracks": chapters}, {"kind": "audio", "url": SOUND["url"]}]
    draft = await media.room.draft(media=[IMAGE, *quiet, VIDEO, SOUND])
    assert [(one["code"], one["params"]) for one in draft["warnings"]] == [
        ("captions_missing", {"pointer": "/media/1/tracks"}),
        ("transcript_missing", {"pointer": "/media/2/transcript_url"}),
    ]
    assert "/media/1/tracks" in draft["warnings"][0]["message"]


async def test_a_poster_needs_no_alt_where_images_do(media: MediaDesk) -> None:
    media.room.set(require_alt=True)
    article = await media.room.draft(media=[{**VIDEO, "poster": {"url": "https://images.example/a.jpg"}}])
    assert article["warnings"] == []
    await media.room.act(article, "publish", {})


async def test_a_restored_revision_leaves_out_a_poster_that_is_gone_and_keeps_the_video(media: MediaDesk) -> None:
    made = await media.upload()
    first = await media.room.draft(media=[{**VIDEO, "poster": {"id": made["id"]}}])
    second = await media.room.change(first, media=[])
    diff = (await media.room.desk("GET", f"/articles/{first['id']}/revisions/1/diff?with=2")).json()
    (change,) = [one for one in diff["changes"] if one["field"] == "media"]
    assert (change["before"][0]["url"], change["after"]) == (VIDEO["url"], [])
    url, version = f"/articles/{first['id']}/restore", f'"{second["version"]}"'
    third = (await media.room.desk("POST", url, {"revision": 1}, if_match=version)).json()
    assert third["media"] == first["media"]
    emptied = await media.room.change(third, media=[])
    await media.room.desk("DELETE", f"/media/{made['id']}", expect=204, if_match='"1"')
    version = f'"{emptied["version"]}"'
    again = (await media.room.desk("POST", url, {"revision": 1}, if_match=version)).json()
    assert again["media"] == [{**first["media"][0], "poster": None}]
    gone = [one["params"] for one in again["warnings"] if one["code"] == "not_restored"]
    assert gone == [{"field": "media", "value": made["id"]}]


async def test_fields_name_members_of_every_kind(media: MediaDesk) -> None:
    article = await media.room.published(media=[IMAGE, {**VIDEO, "poster": IMAGE}])
    answer = await media.room.get(f"/v1/articles/{article['id']}?fields=media.kind,media.alt,media.poster.url")
    assert answer.json()["media"] == [
        {"kind": "image", "id": None, "alt": "قبّة"},
        {"kind": "video", "poster": {"id": None, "url": IMAGE["url"]}},
    ]
    await media.room.get(f"/v1/articles/{article['id']}?fields=media.nothing", expect=400)


async def test_readers_of_a_paid_article_get_no_video(media: MediaDesk) -> None:
    article = await media.room.published(access="paid", media=[VIDEO])
    assert await shown(media, article) == []
    assert article["media"][0]["url"] == VIDEO["url"]


async def test_an_image_is_stored_as_before_without_its_kind(media: MediaDesk) -> None:
    article = await media.room.published(media=[{"kind": "image", **IMAGE}], lead_image={"kind": "image", **IMAGE})
    async with media.room.app.state.database.transaction() as session:
        stored = await session.get_one(Article, article["id"])
        assert (stored.media, stored.lead_image) == ([IMAGE], IMAGE)


@pytest.mark.parametrize("title", ["القبّة تنفتح", None])
async def test_search_engines_get_videos_and_sounds_that_have_what_they_require(
    media: MediaDesk, title: str | None
) -> None:
    poster = {"url": "https://images.example/a.jpg"}
    entries = [{**VIDEO, "title": title, "poster": poster}, {**SOUND, "title": title}, {**VIDEO, "poster": None}, IMAGE]
    article = await media.room.published(media=entries)
    found = (await media.room.get(f"/v1/articles/{article['id']}/jsonld")).json()
    assert [image["url"] for image in found["image"]] == [IMAGE["url"]]
    if title is None:
        assert "video" not in found
        assert "audio" not in found
        return
    (video,), (sound,) = found["video"], found["audio"]
    assert video == {
        "@type": "VideoObject",
        "name": title,
        "inLanguage": "ar",
        "contentUrl": VIDEO["url"],
        "encodingFormat": "video/mp4",
        "duration": "PT95S",
        "thumbnailUrl": poster["url"],
        "uploadDate": article["first_published_at"],
        "caption": [
            {
                "@type": "MediaObject",
                "name": track["label"],
                "inLanguage": track.get("language", "ar"),
                "contentUrl": track["url"],
                "encodingFormat": "text/vtt",
            }
            for track in VIDEO["tracks"]
        ],
    }
    assert sound == {"@type": "AudioObject", "name": title, "inLanguage": "ar", "url": SOUND["url"]}

"""Videos and sounds on the reader page: players where the policy lets them play, links everywhere."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.newsroom import Newsroom

pytestmark = pytest.mark.anyio
VIDEO: dict[str, Any] = {
    "kind": "video",
    "url": "https://films.example/dome.mp4",
    "poster": {"url": "https://films.example/dome.jpg"},
    "title": "القبّة <تنفتح>",
    "mime_type": "video/mp4",
    "tracks": [
        {"kind": "captions", "language": "ar", "label": "العربية", "url": "https://films.example/dome.vtt"},
        {"kind": "subtitles", "language": "en", "label": "English", "url": "https://elsewhere.example/dome.vtt"},
    ],
    "transcript_url": "https://films.example/dome.txt",
}


async def figures(newsroom: Newsroom, *media: dict[str, Any]) -> tuple[list[str], str]:
    """The recordings of a page, and its policy."""
    article = await newsroom.published(media=list(media))
    answer = await newsroom.get(urlsplit(article["url"]).path)
    parts = answer.text.split('<figure class="recording">')[1:]
    return [part.partition("</figure>")[0] for part in parts], answer.headers["content-security-policy"]


async def test_a_video_plays_without_a_script_where_the_policy_allows_its_host(newsroom: Newsroom) -> None:
    newsroom.set(image_hosts=("films.example",))
    (shown,), policy = await figures(newsroom, VIDEO)
    assert "media-src 'self' https://films.example;" in policy
    assert '<video controls preload="none" poster="https://films.example/dome.jpg"' in shown
    assert '<source src="https://films.example/dome.mp4" type="video/mp4">' in shown
    track = '<track kind="captions" srclang="ar" label="العربية" src="https://films.example/dome.vtt">'
    assert track in shown
    assert "elsewhere.example" not in shown  # the policy would refuse it
    assert 'crossorigin="anonymous"' in shown
    assert 'aria-label="القبّة &lt;تنفتح&gt;"' in shown
    assert '<a href="https://films.example/dome.txt" rel="noopener noreferrer nofollow">النصّ المكتوب</a>' in shown


async def test_a_video_of_another_host_is_a_link(newsroom: Newsroom) -> None:
    (shown,), _ = await figures(newsroom, VIDEO)
    assert "<video" not in shown
    assert "<track" not in shown
    assert '<a href="https://films.example/dome.mp4" rel="noopener noreferrer nofollow">فيديو</a>' in shown


async def test_what_another_port_serves_is_a_link_unless_the_setting_names_the_port(newsroom: Newsroom) -> None:
    """A source of the policy without a port allows no other than 443."""
    elsewhere = {**VIDEO, "url": "https://Films.example:8443/dome.mp4", "poster": None, "tracks": []}
    newsroom.set(image_hosts=("films.example",))
    (shown,), _ = await figures(newsroom, elsewhere)
    assert "<video" not in shown
    newsroom.set(image_hosts=("films.example:8443",))
    (shown,), policy = await figures(newsroom, elsewhere)
    assert "media-src 'self' https://films.example:8443;" in policy
    assert "<video" in shown


async def test_a_sound_shows_its_poster_beside_the_player(newsroom: Newsroom) -> None:
    newsroom.set(image_hosts=("films.example",))
    sound = {"kind": "audio", "url": "https://films.example/talk.mp3", "poster": VIDEO["poster"]}
    (shown,), _ = await figures(newsroom, sound)
    assert '<audio controls preload="none"><source src="https://films.example/talk.mp3"></audio>' in shown
    assert '<img src="https://films.example/dome.jpg"' in shown


async def test_only_images_are_in_the_gallery_and_in_previews(newsroom: Newsroom) -> None:
    newsroom.set(image_hosts=("films.example",))
    article = await newsroom.published(media=[VIDEO, {"url": "https://films.example/a.jpg", "alt": "قبّة"}])
    page = (await newsroom.get(urlsplit(article["url"]).path)).text
    gallery = page.partition('class="gallery"')[2].partition("</section>")[0]
    assert gallery.count("<li>") == 1
    assert '<meta property="og:image" content="https://films.example/a.jpg">' in page
    other = await newsroom.published("آخر", media=[VIDEO])
    page = (await newsroom.get(urlsplit(other["url"]).path)).text
    assert "og:image" not in page
    assert 'class="gallery"' not in page

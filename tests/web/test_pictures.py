"""Pictures on the reader page: sizes, what the policy allows, previews, animations, galleries."""

from __future__ import annotations

import io
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from PIL import Image

from tests.media.desk import MediaDesk, picture
from tests.newsroom import opened

pytestmark = pytest.mark.anyio
SETTINGS: dict[str, Any] = {
    "media_widths": ("320", "640"),
    "media_crops": ("wide=16:9", "square=1:1", "social=600x315"),
}
HOSTS = {"image_hosts": ("photos.example",)}


@pytest.fixture
async def desk(database_url: str, tmp_path: Path) -> AsyncIterator[MediaDesk]:
    stores = {"media_store": str(tmp_path / "media"), "media_originals": str(tmp_path / "originals")}
    async with opened(database_url, **stores, **SETTINGS) as room:
        yield MediaDesk(room)


async def page_of(desk: MediaDesk, article: dict[str, Any]) -> str:
    return (await desk.room.get(urlsplit(str(article["url"])).path)).text


async def large(desk: MediaDesk, **fields: Any) -> dict[str, Any]:
    return dict((await desk.form(picture(900, 600), {"alt": "قرص", "credit": "أرشيف المرصد", **fields})).json())


def film() -> bytes:
    frames = [Image.new("RGB", (400, 300), colour) for colour in ("#336699", "#996633", "#339966")]
    written = io.BytesIO()
    frames[0].save(written, "GIF", save_all=True, append_images=frames[1:], duration=100)
    return written.getvalue()


def figure(page: str) -> str:
    """The first figure of a page."""
    return page.partition("<figure")[2].partition("</figure>")[0]


async def test_the_lead_image_is_offered_in_all_widths_and_loaded_first(desk: MediaDesk) -> None:
    made = await large(desk)
    article = await desk.room.published(lead_image={"id": made["id"], "caption": "أمس"})
    shown = figure(await page_of(desk, article))
    key = urlsplit(made["url"]).path.removesuffix("w640.jpg")
    for extension in ("webp", "jpg"):
        assert f'srcset="{key}w320.{extension} 320w, {key}w640.{extension} 640w"' in shown
    assert shown.count('sizes="') == 2
    assert f'src="{key}w640.jpg"' in shown
    assert 'alt="قرص" width="640" height="427" fetchpriority="high"' in shown
    assert 'loading="lazy"' not in shown
    assert f'fill="{made["placeholder"]["color"]}"' in shown
    assert '<figcaption>أمس <cite dir="auto">أرشيف المرصد</cite></figcaption>' in shown


async def test_cards_show_the_wide_crop_and_the_lead_the_whole_by_its_focal_point(desk: MediaDesk) -> None:
    made = await large(desk, focal_point={"x": 0.31, "y": 0.78})
    for number in range(2):
        await desk.room.published(f"خبر {number}", lead_image={"id": made["id"]}, urgency=5 - number * 4)
    page = (await desk.room.get("/")).text
    pictures = re.findall(r"<img [^>]+>", page)
    assert "/w640.webp" in pictures[0]
    assert 'class="x3 y8"' in pictures[0]
    assert 'fetchpriority="high"' in pictures[0]
    assert "/wide-640.webp" in pictures[1]
    assert 'width="640" height="360"' in pictures[1]
    assert 'loading="lazy"' in pictures[1]
    assert "style=" not in page


async def test_bodies_and_galleries_show_pictures_with_their_words(desk: MediaDesk) -> None:
    made = await large(desk)
    article = await desk.room.published(
        body=f'<p>متن</p><figure><img data-media="{made["id"]}"><figcaption>في المتن</figcaption></figure>',
        media=[{"id": made["id"], "caption": "أولى"}, {"url": "https://elsewhere.example/a.jpg", "alt": "ثانية"}],
    )
    page = await page_of(desk, article)
    assert page.count('type="image/webp" srcset="/media/') == 2
    assert '<figcaption>في المتن <cite dir="auto">أرشيف المرصد</cite></figcaption>' in page
    gallery = page.partition('class="gallery"')[2].partition("</section>")[0]
    assert gallery.count("<li>") == 2
    assert '<figcaption>أولى <cite dir="auto">أرشيف المرصد</cite></figcaption>' in gallery
    assert '<a href="https://elsewhere.example/a.jpg" rel="noopener noreferrer nofollow">صورة · ثانية</a>' in gallery


async def test_pictures_come_from_the_page_itself_or_from_their_own_address(desk: MediaDesk) -> None:
    made = await large(desk)
    article = await desk.room.published(lead_image={"id": made["id"]})
    answer = await desk.room.get(urlsplit(article["url"]).path)
    assert "img-src 'self' data:;" in answer.headers["content-security-policy"]
    desk.room.set(media_url="https://cdn.example/pictures")
    await desk.room.published("آخر")  # an answer that is not kept
    answer = await desk.room.get(f"/a/{article['slug']}?sent=public")
    assert "img-src 'self' data: https://cdn.example;" in answer.headers["content-security-policy"]
    shown = figure(answer.text)
    addresses = {urlsplit(url)._replace(path="").geturl() for url in re.findall(r"https?://[^ \"]+", shown)}
    assert addresses == {"https://cdn.example"}


@pytest.mark.parametrize(
    ("url", "is_shown"),
    [
        ("https://photos.example/a.jpg", True),
        ("http://photos.example/a.jpg", False),
        ("https://photos.example.evil.example/a.jpg", False),
        ("https://evil.example/media/a.jpg", False),
    ],
)
async def test_a_picture_at_an_address_is_shown_only_where_the_policy_allows_it(
    desk: MediaDesk, url: str, is_shown: bool
) -> None:
    desk.room.set(**HOSTS)
    article = await desk.room.published(
        lead_image={"url": url, "alt": "صورة"}, body=f'<p>x</p><img src="{url}" alt="y">'
    )
    page = await page_of(desk, article)
    shown = re.findall(r"<img [^>]+>", page)
    assert len(shown) == (2 if is_shown else 0)
    assert all('referrerpolicy="no-referrer"' in one for one in shown)


async def test_a_preview_has_the_crop_for_social_networks_with_its_size_and_alt(desk: MediaDesk) -> None:
    made = await large(desk)
    article = await desk.room.published(lead_image={"id": made["id"]})
    page = await page_of(desk, article)
    (social,) = [one for one in made["renditions"] if one["crop"] == "social"]
    said = dict(re.findall(r'<meta (?:property|name)="(?:og:|twitter:)(image[a-z:]*|card)" content="([^"]+)">', page))
    assert said == {
        "image": social["url"], "image:width": "600", "image:height": "315", "image:alt": "قرص",
        "card": "summary_large_image",
    }  # fmt: skip
    assert social["url"].startswith("http://localhost:8000/media/")


async def test_search_engines_get_the_picture_in_three_ratios(desk: MediaDesk) -> None:
    desk.room.set(media_avif=True)  # a format that not all of them read
    made = await large(desk)
    article = await desk.room.published(lead_image={"id": made["id"]}, media=[{"id": made["id"]}])
    said = (await desk.room.get(f"/v1/articles/{article['id']}/jsonld")).json()["image"]
    assert [(one["url"].rpartition("/")[2], one["width"], one["height"]) for one in said] == [
        ("w640.jpg", 640, 427), ("wide-640.jpg", 640, 360), ("square-320.jpg", 320, 320), ("w640.jpg", 640, 427),
    ]  # fmt: skip
    assert {one["creditText"] for one in said} == {"أرشيف المرصد"}


async def test_an_animated_picture_is_a_still_with_a_link_to_the_film(desk: MediaDesk) -> None:
    made = dict((await desk.form(film(), {"alt": "حركة"}, kind="image/gif")).json())
    (moving,) = [urlsplit(one["url"]).path for one in made["renditions"] if one["animated"]]
    article = await desk.room.published(lead_image={"id": made["id"]}, media=[{"id": made["id"]}])
    page = await page_of(desk, article)
    assert page.count(f'<a class="motion" href="{moving}"') == 2
    assert page.count(moving) == 2
    assert moving not in (await desk.room.get("/")).text


async def test_a_transparent_picture_has_no_colour_behind_it(desk: MediaDesk) -> None:
    written = io.BytesIO()
    Image.new("RGBA", (400, 300), (200, 30, 30, 90)).save(written, "PNG")
    made = dict((await desk.form(written.getvalue(), {"alt": "شفافة"}, kind="image/png")).json())
    article = await desk.room.published(lead_image={"id": made["id"]})
    shown = figure(await page_of(desk, article))
    assert "w400.png" in shown
    assert "placeholder" not in shown


async def test_a_picture_that_is_withdrawn_leaves_the_page(desk: MediaDesk) -> None:
    made = await large(desk)
    article = await desk.room.published(lead_image={"id": made["id"]}, media=[{"id": made["id"]}])
    assert "/media/" in await page_of(desk, article)
    withdrawal = {"cause": "rights", "reason": "انتهى الترخيص."}
    await desk.room.desk("POST", f"/media/{made['id']}/withdraw", withdrawal, if_match=f'"{made["version"]}"')
    page = await page_of(desk, article)
    assert "/media/" not in page
    assert "gallery" not in page.partition("<main")[2]

"""Slugs: made from the headline, kept once public, found in every spelling, never given to another article."""

from __future__ import annotations

import asyncio
import unicodedata
from datetime import timedelta
from urllib.parse import quote

import pytest

from app.kit import clock
from tests.newsroom import Newsroom

pytestmark = pytest.mark.anyio


def fault_of(answer: object) -> tuple[str, str]:
    fault = answer.json()["errors"][0]  # type: ignore[attr-defined]  # an httpx.Response
    return fault["pointer"], fault["code"]


async def test_a_slug_follows_the_headline_until_first_publication(newsroom: Newsroom) -> None:
    article = await newsroom.draft("المرصد يرصد «لؤلؤة» 2026")
    assert article["slug"] == "المرصد-يرصد-لؤلؤة-2026"
    article = await newsroom.change(article, headline="عنوان ثانٍ")
    assert article["slug"] == "عنوان-ثان"
    await newsroom.get("/v1/articles/المرصد-يرصد-لؤلؤة-2026", 404)
    article = await newsroom.act(article, "publish")
    article = await newsroom.change(article, headline="عنوان ثالث")
    assert article["slug"] == "عنوان-ثان"
    article = await newsroom.change(await newsroom.act(article, "unpublish"), headline="عنوان رابع")
    assert article["slug"] == "عنوان-ثان"


async def test_a_scheduled_slug_still_follows_the_headline(newsroom: Newsroom) -> None:
    at = clock.written(clock.now() + timedelta(hours=1))
    article = await newsroom.published("عنوان مؤجل", at=at)
    article = await newsroom.change(article, headline="عنوان آخر")
    assert article["slug"] == "عنوان-آخر"
    assert (await newsroom.draft("عنوان مؤجل"))["slug"] == "عنوان-مؤجل"


async def test_a_slug_set_by_hand_stays_until_it_is_given_back(newsroom: Newsroom) -> None:
    article = await newsroom.draft("عنوان", slug="Bi-YADI")
    assert (article["slug"], article["slug_by_hand"]) == ("bi-yadi", True)
    article = await newsroom.change(article, headline="عنوان آخر")
    assert article["slug"] == "bi-yadi"
    article = await newsroom.change(article, slug=None)
    assert (article["slug"], article["slug_by_hand"]) == ("عنوان-آخر", False)


NO_SLUGS = [
    ("01936b2e-7c4a-7d31-9f53-6a1c0de4b7a2", "uuid_shaped"),
    ("01936B2E7C4A7D319F536A1C0DE4B7A2", "uuid_shaped"),
    ("ا\u200cب", "invisible_characters"),
    ("ا\u202eب", "invisible_characters"),
    ("ـ ، !", "required"),
    ("ط" * 81, "too_long"),
]


async def test_what_is_no_slug_is_refused(newsroom: Newsroom) -> None:
    for slug, code in NO_SLUGS:
        answer = await newsroom.desk("POST", "/articles", {"headline": "خبر", "slug": slug}, expect=422)
        assert fault_of(answer) == ("/slug", code)


async def test_a_headline_shaped_like_an_id_makes_no_such_slug(newsroom: Newsroom) -> None:
    article = await newsroom.published("01936b2e-7c4a-7d31-9f53-6a1c0de4b7a2")
    assert article["slug"] != "01936b2e-7c4a-7d31-9f53-6a1c0de4b7a2"
    assert (await newsroom.get(f"/v1/articles/{article['slug']}")).json()["id"] == article["id"]


async def test_a_headline_without_letters_has_an_address_all_the_same(newsroom: Newsroom) -> None:
    article = await newsroom.published("؟!…😀")
    assert article["slug"].startswith("item-")
    assert (await newsroom.get(f"/v1/articles/{article['slug']}")).json()["id"] == article["id"]


async def test_a_long_headline_is_cut_between_words(newsroom: Newsroom) -> None:
    words = [f"كلمة{number}" for number in range(40)]
    slug = (await newsroom.draft(" ".join(words)))["slug"]
    assert 60 < len(slug) <= 80
    assert slug == "-".join(words[: slug.count("-") + 1])
    second = (await newsroom.draft(" ".join(words)))["slug"]
    assert second.endswith("-2")
    assert len(second) <= 80


async def test_eight_drafts_with_one_headline_at_once_have_eight_addresses(newsroom: Newsroom) -> None:
    token = {"Authorization": f"Bearer {newsroom.tokens['admin']}"}
    answers = await asyncio.gather(
        *(newsroom.client.post("/v1/desk/articles", json={"headline": "خبر عاجل"}, headers=token) for _ in range(8))
    )
    assert [answer.status_code for answer in answers] == [201] * 8
    slugs = {answer.json()["slug"] for answer in answers}
    assert slugs == {"خبر-عاجل", *(f"خبر-عاجل-{number}" for number in range(2, 9))}


async def test_an_address_that_readers_knew_is_never_given_to_another(newsroom: Newsroom) -> None:
    withdrawn = await newsroom.published("مسحوب")
    await newsroom.act(withdrawn, "withdraw", {"reason": "خطأ"})
    deleted = await newsroom.act(await newsroom.published("محذوف"), "unpublish")
    await newsroom.desk("DELETE", f"/articles/{deleted['id']}", if_match=f'"{deleted["version"]}"', expect=204)
    renamed = await newsroom.change(await newsroom.published("قديم"), slug="جديد")
    await newsroom.get("/v1/articles/محذوف", 404)
    for former in ("مسحوب", "محذوف", "قديم", "جديد"):
        taken = await newsroom.desk("POST", "/articles", {"headline": "آخر", "slug": former}, expect=422)
        assert fault_of(taken) == ("/slug", "slug_taken")
        assert (await newsroom.draft(former))["slug"] == f"{former}-2"
        assert (await newsroom.draft(former))["slug"] == f"{former}-3"
    back = await newsroom.change(renamed, slug="قديم")
    assert back["slug"] == "قديم"
    assert (await newsroom.get("/v1/articles/جديد", 308)).headers["location"] == f"/v1/articles/{quote('قديم')}"


async def test_an_address_that_no_reader_knew_is_free_again(newsroom: Newsroom) -> None:
    draft = await newsroom.draft("مسودّة أولى")
    await newsroom.change(draft, slug="آخر")
    assert (await newsroom.draft("مسودّة أولى"))["slug"] == "مسودة-أولى"
    deleted = await newsroom.draft("ثانية")
    await newsroom.desk("DELETE", f"/articles/{deleted['id']}", if_match='"1"', expect=204)
    assert (await newsroom.draft("ثانية"))["slug"] == "ثانية"
    soon = await newsroom.published("ثالثة", at=clock.written(clock.now() + timedelta(days=1)))
    soon = await newsroom.act(soon, "unpublish")
    await newsroom.desk("DELETE", f"/articles/{soon['id']}", if_match=f'"{soon["version"]}"', expect=204)
    assert (await newsroom.draft("ثالثة"))["slug"] == "ثالثة"


async def test_a_former_address_leads_to_the_present_one_with_its_query(newsroom: Newsroom) -> None:
    article = await newsroom.published("القديم")
    await newsroom.change(article, slug="الجديد")
    moved = await newsroom.get("/v1/articles/القديم?fields=headline,slug&", 308)
    assert moved.headers["location"] == f"/v1/articles/{quote('الجديد')}?fields=headline,slug&"
    assert moved.content == b""
    followed = await newsroom.get("/v1/articles/القديم?fields=slug", follow_redirects=True)
    assert followed.json() == {"id": article["id"], "slug": "الجديد"}
    await newsroom.change(await newsroom.change(await fresh(newsroom, article), slug="الأحدث"), slug="الأخير")
    for former in ("القديم", "الجديد", "الأحدث"):
        assert (await newsroom.get(f"/v1/articles/{former}", 308)).headers["location"].endswith(quote("الأخير"))


async def fresh(newsroom: Newsroom, article: dict[str, object]) -> dict[str, object]:
    return dict((await newsroom.desk("GET", f"/articles/{article['id']}")).json())


async def test_every_spelling_of_an_address_leads_to_it(newsroom: Newsroom) -> None:
    article = await newsroom.published("مؤتمر آب 2026 Café")
    slug = article["slug"]
    assert slug == "مؤتمر-آب-2026-cafe"
    for exact in (slug, quote(slug), quote(slug).lower(), article["id"], article["id"].upper()):
        assert (await newsroom.get(f"/v1/articles/{exact}")).json()["id"] == article["id"]
    spelt = [
        quote(unicodedata.normalize("NFD", slug)),
        quote("مؤتمر-آب-٢٠٢٦-cafe"),
        quote("مؤتمر-آب-۲۰۲۶-CAFÉ"),
        quote("مُؤتمَر آب 2026 Café"),
        quote("مـؤتمر-آب-2026-cafe"),
        quote(quote(slug)),
    ]
    for spelling in spelt:
        answer = await newsroom.get(f"/v1/articles/{spelling}", None)
        assert answer.status_code == 308, (spelling, answer.text)
        assert answer.headers["location"] == f"/v1/articles/{quote(slug)}"


async def test_a_withdrawn_article_says_so_at_all_its_addresses_and_nothing_else(newsroom: Newsroom) -> None:
    article = await newsroom.published("عنوان محرج")
    article = await newsroom.change(article, slug="عنوان-آخر")
    article = await newsroom.act(article, "withdraw", {"reason": "لم يثبت الخبر", "note": "للمكتب وحده"})
    for address in ("عنوان-محرج", "عنوان-آخر", article["id"]):
        gone = await newsroom.get(f"/v1/articles/{address}", 410)
        assert gone.headers["content-type"] == "application/problem+json"
        assert gone.json()["reason"] == "لم يثبت الخبر"
        assert gone.json()["withdrawn_at"] == article["withdrawn_at"]
        assert "عنوان محرج" not in gone.text
        assert "للمكتب" not in gone.text
    await newsroom.act(article, "reinstate")
    for address in ("عنوان-محرج", "عنوان-آخر", article["id"]):
        await newsroom.get(f"/v1/articles/{address}", 404)


async def test_the_address_on_the_web_site_follows_its_pattern(newsroom: Newsroom) -> None:
    newsroom.set(site_url="https://news.example", article_path="/{section}/{year}/{month}/{day}/{id}/{slug}")
    newsroom.set(timezone="Asia/Damascus")
    article = await newsroom.published("خبر", at="2024-02-29T22:30:00Z")
    expected = f"https://news.example/{quote('علوم')}/2024/03/01/{article['id']}/{quote('خبر')}"
    assert (await newsroom.get(f"/v1/articles/{article['id']}")).json()["url"] == expected


async def test_a_number_in_a_public_slug_reveals_no_hidden_article(newsroom: Newsroom) -> None:
    """The published article gets the slug without a number, even if a draft had it first."""
    hidden = await newsroom.draft("استقالة الوزير")
    scheduled = await newsroom.published("استقالة الوزير", at=clock.written(clock.now() + timedelta(hours=1)))
    shown = await newsroom.published("استقالة الوزير")
    assert shown["slug"] == "استقالة-الوزير"
    assert (await newsroom.get("/v1/articles/استقالة-الوزير")).json()["id"] == shown["id"]
    others = {(await newsroom.desk("GET", f"/articles/{a['id']}")).json()["slug"] for a in (hidden, scheduled)}
    assert others == {"استقالة-الوزير-2", "استقالة-الوزير-3"}
    second = (await newsroom.desk("POST", f"/articles/{hidden['id']}/publish", {})).json()
    assert second["slug"] == "استقالة-الوزير-2"


async def test_a_slug_that_an_editor_gave_to_a_draft_is_not_numbered_around_in_public(newsroom: Newsroom) -> None:
    await newsroom.draft("شيء آخر", slug="سرّ-المهنة")
    clashing = await newsroom.draft("سرّ المهنة")
    answer = await newsroom.desk("POST", f"/articles/{clashing['id']}/publish", {}, expect=422)
    assert [(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]] == [("/slug", "slug_taken")]


async def test_a_reporter_cannot_name_a_draft_of_others_as_the_original(newsroom: Newsroom) -> None:
    await newsroom.hire("reporter")
    secret = await newsroom.draft("تحقيق سري")
    body = {"headline": "ترجمة", "language": "en", "translation_of": secret["slug"]}
    answer = await newsroom.desk("POST", "/articles", body, by="reporter", expect=422)
    assert answer.json()["errors"][0]["code"] == "not_found"


async def test_texts_with_one_headline_published_at_once_share_no_address(newsroom: Newsroom) -> None:
    for attempt in range(4):
        headline = f"استقالة الوزير {attempt}"
        drafts = [await newsroom.draft(headline) for _ in range(4)]
        token = {"authorization": f"Bearer {newsroom.tokens['admin']}"}
        answers = await asyncio.gather(
            *(
                newsroom.client.post(f"/v1/desk/articles/{draft['id']}/publish", json={}, headers=token)
                for draft in drafts[1:]
            )
        )
        assert [answer.status_code for answer in answers] == [200] * 3
        plain = headline.replace(" ", "-")
        assert {answer.json()["slug"] for answer in answers} == {plain, f"{plain}-2", f"{plain}-3"}
        for answer in answers:
            assert (await newsroom.get(f"/v1/articles/{answer.json()['slug']}")).json()["id"] == answer.json()["id"]
        hidden = (await newsroom.desk("GET", f"/articles/{drafts[0]['id']}")).json()
        assert hidden["slug"] == f"{plain}-4"

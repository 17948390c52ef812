"""Revisions: one per save, the diff of two, and restoring."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.articles.revisions import diff
from tests.newsroom import Newsroom

pytestmark = pytest.mark.anyio


async def revision(newsroom: Newsroom, article: dict[str, Any], number: int) -> dict[str, Any]:
    return dict((await newsroom.desk("GET", f"/articles/{article['id']}/revisions/{number}")).json())


async def test_every_save_leaves_a_revision_that_names_who_and_what(newsroom: Newsroom) -> None:
    await newsroom.hire("editor", "سلمى")
    article = await newsroom.draft()
    article = await newsroom.change(article, summary="م", by="سلمى")
    article = await newsroom.act(article, "publish", by="سلمى")
    url = f"/articles/{article['id']}/revisions"
    saved = (await newsroom.desk("GET", url)).json()["data"]
    assert [(one["number"], one["action"], one["member_name"]) for one in saved] == [
        (3, "publish", "سلمى"),
        (2, "update", "سلمى"),
        (1, "create", "admin"),
    ]
    assert saved[0]["member_id"] == newsroom.members["سلمى"]
    first = (await newsroom.desk("GET", f"{url}?limit=2")).json()
    assert [one["number"] for one in first["data"]] == [3, 2]
    second = (await newsroom.desk("GET", f"{url}?limit=2&cursor={first['page']['next']}")).json()
    assert [one["number"] for one in second["data"]] == [1]
    assert second["page"]["next"] is None


async def test_two_revisions_are_compared_either_way(newsroom: Newsroom) -> None:
    article = await newsroom.draft("سقط ثلاثة قتلى", urgency=5)
    await newsroom.change(article, headline="سقط قتيلان", urgency=2)
    url = f"/articles/{article['id']}/revisions"
    forth = {
        change["field"]: change for change in (await newsroom.desk("GET", f"{url}/1/diff?with=2")).json()["changes"]
    }
    back = {
        change["field"]: change for change in (await newsroom.desk("GET", f"{url}/2/diff?with=1")).json()["changes"]
    }
    assert set(forth) == set(back) == {"headline", "slug", "urgency"}
    assert (forth["urgency"]["before"], forth["urgency"]["after"], forth["urgency"]["words"]) == (5, 2, None)
    assert forth["headline"]["words"] == [
        {"kind": "equal", "text": "سقط "},
        {"kind": "delete", "text": "ثلاثة قتلى"},
        {"kind": "insert", "text": "قتيلان"},
    ]
    assert back["headline"]["before"] == "سقط قتيلان"
    assert (await newsroom.desk("GET", f"{url}/1/diff?with=1")).json()["changes"] == []


async def test_a_revision_that_never_was_is_not_found(newsroom: Newsroom) -> None:
    article = await newsroom.published()
    url = f"/articles/{article['id']}/revisions"
    for number in ("0", "3", "2147483648", "99999999999999999999999", "x", "-1", "1.5"):
        for path in (f"{url}/{number}", f"{url}/{number}/diff?with=1"):
            assert (await newsroom.desk("GET", path, expect=404)).json()["type"] == "/problems/not-found"
        await newsroom.desk("POST", f"{url}/{number}/restore", if_match='"2"', expect=404)
    await newsroom.desk("GET", f"{url}/1/diff?with=3", expect=404)


async def test_a_number_that_no_revision_can_have_is_refused(newsroom: Newsroom) -> None:
    article = await newsroom.draft()
    url = f"/articles/{article['id']}"
    for number in (0, 2_147_483_648, 10**30, "x", 1.5, None):
        answer = await newsroom.desk("POST", f"{url}/restore", {"revision": number}, if_match='"1"', expect=422)
        assert answer.json()["errors"][0]["pointer"] == "/revision"
    for number in ("0", "2147483648", "9" * 30, "x", ""):
        answer = await newsroom.desk("GET", f"{url}/revisions/1/diff?with={number}", expect=400)
        assert answer.json()["errors"][0]["parameter"] == "with"
    await newsroom.desk("GET", f"{url}/revisions/1/diff", expect=400)


EARLIER: dict[str, Any] = {
    "headline": "الأول", "language": "fa", "kind": "analysis", "access": "paid", "urgency": 2, "short_headline": "ق",
    "summary": "ملخّص", "byline": "ب", "dateline": "د", "source": "م", "canonical_url": "https://x.example/1",
    "lead_image": {"url": "https://img.example/1.jpg", "alt": "بديل"}, "media": [{"url": "https://img.example/2.jpg"}],
    "rights": {"holder": "ص", "expires_at": "2030-01-01T00:00:00Z"}, "seo": {"title": "ع"}, "comments_mode": "closed",
    "sections": ["فضاء"], "tags": ["فلك"], "authors": ["ليلى-القاسم"], "body": "# نصّ", "body_format": "markdown",
}  # fmt: skip
LATER: dict[str, Any] = {
    "headline": "الثاني", "language": "ar", "kind": "news", "access": "free", "urgency": 7, "short_headline": None,
    "summary": None, "byline": None, "dateline": None, "source": "غيره", "canonical_url": None,
    "lead_image": {"url": "https://img.example/3.jpg", "caption": "لم تكن", "credit": "غيره", "width": 7}, "media": [],
    "rights": {"holder": "غيره", "notice": "لم يكن"}, "seo": {"title": "آخر", "description": "لم يكن"},
    "comments_mode": None, "sections": [], "tags": [], "authors": [], "body": "<p>آخر</p>", "body_format": "html",
}  # fmt: skip


@pytest.mark.parametrize("way", ["body", "path"])
async def test_restoring_brings_everything_back_but_the_address(newsroom: Newsroom, way: str) -> None:
    await newsroom.section()
    await newsroom.section("فضاء")
    await newsroom.tag()
    await newsroom.author()
    article = await newsroom.published(**{"section": "علوم", **EARLIER})
    wanted = (await revision(newsroom, article, 1))["content"]
    article = await newsroom.change(article, slug="عنوان-آخر", **LATER)
    assert (await revision(newsroom, article, 3))["content"] != wanted
    path, content = ("/restore", {"revision": 1}) if way == "body" else ("/revisions/1/restore", None)
    answer = await newsroom.desk("POST", f"/articles/{article['id']}{path}", content, if_match='"3"')
    restored = (await revision(newsroom, article, 4))["content"]
    address = {"slug", "slug_by_hand"}
    assert {name for name in wanted if wanted[name] != restored[name]} <= address
    assert answer.json()["slug"] == "عنوان-آخر"
    assert answer.json()["status"] == "published"
    shown = (await newsroom.get(f"/v1/articles/{article['id']}")).json()
    assert shown["lead_image"]["caption"] is None
    assert shown["lead_image"]["alt"] == "بديل"
    assert shown["rights"] == {
        **dict.fromkeys(shown["rights"]),
        "holder": "ص",
        "expires_at": "2030-01-01T00:00:00.000Z",
    }


async def test_restoring_what_is_there_changes_nothing(newsroom: Newsroom) -> None:
    article = await newsroom.draft()
    answer = await newsroom.desk("POST", f"/articles/{article['id']}/restore", {"revision": 1}, if_match='"1"')
    assert answer.json()["version"] == 1


async def test_a_public_article_is_not_restored_to_what_could_not_be_published(newsroom: Newsroom) -> None:
    draft = (await newsroom.desk("POST", "/articles", {"headline": "فارغ"})).json()
    await newsroom.section()
    article = await newsroom.act(await newsroom.change(draft, body="<p>نص</p>", section="علوم"), "publish")
    answer = await newsroom.desk(
        "POST", f"/articles/{article['id']}/restore", {"revision": 1}, if_match='"3"', expect=422
    )
    assert [fault["pointer"] for fault in answer.json()["errors"]] == ["/body", "/section"]
    assert (await newsroom.get(f"/v1/articles/{article['id']}")).json()["body"]["text"] == "نص"


async def test_what_a_revision_names_and_is_gone_is_left_out_with_a_warning(newsroom: Newsroom) -> None:
    for plural, slug in (("sections", "زائل"), ("tags", "زائل"), ("authors", "زائل"), ("tags", "باق")):
        await newsroom.desk("PUT", f"/{plural}/{slug}", {"name": slug})
    await newsroom.section("علوم")
    terms: dict[str, Any] = {"section": "زائل", "tags": ["زائل", "باق"], "authors": ["زائل"]}
    article = await newsroom.published(**terms)
    lost = {article["section"]["id"], article["tags"][0]["id"], article["authors"][0]["id"]}
    article = await newsroom.change(article, section="علوم", tags=[], authors=[], headline="عنوان آخر")
    for plural in ("sections", "tags", "authors"):
        await newsroom.desk("DELETE", f"/{plural}/زائل", if_match="*")
    url = f"/articles/{article['id']}"
    for path, body in (("/restore", {"revision": 2}), ("/revisions/2/restore", None)):
        restored = (await newsroom.desk("POST", f"{url}{path}", body, if_match="*")).json()
        assert restored["headline"] == "خبر من المرصد"
        assert (restored["section"]["slug"], [tag["slug"] for tag in restored["tags"]]) == ("علوم", ["باق"])
        assert restored["authors"] == []
        gone = [warning for warning in restored["warnings"] if warning["code"] == "not_restored"]
        assert sorted(warning["params"]["field"] for warning in gone) == ["authors", "sections", "tags"]
        assert {warning["params"]["value"] for warning in gone} == lost
        await newsroom.desk("PATCH", url, {"headline": "عنوان آخر"}, if_match="*")


TEXTS = st.text(st.sampled_from("اب <p>/\n\t كلمة<b"), max_size=60) | st.text(max_size=40)


@given(TEXTS, TEXTS)
def test_the_pieces_of_a_comparison_give_either_text_back(before: str, after: str) -> None:
    changes = diff({"body": before}, {"body": after})
    if before == after:
        assert changes == []
        return
    pieces = changes[0]["words"] or []
    assert "".join(piece["text"] for piece in pieces if piece["kind"] != "insert") == before
    assert "".join(piece["text"] for piece in pieces if piece["kind"] != "delete") == after
    assert all(piece["text"] for piece in pieces)


@pytest.mark.parametrize("unit", ["كلمة ", "سطر\n", "<p>", "ا"])
def test_long_texts_are_compared_too(unit: str) -> None:
    before, after = unit * 20_000 + "x", "y" + unit * 20_000
    (change,) = diff({"body": before}, {"body": after})
    pieces = change["words"] or []
    assert "".join(piece["text"] for piece in pieces if piece["kind"] != "insert") == before
    assert "".join(piece["text"] for piece in pieces if piece["kind"] != "delete") == after


def test_comparing_two_hostile_texts_takes_seconds_not_hours() -> None:
    before = " ".join("أب"[i % 2] for i in range(1000))
    after = " ".join("بأ"[i % 2] for i in range(1000))
    diff({"body": before}, {"body": after})

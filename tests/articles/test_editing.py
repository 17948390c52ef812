"""Writing at the desk: creating, merge patches, versions, and two editors at once."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from tests.newsroom import Newsroom

pytestmark = pytest.mark.anyio

IMAGE = {"url": "https://img.example/a.jpg", "alt": "سديم", "caption": "صورة", "credit": "هواة"}


async def test_a_headline_alone_makes_a_draft_with_every_field_present(newsroom: Newsroom) -> None:
    answer = await newsroom.desk("POST", "/articles", {"headline": "عنوان وحده"}, expect=201)
    draft = answer.json()
    assert answer.headers["location"] == f"/v1/desk/articles/{draft['id']}"
    assert answer.headers["etag"] == '"1"'
    assert answer.headers["cache-control"] == "no-store"
    assert draft["status"] == "draft"
    assert (draft["kind"], draft["access"], draft["urgency"], draft["language"]) == ("news", "free", 5, "ar")
    assert draft["direction"] == "rtl"
    assert draft["member_id"] == newsroom.members["admin"]
    assert draft["body"] == {"html": "", "text": "", "blocks": [], "truncated": False}
    assert draft["published_at"] is draft["section"] is draft["lead_image"] is draft["rights"] is None
    assert draft["sections"] == draft["tags"] == draft["authors"] == draft["translations"] == draft["media"] == []


async def test_every_field_that_an_editor_writes_is_read_back(newsroom: Newsroom) -> None:
    await newsroom.section()
    await newsroom.section("فضاء")
    await newsroom.tag()
    await newsroom.author()
    written = {
        "headline": "Readers' choice", "language": "en-gb", "kind": "feature", "access": "free", "urgency": 2,
        "short_headline": "Choice", "summary": "One\nTwo", "byline": "By a friend", "dateline": "Damascus",
        "source": "Agency", "canonical_url": "https://other.example/x", "lead_image": IMAGE,
        "media": [{"url": "https://img.example/b.jpg"}], "seo": {"title": "T", "description": "D"},
        "rights": {"holder": "H", "syndication": "no", "expires_at": "2030-01-01T03:00:00+03:00"},
        "external_id": {"system": "wp", "id": "17"}, "comments_mode": "closed",
        "section": "علوم", "sections": ["فضاء", "علوم"], "tags": ["فلك"], "authors": ["ليلى-القاسم"],
        "body": "<p>Hello</p>",
    }  # fmt: skip
    article = (await newsroom.desk("POST", "/articles", written)).json()
    same = "headline kind access urgency short_headline summary byline dateline source canonical_url seo external_id"
    assert {name: article[name] for name in same.split()} == {name: written[name] for name in same.split()}
    assert (article["language"], article["direction"]) == ("en-GB", "ltr")
    assert [section["slug"] for section in article["sections"]] == ["علوم", "فضاء"]
    assert article["section"]["slug"] == "علوم"
    assert article["rights"]["expires_at"] == "2030-01-01T00:00:00.000Z"
    assert article["media"][0]["url"] == "https://img.example/b.jpg"
    assert article["lead_image"]["credit"] == "هواة"
    assert article["comments"]["open"] is False


async def test_all_faults_are_reported_at_once_in_the_order_of_the_form(newsroom: Newsroom) -> None:
    content = {
        "slug": "01936b2e-7c4a-7d31-9f53-6a1c0de4b7a2", "language": "!!", "kind": "poem", "urgency": 0,
        "canonical_url": "javascript:alert(1)", "lead_image": {"url": "ftp://x", "width": 0}, "unheard": 1,
        "rights": {"expires_at": "2030-01-01T00:00:00"}, "external_id": {"system": " "},
    }  # fmt: skip
    answer = await newsroom.desk("POST", "/articles", content, expect=422)
    assert answer.headers["content-type"] == "application/problem+json"
    found = {fault["pointer"]: fault["code"] for fault in answer.json()["errors"]}
    assert found == {
        "/slug": "uuid_shaped", "/language": "language_invalid", "/kind": "not_a_choice", "/urgency": "too_small",
        "/lead_image/url": "url_invalid", "/lead_image/width": "too_small", "/rights/expires_at": "offset_required",
        "/canonical_url": "url_invalid", "/external_id/system": "required", "/external_id/id": "required",
        "/headline": "required", "/unheard": "unknown_field",
    }  # fmt: skip


async def test_unknown_terms_are_named_each_at_its_place(newsroom: Newsroom) -> None:
    await newsroom.tag()
    content = {"headline": "خبر", "section": "لا-قسم", "tags": ["فلك", "لا-وسم"], "authors": ["لا-كاتب"]}
    answer = await newsroom.desk("POST", "/articles", content, expect=422)
    faults = [(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]]
    assert sorted(faults) == [("/authors/0", "not_found"), ("/section", "not_found"), ("/tags/1", "not_found")]
    assert (await newsroom.desk("GET", "/articles")).json()["data"] == []


async def test_a_patch_changes_what_it_names_and_nothing_else(newsroom: Newsroom) -> None:
    await newsroom.tag()
    article = await newsroom.draft(summary="ملخّص", tags=["فلك"], lead_image=IMAGE, seo={"title": "ع"})
    changed = await newsroom.change(article, dateline="دمشق")
    moved = {"dateline", "version", "updated_at", "saved_at"}
    assert {name for name in article if article[name] != changed[name]} <= moved
    assert changed["dateline"] == "دمشق"


async def test_null_in_a_patch_gives_a_field_its_default_again(newsroom: Newsroom) -> None:
    await newsroom.tag()
    await newsroom.author()
    fields: dict[str, Any] = {
        "summary": "ملخّص", "kind": "opinion", "access": "paid", "urgency": 1, "language": "en", "tags": ["فلك"],
        "authors": ["ليلى-القاسم"], "lead_image": IMAGE, "media": [IMAGE], "seo": {"title": "ع"},
        "rights": {"holder": "ص"}, "comments_mode": "closed", "canonical_url": "https://x.example/",
        "external_id": {"system": "wp", "id": "1"}, "short_headline": "ق", "byline": "ب", "dateline": "د",
        "source": "م", "sections": ["علوم"], "body": "نص", "body_format": "text",
    }  # fmt: skip
    article = await newsroom.draft(**fields)
    empty = await newsroom.change(article, **cast("Any", dict.fromkeys([*fields, "section"])))
    bare = (await newsroom.desk("POST", "/articles", {"headline": "خبر من المرصد"})).json()
    own = {"id", "slug", "url", "version", "created_at", "updated_at", "saved_at"}
    assert {name for name in bare if bare[name] != empty[name]} <= own


async def test_objects_inside_an_article_are_merged_field_by_field(newsroom: Newsroom) -> None:
    article = await newsroom.draft(lead_image=IMAGE, seo={"title": "ع", "description": "و"}, rights={"holder": "ص"})
    article = await newsroom.change(article, lead_image={"alt": "جديد", "caption": None}, seo={"title": None})
    assert article["lead_image"]["url"] == IMAGE["url"]
    assert article["lead_image"]["alt"] == "جديد"
    assert article["lead_image"]["caption"] is None
    assert article["lead_image"]["credit"] == "هواة"
    assert article["seo"] == {"title": None, "description": "و"}
    article = await newsroom.change(article, lead_image={"alt": None}, seo={"description": None})
    assert article["lead_image"]["alt"] == ""
    assert article["seo"] is None
    assert article["rights"]["holder"] == "ص"


async def test_an_image_cannot_lose_its_address(newsroom: Newsroom) -> None:
    article = await newsroom.draft(lead_image=IMAGE)
    for fields in ({"lead_image": {"url": None}}, {"media": [{"alt": "بلا عنوان"}]}):
        answer = await newsroom.desk("PATCH", f"/articles/{article['id']}", fields, if_match='"1"', expect=422)
        assert answer.json()["errors"][0]["pointer"].endswith("/url")
    bare = await newsroom.draft("خبر آخر")
    await newsroom.desk("PATCH", f"/articles/{bare['id']}", {"lead_image": {"alt": "x"}}, if_match='"1"', expect=422)


async def test_the_primary_section_comes_first_and_gives_way_to_the_next(newsroom: Newsroom) -> None:
    await newsroom.section("فضاء")
    article = await newsroom.draft(sections=["فضاء"])
    article = await newsroom.change(article, section="فضاء", sections=["علوم"])
    assert [section["slug"] for section in article["sections"]] == ["فضاء", "علوم"]
    article = await newsroom.change(article, section=None)
    assert article["section"]["slug"] == "علوم"
    assert [section["slug"] for section in article["sections"]] == ["علوم"]


async def test_authors_keep_their_byline_order(newsroom: Newsroom) -> None:
    for name in ("أ", "ب", "ج"):
        await newsroom.author(name)
    article = await newsroom.draft(authors=["ج", "أ", "ب", "أ"])
    assert [author["slug"] for author in article["authors"]] == ["ج", "أ", "ب"]
    assert article["byline"] == "ج، أ وب"
    article = await newsroom.change(article, authors=["ب", "ج"])
    assert [author["slug"] for author in article["authors"]] == ["ب", "ج"]


async def test_a_change_must_name_the_version_it_is_based_on(newsroom: Newsroom) -> None:
    article = await newsroom.published()
    url = f"/articles/{article['id']}"
    changes: list[tuple[str, str, Any]] = [
        ("PATCH", url, {"summary": "x"}),
        ("DELETE", url, None),
        ("POST", f"{url}/correct", {"kind": "correction", "note": "x"}),
        ("POST", f"{url}/restore", {"revision": 1}),
        ("POST", f"{url}/revisions/1/restore", None),
    ]
    for method, path, content in changes:
        missing = await newsroom.desk(method, path, content, expect=428)
        assert missing.json()["version"] == 2
        for stale in ('"1"', '"3"', 'W/"2"', "2", '"22"', '"1", "3"'):
            failed = await newsroom.desk(method, path, content, expect=412, if_match=stale)
            assert failed.json()["version"] == 2
            assert failed.headers["etag"] == '"2"'
    await newsroom.desk("PATCH", url, {"summary": "x"}, if_match='"1", "2"', expect=200)
    await newsroom.desk("PATCH", url, {"summary": "y"}, if_match="*", expect=200)


async def test_verbs_obey_a_version_where_one_is_named(newsroom: Newsroom) -> None:
    draft = await newsroom.draft()
    verbs: list[tuple[str, dict[str, Any]]] = [("submit", {}), ("publish", {}), ("unpublish", {})]
    for verb, content in verbs:
        url = f"/articles/{draft['id']}/{verb}"
        await newsroom.desk("POST", url, content, expect=412, if_match='"77"')
        version = (await newsroom.desk("GET", f"/articles/{draft['id']}")).json()["version"]
        await newsroom.desk("POST", url, content, expect=200, if_match=f'"{version}"')


async def test_a_save_that_changes_nothing_leaves_no_trace(newsroom: Newsroom) -> None:
    await newsroom.tag()
    article = await newsroom.published(tags=["فلك"], lead_image=IMAGE)
    same = await newsroom.change(article, headline=article["headline"], tags=["فلك"], lead_image={"alt": "سديم"})
    assert same == article
    assert len((await newsroom.desk("GET", f"/articles/{article['id']}/revisions")).json()["data"]) == 2


async def test_the_desk_never_says_not_modified(newsroom: Newsroom) -> None:
    """A renamed section, or time alone, changes the response while the version stays."""
    draft = await newsroom.draft()
    answer = await newsroom.desk("GET", f"/articles/{draft['id']}", expect=200, if_none_match='"1"')
    assert answer.headers["etag"] == '"1"'
    assert answer.headers["cache-control"] == "no-store"


async def test_of_editors_who_save_at_once_exactly_one_wins_each_version(newsroom: Newsroom) -> None:
    article = await newsroom.draft()
    url, rounds, editors = f"/articles/{article['id']}", 4, 5
    token = {"Authorization": f"Bearer {newsroom.tokens['admin']}"}

    async def save(version: int, editor: int) -> tuple[int, int]:
        headers = {**token, "If-Match": f'"{version}"'}
        fields = {"summary": f"كتبه {editor} على {version}"}
        answer = await newsroom.client.patch(f"/v1/desk{url}", json=fields, headers=headers)
        return answer.status_code, editor

    winners = []
    for version in range(1, rounds + 1):
        outcomes = await asyncio.gather(*(save(version, editor) for editor in range(editors)))
        assert sorted(status for status, _ in outcomes) == [200] + [412] * (editors - 1)
        winners.append(next(editor for status, editor in outcomes if status == 200))
    saved = (await newsroom.desk("GET", f"{url}/revisions")).json()["data"]
    assert [entry["number"] for entry in saved] == list(range(rounds + 1, 0, -1))
    for number, winner in enumerate(winners, start=2):
        content = (await newsroom.desk("GET", f"{url}/revisions/{number}")).json()["content"]
        assert content["summary"] == f"كتبه {winner} على {number - 1}"


async def test_editors_who_read_again_lose_nothing(newsroom: Newsroom) -> None:
    """Each keeps trying to add a line of their own: at the end all lines are there."""
    article = await newsroom.draft(summary="بداية")
    url = f"/v1/desk/articles/{article['id']}"
    token = {"Authorization": f"Bearer {newsroom.tokens['admin']}"}

    async def add(line: str) -> None:
        while True:
            read = await newsroom.client.get(url, headers=token)
            fields = {"summary": f"{read.json()['summary']}\n{line}"}
            answer = await newsroom.client.patch(url, json=fields, headers={**token, "If-Match": read.headers["etag"]})
            if answer.status_code == 200:
                return
            assert answer.status_code == 412

    lines = [f"سطر {number}" for number in range(5)]
    await asyncio.gather(*(add(line) for line in lines))
    found = (await newsroom.client.get(url, headers=token)).json()
    assert sorted(found["summary"].split("\n")) == sorted(["بداية", *lines])
    assert found["version"] == 1 + len(lines)


async def test_a_reporter_learns_nothing_of_others_drafts(newsroom: Newsroom) -> None:
    """Neither which of them has an external id, nor which translates their own article."""
    await newsroom.hire("reporter", "سلمى")
    external = {"system": "wordpress", "id": "48213"}
    hidden = await newsroom.draft("Draft", external_id=external, language="en")
    sent = {"headline": "خبر", "external_id": external}
    problem = (await newsroom.desk("POST", "/articles", sent, by="سلمى", expect=409)).json()
    assert (problem["type"], problem["existing_id"]) == ("/problems/already-exists", None)
    assert (await newsroom.desk("POST", "/articles", sent, expect=409)).json()["existing_id"] == hidden["id"]
    mine = (await newsroom.desk("POST", "/articles", {"headline": "خبر"}, by="سلمى")).json()
    await newsroom.change(hidden, translation_of=mine["id"])
    for url in (f"/articles/{mine['id']}", "/articles"):
        found = (await newsroom.desk("GET", url, by="سلمى")).json()
        assert (found["data"][0] if "data" in found else found)["translations"] == []
    assert len((await newsroom.desk("GET", f"/articles/{mine['id']}")).json()["translations"]) == 1
    changed = await newsroom.desk("PATCH", f"/articles/{mine['id']}", {"summary": "م"}, by="سلمى", if_match="*")
    assert changed.json()["translations"] == []


async def test_an_external_id_belongs_to_one_article(newsroom: Newsroom) -> None:
    external = {"system": "wordpress", "id": "48213"}
    first = await newsroom.draft(external_id=external)
    answer = await newsroom.desk("POST", "/articles", {"headline": "آخر", "external_id": external}, expect=409)
    assert answer.json()["type"] == "/problems/already-exists"
    assert answer.json()["existing_id"] == first["id"]
    other = await newsroom.draft("آخر", external_id={"system": "drupal", "id": "48213"})
    taken = await newsroom.desk(
        "PATCH", f"/articles/{other['id']}", {"external_id": external}, if_match='"1"', expect=409
    )
    assert taken.json()["existing_id"] == first["id"]
    for asked in ("48213", "wordpress:48213"):
        found = (await newsroom.desk("GET", f"/articles?external_id={asked}")).json()["data"]
        assert first["id"] in {article["id"] for article in found}
        assert len(found) == (1 if ":" in asked else 2)


async def test_an_external_id_that_comes_several_times_at_once_is_stored_once(newsroom: Newsroom) -> None:
    token = {"Authorization": f"Bearer {newsroom.tokens['admin']}"}
    content = {"headline": "من نظام آخر", "external_id": {"system": "wp", "id": "9"}}
    answers = await asyncio.gather(
        *(newsroom.client.post("/v1/desk/articles", json=content, headers=token) for _ in range(4))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert {answer.json()["type"] for answer in answers if answer.status_code == 409} == {"/problems/already-exists"}


async def test_what_was_removed_from_a_body_is_reported_in_the_readers_language(newsroom: Newsroom) -> None:
    content = {"headline": "خبر", "body": "<p onclick='x()'>نص<script>alert(1)</script></p>"}
    draft = (await newsroom.desk("POST", "/articles", content, accept_language="en")).json()
    assert "script" not in draft["body"]["html"]
    assert "onclick" not in draft["body"]["html"]
    assert {"removed_element", "removed_attribute"} <= {warning["code"] for warning in draft["warnings"]}
    assert draft["body_source"] == content["body"]
    clean = (await newsroom.desk("POST", "/articles", {"headline": "خبر", "body": "<p>نظيف</p>"})).json()
    assert clean["warnings"] == []


@pytest.mark.parametrize(
    ("source", "form", "html"),
    [
        ("# عنوان\n\nنص", "markdown", "<h"),
        ("سطر <b>حرفي</b>", "text", "&lt;b&gt;"),
        ("<p>فقرة</p>", "html", "<p>فقرة</p>"),
    ],
    ids=["markdown", "text", "html"],
)
async def test_a_body_comes_in_three_formats(newsroom: Newsroom, source: str, form: str, html: str) -> None:
    draft = await newsroom.draft(body=source, body_format=form)
    assert html in draft["body"]["html"]
    assert (draft["body_source"], draft["body_format"]) == (source, form)
    assert draft["body"]["blocks"]


async def test_translations_find_each_other_one_for_each_language(newsroom: Newsroom) -> None:
    arabic = await newsroom.published()
    english = await newsroom.published("News", language="en", translation_of=arabic["slug"])
    french = await newsroom.draft("Nouvelles", language="fr", translation_of=english["id"])
    shown = (await newsroom.get(f"/v1/articles/{arabic['slug']}")).json()
    assert [(one["language"], one["id"]) for one in shown["translations"]] == [("en", english["id"])]
    await newsroom.act(french, "publish")
    shown = (await newsroom.get(f"/v1/articles/{english['slug']}")).json()
    assert {one["language"] for one in shown["translations"]} == {"ar", "fr"}
    twice = {"headline": "Again", "language": "en", "translation_of": arabic["id"]}
    answer = await newsroom.desk("POST", "/articles", twice, expect=422)
    assert answer.json()["errors"][0]["code"] == "translation_exists"
    same = {"headline": "عربي", "language": "ar", "translation_of": arabic["id"]}
    await newsroom.desk("POST", "/articles", same, expect=422)
    missing = await newsroom.desk("POST", "/articles", {"headline": "x", "translation_of": "لا-شيء"}, expect=422)
    assert missing.json()["errors"][0]["pointer"] == "/translation_of"


async def test_an_article_is_no_translation_of_itself(newsroom: Newsroom) -> None:
    article = await newsroom.draft()
    fields = {"translation_of": article["id"]}
    answer = await newsroom.desk("PATCH", f"/articles/{article['id']}", fields, if_match='"1"', expect=422)
    assert answer.json()["errors"][0]["code"] == "same_thing"


async def test_a_group_holds_no_language_twice_however_it_is_tried(newsroom: Newsroom) -> None:
    arabic = await newsroom.draft()
    await newsroom.draft("News", language="en", translation_of=arabic["id"])
    french = await newsroom.draft("Nouvelles", language="fr", translation_of=arabic["id"])
    answer = await newsroom.desk("PATCH", f"/articles/{french['id']}", {"language": "en"}, if_match='"1"', expect=422)
    assert answer.json()["errors"][0]["pointer"] == "/language"
    token = {"Authorization": f"Bearer {newsroom.tokens['admin']}"}
    content = {"headline": "Haber", "language": "tr", "translation_of": arabic["id"]}
    answers = await asyncio.gather(
        *(newsroom.client.post("/v1/desk/articles", json=content, headers=token) for _ in range(3))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 422, 422]


async def test_a_translation_that_leaves_its_group_is_seen_no_more(newsroom: Newsroom) -> None:
    arabic = await newsroom.published()
    english = await newsroom.published("News", language="en", translation_of=arabic["id"])
    await newsroom.change(english, translation_of=None)
    assert (await newsroom.get(f"/v1/articles/{arabic['slug']}")).json()["translations"] == []


async def test_a_deleted_draft_is_gone_with_all_that_is_its_own(newsroom: Newsroom) -> None:
    draft = await newsroom.draft()
    await newsroom.desk("DELETE", f"/articles/{draft['id']}", if_match='"1"', expect=204)
    for path in ("", "/revisions", "/revisions/1"):
        await newsroom.desk("GET", f"/articles/{draft['id']}{path}", expect=404)


async def test_what_is_rendered_otherwise_is_a_change(newsroom: Newsroom) -> None:
    """The same source under other settings: the public view changes, and a change is recorded."""
    source = '<p>متن</p><iframe src="https://video.example/1"></iframe>'
    state = newsroom.app.state
    state.settings = state.settings.model_copy(update={"embed_hosts": ("video.example",)})
    article = await newsroom.published(body=source)
    assert "video.example" in (await newsroom.get(f"/v1/articles/{article['id']}")).text
    state.settings = state.settings.model_copy(update={"embed_hosts": ()})
    changed = await newsroom.change(article, body=source)
    assert changed["version"] == article["version"] + 1
    assert "iframe" not in (await newsroom.get(f"/v1/articles/{article['id']}")).json()["body"]["html"]
    assert (await newsroom.change(changed, body=source))["version"] == changed["version"]

"""Sections, tags and authors at the desk: put, rename, move, delete."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote

import pytest

from app.slugs import repository as slugs
from tests.newsroom import Newsroom

pytestmark = pytest.mark.anyio

PLURALS = ("sections", "tags", "authors")


async def test_put_creates_and_then_replaces(newsroom: Newsroom) -> None:
    for plural in PLURALS:
        made = await newsroom.desk("PUT", f"/{plural}/علوم", {"name": "علوم", "description": "وصف"}, expect=201)
        term = made.json()
        assert made.headers["location"] == f"/v1/desk/{plural}/{term['id']}"
        assert (made.headers["etag"], term["version"]) == ('"1"', 1)
        assert (term["slug"], term["language"], term["direction"]) == ("علوم", "ar", "rtl")
        for name in ("علوم", quote("علوم"), "عُلوم", term["id"]):
            assert (await newsroom.desk("GET", f"/{plural}/{name}")).json() == term
        await newsroom.desk("PUT", f"/{plural}/علوم", {"name": "x"}, expect=428)
        stale = await newsroom.desk("PUT", f"/{plural}/علوم", {"name": "x"}, if_match='"7"', expect=412)
        assert stale.json()["version"] == 1
        kept = await newsroom.desk(
            "PUT", f"/{plural}/علوم", {"name": "Science", "language": "en"}, if_match='"1"', expect=200
        )
        assert kept.json()["id"] == term["id"]
        assert (kept.json()["name"], kept.json()["direction"], kept.json()["version"]) == ("Science", "ltr", 2)
        same = await newsroom.desk(
            "PUT", f"/{plural}/علوم", {"name": "Science", "language": "en"}, if_match='"2"', expect=200
        )
        assert same.json() == kept.json()


async def test_what_a_put_leaves_out_takes_its_default(newsroom: Newsroom) -> None:
    await newsroom.section("أعلى")
    full: dict[str, dict[str, Any]] = {
        "sections": {"parent": "أعلى", "position": 7},
        "tags": {},
        "authors": {"bio": "سيرة", "avatar": {"url": "https://x.example/1.jpg", "alt": "صورة"}},
    }
    for plural, own in full.items():
        content = {"name": "اسم", "language": "fa", "description": "وصف", **own}
        term = (await newsroom.desk("PUT", f"/{plural}/اسم", content)).json()
        assert all(term[name] for name in own)
        bare = (await newsroom.desk("PUT", f"/{plural}/اسم", {"name": "اسم"}, if_match="*")).json()
        defaults = {"language": "ar", "description": None, "parent": None, "position": 0, "bio": None, "avatar": None}
        assert {name: bare[name] for name in defaults if name in bare} == {
            name: value for name, value in defaults.items() if name in bare
        }


async def test_what_is_no_term_is_refused(newsroom: Newsroom) -> None:
    for plural in PLURALS:
        for content in ({}, {"name": " ـ "}, {"name": "a\u202eb"}, {"name": "x", "unheard": 1}, {"name": ["x"]}):
            await newsroom.desk("PUT", f"/{plural}/اسم", content, expect=422)
        for slug in ("01936b2e-7c4a-7d31-9f53-6a1c0de4b7a2", "ـ", "ط" * 81):
            answer = await newsroom.desk("PUT", f"/{plural}/{slug}", {"name": "x"}, expect=422)
            assert answer.json()["errors"][0]["pointer"] == "/slug"
        await newsroom.desk("PUT", f"/{plural}/جديد", {"name": "x"}, if_match='"1"', expect=412)
        await newsroom.desk("PUT", f"/{plural}/جديد", {"name": "x"}, if_match="*", expect=412)
        assert (await newsroom.desk("GET", f"/{plural}?count=true")).json()["page"]["total"] == 0
    for own in ({"position": -1}, {"position": "1"}, {"parent": "لا-قسم"}, {"parent": ["x"]}):
        await newsroom.desk("PUT", "/sections/اسم", {"name": "x", **own}, expect=422)
    for avatar in ({"alt": "x"}, {"url": "javascript:x"}, {"url": "https://u:p@x.example/"}, "x"):
        await newsroom.desk("PUT", "/authors/اسم", {"name": "x", "avatar": avatar}, expect=422)


async def test_a_former_slug_leads_to_the_present_one_at_the_desk_and_for_readers(newsroom: Newsroom) -> None:
    names = {"sections": ("section", "علوم"), "tags": ("tags", ["علوم"]), "authors": ("authors", ["علوم"])}
    for plural in PLURALS:
        await newsroom.desk("PUT", f"/{plural}/علوم", {"name": "علوم"})
    await newsroom.published(**dict(names.values()), at="2026-01-01T00:00:00Z")  # type: ignore[arg-type]  # fields of an article
    for plural in PLURALS:
        await newsroom.desk("PUT", f"/{plural}/علوم", {"name": "علوم", "slug": "فضاء"}, if_match="*", expect=200)
        for method in ("GET", "DELETE"):
            moved = await newsroom.desk(method, f"/{plural}/علوم", expect=308)
            assert moved.headers["location"] == f"/v1/desk/{plural}/{quote('فضاء')}"
            assert moved.headers["cache-control"] == "no-store"
        put = await newsroom.desk("PUT", f"/{plural}/علوم", {"name": "غيره"}, if_match="*", expect=308)
        assert put.headers["location"] == f"/v1/desk/{plural}/{quote('فضاء')}"
        moved = await newsroom.get(f"/v1/{plural}/علوم?fields=name", 308)
        assert moved.headers["location"] == f"/v1/{plural}/{quote('فضاء')}?fields=name"
        assert moved.headers["cache-control"] == "public, max-age=10"
        assert (await newsroom.get(f"/v1/{plural}/فضاء")).json()["name"] == "علوم"


async def test_a_slug_is_or_was_one_terms_only(newsroom: Newsroom) -> None:
    for plural in PLURALS:
        await newsroom.desk("PUT", f"/{plural}/أ", {"name": "أ"})
        await newsroom.desk("PUT", f"/{plural}/ب", {"name": "ب"})
        await newsroom.desk("PUT", f"/{plural}/أ", {"name": "أ", "slug": "ج"}, if_match="*")
        for taken in ("ج", "أ"):
            answer = await newsroom.desk("PUT", f"/{plural}/ب", {"name": "ب", "slug": taken}, if_match="*", expect=409)
            assert answer.json()["type"] == "/problems/already-exists"
            await newsroom.desk("PUT", f"/{plural}/جديد", {"name": "x", "slug": taken}, expect=409)
        back = await newsroom.desk("PUT", f"/{plural}/ج", {"name": "أ", "slug": "أ"}, if_match="*", expect=200)
        assert back.json()["slug"] == "أ"


async def test_one_slug_put_by_many_at_once_is_made_once(newsroom: Newsroom) -> None:
    token = {"authorization": f"Bearer {newsroom.tokens['admin']}"}
    for plural in PLURALS:
        answers = await asyncio.gather(
            *(newsroom.client.put(f"/v1/desk/{plural}/اسم", json={"name": "x"}, headers=token) for _ in range(4))
        )
        assert sorted(answer.status_code for answer in answers)[0] == 201
        assert {answer.status_code for answer in answers} <= {201, 409, 428}
        assert [answer.status_code for answer in answers].count(201) == 1


@pytest.mark.parametrize("backend", ["postgresql"], indirect=True)  # it has more than one writer
async def test_a_term_created_during_a_lookup_is_no_redirect_to_itself(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    look_up = slugs.owner

    async def late(*given: Any) -> str | None:
        monkeypatch.setattr(slugs, "owner", look_up)
        await newsroom.tag("اسم")
        return await look_up(*given)

    monkeypatch.setattr(slugs, "owner", late)
    await newsroom.desk("PUT", "/tags/اسم", {"name": "x"}, expect=428)
    assert slugs.owner is look_up


async def test_what_is_in_use_is_not_deleted(newsroom: Newsroom) -> None:
    await newsroom.section("أعلى")
    await newsroom.section("علوم", parent="أعلى")
    await newsroom.tag("علوم")
    await newsroom.author("علوم")
    article = await newsroom.draft(section="علوم", tags=["علوم"], authors=["علوم"])
    for url in ("/sections/علوم", "/tags/علوم", "/authors/علوم", "/sections/أعلى"):
        await newsroom.desk("DELETE", url, expect=428)
        await newsroom.desk("DELETE", url, if_match='"9"', expect=412)
        answer = await newsroom.desk("DELETE", url, if_match="*", expect=409)
        assert answer.json()["type"] == "/problems/in-use"
    await newsroom.desk("DELETE", f"/articles/{article['id']}", if_match="*", expect=204)
    for url in ("/sections/علوم", "/tags/علوم", "/authors/علوم", "/sections/أعلى"):
        await newsroom.desk("DELETE", url, if_match="*", expect=204)
        await newsroom.desk("GET", url, expect=404)
        await newsroom.desk("DELETE", url, if_match="*", expect=404)


async def test_a_section_never_lies_below_itself(newsroom: Newsroom) -> None:
    await newsroom.section("أ")
    await newsroom.section("ب", parent="أ")
    await newsroom.section("ج", parent="ب")
    for section, parent in (("أ", "أ"), ("أ", "ب"), ("أ", "ج"), ("ب", "ج")):
        content = {"name": section, "parent": parent}
        answer = await newsroom.desk("PUT", f"/sections/{section}", content, if_match="*", expect=422)
        assert [(f["pointer"], f["code"]) for f in answer.json()["errors"]] == [("/parent", "cycle")]
    await newsroom.desk("PUT", "/sections/ج", {"name": "ج"}, if_match="*", expect=200)
    await newsroom.desk("PUT", "/sections/أ", {"name": "أ", "parent": "ج"}, if_match="*", expect=200)


async def test_the_tree_has_eight_levels_at_most_however_it_is_grown(newsroom: Newsroom) -> None:
    for level in range(1, 9):
        await newsroom.section(f"ق{level}", **({"parent": f"ق{level - 1}"} if level > 1 else {}))
    deeper = await newsroom.desk("PUT", "/sections/ق9", {"name": "x", "parent": "ق8"}, expect=422)
    assert deeper.json()["errors"][0]["code"] == "too_deep"
    await newsroom.section("جذر")
    await newsroom.section("فرع", parent="جذر")
    moved = {"name": "جذر", "parent": "ق7"}
    answer = await newsroom.desk("PUT", "/sections/جذر", moved, if_match="*", expect=422)
    assert answer.json()["errors"][0]["params"] == {"max": 8}
    await newsroom.desk("PUT", "/sections/جذر", {"name": "جذر", "parent": "ق6"}, if_match="*", expect=200)


async def test_two_moves_at_once_never_make_a_cycle(newsroom: Newsroom) -> None:
    token = {"authorization": f"Bearer {newsroom.tokens['admin']}", "if-match": "*"}

    async def move(section: str, parent: str) -> int:
        content = {"name": section, "parent": parent}
        return (await newsroom.client.put(f"/v1/desk/sections/{section}", json=content, headers=token)).status_code

    for attempt in range(6):
        left, middle, right = (f"{name}{attempt}" for name in "أبج")
        for section in (left, middle, right):
            await newsroom.section(section)
        outcomes = await asyncio.gather(move(left, middle), move(middle, right), move(right, left))
        assert sorted(outcomes) == [200, 200, 422]


async def test_every_role_of_the_staff_may_read_terms(newsroom: Newsroom) -> None:
    await newsroom.tag()
    for role in ("reporter", "moderator", "editor"):
        await newsroom.hire(role)
        await newsroom.desk("GET", "/tags", by=role, expect=200)
        await newsroom.desk("PUT", "/tags/جديد", {"name": "x"}, by=role, expect=201 if role == "editor" else 403)

"""Embargoes: before its end an article cannot be public, whatever is done; and what the public never sees."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.articles.models import Article
from app.kit import clock
from tests.newsroom import Newsroom, beside

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def at(minutes: float) -> str:
    return clock.written(NOON + timedelta(minutes=minutes))


def after(minutes: float) -> Any:
    """The clock stands still so long after noon."""
    return clock.frozen(NOON + timedelta(minutes=minutes))


async def faults(newsroom: Newsroom, article: dict[str, Any], verb: str, body: Any) -> list[tuple[str, str]]:
    """What a refused request says."""
    method, path = ("PATCH", "") if verb == "patch" else ("POST", f"/{verb}")
    answer = await newsroom.desk(method, f"/articles/{article['id']}{path}", body, if_match="*", expect=422)
    return [(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]]


async def test_publishing_sooner_is_refused_and_at_its_end_it_is_not(newsroom: Newsroom) -> None:
    with after(0):
        article = await newsroom.draft(embargo_until=at(60))
        for body in ({}, {"at": at(59.999)}, {"at": at(-60)}):
            assert await faults(newsroom, article, "publish", body) == [("/at", "embargoed")], body
        await newsroom.act(article, "publish", {"at": at(60)})
    with after(59.999):
        await newsroom.get(f"/v1/articles/{article['id']}", 404)
    with after(60):
        await newsroom.get(f"/v1/articles/{article['id']}")


async def test_at_the_end_of_the_embargo_it_can_be_published_at_once(newsroom: Newsroom) -> None:
    with after(0):
        article = await newsroom.draft(embargo_until=at(60))
    with after(60):
        article = await newsroom.act(article, "publish")
        assert article["status"] == "published"
        article = await newsroom.act(article, "unpublish")
        assert await faults(newsroom, article, "publish", {"at": at(59)}) == [("/at", "embargoed")]


async def test_all_that_publication_lacks_is_told_with_it_in_three_languages(newsroom: Newsroom) -> None:
    article = await newsroom.draft(embargo_until="2100-01-01T10:00:00+03:00", body="", section=None)
    url = f"/articles/{article['id']}/publish"
    for language, word in (("ar", "محظور"), ("en", "embargo"), ("fr", "embargo")):
        answer = await newsroom.desk("POST", url, {}, accept_language=language, expect=422)
        told = answer.json()["errors"]
        assert [fault["pointer"] for fault in told] == ["/body", "/section", "/at"]
        assert word in told[-1]["message"]
        assert "2100-01-01T07:00:00.000Z" in told[-1]["message"]
        assert told[-1]["params"] == {"until": "2100-01-01T07:00:00.000Z"}


async def test_no_way_to_publication_goes_around_an_embargo(newsroom: Newsroom) -> None:
    with after(0):
        article = await newsroom.published()
        article = await newsroom.act(article, "withdraw", {"reason": "سُحب"})
        article = await newsroom.act(article, "reinstate")
        article = await newsroom.change(article, embargo_until=at(60))
        assert await faults(newsroom, article, "publish", {}) == [("/at", "embargoed")]
        article = await newsroom.act(article, "submit")
        assert await faults(newsroom, article, "publish", {}) == [("/at", "embargoed")]
        article = await newsroom.act(article, "publish", {"at": at(90)})
        assert await faults(newsroom, article, "publish", {"at": at(30)}) == [("/at", "embargoed")]
        assert await faults(newsroom, article, "publish", {}) == [("/at", "embargoed")]
        await newsroom.act(article, "publish", {"at": at(70)})


async def test_what_is_scheduled_or_published_takes_no_embargo_that_ends_later(newsroom: Newsroom) -> None:
    with after(0):
        scheduled = await newsroom.published(at=at(60))
        wrong = {"embargo_until": at(60.1), "summary": "ا" * 2001, "section": "لا-شيء"}
        expected = [("/summary", "too_long"), ("/section", "not_found"), ("/embargo_until", "published_sooner")]
        assert await faults(newsroom, scheduled, "patch", wrong) == expected
        for until in (at(60), at(30), None):
            scheduled = await newsroom.change(scheduled, embargo_until=until)
            assert scheduled["embargo_until"] == until
        published = await newsroom.published("منشور")
        assert await faults(newsroom, published, "patch", {"embargo_until": at(1)}) == [
            ("/embargo_until", "published_sooner")
        ]
        correction = {"kind": "correction", "note": "صُحّح.", "embargo_until": at(1)}
        assert await faults(newsroom, published, "correct", correction) == [("/embargo_until", "published_sooner")]
        back = await newsroom.act(published, "unpublish")
        await newsroom.change(back, embargo_until=at(1))


async def test_a_restored_revision_neither_brings_nor_takes_an_embargo(newsroom: Newsroom) -> None:
    with after(0):
        first = await newsroom.draft("الأول")
        second = await newsroom.change(first, headline="الثاني", embargo_until=at(60), share_early=True)
        url = f"/articles/{first['id']}/restore"
        restored = (await newsroom.desk("POST", url, {"revision": 1}, if_match="*")).json()
        kept = (restored["headline"], restored["embargo_until"], restored["share_early"])
        assert kept == ("الأول", at(60), True)
        assert await faults(newsroom, restored, "publish", {}) == [("/at", "embargoed")]
        lifted = await newsroom.change(restored, embargo_until=None)
        await newsroom.act(lifted, "publish")
        again = (await newsroom.desk("POST", url, {"revision": second["version"]}, if_match="*")).json()
        assert (again["headline"], again["embargo_until"], again["status"]) == ("الثاني", None, "published")
        diff = (await newsroom.desk("GET", f"/articles/{first['id']}/revisions/1/diff?with=2")).json()["changes"]
        assert {"field": "embargo_until", "before": None, "after": at(60), "words": None} in diff


async def test_null_and_left_out_follow_the_rules_of_a_merge_patch(newsroom: Newsroom) -> None:
    article = await newsroom.draft(embargo_until=at(60), share_early=True, editorial_note="للشركاء")
    article = await newsroom.change(article, headline="غيره")
    assert (article["embargo_until"], article["share_early"], article["editorial_note"]) == (at(60), True, "للشركاء")
    article = await newsroom.change(article, embargo_until=None, share_early=None, editorial_note=None)
    assert (article["embargo_until"], article["share_early"], article["editorial_note"]) == (None, False, None)
    assert await faults(newsroom, article, "patch", {"embargo_until": "غدًا", "share_early": "yes"}) == [
        ("/embargo_until", "date_invalid"),
        ("/share_early", "wrong_type"),
    ]


async def test_the_desk_sees_the_embargo_in_lists_and_the_public_sees_nothing_of_it(newsroom: Newsroom) -> None:
    note = "لا يُنشر: هاتف المصدر"
    article = await newsroom.published(
        embargo_until="2020-01-01T00:00:00Z", share_early=True, editorial_note=note, access="free"
    )
    (listed,) = (await newsroom.desk("GET", "/articles")).json()["data"]
    assert listed["embargo_until"] == "2020-01-01T00:00:00.000Z"
    preview = (await newsroom.desk("POST", f"/articles/{article['id']}/previews", {})).json()["token"]
    for url in (
        *("/v1/articles?include=body", f"/v1/articles/{article['id']}", f"/v1/articles/{article['id']}/jsonld"),
        *("/v1/search?q=المصدر", "/v1/search?q=هاتف", "/v1/changes?object=full", f"/v1/preview/{preview}"),
        *(f"/preview/{preview}", f"/a/{article['slug']}"),
    ):
        text = (await newsroom.get(url)).text
        assert "هاتف المصدر" not in text, url
        assert not any(name in text for name in ("embargo_until", "share_early", "editorial_note")), url
    for name in ("embargo_until", "share_early", "editorial_note"):
        await newsroom.get(f"/v1/articles?fields={name}", 400)
    for words in ("هاتف", "المصدر"):
        assert (await newsroom.get("/v1/search", params={"q": words})).json()["data"] == [], "not found by it either"


async def test_what_only_the_desk_sees_moves_neither_time_nor_validator_but_the_version(newsroom: Newsroom) -> None:
    with after(0):
        article = await newsroom.published()
    with after(5):
        await newsroom.change(article, editorial_note="للشركاء", share_early=True)
        shown = (await newsroom.get(f"/v1/articles/{article['id']}")).json()
        assert (shown["updated_at"], shown["revised_at"], shown["version"]) == (at(0), at(0), article["version"] + 1)


async def test_the_audit_says_who_has_moved_an_embargo(newsroom: Newsroom) -> None:
    await newsroom.hire("editor", "هدى")
    article = await newsroom.draft()
    for until in (at(60), at(60), None):
        article = await newsroom.change(article, by="هدى", headline=f"خبر {until}", embargo_until=until)
        article = await newsroom.change(article, by="هدى", summary=f"ملخّص {article['version']}")
    rows = (await newsroom.desk("GET", "/audit?action=article.update")).json()["data"]
    moved = [(row["member_name"], row["details"]["embargo_until"]) for row in rows if "embargo_until" in row["details"]]
    assert moved == [("هدى", None), ("هدى", at(60))]


@pytest.mark.parametrize("begins", ["embargo", "publish"])
async def test_of_two_desks_at_once_one_is_refused(newsroom: Newsroom, begins: str) -> None:
    """One sets an embargo while the other publishes, in two processes: the row is locked, and read after the lock."""
    outcomes = set()
    async with beside(newsroom) as other:
        for number in range(12):
            article = await newsroom.draft(f"خبر {number}")
            url, until = f"/articles/{article['id']}", {"embargo_until": "2100-01-01T00:00:00Z"}
            setting = one(newsroom, "PATCH", url, until)
            publishing = one(other, "POST", f"{url}/publish", {})
            pair = (setting, publishing) if begins == "embargo" else (publishing, setting)
            answers = await asyncio.gather(*pair)
            statuses = answers if begins == "embargo" else answers[::-1]
            assert sorted(statuses) == [200, 422], statuses
            outcomes.add(tuple(statuses))
            async with newsroom.app.state.database.connection() as connection:
                row = (await connection.execute(select(Article.__table__).where(Article.id == article["id"]))).one()
            assert (row.state == "published") == (row.embargo_until is None)
    assert outcomes


async def one(newsroom: Newsroom, method: str, url: str, body: Any) -> int:
    headers = {"Authorization": f"Bearer {newsroom.tokens['admin']}", "If-Match": "*"}
    answer = await newsroom.client.request(method, f"/v1/desk{url}", json=body, headers=headers)
    return answer.status_code


async def test_whatever_desks_do_nothing_is_public_before_its_embargo_ends(newsroom: Newsroom, backend: str) -> None:
    """Random verbs under a clock that goes on: of each article a model knows only the embargo that the desk tells."""
    chance, now = random.Random(backend), NOON
    with clock.frozen(now):
        articles = [(await newsroom.draft(f"خبر {number}"))["id"] for number in range(3)]
    seen, refused = 0, 0
    for _ in range(90):
        now += timedelta(minutes=chance.choice([0, 1, 10]))
        with clock.frozen(now):
            id = chance.choice(articles)
            moment = clock.written(now + timedelta(minutes=chance.choice([-10, 0, 5, 20])))
            verb, body = chance.choice(
                [
                    ("patch", {"embargo_until": chance.choice([moment, None])}),
                    ("patch", {"embargo_until": moment, "summary": f"ملخّص {moment}"}),
                    ("publish", {}),
                    ("publish", {"at": moment}),
                    ("unpublish", {}),
                    ("withdraw", {"reason": "سُحب"}),
                    ("reinstate", {}),
                    ("restore", {"revision": chance.randint(1, 6)}),
                    ("correct", {"kind": "correction", "note": "صُحّح.", "embargo_until": moment}),
                ]
            )
            path = f"/articles/{id}" + ("" if verb == "patch" else f"/{verb}")
            status = await one(newsroom, "PATCH" if verb == "patch" else "POST", path, body)
            assert status in {200, 404, 409, 422}, status
            refused += status == 422
            for id in articles:
                told = (await newsroom.desk("GET", f"/articles/{id}")).json()
                is_out = (await newsroom.get(f"/v1/articles/{id}", None)).status_code == 200
                until = told["embargo_until"]
                seen += is_out and until is not None
                assert not (is_out and until and until > clock.written(now)), told
                assert not (is_out and until and until > told["published_at"]), told
    assert seen > 5
    assert refused > 5

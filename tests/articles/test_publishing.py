"""Publication: now, scheduled, undone, and which timestamps change when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.kit import clock
from tests.newsroom import Newsroom

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 5, 1, 12, 0, 0, 250_000, tzinfo=UTC)


def at(minutes: float) -> str:
    return clock.written(NOON + timedelta(minutes=minutes))


class Hands:
    """A clock that stands still at a given time."""

    def __init__(self) -> None:
        self._open: Any = None

    def put(self, minutes: float) -> None:
        self.release()
        self._open = clock.frozen(NOON + timedelta(minutes=minutes))
        self._open.__enter__()

    def release(self) -> None:
        if self._open is not None:
            self._open.__exit__(None, None, None)
            self._open = None


@pytest.fixture
def hands(newsroom: Newsroom) -> Iterator[Hands]:
    """Noon. (The newsroom's own token was made in real time, and does not expire.)"""
    hands = Hands()
    hands.put(0)
    yield hands
    hands.release()


async def headlines(newsroom: Newsroom, query: str = "") -> list[str]:
    return [article["headline"] for article in (await newsroom.get(f"/v1/articles{query}")).json()["data"]]


async def public(newsroom: Newsroom, article: dict[str, Any]) -> dict[str, Any]:
    return dict((await newsroom.get(f"/v1/articles/{article['id']}")).json())


async def test_an_embargoed_article_appears_with_the_clock_and_not_a_moment_before(
    newsroom: Newsroom, hands: Hands
) -> None:
    article = await newsroom.published("تحت الحظر", at=at(60))
    assert article["status"] == "scheduled"
    hands.put(59.999)
    await newsroom.get(f"/v1/articles/{article['slug']}", 404)
    assert await headlines(newsroom) == []
    await newsroom.get("/v1/sections/علوم", 404)
    hands.put(60)
    assert await headlines(newsroom) == ["تحت الحظر"]
    shown = await public(newsroom, article)
    moments = ("published_at", "first_published_at", "revised_at", "updated_at")
    assert [shown[name] for name in moments] == [at(60)] * 4
    assert (await newsroom.desk("GET", f"/articles/{article['id']}")).json()["status"] == "published"


async def test_a_schedule_can_be_moved_and_cancelled(newsroom: Newsroom, hands: Hands) -> None:
    article = await newsroom.published("خبر", at=at(60))
    article = await newsroom.act(article, "publish", {"at": at(120)})
    hands.put(90)
    assert await headlines(newsroom) == []
    article = await newsroom.act(article, "unpublish")
    assert (article["status"], article["published_at"], article["first_published_at"]) == ("draft", None, None)
    hands.put(180)
    assert await headlines(newsroom) == []
    article = await newsroom.act(article, "publish")
    assert (article["published_at"], article["first_published_at"]) == (at(180), at(180))


async def test_a_scheduled_article_can_be_published_at_once(newsroom: Newsroom, hands: Hands) -> None:
    article = await newsroom.published("خبر", at=at(60))
    hands.put(10)
    article = await newsroom.act(article, "publish")
    assert (article["status"], article["published_at"], article["first_published_at"]) == ("published", at(10), at(10))


async def test_unpublishing_takes_it_off_the_site_and_remembers_that_readers_knew_it(
    newsroom: Newsroom, hands: Hands
) -> None:
    article = await newsroom.published("خبر")
    hands.put(10)
    article = await newsroom.act(article, "unpublish")
    assert (article["status"], article["published_at"], article["first_published_at"]) == ("draft", None, at(0))
    await newsroom.get(f"/v1/articles/{article['slug']}", 404)
    hands.put(20)
    article = await newsroom.act(article, "publish")
    assert (article["published_at"], article["first_published_at"]) == (at(20), at(0))


async def test_an_archive_is_filed_where_it_belongs(newsroom: Newsroom, hands: Hands) -> None:
    await newsroom.published("اليوم")
    old = await newsroom.published("من الأرشيف", at="1999-08-11T13:03:00+02:00")
    assert old["published_at"] == "1999-08-11T11:03:00.000Z"
    assert old["first_published_at"] == old["published_at"]
    assert old["updated_at"] == at(0)
    assert await headlines(newsroom) == ["اليوم", "من الأرشيف"]
    assert await headlines(newsroom, "?sort=published_at") == ["من الأرشيف", "اليوم"]


NO_MOMENTS: list[tuple[Any, str]] = [
    ("2026-05-01T12:00:00", "offset_required"),
    ("2026-05-01", "offset_required"),
    ("غدًا", "date_invalid"),
    (1_777_636_800, "date_invalid"),
    ("1777636800", "date_invalid"),
    ("9999-12-31T23:59:59Z", "date_invalid"),
    ("0001-01-01T00:00:00+14:00", "date_invalid"),
]


async def test_a_moment_is_text_with_an_offset(newsroom: Newsroom) -> None:
    draft = await newsroom.draft()
    for moment, code in NO_MOMENTS:
        answer = await newsroom.desk("POST", f"/articles/{draft['id']}/publish", {"at": moment}, expect=422)
        assert [(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]] == [("/at", code)]


async def test_moments_are_kept_in_whole_milliseconds(newsroom: Newsroom) -> None:
    article = await newsroom.published(at="2020-01-01T00:00:00.123999+00:00")
    assert article["published_at"] == "2020-01-01T00:00:00.123Z"


async def test_a_change_that_readers_see_moves_both_moments(newsroom: Newsroom, hands: Hands) -> None:
    article = await newsroom.published("خبر")
    hands.put(5)
    await newsroom.change(article, summary="ملخّص")
    shown = await public(newsroom, article)
    assert (shown["published_at"], shown["updated_at"], shown["revised_at"]) == (at(0), at(5), at(5))


async def test_a_minor_change_does_not_move_revised_at(newsroom: Newsroom, hands: Hands) -> None:
    article = await newsroom.published("خبر")
    hands.put(5)
    await newsroom.change(article, body="<p>همزة.</p>", minor=True)
    shown = await public(newsroom, article)
    assert (shown["updated_at"], shown["revised_at"]) == (at(5), at(0))


async def test_what_only_the_desk_sees_moves_neither(newsroom: Newsroom, hands: Hands) -> None:
    article = await newsroom.published("خبر")
    hands.put(5)
    article = await newsroom.change(article, external_id={"system": "wp", "id": "1"})
    shown = await public(newsroom, article)
    assert (shown["updated_at"], shown["revised_at"]) == (at(0), at(0))
    assert article["saved_at"] == at(5)


async def test_a_renamed_section_moves_the_validator_alone(newsroom: Newsroom, hands: Hands) -> None:
    article = await newsroom.published("خبر")
    lists = {"/v1/articles", f"/v1/articles/{article['id']}", "/v1/articles?fields=section.name"}
    before = {url: (await newsroom.get(url)).headers["etag"] for url in [*lists, "/v1/articles?fields=headline"]}
    hands.put(5)
    await newsroom.desk("PUT", "/sections/علوم", {"name": "علوم وفضاء"}, if_match='"1"')
    after = {url: (await newsroom.get(url)).headers["etag"] for url in before}
    assert {url for url in before if before[url] != after[url]} == lists
    shown = await public(newsroom, article)
    assert shown["section"]["name"] == "علوم وفضاء"
    assert (shown["updated_at"], shown["revised_at"], shown["version"]) == (at(0), at(0), 2)


async def test_scheduled_articles_reach_clients_that_follow_updated_at(newsroom: Newsroom, hands: Hands) -> None:
    """A client that asks again from the last moment it saw misses nothing, however the article was edited before."""
    edited = await newsroom.published("مؤجل ومعدّل", at=at(60))
    hands.put(1)
    await newsroom.published("آنيّ")
    hands.put(2)
    edited = await newsroom.change(edited, summary="عُدّل قبل ظهوره")
    assert edited["updated_at"] == at(60)
    assert await headlines(newsroom, "?sort=-updated_at") == ["آنيّ"]
    hands.put(61)
    assert await headlines(newsroom, "?sort=-updated_at") == ["مؤجل ومعدّل", "آنيّ"]
    assert await headlines(newsroom, f"?sort=-updated_at&updated_after={at(2)}") == ["مؤجل ومعدّل"]
    hands.put(62)
    await newsroom.change(edited, summary="عُدّل بعد ظهوره")
    assert (await public(newsroom, edited))["updated_at"] == at(62)


async def test_a_correction_is_said_openly_and_makes_its_changes(newsroom: Newsroom, hands: Hands) -> None:
    article = await newsroom.published("سقط ٣ قتلى", kind="analysis")
    hands.put(5)
    content = {"kind": "correction", "note": "ورد أن العدد ثلاثة، والصواب اثنان.", "headline": "سقط قتيلان"}
    answer = await newsroom.desk("POST", f"/articles/{article['id']}/correct", content, if_match='"2"')
    article = answer.json()
    hands.put(6)
    note = {"kind": "clarification", "note": "إيضاح"}
    await newsroom.desk("POST", f"/articles/{article['id']}/correct", note, if_match='"3"')
    shown = await public(newsroom, article)
    assert (shown["headline"], shown["kind"], shown["corrected"]) == ("سقط قتيلان", "analysis", True)
    assert [(one["kind"], one["at"]) for one in shown["corrections"]] == [
        ("correction", at(5)),
        ("clarification", at(6)),
    ]
    assert shown["corrections"][0]["note"] == content["note"]
    assert (shown["updated_at"], shown["revised_at"]) == (at(6), at(6))
    assert (await newsroom.get("/v1/articles")).json()["data"][0]["corrected"] is True


async def test_a_correction_needs_its_kind_and_its_note(newsroom: Newsroom) -> None:
    article = await newsroom.published()
    lacking: list[tuple[dict[str, Any], list[str]]] = [
        ({}, ["/kind", "/note"]),
        ({"kind": "news", "note": "x"}, ["/kind"]),
        ({"kind": "correction", "note": " "}, ["/note"]),
    ]
    for content, pointers in lacking:
        answer = await newsroom.desk("POST", f"/articles/{article['id']}/correct", content, expect=422, if_match='"2"')
        assert [fault["pointer"] for fault in answer.json()["errors"]] == pointers
    assert (await public(newsroom, article))["corrections"] == []


async def test_of_a_paid_article_readers_get_what_comes_before_the_body(newsroom: Newsroom) -> None:
    article = await newsroom.published(
        "مدفوع", access="paid", summary="الملخّص وحده", body="<p>نصّ للمشتركين.</p>", slug="paid"
    )
    for url in (f"/v1/articles/{article['id']}", "/v1/articles?include=body", "/v1/articles/paid?fields=body"):
        answer = await newsroom.get(url)
        shown = answer.json()["data"][0] if "data" in answer.json() else answer.json()
        assert "للمشتركين" not in answer.text
        assert shown["body"]["truncated"] is True
        assert shown["body"]["text"] == "الملخّص وحده"
        assert shown["body"]["blocks"]
    desk = (await newsroom.desk("GET", f"/articles/{article['id']}")).json()
    assert (desk["body"]["text"], desk["body"]["truncated"]) == ("نصّ للمشتركين.", False)
    await newsroom.change(article, access="free")
    assert (await public(newsroom, article))["body"]["truncated"] is False


async def test_comments_close_with_the_articles_age(newsroom: Newsroom, hands: Hands) -> None:
    newsroom.set(comments_close_after_days=7)
    article = await newsroom.published("خبر")
    assert (await public(newsroom, article))["comments"] == {"open": True, "count": 0}
    hands.put(7 * 24 * 60)
    assert (await public(newsroom, article))["comments"]["open"] is False


async def test_of_a_paid_article_readers_see_the_lead_image_only(newsroom: Newsroom) -> None:
    """Neither pictures nor captions: alone, in the log, or found by a caption's words."""
    lead, other = {"url": "https://x.example/lead", "alt": ""}, {"url": "https://x.example/secret", "caption": "سرمديّ"}
    article = await newsroom.published("مدفوع", access="paid", lead_image=lead, media=[other], summary="ملخّص")
    url = f"/v1/articles/{article['id']}"
    for path in (
        url,
        f"{url}?fields=media",
        "/v1/changes?object=full",
        "/v1/articles?include=body",
        "/v1/search?q=مدفوع",
    ):
        text = (await newsroom.get(path)).text
        assert "secret" not in text
        assert "سرمديّ" not in text
    assert (await newsroom.get(url)).json()["lead_image"]["url"] == lead["url"]
    assert (await newsroom.get("/v1/search?q=سرمدي")).json()["data"] == []
    assert len(article["media"]) == 1
    assert len((await newsroom.desk("GET", f"/articles/{article['id']}")).json()["media"]) == 1
    free = await newsroom.change(article, access="free")
    assert (await newsroom.get(url)).json()["media"][0]["url"] == other["url"] == free["media"][0]["url"]

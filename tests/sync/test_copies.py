"""`/v1/changes` for those who keep copies: `from=now`, `updated_after`, `fields`, and large pages."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta
from typing import Any

import pytest

from app.kit import clock
from app.present import changes
from tests.newsroom import Newsroom, beside, opened
from tests.sync.mirror import Mirror, delivered
from tests.sync.test_histories import History
from tests.sync.test_log import far, far_url

__all__ = ["far", "far_url"]  # fixtures
OPEN: dict[str, Any] = {"comments": "open", "comments_rate": (), "comments_require_email": False}


async def faults(newsroom: Newsroom, query: str) -> list[tuple[str, str, dict[str, Any]]]:
    answer = await newsroom.get(f"/v1/changes?{query}", 400)
    found = [(one["parameter"], one["code"], one["params"]) for one in answer.json()["errors"]]
    return sorted(found, key=lambda fault: fault[0])


# --- from=now ---------------------------------------------------------------------------------------------------------


async def test_from_now_is_an_empty_page_that_only_later_changes_follow(newsroom: Newsroom) -> None:
    await newsroom.published("قبل")
    page = await newsroom.get("/v1/changes?from=now&type=article&object=full")
    assert page.json() | {"since": ""} == {"data": [], "since": "", "more": False}
    assert page.headers["cache-control"] == "no-cache", "a cached one would begin in the past"
    later = await newsroom.published("بعد")
    follow = f"/v1/changes?type=article&since={page.json()['since']}"
    assert [one["id"] for one in (await newsroom.get(follow)).json()["data"]] == [later["id"]]
    await newsroom.act(later, "unpublish")
    assert [one["tombstone"] for one in (await newsroom.get(follow)).json()["data"]] == [True]
    await newsroom.get(f"/v1/changes?type=article,comment&since={page.json()['since']}", 410)


async def test_from_now_of_an_empty_log_begins_with_its_first_change(newsroom: Newsroom) -> None:
    since = (await newsroom.get("/v1/changes?from=now")).json()["since"]
    await newsroom.published()
    assert [one["type"] for one in (await newsroom.get(f"/v1/changes?since={since}")).json()["data"]] == [
        "article.published",
        "section.changed",
    ]


async def test_whoever_begins_now_while_many_write_is_told_all_that_comes_and_nothing_that_was(
    newsroom: Newsroom,
) -> None:
    """A change is committed before it is acknowledged: what was acknowledged before a client asked is not told, what
    was begun after it had its answer is."""
    await newsroom.published("خبر")
    acknowledged: list[str] = []
    begun: list[str] = []

    async def write(number: int) -> None:
        pick = random.Random(number)
        for step in range(8):
            await asyncio.sleep(pick.random() / 100)
            mark = f"{number}-{step}"
            begun.append(mark)
            content = {"headline": mark, "body": "<p>متن.</p>", "section": "علوم"}
            made = (await newsroom.desk("POST", "/articles", content)).json()
            await newsroom.desk("POST", f"/articles/{made['id']}/publish", {})
            acknowledged.append(mark)

    async def begin(delay: float) -> tuple[str, set[str], set[str]]:
        await asyncio.sleep(delay)
        before = set(acknowledged)
        since = (await newsroom.get("/v1/changes?from=now")).json()["since"]
        return since, before, set(begun)

    writers = [asyncio.create_task(write(number)) for number in range(6)]
    starts = await asyncio.gather(*(begin(number / 40) for number in range(12)))
    await asyncio.gather(*writers)
    assert len(acknowledged) == 48
    for since, before, known in starts:
        mirror = Mirror(newsroom, limit=100)
        mirror.since = since
        told = {one["object"]["headline"] for one in await mirror.follow() if one["type"] == "article.published"}
        assert not told & before, "told, although it was there before"
        assert set(begun) - known <= told, "not told, although it came later"


async def test_a_host_whose_clock_is_behind_begins_before_what_it_does_not_show(far: Newsroom) -> None:
    """The article is not visible there yet: so it must be told when it is."""
    article = await far.published()
    async with beside(far) as late:
        with clock.machine_shifted(-timedelta(seconds=3)):
            since = (await late.get("/v1/changes?from=now")).json()["since"]
            assert (await late.get("/v1/articles")).json()["data"] == []
        told = (await late.get(f"/v1/changes?since={since}")).json()["data"]
        assert article["id"] in {one["id"] for one in told}


async def test_from_stands_alone(newsroom: Newsroom) -> None:
    both = {"parameter": "since, updated_after"}
    query = "from=now&since=x&updated_after=2026-01-01T00:00:00Z"
    assert await faults(newsroom, query) == [("from", "not_together", both)]
    assert await faults(newsroom, "from=now&since=") == [("from", "not_together", {"parameter": "since"})]
    assert await faults(newsroom, "from=then") == [("from", "not_a_choice", {"expected": "now"})]
    assert (await faults(newsroom, "form=now"))[0][:2] == ("form", "unknown_parameter")
    assert (await faults(newsroom, "from_=now"))[0][:2] == ("from_", "unknown_parameter")


# --- updated_after ----------------------------------------------------------------------------------------------------


def changed_since(mirror: Mirror, moment: str) -> dict[tuple[str, str], dict[str, Any]]:
    """What of a copy was last changed at this time or later."""
    last = {(one["resource"], one["id"]): one["at"] for one in mirror.entries}
    return {thing: value for thing, value in mirror.things.items() if last[thing] >= moment}


@pytest.mark.parametrize("seed", range(2))
async def test_a_bounded_copy_and_a_whole_one_agree_on_what_changed_after_the_bound(
    database_url: str, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "SEARCHED", 23)  # pages that find nothing
    async with opened(database_url, **OPEN) as newsroom:
        history = History(newsroom, seed)
        await history.begin(has_pictures=False)
        start, before = clock.now(), Mirror(newsroom, limit=100)
        bound = start + timedelta(minutes=100)
        for step in range(70):
            with clock.frozen(start + timedelta(minutes=2 * step)):
                await history.step()
                await newsroom.app.state.background.run_due()
                if step == 49:
                    await before.follow()  # a copy as it was at the bound
        moment, query = clock.written(bound), f"&updated_after={clock.written(bound)}"
        whole, part = Mirror(newsroom), Mirror(newsroom, query, limit=3)
        renewed = Mirror(newsroom, query)
        renewed.things = dict(before.things)
        mirrors = (whole, part, renewed)
        with clock.frozen(start + timedelta(minutes=140)):
            for mirror in mirrors:
                await mirror.follow()
            expected = changed_since(whole, moment)
            assert 0 < len(expected) < len(whole.things)
            assert part.things == expected
            assert any(one["tombstone"] and one["at"] < moment for one in part.entries), "tombstones always"
            assert not [one for one in part.entries if one["at"] < moment and not one["tombstone"]]
            assert renewed.shown() == whole.shown() == await delivered(newsroom)
        for step in range(71, 90):
            with clock.frozen(start + timedelta(minutes=2 * step)):
                await history.step()
                await newsroom.app.state.background.run_due()
        with clock.frozen(start + timedelta(minutes=180)):
            await newsroom.app.state.background.run_due()
            for mirror in mirrors:
                await mirror.follow()
            assert part.things == changed_since(whole, moment)
            assert renewed.shown() == whole.shown() == await delivered(newsroom)


async def test_what_changed_at_the_bound_itself_is_in_the_copy(newsroom: Newsroom) -> None:
    moments = [clock.now() + timedelta(hours=1, milliseconds=number) for number in range(3)]
    articles = []
    for moment in moments:
        with clock.frozen(moment):
            articles.append(await newsroom.published())
    with clock.frozen(moments[-1] + timedelta(hours=1)):
        query = f"/v1/changes?type=article&updated_after={clock.written(moments[1])}"
        assert [one["id"] for one in (await newsroom.get(query)).json()["data"]] == [one["id"] for one in articles[1:]]


async def test_the_bound_lasts_for_the_first_copy_only(newsroom: Newsroom) -> None:
    start = clock.now()
    old = await newsroom.published("قديم")
    with clock.frozen(start + timedelta(hours=2)):
        new = await newsroom.published("جديد")
    with clock.frozen(start + timedelta(hours=3)):
        bound = clock.written(start + timedelta(hours=1))
        query = f"/v1/changes?type=article&limit=1&updated_after={bound}"
        page = (await newsroom.get(query)).json()
        assert [one["id"] for one in page["data"]] == [new["id"]]
        await newsroom.change(old, headline="قديم عُدّل")
        page = (await newsroom.get(f"{query}&since={page['since']}")).json()
        assert [one["id"] for one in page["data"]] == [old["id"]]
        assert page["since"].count(".") == 2, "the bound is forgotten"
        other = query.replace(bound, "2030-01-01T00:00:00Z")
        assert (await newsroom.get(f"{other}&since={page['since']}")).json()["data"] == []
        far_off = (await newsroom.get("/v1/changes?updated_after=2030-01-01T00:00:00Z")).json()
        assert far_off["data"] == []
        await newsroom.change(new, headline="جديد عُدّل")
        assert (await newsroom.get(f"/v1/changes?since={far_off['since']}")).json()["data"][0]["id"] == new["id"]


async def test_the_bound_is_in_the_token_and_another_one_does_not_go_on(newsroom: Newsroom) -> None:
    for number in range(5):
        await newsroom.published(f"خبر {number}")
    bound, other = "1850-06-01T00:00:00%2B03:00", "2020-01-01T00:00:00Z"  # archives are older than 1970
    page = (await newsroom.get(f"/v1/changes?limit=2&updated_after={bound}")).json()
    since = page["since"]
    assert page["more"]
    assert since.count(".") == 4
    with_bound, without = [
        (await newsroom.get(f"/v1/changes?limit=2&since={since}{more}")).json()
        for more in (f"&updated_after={bound}", "")
    ]
    assert with_bound == without
    await newsroom.get(f"/v1/changes?since={since}&updated_after={other}", 410)
    plain = (await newsroom.get("/v1/changes?limit=2")).json()["since"]
    await newsroom.get(f"/v1/changes?since={plain}&updated_after={other}", 410)
    for wrong in (f"{since}0000000000", f"{since}.1", since.rpartition(".")[0] + ".zz", since.rpartition(".")[0] + "."):
        await newsroom.get("/v1/changes", 410, params={"since": wrong})
    latest = since.rpartition(".")[0] + ".ffffffffffff"
    assert (await newsroom.get("/v1/changes", params={"since": latest})).json()["data"] == []
    earliest = since.rpartition(".")[0] + ".0"
    assert (await newsroom.get("/v1/changes", params={"since": earliest})).json()["data"]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ("", "date_invalid"),
        ("now", "date_invalid"),
        ("2026-01-01", "offset_required"),
        ("1764300000", "date_invalid"),
        ("2026-01-01T00:00:00", "offset_required"),
        ("2026-01-01T00:00:00+03:00", "plus_not_encoded"),
        ("9999-01-01T00:00:00Z", "date_invalid"),
        ("٢٠٢٦-٠١-٠١T00:00:00Z", "date_invalid"),
    ],
)
async def test_a_bound_that_is_no_time_is_refused(newsroom: Newsroom, wrong: str, code: str) -> None:
    found = await faults(newsroom, f"updated_after={wrong}")
    as_in_lists = await newsroom.get(f"/v1/articles?updated_after={wrong}", 400)
    assert [(name, fault) for name, fault, _ in found] == [("updated_after", code)]
    assert [one["code"] for one in as_in_lists.json()["errors"]] == [code]


async def test_a_filter_and_a_bound_tell_what_has_left(newsroom: Newsroom) -> None:
    start = clock.now()
    await newsroom.section("علوم")
    await newsroom.section("طب")
    left, stays = await newsroom.published("يرحل", section="علوم"), await newsroom.published("يبقى", section="علوم")
    gone = await newsroom.published("يزول", section="علوم")
    await newsroom.act(gone, "unpublish")
    with clock.frozen(start + timedelta(hours=2)):
        await newsroom.change(left, section="طب")
        bound = clock.written(start + timedelta(hours=1))
        entries = (await newsroom.get(f"/v1/changes?section=علوم&type=article&updated_after={bound}")).json()["data"]
    assert [(one["id"], one["reason"]) for one in entries] == [(gone["id"], "unpublished"), (left["id"], "filtered")]
    assert stays["id"] not in {one["id"] for one in entries}


FILED: dict[str, tuple[Any, Any]] = {
    "section": ("علوم", "طب"),
    "language": ("ar", "fr"),
    "subject": ("04000000", "13000000"),
}


def filed(**under: str) -> dict[str, Any]:
    """The fields of an article that is filed so."""
    subject = under.pop("subject", None)
    named = [{"scheme": "medtop", "code": subject, "name": "موضوع"}] if subject else []
    return {**under, **({"subjects": named} if subject else {})}


@pytest.mark.parametrize("is_public", [False, True])
@pytest.mark.parametrize("filter", FILED)
async def test_a_kill_reaches_whoever_had_it_wherever_it_has_been_filed_since(
    newsroom: Newsroom, filter: str, is_public: bool
) -> None:
    """Until the kill it said that it may come back, or that it is no concern of theirs."""
    await newsroom.section("علوم")
    await newsroom.section("طب")
    before, after = FILED[filter]
    article = await newsroom.published(**{"section": "علوم", **filed(**{filter: before})})
    mirror = Mirror(newsroom, f"&{filter}={before}&type=article")
    await mirror.follow()
    if not is_public:
        article = await newsroom.act(article, "unpublish")
        assert [one["reason"] for one in await mirror.follow()] == ["unpublished"]
    article = await newsroom.change(article, **filed(**{filter: after}))
    assert [one["reason"] for one in await mirror.follow()] == (["filtered"] if is_public else [])
    await newsroom.act(article, "withdraw", {"reason": "حكم محكمة", "cause": "legal", "mandatory": True})
    assert [(one["id"], one["withdrawn_reason"]) for one in await mirror.follow()] == [(article["id"], "حكم محكمة")]


# --- fields -----------------------------------------------------------------------------------------------------------


async def test_fields_are_those_of_every_kind_that_has_them(database_url: str) -> None:
    async with opened(database_url, **OPEN) as newsroom:
        await newsroom.author("ليلى")
        await newsroom.published("خبر", authors=["ليلى"], tags=[])
        whole = (await newsroom.get("/v1/changes?object=full")).json()
        answer = await newsroom.get("/v1/changes?object=full&fields=headline,name,section.name,body.text")
        assert answer.headers["content-type"] == "application/json; partial=true"
        objects = {one["resource"]: one["object"] for one in answer.json()["data"]}
        full = {one["resource"]: one["object"] for one in whole["data"]}
        article = full["article"]
        assert objects["article"] == {
            "id": article["id"],
            "headline": article["headline"],
            "section": {"id": article["section"]["id"], "name": "علوم"},
            "body": {"text": article["body"]["text"]},
        }
        assert objects["author"] == {"id": full["author"]["id"], "name": "ليلى"}
        assert answer.json() | {"data": []} == whole | {"data": []}, "the token is the same"


@pytest.mark.parametrize("detail", ["summary", "full"])
async def test_any_field_alone_is_as_in_the_whole(newsroom: Newsroom, detail: str) -> None:
    article = await newsroom.published("خبر", summary="موجز")
    note = {"kind": "correction", "note": "صُحّح"}
    await newsroom.desk("POST", f"/articles/{article['id']}/correct", note, if_match='"2"')
    url = f"/v1/changes?type=article&object={detail}"
    (whole,) = [one["object"] for one in (await newsroom.get(url)).json()["data"][-1:]]
    for name, value in whole.items():
        (part,) = [one["object"] for one in (await newsroom.get(f"{url}&fields={name}")).json()["data"][-1:]]
        assert part == {"id": whole["id"], name: value}


async def test_fields_that_are_not_there_are_named(newsroom: Newsroom) -> None:
    assert await faults(newsroom, "fields=headlin,section.nam,zzz") == [
        ("fields", "unknown_name", {"value": "headlin", "nearest": "headline"}),
        ("fields", "unknown_name", {"value": "section.nam", "nearest": "section.name"}),
        ("fields", "unknown_name", {"value": "zzz"}),
    ]
    needs = {"value": "body.html", "parameter": "object=full"}
    assert await faults(newsroom, "type=article&fields=body.html") == [("fields", "needs_parameter", needs)]
    assert (await newsroom.get("/v1/changes?fields=body.html")).json()["data"] == [], "entries have a body"
    assert await faults(newsroom, "type=article&object=full&fields=items") == [
        ("fields", "unknown_name", {"value": "items"})
    ]
    none = {"value": "fields", "parameter": "object=summary"}
    assert await faults(newsroom, "object=none&fields=headline") == [("fields", "needs_parameter", none)]
    assert await faults(newsroom, "fields=,") == [("fields", "required", {})]
    many = ",".join(["id"] * 101)
    assert await faults(newsroom, f"fields={many}") == [("fields", "too_many", {"max": 100})]
    assert (await faults(newsroom, f"fields={'a' * 4001}"))[0][1] == "too_long"
    await newsroom.get("/v1/stream?fields=headline", 400)


# --- large pages ------------------------------------------------------------------------------------------------------


async def test_pages_are_as_large_as_their_objects_allow(newsroom: Newsroom) -> None:
    for detail, most in (("none", 500), ("summary", 500), ("full", 100)):
        await newsroom.get(f"/v1/changes?object={detail}&limit={most}")
        refused = [("limit", "too_large", {"max": most})]
        assert await faults(newsroom, f"object={detail}&limit={most + 1}") == refused
        assert await faults(newsroom, f"limit=9999&object={detail}") == refused
    assert await faults(newsroom, "limit=0") == [("limit", "too_small", {"min": 1})]
    assert await faults(newsroom, "limit=5.0") == [("limit", "wrong_type", {"expected": "integer"})]
    assert (await faults(newsroom, "limit=501&object=x"))[0] == ("limit", "too_large", {"max": 500})


async def test_a_page_of_500_holds_500(newsroom: Newsroom) -> None:
    start = clock.now()
    await newsroom.fill([start - timedelta(minutes=number + 1) for number in range(503)])
    for _ in range(3):
        await newsroom.app.state.background.run_due()
    page = (await newsroom.get("/v1/changes?type=article&limit=500&object=none")).json()
    assert (len(page["data"]), page["more"]) == (500, True)
    rest = (await newsroom.get(f"/v1/changes?type=article&limit=500&object=none&since={page['since']}")).json()
    assert (len(rest["data"]), rest["more"]) == (3, False)

"""The newsroom's verbs: which state and which role allows what."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from app.articles import actions
from tests.newsroom import Newsroom

pytestmark = pytest.mark.anyio

STATES = ("draft", "in_review", "scheduled", "published", "withdrawn")
# verb -> state -> the state it leads to. What is not here is 409.
LEADS: dict[str, dict[str, str | None]] = {
    "update": {state: state for state in STATES[:4]},
    "restore": {state: state for state in STATES[:4]},
    "live": {state: state for state in STATES[:4]},
    "submit": {"draft": "in_review"},
    "return": {"in_review": "draft"},
    "publish": {"draft": "published", "in_review": "published", "scheduled": "published"},
    "unpublish": {"scheduled": "draft", "published": "draft"},
    "correct": {"published": "published"},
    "withdraw": {"published": "withdrawn"},
    "kill": {"published": "withdrawn", "withdrawn": "withdrawn"},  # the others, once they were public: in tests/media
    "reinstate": {"withdrawn": "draft"},
    "delete": {"draft": None, "in_review": None},
}
BODIES: dict[str, dict[str, Any]] = {
    "update": {"summary": "ملخّص آخر"},
    "live": {"started_at": "2026-11-28T18:00:00Z"},
    "return": {"note": "ينقصه مصدر ثانٍ"},
    "correct": {"kind": "correction", "note": "صُحّح الاسم"},
    "withdraw": {"reason": "نُشر قبل التحقّق"},
    "kill": {"reason": "حكم محكمة", "mandatory": True},
    "restore": {"revision": 1},
}
REPORTERS_OWN = {"update", "restore", "submit", "delete"}


async def attempt(newsroom: Newsroom, article: dict[str, Any], verb: str, by: str) -> httpx.Response:
    method, path = {"update": ("PATCH", ""), "delete": ("DELETE", "")}.get(
        verb, ("POST", f"/{verb.replace('kill', 'withdraw')}")
    )
    headers = {"Authorization": f"Bearer {newsroom.tokens[by]}", "If-Match": f'"{article["version"]}"'}
    content = None if verb == "delete" else BODIES.get(verb, {})
    url = f"/v1/desk/articles/{article['id']}{path}"
    return await newsroom.client.request(method, url, json=content, headers=headers)


async def check(newsroom: Newsroom, article: dict[str, Any], verb: str, by: str, expected: int) -> bool:
    """Tries `verb`; returns whether the article has changed."""
    state, answer = article["status"], await attempt(newsroom, article, verb, by)
    assert answer.status_code == expected, f"{by}: {verb} of {state}: {answer.status_code} {answer.text}"
    if expected == 409:
        assert answer.json()["type"] == "/problems/state-conflict"
        assert answer.json()["state"] == state
    if expected == 200:
        assert answer.json()["status"] == LEADS[verb][state]
        assert answer.headers["etag"] == f'"{answer.json()["version"]}"'
    return answer.is_success


def allowed_by_table(verb: str, state: str) -> int:
    if state not in LEADS[verb]:
        return 409
    return 204 if verb == "delete" else 200


@pytest.mark.parametrize("role", ["editor", "admin"])
async def test_editors_may_do_what_the_state_allows(newsroom: Newsroom, role: str) -> None:
    await newsroom.section()
    if role != "admin":
        await newsroom.hire(role)
    for state in STATES:
        article = await newsroom.in_state(state, kind="live")
        for verb in LEADS:
            if await check(newsroom, article, verb, role, allowed_by_table(verb, state)):
                article = await newsroom.in_state(state, kind="live")


async def test_reporters_write_their_own_until_it_is_scheduled_or_published(newsroom: Newsroom) -> None:
    await newsroom.section()
    await newsroom.hire("reporter")
    for state in STATES:
        article = await newsroom.in_state(state, by="reporter", kind="live")
        for verb in LEADS:
            expected = 403
            if verb in REPORTERS_OWN and state in {"draft", "in_review"}:
                expected = allowed_by_table(verb, state)
            if await check(newsroom, article, verb, "reporter", expected):
                article = await newsroom.in_state(state, by="reporter", kind="live")


async def test_to_a_reporter_the_articles_of_others_are_not_there(newsroom: Newsroom) -> None:
    await newsroom.section()
    await newsroom.hire("reporter")
    for state in STATES:
        article = await newsroom.in_state(state, kind="live")
        for verb in LEADS:
            await check(newsroom, article, verb, "reporter", 404 if verb in REPORTERS_OWN else 403)
        for path in ("", "/revisions", "/revisions/1", "/revisions/1/diff?with=1"):
            await newsroom.desk("GET", f"/articles/{article['id']}{path}", by="reporter", expect=404)
    assert (await newsroom.desk("GET", "/articles?count=true", by="reporter")).json()["page"]["total"] == 0


async def test_moderators_do_not_write(newsroom: Newsroom) -> None:
    await newsroom.section()
    await newsroom.hire("moderator")
    article = await newsroom.in_state("draft")
    for verb in LEADS:
        await check(newsroom, article, verb, "moderator", 403)
    await newsroom.desk("GET", f"/articles/{article['id']}", by="moderator", expect=403)


def test_the_table_in_the_documentation_is_the_table_in_the_code() -> None:
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in (actions.__doc__ or "").splitlines()
        if line.startswith("|")
    ]
    states = rows[0][1:]
    documented = {
        verb: {state for state, cell in zip(states, row[1:], strict=True) if cell}
        for row in rows[2:]
        for verb in re.split(r", ", row[0].replace("edit", "update"))
    }
    assert documented == actions.ALLOWED
    once_public = {"draft", "in_review", "scheduled"}
    assert {verb: set(leads) for verb, leads in LEADS.items()} == {
        **actions.ALLOWED,
        "kill": actions.ALLOWED["kill"] - once_public,
    }


async def test_publishing_names_everything_that_is_missing_at_once(newsroom: Newsroom) -> None:
    draft = (await newsroom.desk("POST", "/articles", {"headline": "عنوان وحده"})).json()
    answer = await newsroom.desk("POST", f"/articles/{draft['id']}/publish", {}, expect=422)
    faults = [(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]]
    assert faults == [("/body", "required"), ("/section", "required")]
    assert (await newsroom.desk("GET", f"/articles/{draft['id']}")).json()["status"] == "draft"


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [({"body": ""}, "/body"), ({"section": None}, "/section"), ({"headline": " ـ "}, "/headline")],
)
async def test_what_is_public_keeps_what_publication_needs(
    newsroom: Newsroom, fields: dict[str, Any], pointer: str
) -> None:
    article = await newsroom.published()
    answer = await newsroom.desk("PATCH", f"/articles/{article['id']}", fields, expect=422, if_match='"2"')
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]
    assert (await newsroom.get(f"/v1/articles/{article['id']}")).json()["headline"] == article["headline"]


async def test_a_note_travels_back_with_a_returned_text_and_goes_at_publication(newsroom: Newsroom) -> None:
    article = await newsroom.act(await newsroom.draft(), "submit")
    returned = await newsroom.act(article, "return", {"note": "ينقصه مصدر"})
    assert (returned["status"], returned["note"]) == ("draft", "ينقصه مصدر")
    assert (await newsroom.act(returned, "publish"))["note"] is None

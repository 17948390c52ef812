"""Every operation of the desk, one by one: nobody without a token, no role too many, and a row in the audit."""

from __future__ import annotations

import itertools
import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from fastapi.routing import iter_route_contexts
from sqlalchemy import func, select, update

from app.audit.models import AuditEntry
from app.jobs.models import Job
from app.jobs.queue import enqueue
from tests.media.desk import picture
from tests.media.library import undecoded_picture
from tests.newsroom import Newsroom

pytestmark = pytest.mark.anyio

LINK = {"url": "https://example.org/", "headline": "رابط"}
NOBODY = "01936b2e-7c4a-7d31-9f53-6a1c0de4b7a2"
EVERYONE = {"admin", "editor", "reporter", "moderator"}
EDITORS = {"admin", "editor"}
# Operations by name -> who may. The first pattern that matches counts.
MAY: list[tuple[str, set[str]]] = [
    (r"read_me", EVERYONE),
    (r".*(member|token|audit|list_tokens|job).*", {"admin"}),
    (r"(list|read)_desk_(section|tag|author)s?", EVERYONE),
    (r"(put|delete)_(section|tag|author)", EDITORS),
    (r".*ticker.*", EDITORS),
    (r".*front.*", EDITORS),
    (r".*comment.*", {"admin", "editor", "moderator"}),
    (r"set_live_coverage", EDITORS),
    (r".*entr(y|ies).*", {"admin", "editor", "reporter"}),
    (r"withdraw_media", EDITORS),
    (r".*media.*", {"admin", "editor", "reporter"}),
    (r"(return|publish|unpublish|withdraw|reinstate|correct)_article", EDITORS),
    (r".*(article|revision|preview).*", {"admin", "editor", "reporter"}),
]


def operations(newsroom: Newsroom) -> list[tuple[str, str, str]]:
    """(name, method, path) of every operation of the desk."""
    return [
        (str(route.name), method, str(route.path))
        for route in iter_route_contexts(newsroom.app.routes)
        for method in sorted(route.methods or ())
        if str(route.path).startswith("/v1/desk")
    ]


def filled(path: str) -> str:
    return re.sub(r"\{\w+\}", lambda found: "1" if found[0] == "{number}" else NOBODY, path)


async def test_nobody_gets_in_without_a_token(newsroom: Newsroom) -> None:
    found = operations(newsroom)
    assert len(found) > 50
    for name, method, path in found:
        for headers in ({}, {"authorization": "Bearer nsh_" + "0" * 38}):
            content: dict[str, Any] = {} if method in {"GET", "DELETE"} else {"json": {}}
            answer = await newsroom.client.request(method, filled(path), headers=headers, **content)
            assert answer.status_code == 401, name
            assert answer.headers["www-authenticate"].startswith("Bearer ")
            assert answer.headers["content-type"] == "application/problem+json"


async def test_every_role_gets_exactly_as_far_as_it_may(newsroom: Newsroom) -> None:
    for role in EVERYONE - {"admin"}:
        await newsroom.hire(role)
    for name, method, path in operations(newsroom):
        may = next((roles for pattern, roles in MAY if re.fullmatch(pattern, name)), None)
        assert may is not None, f"MAY says nothing of {name}"
        for role in sorted(EVERYONE):
            content: dict[str, Any] = {} if method in {"GET", "DELETE"} else {"json": {}}
            headers = {"authorization": f"Bearer {newsroom.tokens[role]}"}
            answer = await newsroom.client.request(method, filled(path), headers=headers, **content)
            if role in may:
                assert answer.status_code not in {401, 403}, (name, role)
                assert answer.status_code < 500, (name, role)
            else:
                assert answer.status_code == 403, (name, role, answer.text)
                assert 'error="insufficient_scope"' in answer.headers["www-authenticate"]


# --- audit ------------------------------------------------------------------------------------------------------------

Deed = Callable[["Day"], Awaitable[Any]]


class Day:
    """Everything that can be done at the desk, each once, with what it needs."""

    def __init__(self, newsroom: Newsroom) -> None:
        self.newsroom = newsroom
        self.desk = newsroom.desk
        self.colours = itertools.count(1)

    async def article(self, state: str = "draft") -> str:
        return f"/articles/{(await self.newsroom.in_state(state))['id']}"

    async def turn(self, state: str, verb: str, content: Any = None) -> Callable[[], Awaitable[Any]]:
        url = await self.article(state)
        return lambda: self.desk("POST", f"{url}/{verb}", content or {}, if_match="*")

    async def put(self, plural: str, slug: str, **fields: Any) -> None:
        await self.desk("PUT", f"/{plural}/{slug}", {"name": slug, **fields})

    async def item(self) -> str:
        return str((await self.desk("POST", "/tickers/strip/items", {"text": "عاجل"})).json()["id"])

    async def comment(self) -> str:
        article = await self.newsroom.in_state("published")
        content = {"author_name": "سلمى", "author_email": "salma@example.com", "body": "تعليق"}
        answer = await self.newsroom.client.post(f"/v1/articles/{article['id']}/comments", json=content)
        return str(answer.json()["comment"]["id"])

    async def token(self) -> str:
        made = await self.desk("POST", f"/staff/{self.newsroom.members['admin']}/tokens", {})
        return f"/staff/{self.newsroom.members['admin']}/tokens/{made.json()['id']}"

    # Each makes ready what is needed, and returns the deed itself.

    async def create_article(self) -> Any:
        return lambda: self.desk("POST", "/articles", {"headline": "خبر"})

    async def update_article(self) -> Any:
        url = await self.article()
        return lambda: self.desk("PATCH", url, {"summary": "غيره"}, if_match="*")

    async def delete_article(self) -> Any:
        url = await self.article()
        return lambda: self.desk("DELETE", url, if_match="*")

    async def submit_article(self) -> Any:
        return await self.turn("draft", "submit")

    async def return_article(self) -> Any:
        return await self.turn("in_review", "return", {"note": "ن"})

    async def publish_article(self) -> Any:
        return await self.turn("draft", "publish")

    async def unpublish_article(self) -> Any:
        return await self.turn("published", "unpublish")

    async def withdraw_article(self) -> Any:
        return await self.turn("published", "withdraw", {"reason": "س"})

    async def reinstate_article(self) -> Any:
        return await self.turn("withdrawn", "reinstate")

    async def correct_article(self) -> Any:
        return await self.turn("published", "correct", {"kind": "correction", "note": "ن"})

    async def restore_article(self, path: str = "restore", content: Any = None) -> Any:
        url = await self.article()
        await self.desk("PATCH", url, {"summary": "غيره"}, if_match="*")
        return lambda: self.desk("POST", f"{url}/{path}", content or {"revision": 1}, if_match="*")

    async def restore_revision(self) -> Any:
        url = await self.article()
        await self.desk("PATCH", url, {"summary": "غيره"}, if_match="*")
        return lambda: self.desk("POST", f"{url}/revisions/1/restore", if_match="*")

    async def preview(self) -> str:
        url = f"{await self.article()}/previews"
        return f"{url}/{(await self.desk('POST', url, {})).json()['id']}"

    async def create_preview(self) -> Any:
        url = await self.article()
        return lambda: self.desk("POST", f"{url}/previews", {})

    async def revoke_preview(self) -> Any:
        url = await self.preview()
        return lambda: self.desk("DELETE", url)

    async def entry(self, status: str = "published") -> str:
        article = await self.newsroom.published(kind="live")
        content = {"headline": "نبأ", "status": status}
        made = (await self.desk("POST", f"/articles/{article['id']}/entries", content)).json()
        return f"/articles/{article['id']}/entries/{made['id']}"

    async def set_live_coverage(self) -> Any:
        article = await self.newsroom.published(kind="live")
        moment = {"started_at": "2026-11-28T18:00:00Z"}
        return lambda: self.desk("POST", f"/articles/{article['id']}/live", moment)

    async def create_entry(self) -> Any:
        article = await self.newsroom.published(kind="live")
        return lambda: self.desk("POST", f"/articles/{article['id']}/entries", {"headline": "نبأ"})

    async def update_entry(self) -> Any:
        url = await self.entry()
        return lambda: self.desk("PATCH", url, {"headline": "غيره"}, if_match="*")

    async def delete_entry(self) -> Any:
        url = await self.entry()
        return lambda: self.desk("DELETE", url, if_match="*")

    async def publish_entry(self) -> Any:
        url = await self.entry("draft")
        return lambda: self.desk("POST", f"{url}/publish")

    async def correct_entry(self) -> Any:
        url = await self.entry()
        return lambda: self.desk("POST", f"{url}/correct", {"note": "ن"}, if_match="*")

    async def put_section(self) -> Any:
        return lambda: self.put("sections", "قسم")

    async def delete_section(self) -> Any:
        await self.put("sections", "قسم-يحذف")
        return lambda: self.desk("DELETE", "/sections/قسم-يحذف", if_match="*")

    async def put_tag(self) -> Any:
        return lambda: self.put("tags", "وسم")

    async def delete_tag(self) -> Any:
        await self.put("tags", "وسم-يحذف")
        return lambda: self.desk("DELETE", "/tags/وسم-يحذف", if_match="*")

    async def put_author(self) -> Any:
        return lambda: self.put("authors", "كاتب")

    async def delete_author(self) -> Any:
        await self.put("authors", "كاتب-يحذف")
        return lambda: self.desk("DELETE", "/authors/كاتب-يحذف", if_match="*")

    async def put_ticker(self) -> Any:
        return lambda: self.put("tickers", "شريط")

    async def delete_ticker(self) -> Any:
        await self.put("tickers", "شريط-يحذف")
        return lambda: self.desk("DELETE", "/tickers/شريط-يحذف", if_match="*")

    async def create_ticker_item(self) -> Any:
        await self.put("tickers", "شريط-٢")
        return lambda: self.desk("POST", "/tickers/شريط-2/items", {"text": "عاجل"})

    async def update_ticker_item(self) -> Any:
        id = await self.item()
        return lambda: self.desk("PATCH", f"/tickers/strip/items/{id}", {"text": "غيره"}, if_match="*")

    async def delete_ticker_item(self) -> Any:
        id = await self.item()
        return lambda: self.desk("DELETE", f"/tickers/strip/items/{id}", if_match="*")

    async def order_ticker(self) -> Any:
        items = [item["id"] for item in (await self.desk("GET", "/tickers/strip")).json()["items"]]
        first = (await self.desk("POST", "/tickers/strip/items", {"text": "أول"})).json()["id"]
        return lambda: self.desk("PUT", "/tickers/strip/order", {"items": [*items, first]}, if_match="*")

    async def front(self) -> str:
        """A front with a slot, and an item in it."""
        slug = f"front-{next(self.colours)}"
        await self.desk("PUT", f"/fronts/{slug}", {"name": slug, "slots": [{"name": "lead"}]})
        await self.desk("POST", f"/fronts/{slug}/slots/lead/items", LINK)
        return f"/fronts/{slug}"

    async def front_item(self) -> str:
        url = await self.front()
        item = (await self.desk("GET", url)).json()["slots"][0]["items"][0]
        return f"{url}/slots/lead/items/{item['id']}"

    async def front_draft(self) -> str:
        url = await self.front()
        await self.desk("PUT", f"{url}/draft/slots/lead", {"items": [LINK]})
        return f"{url}/draft"

    async def put_front(self) -> Any:
        return lambda: self.put("fronts", "front")

    async def delete_front(self) -> Any:
        url = await self.front()
        return lambda: self.desk("DELETE", url, if_match="*")

    async def put_front_slot(self) -> Any:
        url = await self.front()
        return lambda: self.desk("PUT", f"{url}/slots/lead", {"items": []}, if_match="*")

    async def create_front_item(self) -> Any:
        url = await self.front()
        return lambda: self.desk("POST", f"{url}/slots/lead/items", LINK)

    async def update_front_item(self) -> Any:
        url = await self.front_item()
        return lambda: self.desk("PATCH", url, {"kicker": "غيره"}, if_match="*")

    async def delete_front_item(self) -> Any:
        url = await self.front_item()
        return lambda: self.desk("DELETE", url, if_match="*")

    async def put_front_draft_slot(self) -> Any:
        url = await self.front()
        return lambda: self.desk("PUT", f"{url}/draft/slots/lead", {"items": []})

    async def publish_front_draft(self) -> Any:
        url = await self.front_draft()
        return lambda: self.desk("POST", f"{url}/publish", {})

    async def delete_front_draft(self) -> Any:
        url = await self.front_draft()
        return lambda: self.desk("DELETE", url, if_match="*")

    async def restore_front(self) -> Any:
        url = await self.front()
        state = (await self.desk("GET", f"{url}/history")).json()["data"][0]
        return lambda: self.desk("POST", f"{url}/restore", {"state": state["id"]}, if_match="*")

    async def approve_comment(self, verb: str = "approve") -> Any:
        id = await self.comment()
        return lambda: self.desk("POST", f"/comments/{id}/{verb}", {})

    async def reject_comment(self) -> Any:
        return await self.approve_comment("reject")

    async def mark_comment_as_spam(self) -> Any:
        return await self.approve_comment("spam")

    async def redact_comment(self) -> Any:
        return await self.approve_comment("redact")

    async def decide_comments(self) -> Any:
        decision = {"id": await self.comment(), "action": "approve"}
        return lambda: self.desk("POST", "/comments/decisions", {"decisions": [decision]})

    async def retry_job(self) -> Any:
        async with self.newsroom.app.state.database.transaction() as session:
            await enqueue(session, "test.failed", {})
            await session.execute(update(Job).values(state="dead"))
        id = (await self.desk("GET", "/jobs?state=dead")).json()["data"][0]["id"]
        return lambda: self.desk("POST", f"/jobs/{id}/retry")

    async def picture(self) -> str:
        return f"/media/{await undecoded_picture(self.newsroom)}"

    async def send(self, method: str, path: str) -> Any:
        headers = {"Authorization": f"Bearer {self.newsroom.tokens['admin']}", "Content-Type": "image/jpeg"}
        content = picture(64, 48, f"#{next(self.colours):06x}")
        url = f"/v1/desk/media{path}"
        answer = await self.newsroom.client.request(method, url, content=content, headers={**headers, "If-Match": "*"})
        assert answer.is_success, answer.text

    async def upload_media(self) -> Any:
        return lambda: self.send("POST", "")

    async def replace_media_file(self) -> Any:
        path = (await self.picture()).removeprefix("/media")
        return lambda: self.send("PUT", f"{path}/file")

    async def update_media(self) -> Any:
        url = await self.picture()
        return lambda: self.desk("PATCH", url, {"alt": "صورة"}, if_match="*")

    async def delete_media(self) -> Any:
        url = await self.picture()
        return lambda: self.desk("DELETE", url, if_match="*")

    async def withdraw_media(self) -> Any:
        url = await self.picture()
        return lambda: self.desk("POST", f"{url}/withdraw", {"cause": "other", "reason": "س"})

    async def create_member(self) -> Any:
        return lambda: self.desk("POST", "/staff", {"name": "جديد", "roles": ["reporter"]})

    async def update_member(self) -> Any:
        await self.newsroom.hire("reporter", "قديم")
        url = f"/staff/{self.newsroom.members['قديم']}"
        return lambda: self.desk("PATCH", url, {"roles": ["editor"]}, if_match="*")

    async def create_token(self) -> Any:
        return self.token

    async def rotate_token(self) -> Any:
        url = await self.token()
        return lambda: self.desk("POST", f"{url}/rotate")

    async def revoke_token(self) -> Any:
        url = await self.token()
        return lambda: self.desk("DELETE", url)


async def rows(newsroom: Newsroom) -> int:
    async with newsroom.app.state.database.connection() as connection:
        return int((await connection.execute(select(func.count()).select_from(AuditEntry))).scalar_one())


async def test_every_change_at_the_desk_leaves_one_row_in_the_audit(newsroom: Newsroom) -> None:
    newsroom.set(comments_rate=((1000, 60),))
    await newsroom.section()
    day = Day(newsroom)
    await day.put("tickers", "strip")
    changes = {name for name, method, _ in operations(newsroom) if method != "GET"}
    assert changes <= set(dir(day)), changes - set(dir(day))
    for name in sorted(changes):
        deed = await getattr(day, name)()
        before = await rows(newsroom)
        await deed()
        assert await rows(newsroom) == before + 1, name
        entry = (await newsroom.desk("GET", "/audit?limit=1")).json()["data"][0]
        assert entry["member_id"] == newsroom.members["admin"], name
        assert entry["member_name"] == "admin"
        assert entry["token_id"]
        assert re.fullmatch(r"[a-z_]+\.[a-z_]+", entry["action"]), name
        assert entry["resource_id"], name
    assert await rows(newsroom) == (await newsroom.desk("GET", "/audit?count=true")).json()["page"]["total"]


async def test_what_was_refused_leaves_no_row(newsroom: Newsroom) -> None:
    article = await newsroom.published()
    before = await rows(newsroom)
    await newsroom.desk("DELETE", f"/articles/{article['id']}", if_match="*", expect=409)
    await newsroom.desk("PATCH", f"/articles/{article['id']}", {"summary": "x"}, if_match='"9"', expect=412)
    await newsroom.desk("PATCH", f"/articles/{article['id']}", {"body": ""}, if_match="*", expect=422)
    await newsroom.desk("DELETE", "/sections/علوم", if_match="*", expect=409)
    assert await rows(newsroom) == before


async def test_the_audit_is_narrowed_by_member_action_and_thing(newsroom: Newsroom) -> None:
    await newsroom.hire("editor", "سلمى")
    article = await newsroom.act(await newsroom.draft(), "publish", by="سلمى")
    await newsroom.draft("غيره")

    async def found(query: str) -> list[str]:
        return [row["action"] for row in (await newsroom.desk("GET", f"/audit?{query}")).json()["data"]]

    assert await found(f"member={newsroom.members['سلمى']}") == ["article.publish"]
    assert await found("action=article.create") == ["article.create"] * 2
    assert await found(f"resource_id={article['id']}") == ["article.publish", "article.create"]
    assert await found("action=article.fly") == []
    await newsroom.desk("GET", "/audit?member=x", expect=400)
    await newsroom.desk("GET", "/audit?action=DROP%20TABLE", expect=400)
    for method in ("POST", "PATCH", "DELETE", "PUT"):
        await newsroom.desk(method, "/audit", {}, expect=405)

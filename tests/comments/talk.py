"""A conversation under one article, through the whole application."""

from __future__ import annotations

from itertools import count
from typing import Any

import httpx
from sqlalchemy import func, select

from app.comments.models import Comment, CommentPrivate
from tests.newsroom import Newsroom

NAME, EMAIL = "سلمى الخطيب", "salma@example.com"
_number = count(1)


class Talk:
    """Readers write here; `mode` is the article's own."""

    def __init__(self, newsroom: Newsroom, article: dict[str, Any]) -> None:
        self.newsroom, self.article = newsroom, article
        self.url = f"/v1/articles/{article['id']}/comments"

    async def send(
        self, body: str | None = None, *, expect: int | None = 202, headers: dict[str, str] | None = None, **fields: Any
    ) -> httpx.Response:
        """A comment with everything that is mandatory; `None` leaves a field out."""
        content = {"author_name": NAME, "author_email": EMAIL, "body": body or f"تعليق رقم {next(_number)}", **fields}
        sent = {name: value for name, value in content.items() if value is not None}
        answer = await self.newsroom.client.post(self.url, json=sent, headers=headers)
        assert expect is None or answer.status_code == expect, answer.text
        return answer

    async def held(self, body: str | None = None, **fields: Any) -> dict[str, Any]:
        """A comment that waits, with `edit_token`."""
        made = (await self.send(body, **fields)).json()
        return {**made["comment"], "edit_token": made["edit_token"]}

    async def said(self, body: str | None = None, **fields: Any) -> dict[str, Any]:
        """A comment that was approved."""
        comment = await self.held(body, **fields)
        await self.decide(comment, "approve")
        return comment

    async def decide(self, comment: dict[str, Any], verb: str, expect: int = 200) -> dict[str, Any]:
        answer = await self.newsroom.desk("POST", f"/comments/{comment['id']}/{verb}", expect=expect)
        return dict(answer.json())

    async def page(self, **query: Any) -> dict[str, Any]:
        return dict((await self.newsroom.get(self.url, params=query)).json())

    async def every(self, **query: Any) -> list[dict[str, Any]]:
        """All threads, page by page."""
        found, cursor = [], None
        while True:
            page = await self.page(**query, **({"cursor": cursor} if cursor else {}))
            found += page["data"]
            cursor = page["page"]["next"]
            if cursor is None:
                return found

    async def count(self) -> int:
        article = (await self.newsroom.get(f"/v1/articles/{self.article['id']}")).json()
        return int(article["comments"]["count"])

    async def own(
        self, method: str, comment: dict[str, Any], json: Any = None, *, expect: int, **headers: str
    ) -> httpx.Response:
        """What the author of a comment gets with the edit token."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        sent.setdefault("authorization", f"Bearer {comment['edit_token']}")
        content = {} if json is None else {"json": json}
        url = f"/v1/comments/{comment['id']}"
        answer = await self.newsroom.client.request(method, url, headers=sent, **content)
        assert answer.status_code == expect, answer.text
        return answer

    async def rows(self) -> list[Any]:
        """What is stored of this conversation."""
        async with self.newsroom.app.state.database.connection() as connection:
            where = Comment.article_id == self.article["id"]
            return list((await connection.execute(select(Comment.__table__).where(where))).all())

    async def private(self, comment: dict[str, Any]) -> Any:
        async with self.newsroom.app.state.database.connection() as connection:
            statement = select(CommentPrivate.__table__).where(CommentPrivate.comment_id == comment["id"])
            return (await connection.execute(statement)).one_or_none()

    async def stored(self) -> int:
        async with self.newsroom.app.state.database.connection() as connection:
            return int((await connection.execute(select(func.count()).select_from(Comment))).scalar_one())


async def talk_in(newsroom: Newsroom, mode: str | None = None) -> Talk:
    """A conversation under a new published article."""
    fields = {"comments_mode": mode} if mode else {}
    return Talk(newsroom, await newsroom.published(f"خبر رقم {next(_number)}", **fields))

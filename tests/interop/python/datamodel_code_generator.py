"""The models of datamodel-code-generator: what the server answers is read with them, and what they write is sent."""

from __future__ import annotations

import os

import httpx
from checks import FAULTS, FAULTY, only_changed
from nashra_models import (
    Article,
    ArticleChange,
    ArticleList,
    ArticleUpdate,
    AuthorChange,
    ChangeList,
    CommentChange,
    CommentCreate,
    CommentCreated,
    CommentForm,
    DeskArticle,
    EntryChange,
    FrontChange,
    Member,
    MemberList,
    MemberUpdate,
    Problem,
    SectionChange,
    TagChange,
    TickerChange,
)
from pydantic import BaseModel

RESOURCES: dict[type, str] = {
    ArticleChange: "article",
    AuthorChange: "author",
    CommentChange: "comment",
    EntryChange: "entry",
    FrontChange: "front",
    SectionChange: "section",
    TagChange: "tag",
    TickerChange: "ticker",
}

client = httpx.Client(base_url=os.environ["ADDRESS"], headers={"Authorization": f"Bearer {os.environ['TOKEN']}"})


def read(path: str, **query: str | int) -> str:
    return client.get(path, params=query).raise_for_status().text


def send(method: str, path: str, body: BaseModel, **headers: str) -> str:
    content = body.model_dump_json(exclude_unset=True)
    return client.request(method, path, content=content, headers={"Content-Type": "application/json", **headers}).text


def readers() -> None:
    first = ArticleList.model_validate_json(read("/v1/articles", limit=10)).data[0]
    assert Article.model_validate_json(read(f"/v1/articles/{first.slug}")).id == first.id
    comments = f"/v1/articles/{first.id}/comments"
    assert CommentForm.model_validate_json(read(f"{comments}/form")).open
    problem = Problem.model_validate_json(client.post(comments, json=FAULTY).text)
    assert [(fault.pointer, fault.code) for fault in problem.errors or []] == FAULTS
    comment = CommentCreate(author_name="نور", author_email="nour@example.org", body="هل من جديد؟")
    assert CommentCreated.model_validate_json(send("POST", comments, comment)).status == "pending"


def copies() -> str:
    found, since, more = set[str](), dict[str, str](), True
    while more:
        page = ChangeList.model_validate_json(read("/v1/changes", limit=100, object="full", **since))
        assert all(RESOURCES[type(change)] == change.resource for change in page.data)
        found |= {change.resource for change in page.data}
        since, more = {"since": page.since}, page.more
    assert sorted(found) == sorted(RESOURCES.values())
    return since["since"]


def staff(since: str) -> None:
    id = ArticleList.model_validate_json(read("/v1/articles")).data[0].id
    path = f"/v1/desk/articles/{id}"
    before = DeskArticle.model_validate_json(read(path))
    with client.stream("GET", "/v1/stream", params={"since": since}) as stream:
        sent = send("PATCH", path, ArticleUpdate(summary="pydantic"), **{"If-Match": f'"{before.version}"'})
        only_changed("summary", before.model_dump(), DeskArticle.model_validate_json(sent).model_dump())
        told = next(line for line in stream.iter_lines() if line.startswith("data: ") and "resource" in line)
    assert ArticleChange.model_validate_json(told.removeprefix("data: ")).id == id
    member = MemberList.model_validate_json(read("/v1/desk/staff")).data[0]
    sent = send("PATCH", f"/v1/desk/staff/{member.id}", MemberUpdate(name="نور"), **{"If-Match": "*"})
    only_changed("name", member.model_dump(), Member.model_validate_json(sent).model_dump())


if __name__ == "__main__":
    readers()
    staff(copies())

"""openapi-python-client, used as docs/api/clients.md shows it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator

import httpx
from checks import FAULTS, FAULTY, only_changed
from nashra_client import AuthenticatedClient
from nashra_client.api.articles import list_articles, read_article
from nashra_client.api.comments import create_comment, read_comment_form
from nashra_client.api.desk_articles import read_desk_article, update_article
from nashra_client.api.desk_people import list_members, update_member
from nashra_client.api.sync import list_changes
from nashra_client.models import (
    Article,
    ArticleChange,
    ArticleList,
    ArticleSummary,
    ArticleUpdate,
    AuthorChange,
    ChangeList,
    CommentChange,
    CommentCreate,
    CommentForm,
    DeskArticle,
    EntryChange,
    Fault,
    FrontChange,
    MediaChange,
    Member,
    MemberList,
    MemberUpdate,
    OtherChange,
    Problem,
    SectionChange,
    TagChange,
    TickerChange,
)
from nashra_client.types import UNSET, Unset

Change = (
    ArticleChange
    | AuthorChange
    | CommentChange
    | EntryChange
    | FrontChange
    | MediaChange
    | OtherChange
    | SectionChange
    | TagChange
    | TickerChange
)

ADDRESS = os.environ.get("ADDRESS", "http://localhost:8000")
client = AuthenticatedClient(base_url=ADDRESS, token=os.environ["TOKEN"], follow_redirects=True)


def newest() -> list[ArticleSummary]:
    answer = list_articles.sync(client=client, limit=10)
    assert isinstance(answer, ArticleList)  # else it is a Problem
    return answer.data  # the next page: cursor=answer.page.next


def article(slug: str) -> Article | None:
    answer = read_article.sync(slug, client=client)
    return answer if isinstance(answer, Article) else None  # 404, or 410: it was withdrawn


def comment(slug: str, body: CommentCreate) -> list[Fault]:
    answer = create_comment.sync(slug, client=client, body=body)
    faults = answer.errors if isinstance(answer, Problem) else []
    return [] if isinstance(faults, Unset) else faults  # pointer is "/author_email", message is for people


def update(id: str, body: ArticleUpdate) -> DeskArticle:
    found = read_desk_article.sync(id, client=client)
    assert isinstance(found, DeskArticle)
    answer = update_article.sync(id, client=client, body=body, if_match=f'"{found.version}"')
    assert isinstance(answer, DeskArticle)  # 412: somebody else was faster
    return answer


def sync(copy: dict[str, Change], since: str | Unset = UNSET) -> tuple[dict[str, Change], str]:
    answer = list_changes.sync_detailed(client=client, since=since, limit=100)
    if answer.status_code == 410:
        return sync({})  # start again, into a new copy
    page = answer.parsed
    assert isinstance(page, ChangeList)
    for change in page.data:
        if change.tombstone:
            copy.pop(str(change.id), None)
        else:
            copy[str(change.id)] = change
    return sync(copy, page.since) if page.more else (copy, page.since)  # store both together


def follow(since: str) -> Iterator[ArticleChange]:
    """With the filters of `sync`, if it had any. An event `reset` instead of `ready`: the token is too old."""
    with httpx.stream("GET", f"{ADDRESS}/v1/stream", params={"since": since}, timeout=45) as answer:
        for line in answer.iter_lines():
            data = json.loads(line.removeprefix("data:")) if line.startswith("data:") else {}
            if data.get("resource") == "article":
                yield ArticleChange.from_dict(data)


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


def readers() -> None:
    first = newest()[0]
    found = article(first.slug)
    assert found
    assert found.id == first.id
    assert article("no-such-article") is None
    form = read_comment_form.sync(first.slug, client=client)
    assert isinstance(form, CommentForm)
    assert [field.name for field in form.fields if field.required] == ["author_name", "author_email", "body"]
    assert [(fault.pointer, fault.code) for fault in comment(first.slug, CommentCreate.from_dict(FAULTY))] == FAULTS
    sent = CommentCreate(author_name="هدى", author_email="huda@example.org", body="قرأته مرتين.")
    assert comment(first.slug, sent) == []


def copies() -> str:
    copy, since = sync({})
    assert all(RESOURCES[type(change)] == change.resource for change in copy.values())
    assert sorted({change.resource for change in copy.values()}) == sorted(RESOURCES.values())
    return since


def staff(since: str) -> None:
    id = str(newest()[0].id)
    before = read_desk_article.sync(id, client=client)
    assert isinstance(before, DeskArticle)
    after = update(id, ArticleUpdate(summary="openapi-python-client"))
    only_changed("summary", before.to_dict(), after.to_dict())
    assert str(next(follow(since)).id) == id
    members = list_members.sync(client=client)
    assert isinstance(members, MemberList)
    member = members.data[0]
    renamed = update_member.sync(str(member.id), client=client, body=MemberUpdate(name="هدى"), if_match="*")
    assert isinstance(renamed, Member)
    only_changed("name", member.to_dict(), renamed.to_dict())


if __name__ == "__main__":
    readers()
    staff(copies())

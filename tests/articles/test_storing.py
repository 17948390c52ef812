"""The session stores articles: defaults of columns, changed attributes, links only where they differ."""

from __future__ import annotations

from typing import Any

import pytest

from app.articles.desk_repository import ArticlesToEdit
from app.articles.models import Article
from app.kit import clock
from app.kit.ids import new_id
from tests.newsroom import Newsroom, asked_of

pytestmark = pytest.mark.anyio
DEFAULTS = {
    "state": "draft", "kind": "news", "access": "free", "urgency": 5, "media": [], "version": 1, "reading_minutes": 0,
    "slug_by_hand": False, "corrected": False, "comment_count": 0, "announced": False, "summary": None,
}  # fmt: skip


async def test_a_new_article_takes_the_defaults_of_its_columns(newsroom: Newsroom) -> None:
    now, id = clock.now(), new_id()
    async with newsroom.app.state.database.transaction() as session:
        article = Article(id=id, slug=id, language="ar", headline="خبر", member_id=newsroom.members["admin"])
        article.created_at = article.saved_at = article.updated_at = now
        await ArticlesToEdit(session).add(article)
    shown = (await newsroom.desk("GET", f"/articles/{id}")).json()
    async with newsroom.app.state.database.reading_session() as session:
        stored = await ArticlesToEdit(session).require(id)
    assert {name: getattr(stored, name) for name in DEFAULTS} == DEFAULTS
    assert (shown["kind"], shown["urgency"], shown["media"]) == ("news", 5, [])


@pytest.mark.parametrize(("field", "default"), [("kind", "news"), ("access", "free"), ("urgency", 5)])
async def test_null_brings_the_default_of_the_column_back(newsroom: Newsroom, field: str, default: object) -> None:
    article = await newsroom.draft(kind="opinion", access="paid", urgency=1)
    null: dict[str, Any] = {field: None}
    assert (await newsroom.change(article, **null))[field] == default


async def test_a_changed_attribute_is_stored_without_a_further_call(newsroom: Newsroom) -> None:
    id = (await newsroom.draft())["id"]
    async with newsroom.app.state.database.transaction() as session:
        articles = ArticlesToEdit(session)
        article = await articles.require(id, for_update=True)
        body, _, _ = await articles.body_and_relations(article, clock.now())
        assert body is not None
        article.note, article.rights, body.source = "ملاحظة", {"holder": "المرصد"}, "مصدر"
    stored = (await newsroom.desk("GET", f"/articles/{id}")).json()
    assert (stored["note"], stored["rights"]["holder"], stored["body_source"]) == ("ملاحظة", "المرصد", "مصدر")


async def test_who_locks_an_article_sees_what_was_stored_meanwhile(newsroom: Newsroom, backend: str) -> None:
    if backend == "sqlite":
        return  # has one writer
    id = (await newsroom.draft())["id"]
    async with newsroom.app.state.database.transaction() as session:
        article = await ArticlesToEdit(session).require(id)
        async with newsroom.app.state.database.transaction() as other:
            (await ArticlesToEdit(other).require(id, for_update=True)).note = "ملاحظة"
        assert article.note is None
        assert await ArticlesToEdit(session).require(id, for_update=True) is article
        assert article.note == "ملاحظة"


async def statements_of(newsroom: Newsroom, article: dict[str, Any], **fields: Any) -> list[str]:
    """The writing statements of one PATCH, as "UPDATE articles"."""
    with asked_of(newsroom.app.state.database.writing, lambda sql: sql[:6] in {"INSERT", "UPDATE", "DELETE"}) as asked:
        article |= await newsroom.change(article, **fields)
    return [" ".join(sql.replace("INTO ", "").replace("FROM ", "").split()[:2]) for sql in asked]


async def test_a_save_stores_each_row_once_and_only_the_links_that_differ(newsroom: Newsroom) -> None:
    await newsroom.tag("فلك")
    await newsroom.tag("فضاء")
    article = await newsroom.published(tags=["فلك"])
    asked = await statements_of(newsroom, article, summary="ملخّص", body="<p>متن آخر</p>", tags=["فلك"], section="علوم")
    rows = ("articles", "article_bodies", "article_revisions", "audit")
    assert [sum(table == line.split()[1] for line in asked) for table in rows] == [1, 1, 1, 1], asked
    assert not [line for line in asked if line.endswith(("article_tags", "article_sections"))], asked
    asked = await statements_of(newsroom, article, tags=["فضاء", "فلك"])
    assert [line for line in asked if line.endswith("article_tags")] == ["DELETE article_tags", "INSERT article_tags"]
    assert [tag["name"] for tag in article["tags"]] == ["فضاء", "فلك"]


async def test_a_save_without_a_change_stores_nothing(newsroom: Newsroom) -> None:
    await newsroom.tag("فلك")
    article = await newsroom.published(tags=["فلك"], body="<p>متن</p>")
    same = {"headline": article["headline"], "tags": ["فلك"], "body": "<p>متن</p>", "section": "علوم", "urgency": None}
    assert await statements_of(newsroom, article, **same) == []

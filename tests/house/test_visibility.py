"""The judge of statements finds what forgets `visible(now)`, and lets pass what does not."""

from __future__ import annotations

import pytest

from tests.visibility import unguarded

VISIBLE = "articles.state = 'published' AND articles.published_at <= ?"


def filled(sql: str) -> str:
    return sql.replace("VISIBLE_1", VISIBLE.replace("articles.", "articles_1.")).replace("VISIBLE", VISIBLE)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT articles.slug FROM articles WHERE VISIBLE",
        "SELECT articles.slug FROM articles WHERE articles.id IN (SELECT articles.id FROM articles WHERE VISIBLE)",
        "WITH f AS (SELECT articles.id FROM articles WHERE VISIBLE) "
        "SELECT articles.slug FROM f JOIN articles ON articles.id = f.id",
        "SELECT tags.name FROM tags WHERE tags.slug IN (?, ?)",
        "SELECT (SELECT count(*) FROM articles WHERE VISIBLE) FROM tags",
    ],
)
def test_what_says_who_may_see_it_passes(sql: str) -> None:
    assert not unguarded(filled(sql))


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT articles.slug FROM articles WHERE articles.slug = ?",
        "SELECT articles.slug FROM articles WHERE articles.slug IN (SELECT articles.slug FROM articles WHERE VISIBLE)",
        "SELECT articles.slug FROM articles JOIN articles AS articles_1 ON articles_1.id = ? WHERE VISIBLE_1",
        "SELECT (SELECT articles.slug FROM articles WHERE articles.id = ?) FROM tags JOIN articles ON VISIBLE",
        "SELECT articles.slug FROM articles WHERE VISIBLE UNION ALL SELECT articles.slug FROM articles",
        "SELECT articles.slug FROM articles WHERE NOT (VISIBLE)",
        "SELECT articles.slug FROM articles WHERE articles.state = 'published'",
    ],
)
def test_what_does_not_is_found(sql: str) -> None:
    assert unguarded(filled(sql))

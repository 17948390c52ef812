"""What leads to an article from elsewhere, and does not change with it: for the desk that corrects or withdraws it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import select

from app.articles.events import is_out
from app.articles.models import Article, ArticleBody
from app.articles.repository import KIND, visible
from app.articles.shapes import url_of
from app.changes.noun import Noun, Placement, Target
from app.kit.db import Connection
from app.sections.models import Section
from app.settings import Settings
from app.slugs.models import Slug
from app.staff.work import Work

NEWEST = 2_000  # articles whose bodies are searched: a withdrawal does not wait for an archive to be read


async def placements_of(nouns: Iterable[Noun], work: Work, article: Article) -> list[dict[str, object]]:
    """Everything that leads to an article, for the schema `PlacementRead`."""
    target = await _target(work, article)
    found: list[Placement] = []
    for noun in nouns:
        if noun.placements is not None:
            found += await noun.placements(work.session, target, work.settings, work.now)
    return [vars(one) for one in found]


async def _target(work: Work, article: Article) -> Target:
    """The article with the addresses that it has and had."""
    own = select(Slug.slug).where(Slug.kind == KIND, Slug.target_id == article.id)
    slugs = {article.slug, *(await work.session.scalars(own)).all()}
    section = await work.session.get(Section, article.section_id) if article.section_id else None
    name = section.slug if section else None
    published_at = article.published_at or article.first_published_at
    urls = {url_of(work.settings, slug, article.id, name, published_at) for slug in slugs}
    return Target.at(article.id, urls, work.settings.site_url)


async def body_placements(
    connection: Connection, target: Target, _settings: Settings, now: datetime
) -> Sequence[Placement]:
    """The newest articles whose bodies lead to it."""
    newest = select(Article.id).where(visible(now)).order_by(Article.published_at.desc()).limit(NEWEST)
    statement = select(Article.id, Article.headline, Article.state, Article.published_at, ArticleBody.html)
    statement = statement.join(ArticleBody, ArticleBody.article_id == Article.id)
    statement = statement.where(
        Article.id.in_(newest), Article.id != target.id, target.may_be_linked_in(ArticleBody.html)
    ).order_by(Article.id)
    return [
        Placement(KIND, row.id, row.headline, "body", is_public=is_out(row, now))
        for row in (await connection.execute(statement)).all()
        if target.is_linked_in(row.html)
    ]

"""Every field of the form is stored, public, and restored from a revision: a field that is forgotten in one
of the lists in `app/articles/` fails here by its name."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.articles.schemas import ArticleUpdate
from app.kit import clock
from tests.newsroom import Newsroom

pytestmark = pytest.mark.anyio

# Another value for each field of the form, in an order in which each is a change of its own.
CHANGES: dict[str, Any] = {
    "headline": "خبر معدّل",
    "short_headline": "قصير",
    "summary": "ملخّص",
    "content_warning": "مشاهد عنف",
    "body": "متن **آخر**",
    "body_format": "markdown",
    "section": "فضاء",
    "sections": ["علوم"],
    "tags": ["فلك"],
    "authors": ["ليلى-القاسم"],
    "subjects": [{"scheme": "medtop", "code": "04000000", "name": "اقتصاد"}],
    "byline": "بقلم",
    "dateline": "تدمر",
    "source": "المرصد",
    "lead_image": {"url": "https://x.example/1"},
    "media": [{"url": "https://x.example/2", "alt": ""}],
    "rights": {"holder": "المرصد"},
    "seo": {"title": "عنوان"},
    "canonical_url": "https://x.example/3",
    "urgency": 1,
    "kind": "opinion",
    "access": "paid",
    "embargo_until": "2020-01-01T00:00:00.000Z",
    "share_early": True,
    "editorial_note": "للمحرّرين",
    "comments_mode": "closed",
    "slug": "اسم-آخر",
    "external_id": {"system": "wp", "id": "1"},
    "translation_of": "english-story",
    "language": "fa",
}
NOT_SHOWN = {
    "external_id": "the desk's own",
    "embargo_until": "the desk's own",
    "share_early": "between newsrooms",
    "editorial_note": "between newsrooms",
}
# Where readers see it, when not under the name of the form.
SHOWN_AS = {"body_format": "body", "comments_mode": "comments", "translation_of": "translations"}
NOT_KEPT = {
    "slug": "addresses do not go back",
    "external_id": "belongs to the other system",
    "embargo_until": "what was last decided stands",
    "share_early": "what was last decided stands",
    "translation_of": "belongs to the whole group",
}


def test_every_field_of_the_form_is_tried_here() -> None:
    """But `contributors`, which are ids of members and no part of what readers see: tests/entries/test_desk.py."""
    assert set(CHANGES) == set(ArticleUpdate.model_fields) - {"minor", "contributors"}


async def prepared(newsroom: Newsroom) -> dict[str, Any]:
    await newsroom.section("فضاء")
    await newsroom.tag()
    await newsroom.author()
    await newsroom.published("English story", language="en", slug="english-story")
    return await newsroom.published("خبر", body="متن", body_format="text")


async def test_every_field_that_readers_see_moves_updated_at(newsroom: Newsroom) -> None:
    article, start = await prepared(newsroom), clock.now()
    for minute, (name, value) in enumerate(CHANGES.items(), start=1):
        before = article["updated_at"]
        with clock.frozen(start + timedelta(days=1_800, minutes=minute)):
            article = await newsroom.change(article, **{name: value})
        assert (article["updated_at"] != before) == (name not in NOT_SHOWN), name


async def test_every_field_is_in_the_public_answer(newsroom: Newsroom) -> None:
    article = await prepared(newsroom)
    for name, value in CHANGES.items():
        before = (await newsroom.get(f"/v1/articles/{article['id']}")).json()
        article = await newsroom.change(article, **{name: value})
        after = (await newsroom.get(f"/v1/articles/{article['id']}")).json()
        shown = SHOWN_AS.get(name, name)
        if name not in NOT_SHOWN:
            assert shown in after, f"{name} is stored, and not shown"
            assert before[shown] != after[shown], name


async def test_every_field_comes_back_with_its_revision(newsroom: Newsroom) -> None:
    article = await prepared(newsroom)
    for name, value in CHANGES.items():
        before = {field: article[field] for field in article.keys() & {*CHANGES, "body_source", "translations"}}
        changed = await newsroom.change(article, **{name: value})
        url = f"/articles/{article['id']}/restore"
        version = f'"{changed["version"]}"'
        restored = (await newsroom.desk("POST", url, {"revision": article["version"]}, if_match=version)).json()
        same = {field: restored[field] for field in before} == before
        assert same == (name not in NOT_KEPT), name
        article = await newsroom.change(restored, **{name: value})

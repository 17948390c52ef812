"""Rules by kind and by language."""

from __future__ import annotations

from typing import Any

import pytest

from tests.newsroom import Newsroom
from tests.tickers.helpers import put_ticker, texts

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        ({}, {"خبر", "رأي", "من الشام"}),
        ({"kinds": ["opinion"]}, {"رأي"}),
        ({"kinds": ["opinion", "feature"], "languages": ["ar", "en"]}, {"رأي", "Feature"}),
        ({"languages": ["en"]}, {"Feature", "News"}),
        ({"languages": ["ar-SY"]}, {"من الشام"}),
        ({"languages": ["a"]}, None),
        ({"languages": ["en"], "max_age_hours": 1}, {"Feature", "News"}),
    ],
)
async def test_a_rule_draws_kinds_and_languages(
    newsroom: Newsroom, rule: dict[str, Any], found: set[str] | None
) -> None:
    await newsroom.published("خبر")
    await newsroom.published("رأي", kind="opinion")
    await newsroom.published("من الشام", language="ar-SY")
    await newsroom.published("Feature", kind="feature", language="en")
    await newsroom.published("News", language="en", urgency=1)
    if found is None:
        body = {"name": "عاجل", "rules": [rule]}
        answer = await newsroom.desk("PUT", "/tickers/عاجل", body, expect=422)
        assert answer.json()["errors"][0]["pointer"] == "/rules/0/languages/0"
        return
    ticker = await put_ticker(newsroom, rules=[rule])
    assert set(await texts(newsroom)) == found
    assert ticker["rules"][0]["languages"] == rule.get("languages", [])
    assert ticker["rules"][0]["kinds"] == rule.get("kinds", [])


async def test_without_languages_a_rule_draws_in_the_language_of_its_ticker(newsroom: Newsroom) -> None:
    await newsroom.published("خبر")
    await newsroom.published("News", language="en-GB", urgency=1)
    await put_ticker(newsroom, rules=[{}], language="en")
    assert await texts(newsroom) == ["News"]


async def test_another_language_or_kind_takes_an_article_from_a_ticker(newsroom: Newsroom) -> None:
    article = await newsroom.published("خبر")
    await put_ticker(newsroom, rules=[{"kinds": ["news"]}])
    article = await newsroom.change(article, language="fr")
    assert await texts(newsroom) == []
    article = await newsroom.change(article, language="ar", kind="opinion")
    assert await texts(newsroom) == []
    await newsroom.change(article, kind="news")
    assert await texts(newsroom) == ["خبر"]

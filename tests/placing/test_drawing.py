"""Places that rules fill: one pass over the articles gives what the rules asked one after the other would give."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import bindparam, insert, update

from app.articles.models import Article, ArticleAuthor, ArticleSection, ArticleTag
from app.kit.ids import new_id
from app.placing import drawing
from app.placing.drawing import fill, sections_below
from app.placing.places import Places, Rules
from app.placing.rules import Draw, drawn
from app.text.languages import is_in_range
from tests.newsroom import Newsroom, asked_of

pytestmark = pytest.mark.anyio
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
KINDS, LANGUAGES = ("news", "opinion", "gallery"), ("ar", "ar-SY", "en")


class Archive:
    """Articles with random facts, and the rules that ask for them."""

    def __init__(self, room: Newsroom, dice: random.Random) -> None:
        self.room, self.dice = room, dice
        self.facts: dict[str, dict[str, Any]] = {}
        self.below: dict[str, set[str]] = {}

    async def make(self, count: int) -> None:
        top = (await self.room.section("top"))["id"]
        low = (await self.room.section("low", parent="top"))["id"]
        other = (await self.room.section("other"))["id"]
        self.below = {top: {top, low}, low: {low}, other: {other}}
        self.sections = [top, low, other]
        self.tags = [(await self.room.tag(f"t{number}"))["id"] for number in range(3)]
        self.authors = [(await self.room.author(f"a{number}"))["id"] for number in range(2)]
        # Three at each moment: the order of equal moments is that of ids.
        moments = [NOON - timedelta(hours=number // 3) for number in range(count)]
        for id, at in zip(await self.room.fill(moments), moments, strict=True):
            self.facts[id] = {
                "at": at,
                "language": self.dice.choice(LANGUAGES),
                "kind": self.dice.choice(KINDS),
                "urgency": self.dice.randint(1, 9),
                "sections": set(self.dice.sample(self.sections, self.dice.randint(0, 2))),
                "tags": set(self.dice.sample(self.tags, self.dice.randint(0, 2))),
                "authors": set(self.dice.sample(self.authors, self.dice.randint(0, 1))),
            }
        await self._store()

    async def _store(self) -> None:
        table = Article.__table__
        plain = update(table).where(table.c.id == bindparam("of"))  # type: ignore[arg-type]  # a table
        plain = plain.values({name: bindparam(f"to_{name}") for name in ("language", "kind", "urgency")})
        rows = [
            {"of": id, **{f"to_{name}": facts[name] for name in ("language", "kind", "urgency")}}
            for id, facts in self.facts.items()
        ]
        async with self.room.app.state.database.transaction() as session:
            await (await session.connection()).execute(plain, rows)
            for model, name, column in (
                (ArticleSection, "sections", "section_id"),
                (ArticleTag, "tags", "tag_id"),
                (ArticleAuthor, "authors", "author_id"),
            ):
                links = [
                    {"article_id": id, column: term, "position": place + 1}
                    for id, facts in self.facts.items()
                    for place, term in enumerate(sorted(facts[name]))
                ]
                await session.execute(insert(model), links)

    def rule(self) -> dict[str, Any]:
        def some(values: Sequence[str]) -> list[str]:
            return self.dice.sample(values, self.dice.choice((0, 0, 1, 2))) if len(values) > 1 else []

        return {
            "sections": some(self.sections),
            "tags": some(self.tags),
            "authors": some(self.authors),
            "kinds": some(KINDS),
            "languages": some(LANGUAGES),
            "urgency_max": self.dice.choice((None, None, 3, 6)),
            "max_age_hours": self.dice.choice((None, None, 5, 30)),
        }

    def matches(self, rule: dict[str, Any], facts: dict[str, Any], now: datetime) -> bool:
        sections = set[str]().union(*(self.below[id] for id in rule["sections"]))
        named = ((sections, "sections"), (set(rule["tags"]), "tags"), (set(rule["authors"]), "authors"))
        return (
            facts["at"] <= now
            and all(not ids or ids & facts[name] for ids, name in named)
            and (not rule["kinds"] or facts["kind"] in rule["kinds"])
            and is_in_range(facts["language"], rule["languages"] or ["ar"])
            and (rule["urgency_max"] is None or facts["urgency"] <= rule["urgency_max"])
            and (rule["max_age_hours"] is None or facts["at"] >= now - timedelta(hours=rule["max_age_hours"]))
        )

    def one_by_one(
        self, rules: list[dict[str, Any]], limits: list[int], by_hand: set[str], now: datetime
    ) -> list[list[str]]:
        taken, found = set(by_hand), []
        newest = sorted(self.facts, key=lambda id: (self.facts[id]["at"], id), reverse=True)
        for rule, limit in zip(rules, limits, strict=True):
            free = [id for id in newest if id not in taken and self.matches(rule, self.facts[id], now)][:limit]
            taken |= set(free)
            found.append(free)
        return found

    async def filled(
        self, rules: list[Any], limits: list[int], by_hand: set[str], now: datetime
    ) -> tuple[list[list[str]], int]:
        """What the places show, and the number of statements."""
        database = self.room.app.state.database
        with asked_of(database.reading) as statements:
            async with database.connection() as connection:
                below = await sections_below(connection, rules)
                places = Places(Rules("ar", rules, below), limits, by_hand, now)
                await fill(connection, [places], now)
        return [[one.article_id for one in some] for some in places.found], len(statements)


@pytest.mark.parametrize(("part", "parts"), [(100, 5), (3, 2), (1, 1), (7, 3)])
async def test_places_are_filled_as_if_their_rules_were_asked_one_after_the_other(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch, part: int, parts: int
) -> None:
    monkeypatch.setattr(drawing, "FIRST_PART", part)
    monkeypatch.setattr(drawing, "MOST_PARTS", parts)
    dice = random.Random(part)
    archive = Archive(newsroom, dice)
    await archive.make(90)
    for _ in range(25):
        rules = [archive.rule() for _ in range(dice.randint(1, 6))]
        rules += [dict(one) for one in rules[:2]]  # rules that are alike
        limits = [dice.randint(1, 12) for _ in rules]
        by_hand = set(dice.sample(sorted(archive.facts), dice.randint(0, 8)))
        now = NOON - timedelta(hours=dice.randint(-1, 4))
        found, statements = await archive.filled(rules, limits, by_hand, now)
        assert found == archive.one_by_one(rules, limits, by_hand, now)
        assert statements <= parts + 2


async def test_for_a_rare_article_no_more_of_the_newest_are_read(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Parts double: to read all of them for one open place costs several times what the statement costs."""
    monkeypatch.setattr(drawing, "FIRST_PART", 2)
    await newsroom.fill([NOON - timedelta(days=1)], kind="video")
    ids = await newsroom.fill([NOON - timedelta(minutes=number) for number in range(40)])
    every: Any = {"sections": [], "tags": [], "urgency_max": 9, "max_age_hours": None}
    rules: list[Any] = [{**every, "kinds": [kind]} for kind in ("video", "news")]
    with asked_of(newsroom.app.state.database.reading) as statements:
        async with newsroom.app.state.database.connection() as connection:
            places = Places(Rules("ar", rules, {}), [2, 5], (), NOON)
            await fill(connection, [places], NOON)
    assert [one.article_id for one in places.found[1]] == ids[:5]
    assert len(places.found[0]) == 1
    assert len(statements) == 4, "parts of 2, 4 and 8, and what is older"


async def test_a_rule_with_a_maximum_age_tells_when_it_stops_matching(newsroom: Newsroom) -> None:
    await newsroom.fill([NOON])
    rule: Any = {"sections": [], "tags": [], "urgency_max": None, "max_age_hours": 5}
    places = Places(Rules("ar", [rule], {}), [1], (), NOON)
    async with newsroom.app.state.database.connection() as connection:
        await fill(connection, [places], NOON)
    assert places.found[0][0].too_old_at == NOON + timedelta(hours=5, milliseconds=1)


async def test_many_fronts_of_many_rules_are_compared_at_once(newsroom: Newsroom) -> None:
    """A renamed term concerns all fronts; SQLite takes at most 500 SELECTs in a compound one."""
    tag = await newsroom.tag()
    await newsroom.published(tags=[tag["slug"]])
    for number in range(18):
        slots = [
            {"name": f"s{place}", "max": 3, "rule": {"tags": [tag["id"]], "max_age_hours": 1 + place}}
            for place in range(30)
        ]
        await newsroom.desk("PUT", f"/fronts/f{number}", {"name": "f", "language": "ar", "slots": slots})
    await newsroom.desk("PUT", f"/tags/{tag['slug']}", {"name": "فلك ورصد"}, if_match='"1"')


async def test_any_number_of_rules_is_drawn_at_once(newsroom: Newsroom) -> None:
    """As tickers draw them: a renamed term concerns all tickers."""
    (article,) = await newsroom.fill([NOON])
    rule: Any = {"sections": [], "tags": [], "urgency_max": 5, "max_age_hours": None}
    draws = [Draw(new_id(), 0, rule, "ar", 1) for _ in range(501)]
    async with newsroom.app.state.database.connection() as connection:
        rows = await drawn(connection, draws, (Article.id.label("id"),), NOON)
    assert len(rows) == 501
    assert {row.id for row in rows} == {article}


async def test_any_number_of_rules_that_name_much_is_drawn_at_once(newsroom: Newsroom) -> None:
    """A statement takes no more than 32,766 parameters."""
    (article,) = await newsroom.fill([NOON])
    (section, *_) = (await newsroom.get("/v1/sections")).json()["data"]
    many = [new_id() for _ in range(900)]
    rule: Any = {"sections": [*many, section["id"]], "tags": [], "urgency_max": None, "max_age_hours": 1}
    draws = [Draw(new_id(), 0, rule, "ar", 1) for _ in range(40)]
    async with newsroom.app.state.database.connection() as connection:
        rows = await drawn(connection, draws, (Article.id.label("id"),), NOON)
    assert len(rows) == 40
    assert {row.id for row in rows} == {article}


async def test_a_front_whose_rules_name_sections_above_many_is_filled(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawing, "MOST_PARTS", 1)
    monkeypatch.setattr(drawing, "FIRST_PART", 1)
    ids = await newsroom.fill([NOON - timedelta(hours=number) for number in range(41)])
    (section, *_) = (await newsroom.get("/v1/sections")).json()["data"]
    many = [new_id() for _ in range(900)]
    rules: list[Any] = [
        {"sections": [*many, section["id"]], "tags": [], "urgency_max": 9, "max_age_hours": 40 + number}
        for number in range(40)
    ]
    async with newsroom.app.state.database.connection() as connection:
        places = Places(Rules("ar", rules, {}), [1] * 40, (), NOON)
        await fill(connection, [places], NOON)
    assert [one.article_id for found in places.found for one in found] == ids[:40]

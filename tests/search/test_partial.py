"""Texts that have not changed are not analysed again, and the indexed text is the same as after a full analysis."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.index import indexed_text
from app.index.fields import Tiers
from app.index.indexed_text import Texts, fields_of, tiers_of, tsvector_of
from app.index.packing import pack
from app.index.repository import day_of, headwords, indexed, mark_stale, remove, upsert
from app.kit import clock
from app.kit.ids import new_id
from app.text.analysis import VERSION, Token, analyse
from tests.newsroom import Newsroom

WORDS = "قمر والقمر القمري مرصد، المراصد عبد الله عبدالله كتابه وبكتبهم mooned moons, 12 दिन".split()
OCCURRENCES = text("SELECT term, doc, col, offset FROM temp.occurrences")


def some(chosen: random.Random, most: int) -> str:
    return " ".join(chosen.choices(WORDS, k=chosen.randrange(most)))


def edited(chosen: random.Random, texts: Texts) -> Texts:
    match chosen.randrange(8):
        case 0:
            return replace(texts, title=some(chosen, 5))
        case 1 | 2:
            return replace(texts, lead=[some(chosen, 9) for _ in range(chosen.randrange(4))])
        case 3:
            return replace(texts, body=some(chosen, 30))
        case 4:
            return replace(texts, language=chosen.choice(["ar", "en", "de-AT"]))
        case 5:
            return replace(texts, title=f"{texts.title}!", body=f"{texts.body}؟")
        case 6:
            return replace(texts, body="" if texts.body else some(chosen, 30))
        case _:
            return texts


Rows = dict[str, set[tuple[object, ...]]]


async def stored(session: AsyncSession) -> Rows:
    """All rows of the index, by table."""
    rows = (await session.execute(select(indexed.c.place, indexed.c.digest, indexed.c.packed))).all()
    heads = (await session.execute(select(headwords.c.word, headwords.c.place))).all()
    found: Rows = {"rows": {tuple(row) for row in rows}, "heads": {tuple(row) for row in heads}}
    if session.get_bind().dialect.name == "sqlite":
        await session.execute(text("INSERT INTO index_words(index_words) VALUES ('integrity-check')"))
        found["words"] = {tuple(row) for row in (await session.execute(OCCURRENCES)).all()}
    else:
        found["words"] = {tuple(row) for row in (await session.execute(select(indexed.c.place, indexed.c.vector)))}
    return found


async def expected(session: AsyncSession, things: dict[int, Texts]) -> Rows:
    """The same tables as a full analysis fills them."""
    read = {place: fields_of(texts) for place, texts in things.items()}
    found: Rows = {
        "rows": {(place, things[place].digest, pack(words)) for place, words in read.items()},
        "heads": {(keys.exact, place) for place, words in read.items() for keys in words[0]},
    }
    tiers = {place: tiers_of(words) for place, words in read.items()}
    if session.get_bind().dialect.name == "sqlite":
        found["words"] = {one for place, keys in tiers.items() for one in occurrences(place, keys)}
    else:
        cast = text("SELECT CAST(CAST(:vector AS tsvector) AS text)")
        vectors = [(place, tsvector_of(keys, day_of(place))) for place, keys in tiers.items()]
        found["words"] = {(p, (await session.execute(cast, {"vector": v})).scalar_one()) for p, v in vectors}
    return found


def occurrences(place: int, tiers: Tiers) -> set[tuple[object, ...]]:
    return {
        (key, place, column, offset)
        for column, keys in zip("nsxz", tiers, strict=True)
        for offset, key in enumerate(keys)
    }


@pytest.mark.parametrize(("most", "largest"), [(12_000, 950_000), (20, 950_000), (12_000, 400)])
async def test_text_indexed_in_parts_is_the_same_as_text_indexed_whole(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch, most: int, largest: int
) -> None:
    monkeypatch.setattr(indexed_text, "MOST_WORDS", most)
    monkeypatch.setattr(indexed_text, "MAX_KEY_BYTES", largest)
    chosen, start = random.Random(most + largest), clock.now()
    ids = [new_id() for _ in range(3)]
    things: dict[str, Texts] = {}
    database = newsroom.app.state.database
    for step in range(150):
        id = chosen.choice(ids)
        async with database.transaction() as session:
            if step == 0 and database.writing.dialect.name == "sqlite":
                await session.execute(
                    text("CREATE VIRTUAL TABLE temp.occurrences USING fts5vocab(main, index_words, instance)")
                )
            if chosen.random() < 0.1:
                await mark_stale(session, "thing", select(indexed.c.resource_id))
            if chosen.random() < 0.05:
                await remove(session, "thing", id)
                things.pop(id, None)
            else:
                things[id] = edited(chosen, things.get(id, Texts("ar", "قمر", (), "مرصد")))
                at = start if chosen.random() < 0.9 else start + timedelta(seconds=chosen.randrange(9))
                await upsert(session, "thing", id, at, things[id], ends_stale=True)
        async with database.transaction() as session:
            rows = await session.execute(select(indexed.c.resource_id, indexed.c.place))
            places = {row.resource_id: row.place for row in rows.all()}
            assert await stored(session) == await expected(session, {places[id]: t for id, t in things.items()}), step


def counting(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count how often each text is analysed from now on; the cache of short texts is switched off."""
    monkeypatch.setattr(indexed_text, "CACHED_LENGTH", -1)
    read = Counter[str]()

    def counted(text: str, language: str) -> Sequence[Token]:
        read[text] += 1
        return analyse(text, language)

    monkeypatch.setattr(indexed_text, "analyse", counted)
    return read


async def test_a_body_that_stays_is_not_read_again(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    article = await newsroom.published(body="متن طويل", body_format="text")
    read = counting(monkeypatch)
    article = await newsroom.change(article, summary="ملخص")
    assert read == {article["headline"]: 1, "ملخص": 1}
    article = await newsroom.change(article, language="en")
    assert read["متن طويل"] == 1
    await newsroom.change(article, access="paid")
    assert read[""] == 1


async def test_what_another_version_has_made_is_read_again(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    article = await newsroom.published(body="متن")
    monkeypatch.setattr("app.index.repository.VERSION", VERSION + 1)
    read = counting(monkeypatch)
    await newsroom.change(article, summary="ملخص")
    assert read == {article["headline"]: 1, "ملخص": 1, "متن": 1}


@pytest.mark.parametrize(("most", "largest"), [(20, 950_000), (12_000, 200)])
def test_no_indexed_text_is_above_the_limits(monkeypatch: pytest.MonkeyPatch, most: int, largest: int) -> None:
    monkeypatch.setattr(indexed_text, "MOST_WORDS", most)
    monkeypatch.setattr(indexed_text, "MAX_KEY_BYTES", largest)
    words = fields_of(Texts("ar", "قمر", ("مرصد",), " ".join(WORDS * 5)))
    assert sum(map(len, words)) <= most
    assert sum(len(key.encode()) for tier in tiers_of(words) for key in set(tier)) <= largest

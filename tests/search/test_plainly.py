"""What the index finds is what reading every text finds: no shortcut changes a hit, a score or the order."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.index import packing, ranking
from app.index import repository as index
from app.index.fields import FieldKeys
from app.index.packing import pack, unpack
from app.kit import clock
from app.search import router
from app.text.analysis import Keys, analyse, lookup_keys
from app.text.marking import marked
from app.text.questions import Question, Term, read_question
from tests.newsroom import Newsroom

FREQUENT = "في القمر والقمر مشروع المشروع بالمشروع".split()
WORDS = (
    "قمر وزير وزراء بوزراء سوريا السورية وسوري ألمانيا المانيا الغربية دمشق بدمشق وبدمشق كانون الأول ديسمبر"
    " للبنان لبنان été ete running runs minister's 19.5 covid-19 چاپ 停火 مفاوضات للمفاوضات مفاوضة المشروعات شمس نجم"
).split()
ARTICLES, QUESTIONS, DAYS, RANKED = 60, 150, 40, 12
WEIGHTS = (1.0, 0.6, 0.4, 0.2)


class Published(NamedTuple):
    """A published article."""

    language: str
    headline: str
    summary: str
    body: str
    at: datetime

    @property
    def fields(self) -> list[tuple[float, str]]:
        return [(10.0, self.headline), (5.0, self.summary), (3.0, self.body)]


def some(chosen: random.Random, number: int) -> str:
    return " ".join(chosen.choice(FREQUENT if chosen.random() < 0.4 else WORDS) for _ in range(number))


def published(chosen: random.Random, number: int) -> Published:
    years = timedelta(days=365 * 60) if number > ARTICLES - 4 else timedelta()  # an archive from before 1970
    at = clock.now() - timedelta(days=DAYS * number / ARTICLES, hours=1) - years
    language = chosen.choice(["ar", "ar", "fr", "en"])
    return Published(language, some(chosen, 4), some(chosen, 6), some(chosen, chosen.choice([5, 40, 120])), at)


SHAPES = ("{}", "{} {}", '"{} {}"', '"{} {} {}"', "{begin}*", '{} -{} -"{} {}"', '{} "{} {}" {begin}*')


def parse_question(chosen: random.Random) -> str:
    shape = chosen.choice(SHAPES)
    return shape.format(*(some(chosen, 1) for _ in range(4)), begin=some(chosen, 1)[:3])


# ── A model without an index ─────────────────────────────────────────────────────────────────────────────────────────


def tiers(keys: Keys, term: Term, at: int) -> Iterator[bool]:
    """Whether a word of a text is the one of the term: as written, by its stem, as something else, as an adjective."""
    wanted = lookup_keys(term.words[at])
    if term.is_prefix:
        is_last = at == len(term.words) - 1
        for key in (keys.exact, keys.stem):
            yield key.startswith(wanted.exact) if is_last else key == wanted.exact
        return
    yield keys.exact == wanted.exact
    yield keys.stem in wanted.stems
    if len(term.words) == 1:
        yield not {keys.stem, *keys.others}.isdisjoint(wanted.others)
        yield wanted.nisba in (keys.nisba, keys.stem, *keys.others)


def weight(text: str, language: str, term: Term) -> float:
    words = [token.keys for token in analyse(text, language)]
    best = 0.0
    for start in range(len(words) - len(term.words) + 1):
        found = [list(tiers(words[start + at], term, at)) for at in range(len(term.words))]
        met = [weight for weight, *each in zip(WEIGHTS, *found, strict=False) if all(each)]
        best = max([best, *met])
    if term.joined is not None and any(is_joined(keys, term) for keys in words):
        best = max(best, WEIGHTS[2])
    return best


def is_joined(keys: Keys, term: Term) -> bool:
    """Whether a text writes as one word what the term writes as several, or has a word that stands for both."""
    assert term.joined is not None
    wanted, found = lookup_keys(term.joined).exact, (keys.exact, *keys.others)
    return any(key.startswith(wanted) if term.is_prefix else key == wanted for key in found)


def fields_of(article: Published, term: Term) -> float:
    return max(scale * weight(text, article.language, term) for scale, text in article.fields)


def search_by_reading(articles: Sequence[Published], question: Question) -> list[tuple[Published, float]]:
    """The hits among `articles`, which are sorted by time: the newest first, each with the score of its words."""
    found = []
    for article in articles:
        each = [fields_of(article, term) * len(term.words) for term in question.wanted]
        out = any(
            weight(text, article.language, term) >= 0.6 for term in question.unwanted for _, text in article.fields
        )
        if min(each) > 0 and not out:
            optional = [fields_of(article, term) * len(term.words) * 0.1 for term in question.optional]
            found.append((article, sum(each) + sum(optional)))
    return found


def ranked(found: Sequence[tuple[Published, float]]) -> list[tuple[Published, float]]:
    scores = []
    for article, words in found[:RANKED]:
        age = int((found[0][0].at - article.at).total_seconds())
        scores.append((round(words * (1 + 2 * 0.5 ** (age / 2_592_000)), 4), article.at, article))
    return [(article, score) for score, _, article in sorted(scores, reverse=True)]


async def test_search_finds_what_reading_everything_finds(newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index, "MIN_NEAR_ROWS", 5)
    monkeypatch.setattr(router, "RANKED", RANKED)
    chosen = random.Random(17)
    with clock.frozen(clock.now().replace(microsecond=0)):
        articles = [published(chosen, number) for number in range(ARTICLES)]
        known = {(await publish(newsroom, article))["id"]: article for article in reversed(articles)}
        found = [await compare(newsroom, parse_question(chosen), articles, known) for _ in range(QUESTIONS)]
    assert sum(number > RANKED for number in found) > 10
    assert sum(0 < number <= RANKED for number in found) > 10


async def publish(newsroom: Newsroom, article: Published) -> dict[str, Any]:
    language, headline, summary, body, at = article
    texts = {"language": language, "summary": summary, "body": body, "body_format": "text"}
    return await newsroom.published(headline, at=clock.written(at), **texts)


async def compare(newsroom: Newsroom, q: str, articles: Sequence[Published], known: dict[str, Published]) -> int:
    question, url = read_question(q), f"/v1/search?q={quote(q, safe='')}"
    found = search_by_reading(articles, question)
    hits = (await newsroom.get(f"{url}&limit=50")).json()["data"]
    if not found:  # other words may have been looked for
        return 0
    assert [(known[hit["article"]["id"]], hit["score"]) for hit in hits] == ranked(found), q
    for hit in hits:
        article = known[hit["article"]["id"]]
        body = marked(article.body, article.language, question)
        assert [each["html"] for each in hit["snippets"] if each["field"] == "body"] == ([body.html] if body else []), q
    newest, cursor = list[Published](), ""
    while len(newest) < RANKED:
        page = (await newsroom.get(f"{url}&sort=newest&limit=3{cursor}")).json()
        newest += [known[hit["article"]["id"]] for hit in page["data"]]
        if not page["page"]["next"]:
            break
        cursor = f"&cursor={page['page']['next']}"
    assert newest == [article for article, _ in found[: len(newest)]], q
    assert len(newest) >= min(RANKED, len(found)), q
    return len(found)


# ── What is packed ───────────────────────────────────────────────────────────────────────────────────────────────────


@given(st.lists(st.lists(st.sampled_from([*FREQUENT, *WORDS, "كتابٌ", "ﷺ", "ß", "Ⅳ", "A" * 70]) | st.text(max_size=12))))
def test_what_was_packed_comes_out_again(fields: list[list[str]]) -> None:
    words = [FieldKeys(token.keys for word in field for token in analyse(word, "fr")) for field in fields]
    words = [*words, FieldKeys(), FieldKeys()]
    assert unpack(pack(words)) == words
    assert packing.title_keys(pack(words)) == list(words[0])


def test_every_key_of_a_word_is_a_part_of_what_stands_for_it() -> None:
    for word in (*FREQUENT, *WORDS, "عبد الله", "كانون الأول"):
        for keys in (token.keys for token in analyse(word, "en")):
            text = packing.decompressed(pack([[keys], []]))
            assert all(packing.encoded_key(key) in text for key in (keys.exact, keys.stem, keys.nisba, *keys.others))


def test_what_stands_apart_is_no_phrase() -> None:
    fields = [[token.keys for token in analyse(text, "ar")] for text in ("قمر", "شمس نجم", "أرض")]
    for q, is_there in (('"شمس نجم"', True), ('"قمر شمس"', False), ('"نجم أرض"', False)):
        assert bool(ranking.Scorer(read_question(q)).score(pack(fields))[0]) is is_there


def test_the_example_of_packing_is_true() -> None:
    fields = [[token.keys for token in analyse(text, "en")] for text in ("القمر", "running", "moon")]
    assert packing.decompressed(pack(fields)) == b" BXVYK\x16 \n running\x05 \n\n moon "
    assert unpack(pack(fields)) == [FieldKeys(keys) for keys in fields]

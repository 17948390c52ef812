"""Search shows what readers see, as it stands, in the original's own letters."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from app.articles import indexing
from app.index import repository
from app.index.repository import PLACES_PER_SECOND
from app.kit import clock
from tests.newsroom import Newsroom


async def search(newsroom: Newsroom, q: str, more: str = "") -> dict[str, Any]:
    answer: dict[str, Any] = (await newsroom.get(f"/v1/search?q={quote(q, safe='')}{more}")).json()
    return answer


async def found(newsroom: Newsroom, q: str, more: str = "") -> list[str]:
    return [hit["article"]["headline"] for hit in (await search(newsroom, q, more))["data"]]


async def test_what_leaves_publication_leaves_the_index_at_once(newsroom: Newsroom) -> None:
    article = await newsroom.published("المرصد يرصد لؤلؤة", body="<p>في ليلة صافية.</p>")
    assert await found(newsroom, "لؤلؤة") == [article["headline"]]
    article = await newsroom.change(article, headline="المرصد يغلق أبوابه")
    assert await found(newsroom, "لؤلؤة") == []
    assert await found(newsroom, "ليله") == [article["headline"]]
    article = await newsroom.act(article, "unpublish")
    for word in ("المرصد", "ليلة"):
        assert await found(newsroom, word) == []
    assert (await newsroom.get("/v1/search/suggest?q=" + quote("المر"))).json()["data"] == []


async def test_a_withdrawn_and_a_deleted_article_leave_no_ghost(newsroom: Newsroom) -> None:
    await newsroom.section()
    article = await newsroom.in_state("withdrawn", headline="عنقاء")
    await newsroom.draft("عنقاء أخرى")
    answer = await search(newsroom, "عنقاء", "&count=true&facets=section,month")
    assert (answer["data"], answer["page"]["total"]) == ([], 0)
    assert answer["facets"] == {"section": [], "month": []}
    assert article["status"] == "withdrawn"


async def test_a_scheduled_article_is_found_from_its_moment_on(newsroom: Newsroom) -> None:
    now = clock.now()
    await newsroom.published("نيزك فوق البحر", at=clock.written(now + timedelta(hours=1)))
    assert await found(newsroom, "نيزك") == []
    assert (await newsroom.get("/v1/search/suggest?q=" + quote("نيز"))).json()["data"] == []
    assert (await search(newsroom, "نيزكك"))["corrected"] == []
    with clock.frozen(now + timedelta(hours=1, seconds=1)):
        assert await found(newsroom, "نيزك") == ["نيزك فوق البحر"]
        assert (await newsroom.get("/v1/search/suggest?q=" + quote("نيز"))).json()["data"] == [{"text": "نيزك"}]


async def test_the_body_of_a_paid_article_tells_nothing(newsroom: Newsroom) -> None:
    article = await newsroom.published("خبر مدفوع", summary="موجز قصير", body="<p>سرّ دفين.</p>", access="paid")
    assert await found(newsroom, "دفين") == []
    assert await found(newsroom, "موجز") == [article["headline"]]
    article = await newsroom.change(article, access="free")
    assert await found(newsroom, "دفين") == [article["headline"]]


async def test_marks_stand_on_the_original(newsroom: Newsroom) -> None:
    await newsroom.published("🌙 الهيئــة تبحثُ <المفاوضات>", body="<p>نص &amp; آخر.</p>")
    (hit,) = (await search(newsroom, "هيئة مفاوضة"))["data"]
    snippet = hit["snippets"][0]
    assert snippet["field"] == "headline"
    assert snippet["text"] == "🌙 الهيئــة تبحثُ <المفاوضات>"
    assert [snippet["text"][a:b] for a, b in snippet["ranges"]["code_points"]] == ["الهيئــة", "المفاوضات"]
    units = snippet["text"].encode("utf-16-le")
    assert [units[2 * a : 2 * b].decode("utf-16-le") for a, b in snippet["ranges"]["utf16"]] == [
        "الهيئــة",
        "المفاوضات",
    ]
    assert snippet["html"] == "🌙 <mark>الهيئــة</mark> تبحثُ &lt;<mark>المفاوضات</mark>&gt;"


async def test_pages_by_relevance_repeat_nothing(newsroom: Newsroom) -> None:
    for number in range(7):
        await newsroom.published(f"قمر {number}", body="<p>قمر.</p>" if number % 2 else "<p>نجم.</p>")
    whole = await found(newsroom, "قمر")
    paged, url = [], "/v1/search?limit=2&q=" + quote("قمر")
    cursor = ""
    while True:
        answer = (await newsroom.get(url + cursor)).json()
        paged += [hit["article"]["headline"] for hit in answer["data"]]
        await newsroom.published(f"قمر جديد {len(paged)}")
        if not answer["page"]["next"]:
            break
        cursor = "&cursor=" + answer["page"]["next"]
    assert paged == whole
    newest = await found(newsroom, "قمر", "&sort=newest&limit=50")
    assert newest[0].startswith("قمر جديد")


async def test_filters_and_facets(newsroom: Newsroom) -> None:
    await newsroom.section("طب")
    await newsroom.tag("فلك")
    await newsroom.published("قمر أول", tags=["فلك"])
    await newsroom.published("قمر ثان", section="طب")
    assert await found(newsroom, "قمر", "&section=" + quote("طب")) == ["قمر ثان"]
    facets = (await search(newsroom, "قمر", "&facets=section,tag,language"))["facets"]
    assert {value["value"]: value["count"] for value in facets["section"]} == {"طب": 1, "علوم": 1}
    assert [(value["value"], value["count"]) for value in facets["tag"]] == [("فلك", 1)]
    assert [(value["value"], value["count"]) for value in facets["language"]] == [("ar", 2)]


async def test_a_word_without_a_match_is_corrected_and_the_correction_is_shown(newsroom: Newsroom) -> None:
    await newsroom.published("التلسكوب يعمل")
    answer = await search(newsroom, "التلسكزب")
    assert answer["corrected"] == [{"from": "التلسكزب", "to": "التلسكوب"}]
    assert [hit["article"]["headline"] for hit in answer["data"]] == ["التلسكوب يعمل"]
    assert (await search(newsroom, "بتلسكوب"))["corrected"] == [{"from": "بتلسكوب", "to": "تلسكوب"}]
    assert (await search(newsroom, "زرافة"))["data"] == []
    await newsroom.published("وفد يصل إلى حلب")
    assert (await search(newsroom, "مالي"))["data"] == []  # but a letter from إلى, which any text has


async def test_a_renamed_tag_is_found_by_its_new_name(newsroom: Newsroom) -> None:
    await newsroom.tag("فلك", name="فلك")
    await newsroom.published("خبر", tags=["فلك"])
    assert await found(newsroom, "فلك") == ["خبر"]
    await newsroom.desk("PUT", "/tags/فلك", {"name": "نجوم"}, if_match='"1"')
    await newsroom.app.state.background.run_idle_tasks()
    assert await found(newsroom, "نجوم") == ["خبر"]
    assert await found(newsroom, "فلك") == []


async def test_lists_take_words_too(newsroom: Newsroom) -> None:
    await newsroom.published("وزير يزور المرصد")
    await newsroom.published("شمس")
    answer = (await newsroom.get("/v1/articles?count=true&q=" + quote("الوزراء"))).json()
    assert [article["headline"] for article in answer["data"]] == ["وزير يزور المرصد"]
    assert answer["page"]["total"] == 1
    assert (await newsroom.get("/v1/articles?q=-x", 400)).json()["errors"][0]["code"] == "nothing_sought"


async def walk(newsroom: Newsroom, query: str) -> list[str]:
    """Ids of all pages of a list."""
    ids, cursor = list[str](), ""
    while True:
        answer = (await newsroom.get(f"/v1/articles?limit=3&{query}{cursor}")).json()
        ids += [article["id"] for article in answer["data"]]
        if answer["page"]["next"] is None:
            return ids
        cursor = f"&cursor={answer['page']['next']}"


async def test_a_list_with_words_is_in_the_order_of_the_list(newsroom: Newsroom) -> None:
    """Also where more come out in one second than the index has places for: they lie in later seconds, among others."""
    start = datetime(2026, 3, 1, 9, tzinfo=UTC)
    moments = [start + timedelta(milliseconds=n * 337 % 900) for n in range(PLACES_PER_SECOND + 4)]
    moments += [start + timedelta(seconds=n, milliseconds=5) for n in (1, 1, 2, 40)]
    for number, moment in enumerate(moments):
        article = await newsroom.published(f"المفاوضات {number}", at=clock.written(moment))
        if number % 5 == 0:
            await newsroom.change(article, summary="ملخص")
    for sort in ("-published_at", "published_at", "-updated_at"):
        ids = await walk(newsroom, f"sort={sort}")
        assert len(ids) == len(moments)
        assert await walk(newsroom, f"sort={sort}&q={quote('مفاوضة')}") == ids
        summarised = [id for id in ids if (await newsroom.get(f"/v1/articles/{id}")).json()["summary"]]
        assert await walk(newsroom, f"sort={sort}&q={quote('مفاوضة ملخص')}") == summarised
        assert len(summarised) == len(moments[::5])


async def test_related_articles(newsroom: Newsroom) -> None:
    await newsroom.section("طب")
    for name in ("فلك", "قمر"):
        await newsroom.tag(name)
    one = await newsroom.published("رصد لؤلؤة الخريف", tags=["فلك", "قمر"])
    close = await newsroom.published("شيء آخر", tags=["فلك", "قمر"])
    wordy = await newsroom.published("لؤلؤة الخريف تعود", section="طب")
    await newsroom.published("لا صلة", section="طب")
    await newsroom.published("The moon", tags=["فلك"], language="en")
    hidden = await newsroom.published("سيغيب", tags=["فلك", "قمر"])
    await newsroom.act(hidden, "unpublish")
    answer = (await newsroom.get(f"/v1/articles/{one['id']}/related")).json()["data"]
    assert [article["headline"] for article in answer] == [close["headline"], wordy["headline"]]
    await newsroom.get(f"/v1/articles/{hidden['id']}/related", 404)


HOSTILE = (
    'الأ" NEAR(', '"', '""', '"""', "*", "-", "--x", "-قمر", "NEAR(a b)", "a AND NOT", "{n}: x", "n : x", "^x", "x:*",
    "' | 'x", "'\\''::tsquery", "a <-> b", "!x", "\u0640\u064b", "\u202e\u200f", "\x00", "\ud800", "🌙", "ﷺ", "%", "_",
    "a" * 256, "ا" * 256, '"' + "قمر " * 40 + '"', "NULL", "1.5.2", "\u0301\u0301", "قمر* -شمس", "ا*", "\ue000248",
    "قمر" * 1_000,
)  # fmt: skip


@pytest.mark.parametrize("q", HOSTILE)
async def test_hostile_questions_get_honest_answers(newsroom: Newsroom, q: str) -> None:
    await newsroom.published("قمر فوق البحر")
    sent = quote(q, safe="", errors="surrogatepass")
    for url in (f"/v1/search?q={sent}", f"/v1/search/suggest?q={sent}", f"/v1/articles?q={sent}"):
        answer = await newsroom.client.get(url)
        assert answer.status_code in {200, 400}, (url, answer.text)


@given(q=st.text(min_size=1, max_size=60))
@settings(max_examples=60)
def test_no_text_is_a_fault_of_ours(q: str) -> None:
    from app.index.matching import expression
    from app.text.questions import EmptyQuestion, QuestionTooLong, read_question

    try:
        question = read_question(q)
    except (EmptyQuestion, QuestionTooLong):
        return
    for dialect in ("sqlite", "postgresql"):
        assert expression(question, dialect)


async def test_an_article_that_cannot_be_indexed_keeps_nothing_else_back(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    await newsroom.tag("فلك", name="فلك")
    bad, good = await newsroom.published("معطوب", tags=["فلك"]), await newsroom.published("سليم", tags=["فلك"])
    real = indexing.index

    async def failing(session: Any, article: Any, *more: Any, **options: Any) -> None:
        if article.id == bad["id"]:
            await session.execute(text("SELECT 1 FROM nowhere"))
        await real(session, article, *more, **options)

    await newsroom.desk("PUT", "/tags/فلك", {"name": "نجوم"}, if_match='"1"')
    with monkeypatch.context() as patch:
        patch.setattr(indexing, "index", failing)
        await newsroom.app.state.background.run_idle_tasks()
    assert await found(newsroom, "نجوم") == [good["headline"]]
    await newsroom.change(bad, headline="مُصلَح")
    assert await found(newsroom, "نجوم مصلح") == ["مُصلَح"]


async def test_what_an_older_version_published_is_found_after_the_next_start(newsroom: Newsroom) -> None:
    article = await newsroom.published("خبر قديم")
    async with newsroom.app.state.database.transaction() as session:
        await repository.remove(session, "article", article["id"])
    assert await found(newsroom, "قديم") == []
    await newsroom.app.state.background.run_due(newsroom.app.state.background.on_start)
    await newsroom.app.state.background.run_idle_tasks()
    newsroom.set()
    assert await found(newsroom, "قديم") == ["خبر قديم"]


async def test_every_page_of_a_corrected_question_shows_what_was_meant(newsroom: Newsroom) -> None:
    headlines = {(await newsroom.published(f"المرصد {number}"))["headline"] for number in range(5)}
    for sort in ("relevance", "newest"):
        shown, cursor = list[str](), ""
        while True:
            answer = await search(newsroom, "المرصدد", f"&limit=2&sort={sort}{cursor}")
            shown += [hit["article"]["headline"] for hit in answer["data"]]
            assert [word["to"] for word in answer["corrected"]] == ["المرصد"]
            if answer["page"]["next"] is None:
                break
            cursor = f"&cursor={answer['page']['next']}"
        assert sorted(shown) == sorted(headlines)


async def test_a_word_of_the_byline_is_shown(newsroom: Newsroom) -> None:
    await newsroom.published("خبر", byline="سنفور المفكر")
    (hit,) = (await search(newsroom, "سنفور"))["data"]
    assert [(s["field"], s["html"]) for s in hit["snippets"][1:]] == [("author", "<mark>سنفور</mark> المفكر")]


async def test_a_phrase_has_an_end(newsroom: Newsroom) -> None:
    answer = await newsroom.get("/v1/search?q=" + quote('"' + "ha " * 65 + '"'), 400)
    assert [(e["code"], e["params"]) for e in answer.json()["errors"]] == [("too_many_words", {"max": 64})]


async def test_processes_that_start_at_once_reserve_a_row_once(newsroom: Newsroom) -> None:
    articles = [await newsroom.published(f"خبر {number}") for number in range(8)]
    async with newsroom.app.state.database.transaction() as session:
        for article in articles:
            await repository.remove(session, "article", article["id"])
    background = newsroom.app.state.background
    await asyncio.gather(*(background.run_due((indexing.index_missing,)) for _ in range(3)))
    await background.run_idle_tasks()
    newsroom.set()
    assert len(await found(newsroom, "خبر")) == len(articles)

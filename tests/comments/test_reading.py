"""Reading comments: the tree, its pages, one comment in context, counts, and what never comes out."""

from __future__ import annotations

import logging
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.comments.schemas import CommentList
from app.comments.tree import body_html
from app.kit import clock
from app.kit.listing import written
from tests.comments.talk import EMAIL, NAME, Talk, talk_in
from tests.growth import assert_linear
from tests.newsroom import Newsroom, asked_of

pytestmark = pytest.mark.anyio

FEW = settings(max_examples=6, derandomize=True, database=None)


def ids(nodes: list[dict[str, Any]]) -> list[str]:
    return [node["id"] for node in nodes]


def every_node(nodes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [found for node in nodes for found in (node, *every_node(node["replies"]["data"]))]


async def test_the_tree_holds_approved_ones_only(talk: Talk) -> None:
    root = await talk.said("أصل")
    reply = await talk.said("ردّ", parent_id=root["id"])
    below = await talk.said("ردّ على ردّ", parent_id=reply["id"])
    await talk.held("ينتظر")
    await talk.held("ينتظر أيضًا", parent_id=root["id"])
    for verb in ("reject", "spam", "redact"):
        await talk.decide(await talk.held(parent_id=root["id"]), verb)
    (found,) = (await talk.page())["data"]
    assert set(found) == {
        "id", "article_id", "parent_id", "author_name", "author_role", "body", "body_html", "language", "direction",
        "created_at", "edited_at", "depth", "reply_count", "replies", "removed",
    }  # fmt: skip
    assert found["id"] == root["id"]
    assert (found["author_name"], found["author_role"], found["body"]) == (NAME, "guest", "أصل")
    assert (found["body_html"], found["language"], found["direction"]) == ("<p>أصل</p>", "ar", "rtl")
    assert (found["depth"], found["parent_id"], found["reply_count"], found["removed"]) == (0, None, 1, False)
    (first,) = found["replies"]["data"]
    assert (first["id"], first["parent_id"], first["depth"]) == (reply["id"], root["id"], 1)
    assert ids(first["replies"]["data"]) == [below["id"]]
    assert found["replies"]["next"] is first["replies"]["next"] is None
    assert await talk.count() == 3


async def test_a_page_is_byte_for_byte_what_its_schema_writes(newsroom: Newsroom) -> None:
    """It is put together from texts of single comments, of which some were written before."""
    newsroom.set(comments_rate=())
    talk, parent = await talk_in(newsroom, "open"), None
    for _ in range(7):
        parent = (await talk.send("سطر\n\nhttps://example.org/?a=1&b=2", expect=201, parent_id=parent)).json()[
            "comment"
        ]["id"]
        for _ in range(6):
            await talk.send(expect=201, parent_id=parent, author_name='سلمى "أ"')
    pages = [await newsroom.get(talk.url), await newsroom.get(f"/v1/comments/{ids(await talk.every())[0]}/replies")]
    pages += [await newsroom.get(talk.url)]
    for page in pages:
        assert page.content == written(CommentList, page.json())
    assert b'"next":"' in pages[0].content


async def test_three_orders(talk: Talk) -> None:
    a, b, c = [await talk.said(body) for body in ("أول", "ثانٍ", "ثالث")]
    reply = await talk.said(parent_id=a["id"])
    await talk.said(parent_id=reply["id"])
    await talk.said(parent_id=b["id"])
    orders = {"newest": [c, b, a], "oldest": [a, b, c], "top": [a, b, c]}
    for sort, order in orders.items():
        assert ids((await talk.page(sort=sort))["data"]) == ids(order)
        assert ids(await talk.every(sort=sort, limit=1)) == ids(order)
    assert ids((await talk.page())["data"]) == ids([c, b, a])
    await talk.newsroom.get(talk.url, params={"sort": "best"}, expect=400)
    page = await talk.page(limit=1, sort="top", count="true")
    assert page["page"]["total"] == 3
    query = {"cursor": page["page"]["next"], "limit": 1}
    answer = await talk.newsroom.get(talk.url, params=query, expect=400)
    assert answer.json()["type"] == "/problems/invalid-cursor"


async def test_a_long_thread_goes_on_where_it_says(newsroom: Newsroom) -> None:
    newsroom.set(comments_rate=())
    talk = await talk_in(newsroom, "open")

    async def made(parent: dict[str, Any] | None = None) -> dict[str, Any]:
        fields = {"parent_id": parent["id"]} if parent else {}
        return dict((await talk.send(expect=201, **fields)).json()["comment"])

    root = await made()
    replies = [await made(root) for _ in range(7)]
    below = [await made(replies[1]) for _ in range(30)]
    (node,) = (await talk.page())["data"]
    shown = every_node(node["replies"]["data"])
    assert len(shown) == 20
    assert ids(node["replies"]["data"]) == ids(replies[:2])
    assert (node["reply_count"], node["replies"]["data"][1]["reply_count"]) == (7, 30)
    assert node["replies"]["data"][0]["replies"]["next"] is None

    async def rest(node: dict[str, Any]) -> list[str]:
        found, cursor = ids(node["replies"]["data"]), node["replies"]["next"]
        while cursor:
            url = f"/v1/comments/{node['id']}/replies"
            page = (await newsroom.get(url, params={"cursor": cursor, "limit": 4})).json()
            found += ids(page["data"])
            cursor = page["page"]["next"]
        return found

    assert await rest(node) == ids(replies)
    assert await rest(node["replies"]["data"][1]) == ids(below)
    whole = (await newsroom.get(f"/v1/comments/{root['id']}/replies")).json()
    assert ids(whole["data"]) == ids(replies)
    assert len(whole["data"][1]["replies"]["data"]) == 20
    foreign = {"cursor": node["replies"]["next"]}
    await newsroom.get(f"/v1/comments/{replies[0]['id']}/replies", params=foreign, expect=400)


@pytest.mark.parametrize("sort", ["newest", "oldest", "top"])
@FEW
@given(seed=st.integers(0, 2**32))
async def test_paging_neither_repeats_nor_skips_while_others_write(newsroom: Newsroom, sort: str, seed: int) -> None:
    """Threads that were there from the first page to the last, with the same key, come exactly once."""
    choose = random.Random(seed)
    newsroom.set(comments_rate=())
    talk = await talk_in(newsroom)
    with clock.frozen(clock.now()):  # equal timestamps: the id decides
        comments = {c["id"]: c for c in [await talk.said() for _ in range(8)]}
        held = [await talk.held() for _ in range(4)]

    async def keys() -> dict[str, Any]:
        return {
            row.id: (row.descendants if sort == "top" else 0)
            for row in await talk.rows()
            if row.shown and not row.depth
        }

    before, touched, seen, cursor = await keys(), set(), [], None
    while True:
        query: dict[str, Any] = {"sort": sort, "limit": choose.randint(1, 3)}
        page = await talk.page(**query, **({"cursor": cursor} if cursor else {}))
        seen += ids(page["data"])
        cursor = page["page"]["next"]
        if cursor is None:
            break
        act = choose.choice(["insert", "approve", "reject", "reply"])
        if act == "insert":
            new = await talk.said()
            comments[new["id"]] = new
        elif act == "approve" and held:
            await talk.decide(held.pop(), "approve")
        elif act == "reject":
            id = choose.choice(sorted(comments))
            touched.add(id)
            await talk.decide(comments[id], choose.choice(["reject", "approve"]))
        elif act == "reply":
            parent = choose.choice([node["id"] for node in (await talk.page(limit=100))["data"] if not node["removed"]])
            touched.add(parent)
            await talk.said(parent_id=parent)
    after = await keys()
    unchanged = {id for id, key in before.items() if after.get(id) == key and id not in touched}
    stayed = [id for id in seen if id in unchanged]
    assert sorted(stayed) == sorted(unchanged)
    assert [id for id in ids(await talk.every(sort=sort)) if id in unchanged] == stayed


async def test_a_page_takes_two_queries_whatever_its_length(talk: Talk) -> None:
    await talk.said()
    counts = []
    for _ in range(2):
        for _ in range(6):
            root = await talk.said()
            for _ in range(3):
                await talk.said(parent_id=root["id"])
        with talk.newsroom.counted() as listed:
            await talk.page(limit=100)
        with talk.newsroom.counted() as replies:
            await talk.newsroom.get(f"/v1/comments/{root['id']}/replies")
        with talk.newsroom.counted() as one:
            await talk.newsroom.get(f"/v1/comments/{root['id']}")
        with talk.newsroom.counted() as counted:
            await talk.newsroom.get("/v1/comments/counts", params={"articles": talk.article["id"]})
        counts.append([len(listed), len(replies), len(one), len(counted)])
    assert counts == [[2, 2, 1, 1]] * 2
    with talk.newsroom.counted() as form:
        await talk.newsroom.get(f"{talk.url}/form")
    assert len(form) == 1


@pytest.mark.parametrize(("sort", "index"), [("newest", "roots"), ("oldest", "roots"), ("top", "top")])
async def test_a_page_of_threads_does_not_pass_the_replies_between_them(
    lone_newsroom: Newsroom, sort: str, index: str
) -> None:
    """SQLite has two indexes in this order, and takes the one that was made last."""
    article = await lone_newsroom.published()
    with lone_newsroom.counted() as statements:
        await lone_newsroom.get(f"/v1/articles/{article['id']}/comments", params={"sort": sort})
    sql = next(statement for statement in statements if "FROM comments" in statement)
    async with lone_newsroom.app.state.database.connection() as connection:
        plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", (None,) * sql.count("?"))
        assert f"INDEX ix_comments_{index} " in plan.first().detail


async def test_the_moderators_list_takes_one_query(talk: Talk) -> None:
    for _ in range(3):
        await talk.said(parent_id=(await talk.said())["id"])
    with talk.newsroom.counted() as statements:
        await talk.newsroom.desk("GET", "/comments")
    assert len([s for s in statements if "comments" in s]) == 1


async def test_one_comment_in_context(talk: Talk) -> None:
    root = await talk.said("أصل")
    reply = await talk.said("ردّ", parent_id=root["id"])
    below = await talk.said("تحته", parent_id=reply["id"])
    answer = await talk.newsroom.get(f"/v1/comments/{reply['id'].upper()}")
    found = answer.json()
    article = talk.article
    assert found["article"] == {"id": article["id"], "slug": article["slug"], "headline": article["headline"]}
    assert ids(found["ancestors"]) == [root["id"]]
    assert "replies" not in found["ancestors"][0]
    assert ids(found["replies"]["data"]) == [below["id"]]
    assert "status" not in found
    assert answer.headers["cache-control"].startswith("public")
    assert answer.headers["vary"] == "Accept-Encoding, Authorization"
    assert f"comments:{article['id']}" in answer.headers["cache-tag"]
    await talk.newsroom.get(
        f"/v1/comments/{reply['id']}", headers={"If-None-Match": answer.headers["etag"]}, expect=304
    )


async def test_what_is_not_approved_is_not_there(talk: Talk) -> None:
    held = await talk.held()
    gone = [await talk.held() for _ in range(3)]
    for comment, verb in zip(gone, ("reject", "spam", "redact"), strict=True):
        await talk.decide(comment, verb)
    for comment in [held, *gone]:
        for suffix in ("", "/replies"):
            await talk.newsroom.get(f"/v1/comments/{comment['id']}{suffix}", expect=404)
    said = await talk.said()
    await talk.held(parent_id=said["id"])
    assert (await talk.newsroom.get(f"/v1/comments/{said['id']}/replies")).json()["data"] == []
    assert (await talk.newsroom.get(f"/v1/comments/{said['id']}")).json()["replies"] == {"data": [], "next": None}
    for id in ("7", "01936b2e-7c4a-7d31-9f53-6a1c0de4b7a2"):
        await talk.newsroom.get(f"/v1/comments/{id}", expect=404)


async def test_with_its_article_a_comment_goes(talk: Talk) -> None:
    comment = await talk.said()
    await talk.newsroom.act(talk.article, "unpublish")
    for url in (talk.url, f"/v1/comments/{comment['id']}", f"/v1/comments/{comment['id']}/replies"):
        await talk.newsroom.get(url, expect=404)
    counts = await talk.newsroom.get("/v1/comments/counts", params={"articles": talk.article["id"]})
    assert counts.json() == {"data": []}
    await talk.own("GET", comment, expect=404)
    await talk.own("DELETE", comment, expect=204)


async def test_counts_come_in_the_order_asked_for(talk: Talk) -> None:
    other, hidden = await talk_in(talk.newsroom), Talk(talk.newsroom, await talk.newsroom.draft("مسودة"))
    for _ in range(2):
        await talk.said()
    await talk.said()
    await other.said()
    await other.held()
    names = [other.article["slug"], "لا-يوجد", talk.article["id"].upper(), hidden.article["id"], other.article["id"]]
    answer = await talk.newsroom.get("/v1/comments/counts", params={"articles": ",".join(names)})
    assert answer.json() == {
        "data": [
            {"asked": names[0], "article_id": other.article["id"], "slug": other.article["slug"], "count": 1},
            {"asked": names[2], "article_id": talk.article["id"], "slug": talk.article["slug"], "count": 3},
            {"asked": names[4], "article_id": other.article["id"], "slug": other.article["slug"], "count": 1},
        ]
    }
    await talk.newsroom.get("/v1/comments/counts", params={"articles": ",".join(["x"] * 101)}, expect=400)
    await talk.newsroom.get("/v1/comments/counts", expect=400)


@pytest.mark.parametrize(
    ("article", "given", "body", "language", "direction"),
    [
        ("ar", None, "كلام", "ar", "rtl"),
        ("ar", None, "iPhone سعره مرتفع", "ar", "rtl"),
        ("ar", None, "Great news", "und", "ltr"),
        ("ar", None, "١٢٣ 👍👍", "ar", "rtl"),
        ("en", None, "كلام عربي", "und", "rtl"),
        ("ar", "en-gb", "كلام", "en-GB", "ltr"),
        ("en", "fa", "Hi there", "fa", "rtl"),
        ("ar", "und", "كلام", "und", "rtl"),
    ],
)
async def test_every_comment_travels_with_language_and_direction(
    newsroom: Newsroom, article: str, given: str | None, body: str, language: str, direction: str
) -> None:
    talk = Talk(newsroom, await newsroom.published(language=article))
    comment = await talk.held(body, language=given)
    assert (comment["language"], comment["direction"]) == (language, direction)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("سطر\nثانٍ", "<p>سطر<br>ثانٍ</p>"),
        ("فقرة\n\n \nأخرى", "<p>فقرة</p><p>أخرى</p>"),
        ("<script>alert(1)</script> & \"'", "<p>&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;&#x27;</p>"),
        ("انظر https://a.example/ب؟", '<p>انظر <a href="https://a.example/ب" rel="REL">https://a.example/ب</a>؟</p>'),
        ("(http://a.example/x).", '<p>(<a href="http://a.example/x" rel="REL">http://a.example/x</a>).</p>'),
        (
            "http://a.example/w_(x)",
            '<p><a href="http://a.example/w_(x)" rel="REL">http://a.example/w_(x)</a></p>',
        ),
        (
            "https://a.example/?a=1&b=2",
            '<p><a href="https://a.example/?a=1&amp;b=2" rel="REL">https://a.example/?a=1&amp;b=2</a></p>',
        ),
        ("javascript:alert(1) mailto:a@b.example", "<p>javascript:alert(1) mailto:a@b.example</p>"),
        ("https://u:p@a.example https://", "<p>https://u:p@a.example https://</p>"),
        (
            'https://a.example/"onclick="x',
            '<p><a href="https://a.example/" rel="REL">https://a.example/</a>&quot;onclick=&quot;x</p>',
        ),
    ],
)
def test_html_is_escaped_text_with_links(text: str, html: str) -> None:
    assert body_html(text) == html.replace("REL", "nofollow ugc noopener noreferrer")


@pytest.mark.parametrize(
    "unit", ["http://", "https://a.", "(", "https://a.example/)", "\n", " \n", "https://a.example/((", "&"]
)
def test_html_takes_time_in_proportion_to_the_text(unit: str) -> None:
    assert_linear(lambda size: body_html(unit * (size // len(unit))), 200_000)


async def test_no_mail_address_ever_comes_out(talk: Talk, caplog: pytest.LogCaptureFixture) -> None:
    """Not in an answer, a header, a log line; and no statement of a public GET names the private table."""
    caplog.set_level(logging.DEBUG, "nashra")
    caplog.set_level(logging.DEBUG, "nashra.access")
    answers = [await talk.send("أول")]
    comment = {**answers[0].json()["comment"], "edit_token": answers[0].json()["edit_token"]}
    await talk.decide(comment, "approve")
    reply = await talk.said(parent_id=comment["id"])
    answers += [
        await talk.send("أول", expect=409),
        await talk.send("ن", expect=422),
        await talk.send(expect=422, author_email=f"{EMAIL}@"),
        await talk.own("PATCH", comment, {"body": "معدّل"}, expect=200),
        await talk.own("GET", comment, expect=200),
    ]
    await talk.newsroom.desk("POST", f"/comments/{comment['id']}/approve", if_match=answers[-1].headers["etag"])
    urls = [
        talk.url,
        f"{talk.url}?sort=top&count=true",
        f"{talk.url}/form",
        f"/v1/comments/{comment['id']}",
        f"/v1/comments/{reply['id']}",
        f"/v1/comments/{comment['id']}/replies",
        f"/v1/comments/counts?articles={talk.article['id']}",
        f"/v1/articles/{talk.article['id']}",
        "/v1/articles",
        "/v1/site",
    ]
    with asked_of(talk.newsroom.app.state.database.reading) as statements:
        answers += [await talk.newsroom.get(url) for url in urls]
        answers.append(await talk.own("GET", comment, expect=200))
    assert len(statements) > 10
    assert not [statement for statement in statements if "comment_private" in statement]
    private = await talk.private(comment)
    secrets = [EMAIL, "salma@", *(value for value in private if isinstance(value, str) and value != comment["id"])]
    for answer in answers:
        whole = answer.text + str(answer.headers.raw)
        assert not [secret for secret in secrets if secret in whole], answer.request.url
    assert caplog.records
    assert not [secret for secret in [*secrets, comment["edit_token"], "معدّل"] if secret in caplog.text]

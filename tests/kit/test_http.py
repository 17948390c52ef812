"""Conventions of every answer: problems, languages, validators, caching, origins, names of requests, hostile input."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import httpx
import pytest
from fastapi.routing import iter_route_contexts
from starlette.datastructures import Headers

from app.articles.repository import Articles
from app.kit import clock
from app.kit.addresses import anonymous, client_address
from app.text import messages
from tests.newsroom import Newsroom, beside

pytestmark = pytest.mark.anyio

PROBLEM = "application/problem+json"
JSON = {"content-type": "application/json"}
READ = (
    "/v1",
    "/v1/site",
    "/v1/articles",
    "/v1/sections",
    "/v1/tags",
    "/v1/authors",
    "/v1/tickers",
    "/",
    "/docs",
    "/healthz",
)


def paths(newsroom: Newsroom, method: str) -> set[str]:
    routes = iter_route_contexts(newsroom.app.routes)
    return {str(route.path) for route in routes if method in (route.methods or ())}


def is_problem(answer: httpx.Response, status: int, slug: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == PROBLEM
    assert answer.headers["cache-control"] == "no-store"
    content = dict(answer.json())
    assert (content["type"], content["status"]) == (f"/problems/{slug}", status)
    assert content["title"]
    assert content["detail"]
    assert content["language"] == answer.headers["content-language"]
    return content


# --- problems ---------------------------------------------------------------------------------------------------------


async def test_what_is_not_there_is_a_problem_with_its_page(lone_newsroom: Newsroom) -> None:
    for path in ("/nothing", "/v1/nothing", "/v1/articles/", "/v1/articles/لا-شيء", "/v1/desk", "/%00", "/problems/x"):
        problem = is_problem(await lone_newsroom.get(path, None), 404, "not-found")
        assert problem["instance"].isascii()
    assert "not-found" in (await lone_newsroom.get("/problems")).text
    page = await lone_newsroom.get("/problems/not-found", headers={"accept-language": "en"})
    assert page.headers["content-type"].startswith("text/html")


async def test_a_wrong_method_is_told_all_the_right_ones(lone_newsroom: Newsroom) -> None:
    expected = {
        ("POST", "/v1/articles"): "GET, HEAD",
        ("DELETE", "/v1/articles/x"): "GET, HEAD",
        ("PUT", "/v1/desk/articles"): "GET, HEAD, POST",
        ("PUT", "/v1/desk/articles/x"): "DELETE, GET, HEAD, PATCH",
        ("PATCH", "/v1/desk/sections/x"): "DELETE, GET, HEAD, PUT",
        ("HEAD", "/v1/desk/articles/x/publish"): "POST",
        ("GET", "/v1/desk/articles/x/publish"): "POST",
        ("OPTIONS", "/v1/articles"): "GET, HEAD",
        ("OPTIONS", "/v1/comments/counts"): "GET, HEAD",  # `/v1/comments/{id}` also matches it
        ("PUT", "/v1/comments/x"): "DELETE, GET, HEAD, PATCH",
        ("TRACE", "/v1/site"): "GET, HEAD",
        ("BREW", "/"): "GET, HEAD",
    }
    for (method, path), allow in expected.items():
        answer = await lone_newsroom.client.request(method, path)
        assert answer.status_code == 405, (method, path)
        assert answer.headers["allow"] == allow, (method, path)
        if method != "HEAD":
            is_problem(answer, 405, "method-not-allowed")


REFUSED_BODIES = [
    b"{", b"", b"[", b"[" * 100_000, b'{"headline":' * 50_000, b'{"headline":"\xff\xfe"}', b"\x00", b"nul",
    b'{"urgency":' + b"9" * 5000 + b"}", b'{"headline":"\\ud800"}', b'{"\\ud800":1}', b'{"headline":"x","\\u0000":1}',
    b'{"headline":"x","urgency":NaN}', b'{"headline":"x","urgency":Infinity}', b'{"headline":"x","urgency":1e999}',
    b'{"headline":"x","urgency":1.5}', b'{"headline":"x","urgency":true}', b'{"headline":"x","urgency":"5"}',
    b'{"headline":"x","lead_image":{"url":"https://x.example/","width":"5"}}', b'{"headline":1}', b'{"headline":null}',
    b"[]", b"1", b'"x"', b"null", b"true", b'{"headline":["x"]}', b'{"headline":{"a":1}}', b'{"tags":"x"}',
    b'{"headline":"x","tags":[1]}', b'{"headline":"x","section":"' + b"a" * 300 + b'"}',
    b'{"headline":"' + "ا\u0301".encode() * 5000 + b'"}', b'{"headline":"\\u202e\\u200b"}', b'{"headline":" \\u0640 "}',
    b'{"headline":"x","lead_image":{"url":"http://[::1","focal_point":{"x":-0.1,"y":1e-400}}}',
    b'{"headline":"x","canonical_url":"http://a.example:99999/"}', b'{"headline":"x","language":"' + b"a-" * 50 + b'"}',
]  # fmt: skip


async def test_no_body_whatever_is_more_than_a_refusal(lone_newsroom: Newsroom) -> None:
    headers = {**JSON, "authorization": f"Bearer {lone_newsroom.tokens['admin']}"}
    for content in REFUSED_BODIES:
        answer = await lone_newsroom.client.post("/v1/desk/articles", content=content, headers=headers)
        problem = is_problem(answer, 422, "invalid-body")
        assert problem["errors"], content[:80]
        for fault in problem["errors"]:
            assert set(fault) == {"pointer", "code", "message", "params"}
            assert fault["message"]
            assert not fault["message"].startswith("fault.")


async def test_what_storage_cannot_hold_is_cleaned_or_refused_before_it_gets_there(newsroom: Newsroom) -> None:
    await newsroom.section()
    fields = {
        "headline": "a\0b", "summary": "س\0ط", "body": "<p>a\0b</p>", "source": "\0",
        "external_id": {"system": "a\0b", "id": "\0c"}, "dateline": "\x1b[31m", "seo": {"title": "\ufffe"},
        "body_format": "text", "section": "علوم\0",
    }  # fmt: skip
    article = (await newsroom.desk("POST", "/articles", fields, expect=201)).json()
    assert "\0" not in json.dumps(article, ensure_ascii=False)
    assert (article["headline"], article["source"], article["external_id"]["id"]) == ("ab", None, "c")
    for query in (
        "external_id=%00",
        "external_id=%00:%00",
        "status=%00",
        "kind=%00",
        "language=%00&tag=%00&author=%00",
    ):
        assert (await newsroom.desk("GET", f"/articles?{query}")).json()["data"] == []
    await newsroom.desk("GET", "/audit?action=%00", expect=400)
    await newsroom.desk("GET", "/audit?resource_id=%00", expect=400)
    for path in ("/sections/%00", "/tags/a%00b", "/articles/%00", "/staff/%00"):
        await newsroom.desk("GET", path, expect=404)
    await newsroom.desk("PUT", "/tags/%00", {"name": "x"}, expect=422)
    name = await newsroom.desk("PUT", "/tags/a", {"name": "a\0b"}, expect=201)
    assert name.json()["name"] == "ab"


async def answered(newsroom: Newsroom, path: str, query: bytes = b"") -> tuple[int, dict[str, str], bytes]:
    """What the application says to a request that no client library would send."""
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "server": ("x", 80),
        "headers": [],
    }
    local = {
        "path": path,
        "raw_path": path.encode("utf-8", "replace"),
        "query_string": query,
        "client": ("127.0.0.1", 1),
    }
    await newsroom.app({**scope, **local}, receive, send)
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], headers, b"".join(message.get("body", b"") for message in sent[1:])


async def test_any_bytes_in_a_query_are_answered(lone_newsroom: Newsroom) -> None:
    queries = [
        b"section=%ff%fe",
        b"%",
        b"%zz=%zz",
        b"&&&",
        b"=",
        b"a" * 20_000,
        b"cursor=%ff",
        b"?",
        b"tag=%d8",
        b"%00",
    ]
    for query in queries:
        status, _, body = await answered(lone_newsroom, "/v1/articles", query)
        assert status in {200, 400}, query
        if status == 400:
            assert json.loads(body)["errors"][0]["parameter"] is not None


async def test_any_characters_in_a_path_are_not_found(lone_newsroom: Newsroom) -> None:
    names = [
        "\ufffd",
        "%",
        "%zz",
        "..",
        "../../etc/passwd",
        "\r\nX-Evil: y",
        "\0",
        "a" * 50_000,
        "\u202e",
        "\ud800",
        "?#",
    ]
    for stem in ("/v1/articles/", "/v1/tags/", "/static/", "/problems/", "/"):
        for name in names:
            status, headers, body = await answered(lone_newsroom, stem + name)
            assert status == 404, (stem, name)
            assert headers["content-type"] == PROBLEM
            assert "x-evil" not in headers
            assert json.loads(body)["instance"].isascii()


async def test_only_json_is_taken(newsroom: Newsroom) -> None:
    token = {"authorization": f"Bearer {newsroom.tokens['admin']}"}
    content = json.dumps({"headline": "خبر"}).encode()
    for media_type in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "json",
        "",
    ):
        answer = await newsroom.client.post(
            "/v1/desk/articles", content=content, headers={**token, "content-type": media_type}
        )
        is_problem(answer, 415, "unsupported-media-type")
        assert answer.headers["accept"] == "application/json"
    for media_type in ("application/json", "application/json; charset=utf-8", "Application/JSON"):
        answer = await newsroom.client.post(
            "/v1/desk/articles", content=content, headers={**token, "content-type": media_type}
        )
        assert answer.status_code == 201
    draft = answer.json()
    merge = {**token, "content-type": "application/merge-patch+json", "if-match": '"1"'}
    answer = await newsroom.client.patch(f"/v1/desk/articles/{draft['id']}", content=b'{"summary":"x"}', headers=merge)
    assert answer.status_code == 200


async def test_a_body_that_is_too_large_is_refused_with_and_without_its_length(lone_newsroom: Newsroom) -> None:
    token = {**JSON, "authorization": f"Bearer {lone_newsroom.tokens['admin']}"}

    async def pieces(size: int) -> AsyncIterator[bytes]:
        for _ in range(size // 1000):
            yield b" " * 1000

    for path, bound in (("/v1/desk/articles", 2_097_152), ("/v1/articles/x/comments", 32_768)):
        whole = await lone_newsroom.client.post(path, content=b" " * (bound + 1), headers=token)
        problem = is_problem(whole, 413, "payload-too-large")
        assert problem["limit"] == bound
        chunked = await lone_newsroom.client.post(path, content=pieces(bound + 2000), headers=token)
        is_problem(chunked, 413, "payload-too-large")
        lying = await lone_newsroom.client.post(path, content=b"", headers={**token, "content-length": "9" * 30})
        is_problem(lying, 413, "payload-too-large")


# --- languages --------------------------------------------------------------------------------------------------------


LANGUAGES: list[tuple[str | None, str]] = [
    (None, "ar"), ("en", "en"), ("en-GB,en;q=0.9", "en"), ("ar", "ar"), ("tr", "ar"), ("en;q=0.2, ar;q=0.8", "ar"),
    ("fr-CA, en;q=0.5", "fr"), ("ar;q=0", "en"), ("*", "ar"), ("de, en;q=0.1", "en"), ("x" * 9000, "ar"),
    (";;,,=", "ar"),
]  # fmt: skip


async def test_problems_speak_the_readers_language(lone_newsroom: Newsroom) -> None:
    for header, language in LANGUAGES:
        headers = {} if header is None else {"accept-language": header}
        answer = await lone_newsroom.get("/v1/articles?limit=0", 400, headers=headers)
        assert answer.headers["content-language"] == language, header
        assert "accept-language" in answer.headers["vary"].lower()
        problem = answer.json()
        assert (problem["language"], problem["direction"]) == (language, "rtl" if language == "ar" else "ltr")
        arabic = re.search(r"[\u0621-\u064a]", problem["title"] + problem["errors"][0]["message"]) is not None
        assert arabic == (language == "ar")


async def test_a_problem_keeps_to_the_language_that_it_names(
    lone_newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a language lacks one of its messages, all of it is English."""
    words = {"problem.invalid-query.title": "Başlık", "problem.invalid-query.detail": "Ayrıntı"}
    monkeypatch.setitem(messages._BY_LOWER_CASE, "tr", "tr")
    for faults, language in (({}, "en"), ({"fault.too_small": "Çok küçük."}, "tr")):
        monkeypatch.setitem(messages._CATALOGUES, "tr", messages.Catalogue.of({**words, **faults}))
        answer = await lone_newsroom.get("/v1/articles?limit=0", 400, headers={"accept-language": "tr-CY, ar;q=0.9"})
        problem = is_problem(answer, 400, "invalid-query")
        assert (problem["language"], problem["direction"]) == (language, "ltr")
        assert (problem["title"] == "Başlık") == (problem["errors"][0]["message"] == "Çok küçük.") == (language == "tr")


async def test_pages_take_their_words_from_the_catalogue(
    lone_newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = {"page.problems": "<Sorunlar>"}
    monkeypatch.setitem(messages._BY_LOWER_CASE, "tr", "tr")
    monkeypatch.setitem(messages._CATALOGUES, "tr", messages.Catalogue.of(words))
    problems = await lone_newsroom.get("/problems?language=tr")
    assert '<html lang="tr" dir="ltr">' in problems.text
    assert "<h1>&lt;Sorunlar&gt;</h1>" in (await lone_newsroom.get("/problems?language=tr")).text
    assert "أنواع الأخطاء" in (await lone_newsroom.get("/problems?language=ar")).text


async def test_delivery_is_the_same_for_everyone(newsroom: Newsroom) -> None:
    article = await newsroom.published()
    for url in ("/v1/articles", f"/v1/articles/{article['id']}", "/v1/site", "/v1/sections"):
        answers = [
            await newsroom.get(url, headers=headers)
            for headers in ({}, {"accept-language": "en"}, {"authorization": f"Bearer {newsroom.tokens['admin']}"},
                            {"origin": "https://any.example"}, {"cookie": "a=b"})
        ]  # fmt: skip
        own = {"x-request-id"}
        shapes = [(a.content, {n: v for n, v in a.headers.items() if n not in own}) for a in answers]
        for shape in shapes:
            assert shape == shapes[0], url
        assert answers[0].headers.get("vary") in {None, "Accept-Encoding"}


# --- validators and caching -------------------------------------------------------------------------------------------


async def test_every_get_answers_head_with_the_same_headers_and_no_body(newsroom: Newsroom) -> None:
    article = await newsroom.published()
    values = {"slug": article["id"], "id": article["id"], "number": "1", "name": "docs.js", "token_id": "x"}
    values |= {"family": "comments", "format": "rss"}
    values |= {"key": "unknown", "extension": "webp", "entry": "unknown", "part": "sections"}
    preview = await newsroom.desk("POST", f"/articles/{article['id']}/previews", {})
    values["token"] = preview.json()["token"]
    finite = {path for path in paths(newsroom, "GET") if not path.endswith("/stream")}  # streams: tests/sync
    asked = {re.sub(r"\{(\w+)\}", lambda m: values[m[1]], path) for path in finite}
    assert len(asked) > 25
    headers = {"authorization": f"Bearer {newsroom.tokens['admin']}", "x-request-id": "the-same-one"}
    for url in asked:
        get = await newsroom.client.get(url, headers=headers)
        head = await newsroom.client.head(url, headers=headers)
        assert head.status_code == get.status_code, url
        assert head.content == b"", url
        assert dict(head.headers) == dict(get.headers), url


async def test_a_client_that_has_the_bytes_is_told_so(newsroom: Newsroom) -> None:
    article = await newsroom.published()
    for url in ("/v1/articles", f"/v1/articles/{article['id']}", "/v1/sections", "/v1/site", "/docs"):
        first = await newsroom.get(url)
        etag = first.headers["etag"]
        assert re.fullmatch(r'"[0-9a-f]{32}(-br|-gzip)?"', etag), "a strong validator"
        for known in (etag, f"W/{etag}", f'"x", {etag}', f'"x",W/{etag} , "y"', "*"):
            again = await newsroom.get(url, 304, headers={"if-none-match": known})
            assert again.content == b""
            assert again.headers["etag"] == etag
            assert again.headers["cache-control"] == first.headers["cache-control"]
            head = await newsroom.client.head(url, headers={"if-none-match": known})
            assert head.status_code == 304
        for other in ('"x"', etag.strip('"'), '"*"', 'W/"x"', "", '"'):
            await newsroom.get(url, 200, headers={"if-none-match": other})


async def test_validators_change_when_and_only_when_the_bytes_do(newsroom: Newsroom) -> None:
    article = await newsroom.published()
    url = f"/v1/articles/{article['id']}"
    first = (await newsroom.get(url)).headers["etag"]
    await newsroom.draft("لا يراه أحد")
    assert (await newsroom.get(url)).headers["etag"] == first
    article = await newsroom.change(article, summary="غيره")
    second = (await newsroom.get(url)).headers["etag"]
    assert second != first
    await newsroom.change(article, summary="غيره")
    assert (await newsroom.get(url)).headers["etag"] == second
    assert (await newsroom.get(f"{url}?fields=headline")).headers["etag"] != second


async def test_delivery_may_be_cached_briefly_and_purged_by_tag(newsroom: Newsroom) -> None:
    article = await newsroom.published()
    for url in ("/v1/articles", f"/v1/articles/{article['slug']}", "/v1/sections", "/v1/tags", "/v1/site"):
        answer = await newsroom.get(url)
        assert answer.headers["cache-control"] == "public, max-age=10"
        tags = answer.headers["cache-tag"]
        assert tags.isascii()
        assert 0 < len(tags) <= 1000
    one = await newsroom.get(f"/v1/articles/{article['slug']}")
    assert one.headers["cache-tag"].split(",")[0] == f"article:{article['id']}"
    assert one.headers["last-modified"].endswith("GMT")
    newsroom.set(cache_tag_header="Surrogate-Key", cache_max_age=3)
    answer = await newsroom.get("/v1/articles")
    assert "cache-tag" not in answer.headers
    assert answer.headers["surrogate-key"] == "articles"
    assert answer.headers["cache-control"] == "public, max-age=3"


async def test_the_time_to_live_never_betrays_a_coming_moment(newsroom: Newsroom) -> None:
    await newsroom.published()
    with clock.frozen(clock.now()):
        before = (await newsroom.get("/v1/articles")).headers
        await newsroom.published("غدًا", at=clock.written(clock.now() + timedelta(seconds=4)))
        after = (await newsroom.get("/v1/articles")).headers
    own = {"x-request-id"}
    assert {n: v for n, v in before.items() if n not in own} == {n: v for n, v in after.items() if n not in own}


# --- origins, names, security -----------------------------------------------------------------------------------------


async def test_any_web_page_may_read_delivery(newsroom: Newsroom) -> None:
    for path, status in (("/v1/articles", 200), ("/v1/articles/x", 404), ("/v1/articles?limit=0", 400)):
        answer = await newsroom.get(path, status, headers={"origin": "https://reader.example"})
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in answer.headers
        exposed = {name.strip() for name in answer.headers["access-control-expose-headers"].split(",")}
        assert {"ETag", "Link", "Location", "Retry-After", "Content-Language", "X-Request-ID"} <= exposed
    ask = {"origin": "https://reader.example", "access-control-request-method": "POST"}
    preflight = await newsroom.client.options("/v1/articles/x/comments", headers=ask)
    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-origin"] == "*"
    allowed = {name.strip() for name in preflight.headers["access-control-allow-headers"].split(",")}
    assert allowed == {
        "Authorization", "Content-Disposition", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match",
        "Last-Event-ID",
    }  # fmt: skip
    assert "POST" in preflight.headers["access-control-allow-methods"]


async def test_only_known_web_pages_may_use_the_desk(newsroom: Newsroom) -> None:
    known = "https://desk.example"
    async with beside(newsroom, desk_origins=(known,)) as other:
        for origin in (
            known,
            "https://evil.example",
            "null",
            "https://desk.example.evil.example",
            "http://desk.example",
        ):
            expected = origin if origin == known else None
            answer = await other.desk("GET", "/me", origin=origin)
            refused = await other.client.get("/v1/desk/me", headers={"origin": origin})
            ask = {"origin": origin, "access-control-request-method": "PATCH"}
            preflight = await other.client.options("/v1/desk/articles/x", headers=ask)
            for found in (answer, refused, preflight):
                assert found.headers.get("access-control-allow-origin") == expected
                assert "Origin" in found.headers["vary"]
                assert "access-control-allow-credentials" not in found.headers
            assert ("access-control-allow-methods" in preflight.headers) == (expected is not None)


async def test_every_answer_names_its_request(lone_newsroom: Newsroom) -> None:
    for path in ("/v1/articles", "/nothing", "/v1/articles?limit=0"):
        given = await lone_newsroom.get(path, None, headers={"x-request-id": "order-66.of_the-day"})
        assert given.headers["x-request-id"] == "order-66.of_the-day"
        hostile = [
            "short",
            "a" * 129,
            "with space in it",
            "<script>alert(1)</script>",
            "a,b,c,d,e,f,g",
            "'; drop table--",
        ]
        for name in hostile:
            made = (await lone_newsroom.get(path, None, headers={"x-request-id": name})).headers["x-request-id"]
            assert re.fullmatch(r"[0-9a-f]{24}", made)
    names = [(await lone_newsroom.get("/v1/articles")).headers["x-request-id"] for _ in range(5)]
    assert len(set(names)) == 5


async def test_no_answer_believes_what_the_client_says_of_the_host(newsroom: Newsroom) -> None:
    article = await newsroom.published("الأول")
    await newsroom.change(article, slug="الثاني")
    evil = {
        "host": "evil.example", "x-forwarded-host": "evil.example", "x-forwarded-proto": "gopher",
        "x-forwarded-prefix": "/evil", "forwarded": "host=evil.example;proto=gopher", "x-original-url": "/evil",
        "x-rewrite-url": "/evil", "x-forwarded-port": "6666",
    }  # fmt: skip
    token = {"authorization": f"Bearer {newsroom.tokens['admin']}"}
    asked = [
        *READ,
        "/v1/articles/الأول",
        "/v1/articles?limit=1",
        "/openapi.json",
        "/.well-known/api-catalog",
        "/nothing",
        "/problems",
        "/v1/desk/me",
    ]
    answers = [await newsroom.get(path, None, headers={**evil, **token}) for path in asked]
    answers.append(await newsroom.client.post("/v1/desk/articles", json={"headline": "خبر"}, headers={**evil, **token}))
    for answer in answers:
        everything = answer.text + str(answer.headers)
        assert not re.search("evil|gopher|6666", everything), answer.request.url
    assert answers[-1].headers["location"].startswith("/v1/desk/articles/")


async def test_every_answer_is_safe_in_a_browser_and_sets_no_cookie(lone_newsroom: Newsroom) -> None:
    asked = [*READ, "/nothing", "/v1/desk/me", "/v1/articles?limit=0", "/problems", "/readyz"]
    answers = [await lone_newsroom.get(path, None) for path in asked]
    answers.append(
        await lone_newsroom.client.options(
            "/v1/articles", headers={"origin": "x", "access-control-request-method": "GET"}
        )
    )
    for answer in answers:
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["referrer-policy"]
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "set-cookie" not in answer.headers
        assert "server" not in answer.headers
        assert "strict-transport-security" not in answer.headers
    lone_newsroom.set(api_url="https://api.news.example")
    secure = await lone_newsroom.get("/v1/articles")
    assert secure.headers["strict-transport-security"].startswith("max-age=")


# --- faults of our own ------------------------------------------------------------------------------------------------


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading lists of articles meets a fault that nobody foresaw."""

    async def fail(*_: Any) -> Any:
        raise RuntimeError("زلّة عند القراءة")

    monkeypatch.setattr(Articles, "published", fail)


async def test_a_fault_nobody_foresaw_is_a_problem_without_its_traceback(
    newsroom: Newsroom, broken: None, caplog: pytest.LogCaptureFixture
) -> None:
    headers = {"origin": "https://reader.example", "x-request-id": "the-broken-one"}
    answer = await newsroom.get("/v1/articles", 500, headers=headers)
    is_problem(answer, 500, "internal-error")
    assert not re.search("زلّة|Traceback|RuntimeError|repository", answer.text)
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["x-request-id"] == "the-broken-one"
    assert answer.headers["x-content-type-options"] == "nosniff"
    failed = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert len(failed) == 1
    assert "the-broken-one" in failed[0].getMessage()
    assert failed[0].exc_info is not None
    head = await newsroom.client.head("/v1/articles", headers=headers)
    assert (head.status_code, head.content) == (500, b"")


async def test_logs_hold_no_bodies_tokens_addresses_or_queries(
    newsroom: Newsroom, caplog: pytest.LogCaptureFixture
) -> None:
    newsroom.set(trusted_proxies=(ip_network("127.0.0.0/8"),))
    token, mail, word = newsroom.tokens["admin"], "salma@example.com", "كلمة-لا-تسجل"
    headers = {"x-forwarded-for": "203.0.113.77", "authorization": f"Bearer {token}", "user-agent": "Spy/1.0"}
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.INFO, "nashra.access"):
        await newsroom.client.get(f"/v1/articles?tag={word}&token={token}", headers=headers)
        await newsroom.client.get(f"/v1/articles/{word}?email={mail}", headers=headers)
        await newsroom.client.post("/v1/desk/articles", json={"headline": word, "source": mail}, headers=headers)
        await newsroom.client.post("/v1/desk/articles", json={"headline": [word], mail: mail}, headers=headers)
        await newsroom.client.post("/v1/desk/articles", content=word.encode(), headers=headers)
        content = {"author_name": word, "author_email": mail, "body": word}
        await newsroom.client.post("/v1/articles/x/comments", json=content, headers=headers)
        await newsroom.client.get(
            "/v1/desk/me",
            headers={**headers, "authorization": "Bearer nsh_wrong", "x-forwarded-for": "2001:db8:1:2:3::4"},
        )
    own = [record for record in caplog.records if record.name.startswith(("nashra", "sqlalchemy", "app"))]
    text = "\n".join(logging.Formatter().format(record) for record in own)
    assert len([record for record in own if record.name == "nashra.access"]) == 7
    for secret in (token, token[:10], mail, "salma", word, "nsh_wrong", "203.0.113.77", "2001:db8:1:2", "Spy"):
        assert secret not in text
    assert "from=203.0.113.0 " in text
    assert "from=2001:db8:1:: " in text
    assert "request_id=" in text


async def test_the_clients_address_is_the_rightmost_hop_that_is_not_ours() -> None:
    trusted = [ip_network("10.0.0.0/8"), ip_network("2001:db8::/32")]
    table: list[tuple[str, list[str], str | None]] = [
        ("198.51.100.7", [], "198.51.100.7"),
        ("198.51.100.7", ["1.2.3.4"], "198.51.100.7"),
        ("10.0.0.1", ["1.2.3.4"], "1.2.3.4"),
        ("10.0.0.1", ["6.6.6.6, 1.2.3.4"], "1.2.3.4"),
        ("10.0.0.1", ["6.6.6.6, 1.2.3.4, 10.9.9.9"], "1.2.3.4"),
        ("10.0.0.1", ["6.6.6.6", "1.2.3.4, 10.9.9.9"], "1.2.3.4"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["10.0.0.2, 10.0.0.3"], "10.0.0.2"),
        ("10.0.0.1", ["1.2.3.4, nonsense"], "10.0.0.1"),
        ("10.0.0.1", ["1.2.3.4:5678"], "1.2.3.4"),
        ("2001:db8::1", ["[2a00::1]:443"], "2a00::1"),
        ("::ffff:10.0.0.1", ["1.2.3.4"], "1.2.3.4"),
        ("", ["1.2.3.4"], None),
    ]
    for peer, hops, expected in table:
        headers = Headers(raw=[(b"x-forwarded-for", hop.encode()) for hop in hops])
        found = client_address({"type": "http", "client": (peer, 1)}, headers, trusted)
        assert (None if found is None else str(found)) == expected, (peer, hops)
    assert anonymous(None) == "-"


async def test_the_document_is_there_for_tools_that_ask_for_yaml(lone_newsroom: Newsroom) -> None:
    as_json, as_yaml = [await lone_newsroom.get(path, None) for path in ("/openapi.json", "/openapi.yaml")]
    assert as_yaml.headers["content-type"] == "application/yaml"
    assert as_yaml.content == as_json.content
    assert len(as_json.content) < 620_000


async def test_the_api_catalog_leads_to_the_document(lone_newsroom: Newsroom) -> None:
    answer = await lone_newsroom.get("/.well-known/api-catalog", None)
    assert answer.headers["content-type"].startswith("application/linkset+json")
    (links,) = answer.json()["linkset"]
    assert links["anchor"].endswith("/v1")
    for target in (*links["service-desc"], *links["service-doc"], *links["status"]):
        found = await lone_newsroom.get(target["href"], None)
        assert found.status_code == 200
        assert found.headers["content-type"].startswith(target["type"])


async def test_a_partial_answer_says_so(newsroom: Newsroom) -> None:
    await newsroom.published("عنوان")
    whole, partial = [await newsroom.get(f"/v1/articles{query}", None) for query in ("", "?fields=headline")]
    assert whole.headers["content-type"] == "application/json"
    assert partial.headers["content-type"] == "application/json; partial=true"
    assert set(partial.json()["data"][0]) == {"id", "headline"}

"""Bodies and addresses as hostile clients send them: bounded, literal, and without what no text may hold."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from app.kit import faults
from app.kit.bodies import MOST_VALUES
from app.kit.middleware import with_literal_path
from tests.comments.talk import talk_in
from tests.newsroom import Newsroom

pytestmark = pytest.mark.anyio
DESK = ("/articles", "/tickers/x/items", "/comments/decisions")


@pytest.mark.parametrize(
    "body",
    [
        {f"field{number}": number for number in range(100_000)},
        {"headline": "x", "tags": list(range(200_000))},
        {"headline": "x", "media": [{}] * 200_000},
        {"decisions": [{"a": 1}] * 50_000},
    ],
    ids=["fields", "numbers", "objects", "decisions"],
)
async def test_a_body_of_too_many_values_is_refused_before_its_faults_are_told(
    newsroom: Newsroom, body: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[Any] = []
    monkeypatch.setattr(faults, "fault_of", built.append)
    for path in DESK:
        problem = (await newsroom.desk("POST", path, body, expect=422)).json()
        (fault,) = problem["errors"]
        assert (fault["pointer"], fault["code"], fault["params"]) == ("", "too_many", {"max": MOST_VALUES})
    assert not built


async def test_the_largest_forms_are_not_too_large(newsroom: Newsroom) -> None:
    image = {"url": "https://x.example/1", "alt": "ا", "caption": "ب", "credit": "ج", "width": 1, "height": 1}
    await newsroom.draft(media=[{**image, "focal_point": {"x": 0.5, "y": 0.5}}] * 100)


@pytest.mark.parametrize("field", ["slug", "canonical_url", "headline", "section", "summary"])
@pytest.mark.parametrize("letter", ["ا", "a", "\u064b", "a\u0315\u0300"])
async def test_a_text_far_too_long_is_refused_by_its_length(newsroom: Newsroom, field: str, letter: str) -> None:
    body = {"headline": "خبر", field: letter * 200_000}
    answer = await newsroom.desk("POST", "/articles", body, expect=422)
    assert [fault["code"] for fault in answer.json()["errors"]] == ["too_long"]


async def test_a_name_far_too_long_is_refused_by_its_length(newsroom: Newsroom) -> None:
    answer = await newsroom.desk("PUT", "/tags/x", {"name": "ا" * 500_000}, expect=422)
    assert [fault["code"] for fault in answer.json()["errors"]] == ["too_long"]


UNSTORABLE = ("\\u0000", "\\ud800", "\\udfff", "\\uDC00\\uD83D")


async def sent(newsroom: Newsroom, method: str, url: str, body: Any, mark: str) -> Any:
    """What becomes of a body in whose texts `@` stands for the mark, written as JSON escapes it."""
    content = json.dumps(body, ensure_ascii=False).replace("@", mark).encode()
    headers = {"Authorization": f"Bearer {newsroom.tokens['admin']}", "Content-Type": "application/json"}
    answer = await newsroom.client.request(method, url, content=content, headers=headers)
    assert answer.is_success, answer.text
    return answer.json()


@pytest.mark.parametrize("mark", UNSTORABLE)
async def test_what_cannot_be_stored_is_taken_out_of_every_text_alike(newsroom: Newsroom, mark: str) -> None:
    """A NUL, a lone surrogate: in a headline as in a body, a name, a comment."""
    await newsroom.section()
    image = {"url": "https://x.example/@1", "alt": "أ@ب", "caption": "أ@ب", "credit": "أ@ب"}
    fields = {
        "headline": "أ@ب", "short_headline": "أ@ب", "summary": "أ@ب", "byline": "أ@ب", "dateline": "أ@ب",
        "source": "أ@ب", "slug": "أ@ب", "canonical_url": "https://x.example/@1", "section": "علوم@",
        "lead_image": image, "media": [image], "seo": {"title": "أ@ب", "description": "أ@ب"},
        "rights": {"holder": "أ@ب", "notice": "أ@ب", "usage": "أ@ب"}, "external_id": {"system": "أ@ب", "id": "أ@ب"},
        "body": "<p>أ@ب</p>", "body_format": "html",
    }  # fmt: skip
    plain = json.loads(json.dumps(fields, ensure_ascii=False).replace("@", ""))
    made = await sent(newsroom, "POST", "/v1/desk/articles", fields, mark)
    for name in ("headline", "short_headline", "summary", "byline", "dateline", "source", "slug", "external_id"):
        assert made[name] == plain[name], name
    assert (made["body"]["html"], made["body_source"]) == ("<p>أب</p>", "<p>أب</p>")
    assert (made["media"][0]["caption"], made["seo"]["title"]) == ("أب", "أب")
    for body_format in ("text", "markdown"):
        text = {"headline": "خبر", "body": "أ@ب", "body_format": body_format}
        assert (await sent(newsroom, "POST", "/v1/desk/articles", text, mark))["body"]["text"] == "أب"
    for plural in ("tags", "authors", "sections", "tickers"):
        term = await sent(newsroom, "PUT", f"/v1/desk/{plural}/x", {"name": "أ@ب", "description": "أ@ب"}, mark)
        assert (term["name"], term["description"]) == ("أب", "أب")
    talk = await talk_in(newsroom)
    comment = {"author_name": "أ@ب", "author_email": "a@example.com", "body": "أ#ب"}
    content = json.dumps(comment, ensure_ascii=False).replace("#", mark).replace("أ@ب", f"أ{mark}ب").encode()
    answer = await newsroom.client.post(talk.url, content=content, headers={"Content-Type": "application/json"})
    shown = answer.json()["comment"]
    assert (shown["author_name"], shown["body"]) == ("أب", "أب")


HEADLINE, BODY = '{"headline":"أ@ب"}', '{"headline":"خبر","body":"أ@ب"}'
ENCODED = {
    "surrogate": lambda text: text.replace("@", "\ud800").encode("utf-8", "surrogatepass"),
    "not UTF-8": lambda text: text.encode().replace(b"@", b"\xff"),
    "UTF-16": lambda text: text.replace("@", UNSTORABLE[1]).encode("utf-16-le"),
    "UTF-16, marked": lambda text: text.replace("@", UNSTORABLE[0]).encode("utf-16"),
    "UTF-32": lambda text: text.replace("@", UNSTORABLE[1]).encode("utf-32"),
}


@pytest.mark.parametrize("way", ENCODED)
async def test_a_body_that_is_not_utf8_is_no_json(newsroom: Newsroom, way: str) -> None:
    """RFC 8259, section 8.1. Whatever field it is in, and however it gets around what looks for escapes."""
    headers = {"Authorization": f"Bearer {newsroom.tokens['admin']}", "Content-Type": "application/json"}
    for text in (HEADLINE, BODY):
        answer = await newsroom.client.post("/v1/desk/articles", content=ENCODED[way](text), headers=headers)
        assert answer.status_code == 422, answer.text
        assert [(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]] == [("", "json_invalid")]


@pytest.mark.parametrize("mark", UNSTORABLE)
async def test_a_name_that_cannot_be_stored_is_no_known_name(newsroom: Newsroom, mark: str) -> None:
    headers = {"Authorization": f"Bearer {newsroom.tokens['admin']}", "Content-Type": "application/json"}
    content = '{"headline":"one","headline@":"two"}'.replace("@", mark).encode()
    answer = await newsroom.client.post("/v1/desk/articles", content=content, headers=headers)
    assert answer.status_code == 422, answer.text
    assert [fault["code"] for fault in answer.json()["errors"]] == ["unknown_field"]


async def test_a_problem_does_not_give_a_long_name_back(newsroom: Newsroom) -> None:
    answer = await newsroom.desk("POST", "/articles", {"headline": "x", "k" * 1_000_000: 1}, expect=422)
    (fault,) = answer.json()["errors"]
    assert (fault["code"], len(answer.content) < 2_000) == ("unknown_field", True)
    assert fault["pointer"].startswith("/kkk")


@pytest.mark.parametrize("mark", ["\u2028", "\u2029", "\u0085", "\x0b", "\x0c", "\r", "\r\n"])
async def test_every_line_end_is_one_line_end(newsroom: Newsroom, mark: str) -> None:
    text = f"سطر{mark}سطر"
    fields = {"headline": text, "summary": text, "body": text, "body_format": "text"}
    made = (await newsroom.desk("POST", "/articles", fields)).json()
    assert (made["headline"], made["summary"]) == ("سطر سطر", "سطر\nسطر")
    assert made["body"]["html"] == "<p>سطر<br>سطر</p>"
    shown = (await (await talk_in(newsroom)).send(text)).json()["comment"]
    assert (shown["body"], shown["body_html"]) == ("سطر\nسطر", "<p>سطر<br>سطر</p>")


HIDDEN = (
    *("/v1/desk%2farticles", "/v1/%64esk/articles", "/v1/%64%65%73%6b/articles", "/%761/desk/articles"),
    *("/v1%2Fdesk%2Farticles", "/v1/desk/%61rticles", "/%6detrics", "/metric%73", "/v1/tickers%2fx"),
    *("//v1/desk/articles", "/V1/desk/articles", "/v1/Desk/articles", "/v1%5cdesk", "/v1/x/%2e%2e/desk/articles"),
)


@pytest.mark.parametrize("path", HIDDEN)
async def test_a_fixed_part_of_a_path_has_one_spelling(newsroom: Newsroom, path: str) -> None:
    """A proxy that fences `/v1/desk` by its prefix can trust it."""
    token = {"Authorization": f"Bearer {newsroom.tokens['admin']}"}
    request = newsroom.client.build_request("GET", "http://newsroom.test", headers=token)
    for query in (b"", b"?limit=1"):
        request.url = request.url.copy_with(raw_path=path.encode() + query)
        answer = await newsroom.client.send(request)
        assert answer.status_code == 404, answer.text
        assert answer.json()["type"] == "/problems/not-found"


def test_a_path_without_a_slash_is_taken_literally() -> None:
    assert with_literal_path({"raw_path": b"%41", "path": "A"})["path"] == "%41"


async def test_slugs_may_be_encoded_in_any_way(newsroom: Newsroom) -> None:
    await newsroom.published(slug="خبر-2031")
    wholly = "".join(f"%{byte:02x}" for byte in "خبر-2031".encode())
    for slug in ("خبر-2031", quote("خبر-2031"), quote("خبر-2031").lower(), wholly):
        for end in ("", "/comments"):
            await newsroom.get(f"/v1/articles/{slug}{end}")
    await newsroom.get(f"/v1/articles/{quote('خبر-2031')}%2Fcomments", 404)
    await newsroom.desk("GET", f"/sections/{quote('علوم')}")


@pytest.mark.parametrize("raw", ["2026-11-23T00:00:00+03:00", "2026-11-23T00:00:00.5+0300"])
async def test_a_plus_that_was_read_as_a_space_is_told(newsroom: Newsroom, raw: str) -> None:
    for name in ("published_after", "published_before", "updated_after"):
        (fault,) = (await newsroom.get(f"/v1/articles?{name}={raw}", 400)).json()["errors"]
        assert (fault["parameter"], fault["code"]) == (name, "plus_not_encoded")
        assert "%2B" in fault["message"]
        await newsroom.get(f"/v1/articles?{name}={raw.replace('+', '%2B')}")
    body = {"at": "2026-11-23T00:00:00 03:00"}
    article = await newsroom.draft()
    problem = await newsroom.desk("POST", f"/articles/{article['id']}/publish", body, expect=422)
    assert [fault["code"] for fault in problem.json()["errors"]] == ["date_invalid"]


async def test_an_unknown_name_is_told_with_the_nearest_known_one(newsroom: Newsroom) -> None:
    english = {"Accept-Language": "en"}
    answer = await newsroom.get("/v1/articles?publishd_after=x&sction=a&zzz=1&fields=headlin", 400, headers=english)
    found = {fault["parameter"]: fault for fault in answer.json()["errors"]}
    assert found["publishd_after"]["params"] == {"nearest": "published_after"}
    assert found["sction"]["message"].endswith("Did you mean \u2068section\u2069?")
    assert found["zzz"]["params"] == {}
    (fault,) = (await newsroom.get("/v1/articles?fields=headlin", 400)).json()["errors"]
    assert fault["params"] == {"value": "headlin", "nearest": "headline"}
    for asked, nearest in (("section.nme", "section.name"), ("comments.count", None), ("corrections", None)):
        (fault,) = (await newsroom.get(f"/v1/articles?fields={asked}", 400)).json()["errors"]
        assert fault["params"] == {"value": asked, **({"nearest": nearest} if nearest else {})}
    (fault,) = (await newsroom.get("/v1/search?q=a&fields=x", 400)).json()["errors"]
    assert fault["params"] == {}
    (fault,) = (await newsroom.get("/v1/search?q=a&facets=sectoin", 400)).json()["errors"]
    assert fault["params"] == {"value": "sectoin", "nearest": "section"}
    body = {"headline": "x", "sumary": "y", "lead_image": {"url": "https://x.example/1", "captoin": "z"}}
    problem = (await newsroom.desk("POST", "/articles", body, expect=422)).json()
    assert [(fault["pointer"], fault["params"]) for fault in problem["errors"]] == [
        ("/lead_image/captoin", {"nearest": "caption"}),
        ("/sumary", {"nearest": "summary"}),
    ]
    (fault,) = (await newsroom.get("/v1/articles?limit=1&limit=2&sort=x&lmit=3", 400)).json()["errors"][:1]
    assert fault["code"] == "repeated"


@pytest.mark.parametrize(
    ("path", "value", "parameter"),
    [
        ("/v1/articles?fields=headline,body.html", "body.html", "include=body"),
        ("/v1/articles?fields=body", "body", "include=body"),
        ("/v1/articles?fields=display.published", "display.published", "display="),
        ("/v1/tickers?fields=items.article.headline", "items.article.headline", "include=article"),
    ],
)
async def test_a_field_that_another_parameter_brings_is_not_left_out_in_silence(
    newsroom: Newsroom, path: str, value: str, parameter: str
) -> None:
    (fault,) = (await newsroom.get(path, 400)).json()["errors"]
    assert (fault["parameter"], fault["code"]) == ("fields", "needs_parameter")
    assert fault["params"] == {"value": value, "parameter": parameter}
    await newsroom.get(f"{path}&{parameter}{'ar' if parameter == 'display=' else ''}")
    await newsroom.get("/v1/tickers?fields=items.article.slug")

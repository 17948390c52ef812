"""The comment form: what it promises, and every fault in what is sent."""

from __future__ import annotations

from typing import Any

import pytest

from app.text.messages import message
from tests.comments.talk import EMAIL, NAME, Talk, talk_in
from tests.newsroom import Newsroom

pytestmark = pytest.mark.anyio

BLANK = {
    "empty": "",
    "spaces": " \u00a0\u3000",
    "line breaks": "\r\n\t",
    "zero width space": "\u200b\u200b",
    "right-to-left mark": "\u200f\u200e\u061c",
    "tatweel": "\u0640\u0640\u0640",
    "harakat": "\u064e\u064f",
    "hangul filler": "\u3164\u115f\uffa0",
    "braille blank": "\u2800",
    "soft hyphen": "\u00ad",
    "byte order mark": "\ufeff",
    "overrides": "\u202e\u2066\u2069",
    "variation selector": "\ufe0f",
    "all of them": " \u200b\u200f\u0640\u064e\u3164\u2800\ufeff\u202e",
}


def told(answer: Any) -> list[tuple[str, str]]:
    return [(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]]


@pytest.mark.parametrize("language", ["ar", "en", "fr"])
async def test_every_fault_is_reported_at_once_in_the_order_of_the_form(talk: Talk, language: str) -> None:
    talk.newsroom.set(comments_require_consent=True)
    answer = await talk.newsroom.client.post(
        talk.url,
        headers={"Accept-Language": language},
        json={
            "nickname": "x",
            "language": "عربي",
            "parent_id": "01936b2e-7c4a-7d31-9f53-6a1c0de4b7a2",
            "author_url": "javascript:alert(1)",
            "body": "ن",
            "author_email": "not an address",
            "author_name": "\u200b",
        },
    )
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["content-language"] == language
    problem = answer.json()
    assert problem["type"] == "/problems/invalid-body"
    assert problem["title"] == message("problem.invalid-body.title", language)
    assert told(answer) == [
        ("/author_name", "required"),
        ("/author_email", "email_invalid"),
        ("/body", "too_short"),
        ("/author_url", "url_invalid"),
        ("/parent_id", "parent_not_found"),
        ("/consent", "consent_required"),
        ("/language", "language_invalid"),
        ("/nickname", "unknown_field"),
    ]
    for fault in problem["errors"]:
        assert fault["message"] == message(f"fault.{fault['code']}", language, fault["params"])
    assert problem["errors"][2]["params"] == {"min": 2, "actual": 1}
    assert await talk.stored() == 0


async def test_the_mandatory_fields_are_mandatory(talk: Talk) -> None:
    answer = await talk.newsroom.client.post(talk.url, json={})
    assert answer.status_code == 422
    assert told(answer) == [("/author_name", "required"), ("/author_email", "required"), ("/body", "required")]


@pytest.mark.parametrize("field", ["author_name", "author_email", "body"])
async def test_what_is_blank_to_a_human_is_empty(talk: Talk, field: str) -> None:
    for name, blank in BLANK.items():
        content = {"author_name": NAME, "author_email": EMAIL, "body": "كلام", field: blank}
        answer = await talk.newsroom.client.post(talk.url, json=content)
        assert answer.status_code == 422, name
        assert told(answer) == [(f"/{field}", "required")], name


async def test_what_the_settings_do_not_ask_for_may_be_left_out(talk: Talk) -> None:
    talk.newsroom.set(comments_require_name=False, comments_require_email=False)
    comment = await talk.held("بلا اسم", author_name=None, author_email=None)
    assert comment["author_name"] is None
    assert comment["removed"] is False
    await talk.held("باسم فارغ", author_name="\u200b", author_email=" ")
    assert (await talk.private(comment)).email is None
    answer = await talk.send(expect=422, author_name=NAME, author_email="x@")
    assert told(answer) == [("/author_email", "email_invalid")]


async def test_names_are_measured_in_graphemes(talk: Talk) -> None:
    cases = [
        ("س" * 80, True),
        ("س" * 81, False),
        ("سَّ" * 80, True),
        ("سَّ" * 81, False),
        ("é" * 80, True),
        ("e\u0301" * 80, True),
        ("س" * 79 + "👩‍👩‍👧‍👦", True),
        ("س" * 80 + "👩‍👩‍👧‍👦", False),
    ]
    for text, accepted in cases:
        answer = await talk.send(expect=202 if accepted else 422, author_name=text)
        if not accepted:
            fault = answer.json()["errors"][0]
            assert (fault["pointer"], fault["code"]) == ("/author_name", "too_long")
            assert fault["params"] == {"max": 80, "actual": 81}


async def test_bodies_are_measured_in_graphemes(talk: Talk) -> None:
    cases = [
        ("نع", None),
        ("ن", "too_short"),
        ("نَّ", "too_short"),
        ("👍🏽", "too_short"),
        ("👍🏽👍🏽", None),
        ("🇸🇾", "too_short"),
        (" ن \n", "too_short"),
        ("ن" * 5000, None),
        ("ن" * 5001, "too_long"),
        ("هَ" * 5000, None),
        ("\n" + "م" * 5000 + "  \n", None),
    ]
    for text, code in cases:
        answer = await talk.send(text, expect=422 if code else 202)
        assert not code or told(answer) == [("/body", code)], text[:20]


async def test_a_name_that_deceives_is_refused(talk: Talk) -> None:
    for name in ["علي\u200b", "Аdmin", "...", "أ\u064e\u064e\u064e\u064e\u064e\u064eحمد", "👍"]:
        assert told(await talk.send(expect=422, author_name=name))[0][0] == "/author_name"


async def test_what_is_no_address_is_refused_and_not_repeated(talk: Talk) -> None:
    for email in [
        "salma",
        "salma@",
        "@example.com",
        "salma@localhost",
        "sal ma@example.com",
        "salma@example..com",
        f"{'a' * 65}@example.com",
        "salma@[127.0.0.1]",
        '"salma"@example.com',
        "salma\u202e@example.com\u0000\u0001x",
        "salma@example.com, other@example.com",
        "سلمى <salma@example.com>",
        "salma@\u0435xample.com",  # a Cyrillic е
    ]:
        answer = await talk.send(expect=422, author_email=email)
        assert told(answer) == [("/author_email", "email_invalid")]
        assert email not in answer.text


async def test_an_address_has_at_most_254_characters(talk: Talk) -> None:
    domain = ".".join(["d" * 63, "d" * 63, "d" * 60, "com"])
    for local, accepted in ((254 - len(domain) - 1, True), (255 - len(domain) - 1, False)):
        email = f"{'a' * local}@{domain}"
        answer = await talk.send(expect=None, author_email=email)
        assert (answer.status_code == 202) is accepted, (len(email), answer.text)
    assert answer.json()["errors"][0]["params"] == {"max": 254, "actual": 255}


async def test_an_address_is_stored_normalised(talk: Talk) -> None:
    comment = await talk.held(author_email="\u200f Salma@EXAMPLE.com \u200e")
    assert (await talk.private(comment)).email == "Salma@example.com"
    other = await talk.held(author_email="سلمى@مثال.السعودية")
    assert (await talk.private(other)).email == "سلمى@مثال.السعودية"


async def test_a_body_of_another_kind_is_refused(talk: Talk) -> None:
    bodies: list[Any] = [None, [], "نص", 7, {"body": None}, {"body": 5}, {"body": ["x"]}, {"parent_id": 7}]
    for body in bodies:
        answer = await talk.newsroom.client.post(talk.url, json=body)
        assert answer.status_code == 422, answer.text


async def test_a_request_is_at_most_32_kib(talk: Talk) -> None:
    answer = await talk.send("ن" * 20_000, expect=413)
    assert answer.json()["type"] == "/problems/payload-too-large"


async def test_a_web_address_is_http_or_https(talk: Talk) -> None:
    for url in ("javascript:alert(1)", "ftp://x.example", "http://", "https://u:p@x.example", "//x.example"):
        assert told(await talk.send(expect=422, author_url=url)) == [("/author_url", "url_invalid")]
    await talk.send(author_url="https://salma.example/مدونة")
    await talk.send(author_url=" ")


async def test_consent_is_kept_with_the_version_of_the_text(talk: Talk) -> None:
    talk.newsroom.set(comments_require_consent=True, comments_privacy_version="2026-11")
    for consent in (False, None):
        assert told(await talk.send(expect=422, consent=consent)) == [("/consent", "consent_required")]
    assert told(await talk.send(expect=422, consent="yes")) == [("/consent", "wrong_type")]
    private = await talk.private(await talk.held(consent=True))
    assert private.consent_version == "2026-11"
    assert private.consent_at is not None


async def test_reserved_fields_are_accepted_and_ignored(talk: Talk) -> None:
    await talk.send(form_token="anything", challenge="anything")
    faults = told(await talk.send(expect=422, form_token=7, challenge=7))
    assert faults == [("/form_token", "wrong_type"), ("/challenge", "wrong_type")]


@pytest.mark.parametrize("mode", ["open", "premoderated"])
async def test_the_honeypot_does_not_reveal_itself(newsroom: Newsroom, mode: str) -> None:
    newsroom.set(comments_rate=())
    talk = await talk_in(newsroom, mode)
    form = (await newsroom.get(f"{talk.url}/form")).json()
    held = await (await talk_in(newsroom, "premoderated")).send()
    assert form["honeypot"] == "subject"
    caught = await talk.send(subject="Buy now")
    assert caught.status_code == held.status_code == 202
    assert caught.json()["status"] == held.json()["status"] == "pending"
    assert set(caught.json()["comment"]) == set(held.json()["comment"])
    assert set(caught.headers) == set(held.headers)
    assert [row.status for row in await talk.rows()] == ["spam"]
    assert await talk.count() == 0
    comment = {**caught.json()["comment"], "edit_token": caught.json()["edit_token"]}
    assert (await talk.own("GET", comment, expect=200)).json()["status"] == "pending"
    await newsroom.get(f"/v1/comments/{comment['id']}", expect=404)


async def test_an_empty_honeypot_catches_nobody(talk: Talk) -> None:
    for number, value in enumerate(["", "  ", "\u200b", None]):
        content = {"author_name": NAME, "author_email": EMAIL, "body": f"كلام {number}", "subject": value}
        assert (await talk.newsroom.client.post(talk.url, json=content)).status_code == 202
    assert {row.status for row in await talk.rows()} == {"pending"}


@pytest.mark.parametrize(("language", "direction"), [("ar", "rtl"), ("en", "ltr"), ("fr", "ltr")])
async def test_the_form_is_all_that_a_client_needs(talk: Talk, language: str, direction: str) -> None:
    answer = await talk.newsroom.get(f"{talk.url}/form", params={"language": language})
    form = answer.json()
    assert (form["language"], form["direction"]) == (language, direction)
    assert (form["open"], form["mode"]) == (True, "premoderated")
    assert form["title"] == message("form.title", language)
    assert form["note"] == message("form.note", language)
    assert [(f["name"], f["type"], f["required"], f["min"], f["max"], f["autocomplete"]) for f in form["fields"]] == [
        ("author_name", "text", True, 1, 80, "name"),
        ("author_email", "email", True, None, 254, "email"),
        ("body", "textarea", True, 2, 5000, "off"),
        ("author_url", "url", False, None, 2000, "url"),
    ]
    assert all(field["label"] == message(f"form.{field['name']}", language) for field in form["fields"])
    assert form["consent"] == {"required": False, "label": message("form.consent", language)}
    assert form["privacy"] == {"text": message("form.privacy", language), "version": "1"}
    assert "max-age" in answer.headers["cache-control"]
    again = await talk.newsroom.get(f"{talk.url}/form", params={"language": language}, headers={}, expect=200)
    assert again.content == answer.content
    headers = {"If-None-Match": answer.headers["etag"]}
    await talk.newsroom.get(f"{talk.url}/form", params={"language": language}, headers=headers, expect=304)


async def test_the_form_speaks_the_articles_language_or_the_sites(newsroom: Newsroom) -> None:
    english = Talk(newsroom, await newsroom.published("A story", language="en"))
    french = Talk(newsroom, await newsroom.published("Une histoire", language="fr"))
    turkish = Talk(newsroom, await newsroom.published("Bir haber", language="tr"))
    assert (await newsroom.get(f"{english.url}/form")).json()["language"] == "en"
    assert (await newsroom.get(f"{french.url}/form")).json()["language"] == "fr"
    assert (await newsroom.get(f"{turkish.url}/form")).json()["language"] == "ar"
    assert (await newsroom.get(f"{french.url}/form?language=en-GB")).json()["language"] == "en"
    answer = await newsroom.get(f"{french.url}/form?language=a_b", expect=400)
    assert answer.json()["errors"][0]["code"] == "language_invalid"


async def test_the_form_follows_the_settings(talk: Talk) -> None:
    talk.newsroom.set(
        comments="closed",
        comments_require_email=False,
        comments_require_consent=True,
        comments_privacy_text="نحفظ القليل.",
        comments_privacy_version="9",
    )
    form = (await talk.newsroom.get(f"{talk.url}/form")).json()
    assert (form["open"], form["mode"]) == (False, "closed")
    assert [field["required"] for field in form["fields"]] == [True, False, True, False]
    assert form["consent"]["required"] is True
    assert form["privacy"] == {"text": "نحفظ القليل.", "version": "9"}

"""The page of a preview in a real browser: it can be read, asks nobody else for anything, and ends with its token."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Request, expect

from tests.browser.accessibility import assert_everyone_can_read
from tests.browser.desk import Desk, Json

both_languages = pytest.mark.parametrize("site", ["ar", "en"], indirect=True)


def preview_of(desk: Desk, headline: str) -> tuple[Json, Json]:
    """A draft with a picture of the library, and its preview."""
    articles = desk.read(f"/v1/articles?limit=100&language={desk.language}")["data"]
    image = next(one["lead_image"]["id"] for one in articles if one["lead_image"])
    draft = desk.send(
        "POST",
        "/articles",
        {
            "headline": headline,
            "body": "<h2>عنوان فرعي</h2><p>متن لم يُنشر بعد.</p>",
            "language": desk.language,
            "summary": "خلاصة",
            "lead_image": {"id": image},
        },
    )
    return draft, desk.send("POST", f"/articles/{draft['id']}/previews", {})


@both_languages
def test_everyone_can_read_a_preview_and_its_page_calls_nobody(page: Page, desk: Desk) -> None:
    _, preview = preview_of(desk, "خبر لم يُنشر بعد")
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request))
    answer = page.goto(f"/preview/{preview['token']}")
    assert answer
    assert answer.status == 200
    expect(page.get_by_role("heading", level=1)).to_have_text("خبر لم يُنشر بعد")
    assert_everyone_can_read(page)
    page.wait_for_load_state("networkidle")
    assert {request.resource_type for request in asked} <= {"document", "stylesheet", "font", "image", "other"}
    assert [request.url for request in asked if preview["token"] in request.url] == [answer.url]
    assert not [request.url for request in asked if preview["token"] in str(request.all_headers())]
    assert "خبر" not in page.title()


@both_languages
def test_one_that_was_revoked_is_a_page_that_says_so(page: Page, desk: Desk, faults: list[str]) -> None:
    draft, preview = preview_of(desk, "خبر لم يُنشر بعد")
    desk.send("DELETE", f"/articles/{draft['id']}/previews/{preview['id']}", {})
    answer = page.goto(f"/preview/{preview['token']}")
    assert answer
    assert answer.status == 404
    expect(page.get_by_text("خبر لم يُنشر بعد")).to_have_count(0)
    assert_everyone_can_read(page)
    faults.clear()  # the console tells of the 404

"""The documentation at work: its form sends requests to the newsroom that serves it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.accessibility import assert_everyone_can_read
from tests.browser.conftest import Look
from tests.serving import Demo

working = pytest.mark.parametrize("look", [Look(390, "dark"), Look(1280, "light")], ids=["390-dark", "1280-light"])


@pytest.mark.parametrize("path", ["/docs", "/docs/operations/create_article", "/docs/schemas/Article"])
def test_everyone_can_read_the_documentation(page: Page, path: str) -> None:
    page.goto(path)
    assert_everyone_can_read(page)


def sent(page: Page, operation: str) -> Locator:
    """The answer that the page of an operation shows after its form was sent."""
    page.goto(f"/docs/operations/{operation}")
    page.get_by_role("button", name="Send").click()
    return page.get_by_role("status")


@working
def test_a_request_is_answered_on_the_page(page: Page) -> None:
    answer = sent(page, "list_articles")
    expect(answer).to_contain_text("200 OK")
    expect(answer).to_contain_text('"headline"')
    assert_everyone_can_read(page)


@working
def test_a_token_is_kept_from_one_page_to_the_next(page: Page, demo: Demo) -> None:
    page.goto("/docs")
    page.get_by_text("Authorize").click()
    page.get_by_label("Staff token").fill(demo.token)
    expect(sent(page, "read_me")).to_contain_text("200 OK")


@working
def test_without_a_token_the_page_shows_the_problem(page: Page, faults: list[str]) -> None:
    with page.expect_console_message(lambda said: "401" in said.text):
        answer = sent(page, "read_me")
    expect(answer).to_contain_text("401 Unauthorized")
    assert faults.pop().startswith("console: Failed to load resource")


@working
def test_a_stream_is_shown_until_it_is_stopped(page: Page) -> None:
    answer = sent(page, "stream_changes")
    expect(answer).to_contain_text("200 OK")
    stop = page.get_by_role("button", name="Stop")
    stop.click()
    expect(stop).to_be_hidden()

"""The HTML pages in a real browser: wide and narrow, light and dark."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.accessibility import assert_accessible, assert_fits

OURS = ["/", "/?language=en", "/problems", "/problems/invalid-body"]
# Of Swagger UI, whose files are used as they come. Nobody needs it to read the API: /openapi.json is the same in words.
SWAGGER_UI = {
    "color-contrast": "its greys, greens and blues on white",
    "nested-interactive": "an operation is a button with a link and a button in it",
    "select-name": "the choice of the server has no label",
    "target-size": "the links of operations are as high as their letters",
}


@pytest.mark.parametrize("path", OURS)
def test_a_page_loads_whole_and_fits_and_everyone_can_read_it(page: Page, path: str) -> None:
    page.goto(path)
    assert page.locator("h1").is_visible()
    assert_fits(page)
    assert_accessible(page)


def test_the_documentation_draws_its_operations(page: Page) -> None:
    page.goto("/docs")
    page.get_by_text("/v1/articles", exact=True).first.wait_for()
    assert_fits(page)
    assert_accessible(page, SWAGGER_UI)

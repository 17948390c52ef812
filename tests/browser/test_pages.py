"""The HTML pages in a real browser: wide and narrow, light and dark."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.accessibility import assert_everyone_can_read
from tests.browser.conftest import Look
from tests.serving import ROOT

GUIDES = sorted(path.stem for path in (ROOT / "docs" / "api").glob("*.md") if path.name != "README.md")


@pytest.mark.parametrize("path", ["/", "/?language=en", "/problems", "/problems/invalid-body"])
def test_everyone_can_read_a_page(page: Page, path: str) -> None:
    page.goto(path)
    assert_everyone_can_read(page)


@pytest.mark.parametrize("look", [Look(390, "light")], ids=["390-light"])
@pytest.mark.parametrize("guide", GUIDES)
def test_everyone_can_read_a_guide(page: Page, guide: str) -> None:
    page.goto(f"/docs/guide/{guide}")
    assert_everyone_can_read(page)

"""What the other tests rely on: a page with a fault does not pass."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.accessibility import assert_accessible, assert_fits
from tests.browser.conftest import PATIENCE, Look

pytestmark = pytest.mark.parametrize("look", [Look(390, "dark")], ids=["390-dark"])
INLINE = "document.body.append(Object.assign(document.createElement('script'), {textContent: '1'}))"
UNREADABLE = "<html lang='en'><meta name='viewport' content='width=device-width'><title>x</title>{}"


def is_told(page: Page, faults: list[str], told: str) -> bool:
    for _ in range(PATIENCE // 100):
        if any(fault.startswith(told) for fault in faults):
            return True
        page.wait_for_timeout(100)
    return False


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("console.error('broken')", "console: broken"),
        ("setTimeout(() => { throw Error('broken') })", "script: broken"),
        (INLINE, "content security policy: script-src-elem forbids inline"),
        ("fetch('http://127.0.0.1:9/')", "content security policy: connect-src forbids"),
    ],
    ids=["console", "script", "inline script", "connection"],
)
def test_what_goes_wrong_in_a_page_is_told(page: Page, faults: list[str], script: str, told: str) -> None:
    page.goto("/")
    page.evaluate(f"() => {{ {script} }}")
    assert is_told(page, faults, told), faults
    page.goto("about:blank")  # nothing more is told
    faults.clear()


def test_a_request_to_another_origin_is_told(page: Page, faults: list[str]) -> None:
    page.evaluate("fetch('http://127.0.0.1:9/', {mode: 'no-cors'}).catch(() => 0)")
    assert faults[0] == "elsewhere: http://127.0.0.1:9/"
    assert is_told(page, faults, "failed: http://127.0.0.1:9/"), faults
    page.goto("about:blank")  # nothing more is told
    faults.clear()


@pytest.mark.parametrize(
    ("element", "rule"),
    [("<img src='data:,'>", "image-alt"), ("<p style='color: #333'>dark on dark", "color-contrast")],
    ids=["no text", "dark on dark"],
)
def test_what_somebody_cannot_read_is_found(page: Page, element: str, rule: str) -> None:
    page.set_content(UNREADABLE.format("<style>:root { color-scheme: light dark }</style>" + element))
    with pytest.raises(AssertionError, match=rule):
        assert_accessible(page)


@pytest.mark.parametrize(
    "content",
    [UNREADABLE.format("<div style='width: 500px'>wide"), "<p>not made for phones"],
    ids=["wide", "no viewport"],
)
def test_a_page_that_is_too_wide_is_found(page: Page, content: str) -> None:
    page.set_content(content)
    with pytest.raises(AssertionError, match="scrolls to the side"):
        assert_fits(page)

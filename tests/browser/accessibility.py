"""Who can read a page: axe-core with the rules of WCAG 2.0, 2.1 and 2.2 at the levels A and AA; and whether it fits."""

from __future__ import annotations

from importlib.resources import files
from typing import TypedDict

from playwright.sync_api import Page

AXE = (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]  # axe has no rule that is new in 2.2 at level A
SHOWN = 3  # elements of a rule: a fault of a style sheet is in all
# axe takes a page without a background for a white one, also where a reader who prefers dark colours sees a dark one.
WITH_BACKGROUND = """() => { const root = document.documentElement;
    if (getComputedStyle(root).backgroundColor === 'rgba(0, 0, 0, 0)') root.style.backgroundColor = 'Canvas' }"""


class Node(TypedDict):
    """An element that breaks a rule."""

    target: list[str]
    failureSummary: str  # the name in axe's answer


class Violation(TypedDict):
    """A rule that is broken."""

    id: str
    help: str
    helpUrl: str
    nodes: list[Node]


def assert_everyone_can_read(page: Page) -> None:
    """The page has a heading, fits, and is accessible."""
    assert page.get_by_role("heading", level=1).is_visible()
    assert_fits(page)
    assert_accessible(page)


def assert_accessible(page: Page) -> None:
    """Fails with every element that breaks a rule."""
    page.evaluate(AXE)  # by the debugger: a script element would need an exception in the content security policy
    page.evaluate(WITH_BACKGROUND)
    options = {"runOnly": LEVELS, "resultTypes": ["violations"]}
    found: list[Violation] = page.evaluate("async options => (await axe.run(options)).violations", options)
    assert not found, "\n".join(["axe-core finds:", *map(told, found)])


def assert_fits(page: Page) -> None:
    """Nothing is beyond the right or left edge, and a phone lays the page out in its own width."""
    assert page.viewport_size
    laid_out, wide = page.evaluate("[document.documentElement.clientWidth, document.documentElement.scrollWidth]")
    assert [laid_out, wide] == [page.viewport_size["width"]] * 2, "the page scrolls to the side"


def told(violation: Violation) -> str:
    """A broken rule in words: one line, and some for each element."""
    nodes = violation["nodes"]
    places = [f"    {' '.join(node['target'])}: {node['failureSummary']}" for node in nodes[:SHOWN]]
    rest = [f"    and {len(nodes) - SHOWN} elements more"] if len(nodes) > SHOWN else []
    return "\n".join([f"  {violation['id']}: {violation['help']} ({violation['helpUrl']})", *places, *rest])

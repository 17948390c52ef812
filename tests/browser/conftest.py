"""A demo newsroom, and pages of the Chromium that the launcher has found; what goes wrong in them fails the test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Literal, NamedTuple

import pytest
from playwright.sync_api import Browser, BrowserContext, Dialog, Page, Request, expect, sync_playwright

from tests import serving
from tests.browser.desk import Desk, language_of

PATIENCE = 20_000  # milliseconds, for a busy machine
QUIET = "no-sandbox disable-gpu disable-quic no-first-run disable-background-networking disable-component-update"
ARGUMENTS = [f"--{word}" for word in [*QUIET.split(), "disable-sync"]]
# Told by the browser itself, before a script of the page runs. `reportViolation` is ours.
REPORT_VIOLATIONS = """addEventListener('securitypolicyviolation',
    ({effectiveDirective, blockedURI, sourceFile}) =>
        reportViolation(`${effectiveDirective} forbids ${blockedURI} in ${sourceFile}`))"""


MANY_COMMENTS = "1000/60"  # all tests write from one address
ENGLISH = {"NASHRA_LANGUAGE": "en", "NASHRA_SITE_NAME": "The Bulletin"}
FRENCH = {"NASHRA_LANGUAGE": "fr", "NASHRA_SITE_NAME": "Le Bulletin"}


class Look(NamedTuple):
    """How wide a page is, in CSS pixels, which colours its reader prefers, and whether scripts run."""

    width: int
    colours: Literal["light", "dark"]
    scripts: bool = True


LOOKS = [Look(1280, "light"), Look(1280, "dark"), Look(390, "light"), Look(390, "dark")]


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[serving.Demo]:
    """A demo newsroom in a process of its own: its address, and the token of an admin."""
    with serving.demo(tmp_path_factory.mktemp("demo"), NASHRA_COMMENTS_RATE=MANY_COMMENTS) as running:
        yield running


@pytest.fixture(scope="session")
def english_demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[serving.Demo]:
    """A second demo newsroom, whose language is English: left to right."""
    with serving.demo(tmp_path_factory.mktemp("english"), NASHRA_COMMENTS_RATE=MANY_COMMENTS, **ENGLISH) as running:
        yield running


@pytest.fixture(scope="session")
def french_demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[serving.Demo]:
    """A third one, whose language is French; the demo has no French content, so its desk must publish some."""
    with serving.demo(tmp_path_factory.mktemp("french"), NASHRA_COMMENTS_RATE=MANY_COMMENTS, **FRENCH) as running:
        yield running


@pytest.fixture
def site(request: pytest.FixtureRequest) -> serving.Demo:
    """The newsroom that the page reads: `@pytest.mark.parametrize("site", ["ar", "en"], indirect=True)`."""
    fixtures = {"ar": "demo", "en": "english_demo", "fr": "french_demo"}
    running: serving.Demo = request.getfixturevalue(fixtures[getattr(request, "param", "ar")])
    return running


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for the whole run; each test has its own profile in it."""
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ["NASHRA_CHROMIUM"], args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(params=LOOKS, ids=lambda look: f"{look.width}-{look.colours}")
def look(request: pytest.FixtureRequest) -> Look:
    """A test that asks for a page runs once for each; `@pytest.mark.parametrize("look", [...])` says otherwise."""
    chosen: Look = request.param
    return chosen


@pytest.fixture
def faults() -> list[str]:
    """What went wrong in the page. Empty when a test ends, or it fails; a test that provokes a fault takes it out."""
    return []


@pytest.fixture
def page(chromium: Browser, site: serving.Demo, look: Look, faults: list[str]) -> Iterator[Page]:
    """An empty page of a new profile; addresses without an origin are those of `site`."""
    with chromium.new_context(
        base_url=site.address,
        viewport={"width": look.width, "height": 800},
        is_mobile=look.width < 600,
        color_scheme=look.colours,
        java_script_enabled=look.scripts,
    ) as context:
        context.set_default_timeout(PATIENCE)
        watch(context, site.address, faults)
        opened = context.new_page()
        yield opened
        opened.evaluate("0")  # what was reported before the answer has arrived with it
        told = list(faults)  # what closing cuts off is no fault
    assert not told, "\n".join(["the page has faults:", *told])


def watch(context: BrowserContext, origin: str, faults: list[str]) -> None:
    """Adds to `faults` the errors in pages of `context`, their failed requests, and their requests to others."""
    tell = faults.append

    def dismiss(shown: Dialog) -> None:
        tell(f"dialog: {shown.message}")
        shown.dismiss()

    context.expose_function("reportViolation", lambda text: tell(f"content security policy: {text}"))
    context.add_init_script(REPORT_VIOLATIONS)
    context.on("dialog", dismiss)
    context.on("console", lambda said: tell(f"console: {said.text}") if said.type == "error" else None)
    context.on("weberror", lambda told: tell(f"script: {told.error}"))
    context.on("requestfailed", lambda asked: tell(f"failed: {asked.url}: {asked.failure}") if failed(asked) else None)
    context.on("request", lambda asked: None if ours(asked.url, origin) else tell(f"elsewhere: {asked.url}"))


def failed(asked: Request) -> bool:
    """Whether a request has failed, rather than being given up by the page itself, as a stream is."""
    failure: str | None = asked.failure
    return failure != "net::ERR_ABORTED"


def ours(url: str, origin: str) -> bool:
    """Whether a request stays here: at the origin, or inside of the browser."""
    return url.startswith((f"{origin}/", "data:", f"blob:{origin}/"))


@pytest.fixture
def desk(site: serving.Demo, request: pytest.FixtureRequest) -> Iterator[Desk]:
    """The desk of the newsroom that the page reads."""
    at_desk = Desk(site, language_of(request))
    yield at_desk
    at_desk.close()

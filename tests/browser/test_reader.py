"""The reader page in a real browser: who can read it, what is live, what runs and what does not."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.accessibility import assert_accessible, assert_everyone_can_read, assert_fits
from tests.browser.conftest import PATIENCE, Look
from tests.browser.desk import Desk, Json, path_of
from tests.serving import ROOT
from tests.text.test_pasted import ATTACKS

both_languages = pytest.mark.parametrize("site", ["ar", "en"], indirect=True)
wide = pytest.mark.parametrize("look", [Look(1280, "light")], ids=["1280-light"])
narrow = pytest.mark.parametrize("look", [Look(390, "dark")], ids=["390-dark"])
without_scripts = pytest.mark.parametrize("look", [Look(390, "light", scripts=False)], ids=["no scripts"])
SCREENSHOTS = ROOT / "var" / "screenshots"
RICH = "/a/" + quote("الترامواي-الشرقي-ينطلق")
# What WCAG 1.4.12 asks a page to bear. Set by the debugger: the page allows no style of its own.
SPACING = """() => { const sheet = new CSSStyleSheet(); sheet.replaceSync(`* { line-height: 1.5 !important;
    letter-spacing: .12em !important; word-spacing: .16em !important } p { margin-block-end: 2em !important }`);
    document.adoptedStyleSheets = [sheet] }"""
FLIGHT_SECONDS = 8  # less than a page waits before it asks, as it does without a stream


def pages(desk: Desk) -> list[str]:
    """Pages of every kind."""
    words = "المدينة" if desk.language == "ar" else "people"
    section = desk.read("/v1/sections")["data"][0]
    author = desk.read("/v1/authors")["data"][0]
    newest = desk.read(f"/v1/articles?limit=1&language={desk.language}")["data"][0]
    terms = [path_of(section), path_of(author)]
    searches = [f"/search?q={words}", "/search?q=zzzzqqq", f"/search?q={'a' * 300}"]
    return [
        "/",
        RICH,
        path_of(newest),
        "/a/small-atlas-observatory-spots-an-asteroid-nobody-had-logged",
        *terms,
        *searches,
    ]


@both_languages
def test_everyone_can_read_every_page(page: Page, desk: Desk) -> None:
    for path in pages(desk):
        answer = page.goto(path)
        assert answer
        assert answer.status == 200, path
        assert_everyone_can_read(page)


@both_languages
def test_pages_for_what_is_not_there_can_be_read(page: Page, desk: Desk, faults: list[str]) -> None:
    gone = desk.publish("خبر يُسحب")
    desk.send("POST", f"/articles/{gone['id']}/withdraw", {"reason": "خطأ في الاسم"})
    for path, status in ((path_of(gone), 410), ("/a/nothing", 404)):
        answer = page.goto(path)
        assert answer
        assert answer.status == status
        assert_everyone_can_read(page)
        page.evaluate("0")
        assert faults.pop().startswith("console: Failed to load resource")


@both_languages
@wide
def test_a_page_fits_at_400_percent_and_with_wide_spacing(page: Page, desk: Desk) -> None:
    page.set_viewport_size({"width": 320, "height": 256})
    for path in pages(desk):
        page.goto(path)
        assert_fits(page)
        page.evaluate(SPACING)
        assert_fits(page)


@both_languages
@pytest.mark.parametrize("look", [Look(1280, "light"), Look(390, "light")], ids=["1280", "390"])
def test_screenshots_are_made(page: Page, desk: Desk, look: Look) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    for name, path in (("front", "/"), ("article", RICH), ("search", pages(desk)[6])):
        page.goto(path)
        page.evaluate("document.fonts.ready")
        made = page.screenshot(path=SCREENSHOTS / f"{name}-{desk.language}-{look.width}.png", full_page=True)
        assert len(made) > 10_000
    assert page.locator("html").get_attribute("dir") == ("rtl" if desk.language == "ar" else "ltr")


# --- live -------------------------------------------------------------------------------------------------------------


def line(page: Page, text: str) -> Locator:
    return page.get_by_role("listitem").filter(has_text=text)


@both_languages
@narrow
def test_what_the_desk_puts_on_the_ticker_comes_by_the_stream(page: Page, desk: Desk) -> None:
    with page.expect_request("**/stream"):
        page.goto("/")
    page.wait_for_timeout(500)  # the stream is open
    text = f"خبر على الشريط {desk.language}"
    item = desk.put_on_ticker(text=text, level="flash")
    expect(line(page, text)).to_be_attached(timeout=FLIGHT_SECONDS * 1000)
    expect(page.get_by_role("status").filter(has_text=text)).to_be_attached()
    assert_accessible(page)
    desk.send("DELETE", f"/tickers/{desk.ticker()}/items/{item['id']}", {})
    expect(line(page, text)).not_to_be_attached()


@narrow
def test_a_withdrawn_article_leaves_the_ticker_and_is_gone_on_reload(page: Page, desk: Desk, faults: list[str]) -> None:
    headline = "خبر يُنشر ثم يُسحب"
    article = desk.publish(headline, urgency=1)
    desk.put_on_ticker(article=article["id"])
    page.goto(path_of(article))
    shown = page.locator(".ticker li").filter(has_text=headline)
    expect(shown).to_have_count(1)
    page.wait_for_timeout(500)
    desk.send("POST", f"/articles/{article['id']}/withdraw", {"reason": "لم يصح"})
    expect(shown).to_have_count(0, timeout=FLIGHT_SECONDS * 1000)
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("سُحب هذا المقال")
    expect(page.get_by_text("لم يصح")).to_be_visible()
    page.evaluate("0")
    assert faults.pop().startswith("console: Failed to load resource")


@wide
def test_a_change_of_the_ticker_takes_no_focus_away(page: Page, desk: Desk) -> None:
    page.goto("/")
    page.wait_for_timeout(500)
    link = page.locator(".ticker li a").nth(1)
    link.focus()
    text = "خبر لا يأخذ التركيز"
    item = desk.put_on_ticker(text=text, pinned=1)
    expect(line(page, text)).to_be_attached()
    expect(link.or_(page.locator(".ticker :focus")).last).to_be_attached()
    assert page.evaluate("document.activeElement.closest('.ticker li') !== null")
    desk.send("DELETE", f"/tickers/{desk.ticker()}/items/{item['id']}", {})


def wait_by_the_clock(page: Page, is_so: Callable[[], bool]) -> None:
    """Half a minute goes by again and again: nobody knows when the page has begun to wait."""
    for _ in range(PATIENCE // 100):
        if is_so():
            return
        page.clock.fast_forward(31_000)
        page.wait_for_timeout(100)


@wide
def test_without_a_stream_the_ticker_asks_again(page: Page, desk: Desk) -> None:
    page.route("**/stream", lambda route: route.fulfill(status=204))
    page.clock.install()
    page.goto("/")
    text = "خبر بلا بث"
    item = desk.put_on_ticker(text=text)
    wait_by_the_clock(page, lambda: line(page, text).count() > 0)
    expect(line(page, text)).to_be_attached()
    desk.send("DELETE", f"/tickers/{desk.ticker()}/items/{item['id']}", {})


@wide
def test_an_empty_ticker_is_hidden_and_a_first_item_is_announced(page: Page, desk: Desk) -> None:
    ticker: Json = {"refresh_after": 10, "items": []}
    page.route("**/stream", lambda route: route.fulfill(status=204))
    page.route("**/v1/tickers/*", lambda route: route.fulfill(json=ticker))
    page.clock.install()
    page.goto("/")
    strip = page.locator(".ticker")
    expect(strip).to_be_hidden()
    ticker["items"] = [desk.read(f"/v1/tickers/{desk.ticker()}")["items"][0]]
    wait_by_the_clock(page, strip.is_visible)
    expect(strip).to_be_visible()
    expect(page.get_by_role("status").filter(has_text=ticker["items"][0]["text"])).to_be_attached()


def place(page: Page) -> float:
    return float(page.locator(".ticker ul").evaluate("list => list.scrollLeft"))


def moves(page: Page) -> bool:
    """Whether the ticker moves when its time has come; returns when it stands still again."""
    before = last = place(page)
    page.clock.fast_forward(6_100)
    page.wait_for_timeout(900)  # a smooth scroll
    while (now := place(page)) != last:
        last = now
        page.wait_for_timeout(300)
    return now != before


def comes_to_move(page: Page) -> bool:
    """A busy machine may need more than one turn."""
    return any(moves(page) for _ in range(5))


@both_languages
@wide
@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_the_ticker_moves_unless_it_is_paused_hovered_or_motion_is_reduced(page: Page, desk: Desk, motion: str) -> None:
    page.emulate_media(reduced_motion="reduce" if motion == "reduce" else "no-preference")
    page.clock.install()
    page.goto("/")
    page.evaluate("document.fonts.ready")

    button = page.locator(".pause")
    if motion == "reduce":
        assert not moves(page)
        button.click()
    page.mouse.move(5, 700)
    assert comes_to_move(page)
    assert place(page) < 0 if desk.language == "ar" else place(page) > 0
    page.locator(".ticker").hover()
    assert not moves(page)
    page.mouse.move(5, 700)
    page.locator(".ticker ul").focus()
    assert not moves(page)
    button.click()
    page.mouse.move(5, 700)
    assert not moves(page)
    expect(button).to_have_text("تشغيل" if desk.language == "ar" else "Play")
    assert_accessible(page)


# --- keyboard, scripts off --------------------------------------------------------------------------------------------


@both_languages
@narrow
def test_the_keyboard_skips_to_the_content_and_goes_back_to_the_top(page: Page) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_class("skip")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    back = page.locator(".to-top")
    back.focus()
    assert page.evaluate("scrollY") > 0
    page.keyboard.press("Enter")
    page.wait_for_function("scrollY === 0")
    page.keyboard.press("Tab")
    expect(page.locator(".masthead :focus")).to_have_count(1)


@both_languages
@without_scripts
def test_pages_read_without_scripts(page: Page, desk: Desk) -> None:
    for path in pages(desk):
        page.goto(path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.goto("/")
    page.locator(".card .headline a").first.click()
    expect(page.locator(".story h1")).to_be_visible()
    page.locator("#seek").fill("الأسعار")
    page.locator("#seek").press("Enter")
    expect(page).to_have_url(re.compile(r"/search\?q="))


# --- search -----------------------------------------------------------------------------------------------------------


@wide
def test_search_types_ahead_and_marks_what_it_found(page: Page) -> None:
    page.goto("/")
    field = page.get_by_role("combobox")
    field.press_sequentially("الأس")
    expect(page.get_by_role("option").first).to_be_visible()
    expect(field).to_have_attribute("aria-expanded", "true")
    assert_accessible(page)
    field.press("ArrowDown")
    chosen = page.locator("[aria-selected=true]").inner_text()
    field.press("Enter")
    page.wait_for_url("**/search?q=*")
    expect(page.locator("#q")).to_have_value(chosen)
    expect(page.locator(".hits mark").first).to_be_visible()


@wide
def test_escape_closes_the_suggestions_and_what_comes_late_opens_none(page: Page) -> None:
    page.goto("/")
    field = page.get_by_role("combobox")
    field.press_sequentially("الأس")
    expect(page.get_by_role("listbox")).to_be_visible()
    field.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    field.press_sequentially("ع")
    page.locator(".wordmark").first.focus()
    page.wait_for_timeout(500)
    expect(page.get_by_role("listbox")).to_be_hidden()


# --- hostile text -----------------------------------------------------------------------------------------------------

BREAKOUTS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "' onfocus=alert(1) autofocus='",
    "</title><script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "</textarea><iframe srcdoc='<script>alert(1)</script>'>",
    "{{7*7}}${7*7}<%=7*7%>",
    "javascript:alert(1)",
    "<a href='javascript:alert(1)'>x</a>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "]]><!--<script>alert(1)</script>-->",
]


@wide
def test_nothing_hostile_runs(page: Page, desk: Desk) -> None:
    """Headlines, names, comments, ticker items and searches, from the page and from its scripts."""
    name = "<img src=x onerror=alert(1)>"
    desk.send("PUT", "/authors/attacker", {"name": name, "bio": BREAKOUTS[1]})
    article = desk.publish(
        " ".join(BREAKOUTS[:6])[:200],
        summary=" ".join(BREAKOUTS[6:]),
        body="".join(ATTACKS),
        authors=["attacker"],
        urgency=1,
    )
    for number, text in enumerate(BREAKOUTS):
        desk.comment(article, author_name=text[:80], body=text, author_email=f"a{number}@example.org")
    items = [desk.put_on_ticker(text=BREAKOUTS[1], pinned=1)]
    for path in ("/", path_of(article), "/by/attacker", f"/search?q={quote(BREAKOUTS[2], safe='')}"):
        page.goto(path)
        page.wait_for_timeout(300)
        expect(page.locator(".ticker")).to_contain_text(BREAKOUTS[1])
    page.goto(path_of(article))
    for text in BREAKOUTS:
        expect(page.locator(".said").filter(has_text=text).first).to_be_visible()
    page.wait_for_timeout(300)
    items.append(desk.put_on_ticker(text=BREAKOUTS[2], pinned=1))
    expect(line(page, BREAKOUTS[2]).first).to_be_attached()
    page.locator("[data-reply]").first.click()
    for item in items:
        desk.send("DELETE", f"/tickers/{desk.ticker()}/items/{item['id']}", {})
    desk.send("POST", f"/articles/{article['id']}/withdraw", {"reason": BREAKOUTS[0]})
    assert_accessible(page)

"""Pictures in a real browser: nothing moves while they load, galleries by keyboard, animations that wait."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.accessibility import assert_accessible, assert_fits
from tests.browser.conftest import Look
from tests.browser.desk import Desk, Json, path_of

both_languages = pytest.mark.parametrize("site", ["ar", "en"], indirect=True)
wide = pytest.mark.parametrize("look", [Look(1280, "light")], ids=["1280-light"])
narrow = pytest.mark.parametrize("look", [Look(390, "dark")], ids=["390-dark"])
without_scripts = pytest.mark.parametrize("look", [Look(390, "light", scripts=False)], ids=["no scripts"])
LATE = 700  # milliseconds after which a picture comes
SHIFTS = """() => new Promise(tell => { let sum = 0;
    new PerformanceObserver(list => { for (const one of list.getEntries()) sum += one.value })
        .observe({ type: 'layout-shift', buffered: true });
    setTimeout(() => tell(sum), 300) })"""
SETTLED = """() => [...document.querySelectorAll('.frame img')]
    .filter(one => one.getBoundingClientRect().top < innerHeight).every(one => one.complete && one.naturalWidth > 0)"""
HEADLINES = {"ar": "مرصد صغير في أعالي الأطلس", "en": "Small Atlas observatory"}


def article_of(desk: Desk, language: str) -> Json:
    found = desk.read(f"/v1/articles?limit=100&language={language}")["data"]
    return dict(next(one for one in found if one["headline"].startswith(HEADLINES[language])))


def story(desk: Desk, language: str | None = None) -> str:
    """The page of the article with an animation; the Arabic one has a gallery too."""
    return path_of(article_of(desk, language or desk.language))


def film_of(desk: Desk) -> str:
    """The address of the animation."""
    blocks = desk.read(f"/v1/articles/{article_of(desk, desk.language)['id']}")["body"]["blocks"]
    (url,) = [str(one["url"]) for block in blocks for one in block.get("renditions", ()) if one["animated"]]
    return url


class Gate:
    """Holds the requests for pictures back until it is opened."""

    def __init__(self, page: Page) -> None:
        self.held: list[Route] = []
        self.is_open = False
        page.route("**/media/**", lambda route: self.take(route))

    def take(self, route: Route) -> None:
        if self.is_open:
            route.continue_()
        else:
            self.held.append(route)

    def open(self) -> None:
        self.is_open = True
        for route in self.held:
            route.continue_()


@both_languages
@pytest.mark.parametrize("place", ["front", "article", "section"])
def test_nothing_moves_when_pictures_come_late(page: Page, desk: Desk, place: str) -> None:
    section = path_of(desk.read("/v1/sections")["data"][0])
    gate = Gate(page)
    page.goto({"front": "/", "article": story(desk), "section": section}[place], wait_until="domcontentloaded")
    page.evaluate("document.fonts.ready")
    page.wait_for_timeout(LATE)
    before, tall = page.evaluate(SHIFTS), page.evaluate("document.documentElement.scrollHeight")
    assert gate.held
    gate.open()
    page.wait_for_function(SETTLED)
    page.wait_for_timeout(100)
    assert page.evaluate(SHIFTS) == before
    assert page.evaluate("document.documentElement.scrollHeight") == tall


@both_languages
@wide
def test_every_picture_has_its_size_and_is_shown(page: Page, desk: Desk) -> None:
    for path in ("/", story(desk), story(desk, "ar")):
        page.goto(path)
        pictures = page.locator(".frame img")
        expect(pictures.first).to_be_visible()
        for picture in pictures.all():
            picture.scroll_into_view_if_needed()
            expect(picture).to_have_js_property("complete", True)
            assert picture.evaluate("one => one.naturalWidth") > 0
            assert picture.get_attribute("width")
            assert picture.get_attribute("height")


def edge(page: Page) -> float:
    """How far a gallery is from its start, in pixels."""
    return abs(float(page.locator(".gallery ul").evaluate("list => list.scrollLeft")))


@both_languages
@pytest.mark.parametrize("look", [Look(1280, "light"), Look(390, "dark")], ids=["1280-light", "390-dark"])
def test_a_gallery_is_stepped_through_by_buttons(page: Page, desk: Desk) -> None:
    page.goto(story(desk, "ar"))
    gallery = page.locator(".gallery")
    back, forth = gallery.locator("button[data-step]").all()
    place = gallery.get_by_role("status")
    expect(place).to_have_text("1 / 3")
    expect(back).to_have_attribute("aria-disabled", "true")
    forth.click()
    expect(place).to_have_text("2 / 3")
    forth.press("Enter")
    expect(place).to_have_text("3 / 3")
    expect(forth).to_be_focused()
    expect(forth).to_have_attribute("aria-disabled", "true")
    back.click()
    expect(place).to_have_text("2 / 3")
    assert_fits(page)
    assert_accessible(page)


@wide
def test_a_gallery_is_scrolled_by_keyboard(page: Page, desk: Desk) -> None:
    page.goto(story(desk, "ar"))
    strip = page.locator(".gallery ul")
    page.locator(".text").evaluate("text => { text.tabIndex = -1; text.focus() }")
    page.keyboard.press("Tab")  # the button of the animation
    while not page.evaluate("document.activeElement.matches('.gallery ul')"):
        page.keyboard.press("Tab")
    expect(strip).to_be_focused()
    for _ in range(3):
        page.keyboard.press("ArrowLeft")  # forwards, from right to left
        page.wait_for_timeout(500)
    expect(page.locator(".gallery").get_by_role("status")).not_to_have_text("1 / 3")
    assert edge(page) > 100


@without_scripts
def test_pictures_need_no_script(page: Page, desk: Desk) -> None:
    page.goto(story(desk, "ar"))
    gallery = page.locator(".gallery")
    expect(gallery.get_by_role("button")).to_have_count(0)
    for figure in gallery.get_by_role("listitem").all():
        figure.scroll_into_view_if_needed()
        expect(figure.get_by_role("img").first).to_be_in_viewport()
    film = page.locator("a.motion")
    address = film.get_attribute("href")
    assert address
    assert desk.client.get(address).headers["content-type"] == "image/webp"
    assert_fits(page)


@both_languages
@wide
@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_an_animation_stands_still_until_somebody_plays_it(page: Page, desk: Desk, motion: str) -> None:
    asked: list[str] = []
    page.emulate_media(reduced_motion="reduce" if motion == "reduce" else "no-preference")
    page.on("request", lambda request: asked.append(request.url))
    page.goto(story(desk))
    film = film_of(desk)
    button = page.locator("button.motion")
    button.scroll_into_view_if_needed()
    figure = page.locator("figure").filter(has=button)
    still = figure.locator("img").bounding_box()
    page.wait_for_timeout(300)
    assert film not in asked
    with page.expect_request(film):
        button.click()
    expect(button).to_have_text("إيقاف الحركة" if desk.language == "ar" else "Stop the animation")
    assert figure.locator("img").bounding_box() == still
    assert figure.locator("img").evaluate("one => one.currentSrc") == film
    expect(button).to_be_focused()
    assert_accessible(page)
    button.press("Enter")
    expect(button).to_have_text("تشغيل الحركة" if desk.language == "ar" else "Play the animation")
    assert figure.locator("img").evaluate("one => one.currentSrc") != film


@wide
def test_the_words_of_a_picture_that_failed_stand_on_the_page(page: Page, desk: Desk, faults: list[str]) -> None:
    page.route("**/media/**", lambda route: route.abort())
    page.goto(story(desk))
    hero = page.locator(".hero .frame")
    expect(hero.locator(".placeholder")).to_have_count(0)
    expect(hero.get_by_role("img")).to_have_attribute("alt", "قبّة مرصد بيضاء فوق تلال داكنة تحت سماء تعجّ بالنجوم")
    page.evaluate("0")
    faults.clear()  # each picture has failed


@narrow
@both_languages
def test_the_poster_of_what_does_not_play_here_is_seen_whole(page: Page, desk: Desk) -> None:
    lead = article_of(desk, desk.language)["lead_image"]
    video = {"kind": "video", "url": "https://films.example/dome.mp4", "poster": {"id": lead["id"], "alt": lead["alt"]}}
    draft = desk.send("POST", "/articles", {"headline": "x", "language": desk.language, "media": [video]})
    preview = desk.send("POST", f"/articles/{draft['id']}/previews", {})
    page.goto(f"/preview/{preview['token']}")
    box = page.locator(".recording img").bounding_box()
    assert box
    assert box["width"] <= 390
    assert box["width"] / box["height"] == pytest.approx(lead["width"] / lead["height"], rel=0.02)
    assert_fits(page)

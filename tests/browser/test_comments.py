"""The comment form in a real browser, with a script and without one; and what a page weighs and how it settles."""

from __future__ import annotations

import gzip
import re

import pytest
from playwright.sync_api import Page, Response, expect

from tests.browser.accessibility import assert_accessible
from tests.browser.conftest import Look
from tests.browser.desk import Desk, path_of

wide = pytest.mark.parametrize("look", [Look(1280, "light")], ids=["1280-light"])
narrow = pytest.mark.parametrize("look", [Look(390, "dark")], ids=["390-dark"])
without_scripts = pytest.mark.parametrize("look", [Look(390, "light", scripts=False)], ids=["no scripts"])
WORDS = "تعليق من المتصفح 👨\u200d👩\u200d👧"
HELD = "شكرًا لك. تعليقك بانتظار المراجعة."
PAGE_BYTES, FONT_BYTES = 60_000, 90_000  # compressed, of a first visit
LAYOUT_SHIFT = 0.02


def fill(page: Page, body: str) -> None:
    page.get_by_label("الاسم").fill("سلمى")
    page.get_by_label("البريد الإلكتروني").fill("salma@example.org")
    page.get_by_label("تعليقك").fill(body)


def send(page: Page) -> None:
    page.get_by_role("button", name="إرسال التعليق").click()


@narrow
def test_faults_stand_at_their_fields_in_arabic_and_the_first_has_the_focus(
    page: Page, desk: Desk, faults: list[str]
) -> None:
    page.goto(path_of(desk.publish("خبر ينتظر التعليق")))
    expect(page.get_by_text("يقرأ المحرر التعليقات قبل نشرها.")).to_be_visible()
    page.get_by_label("تعليقك").fill("رأي")
    send(page)
    name = page.get_by_label("الاسم")
    expect(name).to_be_focused()
    expect(name).to_have_accessible_description(re.compile("هذه الخانة مطلوبة"))
    expect(page.get_by_label("البريد الإلكتروني")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("alert")).to_contain_text("يرجى تصحيح ما يلي:")
    expect(page.get_by_label("تعليقك")).to_have_value("رأي")
    assert_accessible(page)
    page.evaluate("0")
    assert faults.pop().startswith("console: Failed to load resource")  # the 422 itself


@wide
def test_a_held_comment_is_shown_to_its_author_who_edits_and_deletes_it(page: Page, desk: Desk) -> None:
    page.goto(path_of(desk.publish("خبر للتعليق")))
    fill(page, WORDS)
    send(page)
    own = page.locator("[data-own]")
    expect(own.get_by_role("status")).to_have_text(HELD)
    page.reload()
    expect(own).to_contain_text(WORDS)
    own.get_by_role("button", name="تعديل").click()
    own.get_by_role("textbox").fill("كلام معدّل")
    own.get_by_role("button", name="حفظ").click()
    expect(own).to_contain_text("كلام معدّل")
    page.evaluate("window.confirm = () => true")
    own.get_by_role("button", name="حذف").click()
    expect(own).not_to_contain_text("كلام معدّل")
    page.reload()
    expect(own).to_be_hidden()


@wide
def test_two_quick_submits_are_one_comment(page: Page, desk: Desk) -> None:
    article = desk.publish("خبر يعلّق عليه مرتين")
    page.goto(path_of(article))
    fill(page, WORDS)
    page.evaluate("for (let i = 0; i < 3; i++) document.querySelector('.comment-form').requestSubmit()")
    expect(page.locator("[data-own] [role=status]")).to_have_text(HELD)
    found = desk.client.get(f"/v1/desk/comments?article={article['id']}&status=pending", headers=desk.headers).json()
    assert len(found["data"]) == 1


@wide
def test_a_draft_keeps_the_words_and_never_the_address(page: Page, desk: Desk) -> None:
    page.goto(path_of(desk.publish("خبر بمسودة تعليق")))
    fill(page, WORDS)
    page.reload()
    expect(page.get_by_label("تعليقك")).to_have_value(WORDS)
    expect(page.get_by_label("البريد الإلكتروني")).to_have_value("")
    assert "salma" not in str(page.evaluate("JSON.stringify({...localStorage, ...sessionStorage})"))


@wide
def test_characters_are_counted_as_readers_count_them(page: Page, desk: Desk) -> None:
    page.goto(path_of(desk.publish("خبر بتعليق طويل")))
    page.get_by_label("تعليقك").fill("👨\u200d👩\u200d👧" * 4_990)
    expect(page.locator("#left")).to_have_text("الأحرف الباقية: 10")


@without_scripts
def test_without_scripts_the_form_answers_with_its_faults_and_then_holds_the_comment(
    page: Page, desk: Desk, faults: list[str]
) -> None:
    page.goto(path_of(desk.publish("خبر بلا برمجة")))
    page.get_by_label("تعليقك").fill("رأي بلا اسم")
    send(page)
    expect(page.locator("#e-author_name")).to_have_text("هذه الخانة مطلوبة.")
    expect(page.get_by_label("تعليقك")).to_have_value("رأي بلا اسم")
    faults.clear()  # the 422 itself
    fill(page, WORDS)
    send(page)
    expect(page.locator("#comment-sent")).to_have_text(HELD)


@narrow
def test_a_first_visit_is_light_and_nothing_jumps(page: Page, desk: Desk) -> None:
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    page.add_init_script(
        "window.shift = 0; new PerformanceObserver((list) => { for (const entry of list.getEntries()) "
        "if (!entry.hadRecentInput) window.shift += entry.value }).observe({type: 'layout-shift', buffered: true})"
    )
    page.goto("/")
    page.wait_for_timeout(1_000)
    loaded = [answer for answer in answers if not answer.url.endswith("/stream")]
    fonts = sum(len(answer.body()) for answer in loaded if answer.url.endswith(".woff2"))
    rest = sum(len(gzip.compress(answer.body())) for answer in loaded if not answer.url.endswith(".woff2"))
    assert fonts < FONT_BYTES
    assert rest < PAGE_BYTES
    assert page.evaluate("window.shift") < LAYOUT_SHIFT

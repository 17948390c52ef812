"""A French newsroom in a real browser: its words, its dates, its spaces."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import assert_everyone_can_read
from tests.browser.desk import Desk, path_of

pytestmark = pytest.mark.parametrize("site", ["fr"], indirect=True)
HEADLINE = "Le tramway entre en service : « une victoire » !"
BODY = "<p>« Enfin ! », dit-elle : était-ce utile ? <code>a ? b : c</code></p>"
SHOWN = "Le tramway entre en service\u00a0: «\u00a0une victoire\u00a0»\u00a0!"


def test_a_french_newsroom_speaks_french(page: Page, desk: Desk) -> None:
    article = desk.publish(HEADLINE, body=BODY, summary="Après dix ans d’attente, la première rame est partie.")
    desk.comment(article, author_name="Amélie", body="Enfin ! Merci.")
    for path in ("/", path_of(article), "/search?q=tramway", "/search?q=zzzz"):
        page.goto(path)
        assert_everyone_can_read(page)
        assert page.locator("html").get_attribute("lang") == "fr"
        assert page.locator("html").get_attribute("dir") == "ltr"
    page.goto(path_of(article))
    expect(page.get_by_role("heading", level=1)).to_have_text(SHOWN)
    expect(page.locator(".dates time").first).to_have_text(re.compile(r"^\w+di \d+ \w+ 20\d\d à \d\d:\d\d$|^dimanche "))
    expect(page.locator(".dates")).to_contain_text("1 minute de lecture")
    expect(page.locator(".thread time")).to_have_text(re.compile("il y a|maintenant"))


def test_the_comment_form_tells_faults_in_french(page: Page, desk: Desk, faults: list[str]) -> None:
    page.goto(path_of(desk.publish("Un article à commenter")))
    expect(page.get_by_text("Votre adresse e-mail ne sera pas publiée.")).to_be_visible()
    page.get_by_label("Adresse e-mail").fill("amelie")
    with page.expect_response("**/comments"):
        page.get_by_role("button", name="Envoyer le commentaire").click()
    expect(page.locator("#e-author_name")).to_have_text("Ce champ est obligatoire.")
    expect(page.locator("#e-author_email")).to_have_text("Cette adresse e-mail n’est pas valide.")
    page.evaluate("0")
    assert faults.pop().startswith("console: Failed to load resource")  # the 422 itself

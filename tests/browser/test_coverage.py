"""Live coverage in a real browser: a notice instead of a jump, changes in place, and an end."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.accessibility import assert_accessible, assert_everyone_can_read
from tests.browser.conftest import Look
from tests.browser.desk import Desk, Json, path_of

both_languages = pytest.mark.parametrize("site", ["ar", "en"], indirect=True)
wide = pytest.mark.parametrize("look", [Look(1280, "light")], ids=["1280-light"])
without_scripts = pytest.mark.parametrize("look", [Look(390, "light", scripts=False)], ids=["no scripts"])


def write(desk: Desk, article: Json, headline: str, **fields: object) -> Json:
    content = {"headline": headline, "body": "<p>متن النبأ.</p>", "status": "published", **fields}
    return desk.send("POST", f"/articles/{article['id']}/entries", content)


def path_at_desk(entry: Json) -> str:
    return f"/articles/{entry['article_id']}/entries/{entry['id']}"


@both_languages
def test_everyone_can_read_live_coverage(page: Page, desk: Desk) -> None:
    article = desk.publish("تغطية تُقرأ", kind="live")
    for number in range(3):
        write(desk, article, f"نبأ {number}", key_event=number == 1, pinned=1 if number == 0 else None)
    page.goto(path_of(article))
    expect(page.locator(".entries > li")).to_have_count(3)
    assert_everyone_can_read(page)


@wide
def test_new_entries_are_a_notice_that_counts_and_then_entries(page: Page, desk: Desk) -> None:
    article = desk.publish("تغطية حيّة", kind="live")
    first = write(desk, article, "أول")
    page.goto(path_of(article))
    notice = page.locator("[data-fresh] a")
    page.wait_for_timeout(1_000)  # the stream is open
    expect(notice).to_be_hidden()
    write(desk, article, "ثان")
    expect(notice).to_have_text("تحديث جديد")
    write(desk, article, "ثالث")
    expect(notice).to_have_text("تحديثان جديدان")
    write(desk, article, "رابع")
    expect(notice).to_have_text("3 تحديثات جديدة")
    expect(page.locator(".entries h3")).to_have_text(["أول"])
    assert_accessible(page)
    notice.click()
    expect(page.locator(".entries h3")).to_have_text(["رابع", "ثالث", "ثان", "أول"])
    expect(notice).to_be_hidden()
    desk.send("PATCH", path_at_desk(first), {"headline": "أول معدّل"})
    expect(page.locator(".entries h3")).to_have_text(["رابع", "ثالث", "ثان", "أول معدّل"])
    desk.send("DELETE", path_at_desk(first), {})
    expect(page.locator(".entries h3")).to_have_text(["رابع", "ثالث", "ثان"])


@wide
def test_what_came_while_the_connection_was_lost_is_shown_without_a_gap(page: Page, desk: Desk) -> None:
    """More than a page of it: then the first page is read anew, as the server draws it."""
    article = desk.publish("تغطية منقطعة", kind="live")
    write(desk, article, "أول")
    page.goto(path_of(article))
    page.wait_for_timeout(1_000)  # the stream is open
    page.context.set_offline(True)
    for number in range(25):
        write(desk, article, f"نبأ {number}")
    page.context.set_offline(False)
    notice = page.locator("[data-fresh] a")
    expect(notice).to_have_text("25 تحديثًا جديدًا", timeout=30_000)
    expect(page.locator(".entries h3")).to_have_text(["أول"])  # no jump
    notice.click()
    expect(page.locator(".entries h3")).to_have_text([f"نبأ {number}" for number in range(24, 4, -1)])
    expect(notice).to_be_hidden()


@wide
def test_when_the_coverage_has_ended_the_page_says_so_and_stops_listening(page: Page, desk: Desk) -> None:
    article = desk.publish("تغطية تنتهي", kind="live")
    write(desk, article, "أول")
    page.goto(path_of(article))
    page.wait_for_timeout(1_000)
    desk.send("POST", f"/articles/{article['id']}/live", {"ended_at": "2099-01-01T00:00:00Z"})
    started = desk.read(f"/v1/articles/{article['id']}")["live"]["started_at"]
    end = started[:-2] + str((int(started[-2]) + 1) % 10) + "Z"
    desk.send("POST", f"/articles/{article['id']}/live", {"started_at": "2020-01-01T00:00:00Z", "ended_at": end})
    expect(page.locator("[data-state]")).to_have_text("انتهت التغطية")
    write(desk, article, "بعد النهاية")
    page.wait_for_timeout(1_000)
    expect(page.locator("[data-fresh] a")).to_be_hidden()


def change_under_way(page: Page, desk: Desk, method: str, entry: Json, fields: Json) -> None:
    """The entry changes after the server has made the page, and before the page listens."""
    left = [fields]

    def late(route: Route) -> None:
        answer = route.fetch()
        while left:
            desk.send(method, path_at_desk(entry), left.pop())
        route.fulfill(response=answer)

    page.route("**/a/**", late)


@wide
def test_what_was_removed_before_the_page_listened_is_taken_off(page: Page, desk: Desk) -> None:
    article = desk.publish("تغطية من ذاكرة مؤقتة", kind="live")
    write(desk, article, "أول")
    change_under_way(page, desk, "DELETE", write(desk, article, "محذوف"), {})
    write(desk, article, "ثالث")
    page.goto(path_of(article))
    expect(page.locator(".entries h3")).to_have_text(["ثالث", "أول"])


@wide
def test_what_was_corrected_before_a_later_page_listened_is_drawn_anew(page: Page, desk: Desk) -> None:
    article = desk.publish("تغطية طويلة من ذاكرة مؤقتة", kind="live")
    made = [write(desk, article, f"نبأ {number}") for number in range(50)]
    change_under_way(page, desk, "PATCH", made[0], {"headline": "نبأ مصحّح"})
    page.goto(f"{path_of(article)}?around={made[0]['id']}")
    expect(page.locator(f"#e-{made[0]['id']} h3")).to_have_text("نبأ مصحّح")


@without_scripts
def test_the_coverage_reads_without_a_script(page: Page, desk: Desk) -> None:
    article = desk.publish("تغطية بلا نص برمجي", kind="live")
    made = [write(desk, article, f"نبأ {number}") for number in range(22)]
    page.goto(path_of(article))
    expect(page.locator(".entries > li")).to_have_count(20)
    expect(page.locator("[data-fresh] a")).to_be_hidden()
    page.goto(f"{path_of(article)}#e-{made[5]['id']}")
    page.locator(".coverage .older a").click()
    expect(page.locator(".entries h3")).to_have_text(["نبأ 1", "نبأ 0"])


@wide
def test_an_address_of_an_older_entry_leads_to_its_page(page: Page, desk: Desk) -> None:
    article = desk.publish("تغطية طويلة", kind="live")
    made = [write(desk, article, f"نبأ {number}") for number in range(30)]
    page.goto(f"{path_of(article)}#e-{made[2]['id']}")
    expect(page.locator(f"[id='e-{made[2]['id']}']")).to_be_visible()

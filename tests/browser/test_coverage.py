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


HIDE = """(hidden) => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
    document.dispatchEvent(new Event("visibilitychange"));
}"""


def asked_for(page: Page) -> list[str]:
    """The addresses that the page asks for from now on, without the stream."""
    found: list[str] = []
    page.on("request", lambda asked: found.append(asked.url) if "/v1/stream" not in asked.url else None)
    return found


@wide
def test_a_later_page_takes_no_entry_of_an_earlier_one_for_new(page: Page, desk: Desk) -> None:
    article = desk.publish("تغطية من صفحتين", kind="live")
    made = [write(desk, article, f"نبأ {number}") for number in range(45)]
    page.goto(f"{path_of(article)}?around={made[0]['id']}")
    page.wait_for_timeout(1_000)  # the stream is open
    expect(page.locator("[data-fresh] a")).to_be_hidden()
    write(desk, article, "جديد")
    expect(page.locator("[data-fresh] a")).to_have_text("تحديث جديد")


@wide
def test_a_hidden_page_asks_for_nothing_and_is_right_once_it_is_seen(page: Page, desk: Desk) -> None:
    article = desk.publish("تغطية في لسان مخفيّ", kind="live")
    made = [write(desk, article, f"نبأ {number}") for number in range(12)]
    page.goto(path_of(article))
    page.wait_for_timeout(1_000)  # the stream is open
    page.evaluate(HIDE, True)
    asked = asked_for(page)
    for one in made[2:]:
        desk.send("PATCH", path_at_desk(one), {"headline": f"معدّل {one['headline']}"})
    desk.send("DELETE", path_at_desk(made[1]), {})
    for number in range(3):
        write(desk, article, f"جديد {number}")
    page.wait_for_timeout(2_000)
    assert asked == []
    page.evaluate(HIDE, False)
    expect(page.locator("[data-fresh] a")).to_have_text("3 تحديثات جديدة")
    shown = [f"معدّل نبأ {number}" for number in range(11, 1, -1)]
    expect(page.locator(".entries h3")).to_have_text([*shown, "نبأ 0"])
    assert len([url for url in asked if "/v1/tickers/" not in url]) == 1, asked
    page.locator("[data-fresh] a").click()
    expect(page.locator(".entries h3")).to_have_text(["جديد 2", "جديد 1", "جديد 0", *shown, "نبأ 0"])


@wide
def test_of_two_changes_the_later_is_shown_whichever_is_answered_first(page: Page, desk: Desk) -> None:
    article = desk.publish("تغطية تتسابق", kind="live")
    one = write(desk, article, "أول")
    page.goto(path_of(article))
    page.wait_for_timeout(1_000)  # the stream is open
    held: list[Route] = []

    def hold_first(route: Route) -> None:
        answer = route.fetch()
        if not held:
            held.append(route)
            desk.send("PATCH", path_at_desk(one), {"headline": "ثالث"})
            page.wait_for_timeout(1_500)
        route.fulfill(response=answer)

    page.route("**/a/**", hold_first)
    desk.send("PATCH", path_at_desk(one), {"headline": "ثان"})
    page.wait_for_timeout(3_000)
    expect(page.locator(".entries h3")).to_have_text(["ثالث"])


@wide
def test_a_new_entry_that_went_while_nothing_could_be_resumed_is_not_counted(page: Page, desk: Desk) -> None:
    article = desk.publish("تغطية بلا استئناف", kind="live")
    write(desk, article, "أول")
    reset = 'retry: 300\nevent: reset\ndata: {"since":"x"}\n\n'
    page.route("**/v1/stream*", lambda route: route.fulfill(content_type="text/event-stream", body=reset))
    page.goto(path_of(article))
    second = write(desk, article, "ثان")
    expect(page.locator("[data-fresh] a")).to_have_text("تحديث جديد")
    desk.send("DELETE", path_at_desk(second), {})
    expect(page.locator("[data-fresh] a")).to_be_hidden()


@wide
def test_an_author_renamed_while_nothing_could_be_resumed_has_the_new_name(page: Page, desk: Desk) -> None:
    """The name is no part of the entry: its version stays."""
    article = desk.publish("تغطية بتوقيع", kind="live")
    desk.send("PUT", "/authors/مراسلة", {"name": "مراسلة قديمة"})
    write(desk, article, "أول", authors=["مراسلة"])
    write(desk, article, "ثان")
    reset = 'retry: 300\nevent: reset\ndata: {"since":"x"}\n\n'
    page.route("**/v1/stream*", lambda route: route.fulfill(content_type="text/event-stream", body=reset))
    page.goto(path_of(article))
    expect(page.locator(".entries .who").last).to_contain_text("مراسلة قديمة")
    page.evaluate("document.querySelector('.entries > li').dataset.kept = ''")
    match = {**desk.headers, "If-Match": "*"}
    desk.client.put("/v1/desk/authors/مراسلة", json={"name": "اسم جديد"}, headers=match).raise_for_status()
    expect(page.locator(".entries .who").last).to_contain_text("اسم جديد")
    expect(page.locator("[data-kept] h3")).to_have_text("ثان")  # what is as it was is not touched

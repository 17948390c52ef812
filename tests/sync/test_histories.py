"""A client that follows the log from nothing ends with what the delivery API shows: over random histories."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest

from app.articles.following import FOLLOW_MEDIA
from app.jobs.worker import Worker
from app.kit import clock
from tests.media.library import undecoded_picture
from tests.newsroom import Newsroom, opened
from tests.sync.mirror import Mirror, delivered, every, joined

TOPICS = ("04000000", "13000000")
SECTIONS, TAGS, AUTHORS = ("علوم", "طب", "فضاء"), ("فلك", "دواء"), ("ليلى", "سامر")


class History:
    """A newsroom at work, at random."""

    def __init__(self, newsroom: Newsroom, seed: int) -> None:
        self.newsroom, self.random = newsroom, random.Random(seed)
        self.articles: list[str] = []
        self.items: list[tuple[str, str]] = []
        self.comments: list[tuple[str, str]] = []
        self.tokens: dict[str, str] = {}
        self.pictures: list[str] = []
        self.previews: list[str] = []  # tokens
        self.entries: list[tuple[str, str]] = []
        self.live: list[str] = []

    async def begin(self, *, has_pictures: bool = True) -> None:
        if has_pictures:
            self.pictures = [await undecoded_picture(self.newsroom, alt=f"صورة {number}") for number in range(4)]
        for slug in SECTIONS:
            await self.newsroom.section(slug)
        for slug in TAGS:
            await self.newsroom.tag(slug)
        for slug in AUTHORS:
            await self.newsroom.author(slug)
        rules = [{"sections": ["علوم"], "max_age_hours": 3}, {"urgency_max": 3}]
        await self.newsroom.desk("PUT", "/tickers/عاجل", {"name": "عاجل", "rules": rules, "max_items": 4})
        slots = [
            {"name": "lead", "max": 2},
            {"name": "science", "max": 3, "rule": {"sections": ["علوم"], "max_age_hours": 2}},
            {"name": "rest", "max": 3, "rule": {"languages": ["ar", "en"]}},
        ]
        await self.newsroom.desk("PUT", "/fronts/home", {"name": "الرئيسية", "slots": slots})

    async def step(self) -> None:
        steps = [
            *[self.write] * 3, *[self.publish] * 5, *[self.change] * 3, self.correct, self.unpublish,
            self.withdraw, self.reinstate, self.rename_term, self.move_section, self.put_item,
            self.drop_item, self.switch_ticker, *[self.place] * 3, self.switch_front, self.draft_front,
            *[self.comment] * 4, self.moderate, self.moderate,
            self.take_back, *[self.write_entry] * 5, self.change_entry, self.change_entry, self.drop_entry,
            self.set_live, self.cover, self.lock_up, self.show_picture, self.show_picture, self.describe_picture,
            self.describe_picture, self.withdraw_picture, self.work_off, self.show_in_entry,
        ]  # fmt: skip
        await self.random.choice(steps if self.pictures else steps[:-7])()

    async def _desk(self, method: str, url: str, json: Any = None, match: str | None = "*") -> Any:
        """Send a request; a refusal (4xx) does not end the history."""
        headers = {"Authorization": f"Bearer {self.newsroom.tokens['admin']}"}
        headers |= {"If-Match": match} if match else {}
        content = {} if json is None else {"json": json}
        answer = await self.newsroom.client.request(method, f"/v1/desk{url}", headers=headers, **content)
        assert answer.status_code < 500, answer.text
        return answer.json() if answer.is_success and answer.content else None

    def _some(self, things: list[Any]) -> Any:
        return self.random.choice(things) if things else None

    async def write(self) -> None:
        pick = self.random
        content = {
            "headline": f"خبر {pick.randrange(5)}", "body": "<p>متن الخبر.</p>", "section": pick.choice(SECTIONS),
            "tags": pick.sample(TAGS, pick.randrange(3)), "authors": pick.sample(AUTHORS, pick.randrange(3)),
            "urgency": pick.choice([1, 3, 5]),
            "subjects": [{"scheme": "medtop", "code": code, "name": "موضوع"} for code in pick.sample(TOPICS, 1)],
        }  # fmt: skip
        if self.articles and pick.random() < 0.4:
            content |= {"translation_of": self._some(self.articles), "language": pick.choice(["en", "fr"])}
        if made := await self._desk("POST", "/articles", content):
            self.articles.append(made["id"])

    async def publish(self) -> None:
        ahead = clock.written(clock.now() + timedelta(minutes=self.random.randrange(1, 60)))
        at = {"at": ahead} if self.random.random() < 0.4 else {}
        await self._desk("POST", f"/articles/{self._some(self.articles)}/publish", at)

    async def change(self) -> None:
        pick = self.random
        changes = pick.choice(
            [
                {"headline": f"عنوان {pick.randrange(9)}"},
                {"section": pick.choice(SECTIONS)},
                {"tags": pick.sample(TAGS, pick.randrange(3))},
                {"authors": pick.sample(AUTHORS, pick.randrange(3))},
                {"slug": f"اسم-{pick.randrange(99)}"},
                {"language": pick.choice(["ar", "en", "fr"])},
                {"external_id": {"system": "x", "id": str(pick.randrange(99))}},
                {"subjects": [{"scheme": "medtop", "code": code, "name": "موضوع"} for code in pick.sample(TOPICS, 1)]},
                {"subjects": [], "content_warning": pick.choice([None, "مشاهد عنف"])},
            ]
        )
        await self._desk("PATCH", f"/articles/{self._some(self.articles)}", changes)

    async def show_picture(self) -> None:
        """In a lead image, a gallery, a poster, a body, an avatar or the image of a section."""
        pick, id = self.random, self.random.choice(self.pictures)
        if pick.random() < 0.2:
            await self._desk("PUT", f"/authors/{pick.choice(AUTHORS)}", {"name": "سلمى", "avatar": {"id": id}})
            return
        if pick.random() < 0.2:
            await self._desk("PUT", f"/sections/{pick.choice(SECTIONS)}", {"name": "قسم", "image": {"id": id}})
            return
        changes = pick.choice(
            [
                {"lead_image": {"id": id, "alt": pick.choice(["", "كلمات"])}},
                {"media": [{"id": one} for one in pick.sample(self.pictures, 2)]},
                {"media": [{"kind": "audio", "url": "https://media.example/a.mp3", "poster": {"id": id}}]},
                {"body": f'<p>متن.</p><img data-media="{id}">'},
                {"lead_image": None, "media": []},
            ]
        )
        await self._desk("PATCH", f"/articles/{self._some(self.articles)}", changes)

    async def describe_picture(self) -> None:
        credit = {"credit": f"وكالة {self.random.randrange(99)}"}
        await self._desk("PATCH", f"/media/{self.random.choice(self.pictures)}", credit)

    async def withdraw_picture(self) -> None:
        if self.random.random() < 0.3:
            body = {"cause": "rights", "reason": "انتهى الترخيص."}
            await self._desk("POST", f"/media/{self.random.choice(self.pictures)}/withdraw", body)

    async def work_off(self) -> None:
        """The background jobs that are due: the log follows the pictures."""
        await Worker(self.newsroom.app.state.database, self.newsroom.settings, [FOLLOW_MEDIA]).work_off()

    async def preview(self) -> None:
        """No step of a history: the log knows nothing of it."""
        if self.articles and (made := await self._desk("POST", f"/articles/{self._some(self.articles)}/previews", {})):
            self.previews.append(made["token"])

    async def cover(self) -> None:
        """Live coverage, mostly public at once."""
        content = {
            "headline": f"تغطية {self.random.randrange(9)}",
            "body": "<p>متن.</p>",
            "section": "علوم",
            "kind": "live",
        }
        if made := await self._desk("POST", "/articles", content):
            self.articles.append(made["id"])
            self.live.append(made["id"])
            if self.random.random() < 0.8:
                await self._desk("POST", f"/articles/{made['id']}/publish", {})

    async def write_entry(self) -> None:
        pick = self.random
        if not self.live:
            await self.cover()
        article = pick.choice(self.live)
        content = {
            "headline": f"نبأ {pick.randrange(99)}", "body": "<p>ما جرى الآن.</p>", "key_event": pick.random() < 0.3,
            "pinned": pick.choice([None, None, 1, 2]), "authors": pick.sample(AUTHORS, pick.randrange(2)),
            "status": pick.choice(["draft", "published", "published"]),
        }  # fmt: skip
        if made := await self._desk("POST", f"/articles/{article}/entries", content):
            self.entries.append((article, made["id"]))

    async def change_entry(self) -> None:
        if self.entries:
            pick, (article, id) = self.random, self.random.choice(self.entries)
            changes = pick.choice(
                [
                    {"headline": f"نبأ معدّل {pick.randrange(99)}"},
                    {"pinned": pick.choice([None, 1, 3]), "key_event": True},
                    {"status": pick.choice(["draft", "published"])},
                    {"language": pick.choice(["ar", "en"])},
                    {"authors": pick.sample(AUTHORS, pick.randrange(3))},
                ]
            )
            await self._desk("PATCH", f"/articles/{article}/entries/{id}", changes)
            if pick.random() < 0.3:
                await self._desk("POST", f"/articles/{article}/entries/{id}/correct", {"note": "صُحّح."})

    async def drop_entry(self) -> None:
        if self.entries:
            article, id = self.entries.pop(self.random.randrange(len(self.entries)))
            await self._desk("DELETE", f"/articles/{article}/entries/{id}")

    async def set_live(self) -> None:
        """Also times to come, which pass by themselves."""
        if self.live:
            pick, name = self.random, self.random.choice(["started_at", "ended_at"])
            at = clock.written(clock.now() + timedelta(minutes=pick.randrange(-60, 90)))
            await self._desk("POST", f"/articles/{pick.choice(self.live)}/live", {name: pick.choice([at, None])})

    async def lock_up(self) -> None:
        """Behind the paywall, and back."""
        if self.live:
            changes = {"access": self.random.choice(["paid", "free"])}
            await self._desk("PATCH", f"/articles/{self.random.choice(self.live)}", changes)

    async def show_in_entry(self) -> None:
        if self.entries:
            article, id = self.random.choice(self.entries)
            body = f'<p>صورة</p><img data-media="{self.random.choice(self.pictures)}">'
            await self._desk("PATCH", f"/articles/{article}/entries/{id}", {"body": body})

    async def correct(self) -> None:
        note = {"kind": "correction", "note": "صُحّح الرقم.", "summary": "ملخص مصحّح."}
        await self._desk("POST", f"/articles/{self._some(self.articles)}/correct", note)

    async def unpublish(self) -> None:
        await self._desk("POST", f"/articles/{self._some(self.articles)}/unpublish", {})

    async def withdraw(self) -> None:
        await self._desk("POST", f"/articles/{self._some(self.articles)}/withdraw", {"reason": "سُحب الخبر."})

    async def reinstate(self) -> None:
        await self._desk("POST", f"/articles/{self._some(self.articles)}/reinstate", {})

    async def rename_term(self) -> None:
        plural, slugs = self._some([("sections", SECTIONS), ("tags", TAGS), ("authors", AUTHORS)])
        await self._desk("PUT", f"/{plural}/{self.random.choice(slugs)}", {"name": f"اسم {self.random.randrange(99)}"})

    async def move_section(self) -> None:
        child, parent = self.random.sample(SECTIONS, 2)
        body = {"name": child, "parent": parent if self.random.random() < 0.7 else None}
        await self._desk("PUT", f"/sections/{child}", body)

    async def put_item(self) -> None:
        start, end = sorted(self.random.sample(range(-5, 60), 2))
        item: dict[str, Any] = {"text": f"عاجل {self.random.randrange(99)}"}
        if self.articles and self.random.random() < 0.5:
            item = {"article": self._some(self.articles)}
        if self.random.random() < 0.5:
            item["starts_at"] = clock.written(clock.now() + timedelta(minutes=start))
            item["expires_at"] = clock.written(clock.now() + timedelta(minutes=max(end, 1)))
        item["level"] = self.random.choice(["flash", "urgent", None])
        if made := await self._desk("POST", "/tickers/عاجل/items", item):
            self.items.append(("عاجل", made["id"]))

    async def drop_item(self) -> None:
        if self.items:
            ticker, item = self.items.pop(self.random.randrange(len(self.items)))
            await self._desk("DELETE", f"/tickers/{ticker}/items/{item}")

    async def switch_ticker(self) -> None:
        if self.random.random() < 0.5:
            rules = [{"tags": ["فلك"], "level": "bulletin"}]
            await self._desk("PUT", "/tickers/ثان", {"name": "ثان", "rules": rules}, match=None)
        else:
            await self._desk("DELETE", "/tickers/ثان")

    def _placed(self) -> list[dict[str, Any]]:
        """Some items of a slot."""
        pick, items = self.random, []
        for _ in range(pick.randrange(4)):
            item: dict[str, Any] = {"url": "https://example.org/", "headline": f"رابط {pick.randrange(99)}"}
            if self.articles and pick.random() < 0.7:
                item = {"article": self._some(self.articles), "kicker": pick.choice([None, "عاجل"])}
            if self.pictures and pick.random() < 0.3:
                item["image"] = {"id": self._some(self.pictures)}
            if pick.random() < 0.4:
                start, end = sorted(pick.sample(range(-5, 60), 2))
                item["starts_at"] = clock.written(clock.now() + timedelta(minutes=start))
                item["expires_at"] = clock.written(clock.now() + timedelta(minutes=max(end, 1)))
            items.append(item)
        return items

    async def place(self) -> None:
        slot = self.random.choice(["lead", "science", "rest"])
        await self._desk("PUT", f"/fronts/home/slots/{slot}", {"items": self._placed()})

    async def draft_front(self) -> None:
        match = "*" if self.random.random() < 0.5 else None
        slot = self.random.choice(["lead", "rest"])
        await self._desk("PUT", f"/fronts/home/draft/slots/{slot}", {"items": self._placed()}, match=match)
        at = clock.written(clock.now() + timedelta(minutes=self.random.randrange(-5, 30)))
        await self._desk("POST", "/fronts/home/draft/publish", {"at": at}, match=None)

    async def switch_front(self) -> None:
        pick = self.random
        if pick.random() < 0.7:
            section = pick.choice([None, *SECTIONS])
            body: dict[str, Any] = {"name": "ثانية", "section": section, "public": pick.random() < 0.7}
            body["slots"] = [{"name": "only", "max": 4, "rule": {"tags": [pick.choice(TAGS)]}}]
            await self._desk("PUT", "/fronts/ثانية", body, match=pick.choice([None, "*"]))
        else:
            await self._desk("DELETE", "/fronts/ثانية")

    async def comment(self) -> None:
        parent = self._some(self.comments)
        shown = [one["id"] for one in (await self.newsroom.get("/v1/articles")).json()["data"]]
        article = parent[0] if parent and self.random.random() < 0.6 else self._some(shown)
        form = {
            "author_name": "سلمى",
            "author_email": "s@example.com",
            "body": f"تعليق {self.random.randrange(10**9)}",
        }
        if parent and parent[0] == article:
            form["parent_id"] = parent[1]
        answer = await self.newsroom.client.post(f"/v1/articles/{article}/comments", json=form)
        assert answer.status_code < 500, answer.text
        if answer.is_success:
            self.comments.append((article, answer.json()["comment"]["id"]))
            self.tokens[self.comments[-1][1]] = answer.json()["edit_token"]

    async def moderate(self) -> None:
        if self.comments:
            verb = self.random.choice(["approve", "reject", "spam", "redact"])
            await self._desk("POST", f"/comments/{self._some(self.comments)[1]}/{verb}", {})

    async def take_back(self) -> None:
        if not self.comments:
            return
        _, id = self._some(self.comments)
        headers = {"Authorization": f"Bearer {self.tokens[id]}"}
        if self.random.random() < 0.5:
            answer = await self.newsroom.client.delete(f"/v1/comments/{id}", headers=headers)
        else:
            words = {"body": f"تعديل {self.random.randrange(10**9)}"}
            answer = await self.newsroom.client.patch(f"/v1/comments/{id}", json=words, headers=headers)
        assert answer.status_code < 500, answer.text


@pytest.mark.parametrize("seed", range(2))
async def test_a_mirror_of_the_log_is_what_readers_see(database_url: str, seed: int) -> None:
    settings = {"comments": "open", "comments_rate": (), "comments_require_email": False}
    async with opened(database_url, **settings) as newsroom:
        history = History(newsroom, seed)
        await history.begin()
        early, late, part = Mirror(newsroom), Mirror(newsroom, limit=100), Mirror(newsroom, "&language=ar")
        topic = Mirror(newsroom, f"&subject={TOPICS[0]}")
        start = clock.now()
        for step in range(100):
            with clock.frozen(start + timedelta(minutes=2 * step)):
                await history.step()
                await newsroom.app.state.background.run_due()
                if history.random.random() < 0.2:
                    await early.follow()
                if history.random.random() < 0.1:
                    await part.follow()
                    await topic.follow()
        with clock.frozen(start + timedelta(minutes=200)):
            await newsroom.app.state.background.run_due()
            await history.work_off()
            expected = await delivered(newsroom)
            for mirror in (early, late, part, topic):
                await mirror.follow()
            for mirror in (early, late):
                copy = mirror.shown()
                assert copy.keys() == expected.keys()
                for thing, value in expected.items():
                    assert copy[thing] == value
            arabic = {thing: value for thing, value in expected.items() if value["language"] == "ar"}
            assert set(part.things) == set(arabic)
            about = await every(newsroom, f"/v1/articles?subject={TOPICS[0]}")
            assert {id for _, id in topic.things} == {one["id"] for one in about}
            assert {entry["resource"] for entry in early.entries} >= {
                "article",
                "comment",
                "entry",
                "section",
                "ticker",
            }
            assert any(entry["tombstone"] for entry in early.entries)


async def attend(newsroom: Newsroom) -> None:
    """Run the background tasks once, as after a change of the clock."""
    state = newsroom.app.state
    await state.tail.catch_up()
    if state.tail.clock_went_back:
        await state.background.run_due(state.background.on_start)
        state.tail.clock_went_back = False
    await state.background.run_due()


@pytest.mark.parametrize("seed", range(2))
async def test_a_clock_that_goes_forward_and_back_leaves_every_mirror_right(database_url: str, seed: int) -> None:
    """Whether a mirror begins now or has followed all the while."""
    settings = {"comments": "open", "comments_rate": (), "comments_require_email": False}
    async with opened(database_url, **settings) as newsroom:
        history, start, minutes = History(newsroom, seed), clock.now(), 0.0
        with clock.frozen(start):  # or it would go back at first by as long as this takes
            await history.begin()
        following = Mirror(newsroom)
        for _ in range(14):
            minutes += history.random.choice([0.05, 1, 7, 45, -0.05, -1, -30, -90])
            with clock.frozen(start + timedelta(minutes=minutes)):
                for _ in range(3):
                    await history.step()
                await attend(newsroom)
                if history.random.random() < 0.5:
                    await following.follow()
        with clock.frozen(start + timedelta(minutes=minutes - history.random.choice([0, 40]), seconds=6)):
            await attend(newsroom)
            expected, beginning = await delivered(newsroom), Mirror(newsroom)
            for mirror in (beginning, following):
                await mirror.follow()
                assert mirror.shown().keys() == expected.keys()
                assert all(joined(value, mirror.things) == mirror.shown()[thing] for thing, value in expected.items())

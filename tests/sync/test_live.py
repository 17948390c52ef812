"""Streams: their events, where they begin, their filters, and how they end. On both databases, without sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from app.kit import clock
from app.present import changes
from app.present.states import present_states
from app.sync import clients
from tests.newsroom import Newsroom
from tests.sync.ear import Ear, at_work


@pytest.fixture
async def room(newsroom: Newsroom) -> AsyncIterator[Newsroom]:
    async with at_work(newsroom, streams_per_address=5, streams_max=8) as working:
        await working.section()
        yield working


async def test_a_stream_sends_the_changes_of_the_log(room: Newsroom) -> None:
    ear = Ear(room, "/v1/stream")
    (ready,) = await ear.until(1)
    assert (ear.status, ready.name, ready.content) == (200, "ready", {"since": ready.id})
    assert ear.answered["content-type"].startswith("text/event-stream")
    assert ear.answered["cache-control"] == "no-store, no-transform", "a gateway that compresses holds events back"
    assert "content-length" not in ear.answered
    article = await room.published()
    events = (await ear.until(3))[1:]
    assert [event.name for event in events] == ["article.published", "section.changed"]
    assert events[0].content["object"]["headline"] == article["headline"]
    entries = (await room.get(f"/v1/changes?since={ready.id}")).json()
    assert [event.content for event in events] == entries["data"]
    assert events[-1].id == entries["since"]
    await ear.close()
    assert room.app.state.hub.count == 0


async def test_who_comes_back_with_the_last_id_misses_nothing(room: Newsroom) -> None:
    ear = Ear(room, "/v1/stream?object=none")
    last = (await ear.until(1))[0].id
    await ear.close()
    articles = [await room.published(f"خبر {number}") for number in range(3)]
    for ear in (
        Ear(room, "/v1/stream?object=none", {"Last-Event-ID": last}),
        Ear(room, f"/v1/stream?object=none&since={last}"),
        Ear(room, "/v1/stream?object=none&since=nonsense", {"Last-Event-ID": last}),
    ):
        events = await ear.until(2 + len(articles))  # and that there is a section
        assert events[0].name == "ready"
        assert [e.content["id"] for e in events if e.name == "article.published"] == [a["id"] for a in articles]
        articles.append(await room.published("خبر بعد العودة"))
        assert (await ear.until(2 + len(articles)))[-1].content["id"] == articles[-1]["id"]
        await ear.close()


async def test_an_id_that_leads_nowhere_gets_a_reset(room: Newsroom) -> None:
    ear = Ear(room, "/v1/stream", {"Last-Event-ID": "00000000.1.00000000"})
    (reset,) = await ear.until(1)
    assert (reset.name, reset.content) == ("reset", {"since": reset.id})
    await room.published()
    assert (await ear.until(2))[1].name == "article.published"
    await ear.close()


async def test_filters_hold_for_streams_too(room: Newsroom) -> None:
    await room.section("طب")
    science = Ear(room, "/v1/stream?section=علوم&type=article")
    french = Ear(room, "/v1/stream?language=fr&object=none")
    await science.until(1)
    await french.until(1)
    article = await room.published(section="علوم")
    await room.published("غيره", section="طب")
    assert [e.content["id"] for e in (await science.until(2))[1:]] == [article["id"]]
    article = await room.change(article, section="طب")
    gone = (await science.until(3))[2].content
    assert (gone["tombstone"], gone["reason"]) == (True, "filtered")
    await room.change(article, language="fr")
    assert (await french.until(2))[1].content["id"] == article["id"]
    await room.desk("PUT", "/sections/طب", {"name": "طب", "parent": "علوم"}, if_match='"1"')
    assert (await science.until(4))[3].name == "reset", "other articles lie below the section now"
    for ear in (science, french):
        await ear.close()
    refused = Ear(room, "/v1/stream?nonsense=1")
    await asyncio.wait_for(refused.task, 15)
    assert refused.status == 400


async def test_a_stream_of_a_subject_tells_what_loses_it(room: Newsroom) -> None:
    economy = {"scheme": "medtop", "code": "04000000", "name": "اقتصاد"}
    ear = Ear(room, "/v1/stream?subject=04000000&object=full")
    await ear.until(1)
    await room.published("غيره")
    article = await room.published(subjects=[economy])
    told = (await ear.until(2))[1].content
    assert (told["id"], told["object"]["subjects"]) == (article["id"], [economy])
    await room.change(article, subjects=[])
    gone = (await ear.until(3))[2].content
    assert (gone["id"], gone["tombstone"], gone["reason"]) == (article["id"], True, "filtered")
    await ear.close()


async def test_a_stream_of_a_section_goes_on_through_a_rename(room: Newsroom) -> None:
    await room.section("طب")
    article = await room.published(section="طب")
    ear = Ear(room, "/v1/stream?section=طب")
    await ear.until(1)
    await room.desk("PUT", "/sections/طب", {"name": "طب", "slug": "صحة"}, if_match="*")
    assert (await ear.until(2))[1].name == "section.changed"
    await room.change(article, headline="خبر آخر")
    last = (await ear.until(3))[2]
    assert (last.name, last.content["id"]) == ("article.updated", article["id"])
    await ear.close()
    for name in ("طب", "صحة"):
        again = Ear(room, f"/v1/stream?section={name}", {"Last-Event-ID": last.id})
        assert [event.name for event in await again.until(1)] == ["ready"]
        await room.change((await room.desk("GET", f"/articles/{article['id']}")).json(), headline=f"خبر من {name}")
        assert (await again.until(2))[1].content["object"]["headline"] == f"خبر من {name}"
        last = again.events[1]
        await again.close()


@pytest.mark.parametrize("taken_by", ["a rename", "a new section"])
async def test_a_stream_of_a_slug_that_nothing_had_begins_anew_when_a_section_takes_it(
    room: Newsroom, taken_by: str
) -> None:
    await room.section("طب")
    article = await room.published(section="طب")
    ear, other = Ear(room, "/v1/stream?section=صحة"), Ear(room, "/v1/stream?type=article")
    token = (await ear.until(1))[0].id
    await other.until(1)
    if taken_by == "a rename":
        await room.desk("PUT", "/sections/طب", {"name": "طب", "slug": "صحة"}, if_match="*")
    else:
        await room.section("صحة")
        await room.change(article, section="صحة")
    assert [event.name for event in await ear.until(2)] == ["ready", "goaway"], "it has missed what was there before"
    await ear.close()
    again = Ear(room, "/v1/stream?section=صحة", {"Last-Event-ID": token})
    assert [event.name for event in await again.until(1)] == ["reset"]
    await room.published("خبر ثان", section="صحة")
    assert (await again.until(2))[1].name == "article.published"
    assert "goaway" not in [event.name for event in other.events]
    await again.close()
    await other.close()


async def test_a_ticker_has_a_stream_of_its_own(room: Newsroom) -> None:
    for name in ("عاجل", "رياضة"):
        await room.desk("PUT", f"/tickers/{name}", {"name": name})
    ear = Ear(room, "/v1/tickers/عاجل/stream")
    await ear.until(1)
    await room.desk("POST", "/tickers/رياضة/items", {"text": "هدف"})
    ahead = clock.written(clock.now() + timedelta(minutes=5))
    await room.desk("POST", "/tickers/عاجل/items", {"text": "عاجل", "expires_at": ahead})
    shown = (await ear.until(2))[1]
    assert [item["text"] for item in shown.content["object"]["items"]] == ["عاجل"]
    with clock.shifted(timedelta(minutes=5)):
        left = (await ear.until(3))[2]
        assert left.content["object"]["items"] == [], "sent at its deadline, by the clock alone"
        await room.desk("DELETE", "/tickers/عاجل", if_match="*")
        assert (await ear.until(4))[3].content["reason"] == "deleted"
    await ear.close()
    missing = Ear(room, "/v1/tickers/لا-شيء/stream")
    await asyncio.wait_for(missing.task, 15)
    assert missing.status == 404


async def test_every_process_broadcasts_the_changes_of_all(newsroom: Newsroom) -> None:
    await newsroom.section()
    async with at_work(newsroom) as one, at_work(newsroom) as two:
        ears = [Ear(one, "/v1/stream?type=article"), Ear(two, "/v1/stream?type=article")]
        for ear in ears:
            await ear.until(1)
        ahead = clock.written(clock.now() + timedelta(minutes=5))
        scheduled = await newsroom.published("بعد حين", at=ahead)
        made = [await room.published(f"خبر {n}") for n, room in enumerate((one, two, newsroom))]
        expected = sorted([scheduled["id"], *(article["id"] for article in made)])
        with clock.shifted(timedelta(minutes=5)):
            for ear in ears:
                assert sorted(e.content["id"] for e in (await ear.until(5))[1:]) == expected, "each of them once"
            await asyncio.sleep(0.3)
            for ear in ears:
                assert len(ear.events) == 5
                await ear.close()


async def test_the_number_of_streams_is_limited(room: Newsroom) -> None:
    first = [Ear(room, "/v1/stream") for _ in range(5)]
    for ear in first:
        await ear.until(1)
    sixth = Ear(room, "/v1/stream")
    await asyncio.wait_for(sixth.task, 15)
    assert (sixth.status, "retry-after" in sixth.answered) == (429, True)
    others = [Ear(room, "/v1/stream", address=f"198.51.100.{number}") for number in range(3)]
    for ear in others:
        await ear.until(1)
    ninth = Ear(room, "/v1/stream", address="198.51.100.77")
    await asyncio.wait_for(ninth.task, 15)
    assert (ninth.status, ninth.answered["retry-after"]) == (503, "30")
    for ear in [*first, *others]:
        await ear.close()
    again = Ear(room, "/v1/stream")
    await again.until(1)
    await again.close()


async def test_who_does_not_read_is_dropped_and_delays_nobody(room: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clients, "MOST_PENDING", 3)
    deaf, ear = Ear(room, "/v1/stream?object=none", deaf=True), Ear(room, "/v1/stream?object=none")
    await deaf.until(1)
    await ear.until(1)
    for number in range(6):
        await room.published(f"خبر {number}")
    assert len(await ear.until(8)) == 8
    await asyncio.wait_for(deaf.task, 15)
    assert (room.app.state.hub.tally.dropped, room.app.state.hub.count) == (1, 1)
    await ear.close()


async def test_who_joins_during_a_broadcast_misses_nothing(room: Newsroom) -> None:
    """The broadcast pauses after it has chosen its clients; a client reconnects with an id from before."""
    hub, first = room.app.state.hub, Ear(room, "/v1/stream?type=article")
    last = (await first.until(1))[0].id
    original, go_on, chosen = hub._broadcast, asyncio.Event(), asyncio.Event()

    async def held(*given: Any) -> None:
        chosen.set()
        await go_on.wait()
        await original(*given)

    hub._broadcast = held
    article = await room.published()
    await asyncio.wait_for(chosen.wait(), 15)
    second = Ear(room, "/v1/stream?type=article&object=none", {"Last-Event-ID": last})
    third = Ear(room, "/v1/stream?type=article", {"Last-Event-ID": last})
    await asyncio.sleep(0.2)
    go_on.set()
    hub._broadcast = original
    for ear in (first, second, third):
        events = await ear.until(2)
        if events[-1].name == "reset":  # another group's id leads nowhere
            continue
        assert [event.content["id"] for event in events[1:]] == [article["id"]]
        await ear.close()


async def test_who_does_not_read_what_it_missed_keeps_nobody_from_it(room: Newsroom) -> None:
    first = Ear(room, "/v1/stream?type=article")
    last = (await first.until(1))[0].id
    article = await room.published()
    await first.until(2)
    await first.close()
    back = {"Last-Event-ID": last}
    deaf = [Ear(room, "/v1/stream?type=article", back, f"198.51.100.{number}", deaf=True) for number in range(6)]
    for ear in deaf:
        await ear.until(1)
    await asyncio.sleep(0.1)
    again = Ear(room, "/v1/stream?type=article", back)
    assert (await again.until(2))[1].content["id"] == article["id"]
    await again.close()
    for ear in deaf:
        ear.task.cancel()


async def test_a_tree_that_moves_while_somebody_comes_back_starts_them_again(room: Newsroom) -> None:
    await room.section("طب")
    await room.published(section="طب")
    first = Ear(room, "/v1/stream?section=علوم")
    last = (await first.until(1))[0].id
    await first.close()
    hub = room.app.state.hub
    original = hub.subscribe

    async def overtaken(*asked: Any) -> Any:
        subscription = await original(*asked)
        await room.desk("PUT", "/sections/طب", {"name": "طب", "parent": "علوم"}, if_match="*")
        await asyncio.sleep(0.2)  # it is broadcast, without clients
        return subscription

    hub.subscribe = overtaken
    ear = Ear(room, "/v1/stream?section=علوم", {"Last-Event-ID": last})
    assert "reset" in [event.name for event in await ear.until(3)]
    await ear.close()


async def test_a_change_that_cannot_be_rendered_keeps_nothing_else_back(
    room: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = await room.draft("معطوب")
    ear = Ear(room, "/v1/stream?type=article")
    await ear.until(1)
    original = present_states

    async def failing(nouns: Any, lookup: Any, things: Any) -> Any:
        things = list(things)
        if ("article", bad["id"]) in things:
            raise ValueError("no such block")
        return await original(nouns, lookup, things)

    monkeypatch.setattr(changes, "present_states", failing)
    await room.act(bad, "publish")
    good = await room.published("سليم")
    assert [event.content["id"] for event in (await ear.until(2))[1:]] == [good["id"]]
    await ear.close()


async def test_a_line_break_after_its_name_makes_it_no_other_stream(room: Newsroom) -> None:
    assert (await room.client.head("/v1/stream%0A")).status_code in {200, 404}
    ear = Ear(room, "/v1/stream\n")
    await asyncio.sleep(0.1)
    await ear.close()
    assert room.app.state.hub.count == 0


class Connection:
    """As uvicorn's: `send` waits for a client that does not read."""

    def __init__(self) -> None:
        self.transport, self.is_aborted = self, False

    def abort(self) -> None:
        self.is_aborted = True

    async def send(self, message: Any) -> None:
        await asyncio.Event().wait()


async def test_a_client_with_too_much_queued_is_cut_off() -> None:
    connection, task = Connection(), asyncio.create_task(asyncio.sleep(60))
    client = clients.Client(connection.send, "203.0.113.7", task, clients.Tally())
    large = {"type": "http.response.body", "body": b"." * 1_500_000, "more_body": True}
    for _ in range(3):
        client.push(large)
        await asyncio.sleep(0)
        assert not client.is_dropped
    client.push(large)
    assert (client.is_dropped, connection.is_aborted) == (True, True)
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_slow_client_keeps_no_other_from_its_goaway(room: Newsroom) -> None:
    deaf, ear = Ear(room, "/v1/stream", deaf=True), Ear(room, "/v1/stream")
    await deaf.until(1)
    await ear.until(1)
    room.app.state.hub.close()
    assert (await ear.until(2))[1].name == "goaway"
    await asyncio.wait_for(deaf.task, 15)
    await ear.close()


async def test_an_outage_neither_ends_nor_spins_the_background_tasks(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with at_work(newsroom) as room:
        ear = Ear(room, "/v1/stream?type=article")
        await ear.until(1)
        reads = 0

        async def away() -> None:
            nonlocal reads
            reads += 1
            raise OSError("away")

        with monkeypatch.context() as patched:
            patched.setattr(room.app.state.tail, "_read_on", away)
            await asyncio.sleep(1)
        assert 1 <= reads <= 12
        await newsroom.section()
        article = await newsroom.published()
        assert (await ear.until(2))[1].content["id"] == article["id"]
        await ear.close()


async def test_heartbeats_move_the_last_id(newsroom: Newsroom) -> None:
    async with at_work(newsroom, stream_heartbeat=1) as room:
        await room.section()
        ear = Ear(room, "/v1/stream?language=fr")
        await ear.until(1)
        await room.published()
        await asyncio.sleep(1.5)
        beat = [block for block in ear.text.split("\n\n") if block.startswith(": ")][-1]
        last = beat.partition("id: ")[2]
        assert len(ear.events) == 1
        assert (await room.get(f"/v1/changes?language=fr&since={last}")).json()["data"] == []
        assert int(last.split(".")[1], 16) == room.app.state.tail.head
        await ear.close()


async def test_open_streams_get_a_goaway_when_the_server_stops(room: Newsroom) -> None:
    ears = [Ear(room, "/v1/stream") for _ in range(3)]
    for ear in ears:
        await ear.until(1)
    room.app.state.hub.close()
    for ear in ears:
        farewell = (await ear.until(2))[1]
        assert farewell.name == "goaway"
        assert 500 <= farewell.content["retry_ms"] <= 5_000
        assert ear.ended
        await ear.close()
    late = Ear(room, "/v1/stream")
    await asyncio.wait_for(late.task, 15)
    assert late.status == 503


async def test_an_idle_stream_holds_no_connection_to_the_database(room: Newsroom) -> None:
    ears = [Ear(room, "/v1/stream", address=f"198.51.100.{number}") for number in range(8)]
    for ear in ears:
        await ear.until(1)
    pools: list[Any] = [room.app.state.database.reading.pool, room.app.state.database.writing.pool]
    await asyncio.sleep(0.05)
    assert sum(pool.checkedout() for pool in pools) <= 1, "at most the log tail's own read"
    for ear in ears:
        await ear.close()


async def test_what_is_only_called_stream_is_no_stream(room: Newsroom) -> None:
    article = await room.published("stream")
    assert article["slug"] == "stream"
    answer = await room.get("/v1/articles/stream")
    assert answer.headers["etag"]
    await room.get("/v1/articles/stream", 304, headers={"if-none-match": answer.headers["etag"]})
    await room.desk("PUT", "/tickers/stream", {"name": "stream"})
    assert (await room.get("/v1/tickers/stream")).headers["etag"]


async def test_head_gets_the_headers_of_a_stream_and_its_end(room: Newsroom) -> None:
    answer = await asyncio.wait_for(room.client.head("/v1/stream"), 15)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert room.app.state.hub.count == 0

"""CDN purging: every changed tag at least once, in order, after failures on either side too. And metrics."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from app.changes.purging import Refused
from app.kit import clock
from app.settings import read
from tests.media.library import undecoded_picture
from tests.newsroom import Newsroom, beside


@dataclass
class Cdn:
    """Answers with the statuses it was given, then with 200."""

    statuses: list[int] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    address: str = ""

    @property
    def tags(self) -> set[str]:
        return {tag for request in self.requests for tag in request["body"]["tags"]}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if line)
        body = json.loads(await reader.readexactly(int(fields["content-length"])))
        self.requests.append({"line": head.split("\r\n")[0], "body": body, "token": fields.get("authorization")})
        status = self.statuses.pop(0) if self.statuses else 200
        writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()


@asynccontextmanager
async def started(newsroom: Newsroom, **settings: Any) -> AsyncIterator[Newsroom]:
    """Another process, whose consumers have made themselves known, as they do when it begins."""
    async with beside(newsroom, **settings) as room:
        await room.app.state.tail.catch_up()
        await room.app.state.consumers["purge"].turn()
        yield room


@asynccontextmanager
async def listening(*statuses: int) -> AsyncIterator[Cdn]:
    cdn = Cdn(list(statuses))
    server = await asyncio.start_server(cdn.serve, "127.0.0.1", 0)
    cdn.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/purge"
    async with server:
        yield cdn


async def test_what_changed_is_purged_once_and_tried_again(newsroom: Newsroom) -> None:
    async with listening(500, 503) as cdn, started(newsroom, purge_url=cdn.address, purge_token="a-token") as room:
        purger = room.app.state.consumers["purge"]
        article = await room.published()
        await room.app.state.tail.catch_up()
        assert purger.is_wanted
        now = clock.now()
        for seconds in (0, 1):  # then it waits 1 and 2 seconds
            with clock.frozen(now + timedelta(seconds=seconds)):
                with pytest.raises(Refused):
                    await purger.turn()
                sent = len(cdn.requests)
                await purger.turn()
                assert len(cdn.requests) == sent, "not before a while"
        with clock.shifted(timedelta(seconds=3)):
            await purger.turn()
            assert cdn.requests[-1]["token"] == "bearer a-token"
            assert {f"article:{article['id']}", "articles", "changes", "sections"} <= cdn.tags
            assert not purger.is_wanted
            sent = len(cdn.requests)
            await purger.turn()
            assert len(cdn.requests) == sent
            async with beside(newsroom, purge_url=cdn.address) as later:
                await later.change(article, headline="بعد إعادة التشغيل")
                await later.app.state.tail.catch_up()
                cdn.requests.clear()
                await asyncio.gather(*(later.app.state.consumers["purge"].turn() for _ in range(3)))
                assert len(cdn.requests) == 1, "what was told before is not told again, nor by two at once"
                assert f"article:{article['id']}" in cdn.tags


async def test_what_the_environment_says_changes_nothing_of_where_a_purge_goes(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Neither proxies nor credentials of the environment concern requests of ours."""
    async with listening() as cdn, listening() as proxy:
        netrc = tmp_path / "netrc"
        netrc.write_text("machine 127.0.0.1 login somebody password secret\n")
        monkeypatch.setenv("NETRC", str(netrc))
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.address.removesuffix("/purge"))
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        async with started(newsroom, purge_url=cdn.address) as room:
            await room.published()
            await room.app.state.tail.catch_up()
            await room.app.state.consumers["purge"].turn()
        assert cdn.requests
        assert not proxy.requests
        assert {request["token"] for request in cdn.requests} == {None}


async def test_many_tags_go_in_parts(newsroom: Newsroom) -> None:
    async with listening() as cdn, started(newsroom, purge_url=cdn.address) as room:
        for number in range(40):
            await room.published(f"خبر {number}")
        await room.app.state.tail.catch_up()
        await room.app.state.consumers["purge"].turn()
        assert max(len(request["body"]["tags"]) for request in cdn.requests) == 30
        assert len([tag for tag in cdn.tags if tag.startswith("article:")]) == 40


async def test_the_query_of_the_purge_address_is_sent_too(newsroom: Newsroom) -> None:
    async with listening() as cdn:
        url = read({"NASHRA_PURGE_URL": f"{cdn.address}?site=1&key=k/"}).purge_url
        async with started(newsroom, purge_url=url) as room:
            await room.published()
            await room.app.state.tail.catch_up()
            await room.app.state.consumers["purge"].turn()
    assert {request["line"] for request in cdn.requests} == {"POST /purge?site=1&key=k/ HTTP/1.1"}


async def test_an_address_that_is_away_takes_nothing_down(newsroom: Newsroom) -> None:
    async with started(newsroom, purge_url="http://127.0.0.1:9/purge") as room:
        await room.published()
        await room.app.state.tail.catch_up()
        with pytest.raises(httpx.HTTPError):
            await room.app.state.consumers["purge"].turn()
        assert (await room.get("/v1/articles")).json()["data"]
        metrics = (await room.get("/metrics")).text
        purging = values("\n".join(line for line in metrics.splitlines() if 'consumer="purge"' in line))
        assert purging == {"nashra_consumer_changes_behind": 2, "nashra_consumer_failures": 1}


def values(text: str) -> dict[str, float]:
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    return {line.partition("{")[0]: float(line.rpartition(" ")[2]) for line in lines}


async def test_metrics_count_what_the_cache_does(newsroom: Newsroom) -> None:
    await newsroom.published()
    newsroom.app.state.cache.invalidate_all()
    before = values((await newsroom.get("/metrics")).text)
    for _ in range(3):
        await newsroom.get("/v1/articles")
    await newsroom.get("/v1/articles/لا-شيء", 404)
    after = values((await newsroom.get("/metrics")).text)
    grown = {name: after[name] - before[name] for name in after}
    assert (grown["nashra_cache_hits_total"], grown["nashra_cache_misses_total"]) == (2, 1)
    assert after["nashra_cache_entries"] == 1
    assert after["nashra_cache_bytes"] > 1_000
    assert after["nashra_log_head"] == 2
    assert 0 < after["nashra_cache_hit_ratio"] < 1


async def test_metrics_are_for_this_machine_or_for_who_has_the_token(newsroom: Newsroom) -> None:
    await newsroom.get("/metrics", 200)
    await newsroom.get("/metrics", 403, headers={"x-forwarded-for": "203.0.113.7"})
    newsroom.set(trusted_proxies=(ip_network("127.0.0.0/8"),), metrics_token="a-long-token-for-metrics")
    outside = {"x-forwarded-for": "203.0.113.7"}
    await newsroom.get("/metrics", 403, headers=outside)
    await newsroom.get("/metrics", 403, headers={**outside, "authorization": "Bearer wrong"})
    await newsroom.get("/metrics", 200, headers={**outside, "authorization": "Bearer a-long-token-for-metrics"})


async def test_pages_whose_tags_do_not_fit_are_purged_with_every_list_and_every_picture_that_they_show(
    newsroom: Newsroom,
) -> None:
    """The images of sections alone fill the header of every page that has the menu of sections."""
    pictures = [await undecoded_picture(newsroom) for _ in range(26)]
    for number, picture in enumerate(pictures):
        await newsroom.section(f"قسم {number}", image={"id": picture})
        article = await newsroom.published(f"خبر {number}", section=f"قسم-{number}", lead_image={"id": picture})
    item = {"article": article["id"]}
    await newsroom.desk("PUT", "/tickers/عاجل", {"name": "عاجل"}, expect=201)
    for _ in range(3):
        await newsroom.desk("POST", "/tickers/عاجل/items", {**item, "text": "نبأ"}, expect=201)
    path = urlsplit(article["url"]).path
    shown = {page: (await newsroom.get(page)).headers["cache-tag"] for page in ("/", path, "/v1/sections?limit=100")}
    for page, line in shown.items():
        assert len(line) <= 1000, page
        assert line.split(",").count("crowded") == 1, page
        assert line.endswith(",crowded"), page
    assert {"pages", "sections", "tickers", "articles"} <= set(shown["/"].split(","))
    assert f"article:{article['id']}" in shown[path].split(",")
    async with listening() as cdn, started(newsroom, purge_url=cdn.address) as room:
        await room.desk("PATCH", f"/media/{pictures[0]}", {"alt": "قرص"}, if_match="*")
        await room.app.state.tail.catch_up()
        await room.app.state.consumers["purge"].turn()
        assert {f"media:{pictures[0]}", "crowded"} <= cdn.tags

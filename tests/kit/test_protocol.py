"""Over real connections: what is refused below the application, how, and when the connection is closed.

Each test runs on the protocol of `app/kit/protocol.py` and on that of the cache, which is made from it.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network
from typing import Any
from urllib.parse import quote

import pytest
import uvicorn

from app.cache.protocol import Protocol
from app.kit.connections import Connections, Limits
from app.kit.protocol import HttpProtocol
from tests.newsroom import Newsroom
from tests.wire import Wire, connected, request
from tests.wire import served as newsroom_served

pytestmark = pytest.mark.anyio
PROBLEM = "application/problem+json"
GET = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n"
POST = "POST /a HTTP/1.1\r\nHost: x\r\n"
CHUNKED = f"{POST}Transfer-Encoding: chunked\r\n\r\n"


@dataclass
class Scratch:
    """A small application, and what has come to it."""

    asked: list[dict[str, Any]] = field(default_factory=list)
    connections: Connections = field(default_factory=Connections)
    port: int = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._live(scope, receive, send)
        elif scope["path"] == "/early":
            await _answer(send, 413, b"too large", (b"connection", b"close"))
        elif scope["path"] == "/hasty":
            await _answer(send, 200, b"done")
        elif scope["path"] == "/stream":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": b"one", "more_body": True})
            await send({"type": "http.response.body", "body": b"two", "more_body": False})
        else:
            await self._echo(scope, receive, send)

    async def _live(self, scope: Any, receive: Any, send: Any) -> None:
        await receive()
        scope["state"]["connections"] = self.connections
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})

    async def _echo(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] == "/busy":
            await asyncio.sleep(0.3)
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.asked.append({"disconnected": scope["path"]})
                return
            body, more = body + message["body"], message["more_body"]
        if scope["path"] == "/slow":
            await asyncio.sleep(0.3)
        names = sorted(name.decode() for name, _ in scope["headers"])
        found = {"path": scope["path"], "body": len(body), "headers": names}
        self.asked.append(found)
        await _answer(send, 200, json.dumps(found).encode())


async def _answer(send: Any, status: int, body: bytes, *headers: tuple[bytes, bytes]) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [length, *headers]})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture(params=[HttpProtocol, Protocol], ids=["plain", "cache"])
def protocol(request: pytest.FixtureRequest) -> type[HttpProtocol]:
    found: type[HttpProtocol] = request.param
    return found


@asynccontextmanager
async def served(protocol: type[HttpProtocol], **limits: Any) -> AsyncIterator[Scratch]:
    scratch = Scratch(connections=Connections(Limits(**limits)))
    config = uvicorn.Config(scratch, http=protocol, lifespan="on", log_level="error", timeout_graceful_shutdown=5)
    server = uvicorn.Server(config)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        scratch.port = listening.getsockname()[1]
        task = asyncio.create_task(server.serve(sockets=[listening]))
        while not server.started:
            await asyncio.sleep(0.01)
        try:
            yield scratch
        finally:
            server.should_exit = True
            await task


@pytest.fixture
async def scratch(protocol: type[HttpProtocol]) -> AsyncIterator[Scratch]:
    async with served(protocol) as found:
        yield found


async def refused(wire: Wire, status: int, slug: str) -> dict[str, Any]:
    """The problem that comes next, after which the connection is closed."""
    found, headers, body = await wire.answer()
    assert (found, headers["connection"], headers["content-type"]) == (status, "close", PROBLEM)
    problem: dict[str, Any] = json.loads(body)
    assert (problem["status"], problem["type"]) == (status, f"/problems/{slug}")
    assert await wire.is_closed()
    return problem


async def pour(wire: Wire, piece: bytes, times: int) -> None:
    """Sends `piece` again and again, as long as the connection takes it."""
    for _ in range(times):
        wire.writer.write(piece)
        try:
            await asyncio.wait_for(wire.writer.drain(), 5)
        except (ConnectionError, TimeoutError):
            return


# --- heads ------------------------------------------------------------------------------------------------------------

NOT_HTTP = {
    "no host": "GET / HTTP/1.1\r\n\r\n",
    "two hosts": "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
    "the same host twice": "GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n",
    "two hosts in 1.0": "GET / HTTP/1.0\r\nHost: x\r\nHost: x\r\n\r\n",
    "a host with a path": "GET / HTTP/1.1\r\nHost: x/y\r\n\r\n",
    "a host with two ports": "GET / HTTP/1.1\r\nHost: x:1:2\r\n\r\n",
    "a host with half an address": "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n",
    "chunks in 1.0": "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
    "two codings": f"{POST}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "a coding that is nearly chunked": f"{POST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "letters that are not UTF-8": "GET /a\xff HTTP/1.1\r\nHost: x\r\n\r\n",
    "a host with letters": "GET / HTTP/1.1\r\nHost: \xc3\xa9\r\n\r\n",
    "another version": "GET / HTTP/2.0\r\nHost: x\r\n\r\n",
    "version 1.2": "GET / HTTP/1.2\r\nHost: x\r\n\r\n",
    "version 0.9": "GET /\r\n\r\n",
    "HTTP/2 that is known beforehand": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a star and more": "OPTIONS *%41 HTTP/1.1\r\nHost: x\r\n\r\n",
    "a fragment": "GET /a#b HTTP/1.1\r\nHost: x\r\n\r\n",
    "bare LF": "GET / HTTP/1.1\nHost: x\n\n",
    "two lengths": f"{POST}Content-Length: 1\r\nContent-Length: 2\r\n\r\naa",
    "two equal lengths": f"{POST}Content-Length: 1\r\nContent-Length: 1\r\n\r\na",
    "a length and chunks": f"{POST}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
    "a negative length": f"{POST}Content-Length: -1\r\n\r\n",
    "an unknown encoding": f"{POST}Transfer-Encoding: chunked, gzip\r\n\r\n1\r\na\r\n0\r\n\r\n",
    "a wrong chunk": f"{CHUNKED}zz\r\na\r\n0\r\n\r\n",
    "lower-case method": "get / HTTP/1.1\r\nHost: x\r\n\r\n",
    "NUL in a value": "GET / HTTP/1.1\r\nHost: x\r\nA: \0\r\n\r\n",
    "NUL in the target": "GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n",
    "a folded field": "GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n",
    "a space before the colon": "GET / HTTP/1.1\r\nHost : x\r\n\r\n",
    "TLS": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "CONNECT": "CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n",
}


@pytest.mark.parametrize("sent", NOT_HTTP.values(), ids=NOT_HTTP.keys())
async def test_what_is_not_http_is_refused(sent: str, scratch: Scratch) -> None:
    async with connected(scratch.port) as wire:
        wire.send(sent)
        await refused(wire, 400, "bad-request")
    assert scratch.connections.refusals == {"bad-request": 1}


async def test_what_is_http_is_answered(scratch: Scratch) -> None:
    async with connected(scratch.port) as wire:
        for sent in (
            GET,
            "GET http://x/a HTTP/1.1\r\nHost: x\r\n\r\n",
            "GET /a HTTP/1.1\r\nHost:\r\n\r\n",
            "GET /a HTTP/1.1\r\nHost: [::1]:8000\r\n\r\n",
            "\r\n\r\nGET /a HTTP/1.1\r\nhOST: x\r\n\r\n",
            "GET /a HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n" + GET,
            f"{CHUNKED}1;a=b\r\nx\r\n0\r\nAuthorization: Bearer x\r\n\r\n",
        ):
            wire.send(sent)
            for _ in range(sent.count("HTTP/1.1")):
                status, _, body = await wire.answer()
                assert (status, json.loads(body)["path"]) == (200, "/a")
        assert "authorization" not in scratch.asked[-1]["headers"], "a trailer is no header"
    async with connected(scratch.port) as wire:
        wire.send("GET /a HTTP/1.0\r\n\r\n")
        assert (await wire.answer())[0] == 200
        assert await wire.is_closed()
    assert not scratch.connections.refusals


@pytest.mark.parametrize("protocol_name", ["h2c", "websocket", "h2c, x/1"])
@pytest.mark.parametrize(
    "framing", ["Content-Length: {}\r\n\r\n{}", "Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{}\r\n0\r\n\r\n"]
)
async def test_a_body_behind_an_upgrade_is_a_body(protocol_name: str, framing: str, scratch: Scratch) -> None:
    """Some clients offer HTTP/2 with every request; what they send is never taken for another request."""
    sent = f"{POST}Connection: Upgrade\r\nUpgrade: {protocol_name}\r\n{framing.format(len(GET), GET)}{GET}"
    for size in (len(sent), 60, 1):
        scratch.asked.clear()
        async with connected(scratch.port) as wire:
            for start in range(0, len(sent), size):
                wire.send(sent[start : start + size])
                await asyncio.sleep(0)
            assert [json.loads((await wire.answer())[2])["body"] for _ in range(2)] == [len(GET), 0]
        assert len(scratch.asked) == 2


async def test_an_absolute_target_without_a_path_is_the_root(scratch: Scratch) -> None:
    async with connected(scratch.port) as wire:
        for target in ("http://x", "http://x?q=1", "http://x/"):
            status, _, body = await wire.ask(target)
            assert (status, json.loads(body)["path"]) == (200, "/")


@pytest.mark.parametrize("size", [7, 65_536])
@pytest.mark.parametrize("start", ["GET / HTTP/1.1\r\nHost: x\r\nA: ", f"{CHUNKED}0\r\nA: ", f"{CHUNKED}1;a="])
async def test_a_line_without_an_end_is_cut_off(start: str, size: int, scratch: Scratch) -> None:
    async with connected(scratch.port) as wire:
        wire.send(start)
        pouring = asyncio.create_task(pour(wire, b"a" * size, 400_000 // size))
        problem = await refused(wire, 431, "headers-too-large")
        pouring.cancel()
    assert problem["title"]
    assert scratch.connections.refusals == {"headers-too-large": 1}


async def test_a_trailer_is_cut_off_however_large_its_body_was(scratch: Scratch) -> None:
    """The parser puts a field together anew with each piece."""
    async with connected(scratch.port) as wire:
        wire.send(f"{CHUNKED}{2_000_000:x}\r\n{'b' * 2_000_000}\r\n0\r\nA: ")
        pouring = asyncio.create_task(pour(wire, b"a" * 65_536, 100))
        await refused(wire, 431, "headers-too-large")
        pouring.cancel()


async def test_a_target_without_an_end_is_cut_off(scratch: Scratch) -> None:
    async with connected(scratch.port) as wire:
        wire.send("GET /")
        pouring = asyncio.create_task(pour(wire, b"a" * 65_536, 100))
        await refused(wire, 414, "uri-too-long")
        pouring.cancel()


async def test_more_fields_than_anybody_sends_are_refused(scratch: Scratch) -> None:
    for number, status in ((199, 200), (200, 431)):
        async with connected(scratch.port) as wire:
            wire.send("GET /a HTTP/1.1\r\nHost: x\r\n" + "a: b\r\n" * number + "\r\n")
            assert (await wire.answer())[0] == status


async def test_each_head_has_the_whole_limit_and_a_body_does_not_count(scratch: Scratch) -> None:
    """Whether requests come one by one, in one piece, or cut anywhere."""
    head = f"POST /a HTTP/1.1\r\nHost: x\r\nA: {'a' * 30_000}\r\nContent-Length: 200000\r\n\r\n"
    sent = (head + "b" * 200_000) * 4
    for size in (len(sent), 65_536, 50_001):
        async with connected(scratch.port) as wire:
            for start in range(0, len(sent), size):
                wire.send(sent[start : start + size])
                await wire.writer.drain()
                await asyncio.sleep(0)
            for _ in range(4):
                status, _, body = await wire.answer()
                assert (status, json.loads(body)["body"]) == (200, 200_000)


async def test_small_chunks_are_no_abuse(scratch: Scratch) -> None:
    async with connected(scratch.port) as wire:
        wire.send(CHUNKED + "1\r\nx\r\n" * 60_000 + "0\r\n\r\n")
        status, _, body = await wire.answer()
        assert (status, json.loads(body)["body"]) == (200, 60_000)


# --- order ------------------------------------------------------------------------------------------------------------


async def test_a_refusal_waits_for_the_answers_before_it(scratch: Scratch) -> None:
    async with connected(scratch.port) as wire:
        wire.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n", GET, "nonsense\r\n\r\n", GET)
        assert [json.loads((await wire.answer())[2])["path"] for _ in range(2)] == ["/slow", "/a"]
        await refused(wire, 400, "bad-request")
    assert len(scratch.asked) == 2


async def test_a_body_that_goes_wrong_is_the_end_of_its_request(scratch: Scratch) -> None:
    async with connected(scratch.port) as wire:
        wire.send(f"{CHUNKED}1\r\na\r\n")
        await asyncio.sleep(0.05)
        wire.send("zz\r\n")
        await refused(wire, 400, "bad-request")
    await asyncio.sleep(0.05)
    assert scratch.asked == [{"disconnected": "/a"}]


async def test_a_request_that_is_answered_gets_no_second_answer(protocol: type[HttpProtocol]) -> None:
    """Its body goes wrong, or does not come, when the answer has gone out."""
    async with served(protocol, body_seconds=0.2) as scratch:
        for rest in ("zz\r\n", ""):
            async with connected(scratch.port) as wire:
                wire.send("POST /hasty HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")
                assert (await wire.answer())[0] == 200
                wire.send(rest)
                assert await wire.is_closed()


async def test_nothing_is_done_behind_an_answer_that_closes(scratch: Scratch) -> None:
    """RFC 9112 §9.6, also where the body of a later request is still coming."""
    async with connected(scratch.port) as wire:
        wire.send("POST /early HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\na")
        wire.send(f"{POST}Content-Length: 1\r\n\r\nb{POST}Content-Length: 9\r\n\r\nc")
        assert (await wire.answer())[0] == 413
        assert await wire.is_closed()
        await asyncio.sleep(0.1)
    assert not any("path" in found for found in scratch.asked)


# --- time -------------------------------------------------------------------------------------------------------------


async def test_a_head_that_does_not_end_has_its_time(protocol: type[HttpProtocol]) -> None:
    async with served(protocol, head_seconds=0.3) as scratch:
        async with connected(scratch.port) as slow, connected(scratch.port) as silent, connected(scratch.port) as blank:
            slow.send("GET / HTTP/1.1\r\nHost: x")
            for _ in range(3):
                slow.send("x")
                blank.send("\r\n")
                await asyncio.sleep(0.05)
            assert len(scratch.connections.unfinished) == 3
            await refused(slow, 408, "request-timeout")
            assert await silent.is_closed(), "nothing was asked, nothing is answered"
            assert await blank.is_closed()
        await asyncio.sleep(0.05)
        assert not scratch.connections.unfinished
        async with connected(scratch.port) as wire:  # the next head of a connection, too
            assert (await wire.ask("/a"))[0] == 200
            wire.send("GET")
            await refused(wire, 408, "request-timeout")


async def test_a_body_has_the_time_that_its_rate_gives_it(protocol: type[HttpProtocol]) -> None:
    async with served(protocol, body_seconds=0.2, body_min_rate=200, head_seconds=0.2) as scratch:
        async with connected(scratch.port) as slow, connected(scratch.port) as steady:
            slow.send(f"{POST}Content-Length: 100\r\n\r\n")
            steady.send(f"{POST}Content-Length: 160\r\n\r\n")
            for _ in range(8):  # 20 bytes each 50 ms are 400 a second
                steady.send("x" * 20)
                await asyncio.sleep(0.05)
            assert (await steady.answer())[0] == 200
            await refused(slow, 408, "request-timeout")
        assert scratch.connections.refusals == {"request-timeout": 1}
        assert {"disconnected": "/a"} in scratch.asked


async def test_a_head_behind_a_slow_body_has_its_own_time(protocol: type[HttpProtocol]) -> None:
    async with served(protocol, head_seconds=0.4, body_seconds=5.0) as scratch, connected(scratch.port) as wire:
        wire.send(f"{POST}Content-Length: 2\r\n\r\na")
        await asyncio.sleep(0.6)
        wire.send("bGET /a HTTP/1.1\r\n")
        assert (await wire.answer())[0] == 200
        await asyncio.sleep(0.2)
        wire.send("Host: x\r\n\r\n")
        assert (await wire.answer())[0] == 200


async def test_small_chunks_are_no_abuse_while_we_do_not_read(protocol: type[HttpProtocol]) -> None:
    async with served(protocol, head_seconds=0.2) as scratch, connected(scratch.port) as wire:
        wire.send("POST /busy HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n" * 90_000)
        await asyncio.sleep(0.4)
        wire.send("1\r\nx\r\n" * 10_000, "0\r\n\r\n")
        status, _, body = await wire.answer()
        assert (status, json.loads(body)["body"]) == (200, 100_000)


async def test_whoever_waits_for_us_is_not_late(protocol: type[HttpProtocol]) -> None:
    """A body that the application takes its time to read."""
    async with served(protocol, body_seconds=0.1, body_min_rate=10_000_000) as scratch, connected(scratch.port) as wire:
        wire.send(f"POST /busy HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n{'x' * 70_000}")
        await asyncio.sleep(0.25)
        wire.send("x" * 130_000)
        status, _, body = await wire.answer()
        assert (status, json.loads(body)["body"]) == (200, 200_000)


async def test_one_client_has_so_many_unfinished_requests(protocol: type[HttpProtocol]) -> None:
    async with served(protocol, unfinished_per_address=3, head_seconds=5.0) as scratch:
        wires = [Wire(*await asyncio.open_connection("127.0.0.1", scratch.port)) for _ in range(3)]
        wires[0].send("GET / HT")
        wires[2].send("\r\n")
        wires[1].send(f"{POST}Content-Length: 10\r\n\r\nabc")
        await asyncio.sleep(0.05)
        async with connected(scratch.port) as fourth:
            fourth.send("GE")
            await refused(fourth, 429, "rate-limited")
        wires[1].send("defghij")
        assert (await wires[1].answer())[0] == 200
        async with connected(scratch.port) as fourth:
            assert (await fourth.ask("/a"))[0] == 200
        for wire in wires:
            wire.writer.transport.abort()
    loopback = (ip_network("127.0.0.0/8"),)
    async with (
        served(protocol, unfinished_per_address=1, trusted_proxies=loopback) as scratch,
        connected(scratch.port) as first,
        connected(scratch.port) as second,
    ):
        first.send("GET / HT")
        await asyncio.sleep(0.05)
        assert (await second.ask("/a"))[0] == 200


# --- raw letters ------------------------------------------------------------------------------------------------------


async def test_raw_letters_in_a_target_are_read_as_their_percent_encoded_form(scratch: Scratch) -> None:
    line = "GET /v1/tickers/عاجل?q=خبر HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    async with connected(scratch.port) as wire:
        for cut in (len(line), 5, 17, 18, 40):  # also in the middle of a letter
            wire.writer.write(line[:cut])
            await asyncio.sleep(0.02)
            wire.writer.write(line[cut:])
            status, _, body = await wire.answer()
            assert (status, json.loads(body)["path"]) == (200, "/v1/tickers/عاجل")
    async with connected(scratch.port) as wire:  # behind another request nobody guesses where it begins
        wire.writer.write(GET.encode() + line)
        assert (await wire.answer())[0] == 200
        await refused(wire, 400, "bad-request")


async def test_raw_letters_elsewhere_stay_what_they_are(scratch: Scratch) -> None:
    async with connected(scratch.port) as wire:
        wire.writer.write("GET /a HTTP/1.1\r\nHost: x\r\nX-Name: عاجل\r\n\r\n".encode())
        assert (await wire.answer())[0] == 200
        wire.writer.write("عاجل / HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        await refused(wire, 400, "bad-request")


# --- answers ----------------------------------------------------------------------------------------------------------


async def test_an_answer_without_a_length_ends_with_the_connection_in_http_1_0(scratch: Scratch) -> None:
    async with connected(scratch.port) as wire:
        wire.send("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        head, _, body = (await wire.reader.read()).partition(b"\r\n\r\n")
        assert b"transfer-encoding" not in head.lower()
        assert b"connection: close" in head.lower()
        assert body == b"onetwo"
    async with connected(scratch.port) as wire:
        wire.send("GET /stream HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b"transfer-encoding: chunked" in await wire.reader.readuntil(b"\r\n\r\n")
        assert await wire.reader.readuntil(b"0\r\n\r\n") == b"3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"


@pytest.mark.parametrize("megabytes", [1, 3, 8])
async def test_an_early_answer_reaches_whoever_is_still_sending(megabytes: int, scratch: Scratch) -> None:
    """Closed at once, the connection would be reset before the client reads."""

    def send_all_then_read() -> bytes:
        with socket.create_connection(("127.0.0.1", scratch.port)) as client:
            length = megabytes * 1_000_000
            client.sendall(f"POST /early HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode())
            client.sendall(b"x" * length)
            return b"".join(iter(lambda: client.recv(65_536), b""))

    assert (await asyncio.to_thread(send_all_then_read)).startswith(b"HTTP/1.1 413 ")


async def test_whoever_sends_on_for_ever_is_cut_off(scratch: Scratch) -> None:
    async with connected(scratch.port) as wire:
        wire.send("POST /early HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000000\r\n\r\n")
        assert (await wire.answer())[0] == 413
        begun = asyncio.get_running_loop().time()
        await pour(wire, b"x" * 1_000_000, 1_000)
        assert asyncio.get_running_loop().time() - begun < 4


# --- the newsroom itself ----------------------------------------------------------------------------------------------


async def test_refusals_speak_the_language_of_the_site_and_are_counted(newsroom: Newsroom) -> None:
    async with newsroom_served(newsroom) as port:
        async with connected(port) as wire:
            wire.send("nonsense\r\n\r\n")
            problem = await refused(wire, 400, "bad-request")
            assert (problem["language"], problem["direction"]) == ("ar", "rtl")
        async with connected(port) as wire:
            body = "x" * 40_000
            wire.send(request("/v1/articles/x/comments", "POST", body=body, content_length=str(len(body))))
            status, headers, _ = await wire.answer()
            assert (status, headers["content-type"]) == (413, PROBLEM)
        text = (await newsroom.get("/metrics")).text
        assert 'reason="bad-request"} 1' in text
        assert 'reason="request-timeout"} 0' in text


async def test_the_short_way_takes_no_request_that_would_be_refused(newsroom: Newsroom) -> None:
    await newsroom.desk("PUT", "/tickers/عاجل", {"name": "عاجل"})
    target = f"/v1/tickers/{quote('عاجل')}"
    async with newsroom_served(newsroom) as port:
        for _ in range(3):  # the last ones come from the cache
            async with connected(port) as wire:
                status, _, body = await wire.ask(target)
                assert status == 200
                wire.writer.write(f"GET /v1/tickers/{'عاجل'} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                assert (await wire.answer())[2] == body
                wire.send(f"GET {target} HTTP/1.1\r\n\r\n")
                await refused(wire, 400, "bad-request")
        async with connected(port) as wire:
            wire.send("GET /v1/stream HTTP/1.0\r\n\r\n")
            assert b"transfer-encoding" not in await wire.reader.readuntil(b"\r\n\r\n")
            assert (await asyncio.wait_for(wire.reader.readline(), 5)).startswith(b"retry: ")

"""What the load generators send, and what is read out of their words."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest
import uvicorn

from bench import load
from bench.load import Request, Sample, answered, lua, middle, parse_wrk, percentile, shuffled

WRK = """Running 2s test @ http://127.0.0.1:8000/v1/articles
  1 threads and 16 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency     1.27ms  301.40us   9.88ms   92.01%
    Req/Sec    12.70k   581.04    13.41k    80.95%
  Latency Distribution
     50%    1.21ms
     75%    1.33ms
     90%    1.48ms
     99%  812.00us
  26548 requests in 2.10s, 345.32MB read
Requests/sec:  12641.75
Transfer/sec:    164.43MB
"""


def test_the_words_of_wrk_are_understood() -> None:
    assert parse_wrk(WRK) == Sample(12641.75, 1.21, 0.812, 0)


def test_what_wrk_could_not_do_is_counted() -> None:
    broken = "  Socket errors: connect 1, read 2, write 0, timeout 4\n  Non-2xx or 3xx responses: 5\nRequests/sec"
    assert parse_wrk(WRK.replace("Requests/sec", broken)).failed == 12


def test_other_words_are_refused() -> None:
    with pytest.raises(ValueError, match="unable to connect"):
        parse_wrk("unable to connect to 127.0.0.1:1 Connection refused\n")


def test_of_several_rounds_each_figure_is_the_middle_one() -> None:
    rounds = [Sample(100, 1, 9, 0), Sample(300, 3, 7, 2), Sample(200, 2, 8, 1)]
    assert middle(rounds) == Sample(200, 2, 8, 3)


def test_percentiles_are_of_what_was_measured() -> None:
    times = [number / 1000 for number in range(1, 101)]
    assert percentile(times, 50) == pytest.approx(51)
    assert percentile(times, 99) == pytest.approx(100)
    assert percentile([0.002], 99) == pytest.approx(2)


def test_a_request_is_written_as_bytes_with_its_length_in_bytes() -> None:
    request = Request("/a", "POST", {"X-A": "b"}, f"رأي {load.COUNTER}")
    head, _, body = request.written("7").partition(b"\r\n\r\n")
    assert body.decode() == "رأي 7"
    assert f"Content-Length: {len(body)}".encode() in head.split(b"\r\n")


@pytest.mark.parametrize(
    ("buffer", "status"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no", None),
        (b"HTTP/1.1 304 Not Modified\r\ncontent-length: 2\r\n\r\n", 304),
        (b"HTTP/1.1 404 Not Found\r\n", None),
    ],
)
def test_an_answer_is_there_when_it_is_whole(buffer: bytes, status: int | None) -> None:
    assert answered(buffer) == status


def test_the_script_holds_each_request_once_and_quotes_what_lua_would_read() -> None:
    one, other = Request("/a"), Request("/b", "POST", {"A": 'b"c\\'}, f'{{"body": "ر{load.COUNTER}"}}')
    script = lua([one, other, one, one], "salt")
    assert "{1,2,1,1}" in script
    assert 'known[1] = wrk.format("GET", "/a", {})' in script
    assert r'["A"] = "b\034c\092"' in script
    assert script.isascii()


def test_the_mixture_is_the_same_every_time() -> None:
    reads, writes = [Request("/r1"), Request("/r2")], [Request("/w", "PATCH")]
    drawn = shuffled([(99, reads), (1, writes)], 4_000)
    assert drawn == shuffled([(99, reads), (1, writes)], 4_000)
    assert 10 < drawn.count(writes[0]) < 90


@pytest.fixture
def tiny() -> Iterator[str]:
    """A server of two bytes; 500 at `/broken`."""

    async def answer(scope: dict[str, object], receive: object, send: object) -> None:
        status = 500 if scope["path"] == "/broken" else 200
        headers = [(b"content-length", b"2")]
        await send({"type": "http.response.start", "status": status, "headers": headers})  # type: ignore[operator]  # ASGI
        await send({"type": "http.response.body", "body": b"ok"})  # type: ignore[operator]  # ASGI

    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        config = uvicorn.Config(answer, log_level="error", lifespan="off", ws="none")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join()


def test_the_built_in_generator_measures(tiny: str) -> None:
    sample = load.built_in(tiny, [Request("/"), Request("/x", "POST", {}, load.COUNTER)], 0.2)
    assert sample.rate > 0
    assert 0 < sample.p50 <= sample.p99
    assert sample.failed == 0


def test_the_built_in_generator_counts_failures(tiny: str) -> None:
    assert load.built_in(tiny, [Request("/broken")], 0.1).failed > 0

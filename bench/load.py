"""Load: requests, two generators that send them (`wrk`, and a small one of our own), and what they measured."""

from __future__ import annotations

import asyncio
import json
import random
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

CONNECTIONS = 16
COUNTER = "@@"  # in a body: another text in every request


@dataclass(frozen=True)
class Request:
    """One request. `target` is percent-encoded; `COUNTER` in `body` is replaced by a number that never comes twice."""

    target: str
    method: str = "GET"
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""

    @property
    def name(self) -> str:
        return f"{self.method} {self.target}"

    def written(self, counter: str = "") -> bytes:
        body = self.body.replace(COUNTER, counter).encode()
        headers = {"Host": "127.0.0.1", **self.headers}
        if body:
            headers["Content-Length"] = str(len(body))
        lines = [f"{self.method} {self.target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


@dataclass(frozen=True)
class Sample:
    """What one round measured: requests per second, milliseconds, and answers that were not 2xx or 3xx."""

    rate: float
    p50: float
    p99: float
    failed: int


def middle(samples: Sequence[Sample]) -> Sample:
    """The median of each figure; failures are added up."""
    return Sample(
        median(sample.rate for sample in samples),
        median(sample.p50 for sample in samples),
        median(sample.p99 for sample in samples),
        sum(sample.failed for sample in samples),
    )


def generator() -> str:
    """Which of the two is used here: `wrk`, or `built-in`."""
    return "wrk" if shutil.which("wrk") else "built-in"


def drive(address: str, requests: Sequence[Request], seconds: float, with_wrk: bool) -> Sample:
    """Sends `requests`, again and again, over 16 connections."""
    return _wrk(address, requests, round(seconds)) if with_wrk else built_in(address, requests, seconds)


# ── wrk ──────────────────────────────────────────────────────────────────────────────────────────────────────────────

LATENCY = re.compile(r"^\s+(50|99)%\s+([\d.]+)(us|ms|s|m)\s*$", re.MULTILINE)
RATE = re.compile(r"^Requests/sec:\s+([\d.]+)", re.MULTILINE)
REFUSED = re.compile(r"^\s*Non-2xx or 3xx responses: (\d+)", re.MULTILINE)
BROKEN = re.compile(r"^\s*Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", re.MULTILINE)
MILLISECONDS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}


def parse_wrk(text: str) -> Sample:
    """What `wrk --latency` prints. Raises `ValueError` when it is something else."""
    rate = RATE.search(text)
    times = {name: float(number) * MILLISECONDS[unit] for name, number, unit in LATENCY.findall(text)}
    if rate is None or set(times) != {"50", "99"}:
        raise ValueError(f"wrk said: {text.strip()}")
    failed = sum(int(number) for pattern in (REFUSED, BROKEN) for number in _numbers(pattern, text))
    return Sample(float(rate[1]), times["50"], times["99"], failed)


def _numbers(pattern: re.Pattern[str], text: str) -> tuple[str, ...]:
    found = pattern.search(text)
    return found.groups() if found else ()


def _wrk(address: str, requests: Sequence[Request], seconds: int) -> Sample:
    with tempfile.TemporaryDirectory(prefix="nashra-bench-") as folder:
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{max(1, seconds)}s", "--latency"]
        if len(requests) == 1 and requests[0].method == "GET":
            headers = [part for pair in requests[0].headers.items() for part in ("-H", ": ".join(pair))]
            command += [*headers, address + requests[0].target]
        else:
            script = Path(folder) / "requests.lua"
            script.write_text(lua(requests, f"{time.time_ns():x}"), "utf-8")
            command += ["-s", str(script), address]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # words of our own
        return parse_wrk(done.stdout + done.stderr)


def lua(requests: Sequence[Request], salt: str) -> str:
    """A script that sends `requests` in their order, over and over."""
    known = list({request.name + json.dumps([request.headers, request.body]): request for request in requests}.items())
    place = {name: number for number, (name, _) in enumerate(known, 1)}
    order = [place[request.name + json.dumps([request.headers, request.body])] for request in requests]
    lines = [
        "local known, order, sent = {}, {" + ",".join(map(str, order)) + "}, 0",
        f'local salt = "{salt}"',
        "function init(args)",
        *(f"  known[{number}] = {_lua_request(request)}" for number, (_, request) in enumerate(known, 1)),
        "end",
        "function request()",
        "  sent = sent + 1",
        "  local one = known[order[(sent - 1) % #order + 1]]",
        '  if type(one) == "string" then return one end',
        "  return wrk.format(one[1], one[2], one[3], (one[4]:gsub(" + f'"{COUNTER}", salt .. sent)))',
        "end",
    ]
    return "\n".join(lines) + "\n"


def _lua_request(request: Request) -> str:
    headers = "{" + ", ".join(f"[{_quoted(name)}] = {_quoted(value)}" for name, value in request.headers.items()) + "}"
    method, target, body = _quoted(request.method), _quoted(request.target), _quoted(request.body)
    if request.body:
        return f"{{{method}, {target}, {headers}, {body}}}"
    return f"wrk.format({method}, {target}, {headers})"


def _quoted(text: str) -> str:
    plain = set(range(32, 127)) - set(b'"\\')
    return '"' + "".join(chr(byte) if byte in plain else f"\\{byte:03d}" for byte in text.encode()) + '"'


# ── Our own ──────────────────────────────────────────────────────────────────────────────────────────────────────────


class _Connection(asyncio.Protocol):
    """Keeps one request under way until the time is over."""

    def __init__(self, run: _Run) -> None:
        self.run, self.buffer, self.began = run, bytearray(), 0.0
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.send()

    def send(self) -> None:
        if time.perf_counter() >= self.run.end:
            self.transport.close()
            return
        self.began = time.perf_counter()
        self.transport.write(self.run.next())

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        status = answered(self.buffer)
        if status is None:
            return
        self.buffer.clear()
        self.run.times.append(time.perf_counter() - self.began)
        self.run.failed += not 200 <= status < 400
        self.send()

    def connection_lost(self, _error: Exception | None) -> None:
        if time.perf_counter() < self.run.end:
            self.run.failed += 1
        self.run.open -= 1
        if self.run.open == 0:
            self.run.done.set()


def answered(buffer: bytes | bytearray) -> int | None:
    """The status of the answer in `buffer`, or None while it is not whole."""
    head = buffer.find(b"\r\n\r\n")
    if head < 0:
        return None
    status = int(buffer[9:12])
    length = re.search(rb"\r\ncontent-length: *(\d+)", buffer[:head], re.IGNORECASE)
    size = int(length[1]) if length and status not in {204, 304} else 0
    return status if len(buffer) >= head + 4 + size else None


class _Run:
    def __init__(self, requests: Sequence[Request], seconds: float) -> None:
        self.salt, self.sent = f"{time.time_ns():x}", 0
        self.requests = [request if COUNTER in request.body else request.written() for request in requests]
        self.times: list[float] = []
        self.failed, self.open, self.done = 0, CONNECTIONS, asyncio.Event()
        self.began = time.perf_counter()
        self.end = self.began + seconds

    def next(self) -> bytes:
        request = self.requests[self.sent % len(self.requests)]
        self.sent += 1
        return request if isinstance(request, bytes) else request.written(f"{self.salt}{self.sent}")

    def sample(self) -> Sample:
        times = sorted(self.times) or [0.0]
        rate = len(self.times) / max(time.perf_counter() - self.began, 1e-9)
        return Sample(rate, percentile(times, 50), percentile(times, 99), self.failed + (not self.times))


def percentile(times: Sequence[float], percent: int) -> float:
    """Of sorted seconds, in milliseconds."""
    return times[min(len(times) - 1, len(times) * percent // 100)] * 1000


async def _drive(address: str, requests: Sequence[Request], seconds: float) -> Sample:
    host, port = address.removeprefix("http://").rsplit(":", 1)
    run = _Run(requests, seconds)
    loop = asyncio.get_running_loop()
    for _ in range(CONNECTIONS):
        await loop.create_connection(lambda: _Connection(run), host, int(port))
    await asyncio.wait_for(run.done.wait(), seconds + 30)
    return run.sample()


def built_in(address: str, requests: Sequence[Request], seconds: float) -> Sample:
    """Our own generator: one thread of Python, which a fast server can outrun."""
    return asyncio.run(_drive(address, requests, seconds))


def shuffled(parts: Sequence[tuple[int, Sequence[Request]]], length: int) -> list[Request]:
    """`length` requests, drawn from each part as often as its weight says; the same ones every time."""
    draw = random.Random(1)
    weights = [weight for weight, _ in parts]
    return [draw.choice(draw.choices([part for _, part in parts], weights)[0]) for _ in range(length)]

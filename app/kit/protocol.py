"""What happens below the application: one connection's HTTP/1.1, for a server that is reached without a proxy.

| what comes | answer | RFC |
| --- | --- | --- |
| a head over `head_max_bytes` or `head_max_fields` | 431; 414 where it is the target | 6585 §5, 9110 §15.5.15 |
| chunk extensions or trailers beyond all measure | 431 | 9112 §7.1.2 |
| not HTTP; no or several `Host`; `#` in the target; another version than 1.0, 1.1 | 400 | 9112 §2, §3 |
| a head not complete after `head_seconds` | 408; closed without a word where nothing came | 9110 §15.5.9 |
| a body slower than `body_min_rate`, after `body_seconds` | 408 | 9110 §15.5.9 |
| more than `unfinished_per_address` unfinished requests of one client | 429 | 6585 §4 |
| a target with raw UTF-8 letters, on an idle connection | as its percent-encoded form | |
| HTTP/1.0, and an answer without a length | ends with the connection, is not chunked | 9112 §6.3 |
| an answer before the whole body was read | the rest is read for a while before closing | 9112 §9.6 |

Refusals are problems like all others, in the language of the site, with `Connection: close`, and counted. One that
comes behind a request whose answer is not complete waits for that answer.

This leans on uvicorn's `HttpToolsProtocol` and `RequestResponseCycle`, whose version is bounded in `pyproject.toml`:
their callbacks of the parser, `cycle`, `pipeline`, `flow`, `url`, `headers`.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from app.kit.addresses import Network, is_among, peer_address, person_of
from app.kit.errors import BadRequest, HeadersTooLarge, Problem, RateLimited, RequestTimeout, UriTooLong, answer_in
from app.text.messages import negotiate

OF_A_BODY = frozenset({b"content-length", b"transfer-encoding", b"expect"})
VERSIONS = {"1.1", "1.0"}
HOST = re.compile(rb"[A-Za-z0-9._~%!$&'()*+,;=:\[\]-]*")
FRAMING_PER_BYTE = 8  # bytes of chunk framing for each byte of a body: one-byte chunks have five
LINGER_SECONDS, LINGER_BYTES = 2.0, 8_388_608  # for what is still being sent when the answer has gone out
SWEEPS = 8  # in the time that an unfinished request is given


@dataclass(frozen=True)
class Limits:
    """What one connection may cost. Seconds, bytes, bytes a second."""

    head_max_bytes: int = 65_536
    head_max_fields: int = 200
    head_seconds: float = 10.0
    body_seconds: float = 10.0
    body_min_rate: int = 500
    unfinished_per_address: int = 100
    trusted_proxies: tuple[Network, ...] = ()
    """Their connections are those of many clients, and are not counted."""
    language: str = "en"
    """Of refusals."""


@dataclass
class Connections:
    """What the connections of one process share: limits, unfinished requests, counts of refusals."""

    limits: Limits = field(default_factory=Limits)
    refusals: Counter[str] = field(default_factory=Counter)
    """By the slug of the problem."""
    unfinished: set[HttpProtocol] = field(default_factory=set)
    _by_person: Counter[str] = field(default_factory=Counter)
    _timer: asyncio.TimerHandle | None = None

    def add(self, connection: HttpProtocol) -> None:
        """A request of this connection is unfinished, or has not begun: it is looked at from now on."""
        self.unfinished.add(connection)
        if self._timer is None:
            self._wait(connection.loop)

    def remove(self, connection: HttpProtocol) -> None:
        """Its request has come to an end."""
        self.unfinished.discard(connection)
        if connection.is_counted:
            connection.is_counted = False
            self._by_person[connection.person] -= 1
            if not self._by_person[connection.person]:
                del self._by_person[connection.person]

    def may_wait(self, connection: HttpProtocol) -> bool:
        """Whether a client may have this unfinished request beside its others."""
        if not connection.is_counted and connection.person:
            connection.is_counted = True
            self._by_person[connection.person] += 1
        return self._by_person[connection.person] <= self.limits.unfinished_per_address

    def person(self, client: Sequence[Any] | None) -> str:
        """Who counts as one client; empty where it is a proxy of ours, or no address is known."""
        return _person(str(client[0]), self.limits.trusted_proxies) if client else ""

    def _wait(self, loop: asyncio.AbstractEventLoop) -> None:
        seconds = min(self.limits.head_seconds, self.limits.body_seconds) / SWEEPS
        self._timer = loop.call_later(seconds, self._sweep, loop)

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        """One timer for all: a connection whose requests come whole is never looked at."""
        self._timer = None
        for connection in tuple(self.unfinished):
            connection.refuse_if_late()
        if self.unfinished:
            self._wait(loop)


@lru_cache(maxsize=4096)
def _person(client: str, trusted: tuple[Network, ...]) -> str:
    address = peer_address(client)
    return "" if address is None or is_among(address, trusted) else person_of(address)


class _Refused(Exception):
    """Raised in a callback of the parser, which ends its work."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.slug)
        self.problem = problem


class HttpProtocol(HttpToolsProtocol):
    """One connection."""

    _is_in_head = _is_in_body = False
    _has_completed = False
    """Whether a request came to its end in the bytes that were read last."""
    _is_in_request_line = True
    """Nothing of the next request has come but, perhaps, a part of its first line."""
    _head_bytes = _body_bytes = _framing_bytes = 0
    _since: float | None = None
    """The moment (monotonic) from which an unfinished request is measured."""
    has_body = False
    """Whether the request has a body, or says so."""
    is_counted = False
    """Whether it is one of the unfinished requests of its client."""
    _host: bytes | None = None
    _refusal: Problem | None = None
    _lingered: int | None = None
    """Bytes that were thrown away since the last answer."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.all: Connections = self.app_state.get("connections") or _DEFAULT
        self.person = self.all.person(self.client)
        self._since = self.loop.time()
        self.all.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._finished()
        super().connection_lost(exc)

    # ── what comes ───────────────────────────────────────────────────────────────────────────────────────────────────

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        if self._refusal is not None or self._lingered is not None:
            self._throw_away(data)
            return
        if self._is_in_request_line and not data.isascii():
            data = self._with_ascii_target(data)
        while data and self._refusal is None:
            room = len(data) if self._is_in_body else self.all.limits.head_max_bytes - self._head_bytes
            data = data[self._feed(data[:room] if room < len(data) else data) :]

    def _with_ascii_target(self, data: bytes) -> bytes:
        """The request line with its raw letters percent-encoded, where a request begins on an idle connection."""
        line, end, rest = data.partition(b"\n")
        if line.isascii() or not (self.cycle is None or self.cycle.response_complete):
            return data
        return b"".join(b"%c" % byte if byte < 0x80 else b"%%%02X" % byte for byte in line) + end + rest

    def _feed(self, data: bytes) -> int:
        """Gives the parser these bytes, at most what is left for a head; returns how many of them it has taken."""
        self._has_completed, was_in_body, body_bytes, taken = False, self._is_in_body, self._body_bytes, len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:  # nobody speaks another protocol here: HTTP goes on
            taken = upgrade.args[0]
        except httptools.HttpParserError as error:
            cause = error.__context__
            self.refuse(cause.problem if isinstance(cause, _Refused) else BadRequest())
            return taken
        if self._is_in_body:
            framing = taken - (self._body_bytes - body_bytes) if was_in_body and not self._has_completed else 0
            self._count_framing(framing)
        elif self._is_in_head or not self._has_completed:
            self._count_head(data)
        else:
            self._finished()
        return taken

    def _count_head(self, data: bytes) -> None:
        size = len(data)
        if self._has_completed:  # it began somewhere in these bytes
            size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if self._is_in_head and (self._has_completed or b"\n" in data):
            self._is_in_request_line = False
        self._head_bytes += size
        if self._head_bytes >= self.all.limits.head_max_bytes:
            is_target = self._is_in_head and 2 * len(self.url) > self._head_bytes
            self.refuse(UriTooLong() if is_target else HeadersTooLarge())
        else:
            self._unfinished()

    def _count_framing(self, size: int) -> None:
        self._framing_bytes += size
        if self._framing_bytes > self.all.limits.head_max_bytes + FRAMING_PER_BYTE * self._body_bytes:
            self.refuse(HeadersTooLarge())
        else:
            self._unfinished()

    # ── callbacks of the parser ──────────────────────────────────────────────────────────────────────────────────────

    def on_message_begin(self) -> None:
        self._is_in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._check_head()
        self._is_in_head, self._is_in_body, self._is_in_request_line = False, True, False
        self._head_bytes = self._body_bytes = self._framing_bytes = 0
        self.begin_request()
        self.headers = []  # trailers are no header fields (RFC 9110 §6.5.1)
        self._finished()

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._is_in_body, self._is_in_request_line, self._has_completed = False, True, True
        self.end_request()

    def _check_head(self) -> None:
        """Raises what makes a head none of HTTP/1.0 or HTTP/1.1 (RFC 9112 §3)."""
        names = [name for name, _ in self.headers]
        version, hosts = self.parser.get_http_version(), names.count(b"host")
        if len(names) > self.all.limits.head_max_fields:
            raise _Refused(HeadersTooLarge())
        is_named = hosts == 1 and self._is_host(self.headers[names.index(b"host")][1])
        if not (is_named or (version == "1.0" and not hosts)) or version not in VERSIONS or b"#" in self.url:
            raise _Refused(BadRequest())
        self.has_body = not OF_A_BODY.isdisjoint(names)

    def _is_host(self, value: bytes) -> bool:
        if value != self._host and HOST.fullmatch(value):
            self._host = value  # that of most requests of a connection
        return value == self._host

    def begin_request(self) -> None:
        """The head is there, and good: the application is asked."""
        super().on_headers_complete()
        if self.has_body:
            self.cycle.transport = _Lingering(self)  # type: ignore[assignment]  # what a cycle asks of its transport
        if self.scope["http_version"] == "1.0":
            self.cycle.__class__ = UnframedCycle  # uvicorn makes it itself, and offers no other way

    def end_request(self) -> None:
        """All of the request is there."""
        super().on_message_complete()

    # ── what takes too long ──────────────────────────────────────────────────────────────────────────────────────────

    def _unfinished(self) -> None:
        if self._since is None:
            self._since = self.loop.time()
            self.all.add(self)
        if not self.is_counted and not self.all.may_wait(self):
            self.refuse(RateLimited(wait=int(self.all.limits.head_seconds) + 1))

    def _finished(self) -> None:
        if self._since is not None:
            self._since = None
            self.all.remove(self)

    def refuse_if_late(self) -> None:
        """Called now and then while a request is unfinished."""
        if self._since is None:
            return
        limits, now = self.all.limits, self.loop.time()
        if self.flow.read_paused:  # by us, not by the client
            self._since, self._body_bytes = now, 0
        given = (
            limits.body_seconds + self._body_bytes / limits.body_min_rate if self._is_in_body else limits.head_seconds
        )
        if now - self._since > given:
            self.refuse(RequestTimeout())

    # ── refusals ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def refuse(self, problem: Problem) -> None:
        """Answers with the problem as soon as what was asked before is answered; reads nothing more as HTTP."""
        if self._refusal is None and not self.transport.is_closing():
            self._refusal = problem
            self.all.refusals[problem.slug] += 1
            self._finished()
            self._send_refusal()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._refusal is not None:
            self._send_refusal()

    def _send_refusal(self) -> None:
        is_ours = self._is_in_body and not self.pipeline  # the request at fault is the one that is being answered
        is_answering = self.cycle is not None and not self.cycle.response_complete
        if is_answering and not is_ours:
            return
        if is_answering and self.cycle.response_started:
            self.transport.close()
            return
        has_begun = self._is_in_head or self._is_in_body
        if has_begun or not isinstance(self._refusal, RequestTimeout):  # else nobody waits for an answer
            self.transport.write(self._refusal_bytes())
        self._disconnect_application()
        self._linger()

    def _refusal_bytes(self) -> bytes:
        assert self._refusal is not None  # noqa: S101  # for the type checker
        path = self.url.partition(b"?")[0].decode("ascii", "replace") if self._is_in_head or self._is_in_body else ""
        self._refusal.headers["Connection"] = "close"
        answer = answer_in(self._refusal, negotiate(None, self.all.limits.language), path if len(path) < 2_000 else "")
        lines = [b"%b: %b\r\n" % pair for pair in [*self.server_state.default_headers, *answer.raw_headers]]
        return b"".join([STATUS_LINE[answer.status_code], *lines, b"\r\n", bytes(answer.body)])

    def _disconnect_application(self) -> None:
        """What waits for the rest of the body hears that it does not come."""
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()

    # ── closing ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def close_softly(self) -> None:
        """Closes at once where all was read that was sent, else after a while."""
        if self._is_in_body:
            self._linger()
        else:
            self.transport.close()

    def _linger(self) -> None:
        """Who is still sending reads our answer only afterwards; closed at once, it would find the connection reset."""
        self._finished()
        self._unset_keepalive_if_required()
        self._lingered = 0
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.flow.resume_reading()
        self.loop.call_later(LINGER_SECONDS, self.transport.close)

    def _throw_away(self, data: bytes) -> None:
        self._lingered = (self._lingered or 0) + len(data)
        if self._lingered > LINGER_BYTES:
            self.transport.close()


class _Lingering:
    """The transport as the cycle of a request with a body knows it."""

    def __init__(self, protocol: HttpProtocol) -> None:
        self._transport = protocol.transport
        self.write: Callable[[bytes], None] = protocol.transport.write
        self.is_closing: Callable[[], bool] = protocol.transport.is_closing
        self.abort: Callable[[], None] = protocol.transport.abort
        self.close: Callable[[], None] = protocol.close_softly


class UnframedCycle(RequestResponseCycle):
    """An answer to HTTP/1.0: what has no length ends with the connection."""

    _is_unframed = False

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start" and not self.response_started:
            names = {name.lower() for name, _ in message.get("headers", ())}
            self._is_unframed = b"content-length" not in names and self.scope["method"] != "HEAD"
            self.chunked_encoding = False if self._is_unframed else None
        elif self._is_unframed:
            self.expected_content_length = len(message.get("body", b"")) if not self.response_complete else 0
        await super().send(message)


_DEFAULT = Connections()

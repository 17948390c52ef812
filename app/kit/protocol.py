"""HTTP/1.1 of one client connection, below ASGI: limits and checks for a server without a proxy in front.

| input | answer | RFC |
| --- | --- | --- |
| a head over `head_max_bytes` or `head_max_fields` | 431; 414 where it is the target | 6585 §5, 9110 §15.5.15 |
| chunk extensions or trailers over `head_max_bytes` | 431 | 9112 §7.1.2 |
| not HTTP; no or several `Host`; `#` in the target; another version than 1.0, 1.1 | 400 | 9112 §2, §3 |
| a head not complete after `head_seconds` | 408; closed without an answer where no byte came | 9110 §15.5.9 |
| a body slower than `body_min_rate`, after `body_seconds` | 408 | 9110 §15.5.9 |
| more than `unfinished_per_address` unfinished requests of one client | 429 | 6585 §4 |
| a coding beside `chunked`, chunks in HTTP/1.0 | 400: against request smuggling | 9112 §6.1 |
| an `Upgrade` | ignored: HTTP goes on, with the body | 9110 §7.8 |
| a target with raw UTF-8 letters, on an idle connection | as its percent-encoded form | |
| HTTP/1.0, and an answer without a length | ends with the connection, is not chunked | 9112 §6.3 |
| an answer before the whole body was read | the rest is read for a while before closing | 9112 §9.6 |

Refusals are RFC 9457 problems in the language of the site, with `Connection: close`, and counted. They wait until all
earlier requests of the connection are answered.

What connections share is in `app/kit/connections.py`. This uses internals of uvicorn's `HttpToolsProtocol` and
`RequestResponseCycle`, whose version is bounded in `pyproject.toml`: parser callbacks, `parser`, `cycle`, `pipeline`,
`flow`, `url`, `headers`.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote_to_bytes

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from app.kit.connections import Connections
from app.kit.errors import BadRequest, HeadersTooLarge, Problem, RateLimited, RequestTimeout, UriTooLong, answer_in
from app.text.messages import negotiate

OF_A_BODY = frozenset({b"content-length", b"transfer-encoding", b"expect"})
VERSIONS = {"1.1", "1.0"}
HOST = re.compile(rb"(\[[0-9A-Za-z.:]+\]|[A-Za-z0-9._~%!$&'()*+,;=-]*)(:[0-9]*)?")
WITHOUT_PATH = re.compile(rb"(https?://[^/?]+)(\?.*)?", re.IGNORECASE)
SLASH = ord("/")
PERCENT_ENCODED = {byte: f"%{byte:02X}" for byte in range(0x80, 0x100)}
FRAMING_PER_BYTE = 8  # bytes of chunk framing for each byte of a body: one-byte chunks have five
LINGER_SECONDS, LINGER_BYTES = 2.0, 134_217_728  # how long, and how much, a client may go on sending after its answer


log = logging.getLogger("nashra")


class _Refused(Exception):
    """Raised in a parser callback, to stop the parser."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.slug)
        self.problem = problem


class HttpProtocol(HttpToolsProtocol):
    """One client connection."""

    _is_in_head = _is_in_body = False
    _has_completed = False
    """Whether a request ended in the bytes fed last."""
    _is_in_request_line = True
    """Whether no more than a part of the next request's first line has come."""
    _head_bytes = _body_bytes = _framing_bytes = 0
    _trailer_bytes = 0
    """Framing since the last byte of the body: trailers, or the extensions of one chunk."""
    _has_raw_letters = _is_upgrade = False
    _since: float | None = None
    """Start of the unfinished request, in seconds of the loop's clock; None while idle."""
    has_body = False
    """Whether the head announces a body."""
    is_counted = False
    """Whether it counts among the unfinished requests of its client."""
    _host: bytes | None = None
    _refusal: Problem | None = None
    _lingered: int | None = None
    """Bytes discarded since the last answer; None while the connection is not lingering."""

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
        """Percent-encode raw UTF-8 in the request line, where a request begins on an idle connection."""
        line, end, rest = data.partition(b"\n")
        if line.isascii() or not (self.cycle is None or self.cycle.response_complete):
            return data
        self._has_raw_letters, most = True, self.all.limits.head_max_bytes
        encoded = line[:most].decode("latin-1").translate(PERCENT_ENCODED).encode()
        return encoded + end + rest if len(line) <= most else encoded  # a longer line is refused

    def _feed(self, data: bytes) -> int:
        """Feed the parser; returns how many of the bytes it has consumed."""
        self._has_completed, was_in_body, body_bytes, taken = False, self._is_in_body, self._body_bytes, len(data)
        try:
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                taken = upgrade.args[0]
                self._read_again_without_upgrade()
        except httptools.HttpParserError as error:
            self.refuse(_problem_of(error))
            return taken
        if self._is_in_body:
            is_within = was_in_body and not self._has_completed  # else the body began or ended in these bytes
            self._count_framing(*(taken, self._body_bytes - body_bytes) if is_within else (0, 0))
        elif self._is_in_head or not self._has_completed:
            self._count_head(data)
        return taken

    def _read_again_without_upgrade(self) -> None:
        """Parse the head again without `Upgrade` (RFC 9110 §7.8): else the body is parsed as another request."""
        fields = [b"%b: %b\r\n" % pair for pair in self.headers if pair[0] != b"upgrade"]
        line = b"%b %b HTTP/%b\r\n" % (self.parser.get_method(), self.url, self.parser.get_http_version().encode())
        self._is_upgrade = False
        self.parser = httptools.HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # as uvicorn does
        self.parser.feed_data(b"".join([line, *fields, b"\r\n"]))

    def _count_head(self, data: bytes) -> None:
        size = len(data)
        if self._has_completed:  # the head began somewhere in these bytes
            size = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        if self._is_in_head and (self._has_completed or b"\n" in data):
            self._is_in_request_line = False
        self._head_bytes += size
        if self._head_bytes >= self.all.limits.head_max_bytes:
            is_target = self._is_in_head and 2 * len(self.url) > self._head_bytes
            self.refuse(UriTooLong() if is_target else HeadersTooLarge())
        else:
            self._unfinished()

    def _count_framing(self, taken: int, body: int) -> None:
        """Count chunk framing: `taken` bytes were consumed, of which `body` belong to the body."""
        self._framing_bytes += taken - body
        self._trailer_bytes = 0 if body else self._trailer_bytes + taken
        most = self.all.limits.head_max_bytes
        if self._trailer_bytes > most or self._framing_bytes > most + FRAMING_PER_BYTE * self._body_bytes:
            self.refuse(HeadersTooLarge())
        else:
            self._unfinished()

    # ── callbacks of the parser ──────────────────────────────────────────────────────────────────────────────────────

    def on_message_begin(self) -> None:
        self._is_in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._check_head()
        if self.parser.should_upgrade():
            self._is_upgrade = True  # the head is read again
            return
        self._is_in_head, self._is_in_body, self._is_in_request_line = False, True, False
        self._head_bytes = 0
        self.begin_request()
        if self.has_body:
            self._body_bytes = self._framing_bytes = self._trailer_bytes = 0
            self.headers = []  # trailers are no header fields (RFC 9110 §6.5.1)
            self._finished()

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        if self._is_upgrade:
            return
        self._is_in_body, self._is_in_request_line, self._has_completed = False, True, True
        if self._since is not None:
            self._finished()
        self.end_request()

    def _check_head(self) -> None:
        """Raises `_Refused` for a head that is not valid HTTP/1.0 or HTTP/1.1 (RFC 9112 §3)."""
        names = [name for name, _ in self.headers]
        version, hosts = self.parser.get_http_version(), names.count(b"host")
        if len(names) > self.all.limits.head_max_fields:
            raise _Refused(HeadersTooLarge())
        is_named = hosts == 1 and self._is_host(self.headers[names.index(b"host")][1])
        if not (is_named or (version == "1.0" and not hosts)) or version not in VERSIONS or b"#" in self.url:
            raise _Refused(BadRequest())
        self.has_body = not OF_A_BODY.isdisjoint(names)
        if self.has_body:
            self._check_framing(version)
        if self.url[0] != SLASH or self._has_raw_letters:
            self._check_target()

    def _check_framing(self, version: str) -> None:
        """Only `chunked`, and not in HTTP/1.0, which proxies may not understand (RFC 9112 §6.1)."""
        codings = [value.lower() for name, value in self.headers if name == b"transfer-encoding"]
        if codings and (codings != [b"chunked"] or version == "1.0"):
            raise _Refused(BadRequest())

    def _check_target(self) -> None:
        """Raw bytes must be UTF-8; an absolute target without a path gets the path `/` (RFC 9112 §3.2.2)."""
        is_known = self.url.startswith(b"/") or b"://" in self.url or self.url == b"*"
        if not is_known or self.parser.get_method() == b"CONNECT":
            raise _Refused(BadRequest())
        try:
            unquote_to_bytes(self.url).decode() if self._has_raw_letters else None
        except UnicodeDecodeError:
            raise _Refused(BadRequest()) from None
        self._has_raw_letters = False
        if found := WITHOUT_PATH.fullmatch(self.url):
            self.url = b"%b/%b" % (found[1], found[2] or b"")

    def _is_host(self, value: bytes) -> bool:
        if value != self._host and HOST.fullmatch(value):
            self._host = value  # most requests of a connection repeat it
        return value == self._host

    def begin_request(self) -> None:
        """Pass a valid head to the application."""
        super().on_headers_complete()
        if self.has_body:
            self.cycle.transport = _Lingering(self)  # type: ignore[assignment]  # the part of a transport that a cycle uses
        if self.scope["http_version"] == "1.0":
            self.cycle.__class__ = UnframedCycle  # uvicorn makes it itself, and offers no other way

    def end_request(self) -> None:
        """Tell the application that the request is complete."""
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
        """Refuse an unfinished request after its deadline; called by the sweep of `Connections`."""
        if self._since is None:
            return
        limits, now = self.all.limits, self.loop.time()
        given = limits.body_seconds if self._is_in_body else limits.head_seconds
        earned = self._body_bytes / limits.body_min_rate if self._is_in_body else 0.0
        if self.flow.read_paused:  # we hold the client back: its time does not count
            self._since = now - earned
        elif now - self._since > given + earned:
            self.refuse(RequestTimeout())

    # ── refusals ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def refuse(self, problem: Problem) -> None:
        """Answer with the problem after all earlier answers; the rest of the input is discarded."""
        if self._refusal is None and not self.transport.is_closing():
            self._refusal = problem
            self.all.refusals[problem.slug] += 1
            self._finished()
            self._send_refusal()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._refusal is not None and not self.transport.is_closing():
            self._send_refusal()

    def _send_refusal(self) -> None:
        is_ours = self._is_in_body and not self.pipeline  # the faulty request is the one being answered
        is_answering = self.cycle is not None and not self.cycle.response_complete
        if is_answering and not is_ours:
            return
        if is_answering and self.cycle.response_started:
            self.transport.close()
            return
        if self._waits_for_an_answer():
            self.transport.write(self._refusal_bytes())
        self._disconnect_application()
        self._linger()

    def _waits_for_an_answer(self) -> bool:
        """Whether to send the refusal: not after an answer to this request; no 408 on an idle connection, where the
        client would take it for the answer to its next request.
        """
        if self._is_in_body:
            return not self.cycle.response_complete
        return self._is_in_head or not isinstance(self._refusal, RequestTimeout)

    def _refusal_bytes(self) -> bytes:
        assert self._refusal is not None  # noqa: S101  # for the type checker
        path = self.url.partition(b"?")[0].decode("ascii", "replace") if self._is_in_head or self._is_in_body else ""
        self._refusal.headers["Connection"] = "close"
        answer = answer_in(self._refusal, negotiate(None, self.all.limits.language), path if len(path) < 2_000 else "")
        lines = [b"%b: %b\r\n" % pair for pair in [*self.server_state.default_headers, *answer.raw_headers]]
        return b"".join([STATUS_LINE[answer.status_code], *lines, b"\r\n", bytes(answer.body)])

    def _disconnect_application(self) -> None:
        """Tell an application that waits for the rest of the body that the client is gone."""
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()

    # ── closing ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def close_softly(self) -> None:
        """Close at once after a complete request, else linger."""
        if self._is_in_body:
            self._linger()
        else:
            self.transport.close()

    def _linger(self) -> None:
        """Close later: a client that is still sending would get a reset before it reads our answer."""
        self._finished()
        self._unset_keepalive_if_required()
        self._lingered = 0
        self.pipeline.clear()  # no request after `Connection: close` is processed (RFC 9112 §9.6)
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.flow.resume_reading()
        self.loop.call_later(LINGER_SECONDS, self.transport.close)

    def _throw_away(self, data: bytes) -> None:
        self._lingered = (self._lingered or 0) + len(data)
        if self._lingered > LINGER_BYTES:
            self.transport.close()


def _problem_of(error: httptools.HttpParserError) -> Problem:
    """The problem that a callback has raised, else 400. Our own bugs are logged."""
    cause = error.__context__
    if isinstance(cause, _Refused):
        return cause.problem
    if cause is not None and not isinstance(cause, httptools.HttpParserError):
        log.error("a request could not be read", exc_info=cause)
    return BadRequest()


class _Lingering:
    """The transport for the cycle of a request with a body: its `close` lingers."""

    def __init__(self, protocol: HttpProtocol) -> None:
        self._transport = protocol.transport
        self.write: Callable[[bytes], None] = protocol.transport.write
        self.is_closing: Callable[[], bool] = protocol.transport.is_closing
        self.abort: Callable[[], None] = protocol.transport.abort
        self.close: Callable[[], None] = protocol.close_softly


class UnframedCycle(RequestResponseCycle):
    """An answer to HTTP/1.0: a body without a length ends with the connection."""

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

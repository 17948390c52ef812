"""The response cache in front of the application, in ASGI: a hit costs a lookup and two sends, before any routing.

| | |
| --- | --- |
| a request comes | unless the log tail `is_current`, it reads the log first: every acknowledged change is known |
| hit | the variant for `Accept-Encoding`; 304 where `If-None-Match` names it |
| miss | the application answers once for all concurrent requests; stored unless its tags were invalidated since |
| a change in the log | the answers with its tags are invalidated |
| a deadline passes | answers that it may change are invalidated: the log tail is not current from then on |
| the log cannot be read | every request bypasses the cache |

Only public 200s from `deliver` are cached, and only for GET and HEAD without `Authorization` and `Range`.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import secrets
from asyncio import to_thread
from collections.abc import Callable, Iterable
from operator import itemgetter
from urllib.parse import parse_qsl

from starlette.datastructures import Headers as StarletteHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.cache.answers import IDENTITY, Answer, Headers, Variant, best_encoding, digest_of
from app.cache.store import Store
from app.changes.tail import LogTail, Subscriber
from app.kit.addresses import client_address
from app.kit.caching import matches
from app.kit.middleware import REQUEST_ID, as_get, log_line
from app.settings import Settings

LONGEST_URL = 2_000  # bytes of path and query that are cached
LARGE = 65_536  # bytes: larger bodies are compressed in a thread
LONG = 1_000_000  # bytes: larger bodies are hashed in a thread
access = logging.getLogger("nashra.access")


class Cache(Subscriber):
    """The response cache of one process; a subscriber of the log tail."""

    def __init__(self, tail: LogTail, settings: Settings) -> None:
        self._tail, self._settings = tail, settings
        self.store = Store(settings.cache_bytes)
        self._flights: dict[object, tuple[int, asyncio.Future[Answer | None]]] = {}
        self._generation = 0  # grows with every invalidation
        self._invalidated_at: dict[str, int] = {}  # tag -> generation of its last invalidation
        self._all_invalidated_at = 0  # generation of the last `invalidate_all`
        self._id_prefix = secrets.token_hex(6).encode()
        self._numbers = itertools.count()
        self.hits = self.misses = self.joined = self.bypassed = 0
        tail.subscribers.append(self)

    def invalidate(self, tags: Iterable[str]) -> None:
        if tags := set(tags):
            self._generation += 1
            self._invalidated_at.update(dict.fromkeys(tags, self._generation))
            self.store.invalidate(tags)
            if len(self._invalidated_at) > 50_000:
                self._all_invalidated_at = self._generation
                self._invalidated_at.clear()

    def invalidate_all(self) -> None:
        self._generation += 1
        self._all_invalidated_at = self._generation
        self._invalidated_at.clear()
        self.store.clear()

    async def __call__(self, scope: Scope, receive: Receive, send: Send, inner: ASGIApp) -> None:
        method = scope["method"]
        if method != "GET" and method != "HEAD":
            await inner(scope, receive, send)
            return
        accepted, known, given, private = _request_fields(scope["headers"])
        answer = None
        if not private and self._tail.is_current():
            answer = self.store.by_alias.get(_decoded_url(scope))
        if answer is not None:
            self.hits += 1
            answer.hits += 1
            self._alias(answer, scope)
        else:
            answer = await self._get_or_fetch(scope, receive, send, inner, private=private)
            if answer is None:
                return
        encoding = best_encoding(accepted) if accepted else IDENTITY
        variant = answer.variants.get(encoding) or await self._variant(answer, answer.encoding(encoding))
        request_id = self._request_id(scope, given)
        status = await _respond(scope, send, variant, known, request_id)
        if self._settings.access_log and "request_id" not in scope.get(
            "state", ()
        ):  # on a miss the application has logged it
            self._log(scope, status, request_id)

    async def answer(self, scope: Scope, receive: Receive, send: Send, inner: ASGIApp) -> Answer | None:
        """The answer to a GET that a page is made of; None where it cannot be cached: then it went to `send`."""
        found = self.store.by_alias.get(_decoded_url(scope)) if self._tail.is_current() else None
        return found or await self._get_or_fetch(scope, receive, send, inner, private=False)

    def reply(self, target: bytes, headers: Headers) -> tuple[bytes, bytes, bytes] | None:
        """Status line, header lines and body of a hit, for a GET of `target` with these `headers` and no body.

        None on a miss, or where the log must be read first.
        """
        answer = self.store.by_alias.get(target) if self._tail.is_current() else None
        if answer is None or self._settings.access_log:
            return None
        accepted, known, given, private = _request_fields(headers)
        variant = answer.variants.get(answer.encoding(best_encoding(accepted) if accepted else IDENTITY))
        if variant is None or private:
            return None
        self.hits += 1
        answer.hits += 1
        request_id = b"x-request-id: %b\r\n\r\n" % self._id_for(given)
        if known is not None and _is_unmodified(known, variant):
            return b"304 Not Modified\r\n", variant.lines(unmodified=True) + request_id, b""
        return b"200 OK\r\n", variant.lines(unmodified=False) + request_id, variant.body["body"]

    def _request_id(self, scope: Scope, given: bytes) -> bytes:
        """The application's on a miss; on a hit the client's, or a new one."""
        known: str | None = scope["state"].get("request_id") if "state" in scope else None
        return known.encode() if known is not None else self._id_for(given)

    def _id_for(self, given: bytes) -> bytes:
        return given if given and _is_request_id(given) else b"%b%012x" % (self._id_prefix, next(self._numbers))

    def _log(self, scope: Scope, status: int, request_id: bytes) -> None:
        state = scope.setdefault("state", {})
        state["address"] = client_address(scope, StarletteHeaders(scope=scope), self._settings.trusted_proxies)
        state["request_id"] = request_id.decode()
        access.info("%s", log_line(scope, status, 0.0, "(kept)"))

    async def _variant(self, answer: Answer, encoding: str) -> Variant:
        """The answer in another encoding, compressed once for all concurrent requests; a large body in a thread."""
        if (found := answer.variants.get(encoding)) is not None:
            return found
        if len(answer.body) < LARGE:
            return self._add(answer, encoding, answer.compressed(encoding))
        making = answer.making.get(encoding)
        if making is None:
            making = asyncio.ensure_future(to_thread(answer.compressed, encoding))
            answer.making[encoding] = making
        body = await asyncio.shield(making)
        answer.making.pop(encoding, None)
        return answer.variants.get(encoding) or self._add(answer, encoding, body)

    def _add(self, answer: Answer, encoding: str, body: bytes) -> Variant:
        before = answer.size
        variant = answer.add(encoding, body)
        self.store.resize(answer, answer.size - before)
        return variant

    async def _get_or_fetch(
        self, scope: Scope, receive: Receive, send: Send, inner: ASGIApp, *, private: bool
    ) -> Answer | None:
        """The answer from the cache or the application; None where it cannot be cached and has been sent already."""
        current = not private and await self._tail.catch_up()
        if not current or not self.store.bound or len(scope["path"]) + len(scope["query_string"]) > LONGEST_URL:
            self.bypassed += 1
            return await _call_app(scope, receive, send, inner, None)
        key = _cache_key(scope)
        answer = self.store.get(key) or await self._await_flight(key)
        if answer is None:
            return await self._fetch(key, scope, receive, send, inner)
        answer.hits += 1
        self._alias(answer, scope)
        return answer

    def _alias(self, answer: Answer, scope: Scope) -> None:
        """Alias the answer under the decoded URL and under the raw target of this request."""
        self.store.alias(answer, _decoded_url(scope))
        if "raw_path" in scope:
            query = scope["query_string"]
            self.store.alias(answer, scope["raw_path"] + b"?" + query if query else scope["raw_path"])

    async def _await_flight(self, key: object) -> Answer | None:
        """The answer that a concurrent request is fetching, if that began after the last known invalidation."""
        flight = self._flights.get(key)
        if flight is None or flight[0] != self._generation:
            return None
        self.joined += 1
        return await asyncio.shield(flight[1])

    async def _fetch(self, key: object, scope: Scope, receive: Receive, send: Send, inner: ASGIApp) -> Answer | None:
        flight: asyncio.Future[Answer | None] = asyncio.get_running_loop().create_future()
        mine = self._flights[key] = (self._generation, flight)
        answer = None

        def end(found: Answer | None = None) -> None:
            if not flight.done():
                flight.set_result(found)
            if self._flights.get(key) is mine:
                del self._flights[key]

        try:
            answer = await _call_app(scope, receive, send, inner, key, end)
            self.misses += answer is not None
            if answer is not None and self._is_fresh(answer, mine[0]):
                self.store.put(answer)
                self._alias(answer, scope)
        finally:
            end(answer)
        return answer

    def _is_fresh(self, answer: Answer, generation: int) -> bool:
        """Whether none of its tags was invalidated since `generation`, and no deadline has passed."""
        tail = self._tail
        if self._all_invalidated_at > generation or tail.is_due or tail.seconds_to_next_deadline() <= 0:
            return False
        return not any(self._invalidated_at.get(tag, 0) > generation for tag in answer.tags)


EMPTY_BODY: Message = {"type": "http.response.body", "body": b""}


async def _respond(scope: Scope, send: Send, variant: Variant, known: bytes | None, request_id: bytes) -> int:
    """Send the variant, or a 304 where the client has it. Returns the status."""
    if known is not None and _is_unmodified(known, variant):
        headers = [*variant.unmodified, (b"x-request-id", request_id)]
        await send({"type": "http.response.start", "status": 304, "headers": headers})
        await send(EMPTY_BODY)
        return 304
    headers = [*variant.headers, (b"x-request-id", request_id)]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send(variant.body if scope["method"] == "GET" else EMPTY_BODY)
    return 200


def _is_unmodified(tags: bytes, variant: Variant) -> bool:
    """Whether `If-None-Match` names the variant."""
    return tags == variant.etag or matches(tags.decode("latin-1"), variant.etag.decode())


def _request_fields(headers: Iterable[tuple[bytes, bytes]]) -> tuple[bytes, bytes | None, bytes, bool]:
    """`Accept-Encoding`, `If-None-Match`, `X-Request-ID`, and whether there is an `Authorization` or a `Range`."""
    accepted, known, given, private = b"", None, b"", False
    for name, value in headers:
        if name == b"accept-encoding":
            accepted = accepted + b"," + value if accepted else value
        elif name == b"if-none-match":
            known = known + b"," + value if known else value
        elif name == b"x-request-id":
            given = value
        elif name == b"authorization" or name == b"range":
            private = True
    return accepted, known, given, private


def _decoded_url(scope: Scope) -> object:
    return scope["path"], scope["query_string"]


def _is_request_id(given: bytes) -> bool:
    return REQUEST_ID.fullmatch(given.decode("latin-1")) is not None


def _cache_key(scope: Scope) -> object:
    """The cache key: path and parameters, whatever the order and percent-encoding of the parameters."""
    pairs = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    return scope["path"], tuple(sorted(pairs, key=itemgetter(0)))  # stable: the order of equal names may count


async def _call_app(
    scope: Scope,
    receive: Receive,
    send: Send,
    inner: ASGIApp,
    key: object,
    on_other: Callable[[], None] = lambda: None,
) -> Answer | None:
    """Call the application; return what it `deliver`s as an answer. Any other answer is sent at once: None.

    `on_other` is called when such an answer begins: nobody should wait until its last byte is sent.
    """
    asked, send = as_get(scope, send)
    capture = _Capture(send, on_other)
    await inner(asked, receive, lambda message: capture.send(asked, message))
    if capture.headers is None:
        return None
    state, body = asked["state"], b"".join(capture.parts)
    kept = state["kept_as"]
    if kept["etag"] is None and len(body) >= LONG:
        kept = {**kept, "etag": await to_thread(digest_of, body)}
    return Answer(key, capture.headers, body, state["delivered"], **kept)


class _Capture:
    """A `send` that buffers an answer from `deliver` and sends any other on."""

    def __init__(self, send: Send, on_other: Callable[[], None]) -> None:
        self._send, self._on_other = send, on_other
        self.headers: Headers | None = None
        self.parts: list[bytes] = []

    async def send(self, scope: Scope, message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] == 200 and "delivered" in scope["state"]:
            self.headers = [pair for pair in message["headers"] if pair[0] not in RECOMPUTED]
        elif self.headers is not None:
            self.parts.append(message.get("body", b""))
        else:
            self._on_other()
            await self._send(message)


RECOMPUTED: frozenset[bytes] = frozenset({b"content-length", b"etag", b"x-request-id"})

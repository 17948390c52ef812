"""Cache hits below ASGI: uvicorn's protocol, which looks into the cache first.

A hit needs no task, no scope and no percent-decoding; these cost more than the answer. The raw target is its key. Any
other request goes uvicorn's way, to the same cache (`app/cache/layer.py`) in ASGI, with the same result.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from app.cache.layer import Cache
from app.kit.protocol import HttpProtocol

log = logging.getLogger("nashra")


class Protocol(HttpProtocol):
    """One client connection."""

    _reply: Sequence[bytes] | None = None
    _is_first = False

    def data_received(self, data: bytes) -> None:
        self._is_first = True
        super().data_received(data)

    def begin_request(self) -> None:
        self._reply = self._cached_reply() if self._may_reply() else None
        if self._reply is None:
            self._unset_keepalive_if_required()  # an answer to an earlier request in these bytes may have set it
            super().begin_request()

    def end_request(self) -> None:
        if self._reply is None:
            super().end_request()
            return
        self.transport.writelines(self._reply)
        self._reply = None
        self.on_response_complete()

    def _may_reply(self) -> bool:
        """Whether no earlier request is unanswered, and the client reads its answers.

        Of pipelined requests only the first: uvicorn holds back a client that sends many.
        """
        is_first, self._is_first = self._is_first, False
        is_idle = self.cycle is None or self.cycle.response_complete
        return is_first and is_idle and not self.flow.write_paused and not self.transport.is_closing()

    def _cached_reply(self) -> Sequence[bytes] | None:
        """The bytes of a cache hit; None on a miss."""
        cache: Cache | None = self.app_state.get("cache")
        parser = self.parser
        if cache is None or parser.get_method() != b"GET" or parser.get_http_version() != "1.1":
            return None
        if not parser.should_keep_alive() or self.has_body:  # the answer must not precede the end of a body
            return None
        try:
            reply = cache.reply(self.url, self.headers)
        except Exception:
            log.exception("the cache lookup failed")
            return None
        if reply is None:
            return None
        status, head, body = reply
        own = [b"%b: %b\r\n" % pair for pair in self.server_state.default_headers]
        return [b"HTTP/1.1 ", status, *own, head, body]

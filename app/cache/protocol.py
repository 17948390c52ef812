"""What is kept, sent before anything else is made of a request: uvicorn's protocol, which asks the cache first.

A request for what is kept needs no task, no scope and no percent-decoding; these cost more than the answer. It is known
by the target as it was sent. Whatever is not a plain GET of that kind goes uvicorn's way, to the same cache
(`app/cache/layer.py`) in its ASGI form, with the same result.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from app.cache.layer import Cache
from app.kit.protocol import HttpProtocol

log = logging.getLogger("nashra")


class Protocol(HttpProtocol):
    """One connection."""

    _reply: Sequence[bytes] | None = None
    _is_first = False

    def data_received(self, data: bytes) -> None:
        self._is_first = True
        super().data_received(data)

    def begin_request(self) -> None:
        self._reply = self._kept() if self._may_reply() else None
        if self._reply is None:
            self._unset_keepalive_if_required()  # where an answer to what came in the same piece has set it
            super().begin_request()

    def end_request(self) -> None:
        if self._reply is None:
            super().end_request()
            return
        self.transport.writelines(self._reply)
        self._reply = None
        self.on_response_complete()

    def _may_reply(self) -> bool:
        """Whether nothing before it is unanswered, and the client reads what it gets.

        Of several requests that come at once the first: uvicorn sees to it that a client who sends many waits.
        """
        is_first, self._is_first = self._is_first, False
        is_idle = self.cycle is None or self.cycle.response_complete
        return is_first and is_idle and not self.flow.write_paused and not self.transport.is_closing()

    def _kept(self) -> Sequence[bytes] | None:
        """The answer as it goes over the wire."""
        cache: Cache | None = self.app_state.get("cache")
        parser = self.parser
        if cache is None or parser.get_method() != b"GET" or parser.get_http_version() != "1.1":
            return None
        if not parser.should_keep_alive() or self.has_body:  # a body would be answered before it is whole
            return None
        try:
            reply = cache.reply(self.url, self.headers)
        except Exception:
            log.exception("what is kept could not be looked up")
            return None
        if reply is None:
            return None
        status, head, body = reply
        own = [b"%b: %b\r\n" % pair for pair in self.server_state.default_headers]
        return [b"HTTP/1.1 ", status, *own, head, body]

"""What a page reads: the answers of the public API, taken from the response cache or from the routes.

A page is made of answers to `GET /v1/…` and of nothing else, so it shows what any client may see. It carries the cache
tags of all its answers: what invalidates one of them invalidates the page.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

from pydantic_core import from_json, to_json
from starlette.requests import Request
from starlette.types import Message, Receive, Scope, Send

from app.kit.faults import validation_as_problem
from app.kit.middleware import as_delivered

Headers = list[tuple[bytes, bytes]]
Json = dict[str, Any]  # an answer: the OpenAPI document describes it
# Of the request for the page, not of the request for a part of it.
OWN_KEYS = frozenset({"starlette.exception_handlers", "path_params", "endpoint", "route", "router"})


class PublicApi:
    """The public API during one request for a page."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._cache = request.app.state.cache
        self._tag_header = request.app.state.settings.cache_tag_header.lower().encode()
        self.tags: dict[str, None] = {}
        """Public cache tags, in the order of the answers."""
        self.shows: set[str] = set()
        """Tags of the internal cache."""
        self.bytes_read = 0
        self.is_cacheable = True
        """False where an answer may be cached by nobody."""

    async def get(self, path: str, **query: str | int | None) -> Json:
        """The JSON of `GET path?query`; parameters that are None are left out.

        Raises what the route raises: `NotFound`, `Gone`, `InvalidQuery`, …, and `Moved` for a former slug.
        """
        asked = urlencode({name: value for name, value in query.items() if value is not None})
        sent: list[Message] = []
        answer = await self._cache.answer(self._scope("GET", path, asked), _receive(b""), _keep(sent), self._routes)
        if answer is None:
            self.is_cacheable = False
            _, content = _answer_of(sent)
            return content
        self.shows |= answer.tags
        for name, value in answer.variants[""].headers:
            if name == self._tag_header:
                self.tags.update(dict.fromkeys(value.decode().split(",")))
        self.bytes_read += len(answer.body)
        found: Json = from_json(answer.body)
        return found

    async def post(self, path: str, content: Json) -> int:
        """POST a JSON body. Returns the status of the answer; raises the problem that the route raises."""
        sent: list[Message] = []
        body = to_json(content)
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await self._routes(self._scope("POST", path, "", headers), _receive(body), _keep(sent))
        status, _ = _answer_of(sent)
        return status

    async def _routes(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The routes of the application, which raise what its handlers would render.

        The cache gives their answers to clients too: so they have the headers that the middleware adds.
        """
        app = self._request.app
        with validation_as_problem(scope):
            await app.router(scope, receive, as_delivered(send, app.state.settings.api_url))

    def _scope(self, method: str, path: str, query: str, headers: Headers | None = None) -> Scope:
        own = {key: value for key, value in self._request.scope.items() if key not in OWN_KEYS}
        return own | {
            "method": method,
            "path": path,
            "raw_path": quote(path, safe="/").encode(),
            "query_string": query.encode(),
            "headers": headers or [],
            "state": {"request_id": self._request.state.request_id, "address": self._request.state.address},
        }


def _receive(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _keep(sent: list[Message]) -> Send:
    async def keep(message: Message) -> None:
        sent.append(message)

    return keep


def _answer_of(sent: list[Message]) -> tuple[int, Json]:
    """Status and JSON of an answer. Problems were raised, so every other status is a mistake of the caller."""
    status: int = sent[0]["status"]
    if status >= 300:
        raise RuntimeError(f"an answer with status {status} instead of an exception")
    content: Json = from_json(b"".join(message.get("body", b"") for message in sent[1:]))
    return status, content

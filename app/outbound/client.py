"""The HTTP client for outbound requests: no settings from the environment, no redirects."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import httpx


def outbound_client(timeout: float) -> httpx.AsyncClient:
    """A client to use in `async with`; `timeout` in seconds for connecting, and for each read and write.

    Proxies (`HTTP_PROXY`, …), a `.netrc` and certificates (`SSL_CERT_FILE`) of the environment are ignored: only
    the settings say where our requests and tokens go. A redirect is returned like any other answer.
    """
    import httpx  # imported late: it costs 0.1 s at every start, and most installations send nothing

    return httpx.AsyncClient(timeout=timeout, trust_env=False, follow_redirects=False, headers={"User-Agent": "Nashra"})


class Opening(NamedTuple):
    """How an answer began. `seconds` until its first bytes; None where none came in time."""

    status: int | None
    content_type: str
    content_encoding: str
    seconds: float | None


async def opening_of(url: str, timeout: float) -> Opening:
    """Ask for a stream, and read until its first bytes. Raises `ConnectionError` where nobody can be reached."""
    import httpx

    begun, status, headers = time.perf_counter(), None, httpx.Headers()
    seconds = None
    try:
        async with outbound_client(timeout) as client, client.stream("GET", url) as answer:
            status, headers = answer.status_code, answer.headers
            async for chunk in answer.aiter_raw():
                if chunk:
                    seconds = time.perf_counter() - begun
                    break
    except httpx.ReadTimeout:
        pass
    except httpx.HTTPError as error:
        raise ConnectionError(str(error) or type(error).__name__) from error
    return Opening(status, headers.get("content-type", ""), headers.get("content-encoding", ""), seconds)

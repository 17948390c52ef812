"""The HTTP client for outbound requests: no settings from the environment, no redirects."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx


def outbound_client(timeout: float) -> httpx.AsyncClient:
    """A client to use in `async with`; `timeout` in seconds for connecting, and for each read and write.

    Proxies (`HTTP_PROXY`, …), a `.netrc` and certificates (`SSL_CERT_FILE`) of the environment are ignored: only
    the settings say where our requests and tokens go. A redirect is returned like any other answer.
    """
    import httpx  # imported late: it costs 0.1 s at every start, and most installations send nothing

    return httpx.AsyncClient(timeout=timeout, trust_env=False, follow_redirects=False, headers={"User-Agent": "Nashra"})

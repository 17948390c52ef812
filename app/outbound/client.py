"""The HTTP client for requests that leave: it reads nothing from the environment, and follows no redirect."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx


def outbound_client(timeout: float) -> httpx.AsyncClient:
    """A client to use in `async with`; `timeout` in seconds for connecting, and for each read and write.

    Proxies (`HTTP_PROXY`, …), a `.netrc` and certificates (`SSL_CERT_FILE`) of the environment are not looked at: where
    our requests and tokens go is said by the settings alone. A redirect is an answer like any other.
    """
    import httpx  # imported late: most installations send nothing, and it costs a tenth of a second at every start

    return httpx.AsyncClient(timeout=timeout, trust_env=False, follow_redirects=False, headers={"User-Agent": "Nashra"})

"""Serving an application with uvicorn: the options of `./nashra serve`, which the bench's bare server shares."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from app.kit.logs import log_config


def listen(
    options: argparse.Namespace,
    application: str = "app.main:create_app_to_serve",
    *,
    early_hits: bool = True,
    logs: Mapping[str, object] | None = None,
) -> int:
    """Runs uvicorn until it is stopped. The benchmark serves other applications with the same options.

    `early_hits`: the HTTP protocol answers cache hits itself (decision 0018). `logs`: for `dictConfig`, in each worker.
    """
    import uvicorn  # here: other commands do not need it

    uvicorn.run(
        application,
        http="app.cache.protocol:Protocol" if early_hits else "app.kit.protocol:HttpProtocol",
        factory=True,
        host=options.host,
        port=options.port,
        workers=options.workers if options.workers > 1 else None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        log_config=dict(logs or log_config()),
        log_level="warning",
        timeout_graceful_shutdown=10,
    )
    return 0

"""`serve` and `demo`: what is checked and said before the server listens."""

from __future__ import annotations

import argparse
import asyncio
import errno
import logging
import os
import shutil
import socket
from logging.config import dictConfig
from pathlib import Path

from app.commands.failing import EXIT_USAGE, fail
from app.commands.schema import logs_of
from app.commands.standing import said_of
from app.commands.worker import worker_beside
from app.kit import migrations
from app.kit.garbage import pause_collection
from app.serving import listen
from app.settings import PREFIX, load, short_key

log = logging.getLogger("nashra")
SCRATCH = Path("var") / "demo"


def serve(options: argparse.Namespace) -> int:
    """Serves the configured database, migrating it first."""
    if options.workers == 1:
        pause_collection()  # until `create_app_to_serve` has imported all
    settings = load()
    logs = logs_of(settings)
    dictConfig(logs)
    _refuse_taken_port(options.host, options.port)
    if settings.migrate_on_start:
        migrations.upgrade(settings.database_url)
    if warning := short_key(settings):
        log.warning("%s", warning)
    log.info("listening on %s (stop with Ctrl+C)", _address(options))
    for line in asyncio.run(said_of(settings, _address(options))):
        log.info("%s", line)
    with worker_beside(options.host, options.port, is_wanted=settings.worker):
        return listen(options, early_hits=settings.early_hits, logs=logs)


def demo(options: argparse.Namespace) -> int:
    """Serves a scratch newsroom with demo content; its database is created anew each time."""
    from app.demo.pour import pour

    _refuse_taken_port(options.host, options.port)
    _clear_scratch()
    address = _address(options)
    os.environ.update(
        {
            f"{PREFIX}DATABASE_URL": f"sqlite:///{SCRATCH / 'nashra.db'}",
            f"{PREFIX}MEDIA_STORE": str(SCRATCH / "media"),
            f"{PREFIX}MEDIA_ORIGINALS": str(SCRATCH / "originals"),
            f"{PREFIX}API_URL": address,
            f"{PREFIX}SITE_URL": os.environ.get(f"{PREFIX}SITE_URL", address),
        }
    )
    for name in ("SECRET_KEY", "MEDIA_URL"):
        os.environ.pop(f"{PREFIX}{name}", None)
    settings = load()
    migrations.upgrade(settings.database_url)
    token = asyncio.run(pour(settings))
    print(
        f"\nنشرة · Nashra demo\n\n  Reader page  {address}/\n  API docs     {address}/docs\n"
        f"  Articles     {address}/v1/articles\n  Tickers      {address}/v1/tickers\n"
        f"  Staff token  {token}\n\nFor requests at the desk, in another terminal:\n\n"
        f"  export NASHRA_URL={address}\n  export TOKEN={token}\n\n"
        "Stop with Ctrl+C. The next demo starts again from nothing.\n",
        flush=True,
    )
    with worker_beside(options.host, options.port, is_wanted=settings.worker):
        return listen(options, early_hits=settings.early_hits, logs=logs_of(settings))


def _clear_scratch() -> None:
    try:
        shutil.rmtree(SCRATCH, ignore_errors=True)
        SCRATCH.mkdir(parents=True)
    except OSError as error:
        fail(f"the demo cannot make its folder {SCRATCH.absolute()}: {error.strerror}. It must be yours to write.")


def _address(options: argparse.Namespace) -> str:
    host = options.host
    shown = "localhost" if host in {"0.0.0.0", "::", "127.0.0.1"} else host  # noqa: S104  # compared, not bound
    return f"http://[{shown}]:{options.port}" if ":" in shown else f"http://{shown}:{options.port}"


def _refuse_taken_port(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            wrong_host = isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL
            fail(f"cannot listen on {host}:{port}: {_refusal(error, wrong_host)}", EXIT_USAGE if wrong_host else 1)


def _refusal(error: OSError, wrong_host: bool) -> str:
    if wrong_host:
        return (
            "this machine has no such address. Choose another with --host: 127.0.0.1 (this machine only), or 0.0.0.0 "
            "(every network)."
        )
    if error.errno == errno.EACCES:
        return "ports below 1024 are for the administrator. Choose another with --port."
    return f"{error.strerror}. Choose another port with --port."

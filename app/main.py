"""The ASGI application: its middleware, exception handlers and lifespan."""

from __future__ import annotations

import asyncio
import logging
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

import app.models  # noqa: F401  # every table is known before the first query
from app.api import ROUTERS, TAGS
from app.cache.layer import Cache
from app.changes.background import BackgroundTasks
from app.changes.commit_signal import CommitSignal, signal_path
from app.changes.consumers import ConsumerRun
from app.changes.log import Log
from app.changes.noun import deadlines_of
from app.changes.purging import CdnPurge
from app.changes.tail import LogTail
from app.changes.takedowns import TakedownsFile
from app.comments.schemas import COMMENT_BODY_BYTES
from app.components import NAMING
from app.examples import EXAMPLES
from app.job_kinds import LANES_BY_KIND
from app.kit import middleware, openapi
from app.kit.connections import Connections, Limits
from app.kit.db import Database
from app.kit.errors import Moved, Problem, answer_moved, answer_problem
from app.kit.faults import answer_database_error, answer_http_exception, answer_validation
from app.kit.garbage import resume_collection
from app.kit.idempotency import Replay
from app.kit.routing import answer_wrong_method
from app.kit.stopping import on_stop_signal
from app.media.making import PictureMaker, slots_of
from app.media.storage import Stores
from app.media.using import UsePlaces
from app.nouns import NOUNS
from app.settings import Settings, load
from app.sync.live import Hub
from app.web.clean_address import CleanAddress
from app.web.reader_router import reader_router

log = logging.getLogger("nashra")
# `$`, as in the router's own patterns: it also matches before a line break at the end.
STREAMS = re.compile(r"(/v1/stream|/v1/tickers/[^/]+/stream)$")
SWITCH_SECONDS = 0.0002  # that another thread waits before it may take the GIL from the event loop
OPERATIONS = {"/healthz", "/readyz", "/metrics"}


class Nashra(FastAPI):
    """FastAPI behind the response cache. Streams bypass the cache: the hub serves them once the application returns."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        scope = self.state.clean_address.clean(middleware.with_literal_path(scope))
        if scope["path"] in OPERATIONS:  # these must answer also when the log cannot be read
            asked, send = middleware.as_get(scope, send)
            await super().__call__(asked, receive, send)
        elif STREAMS.match(scope["path"]):
            await self.state.hub.hand_over(scope, receive, send, super().__call__)
        else:
            await self.state.cache(scope, receive, send, super().__call__)


def create_app(settings: Settings | None = None) -> FastAPI:
    """Make the application; without `settings` they are read from the environment (raises `SettingsError`)."""
    settings = settings or load()
    logging.getLogger("nashra").setLevel(settings.log_level.upper())
    logging.getLogger("nashra.access").setLevel(logging.INFO if settings.access_log else logging.WARNING)
    app = Nashra(
        title="Nashra",
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        separate_input_output_schemas=False,
    )
    app.state.settings, app.state.fast_routes = settings, settings.fast_routes
    _follow_changes(app, settings)
    app.state.keys_at_work, app.state.lanes = set(), LANES_BY_KIND
    app.state.nouns = NOUNS
    app.state.media, app.state.media_uses = Stores.of(settings), UsePlaces(NOUNS)
    app.state.pictures = PictureMaker(lambda: app.state.settings, app.state.media, slots_of(settings))
    app.state.connections = Connections(Limits(**{name: getattr(settings, name) for name in Limits.__annotations__}))
    # Not `include_router`, which creates every route again and matches each one twice.
    app.router.routes.extend(route for router in (*ROUTERS, reader_router(settings)) for route in router.routes)
    app.state.clean_address = CleanAddress(settings)
    _layers(app, settings)
    _answers(app)
    openapi.attach(app, TAGS, NAMING, EXAMPLES)
    return app


def create_app_to_serve() -> FastAPI:
    """Make the application of a server process, with settings from the environment, and tune the process.

    The garbage collector skips the objects of the application. A thread that commits gets the GIL after 0.2 ms instead
    of 5 ms: the next writer waits for it.
    """
    sys.setswitchinterval(SWITCH_SECONDS)
    app = create_app()
    resume_collection(forget_present=True)
    return app


def _follow_changes(app: FastAPI, settings: Settings) -> None:
    """Create the database, the log that every transaction ends with, and the readers of the log."""
    state = app.state
    state.database = Database(settings.database_url, settings.database_pool)
    state.commit_signal = CommitSignal(signal_path(settings.database_url))
    state.log = Log(state.commit_signal, NOUNS, lambda: state.settings)
    state.database.before_commit = state.log.write
    state.tail = LogTail(state.database, state.commit_signal, deadlines_of(NOUNS, settings))
    state.cache = Cache(state.tail, settings)
    state.hub = Hub(state.database, state.tail, lambda: state.settings)
    consumers = (CdnPurge(settings), TakedownsFile(state.database, settings))
    state.consumers = {one.name: ConsumerRun(state.database, state.tail, one) for one in consumers}
    state.background = BackgroundTasks(
        state.database, state.tail, NOUNS, lambda: state.settings, tuple(state.consumers.values())
    )


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[dict[str, object]]:
    hub: Hub = app.state.hub
    app.state.background.is_awaited = lambda: hub.count > 0
    tasks = [asyncio.create_task(app.state.background.run()), asyncio.create_task(hub.run())]
    with on_stop_signal(hub.close):
        # For `app/kit/protocol.py` and `app/cache/protocol.py`.
        yield {"cache": app.state.cache, "connections": app.state.connections}
    for task in tasks:
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            pass
        except Exception:
            log.exception("a background task had failed")
    await app.state.tail.close()
    await app.state.database.close()
    app.state.commit_signal.close()


def _layers(app: FastAPI, settings: Settings) -> None:
    """Add the middleware; the last one added is the outermost."""
    app.add_middleware(
        middleware.BodyLimit,
        desk_bytes=settings.max_body_bytes,
        public_bytes=COMMENT_BODY_BYTES,
        upload_bytes=settings.media_max_bytes,
    )
    app.add_middleware(middleware.LastResort)
    app.add_middleware(middleware.Cors, desk_origins=settings.desk_origins)
    app.add_middleware(middleware.Visitor)


def _answers(app: FastAPI) -> None:
    """Register the handler of every exception that has an answer."""
    handlers: dict[type[Exception] | int, Any] = {
        Problem: answer_problem,
        Moved: answer_moved,
        Replay: _answer_replay,
        RequestValidationError: answer_validation,
        HTTPException: answer_http_exception,
        405: answer_wrong_method,
        SQLAlchemyError: answer_database_error,
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, handler)


async def _answer_replay(_request: Request, error: Replay) -> Response:
    return error.response

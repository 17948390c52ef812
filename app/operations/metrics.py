"""Metrics of this worker in the text format of Prometheus (version 0.0.4): for loopback, or with the metrics token."""

from __future__ import annotations

import hmac
import os
from collections.abc import Mapping

from fastapi import APIRouter
from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import State
from starlette.requests import Request
from starlette.responses import Response

from app.changes.consumers import positions
from app.index.repository import stale_count
from app.jobs.kinds import LANES
from app.jobs.repository import JobCounts, counts
from app.kit.db import Database
from app.kit.errors import Forbidden

router = APIRouter(include_in_schema=False)
TEXT = "text/plain; version=0.0.4; charset=utf-8"
FORWARDED = {"x-forwarded-for", "forwarded", "x-real-ip"}
REASONS = ("bad-request", "request-timeout", "uri-too-long", "headers-too-large", "rate-limited")
HELP = {
    "cache_hits_total": ("counter", "Answers from the cache."),
    "cache_misses_total": ("counter", "Answers that were not in the cache."),
    "cache_joined_total": ("counter", "Requests that shared an answer being made."),
    "cache_bypassed_total": ("counter", "Requests that bypassed the cache."),
    "cache_hit_ratio": ("gauge", "Hits among hits, joined and misses."),
    "cache_entries": ("gauge", "Answers in the cache."),
    "cache_bytes": ("gauge", "Bytes of the answers in the cache."),
    "cache_evicted_total": ("counter", "Answers evicted to make room."),
    "cache_dropped_total": ("counter", "Answers that were invalidated."),
    "streams_open": ("gauge", "Open streams."),
    "stream_events_total": ("counter", "Events sent to stream clients."),
    "streams_dropped_total": ("counter", "Stream clients dropped because they did not read."),
    "log_head": ("gauge", "Number of the last change that was read from the log."),
    "index_texts_stale": ("gauge", "Indexed texts that must be indexed again."),
    "index_entries_left": ("gauge", "The former name of index_texts_stale; goes in the next release."),
    "consumer_changes_behind": ("gauge", "Changes that a consumer of the log has not processed yet."),
    "consumer_failures": ("gauge", "Failures in a row of a consumer of the log."),
    "jobs": ("gauge", "Background jobs by state; those that are done are kept for a day."),
    "jobs_failing": ("gauge", "Background jobs that wait for another attempt."),
    "jobs_due": ("gauge", "Background jobs of a lane that could be run now."),
    "jobs_oldest_due_seconds": ("gauge", "Seconds for which the oldest of these has been due."),
    "requests_refused_total": ("counter", "Requests refused below the application, by the slug of the problem."),
    "requests_unfinished": ("gauge", "Connections whose request is not finished."),
    "media_missing_files_total": ("counter", "Renditions asked for that a row lists and the store lacks."),
    "log_is_current": ("gauge", "1 while the change log can be read."),
}

UNKNOWN_LANE = "unknown"  # of kinds that this version does not know
LABELS = {
    "jobs": "state",
    "jobs_due": "lane",
    "jobs_oldest_due_seconds": "lane",
    "requests_refused_total": "reason",
    "consumer_changes_behind": "consumer",
    "consumer_failures": "consumer",
}


@router.get("/metrics")
async def read_metrics(request: Request) -> Response:
    """Counters and gauges of the worker that answers."""
    if not _may_read(request):
        raise Forbidden()
    lines = []
    for name, value in {**_values(request.app.state), **await _from_database(request.app.state)}.items():
        kind, meaning = HELP[name]
        lines += [f"# HELP nashra_{name} {meaning}", f"# TYPE nashra_{name} {kind}"]
        labelled = value.items() if isinstance(value, dict) else ()
        lines += [_line(name, one, **{LABELS[name]: label}) for label, one in labelled]
        lines += [_line(name, value)] if not isinstance(value, dict) else []
    return Response("\n".join([*lines, ""]), media_type=TEXT, headers={"Cache-Control": "no-store"})


def _line(name: str, value: object, **labels: str) -> str:
    written = ",".join(f'{label}="{text}"' for label, text in {"worker": os.getpid(), **labels}.items())
    return f"nashra_{name}{{{written}}} {value}"


async def _from_database(state: State) -> dict[str, object]:
    database: Database = state.database
    try:
        async with database.connection() as connection:
            stale, consumers = await stale_count(connection), await positions(connection)
            queue = await counts(connection)
    except (SQLAlchemyError, OSError):
        return {}  # the other metrics do not need the database
    return {
        "index_texts_stale": stale,
        "index_entries_left": stale,
        "consumer_changes_behind": {one.name: max(0, one.head - one.seq) for one in consumers},
        "consumer_failures": {one.name: one.failures for one in consumers},
        **_of_jobs(queue, state.lanes),
    }


def _of_jobs(queue: JobCounts, lanes: Mapping[str, str]) -> dict[str, object]:
    due, oldest = dict.fromkeys((*LANES, UNKNOWN_LANE), 0), dict.fromkeys((*LANES, UNKNOWN_LANE), 0.0)
    for one in queue.due:
        lane = lanes.get(one.kind, UNKNOWN_LANE)
        due[lane] += one.number
        oldest[lane] = max(oldest[lane], (queue.now - one.oldest_at).total_seconds())
    return {
        "jobs": queue.by_state,
        "jobs_failing": queue.failing,
        "jobs_due": due,
        "jobs_oldest_due_seconds": oldest,
    }


def _may_read(request: Request) -> bool:
    address, token = request.scope["state"]["address"], request.app.state.settings.metrics_token
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    by_token = bool(token) and hmac.compare_digest(given.encode(), token.encode())
    forwarded = FORWARDED & set(request.headers.keys())  # a proxy on this machine forwards a remote client
    return by_token or (address is not None and address.is_loopback and not forwarded)


def _values(state: State) -> dict[str, object]:
    cache, hub, tail = state.cache, state.hub, state.tail
    asked = cache.hits + cache.joined + cache.misses
    return {
        "cache_hits_total": cache.hits,
        "cache_misses_total": cache.misses,
        "cache_joined_total": cache.joined,
        "cache_bypassed_total": cache.bypassed,
        "cache_hit_ratio": round((cache.hits + cache.joined) / asked, 4) if asked else 0,
        "cache_entries": len(cache.store),
        "cache_bytes": cache.store.size,
        "cache_evicted_total": cache.store.evicted,
        "cache_dropped_total": cache.store.dropped,
        "streams_open": hub.count,
        "stream_events_total": hub.tally.sent,
        "streams_dropped_total": hub.tally.dropped,
        "requests_refused_total": dict.fromkeys(REASONS, 0) | state.connections.refusals,
        "requests_unfinished": len(state.connections.unfinished),
        "media_missing_files_total": state.media.missing,
        "log_head": tail.head,
        "log_is_current": int(tail.is_current()),
    }

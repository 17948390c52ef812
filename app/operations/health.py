"""Liveness and readiness checks."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import Response

from app.kit.db import UseDatabase
from app.kit.errors import Unavailable
from app.kit.listing import written
from app.kit.migrations import is_ready
from app.kit.routing import name_of, problems
from app.kit.schemas import Output

router = APIRouter(tags=["operations"], generate_unique_id_function=name_of)
NO_STORE = {"Cache-Control": "no-store"}


class Health(Output):
    """State of the server."""

    status: Literal["ok"]


@router.get("/healthz", response_model=Health)
async def read_health() -> Response:
    """Check that the process is alive"""
    return Response(written(Health, {"status": "ok"}), headers=NO_STORE, media_type="application/json")


@router.get("/readyz", response_model=Health, responses=problems(Unavailable))
async def read_readiness(database: UseDatabase) -> Response:
    """Check that the server is ready

    Ready: the database answers, and its schema is at or ahead of the code.
    """
    try:
        async with database.connection() as connection:
            ready = await is_ready(connection)
    except (SQLAlchemyError, OSError) as error:
        raise Unavailable() from error
    if not ready:
        raise Unavailable()
    return Response(written(Health, {"status": "ok"}), headers=NO_STORE, media_type="application/json")

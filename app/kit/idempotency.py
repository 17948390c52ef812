"""`Idempotency-Key`: a repeated POST gets the stored answer and changes nothing.

Key, digest of the request, and answer are one row, stored in the transaction of the change. So no change exists without
its answer, and nothing needs cleaning up after a crash. A second request while the first is running gets a 409: found
by an advisory lock on PostgreSQL, and by a set within a process. Errors are not stored: they changed nothing, and a
retry may succeed.
Source: draft-ietf-httpapi-idempotency-key-header.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Depends, Header
from sqlalchemy import Integer, LargeBinary, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column
from starlette.requests import Request
from starlette.responses import Response

from app.kit import clock
from app.kit.db import Base, Key, Writing, at_end
from app.kit.errors import BadRequest, Fault, IdempotencyConflict, IdempotencyInFlight
from app.kit.signing import digest

SHORTEST, LONGEST = 16, 255
KEPT = timedelta(hours=24)
REPLAYED_HEADERS = ("etag", "location", "cache-control", "content-type", "content-language")


class StoredAnswer(Base):
    """The stored answer of a key, and the digest of its request (`asked`)."""

    __tablename__ = "idempotency_keys"

    key: Mapped[str] = mapped_column(Key, primary_key=True)
    asked: Mapped[str] = mapped_column(Key)
    status: Mapped[int] = mapped_column(Integer)
    headers: Mapped[str]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(index=True)


class Replay(Exception):
    """Raised for a repeated request: answer with the stored response."""

    def __init__(self, stored: StoredAnswer) -> None:
        headers = {**json.loads(stored.headers), "Idempotency-Replayed": "true"}
        self.response = Response(stored.body, stored.status, headers)


class Once:
    """The idempotency of one request: `begin` claims the key within a scope, `store` stores the answer."""

    def __init__(self, request: Request, session: AsyncSession, header: str | None) -> None:
        self._request, self._session, self._header = request, session, header
        self._key: str | None = None
        self._asked = ""

    async def begin(self, scope: str) -> None:
        """Claim the key. Raises `Replay`, `IdempotencyConflict` or `IdempotencyInFlight` for a known key."""
        if self._header is None:
            return
        if not SHORTEST <= len(self._header) <= LONGEST or not self._header.isprintable():
            params = {"min": SHORTEST, "max": LONGEST, "actual": len(self._header)}
            code = "too_long" if len(self._header) > LONGEST else "too_short"
            raise BadRequest(errors=[Fault(code, parameter="Idempotency-Key", params=params)])
        key = digest(f"{scope}\n{self._header}")
        await self._claim(key)
        self._asked = digest(f"{self._request.method} {self._request.url.path}\n".encode() + await self._request.body())
        recent = StoredAnswer.created_at > clock.now() - KEPT
        stored = (
            await self._session.scalars(select(StoredAnswer).where(StoredAnswer.key == key, recent))
        ).one_or_none()
        if stored is None:
            self._key = key
        elif stored.asked == self._asked:
            raise Replay(stored)
        else:
            raise IdempotencyConflict()

    async def _claim(self, key: str) -> None:
        at_work: set[str] = self._request.app.state.keys_at_work
        if key in at_work:
            raise IdempotencyInFlight(headers={"Retry-After": "1"})
        at_work.add(key)
        at_end(self._session, lambda: at_work.discard(key))
        if self._session.get_bind().dialect.name == "postgresql":
            number = int(key[:16], 16) - 2**63
            if not (await self._session.execute(select(func.pg_try_advisory_xact_lock(number)))).scalar_one():
                raise IdempotencyInFlight(headers={"Retry-After": "1"})

    async def store(self, response: Response) -> None:
        """Store a successful answer in the transaction of its change.

        Where the answer holds a secret, the endpoint sets `request.state.replayed_content` to a body without it.
        """
        if self._key is None or not 200 <= response.status_code < 300:
            return
        headers = {name: value for name, value in response.headers.items() if name in REPLAYED_HEADERS}
        await self._session.execute(
            delete(StoredAnswer).where(
                (StoredAnswer.created_at <= clock.now() - KEPT) | (StoredAnswer.key == self._key)
            )
        )
        self._session.add(
            StoredAnswer(
                key=self._key,
                asked=self._asked,
                status=response.status_code,
                headers=json.dumps(headers),
                body=getattr(self._request.state, "replayed_content", response.body),
                created_at=clock.now(),
            )
        )
        await self._session.flush()


async def _once(
    request: Request,
    session: Writing,
    idempotency_key: Annotated[
        str | None,
        Header(
            description="16 characters or more. For 24 hours the same key and body get the same answer.",
            examples=["3f0c7a52-headline-of-the-hour"],
        ),
    ] = None,
) -> Once:
    request.state.once = Once(request, session, idempotency_key)
    once: Once = request.state.once
    return once


UseOnce = Annotated[Once, Depends(_once, scope="function")]

"""`Idempotency-Key`: a repeated POST gets the stored answer and changes nothing.

Key, digest of the request, and answer are one row, stored in the transaction of the change. So no change exists without
its answer, and nothing needs cleaning up after a crash. A second request while the first is running gets a 409: found
by an advisory lock on PostgreSQL, and by a set within a process. Errors are not stored: they changed nothing, and a
retry may succeed. Answers that are too old are deleted by one in sixteen of those who store one.
Source: draft-ietf-httpapi-idempotency-key-header.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Annotated, NamedTuple

from fastapi import Depends, Header
from sqlalchemy import BigInteger, Integer, LargeBinary, bindparam, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column
from starlette.requests import Request
from starlette.responses import Response

from app.kit import clock
from app.kit.backup_rule import NOT_KEPT
from app.kit.db import Base, Instant, Key, Writing, at_end, dialect_of
from app.kit.errors import BadRequest, Fault, IdempotencyConflict, IdempotencyInFlight
from app.kit.prepared import Prepared
from app.kit.signing import digest
from app.kit.sql import insert_for

SHORTEST, LONGEST = 16, 255
KEPT = timedelta(hours=24)
REPLAYED_HEADERS = ("etag", "location", "cache-control", "content-type", "content-language")


class StoredAnswer(Base):
    """The stored answer of a key, and the digest of its request (`asked`)."""

    __tablename__ = "idempotency_keys"
    backup = NOT_KEPT

    key: Mapped[str] = mapped_column(Key, primary_key=True)
    asked: Mapped[str] = mapped_column(Key)
    status: Mapped[int] = mapped_column(Integer)
    headers: Mapped[str]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(index=True)


class _Stored(NamedTuple):
    """What is read of a `StoredAnswer`."""

    asked: str
    status: int
    headers: str
    body: bytes


TABLE = Base.metadata.tables[StoredAnswer.__tablename__]
RECENT = TABLE.c.created_at > bindparam("since", type_=Instant)
FIND = Prepared(
    select(*(TABLE.c[name] for name in _Stored._fields)).where(TABLE.c.key == bindparam("key"), RECENT), _Stored
)
CLAIM = Prepared(select(func.pg_try_advisory_xact_lock(bindparam("number", type_=BigInteger)).label("is_ours")))
CLEAR = Prepared(delete(TABLE).where(TABLE.c.created_at <= bindparam("before", type_=Instant)))


@lru_cache
def _put(dialect: str) -> Prepared:
    """The upsert: an answer that is not kept any more may still be there."""
    row = insert_for(dialect, TABLE)
    others = {name: row.excluded[name] for name in (*_Stored._fields, "created_at")}
    return Prepared(row.on_conflict_do_update(index_elements=["key"], set_=others))


class Replay(Exception):
    """Raised for a repeated request: answer with the stored response."""

    def __init__(self, stored: _Stored) -> None:
        headers = {**json.loads(stored.headers), "Idempotency-Replayed": "true"}
        self.response = Response(stored.body, stored.status, headers)


class Once:
    """The idempotency of one request: `begin` claims the key within a scope, `store` stores the answer."""

    def __init__(self, request: Request, session: AsyncSession, header: str | None) -> None:
        self._request, self._session, self._header = request, session, header
        self._key: str | None = None
        self._asked = ""

    async def begin(self, scope: str, content: str | None = None) -> None:
        """Claim the key. Raises `Replay`, `IdempotencyConflict` or `IdempotencyInFlight` for a known key.

        `content`: what was sent, in place of the body, where that is no longer in memory.
        """
        if self._header is None:
            return
        if not SHORTEST <= len(self._header) <= LONGEST or not self._header.isprintable():
            params = {"min": SHORTEST, "max": LONGEST, "actual": len(self._header)}
            code = "too_long" if len(self._header) > LONGEST else "too_short"
            raise BadRequest(errors=[Fault(code, parameter="Idempotency-Key", params=params)])
        key = digest(f"{scope}\n{self._header}")
        await self._claim(key)
        sent = await self._request.body() if content is None else content.encode()
        self._asked = digest(f"{self._request.method} {self._request.url.path}\n".encode() + sent)
        stored = await FIND.first(self._session, {"key": key, "since": clock.now() - KEPT})
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
        if dialect_of(self._session) == "postgresql" and not await self._is_locked(int(key[:16], 16) - 2**63):
            raise IdempotencyInFlight(headers={"Retry-After": "1"})

    async def _is_locked(self, number: int) -> bool:
        return bool((await CLAIM.one(self._session, {"number": number})).is_ours)

    async def store(self, response: Response) -> None:
        """Store a successful answer in the transaction of its change.

        Where the answer holds a secret, the endpoint sets `request.state.replayed_content` to a body without it.
        """
        if self._key is None or not 200 <= response.status_code < 300:
            return
        headers = {name: value for name, value in response.headers.items() if name in REPLAYED_HEADERS}
        now = clock.now()
        if self._key[0] == "0":  # one in sixteen: a digest begins with any digit
            await CLEAR.run(self._session, {"before": now - KEPT})
        row = {
            "key": self._key,
            "asked": self._asked,
            "status": response.status_code,
            "headers": json.dumps(headers),
            "body": getattr(self._request.state, "replayed_content", response.body),
            "created_at": now,
        }
        await _put(dialect_of(self._session)).run(self._session, row)


IdempotencyKey = Annotated[
    str | None,
    Header(
        description="16 characters or more. For 24 hours the same key and body get the same answer.",
        examples=["3f0c7a52-headline-of-the-hour"],
    ),
]


async def _once(request: Request, session: Writing, idempotency_key: IdempotencyKey = None) -> Once:
    request.state.once = Once(request, session, idempotency_key)
    once: Once = request.state.once
    return once


UseOnce = Annotated[Once, Depends(_once, scope="function")]

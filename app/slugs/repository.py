"""Claim slugs, safely under concurrent writers, and look up present and former slugs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

from sqlalchemy import ColumnElement, SQLColumnExpression, delete, false, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit import clock
from app.kit.db import Connection
from app.kit.ids import as_id
from app.kit.sql import insert_into
from app.slugs.models import Slug
from app.text.slugs import canonical_slug, numbered

TRIES = 200


class Named(Protocol):
    """A row with an id and its present slug."""

    @property
    def id(self) -> str: ...

    @property
    def slug(self) -> str: ...


N = TypeVar("N", bound=Named)


def is_named(kind: str, id: SQLColumnExpression[str], names: Iterable[str]) -> ColumnElement[bool]:
    """SQL condition: the column `id` is that of a thing of `kind` with one of `names`.

    A name is an id or a slug, present or former, in any spelling. All filters use this, so that a rename leaves none
    empty; the registry holds present slugs too, so that one index serves both.
    """
    ids, slugs = _ids_and_slugs(names)
    owners = select(Slug.target_id).where(Slug.kind == kind, Slug.slug.in_(slugs))
    return or_(false(), *(id.in_(found) for given, found in ((ids, ids), (slugs, owners)) if given))


async def ids_of(connection: Connection, kind: str, names: Sequence[str]) -> dict[str, str]:
    """Map `names` to ids. An id maps to itself; an unknown slug is left out."""
    _, slugs = _ids_and_slugs(names)
    found: dict[str, str] = {}
    if slugs:
        statement = select(Slug.slug, Slug.target_id).where(Slug.kind == kind, Slug.slug.in_(slugs))
        found = {row.slug: row.target_id for row in (await connection.execute(statement)).all()}
    return {name: id for name in names if (id := as_id(name) or found.get(canonical_slug(name)))}


async def by_name(connection: Connection, kind: str, names: Sequence[str], rows: Iterable[N]) -> dict[str, N]:
    """Map `names` to `rows` (found with `is_named`). Only names that are no present id or slug cost a query."""
    present = {key: row for row in rows for key in (row.id, row.slug)}
    found = {name: row for name in names if (row := present.get(as_id(name) or canonical_slug(name)))}
    if present and (others := [name for name in names if name not in found]):
        former = await ids_of(connection, kind, others)
        found |= {name: present[id] for name, id in former.items() if id in present}
    return {name: found[name] for name in names if name in found}


def _ids_and_slugs(names: Iterable[str]) -> tuple[list[str], list[str]]:
    """Split names into ids and canonical slugs."""
    ids = {name: as_id(name) for name in names}
    return [id for id in ids.values() if id], [canonical_slug(name) for name, id in ids.items() if not id]


async def owner(connection: Connection, kind: str, slug: str) -> str | None:
    """The id of the thing that has or had `slug` (in canonical form), or None."""
    statement = select(Slug.target_id).where(Slug.kind == kind, Slug.slug == slug)
    return (await connection.execute(statement)).scalar_one_or_none()


async def claim(session: AsyncSession, kind: str, slug: str, target_id: str) -> bool:
    """Claim `slug` for the thing. False when it is or was another's. Waits for a concurrent claim of the same slug."""
    row = {"kind": kind, "slug": slug, "target_id": target_id, "claimed_at": clock.now()}
    statement = insert_into(session, Slug).values(row).on_conflict_do_nothing().returning(Slug.slug)
    if (await session.execute(statement)).scalar_one_or_none() is not None:
        return True
    return await owner(session, kind, slug) == target_id


async def claim_free(session: AsyncSession, kind: str, wanted: str, target_id: str) -> str:
    """Claim `wanted`, or the first free one of `wanted-2`, `wanted-3`, …; returns the slug."""
    for number in range(1, TRIES):
        slug = wanted if number == 1 else numbered(wanted, number)
        if await claim(session, kind, slug, target_id):
            return slug
    slug = f"item-{target_id.replace('-', '')[-16:]}"
    await claim(session, kind, slug, target_id)
    return slug


async def lock_slug(session: AsyncSession, kind: str, slug: str) -> None:
    """Lock a slug until the transaction ends (advisory lock; SQLite has only one writer)."""
    if session.get_bind().dialect.name == "postgresql":
        lock = func.pg_advisory_xact_lock(func.hashtext(f"nashra:{kind}:{slug}"))
        await session.execute(select(lock))


async def exchange(session: AsyncSession, kind: str, *given: tuple[str, str]) -> None:
    """Move each slug to the thing paired with it: only for slugs that were never public."""
    for slug, target_id in given:
        await session.execute(update(Slug).where(Slug.kind == kind, Slug.slug == slug).values(target_id=target_id))


async def release(session: AsyncSession, kind: str, target_id: str, *, but: str | None = None) -> None:
    """Delete the thing's slugs, all or all `but` one: only for slugs that were never public."""
    await session.execute(delete(Slug).where(Slug.kind == kind, Slug.target_id == target_id, Slug.slug != (but or "")))

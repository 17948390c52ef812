"""Claims slugs for things, safely under concurrent writers, and finds what a present or former slug leads to."""

from __future__ import annotations

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.kit import clock
from app.kit.db import Reader
from app.kit.sql import insert_into
from app.slugs.models import Slug
from app.text.slugs import numbered

TRIES = 200


async def owner(reader: Reader, kind: str, slug: str) -> str | None:
    """The id of the thing that has or had `slug` (in canonical form)."""
    statement = select(Slug.target_id).where(Slug.kind == kind, Slug.slug == slug)
    return (await reader.execute(statement)).scalar_one_or_none()


async def claim(session: AsyncSession, kind: str, slug: str, target_id: str) -> bool:
    """Gives `slug` to the thing. False when it is or was another's. Waits for a concurrent claim of the same slug."""
    row = {"kind": kind, "slug": slug, "target_id": target_id, "claimed_at": clock.now()}
    statement = insert_into(session, Slug).values(row).on_conflict_do_nothing().returning(Slug.slug)
    if (await session.execute(statement)).scalar_one_or_none() is not None:
        return True
    return await owner(session, kind, slug) == target_id


async def claim_free(session: AsyncSession, kind: str, wanted: str, target_id: str) -> str:
    """Gives the thing `wanted`, or the first free one of `wanted-2`, `wanted-3`, …"""
    for number in range(1, TRIES):
        slug = wanted if number == 1 else numbered(wanted, number)
        if await claim(session, kind, slug, target_id):
            return slug
    slug = f"item-{target_id.replace('-', '')[-16:]}"
    await claim(session, kind, slug, target_id)
    return slug


async def one_at_a_time(session: AsyncSession, kind: str, slug: str) -> None:
    """Of those who settle about the same slug, each waits for the one before (SQLite has one writer anyway)."""
    if session.get_bind().dialect.name == "postgresql":
        lock = func.pg_advisory_xact_lock(func.hashtext(f"nashra:{kind}:{slug}"))
        await session.execute(select(lock))


async def exchange(session: AsyncSession, kind: str, *given: tuple[str, str]) -> None:
    """Gives each slug to the thing named with it: only where no reader has ever seen them."""
    for slug, target_id in given:
        await session.execute(update(Slug).where(Slug.kind == kind, Slug.slug == slug).values(target_id=target_id))


async def release(session: AsyncSession, kind: str, target_id: str, *, but: str | None = None) -> None:
    """Forgets the thing's slugs, all or all `but` one: only where no reader has ever seen them."""
    await session.execute(delete(Slug).where(Slug.kind == kind, Slug.target_id == target_id, Slug.slug != (but or "")))

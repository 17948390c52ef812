"""Statements on the tree of sections."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import CTE, BindParameter, ColumnElement, Select, bindparam, func, literal, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.kit.db import Connection
from app.kit.prepared import Prepared
from app.sections.models import Section

DEEPEST = 8


def subtree(roots: ColumnElement[bool]) -> Select[str]:
    """Ids of the sections that match `roots`, and of all below them."""
    top = select(Section.id).where(roots).cte(recursive=True)
    below = aliased(Section)
    tree = top.union(select(below.id).join(top, below.parent_id == top.c.id))
    return select(tree.c.id)


def lines_down(tops: ColumnElement[bool]) -> CTE:
    """(top, id) of each section that matches `tops`, with itself and all sections below it."""
    line = select(Section.id.label("top"), Section.id).where(tops).cte("lines_down", recursive=True)
    below = aliased(Section)
    return line.union(select(line.c.top, below.id).join(line, below.parent_id == line.c.id))


async def ancestors(connection: Connection, section_id: str) -> Sequence[str]:
    """Ids from the section itself up to its root."""
    top = select(Section.id, Section.parent_id).where(Section.id == section_id).cte("line", recursive=True)
    above = aliased(Section)
    line = top.union(select(above.id, above.parent_id).join(top, above.id == top.c.parent_id))
    return (await connection.execute(select(line.c.id))).scalars().all()


async def lines_of(connection: Connection, section_ids: Collection[str]) -> dict[str, frozenset[str]]:
    """For each of these sections its own id and those of all sections above it, in one statement."""
    found: dict[str, frozenset[str]] = {id: frozenset({id}) for id in section_ids}
    if section_ids:
        for of, id in await LINES.all(connection, {"ids": list(section_ids)}):
            found[of] |= {id}
    return found


def _lines() -> Select[str, str]:
    ids: BindParameter[list[str]] = bindparam("ids", expanding=True)
    top = select(Section.id.label("of"), Section.id, Section.parent_id).where(Section.id.in_(ids))
    line = top.cte("lines", recursive=True)
    above = aliased(Section)
    line = line.union(select(line.c.of, above.id, above.parent_id).join(line, above.id == line.c.parent_id))
    return select(line.c.of, line.c.id)


LINES = Prepared(_lines())


async def height(connection: Connection, section_id: str) -> int:
    """The number of levels from the section to its deepest descendant, itself included."""
    top = select(Section.id, literal(1).label("level")).where(Section.id == section_id)
    tree = top.cte("levels", recursive=True)
    below = aliased(Section)
    tree = tree.union_all(select(below.id, tree.c.level + 1).join(tree, below.parent_id == tree.c.id))
    return (await connection.execute(select(func.max(tree.c.level)))).scalar_one() or 1


async def lock_tree(session: AsyncSession) -> None:
    """Lock the tree on PostgreSQL, so that two concurrent moves cannot make a cycle; SQLite has one writer anyway."""
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(text("SELECT pg_advisory_xact_lock(hashtext('nashra:sections'))"))

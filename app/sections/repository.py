"""The tree of sections: who is above whom."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import cycle, islice
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, func, literal, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from app.kit.paging import Reader
from app.kit.prepared import Prepared
from app.sections.models import Section

DEEPEST = 8
FEW = 4  # sections are asked for by a statement that is compiled once
PLACES = [f"id_{number}" for number in range(FEW)]


def subtree(roots: ColumnElement[bool]) -> Select[str]:
    """Ids of the sections that `roots` selects and of all that lie below them."""
    top = select(Section.id).where(roots).cte("subtree", recursive=True)
    below = aliased(Section)
    tree = top.union(select(below.id).join(top, below.parent_id == top.c.id))
    return select(tree.c.id)


async def ancestors(reader: Reader, section_id: str) -> Sequence[str]:
    """Ids from the section itself up to its root."""
    top = select(Section.id, Section.parent_id).where(Section.id == section_id).cte("line", recursive=True)
    above = aliased(Section)
    line = top.union(select(above.id, above.parent_id).join(top, above.id == top.c.parent_id))
    return (await reader.execute(select(line.c.id))).scalars().all()


async def lines_of(reader: Reader, section_ids: Collection[str]) -> dict[str, frozenset[str]]:
    """For each of these sections: itself and all above it. One statement."""
    found: dict[str, frozenset[str]] = {id: frozenset({id}) for id in section_ids}
    if section_ids:
        if len(section_ids) <= FEW:
            padded = islice(cycle(section_ids), FEW)
            rows: Sequence[Any] = await LINES_OF_FEW.all(reader, dict(zip(PLACES, padded, strict=True)))
        else:
            rows = (await reader.execute(LINES, {"ids": list(section_ids)})).all()
        for of, id in rows:
            found[of] |= {id}
    return found


def _lines(where: ColumnElement[bool]) -> Select[str, str]:
    top = select(Section.id.label("of"), Section.id, Section.parent_id).where(where)
    line = top.cte("lines", recursive=True)
    above = aliased(Section)
    line = line.union(select(line.c.of, above.id, above.parent_id).join(line, above.id == line.c.parent_id))
    return select(line.c.of, line.c.id)


# Built once: that costs more than running it.
LINES = _lines(Section.id.in_(bindparam("ids", expanding=True)))
LINES_OF_FEW = Prepared(_lines(Section.id.in_([bindparam(name) for name in PLACES])))


async def height(reader: Reader, section_id: str) -> int:
    """Levels from the section to its deepest descendant, itself included."""
    top = select(Section.id, literal(1).label("level")).where(Section.id == section_id)
    tree = top.cte("levels", recursive=True)
    below = aliased(Section)
    tree = tree.union_all(select(below.id, tree.c.level + 1).join(tree, below.parent_id == tree.c.id))
    return (await reader.execute(select(func.max(tree.c.level)))).scalar_one() or 1


async def lock_tree(session: AsyncSession) -> None:
    """One writer at a time may move branches, so that two moves cannot close a circle together."""
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(text("SELECT pg_advisory_xact_lock(hashtext('nashra:sections'))"))

"""Terms of rules: looked up when a rule is written, linked so that they are not deleted, named when it is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

from sqlalchemy import BindParameter, bindparam, delete, insert, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from app.authors.models import Author
from app.kit.errors import Fault
from app.placing.rules import RuleFields
from app.sections.models import Section
from app.tags.models import Tag
from app.terms.repository import known

OWNERS: BindParameter[str] = bindparam("owners", expanding=True)


class RuleLink(NamedTuple):
    """The table that links rules to terms of one kind: the columns `owner`, `rule` and `term`."""

    field: str
    """Of the rule: `sections`."""
    model: type[Section | Tag | Author]
    table: Any
    owner: str
    term: str


class RuleLinks:
    """The links of all rules of one kind of thing."""

    def __init__(self, *links: RuleLink) -> None:
        self.links = links
        self._names = union_all(
            *(
                select(link.model.id, link.model.slug).where(
                    link.model.id.in_(select(self._term(link)).where(self._owner(link).in_(OWNERS)))
                )
                for link in links
            )
        )

    @staticmethod
    def _owner(link: RuleLink) -> Any:
        return getattr(link.table, link.owner)

    @staticmethod
    def _term(link: RuleLink) -> Any:
        return getattr(link.table, link.term)

    async def store(self, session: AsyncSession, owner: str, rules: Sequence[RuleFields | None]) -> None:
        """Store the terms that the rules of a thing name, so that foreign keys keep them; None: no rule there."""
        for link in self.links:
            await session.execute(delete(link.table).where(self._owner(link) == owner))
            rows = [
                {link.owner: owner, "rule": number, link.term: id}
                for number, rule in enumerate(rules)
                if rule is not None
                for id in cast(dict[str, Any], rule).get(link.field, [])
            ]
            if rows:
                await session.execute(insert(link.table), rows)

    def shown(self, rule: RuleFields, names: Mapping[str, str]) -> dict[str, object]:
        """A rule for the desk: with the slugs of its terms, which `names` returns."""
        slugs = {
            link.field: [names[id] for id in cast(dict[str, Any], rule).get(link.field, [])] for link in self.links
        }
        return {"kinds": [], "languages": [], **rule, **slugs}

    async def names(self, session: AsyncSession, owners: Sequence[str]) -> dict[str, str]:
        """Slugs of all terms that the rules of these things name, by id. One query."""
        if not owners:
            return {}
        return {row.id: row.slug for row in (await session.execute(self._names, {"owners": list(owners)})).all()}


async def ids_of_terms(
    session: AsyncSession,
    model: type[Section | Tag | Author],
    wanted: Sequence[str],
    pointer: str,
    faults: list[Fault],
) -> list[str]:
    """Ids of the terms `wanted` by slug or id, each once; adds a fault for each unknown one."""
    found = await known(session, model, wanted)
    faults += [
        Fault("not_found", pointer=f"{pointer}/{place}", params={"value": term})
        for place, term in enumerate(wanted)
        if term not in found
    ]
    return list(dict.fromkeys(found[term].id for term in wanted if term in found))

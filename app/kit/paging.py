"""Keyset pagination with signed cursors: pages cost the same at any depth, and no row is repeated or skipped.

A cursor holds the sort key of the last row of a page. It is signed and bound to the path, the filters and the sort of
its list; any other cursor is refused.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from typing import Annotated, Any, Generic, TypeAlias, TypeVar
from urllib.parse import quote, urlencode

from pydantic import ConfigDict, Field
from pydantic_core import to_json
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    Select,
    and_,
    bindparam,
    func,
    literal,
    or_,
    select,
)
from starlette.requests import Request

from app.kit import clock
from app.kit.db import Connection
from app.kit.errors import Fault, InvalidCursor
from app.kit.prepared import EMPTY, Prepared
from app.kit.schemas import WHOLE, Output, Query
from app.kit.signing import Signer, from_base64url, to_base64url

Item = TypeVar("Item")
Row = TypeVar("Row")
Row_co = TypeVar("Row_co", covariant=True)
AnySelect: TypeAlias = Select[Any]
COUNT_LIMIT = 10_000
FIRST, LAST = datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC)
NEAR = 2_000  # rows that are scanned in sort order before the filter's index is used
# A literal: for a parameter PostgreSQL estimates a tenth of all rows, and plans again each time.
ROWS: BindParameter[int] = bindparam("rows", type_=Integer, literal_execute=True)
# Parameters that change neither the rows of a list nor their order.
NOT_BINDING = {"cursor", "limit", "fields", "include", "count", "display", "facets"}


class PageQuery(Query):
    """What every list takes."""

    cursor: Annotated[str | None, Field(max_length=2000)] = None
    """`page.next` of the previous page. Opaque; valid only with the same path, filters and sort."""
    limit: Annotated[int, Field(ge=1, le=100), WHOLE] = 20
    """Maximum number of entries on a page."""


class CountedQuery(PageQuery):
    """A list that can be counted."""

    count: bool = False
    """Fill `page.total`: exact to 10,000, then `total_capped` is true."""


class Page(Output):
    """How the list continues."""

    next: str | None
    """Cursor of the next page; null on the last one."""
    limit: int
    """Maximum number of entries that was requested."""
    total: int | None
    """Number of all entries with `count=true`, else null."""
    total_capped: bool = False
    """With `count=true`: whether the list has more than 10,000 entries."""


class Listed(Output, Generic[Item]):
    """One page of a list."""

    # There are no attribute docstrings here, and looking for them costs 15 ms for each subclass.
    model_config = ConfigDict(use_attribute_docstrings=False)

    data: list[Item]
    page: Page


@dataclass(frozen=True)
class Key:
    """One column of a sort order."""

    column: Any
    descending: bool = False

    @property
    def ordered(self) -> Any:
        return self.column.desc() if self.descending else self.column.asc()


def after(keys: Sequence[Key], values: Sequence[object]) -> ColumnElement[bool]:
    """SQL condition: rows after `values` in the order of `keys`. The bound on the first column allows an index seek."""
    first, value = keys[0].column, values[0]
    steps = [
        and_(
            *(key.column == value for key, value in zip(keys[:depth], values[:depth], strict=True)),
            (keys[depth].column < values[depth]) if keys[depth].descending else (keys[depth].column > values[depth]),
        )
        for depth in range(len(keys))
    ]
    return and_(first <= value if keys[0].descending else first >= value, or_(*steps))


@lru_cache
def _signer(keys: tuple[str, ...]) -> Signer:
    return Signer(keys, "cursor")


class Cursors:
    """Reads and writes cursors, bound to a list."""

    def __init__(self, secret_key: tuple[str, ...], path: str, filters: Sequence[tuple[str, str]] = ()) -> None:
        """Of the list at `path` with these query parameters."""
        self._signer = _signer(secret_key)
        self._bound = to_json([path, sorted(filters)])

    @classmethod
    def of(cls, request: Request) -> Cursors:
        """Of the list that is requested."""
        filters = [pair for pair in request.query_params.multi_items() if pair[0] not in NOT_BINDING]
        return cls(request.app.state.settings.secret_key, request.scope["path"], filters)

    def write(self, values: Sequence[object]) -> str:
        plain = [clock.written(value) if isinstance(value, datetime) else value for value in values]
        body = to_json(plain)
        return to_base64url(self._signer.sign(body + self._bound, 16) + body)

    def read(self, cursor: str | None, times: Sequence[int] = ()) -> list[Any] | None:
        """The values in `cursor`, those at the positions `times` as `datetime`. Raises `InvalidCursor`."""
        if cursor is None:
            return None
        try:
            raw = from_base64url(cursor)
        except ValueError:
            raise InvalidCursor(errors=[Fault("cursor_invalid", parameter="cursor")]) from None
        signature, body = raw[:16], raw[16:]
        if not self._signer.verify(body + self._bound, signature):
            raise InvalidCursor(errors=[Fault("cursor_foreign", parameter="cursor")])
        values: list[Any] = json.loads(body)
        return [datetime.fromisoformat(v) if i in times and v is not None else v for i, v in enumerate(values)]


@dataclass(frozen=True)
class Slice(Generic[Row_co]):
    """The rows of one page, the cursor of the next, and the count with `count=true`."""

    rows: Sequence[Row_co]
    next: str | None
    limit: int
    total: int | None = None
    total_capped: bool = False

    def page(self) -> dict[str, object]:
        """The `page` member of the answer; `total_capped` only with a count."""
        page: dict[str, object] = {"next": self.next, "limit": self.limit, "total": self.total}
        return page if self.total is None else {**page, "total_capped": self.total_capped}


class Paged:
    """The prepared statements of a list in the order of `keys`, of which the last must be unique."""

    def __init__(
        self,
        statement: AnySelect,
        keys: Sequence[Key],
        *where: ColumnElement[bool],
        whole: AnySelect | None = None,
        near: tuple[ColumnElement[bool], Sequence[ColumnElement[bool]]] | None = None,
        is_lasting: bool = False,
    ) -> None:
        """With `whole`, `statement` only finds the last of `keys`, and `whole` selects the rows of the page by it. They
        are sorted here, so `keys` must have one direction: SQLite would read all their texts before it sorts.

        `near`: a condition that all rows meet, and `where` in a form that is cheap for a single row. The next `NEAR`
        rows are scanned first: where many match, the page is soon full; where few match, sorting all of them is cheap.
        """
        self._bare, self._keys, self._where, self._whole, self._near = statement, keys, where, whole, near
        self._is_lasting = is_lasting
        self._statement = statement.where(*where)
        self.first = self._prepared(self._in_order(self._statement))

    def _prepared(self, statement: AnySelect) -> Prepared:
        return Prepared(statement, is_lasting=self._is_lasting)

    def _in_order(self, statement: AnySelect) -> AnySelect:
        order = [key.ordered for key in self._keys]
        page = statement.correlate(None).order_by(*order).limit(ROWS)
        return page if self._whole is None else self._whole.where(self._keys[-1].column.in_(page))

    @cached_property
    def later(self) -> Prepared:
        """The page after the values `after0`, `after1`, …

        They come before `where`: SQLite seeks by the first of two bounds on one column, and the other is "until now".
        """
        values = [bindparam(f"after{number}", type_=key.column.type) for number, key in enumerate(self._keys)]
        return self._prepared(self._in_order(self._bare.where(after(self._keys, values), *self._where)))

    @cached_property
    def near(self) -> tuple[Prepared, Prepared]:
        """The first page, and a later one, within the next `NEAR` rows."""
        values = [bindparam(f"after{number}", type_=key.column.type) for number, key in enumerate(self._keys)]
        return self._prepared(self._nearby()), self._prepared(self._nearby(after(self._keys, values)))

    def _nearby(self, *behind: ColumnElement[bool]) -> AnySelect:
        assert self._near is not None  # noqa: S101  # for the type checker: `_rows` has checked it
        first, (every, each) = self._keys[0], self._near
        far = select(first.column).where(*behind, every).order_by(*(key.ordered for key in self._keys))
        end = literal(FIRST if first.descending else LAST, first.column.type)
        bound = func.coalesce(far.offset(NEAR).limit(1).scalar_subquery(), end)
        within = first.column >= bound if first.descending else first.column <= bound
        return self._in_order(self._bare.where(within, *behind, every, *each))

    @cached_property
    def counted(self) -> AnySelect:
        """Counts rows, up to one above `COUNT_LIMIT`: that one shows that there are more."""
        bounded = self._statement.with_only_columns(self._keys[-1].column).order_by(None).limit(COUNT_LIMIT + 1)
        return select(func.count()).select_from(bounded.subquery())

    async def _rows(
        self, connection: Connection, bound: Mapping[str, object], *, later: bool, scalars: bool
    ) -> Sequence[Any]:
        if self._near is not None:
            found: Sequence[Any] = await self.near[later].all(connection, bound)
            if len(found) == bound["rows"]:
                return found
        statement = self.later if later else self.first
        if scalars:
            return (await connection.execute(statement.statement, bound)).scalars().all()
        return await statement.all(connection, bound)

    async def take(
        self,
        connection: Connection,
        query: PageQuery,
        cursors: Cursors,
        *,
        position: Callable[[Row], list[Any]],
        times: Sequence[int] = (),
        scalars: bool = False,
        values: Mapping[str, object] = EMPTY,
    ) -> Slice[Row]:
        """One page. `position` returns a row's sort keys; `values` are parameters of the statement."""
        start = cursors.read(query.cursor, times)
        bound = {**values, "rows": query.limit + 1, **{f"after{n}": value for n, value in enumerate(start or ())}}
        rows = await self._rows(connection, bound, later=start is not None, scalars=scalars)
        if self._whole is not None:
            rows = sorted(rows, key=position, reverse=self._keys[0].descending)
        following = cursors.write(position(rows[query.limit - 1])) if len(rows) > query.limit else None
        counting = getattr(query, "count", False)
        total = (await connection.execute(self.counted, values)).scalar_one() if counting else None
        return Slice(
            rows[: query.limit],
            following,
            query.limit,
            None if total is None else min(total, COUNT_LIMIT),
            total is not None and total > COUNT_LIMIT,
        )


def position_by(sort: str) -> Callable[[Any], list[Any]]:
    """What a cursor keeps of a row in a list that is sorted by `sort`, as `-published_at`, and then by id."""
    name = sort.removeprefix("-")
    return lambda row: [getattr(row, name), row.id]


async def take(
    connection: Connection,
    statement: AnySelect,
    keys: Sequence[Key],
    query: PageQuery,
    cursors: Cursors,
    *,
    position: Callable[[Row], list[Any]],
    times: Sequence[int] = (),
    scalars: bool = False,
) -> Slice[Row]:
    """One page of a statement that is built for this request only."""
    paged = Paged(statement, keys)
    return await paged.take(connection, query, cursors, position=position, times=times, scalars=scalars)


def next_link(request: Request, cursor: str | None) -> dict[str, str]:
    """The `Link` header (RFC 8288) to the next page, relative to the server."""
    if cursor is None:
        return {}
    pairs = sorted(pair for pair in request.query_params.multi_items() if pair[0] != "cursor")
    path = quote(request.scope["path"], safe="/%:@!$&'()*+,;=~-._")
    return {"Link": f'<{path}?{urlencode([*pairs, ("cursor", cursor)])}>; rel="next"'}

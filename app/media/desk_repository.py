"""Pictures at the desk: the library, its files and addresses, and where pictures are used."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Label, and_, delete, exists, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from app.index.asking import parse_question
from app.index.matching import expression
from app.index.repository import last_place, match_select
from app.kit.db import Connection, dialect_of
from app.kit.errors import NotFound
from app.kit.ids import as_id, dashed
from app.kit.paging import Cursors, Key, Slice, take
from app.kit.raw_columns import JsonAggregate, rows_of_json
from app.media.models import Media, MediaFile, MediaKey, MediaUse
from app.media.schemas import MediaListQuery
from app.media.shown import STANDING

KIND = "media"
Use = tuple[str, str]
"""(place, media id)"""
ARTICLES = ("article", "")
NEWEST = [Key(Media.created_at, descending=True), Key(Media.id, descending=True)]
EXISTS = Media.deleted_at.is_(None)


class MediaToEdit:
    """The library. Deleted pictures are not found; withdrawn ones are."""

    def __init__(self, session: AsyncSession) -> None:
        self.session = session

    async def require(self, id: str, *, for_update: bool = False) -> Media:
        """The picture with this id; `for_update` locks its row and reads it anew. Raises `NotFound`."""
        statement = select(Media).where(Media.id == as_id(id), EXISTS)
        if for_update:
            statement = statement.with_for_update().execution_options(populate_existing=True)
        found = (await self.session.execute(statement)).scalars().one_or_none() if as_id(id) else None
        if found is None:
            raise NotFound()
        return found

    async def standing(self, ids: Collection[str]) -> dict[str, Media]:
        """Those of these pictures that may be shown, by id, under a share lock: none is deleted until this transaction
        ends. In the order of ids, against deadlocks."""
        if not ids:
            return {}
        statement = select(Media).where(Media.id.in_(ids), STANDING).order_by(Media.id)
        statement = statement.with_for_update(read=True).execution_options(populate_existing=True)
        return {media.id: media for media in (await self.session.execute(statement)).scalars()}

    async def page(self, query: MediaListQuery, cursors: Cursors, now: datetime) -> Slice[Media]:
        """One page of the library, newest first."""
        statement = select(Media).where(EXISTS, *self._conditions(query, now))
        return await take(
            self.session,
            statement,
            NEWEST,
            query,
            cursors,
            position=lambda media: [media.created_at, media.id],
            times=[0],
            scalars=True,
        )

    def _conditions(self, query: MediaListQuery, now: datetime) -> Iterable[ColumnElement[bool]]:
        if query.member:
            yield Media.member_id == query.member
        if query.unused:
            yield ~exists().where(MediaUse.media_id == Media.id)
        if query.rights_expiring_before:
            yield Media.rights_expire_at < query.rights_expiring_before
        if query.q:
            dialect, question = dialect_of(self.session), parse_question(query.q)
            found = match_select(dialect, KIND)
            resource_id = found.selected_columns[1]
            values = {"match": expression(question, dialect), "top": last_place(now)}
            yield Media.id.in_(found.with_only_columns(resource_id).params(values))

    async def file(self, id: str) -> MediaFile:
        return await self.session.get_one(MediaFile, id)

    async def file_with(self, sha256: str, *, for_update: bool = False) -> MediaFile | None:
        """The file with this content, of a withdrawn picture too."""
        statement = select(MediaFile).where(MediaFile.sha256 == sha256)
        if for_update:
            statement = statement.with_for_update().execution_options(populate_existing=True)
        return (await self.session.execute(statement)).scalars().one_or_none()

    async def lock_content(self, sha256: str) -> None:
        """Of two uploads of the same bytes at once the second waits for the first. SQLite has one writer anyway."""
        if dialect_of(self.session) == "postgresql":
            number = int(sha256[:16], 16) - 2**63
            await self.session.execute(select(func.pg_advisory_xact_lock(number)))

    async def lock_files(self, ids: Collection[str]) -> Sequence[MediaFile]:
        """The files with these ids, their rows locked: before the rows of their pictures, against deadlocks."""
        statement = select(MediaFile).where(MediaFile.id.in_(ids)).order_by(MediaFile.id).with_for_update()
        return (await self.session.scalars(statement.execution_options(populate_existing=True))).all()

    async def some(self, ids: Collection[str], *, for_update: bool = False) -> Sequence[Media]:
        """Those of these pictures that the library has, in the order of their ids."""
        known = {as_id(id) for id in ids} - {None}
        statement = select(Media).where(Media.id.in_(known), EXISTS).order_by(Media.id)
        if for_update:
            statement = statement.with_for_update().execution_options(populate_existing=True)
        return (await self.session.scalars(statement)).all()

    async def formerly_over(self, file_id: str, but: Collection[str]) -> Sequence[Media]:
        """The other pictures with an address, also a former one, of a file; deleted ones too."""
        over = select(MediaKey.media_id).where(MediaKey.file_id == file_id, MediaKey.media_id.not_in(but))
        return (await self.session.scalars(select(Media).where(Media.id.in_(over)).order_by(Media.id))).all()

    async def files(self, ids: Collection[str]) -> dict[str, MediaFile]:
        rows = await self.session.scalars(select(MediaFile).where(MediaFile.id.in_(ids)))
        return {file.id: file for file in rows}

    async def over(self, file_id: str, *, for_update: bool = False) -> Sequence[Media]:
        """The pictures over one file, the oldest first."""
        statement = select(Media).where(Media.file_id == file_id, EXISTS).order_by(Media.id)
        if for_update:
            statement = statement.with_for_update().execution_options(populate_existing=True)
        return (await self.session.scalars(statement)).all()

    async def use_counts(self, ids: Collection[str]) -> dict[str, int]:
        """The number of places that show these pictures, by id."""
        statement = select(MediaUse.media_id, func.count()).where(MediaUse.media_id.in_(ids))
        rows = (await self.session.execute(statement.group_by(MediaUse.media_id))).all()
        return dict.fromkeys(ids, 0) | {row[0]: row[1] for row in rows}

    async def add(self, *rows: MediaFile | Media | MediaKey) -> None:
        """Insert them in this order, for their foreign keys."""
        for row in rows:
            self.session.add(row)
            await self.session.flush()

    async def retire(self, media: Media, now: datetime) -> None:
        """Mark the present address of a picture as a former one."""
        statement = update(MediaKey).where(MediaKey.media_id == media.id, MediaKey.retired_at.is_(None))
        await self.session.execute(statement.values(retired_at=now))


async def uses(connection: Connection, media_id: str) -> Sequence[MediaUse]:
    """The places that show a picture."""
    order = (MediaUse.resource, MediaUse.resource_id, MediaUse.place)
    statement = select(MediaUse).where(MediaUse.media_id == media_id).order_by(*order)
    return (await connection.execute(statement)).scalars().all()


async def users(session: AsyncSession, media_id: str) -> set[tuple[str, str]]:
    """The things that show a picture, as (kind, id); articles, of which there may be thousands, as `ARTICLES`."""
    of_picture, in_article = MediaUse.media_id == media_id, MediaUse.resource == "article"
    statement = select(MediaUse.resource, MediaUse.resource_id).where(of_picture, ~in_article)
    found = {(resource, id) for resource, id in (await session.execute(statement)).all()}
    has_articles = (await session.execute(select(exists().where(of_picture, in_article)))).scalar_one()
    return found | {ARTICLES} if has_articles else found


async def standing_ids(connection: Connection, ids: Collection[str]) -> set[str]:
    """Those of these pictures that may be shown."""
    if not ids:
        return set()
    return set((await connection.execute(select(Media.id).where(Media.id.in_(ids), STANDING))).scalars())


async def store_uses(
    session: AsyncSession, resource: str, id: str, stored: Collection[Use], uses: Collection[Use]
) -> None:
    """Store which pictures a thing shows, and where, in place of the `stored` ones."""
    for place, media_id in set(stored) - set(uses):
        same = and_(MediaUse.resource_id == id, MediaUse.place == place, MediaUse.media_id == media_id)
        await session.execute(delete(MediaUse).where(same))
    rows = [
        {"media_id": media_id, "resource": resource, "resource_id": id, "place": place}
        for place, media_id in sorted(set(uses) - set(stored))
    ]
    if rows:
        await session.execute(insert(MediaUse), rows)


async def forget_uses(session: AsyncSession, id: str) -> None:
    """A thing is gone: it shows no picture any more."""
    await session.execute(delete(MediaUse).where(MediaUse.resource_id == id))


def uses_of(owner: InstrumentedAttribute[str]) -> Label[str]:
    """A column for `read_uses`: the places at which the thing with the id `owner` shows pictures."""
    rows = select(JsonAggregate(MediaUse.place, MediaUse.media_id)).where(MediaUse.resource_id == owner)
    return rows.correlate(owner.class_).scalar_subquery().label("uses")


def read_uses(found: str | None) -> frozenset[Use]:
    return frozenset((place, dashed(id)) for place, id in rows_of_json(found))

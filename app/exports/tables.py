"""Reads the tables for the export, drafts included: page by page, each line after those that it names."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, exists, literal, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from app.articles.fields import KEPT
from app.articles.filing import FILINGS
from app.articles.models import Article, ArticleBody, Correction, Revision
from app.authors.models import Author
from app.comments.models import Comment, CommentPrivate
from app.entries.models import UNPINNED, Entry, EntryAuthor, EntryRevision
from app.fronts.models import Front, FrontDraft, FrontItem, FrontSlot
from app.kit import clock
from app.kit.db import Base
from app.media.models import Media, MediaFile
from app.sections.models import Section
from app.slugs.models import Slug
from app.staff.models import Member
from app.tags.models import Tag
from app.tickers.models import Ticker, TickerItem, TickerPlace

PAGE = 500  # rows of one statement
PAGE_OF_TEXTS = 50  # of rows that hold whole articles
NAMED: tuple[type[Article | Section | Tag | Author | Ticker | Front], ...] = (
    *(Article, Section, Tag, Author),
    *(Ticker, Front),
)
KINDS: dict[type[Base], str] = {
    Article: "article",
    **{model: model.kind for model in (Section, Tag, Author, Ticker, Front)},
}
MEMBER = ("id", "name", "roles", "active", "version", "created_at")
TERM = ("id", "slug", "name", "language", "description", "version", "created_at", "updated_at")
MEDIA = (
    *("id", "filename", "language", "alt", "description", "credit", "photographer", "rights", "focal_point"),
    *("keywords", "taken_at", "version", "created_at", "withdrawn_at", "withdrawn_cause", "withdrawn_reason"),
)
MEDIA_FILE = ("sha256", "mime_type", "bytes", "width", "height", "animated")
ARTICLE = (
    *("id", "state", "translation_group", "version", "created_at", "saved_at", "updated_at", "revised_at"),
    *("published_at", "first_published_at", "withdrawn_at", "withdrawn_reason", "withdrawn_cause"),
    *("withdrawn_mandatory", "note", "contributors", "live_started_at", "live_ended_at"),
)
REVISION = ("number", "at", "member_name", "action", "content")
ENTRY = (
    *("id", "status", "headline", "language", "key_event", "corrections", "version", "created_at", "saved_at"),
    *("updated_at", "published_at"),
)
COMMENT = (
    *("id", "status", "was_approved", "author_name", "author_role", "author_url", "body", "language", "version"),
    *("created_at", "edited_at"),
)
PRIVATE = (
    *("email", "email_digest", "address_digest", "network_digest", "body_digest", "consent_at", "consent_version"),
    "created_at",
)
ITEM = (
    *("id", "text", "language", "url", "level", "levelled_at", "level_until", "pinned", "pinned_at", "starts_at"),
    *("expires_at", "created_at", "version"),
)
FRONT_ITEM = (
    *("id", "url", "headline", "kicker", "summary", "image", "language", "starts_at", "expires_at"),
    "created_at",
)
FRONT_DRAFT = ("version", "publish_at", "member_name", "updated_at")
LineFields = dict[str, object]
Pages = AsyncIterator[list[LineFields]]


def written(value: object) -> object:
    return clock.written(value) if isinstance(value, datetime) else value


def _fields(row: Any, names: Iterable[str]) -> LineFields:
    return {name: written(getattr(row, name)) for name in names}


class Tables:
    """The lines of one newsroom, on one snapshot."""

    def __init__(self, connection: AsyncConnection, *, personal: bool) -> None:
        self.connection, self.personal = connection, personal

    def every(self) -> Sequence[Callable[[], Pages]]:
        """What is to be read, in this order."""
        terms = (self.sections, self.tags, self.authors)
        entries, tickers = (self.entries, self.entry_revisions), (self.tickers, self.items, self.orders)
        return (
            *(self.members, self.media, *terms, self.articles, self.revisions, *entries, self.comments),
            *(*tickers, self.fronts, self.front_drafts, self.slugs),
        )

    async def _pages(self, statement: Select[Any], *keys: Any, size: int = PAGE) -> AsyncIterator[Sequence[Row[Any]]]:
        """Keyset pages: each begins behind the last row of the one before."""
        ordered, after = statement.order_by(*keys).limit(size), None
        while True:
            asked = ordered if after is None else ordered.where(after)
            rows = (await self.connection.execute(asked)).all()
            if rows:
                yield rows
            if len(rows) < size:
                return
            last = (literal(getattr(rows[-1], key.key), key.type) for key in keys)
            after = tuple_(*keys) > tuple_(*last)

    async def members(self) -> Pages:
        async for rows in self._pages(select(Member.__table__), Member.id):
            yield [{"kind": "member", **_fields(row, MEMBER)} for row in rows]

    async def media(self) -> Pages:
        """The library, without what was deleted; withdrawn pictures too, so that their bytes stay refused."""
        files = [MediaFile.__table__.c[name] for name in MEDIA_FILE]
        statement = select(Media.__table__, *files).join(MediaFile, MediaFile.id == Media.file_id)
        async for rows in self._pages(statement.where(Media.deleted_at.is_(None)), Media.id):
            yield [{**_fields(row, (*MEDIA, *MEDIA_FILE)), "kind": "media", "member": row.member_id} for row in rows]

    async def sections(self) -> Pages:
        """Parents first: by their depth in the tree."""
        top = select(Section.id, literal(0).label("depth")).where(Section.parent_id.is_(None))
        tree = top.cte("tree", recursive=True)
        tree = tree.union_all(select(Section.id, tree.c.depth + 1).join(tree, Section.parent_id == tree.c.id))
        statement = select(Section.__table__, tree.c.depth).join(tree, tree.c.id == Section.id)
        async for rows in self._pages(statement, tree.c.depth, Section.id):
            former = await self._former(Section, rows)
            yield [
                {
                    **_term(row, former),
                    "parent": row.parent_id,
                    **_fields(row, ("position", "image")),
                    "kind": "section",
                }
                for row in rows
            ]

    async def tags(self) -> Pages:
        async for rows in self._pages(select(Tag.__table__), Tag.id):
            former = await self._former(Tag, rows)
            yield [{**_term(row, former), "kind": "tag"} for row in rows]

    async def authors(self) -> Pages:
        async for rows in self._pages(select(Author.__table__), Author.id):
            former = await self._former(Author, rows)
            yield [{**_term(row, former), "bio": row.bio, "avatar": row.avatar, "kind": "author"} for row in rows]

    async def articles(self) -> Pages:
        bodies = and_(ArticleBody.article_id == Article.id)
        statement = select(Article.__table__, ArticleBody.source.label("body"), ArticleBody.format.label("body_format"))
        async for rows in self._pages(statement.outerjoin(ArticleBody, bodies), Article.id, size=PAGE_OF_TEXTS):
            ids = [row.id for row in rows]
            former, corrections = await self._former(Article, rows), await self._corrections(ids)
            filed = {filing.kind.plural: await self._links(filing, ids) for filing in FILINGS}
            yield [
                {
                    "kind": "article",
                    **_fields(row, ARTICLE),
                    "member": row.member_id,
                    "external_id": _external(row),
                    "former_slugs": former.get(row.id, []),
                    "corrections": corrections.get(row.id, []),
                    "content": _content(row, {name: links.get(row.id, []) for name, links in filed.items()}),
                }
                for row in rows
            ]

    async def _links(self, filing: Any, ids: Sequence[str]) -> dict[str, list[object]]:
        """The terms of one kind of these articles, in the editor's order."""
        link = filing.link
        statement = select(link.article_id, filing.term_id.label("id")).where(link.article_id.in_(ids))
        rows = (await self.connection.execute(statement.order_by(link.article_id, link.position))).all()
        return {id: [row.id for row in of] for id, of in groupby(rows, lambda row: str(row.article_id))}

    async def _corrections(self, ids: Sequence[str]) -> dict[str, list[object]]:
        statement = select(Correction.__table__).where(Correction.article_id.in_(ids))
        rows = (await self.connection.execute(statement.order_by(Correction.article_id, Correction.id))).all()
        names = ("id", "kind", "note", "at")
        return {id: [_fields(row, names) for row in of] for id, of in groupby(rows, lambda row: str(row.article_id))}

    async def _former(self, model: Any, rows: Sequence[Any]) -> dict[str, list[str]]:
        """The former slugs of these things."""
        present = {row.id: row.slug for row in rows}
        statement = select(Slug.target_id, Slug.slug).where(Slug.kind == KINDS[model], Slug.target_id.in_(present))
        found: dict[str, list[str]] = {}
        for id, slug in (await self.connection.execute(statement.order_by(Slug.claimed_at, Slug.slug))).all():
            if slug != present[id]:
                found.setdefault(id, []).append(slug)
        return found

    async def revisions(self) -> Pages:
        statement = select(Revision.__table__)
        async for rows in self._pages(statement, Revision.article_id, Revision.number, size=PAGE_OF_TEXTS):
            yield [
                {"kind": "revision", "article": row.article_id, "member": row.member_id, **_fields(row, REVISION)}
                for row in rows
            ]

    async def entries(self) -> Pages:
        async for rows in self._pages(select(Entry.__table__), Entry.article_id, Entry.id, size=PAGE_OF_TEXTS):
            links = select(EntryAuthor.__table__).where(EntryAuthor.entry_id.in_([row.id for row in rows]))
            signed = (await self.connection.execute(links.order_by(EntryAuthor.entry_id, EntryAuthor.position))).all()
            authors = {id: [row.author_id for row in of] for id, of in groupby(signed, lambda row: row.entry_id)}
            yield [
                {
                    "kind": "entry",
                    **_fields(row, ENTRY),
                    "article": row.article_id,
                    "member": row.member_id,
                    "pinned": None if row.rank == UNPINNED else row.rank,
                    "authors": authors.get(row.id, []),
                    "body": row.source,
                    "body_format": row.format,
                }
                for row in rows
            ]

    async def entry_revisions(self) -> Pages:
        keys = (EntryRevision.entry_id, EntryRevision.number)
        async for rows in self._pages(select(EntryRevision.__table__), *keys, size=PAGE_OF_TEXTS):
            yield [
                {"kind": "entry_revision", "entry": row.entry_id, "member": row.member_id, **_fields(row, REVISION)}
                for row in rows
            ]

    async def comments(self) -> Pages:
        """In the order of their paths, which puts a thread's comments behind those that they answer."""
        columns = [CommentPrivate.__table__.c[name].label(f"private_{name}") for name in (*PRIVATE, "answered_id")]
        statement = select(Comment.__table__)
        if self.personal:
            joined = CommentPrivate.comment_id == Comment.id
            statement = select(Comment.__table__, *columns).outerjoin(CommentPrivate, joined)
        async for rows in self._pages(statement, Comment.path):
            yield [
                {
                    "kind": "comment",
                    **_fields(row, COMMENT),
                    "article": row.article_id,
                    "parent": row.parent_id,
                    **({"private": _private(row)} if self.personal else {}),
                }
                for row in rows
            ]

    async def tickers(self) -> Pages:
        async for rows in self._pages(select(Ticker.__table__), Ticker.id):
            former = await self._former(Ticker, rows)
            names = ("max_items", "rules", "ordered_at")
            yield [{**_term(row, former), **_fields(row, names), "kind": "ticker"} for row in rows]

    async def items(self) -> Pages:
        async for rows in self._pages(select(TickerItem.__table__), TickerItem.id):
            yield [
                {
                    "kind": "ticker_item",
                    **_fields(row, ITEM),
                    "ticker": row.ticker_id,
                    "article": row.article_id,
                }
                for row in rows
            ]

    async def orders(self) -> Pages:
        """One line for each ticker that has an order: tickers are few, and so are its places."""
        async for tickers in self._pages(
            select(Ticker.id).where(exists().where(TickerPlace.ticker_id == Ticker.id)), Ticker.id, size=PAGE_OF_TEXTS
        ):
            places = select(TickerPlace.__table__).where(TickerPlace.ticker_id.in_([row.id for row in tickers]))
            rows = (await self.connection.execute(places.order_by(TickerPlace.ticker_id, TickerPlace.position))).all()
            yield [
                {"kind": "ticker_order", "ticker": id, "items": [row.item_id or row.article_id for row in of]}
                for id, of in groupby(rows, lambda row: row.ticker_id)
            ]

    async def fronts(self) -> Pages:
        """Each with its slots, and the items by hand in them."""
        async for rows in self._pages(select(Front.__table__), Front.id, size=PAGE_OF_TEXTS):
            ids, former = [row.id for row in rows], await self._former(Front, rows)
            items, versions = await self._front_items(ids), await self._slot_versions(ids)
            yield [
                {
                    **_term(row, former),
                    "kind": "front",
                    "section": row.section_id,
                    "public": row.public,
                    "slots": [
                        {
                            **slot,
                            "version": versions.get((row.id, slot["name"]), 1),
                            "items": items.get((row.id, slot["name"]), []),
                        }
                        for slot in row.slots
                    ],
                }
                for row in rows
            ]

    async def _front_items(self, ids: Sequence[str]) -> dict[tuple[str, str], list[LineFields]]:
        statement = select(FrontItem.__table__).where(FrontItem.front_id.in_(ids))
        found: dict[tuple[str, str], list[LineFields]] = {}
        for row in (await self.connection.execute(statement.order_by(FrontItem.position, FrontItem.id))).all():
            item = {**_fields(row, FRONT_ITEM), "article": row.article_id}
            found.setdefault((row.front_id, row.slot), []).append(item)
        return found

    async def _slot_versions(self, ids: Sequence[str]) -> dict[tuple[str, str], int]:
        columns = (FrontSlot.front_id, FrontSlot.name, FrontSlot.version)
        rows = (await self.connection.execute(select(*columns).where(FrontSlot.front_id.in_(ids)))).all()
        return {(row.front_id, row.name): row.version for row in rows}

    async def front_drafts(self) -> Pages:
        async for rows in self._pages(select(FrontDraft.__table__), FrontDraft.front_id, size=PAGE_OF_TEXTS):
            yield [
                {
                    **_fields(row, FRONT_DRAFT),
                    "kind": "front_draft",
                    "front": row.front_id,
                    "member": row.member_id,
                    "slots": [_draft_slot(name, slot) for name, slot in sorted(row.slots.items())],
                }
                for row in rows
            ]

    async def slugs(self) -> Pages:
        """The addresses of things that are gone; those of the others stand with their things."""
        there: list[ColumnElement[bool]] = [
            and_(Slug.kind == KINDS[model], exists().where(model.id == Slug.target_id)) for model in NAMED
        ]
        async for rows in self._pages(select(Slug.__table__).where(~or_(*there)), Slug.kind, Slug.slug):
            yield [{"kind": "slug", "of": row.kind, "slug": row.slug, "target": row.target_id} for row in rows]


def _term(row: Any, former: dict[str, list[str]]) -> LineFields:
    return {"kind": "", **_fields(row, TERM), "former_slugs": former.get(row.id, [])}


def _draft_slot(name: str, slot: dict[str, Any]) -> LineFields:
    items = [{**_named(item), "article": item["article_id"]} for item in slot["items"]]
    return {"name": name, "base": slot["base"], "skipped_at": slot["skipped_at"], "items": items}


def _named(item: dict[str, Any]) -> LineFields:
    return {name: item[name] for name in FRONT_ITEM}


def _external(row: Any) -> LineFields | None:
    return {"system": row.external_system, "id": row.external_id} if row.external_id is not None else None


def _content(row: Any, filed: dict[str, list[object]]) -> LineFields:
    return {
        **_fields(row, KEPT),
        "section": row.section_id,
        **filed,
        "body": row.body or "",
        "body_format": row.body_format or "html",
    }


def _private(row: Any) -> LineFields | None:
    if row.private_body_digest is None:
        return None
    private = {name: written(getattr(row, f"private_{name}")) for name in PRIVATE}
    return {**private, "answered": row.private_answered_id}

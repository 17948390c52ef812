"""Atom (RFC 4287) from a `Feed`, with threads (RFC 4685), paging (RFC 5005) and tombstones (RFC 6721)."""

from __future__ import annotations

from collections.abc import Iterator

from app.feeds.addresses import ATOM
from app.feeds.html import wrapped
from app.feeds.rss import media
from app.feeds.values import Feed, Item, Person, Tombstone
from app.feeds.xml import document, element, empty, escaped, text

NAMESPACES = (
    'xmlns="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/"'
    ' xmlns:thr="http://purl.org/syndication/thread/1.0"'
)
TOMBSTONES = ' xmlns:at="http://purl.org/atompub/tombstones/1.0"'
BEGINNING = "1970-01-01T00:00:00.000Z"  # `updated` of a feed that has never held anything: Atom requires one


def write_atom(feed: Feed) -> bytes:
    """The bytes of an Atom document."""
    tombstones = TOMBSTONES if feed.tombstones else ""
    return document(
        f'<feed {NAMESPACES}{tombstones} xml:lang="{escaped(feed.language)}">',
        *_head(feed),
        *map(_deleted, feed.tombstones),  # extensions come before entries: RFC 4287 §4.1.1
        *map(_entry, feed.items),
        "</feed>\n",
    )


def _head(feed: Feed) -> Iterator[str]:
    yield text("id", feed.id)
    yield text("title", feed.title)
    yield text("subtitle", feed.description)
    yield text("updated", feed.updated or BEGINNING)
    yield _person(feed.publisher)
    yield empty("link", rel="self", type=ATOM.media_type, href=feed.self_url)
    yield empty("link", rel="alternate", type="text/html", href=feed.url)
    if feed.next_url:
        yield empty("link", rel="first", type=ATOM.media_type, href=feed.first_url)
        yield empty("link", rel="next", type=ATOM.media_type, href=feed.next_url)


def _entry(item: Item) -> str:
    parts = (*_words(item), *_links(item), *map(media, item.pictures))
    return element("entry", "".join(parts), xml_lang=item.language) + "\n"


def _words(item: Item) -> Iterator[str]:
    yield text("id", item.id)
    yield text("title", item.title)
    yield text("updated", item.updated)
    yield text("published", item.published)
    yield from map(_person, item.authors or ([Person(None, item.byline)] if item.byline else []))
    for category in item.categories:
        yield empty("category", term=category.term, scheme=category.url, label=category.name)
    yield text("summary", item.summary)
    if item.html is not None:
        yield text("content", wrapped(item.html, item.language, item.direction), type="html")
    elif item.url is None:  # an entry must have a link or a content
        yield text("content", item.title)
    yield text("rights", item.rights.line)


def _links(item: Item) -> Iterator[str]:
    if item.url:
        yield empty("link", rel="alternate", type="text/html", href=item.url)
    if item.discussion:
        yield empty("link", rel="replies", type="text/html", href=item.discussion.url)
        yield empty("link", rel="replies", type=ATOM.media_type, href=item.discussion.atom_url)
    if item.reply_to:
        yield empty("thr:in-reply-to", ref=item.reply_to[0], href=item.reply_to[1])
    for picture in item.pictures:
        file = picture.file
        yield empty("link", rel="enclosure", type=file.mime_type, length=file.bytes, href=file.url)


def _person(person: Person) -> str:
    return element("author", text("name", person.name) + text("uri", person.url))


def _deleted(one: Tombstone) -> str:
    return element("at:deleted-entry", text("at:comment", one.reason), ref=one.id, when=one.at) + "\n"

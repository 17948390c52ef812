"""ninjs 3.1 of the IPTC from a `Feed`: a composite whose associations are the items.

Withdrawn articles stand behind the others, with `pubStatus: canceled`: whoever has a copy must take it down.
Source: https://iptc.org/std/ninjs/, version 3.1.
"""

from __future__ import annotations

from collections.abc import Iterator

from app.feeds.json_text import Json, present, written
from app.feeds.values import Category, Feed, File, Item, Picture, Tombstone

STANDARD = {
    "name": "ninjs",
    "version": "3.1",
    "schema": "https://www.iptc.org/std/ninjs/ninjs-schema_3.1.json",
}
HTML, PLAIN = "text/html", "text/plain"


def write_ninjs(feed: Feed) -> bytes:
    """The bytes of a ninjs document."""
    items = [*map(_item, feed.items), *map(_canceled, feed.tombstones)]
    head = {
        "uri": feed.id,
        "type": "composite",
        "versionCreated": feed.updated,
        "pubStatus": "usable",
        "language": feed.language,
        "title": feed.title,
        "headlines": [{"role": "main", "contentType": PLAIN, "value": feed.title}],
        "descriptions": _texts({"summary": feed.description}),
        "organisations": [present({"name": feed.publisher.name, "rel": "publisher", "uri": feed.publisher.url})],
        "altIds": [{"role": "self", "value": feed.self_url}],
        "standard": STANDARD,
    }
    named = ({"name": f"item-{number}", **item} for number, item in enumerate(items, 1))
    return written(present(head), "associations", named)


def _item(item: Item) -> Json:
    return present({**_facts(item), **_words(item), **_makers(item), **_rights(item), **_related(item)})


def _facts(item: Item) -> Json:
    return {
        "uri": item.id,
        "type": "text",
        "representationType": "full" if item.html is not None else "partial",
        "version": None if item.version is None else str(item.version),
        "firstCreated": item.first_published or item.published,
        "versionCreated": item.updated,
        "contentCreated": item.published,
        "pubStatus": "usable",
        "urgency": item.urgency,
        "language": item.language,
        "altIds": [{"role": role, "value": value} for role, value in _names(item)],
    }


def _names(item: Item) -> Iterator[tuple[str, str]]:
    if item.slug:
        yield "slug", item.slug
    if item.url:
        yield "canonical", item.url


def _words(item: Item) -> Json:
    notes = [{"role": one.kind, "contentType": PLAIN, "value": one.note} for one in item.corrections]
    described = {"summary": item.summary, "contentWarning": item.content_warning}
    return {
        "headlines": _texts({"main": item.title, "short": item.short_title}),
        "descriptions": [*_texts(described), *notes],
        "bodies": [] if item.html is None else [{"role": "main", "contentType": HTML, "value": item.html}],
    }


def _texts(texts: dict[str, str | None]) -> list[Json]:
    return [{"role": role, "contentType": PLAIN, "value": value} for role, value in texts.items() if value]


def _makers(item: Item) -> Json:
    people = [
        present({"name": one.name, "rel": "author", "uri": one.id and f"urn:uuid:{one.id}"}) for one in item.authors
    ]
    return {
        "people": people,
        "by": item.byline,
        "located": item.dateline,
        "infoSources": [{"name": item.source, "role": "source"}] if item.source else [],
    }


def _rights(item: Item) -> Json:
    rights = item.rights
    return {
        "copyrightHolder": rights.holder,
        "copyrightNotice": rights.notice,
        "usageTerms": rights.usage,
        "expires": rights.expires_at,
    }


def _related(item: Item) -> Json:
    return {
        "subjects": [_subject(one) for one in item.categories],
        "associations": [_picture(item, number, one) for number, one in enumerate(item.pictures, 1)],
    }


def _subject(category: Category) -> Json:
    return present({"name": category.name, "rel": category.kind, "uri": category.uri, "literal": category.term})


def _picture(item: Item, number: int, picture: Picture) -> Json:
    files = (picture.file, *picture.renditions)
    return {
        "name": "lead" if number == 1 else f"media-{number}",
        "uri": picture.file.url,
        "type": "picture" if picture.medium == "image" else picture.medium,
        **present(
            {
                "language": item.language,
                "descriptions": _texts({"caption": picture.caption, "alt": picture.alt}),
                "by": picture.credit,
            }
        ),
        "renditions": [_rendition(file) for file in files],
    }


def _rendition(file: File) -> Json:
    return present(
        {
            "name": file.name or "main",
            "href": file.url,
            "contentType": file.mime_type,
            "width": file.width,
            "height": file.height,
            "sizeInBytes": file.bytes,
            "duration": file.duration,
        }
    )


def _canceled(one: Tombstone) -> Json:
    status = {"version": str(one.version), "versionCreated": one.at, "pubStatus": "canceled"}
    return present({"uri": one.id, **status, "edNote": one.reason})

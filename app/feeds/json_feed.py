"""JSON Feed 1.1 from a `Feed`. Source: https://www.jsonfeed.org/version/1.1/

What the format has no word for stands in `_nashra`, an extension: names may be added to it.
"""

from __future__ import annotations

from app.feeds.html import wrapped
from app.feeds.json_text import Json, present, written
from app.feeds.values import Feed, Item, Person, Picture

VERSION = "https://jsonfeed.org/version/1.1"


def write_json_feed(feed: Feed) -> bytes:
    """The bytes of a JSON Feed. Withdrawn articles are left out: the format has no word for them."""
    head = {
        "version": VERSION,
        "title": feed.title,
        "home_page_url": feed.url,
        "feed_url": feed.self_url,
        "description": feed.description,
        "next_url": feed.next_url,
        "language": feed.language,
        "authors": [_person(feed.publisher)],
    }
    return written(present(head), "items", map(_item, feed.items))


def _item(item: Item) -> Json:
    lead = next((one for one in item.pictures if one.medium == "image"), None)
    members = {
        "id": item.id,
        "url": item.url,
        "title": item.title,
        **_content(item),
        "summary": item.summary,
        "image": lead and lead.file.url,
        "date_published": item.published,
        "date_modified": item.updated,
        "authors": [_person(author) for author in item.authors],
        "tags": list(dict.fromkeys(category.name for category in item.categories)),
        "language": item.language,
        "attachments": [_attachment(one) for one in item.pictures if one.file.mime_type],
        "_nashra": _extension(item),
    }
    return present(members)


def _content(item: Item) -> Json:
    """One of the two must be there."""
    if item.html is not None:
        return {"content_html": wrapped(item.html, item.language, item.direction)}
    return {"content_text": item.summary or item.title}


def _person(person: Person) -> Json:
    return present({"name": person.name, "url": person.url})


def _attachment(picture: Picture) -> Json:
    file = picture.file
    seconds = file.duration
    words = {"title": picture.caption or picture.alt, "size_in_bytes": file.bytes, "duration_in_seconds": seconds}
    return present({"url": file.url, "mime_type": file.mime_type, **words})


def _extension(item: Item) -> Json:
    return present(
        {
            "direction": item.direction,
            "kind": item.kind,
            "access": item.access,
            "urgency": item.urgency,
            "version": item.version,
            "byline": item.byline,
            "rights": present(item.rights._asdict()),
            "corrections": [one._asdict() for one in item.corrections],
            "content_warning": item.content_warning,
            "in_reply_to": item.reply_to and item.reply_to[0],
            "withheld": item.withheld or None,
        }
    )

"""RSS 2.0 from a `Feed`. Sources: the RSS 2.0 specification; RSS Best Practices Profile; Media RSS 1.5.1; RFC 5005."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from app.feeds.addresses import RSS
from app.feeds.html import wrapped
from app.feeds.values import Feed, Item, Picture
from app.feeds.xml import document, element, empty, escaped, plain, rfc_822, text

NAMESPACES = " ".join(
    f'xmlns:{prefix}="{uri}"'
    for prefix, uri in {
        "atom": "http://www.w3.org/2005/Atom",
        "content": "http://purl.org/rss/1.0/modules/content/",
        "dc": "http://purl.org/dc/elements/1.1/",
        "dcterms": "http://purl.org/dc/terms/",
        "media": "http://search.yahoo.com/mrss/",
        "thr": "http://purl.org/syndication/thread/1.0",
        "wfw": "http://wellformedweb.org/CommentAPI/",
    }.items()
)
MINUTES = 5  # how often it is good to ask, as far as a reader does not go by `Cache-Control`
ROLES = "urn:ebu"  # the scheme of the roles of Media RSS


def write_rss(feed: Feed) -> bytes:
    """The bytes of an RSS document. Withdrawn articles are left out: RSS has no word for them."""
    return document(
        f'<rss version="2.0" {NAMESPACES}><channel>', *_channel(feed), *map(_item, feed.items), "</channel></rss>\n"
    )


def _channel(feed: Feed) -> Iterator[str]:
    yield element("title", plain(feed.title))
    yield text("link", feed.url)
    yield text("description", escaped(feed.description or feed.title))
    yield text("language", feed.language)
    yield text("copyright", feed.publisher.name)
    yield element("lastBuildDate", feed.updated and rfc_822(feed.updated))
    yield element("ttl", str(MINUTES))
    yield empty("atom:link", rel="self", type=RSS.media_type, href=feed.self_url)
    if feed.next_url:
        yield empty("atom:link", rel="first", type=RSS.media_type, href=feed.first_url)
        yield empty("atom:link", rel="next", type=RSS.media_type, href=feed.next_url)


def _item(item: Item) -> str:
    parts = (*_words(item), *_origin(item), *map(media, item.pictures), _enclosure(item))
    return element("item", "".join(parts), xml_lang=item.language) + "\n"


def _words(item: Item) -> Iterator[str]:
    yield element("title", plain(item.title))
    yield text("link", item.url)
    yield text("guid", item.id, isPermaLink="false")
    yield element("pubDate", rfc_822(item.published))
    yield text("dcterms:modified", item.updated)
    # Before the content: of two descriptions a reader takes the first.
    yield text("description", escaped(item.summary) if item.summary else None)  # it is HTML to all readers
    if item.html is not None:
        yield text("content:encoded", wrapped(item.html, item.language, item.direction))


def _origin(item: Item) -> Iterator[str]:
    yield from (text("dc:creator", name) for name in _creators(item))
    yield from (text("category", category.name, domain=category.url) for category in item.categories)
    yield text("dc:rights", item.rights.line)
    if item.discussion:
        yield text("comments", item.discussion.url)
        yield text("wfw:commentRss", item.discussion.rss_url)
    if item.reply_to:
        yield empty("thr:in-reply-to", ref=item.reply_to[0], href=item.reply_to[1])


def _creators(item: Item) -> Iterable[str]:
    return [author.name for author in item.authors] or ([item.byline] if item.byline else [])


def media(picture: Picture) -> str:
    """`media:content`, which Atom takes too."""
    file = picture.file
    words = (
        text("media:title", picture.caption or None, type="plain")
        + text("media:description", picture.alt or None, type="plain")
        + text("media:credit", picture.credit or None, role="photographer", scheme=ROLES)
    )
    named = {
        "url": file.url,
        "medium": picture.medium,
        "type": file.mime_type,
        "width": file.width,
        "height": file.height,
        "fileSize": file.bytes,
        "duration": None if file.duration is None else round(file.duration),
    }
    return element("media:content", words, **named) if words else empty("media:content", **named)


def _enclosure(item: Item) -> str:
    """One, the first file whose size is known: RSS requires it, and readers take no more."""
    file = next((one.file for one in item.pictures if one.file.bytes and one.file.mime_type), None)
    return empty("enclosure", url=file.url, length=file.bytes, type=file.mime_type) if file else ""

"""From public answers of delivery to the items of feeds.

An item is made of what delivery shows of the thing and of nothing else, so a feed tells nothing that delivery hides. A
full feed adds the text where rights allow.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from app.articles.subjects import concept_uri, subject_key
from app.feeds.addresses import ATOM, COMMENTS, RSS, feed_url
from app.feeds.html import absolute_html, encoded_url
from app.feeds.values import Category, Correction, Discussion, File, Item, Person, Picture, Rights
from app.kit.clock import written
from app.settings import Settings
from app.text.messages import message
from app.text.reading import excerpt

Shown = Mapping[str, Any]  # an answer of delivery: the OpenAPI document describes it
EXCERPT = 280  # graphemes of an entry that stand for its summary
TITLE = 80  # graphemes of an entry without a headline that stand for it
LATEST = 1 << 43  # milliseconds since 1970: in the year 2248
ISOLATES = dict.fromkeys((0x2068, 0x2069))  # around what is inserted into a message; a title is one line of its own


def urn(id: str) -> str:
    return f"urn:uuid:{id}"


def article_item(article: Shown, settings: Settings, *, html: str | None) -> Item:
    """An article, as a single one is answered; `html`: its whole text, for a full feed that may have it."""
    live = article["live"] or {}
    return Item(
        id=urn(article["id"]),
        title=article["headline"],
        short_title=article["short_headline"],
        published=article["published_at"],
        first_published=article["first_published_at"],
        updated=max(filter(None, (article["updated_at"], live.get("last_entry_at")))),
        language=article["language"],
        direction=article["direction"],
        url=article["url"],
        slug=article["slug"],
        summary=article["summary"] or None,
        html=None if html is None else absolute_html(html, article["url"]),
        authors=_authors(article["authors"]),
        categories=tuple(_categories(article)),
        pictures=tuple(_pictures(article)),
        rights=_rights(article["rights"]),
        corrections=tuple(Correction(one["kind"], _text(one["at"]), one["note"]) for one in article["corrections"]),
        discussion=_discussion(article, settings),
        **{name: article[name] for name in ("byline", "dateline", "source", "kind", "access", "urgency", "version")},
        content_warning=article.get("content_warning"),
    )


def _text(moment: datetime | str) -> str:
    return moment if isinstance(moment, str) else written(moment)


def _authors(authors: Iterable[Shown]) -> tuple[Person, ...]:
    return tuple(Person(one["id"], one["name"], one["url"]) for one in authors)


def _categories(article: Shown) -> Iterator[Category]:
    for kind in ("section", "tag"):
        for one in article[f"{kind}s"]:
            yield Category(kind, urn(one["id"]), one["slug"], one["name"], one["url"])
    for one in article["subjects"]:
        yield Category("subject", _concept(one["scheme"], one["code"]), one["code"], one["name"] or one["code"])


def _concept(scheme: str, code: str) -> str:
    """The URI of a subject; where its vocabulary has none a QCode of the IPTC."""
    return concept_uri(scheme, code) or encoded_url(subject_key(scheme, code))


def _rights(rights: Shown | None) -> Rights:
    if not rights:
        return Rights()
    expires_at = rights["expires_at"]
    return Rights(**{**rights, "expires_at": expires_at and _text(datetime.fromisoformat(_text(expires_at)))})


def _discussion(article: Shown, settings: Settings) -> Discussion:
    rss, atom = (feed_url(settings, COMMENTS, format, article["slug"]) for format in (RSS, ATOM))
    return Discussion(f"{article['url']}#comments", rss, atom)


def _pictures(article: Shown) -> Iterator[Picture]:
    if article["lead_image"]:
        yield picture_of(article["lead_image"])
    yield from (
        picture_of(one) if one["kind"] == "image" else _recording(one)
        for one in article["media"]
        if one["kind"] in {"image", "video", "audio"}
    )


def picture_of(image: Shown) -> Picture:
    """An image of an answer."""
    renditions = tuple(map(_file, image["renditions"]))
    url = encoded_url(image["url"])
    own = next((one for one in renditions if one.url == url), None)
    main = File(url, own and own.mime_type, image["width"], image["height"], own and own.bytes)
    others = tuple(one for one in renditions if one.url != url)
    return Picture("image", main, image["alt"], image["caption"], image["credit"], others)


def _file(rendition: Shown) -> File:
    named = {name: rendition[name] for name in ("mime_type", "width", "height", "bytes", "name")}
    return File(encoded_url(rendition["url"]), **named)


def _recording(one: Shown) -> Picture:
    file = File(encoded_url(one["url"]), one["mime_type"], duration=one["duration_seconds"])
    return Picture(one["kind"], file, caption=one["title"])


def entry_item(entry: Shown, headline: str, *, is_full: bool, may_be_taken: bool) -> Item:
    """An entry of live coverage below the article with this headline. `may_be_taken`: by the rights of the article."""
    body = entry["body"]
    shown = "" if body["truncated"] or not may_be_taken else body["text"] or ""
    base = entry["url"].partition("#")[0]
    return Item(
        id=urn(entry["id"]),
        title=entry["headline"] or excerpt(shown, TITLE) or headline,
        published=entry["published_at"],
        updated=entry["updated_at"],
        language=entry["language"],
        direction=entry["direction"],
        url=entry["url"],
        summary=excerpt(shown, EXCERPT) or None,
        html=absolute_html(body["html"], base) if shown and is_full else None,
        authors=_authors(entry["authors"]),
        corrections=tuple(Correction("correction", _text(one["at"]), one["note"]) for one in entry["corrections"]),
        withheld=is_full and not may_be_taken,
        version=entry["version"],
        kind="entry",
    )


def comment_item(comment: Shown, article: Shown) -> Item:
    """A comment on this article. Comments are short: their text is in every feed."""
    name, language = comment["author_name"], article["language"]
    key = "feed.comment_by" if name else "feed.comment"
    answered = comment["parent_id"]
    address = f"{article['url']}#c-"
    return Item(
        id=urn(comment["id"]),
        title=said(key, language, name=name),
        published=_text(comment["created_at"]),
        updated=_text(comment["edited_at"] or comment["created_at"]),
        language=language if comment["language"] == "und" else comment["language"],
        direction=comment["direction"],
        url=address + comment["id"],
        summary=comment["body"],
        html=comment["body_html"],
        authors=(Person(None, name),) if name else (),
        reply_to=(urn(answered), address + answered) if answered else (urn(article["id"]), article["url"]),
        kind="comment",
    )


def said(key: str, language: str, **values: object) -> str:
    """A message as a title."""
    return message(key, language, values).translate(ISOLATES)


def line_item(line: Shown, made_at: str) -> Item:
    """A line of a ticker, or a link on a front, that stands for itself. `made_at`: when it was written."""
    published = _text(line.get("published_at") or line["starts_at"] or made_at)
    return Item(
        id=urn(line["id"]),
        title=line["title"],
        published=published,
        updated=published,
        language=line["language"],
        direction=line["direction"],
        url=encoded_url(line["url"]) if line["url"] else None,
        summary=line.get("summary") or None,
        pictures=(picture_of(line["image"]),) if line.get("image") else (),
    )


def made_at(id: str, otherwise: str) -> str:
    """When a thing with this UUIDv7 was made (RFC 9562 §5.7); `otherwise` where an import has brought another id."""
    milliseconds = int(id.replace("-", "")[:12], 16)
    is_moment = UUID(id).version == 7 and milliseconds < LATEST
    return written(datetime.fromtimestamp(milliseconds / 1000, UTC)) if is_moment else otherwise


def latest(items: Sequence[Item], *others: str | None) -> str | None:
    """The latest change of all these."""
    return max(filter(None, (*(item.updated for item in items), *others)), default=None)

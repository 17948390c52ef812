"""Pictures of the library in articles: which ones an input names, which ones an article shows, which lack an `alt`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from pydantic import BaseModel

from app.articles.models import Article, ArticleBody
from app.articles.schemas import ArticleUpdate
from app.kit.errors import Fault
from app.media.desk_repository import Use
from app.media.models import Media
from app.media.shown import repeated_of
from app.media.shown_schemas import ImageInput, MediaEntryInput
from app.text.blocks import Block
from app.text.figures import LibraryWords
from app.text.languages import is_same_language
from app.text.markup import media_ids
from app.text.pictures import shown_ids


class Described(Protocol):
    """A picture of the library, or what an answer shows of one."""

    @property
    def alt(self) -> str | None: ...

    @property
    def language(self) -> str: ...


OF_THE_FILE = frozenset({"url", "width", "height"})
"""Members of a use that the library says where there is an `id`."""
CAPTIONS = frozenset({"captions", "subtitles"})
"""Tracks by which a video can be followed without its sound."""
UNSAID = (None, "", False)


def named_in(fields: ArticleUpdate, given: Collection[str], body: str) -> set[str]:
    """Ids of all pictures that this input names; `body` is the source that will be rendered. Some may be none."""
    found = set(media_ids(body))
    if "lead_image" in given and fields.lead_image and fields.lead_image.id:
        found.add(fields.lead_image.id)
    return found | {image.id for _, image in _sent_images(fields, given) if image.id}


def _sent_images(fields: ArticleUpdate, given: Collection[str]) -> Iterator[tuple[str, ImageInput]]:
    """The images and posters that the input has in `media`, with their pointers."""
    entries: Sequence[MediaEntryInput] = (fields.media or []) if "media" in given else []
    for place, entry in enumerate(entries):
        if isinstance(entry, ImageInput):
            yield f"/media/{place}", entry
        elif entry.poster:
            yield f"/media/{place}/poster", entry.poster


def words_of(library: Mapping[str, Media], language: str) -> dict[str, LibraryWords]:
    """The library's words for an article in `language`: `alt` only where it is in that language."""
    return {
        id: LibraryWords(media.alt if is_same_language(media.language, language) else None, media.credit)
        for id, media in library.items()
    }


def merged_image(
    present: dict[str, Any] | None, patch: BaseModel | None, library: Mapping[str, Media], language: str
) -> dict[str, Any] | None:
    """JSON Merge Patch (RFC 7396) of an image. What belonged to another picture is dropped."""
    if patch is None:
        return None
    changes = patch.model_dump(mode="json", exclude_unset=True)
    kept = {} if _is_another(present or {}, changes) else present or {}
    return stored_image({**kept, **changes}, library, language) or None


def _is_another(present: Mapping[str, Any], changes: Mapping[str, Any]) -> bool:
    if changes.get("id"):
        return bool(changes["id"] != present.get("id"))
    if changes.get("url"):
        return "id" in present or bool(changes["url"] != present.get("url"))
    return False


def stored_image(image: Mapping[str, Any], library: Mapping[str, Media], language: str) -> dict[str, Any]:
    """A use as it is stored: without what it does not say, and of a picture of the library without what the library
    says."""
    media = library.get(image.get("id") or "")
    same = set() if media is None else repeated_of(image, media, language)
    ignored = same | {"kind"} | (OF_THE_FILE if image.get("id") else set())
    return {name: value for name, value in image.items() if value not in UNSAID and name not in ignored}


def stored_entry(entry: MediaEntryInput, library: Mapping[str, Media], language: str) -> dict[str, Any]:
    """An entry of `media` as it is stored: an image without `kind`, all without what they do not say."""
    sent = entry.model_dump(mode="json")
    if isinstance(entry, ImageInput):
        return stored_image(sent, library, language)
    if entry.poster:
        sent["poster"] = stored_image(sent["poster"], library, language)
    sent["tracks"] = [_stored_track(track, language) for track in sent["tracks"] or []]
    return {name: value for name, value in sent.items() if value not in (*UNSAID, [])}


def _stored_track(track: Mapping[str, Any], language: str) -> dict[str, Any]:
    """Without the article's language, which an answer that is sent back repeats: it would not follow a change."""
    own = {**track, "language": None} if track["language"] == language else track
    return {name: value for name, value in own.items() if value not in UNSAID}


def _stored_images(article: Article) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The images and posters in `media`, with the name of their place."""
    entries: Iterable[Mapping[str, Any]] = article.media
    for entry in entries:
        if "kind" not in entry:
            yield "media", entry
        elif "poster" in entry:
            yield "poster", entry["poster"]


def uses_of(article: Article, body: ArticleBody | None) -> set[Use]:
    """Where an article shows which pictures of the library."""
    found = {("body", id) for id in shown_ids(body.html if body else "")}
    found |= {(place, image["id"]) for place, image in _stored_images(article) if image.get("id")}
    if article.lead_image and (id := article.lead_image.get("id")):
        found.add(("lead_image", str(id)))
    return found


def without_alt(article: Article, body: ArticleBody | None, library: Mapping[str, Described]) -> Iterator[str]:
    """Pointers to the images that say nothing to those who do not see them."""
    if article.lead_image and _is_silent(article.lead_image, article.language, library):
        yield "/lead_image/alt"
    for place, image in enumerate(article.media):
        if "kind" not in image and _is_silent(image, article.language, library):
            yield f"/media/{place}/alt"
    if body and has_silent_image(body.html, body.blocks, article.language, library):
        yield "/body"


def silent_recordings(article: Article) -> Iterator[dict[str, object]]:
    """A warning for each video without captions, and each sound without a transcript (WCAG 2.2, 1.2.1 and 1.2.2)."""
    entries: Iterable[Mapping[str, Any]] = article.media
    for place, entry in enumerate(entries):
        kinds = {track["kind"] for track in entry.get("tracks", ())}
        if entry.get("kind") == "video" and not kinds & CAPTIONS:
            yield {"code": "captions_missing", "pointer": f"/media/{place}/tracks"}
        if entry.get("kind") == "audio" and "transcript_url" not in entry:
            yield {"code": "transcript_missing", "pointer": f"/media/{place}/transcript_url"}


def has_silent_image(html: str, blocks: Iterable[Block], language: str, library: Mapping[str, Described]) -> bool:
    """Whether an image in a body says nothing to those who do not see it."""
    return "<img" in html and any(_is_silent(block, language, library) for block in _images(blocks))


def _is_silent(image: Mapping[str, Any], language: str, library: Mapping[str, Described]) -> bool:
    if image.get("alt") or image.get("decorative"):
        return False
    media = library.get(image.get("id") or image.get("media") or "")
    return not (media is not None and media.alt and is_same_language(media.language, language))


def _images(blocks: Iterable[Block]) -> Iterator[Mapping[str, Any]]:
    """All image blocks, those inside other blocks too."""
    waiting: list[Any] = list(blocks)
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting.extend(one)
        elif isinstance(one, dict):
            if one.get("type") == "image":
                yield one
            waiting.extend(value for value in one.values() if isinstance(value, list | dict))


def unknown_images(fields: ArticleUpdate, given: Collection[str], library: Collection[str]) -> Iterator[Fault]:
    """A fault for each picture of the lead and the gallery that the library does not have, or has withdrawn."""
    lead = fields.lead_image if "lead_image" in given else None
    if lead and lead.id and lead.id not in library:
        yield not_found("/lead_image/id", lead.id)
    for pointer, image in _sent_images(fields, given):
        if image.id and image.id not in library:
            yield not_found(f"{pointer}/id", image.id)


def drop_unknown(article: Article, library: Collection[str]) -> None:
    """Leaves out of a restored article what the library does not have any more."""
    if article.lead_image and (id := article.lead_image.get("id")) and id not in library:
        article.lead_image = None
    kept = (_known_entry(entry, library) for entry in article.media)
    article.media = [entry for entry in kept if entry is not None]


def _known_entry(entry: dict[str, Any], library: Collection[str]) -> dict[str, Any] | None:
    """An entry of `media`; a video or sound without a poster that is not there, None for an image that is not."""
    if "kind" not in entry:
        return entry if entry.get("id") is None or entry["id"] in library else None
    id = entry.get("poster", {}).get("id")
    is_known = id is None or id in library
    return entry if is_known else {name: value for name, value in entry.items() if name != "poster"}


def not_found(pointer: str, id: str) -> Fault:
    return Fault("not_found", pointer=pointer, params={"value": id})

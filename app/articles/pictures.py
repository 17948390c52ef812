"""Pictures of the library in articles: which ones an input names, which ones an article shows, which lack an `alt`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Protocol

from pydantic import BaseModel

from app.articles.models import Article, ArticleBody
from app.articles.schemas import ArticleUpdate
from app.kit.errors import Fault
from app.media.desk_repository import Use
from app.media.models import Media
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
OF_THE_LIBRARY = ("alt", "credit", "focal_point")
"""Members that the library says where the use does not."""


def named_in(fields: ArticleUpdate, given: Collection[str], body: str) -> set[str]:
    """Ids of all pictures that this input names; `body` is the source that will be rendered. Some may be none."""
    found = set(media_ids(body))
    if "lead_image" in given and fields.lead_image and fields.lead_image.id:
        found.add(fields.lead_image.id)
    if "media" in given:
        found |= {image.id for image in fields.media or [] if image.id}
    return found


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
    """A use as it is stored: without nulls, and of a picture of the library without what the library says.

    An answer that is sent back repeats the library's words: kept here, they would not follow its changes.
    """
    media = library.get(image.get("id") or "")
    same = {name for name in OF_THE_LIBRARY if media is not None and image.get(name) == getattr(media, name)}
    if media is not None and not is_same_language(media.language, language):
        same.discard("alt")
    ignored = same | OF_THE_FILE if image.get("id") else same
    return {name: value for name, value in image.items() if value is not None and name not in ignored}


def uses_of(article: Article, body: ArticleBody | None) -> set[Use]:
    """Where an article shows which pictures of the library."""
    found = {("body", id) for id in shown_ids(body.html if body else "")}
    found |= {("media", image["id"]) for image in article.media if image.get("id")}  # type: ignore[misc]  # JSON: text
    if article.lead_image and (id := article.lead_image.get("id")):
        found.add(("lead_image", str(id)))
    return found


def without_alt(article: Article, body: ArticleBody | None, library: Mapping[str, Described]) -> Iterator[str]:
    """Pointers to the images that say nothing to those who do not see them."""
    if article.lead_image and _is_silent(article.lead_image, article.language, library):
        yield "/lead_image/alt"
    for place, image in enumerate(article.media):
        if _is_silent(image, article.language, library):
            yield f"/media/{place}/alt"
    if body and has_silent_image(body.html, body.blocks, article.language, library):
        yield "/body"


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
    for place, image in enumerate((fields.media or []) if "media" in given else []):
        if image.id and image.id not in library:
            yield not_found(f"/media/{place}/id", image.id)


def drop_unknown(article: Article, library: Collection[str]) -> None:
    """Leaves out of a restored article what the library does not have any more."""
    if article.lead_image and (id := article.lead_image.get("id")) and id not in library:
        article.lead_image = None
    article.media = [image for image in article.media if not image.get("id") or image["id"] in library]


def not_found(pointer: str, id: str) -> Fault:
    return Fault("not_found", pointer=pointer, params={"value": id})

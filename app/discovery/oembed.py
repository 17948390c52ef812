"""oEmbed 1.0 (https://oembed.com/): what a site that quotes an article's address shows of it. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from app.feeds.xml import document, element, text
from app.kit.errors import Problem

AGE = 300  # seconds that others may keep it: a correction or a withdrawal is to arrive soon
WIDEST = 1280  # pixels of a thumbnail, unless less is asked for
FORMATS = {"json": "application/json", "xml": "text/xml"}


class FormatNotOffered(Problem):
    """Another `format` than JSON and XML (oEmbed §2.2)."""

    status, slug = 501, "format-not-offered"


def oembed_of(article: Mapping[str, Any], provider: tuple[str, str], most: tuple[int, int]) -> dict[str, object]:
    """The answer of the type `link` for an article (schema `ArticleSummary`); `provider` is name and address, `most`
    the largest width and height of a thumbnail."""
    name, url = provider
    authors = article["authors"]
    author = {"author_name": article["byline"]} if article["byline"] else {}
    if len(authors) == 1:
        author["author_url"] = authors[0]["url"]
    return {
        "version": "1.0",
        "type": "link",
        "title": article["headline"],
        **author,
        "provider_name": name,
        "provider_url": url,
        "cache_age": AGE,
        **_thumbnail(article["lead_image"], *most),
    }


def _thumbnail(image: Mapping[str, Any] | None, width: int, height: int) -> dict[str, object]:
    """The widest still of the whole picture that fits; the size belongs to it (oEmbed §2.3.4)."""
    files = [one for one in _files(image) if one["width"] <= width and one["height"] <= height]
    if not files:
        return {}
    widest = max(files, key=lambda one: int(one["width"]))
    return {f"thumbnail_{name}": widest[name] for name in ("url", "width", "height")}


def _files(image: Mapping[str, Any] | None) -> Iterable[Mapping[str, Any]]:
    if image is None:
        return []
    if not image["renditions"]:
        return [image] if image["width"] and image["height"] else []
    kinds = {"image/jpeg", "image/png"}
    return [one for one in image["renditions"] if one["crop"] is None and one["mime_type"] in kinds]


def as_xml(answer: Mapping[str, object]) -> bytes:
    """The same as XML."""
    return document(element("oembed", "".join(text(name, str(value)) for name, value in answer.items())))

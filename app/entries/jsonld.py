"""JSON-LD of entries: the `liveBlogUpdate` of a schema.org `LiveBlogPosting`."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import shorten
from typing import Any

from app.articles.jsonld import Thing
from app.settings import Settings

NEWEST = 20
"""Entries in the JSON-LD of their article."""
LONGEST_HEADLINE = 110  # characters: what Google shows of a headline


def update_of(entry: Mapping[str, Any], settings: Settings) -> Thing:
    """A `BlogPosting` from a public entry, as `entry_of` shapes it. What it lacks is left out."""
    text = entry["body"]["text"]
    authors = [{"@type": "Person", "name": one["name"], "url": one["url"]} for one in entry["authors"]]
    publisher = {"@type": "NewsMediaOrganization", "name": settings.site_name, "url": settings.site_url}
    members: Thing = {
        "@type": "BlogPosting",
        "@id": f"urn:uuid:{entry['id']}",
        "url": entry["url"],
        "headline": entry["headline"] or shorten(text, LONGEST_HEADLINE, placeholder="…"),
        "datePublished": entry["published_at"],
        "dateModified": entry["updated_at"],
        "author": authors or [publisher],
        "articleBody": text,
        "inLanguage": entry["language"],
    }
    return {name: value for name, value in members.items() if value}

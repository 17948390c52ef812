"""Feeds as a program reads them: each format parsed by itself, into what all of them say."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree

import httpx

from tests.newsroom import Newsroom

ATOM, DC = "{http://www.w3.org/2005/Atom}", "{http://purl.org/dc/elements/1.1/}"
TERMS, CONTENT = "{http://purl.org/dc/terms/}", "{http://purl.org/rss/1.0/modules/content/}"
MEDIA, GONE = "{http://search.yahoo.com/mrss/}", "{http://purl.org/atompub/tombstones/1.0}"
FORMATS = ("rss", "atom", "json", "ninjs.json")
TYPES = {
    "rss": "application/rss+xml; charset=utf-8",
    "atom": "application/atom+xml; charset=utf-8",
    "json": "application/feed+json",
    "ninjs.json": "application/json",
}


@dataclass
class ReadItem:
    """An item in the words that all formats share."""

    id: str
    title: str
    url: str | None = None
    summary: str | None = None
    text: str | None = None
    """The whole text, as HTML."""
    updated: str = ""
    authors: list[str] = field(default_factory=list)
    categories: list[str] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)
    rights: str | None = None


@dataclass
class ReadFeed:
    """A page of a feed."""

    id: str | None
    title: str
    url: str
    self_url: str
    next_url: str | None
    items: list[ReadItem]
    gone: list[tuple[str, str | None]]
    """Id and reason of what was withdrawn."""

    @property
    def ids(self) -> list[str]:
        return [item.id.removeprefix("urn:uuid:") for item in self.items]


def read(format: str, content: bytes) -> ReadFeed:
    """Raises for anything that is not well-formed."""
    return {"rss": _rss, "atom": _atom, "json": _json, "ninjs.json": _ninjs}[format](content)


async def get(newsroom: Newsroom, feed: str, format: str, query: str = "", expect: int = 200) -> ReadFeed:
    """The feed at `/feeds/{feed}.{format}`."""
    answer = await answer_of(newsroom, feed, format, query, expect)
    assert answer.headers["content-type"] == TYPES[format]
    return read(format, answer.content)


async def answer_of(
    newsroom: Newsroom, feed: str, format: str, query: str = "", expect: int | None = 200
) -> httpx.Response:
    return await newsroom.get(f"/feeds/{quote(feed)}.{format}{'?' if query else ''}{query}", expect)


def relative(url: str) -> str:
    """The address without its host, to ask the newsroom for."""
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


def _text(parent: ElementTree.Element, name: str) -> str | None:
    found = parent.find(name)
    return None if found is None else found.text or ""


def _link(parent: ElementTree.Element, relation: str) -> str | None:
    found = next((one for one in parent.findall(f"{ATOM}link") if one.get("rel") == relation), None)
    return None if found is None else found.get("href")


def _rss(content: bytes) -> ReadFeed:
    channel = ElementTree.fromstring(content)[0]  # noqa: S314  # our own bytes
    items = [
        ReadItem(
            id=_text(one, "guid") or "",
            title=_text(one, "title") or "",
            url=_text(one, "link"),
            summary=_text(one, "description"),
            text=_text(one, f"{CONTENT}encoded"),
            updated=_text(one, f"{TERMS}modified") or "",
            authors=[creator.text or "" for creator in one.findall(f"{DC}creator")],
            categories=[category.text or "" for category in one.findall("category")],
            pictures=[media.get("url") or "" for media in one.findall(f"{MEDIA}content")],
            rights=_text(one, f"{DC}rights"),
        )
        for one in channel.findall("item")
    ]
    assert all(one.find("guid").get("isPermaLink") == "false" for one in channel.findall("item"))  # type: ignore[union-attr]
    title, url = _text(channel, "title") or "", _text(channel, "link") or ""
    return ReadFeed(None, title, url, _link(channel, "self") or "", _link(channel, "next"), items, [])


def _atom(content: bytes) -> ReadFeed:
    feed = ElementTree.fromstring(content)  # noqa: S314  # our own bytes
    items = [
        ReadItem(
            id=_text(one, f"{ATOM}id") or "",
            title=_text(one, f"{ATOM}title") or "",
            url=_link(one, "alternate"),
            summary=_text(one, f"{ATOM}summary"),
            text=_text(one, f"{ATOM}content"),
            updated=_text(one, f"{ATOM}updated") or "",
            authors=[_text(author, f"{ATOM}name") or "" for author in one.findall(f"{ATOM}author")],
            categories=[category.get("label") or "" for category in one.findall(f"{ATOM}category")],
            pictures=[media.get("url") or "" for media in one.findall(f"{MEDIA}content")],
            rights=_text(one, f"{ATOM}rights"),
        )
        for one in feed.findall(f"{ATOM}entry")
    ]
    gone = [
        ((one.get("ref") or "").removeprefix("urn:uuid:"), _text(one, f"{GONE}comment"))
        for one in feed.findall(f"{GONE}deleted-entry")
    ]
    title, links = _text(feed, f"{ATOM}title") or "", [_link(feed, name) for name in ("alternate", "self", "next")]
    return ReadFeed(_text(feed, f"{ATOM}id"), title, links[0] or "", links[1] or "", links[2], items, gone)


def _json(content: bytes) -> ReadFeed:
    feed = json.loads(content)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    items = [
        ReadItem(
            id=one["id"],
            title=one["title"],
            url=one.get("url"),
            summary=one.get("summary"),
            text=one.get("content_html"),
            updated=one["date_modified"],
            authors=[author["name"] for author in one.get("authors", [])],
            categories=one.get("tags", []),
            pictures=[image for image in [one.get("image")] if image],
            rights=one["_nashra"].get("rights", {}).get("notice"),
        )
        for one in feed["items"]
    ]
    return ReadFeed(None, feed["title"], feed["home_page_url"], feed["feed_url"], feed.get("next_url"), items, [])


def _ninjs(content: bytes) -> ReadFeed:
    feed = json.loads(content)
    usable = [one for one in feed.get("associations", []) if one["pubStatus"] == "usable"]
    gone = [
        (one["uri"].removeprefix("urn:uuid:"), one.get("edNote"))
        for one in feed.get("associations", [])
        if one["pubStatus"] == "canceled"
    ]
    items = [
        ReadItem(
            id=one["uri"],
            title=one["headlines"][0]["value"],
            url=_named(one, "altIds", "canonical"),
            summary=_named(one, "descriptions", "summary"),
            text=_named(one, "bodies", "main"),
            updated=one["versionCreated"],
            authors=[person["name"] for person in one.get("people", [])],
            categories=[subject["name"] for subject in one.get("subjects", [])],
            pictures=[picture["uri"] for picture in one.get("associations", [])],
            rights=one.get("copyrightNotice"),
        )
        for one in usable
    ]
    return ReadFeed(feed["uri"], feed["title"], "", _named(feed, "altIds", "self") or "", None, items, gone)


def _named(one: dict[str, Any], member: str, role: str) -> str | None:
    return next((part["value"] for part in one.get(member, []) if part["role"] == role), None)

"""OPML 2.0 (http://opml.org/spec2.opml): the feeds of the site, for a reader that subscribes to several at once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from app.discovery.repository import SectionName
from app.feeds.addresses import ARTICLES, RSS, SECTIONS, feed_url
from app.feeds.xml import document, element, empty, text
from app.settings import Settings
from app.text.messages import message

MEDIA_TYPE = "text/x-opml; charset=utf-8"


def opml_of(languages: Sequence[str], sections: Sequence[SectionName], settings: Settings) -> bytes:
    """The feed of all articles, then those of each language and of each section, in groups. Without a date: nothing
    here has one, and that of the answer would make every answer another."""
    name, said = settings.site_name, partial(message, language=settings.language)
    home = f"{settings.site_url}/"
    by_language = [
        _feed(f"{name} ({language})", feed_url(settings, ARTICLES, RSS, language=language), home, language)
        for language in languages
    ]
    by_section = [
        _feed(
            one.name,
            feed_url(settings, SECTIONS, RSS, one.slug),
            settings.term_url("section", one.id, one.slug),
            one.language,
        )
        for one in sections
    ]
    body = [
        _feed(name, feed_url(settings, ARTICLES, RSS), home, settings.language),
        _group(said("discovery.languages"), by_language),
        _group(said("discovery.sections"), by_section),
    ]
    return document(
        '<opml version="2.0">', element("head", text("title", name)), element("body", "".join(body)), "</opml>"
    )


def _feed(name: str, feed: str, page: str, language: str) -> str:
    return empty("outline", type="rss", text=name, title=name, xmlUrl=feed, htmlUrl=page, language=language) + "\n"


def _group(name: str, feeds: Sequence[str]) -> str:
    return element("outline", "\n" + "".join(feeds), text=name, title=name) + "\n" if feeds else ""

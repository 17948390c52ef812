"""What may be asked of a feed: its query parameters, in one form for each meaning.

A program reads feeds from an address that somebody once pasted: a wrong or unknown parameter is no reason to answer it
nothing. It is dropped before the cache, so that it makes no new answer either.
"""

from __future__ import annotations

from typing import Annotated
from urllib.parse import parse_qsl, urlencode

from pydantic import Field

from app.articles.query_schemas import LIST_MAX, Words, terms
from app.feeds.addresses import ATOM, SEARCH
from app.kit.paging import PageQuery
from app.kit.schemas import WHOLE

PREFIX = "/feeds/"
LIMIT, MOST = 20, 100
LONGEST = 2000  # code points of a parameter


class FeedQuery(PageQuery):
    """How much of a feed, and of which language. What is wrong or unknown is ignored."""

    limit: Annotated[int, Field(ge=1, le=MOST), WHOLE] = LIMIT
    """Maximum number of items on a page."""
    language: Annotated[str | None, Field(max_length=LONGEST, examples=["ar"])] = None
    """BCP 47 tags: only items in these languages; `ar` also finds `ar-SY`. A comma means any of."""
    full: bool = False
    """`true`: with the whole text where the site's setting and the rights of an article allow it."""
    tombstones: bool = False
    """`true`: in Atom also what was withdrawn, as RFC 6721 writes it. ninjs always has it."""

    @property
    def languages(self) -> list[str]:
        return terms(self.language or "")


class SearchFeedQuery(FeedQuery):
    """What is searched for."""

    q: Words
    """The words, as in `/v1/articles?q=`."""


def clean_query(path: str, query: bytes) -> bytes:
    """The query string of a feed without what it does not take, and without defaults."""
    sent = dict(parse_qsl(query.decode("utf-8", "replace"), keep_blank_values=True))
    names = ["q"] if path.startswith(SEARCH.path) else []
    kept = {name: sent[name] for name in (*names, "cursor") if sent.get(name)}
    if languages := terms(sent.get("language", "")[:LONGEST])[:LIST_MAX]:
        kept["language"] = ",".join(languages)
    if (limit := _limit(sent.get("limit", ""))) != LIMIT:
        kept["limit"] = str(limit)
    flags = ("full", "tombstones") if path.endswith(f".{ATOM.suffix}") else ("full",)
    kept |= {name: "true" for name in flags if sent.get(name) == "true"}
    clean = urlencode(kept, safe=",").encode()
    # In another order the bytes stay: the cache knows an answer by the target as it was sent. Other spellings of the
    # same would make answers without end.
    return query if sorted(query.split(b"&")) == sorted(clean.split(b"&")) else clean


def _limit(text: str) -> int:
    """A bad one is the default."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 and 1 <= int(text) <= MOST else LIMIT

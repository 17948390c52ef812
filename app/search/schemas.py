"""Request and response schemas of search."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from app.articles.query_schemas import ArticleFilters, Words
from app.articles.schemas import ArticleSummary
from app.kit.paging import Page
from app.kit.schemas import WHOLE, IdText, Output, Query

FACETS = ("section", "tag", "author", "language", "month")
SNIPPET: JsonDict = {
    "field": "headline",
    "text": "المرصد يرصد لؤلؤة الخريف",
    "ranges": {"code_points": [[0, 6]], "utf16": [[0, 6]]},
    "html": "<mark>المرصد</mark> يرصد لؤلؤة الخريف",
    "entry_id": None,
}


Range = Annotated[list[int], Field(min_length=2, max_length=2)]


class SearchQuery(ArticleFilters):
    """Query and filters of a search."""

    q: Words
    """All words must match. `"a phrase"`, `begin*`, `-without`; nothing else is syntax."""
    sort: Literal["relevance", "newest"] = "relevance"
    """`relevance` weighs the newest 500 matches; `newest` goes through all."""
    facets: Annotated[str | None, Field(max_length=100, examples=["section,month"])] = None
    """Count the matches by these, comma-separated: `section`, `tag`, `author`, `language`, `month` (UTC)."""
    limit: Annotated[int, Field(ge=1, le=50), WHOLE] = 20
    """Maximum number of hits on a page."""


class SuggestQuery(Query):
    """What was typed so far."""

    q: Words
    """The last word may be unfinished; at least two letters of it."""
    limit: Annotated[int, Field(ge=1, le=20), WHOLE] = 10
    """Maximum number of suggestions."""


class RelatedQuery(Query):
    """How many."""

    limit: Annotated[int, Field(ge=1, le=20), WHOLE] = 6
    """Maximum number of articles."""


class RelatedArticles(Output):
    """Related articles, the closest first."""

    data: list[ArticleSummary]


class Ranges(Output):
    """Where the marks are, each from its start to before its end."""

    code_points: list[Range]
    """Counted in Unicode code points."""
    utf16: list[Range]
    """Counted in UTF-16 units, as browsers do."""


class Snippet(Output):
    """A part of the original text with its matches."""

    model_config = ConfigDict(json_schema_extra={"examples": [SNIPPET]})

    field: Literal["headline", "summary", "body", "author", "tag"]
    """Where it stands; `body` also of an entry of live coverage, which `entry_id` names."""
    text: str
    """Plain text."""
    ranges: Ranges
    html: str
    """The same, escaped, with `<mark>` around what was found."""
    entry_id: IdText | None
    """Of a `body` snippet from live coverage its entry, which stands at `#e-` and this id; else null."""


class SearchHit(Output):
    """An article that was found."""

    article: ArticleSummary
    score: float | None
    """The higher, the better; comparable within one answer only. Null when sorted by time."""
    snippets: list[Snippet]
    """Snippets, the headline first. Paid articles have none of the body, and of entries only their headlines."""


class CorrectedWord(Output):
    """A word without matches, and the word that was searched for instead."""

    model_config = ConfigDict(serialize_by_alias=True)

    wrong: str = Field(alias="from", examples=["للمرصدد"])
    """The word of the query, normalised."""
    right: str = Field(alias="to", examples=["المرصد"])
    """The word that was searched for."""


class FacetCount(Output):
    """How many of the newest 10,000 matches have this value."""

    value: str = Field(examples=["علوم-وصحة"])
    """A slug, a language, or a month."""
    name: str | None = Field(examples=["علوم-وصحة"])
    """Of a section, tag or author."""
    count: int


class SearchResults(Output):
    """One page of search results."""

    data: list[SearchHit]
    page: Page
    corrected: list[CorrectedWord]
    """Words of the query that were replaced, because they have no matches."""
    facets: dict[str, list[FacetCount]] | None
    """By name, the most frequent first, at most 20 values of each; null without `facets=`."""


class Suggestion(Output):
    """A completion of the query."""

    text: str = Field(examples=["المرصد"])
    """The typed text with its last word finished, as a headline writes it."""


class Suggestions(Output):
    """Words of visible headlines, the most frequent first."""

    data: list[Suggestion]

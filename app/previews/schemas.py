"""A preview as it comes in and goes out."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

from app.articles.schemas import AnyArticle, Status
from app.kit.paging import Listed
from app.kit.schemas import IdText, Input, Moment, MomentInput, Output

TOKEN_EXAMPLE = "npv_2sVJ8mQ1xZ0hYw7FhL9k3c5yqT4uBj6d8rA13kWfp"  # noqa: S105  # of the document: it opens nothing


class PreviewInput(Input):
    """How long a preview is valid."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"expires_at": "2026-12-05T18:00:00Z"}]})

    expires_at: MomentInput | None = None
    """Left out: 7 days from now. At most 30 days from now."""


class PreviewMade(Output):
    """A new preview. The token is in this answer and nowhere else."""

    id: IdText
    token: Annotated[str | None, Field(examples=[TOKEN_EXAMPLE])]
    """Opens the preview. Null where an `Idempotency-Key` was repeated."""
    url: Annotated[
        str | None,
        Field(json_schema_extra={"format": "uri"}, examples=[f"https://news.example.org/preview/{TOKEN_EXAMPLE}"]),
    ]
    """Its address on the web site, which holds the token. Null with it."""
    expires_at: Moment


class PreviewRead(Output):
    """A preview at the desk, without its token."""

    id: IdText
    member_id: IdText
    member_name: str
    created_at: Moment
    expires_at: Moment
    revoked_at: Moment | None
    active: bool
    """Whether it shows the article now: not expired, not revoked, the article not withdrawn since, and whoever made it
    may still read the article at the desk."""


class PreviewList(Listed[PreviewRead]):
    """One page of previews of an article."""


class ArticlePreview(AnyArticle):
    """The newest save of an article, published or not. Only what the newsroom must write is there for sure: the
    headline. Section, times and texts can be null, lists and the body empty. The body is whole, also of a paid
    article."""

    status: Status

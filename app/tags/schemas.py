"""A tag as it comes in and goes out."""

from __future__ import annotations

from pydantic import ConfigDict

from app.kit.paging import Listed
from app.kit.schemas import Moment
from app.terms.schemas import TermInput, TermRead


class TagInput(TermInput):
    """A tag as an editor writes it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "طاقة متجددة"}]})


class TagRead(TermRead):
    """A tag as readers see it."""


class TagDesk(TagRead):
    """A tag as the desk sees it."""

    version: int
    created_at: Moment
    updated_at: Moment


class TagDeskList(Listed[TagDesk]):
    """One page of tags, used or not."""

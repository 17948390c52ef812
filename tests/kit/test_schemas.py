"""Texts: measured as the document says."""

from __future__ import annotations

from typing import Annotated

import pytest
from pydantic import TypeAdapter, ValidationError

from app.kit.schemas import Line, Name, Prose, Text


@pytest.mark.parametrize("kind", [Line, Prose, Name])
def test_the_document_tells_the_graphemes_for_people_and_the_ceiling_in_code_points(kind: type[Text]) -> None:
    schema = TypeAdapter(Annotated[str, kind(10, low=2)]).json_schema()
    assert schema == {"type": "string", "x-min-graphemes": 2, "x-max-graphemes": 10, "maxLength": 80}


@pytest.mark.parametrize("kind", [Line, Prose])
def test_what_is_within_both_limits_is_taken_and_what_is_beyond_one_is_not(kind: type[Text]) -> None:
    text = TypeAdapter(Annotated[str, kind(10)])
    piled = "م" + "\u064e" * 7
    for taken in ("م" * 10, piled * 10, "👩‍👩‍👧‍👦" * 10):
        assert text.validate_python(taken) == taken
    for beyond in ("م" * 11, piled * 9 + piled + "\u064e", "م" + "\u064e" * 80, " " * 81, "\u202e" * 81):
        with pytest.raises(ValidationError, match="too_long"):
            text.validate_python(beyond)

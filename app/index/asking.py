"""Parse the query parameter `q` of a request."""

from __future__ import annotations

from app.kit.errors import Fault, InvalidQuery
from app.text.questions import EmptyQuestion, Question, QuestionTooLong, read_question


def parse_question(text: str) -> Question:
    """Parse `q`. Raises `InvalidQuery` (400) when it has no word or too many."""
    try:
        return read_question(text)
    except EmptyQuestion:
        raise InvalidQuery(errors=[Fault("nothing_sought", parameter="q")]) from None
    except QuestionTooLong as error:
        (limit,) = error.args
        raise InvalidQuery(errors=[Fault("too_many_words", parameter="q", params={"max": limit})]) from None

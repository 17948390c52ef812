"""A question as a client sends it."""

from __future__ import annotations

from app.kit.errors import Fault, InvalidQuery
from app.text.questions import NothingSought, Question, TooMuchSought, read_question


def asked(text: str) -> Question:
    """What `q` asks for. Raises `InvalidQuery`."""
    try:
        return read_question(text)
    except NothingSought:
        raise InvalidQuery(errors=[Fault("nothing_sought", parameter="q")]) from None
    except TooMuchSought as error:
        (most,) = error.args
        raise InvalidQuery(errors=[Fault("too_many_words", parameter="q", params={"max": most})]) from None

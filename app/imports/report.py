"""What an import says: a line for each thing that was not simply read in, and a count of all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Literal, get_args

from pydantic import ValidationError

from app.exports.lines import LINES
from app.kit.errors import Fault, Problem
from app.kit.faults import faults_in
from app.text.characters import clean_line
from app.text.messages import message

Outcome = Literal["imported", "there", "left", "refused"]
OUTCOMES: tuple[Outcome, ...] = ("imported", "there", "left", "refused")
ISOLATES = dict.fromkeys(map(ord, "\u2068\u2069"))  # around values; a terminal shows them as boxes
LONGEST = 1_000  # characters of one remark
MOST_UNKNOWN = 100  # names of fields
KINDS = {get_args(line.model_fields["kind"].annotation)[0] for line in LINES}


class Report:
    """Counts what became of each kind of line, and passes remarks on at once: it keeps none of them."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self.counts: Counter[tuple[str, Outcome]] = Counter()
        self.faults = 0
        """Of the file as a whole."""
        self._unknown: set[tuple[str, str]] = set()

    @property
    def is_complete(self) -> bool:
        """Whether the file was whole and each of its lines could be read in."""
        return not self.faults and not any(
            number for (_, outcome), number in self.counts.items() if outcome == "refused"
        )

    def count(self, kind: str, outcome: Outcome) -> None:
        self.counts[kind, outcome] += 1

    def remark(self, number: int, kind: str, text: str) -> None:
        """One remark on one line. Its text may come from the file: it has no control characters when it is printed."""
        self._say(clean_line(f"line {number}, {kind}: {text}".translate(ISOLATES))[:LONGEST])

    def refuse(self, number: int, kind: str, text: str) -> None:
        self.count(kind if kind in KINDS else "?", "refused")  # the file could name any number of others
        self.remark(number, kind or "?", f"refused: {text}")

    def damaged(self, text: str) -> None:
        """Something is wrong with the file as a whole."""
        self.faults += 1
        self._say(text)

    def unknown(self, number: int, kind: str, names: Iterable[str]) -> None:
        """Fields that this version does not know, each told once."""
        for name in names:
            if (kind, name) not in self._unknown and len(self._unknown) < MOST_UNKNOWN:
                self._unknown.add((kind, name))
                self.remark(number, kind, f"the field {name} is left out: this version does not know it")


def faults_of(error: ValidationError) -> str:
    """All faults of a line, in words."""
    entries = ({**entry, "loc": ("body", *entry["loc"])} for entry in error.errors(include_url=False))
    return worded(faults_in(entries))


def worded(faults: Iterable[Fault]) -> str:
    return "; ".join(f"{fault.pointer or '/'}: {message(fault.key, 'en', fault.params)}" for fault in faults)


def reason_of(problem: Problem) -> str:
    return worded(problem.errors) or message(problem.detail_key, "en", problem.params)

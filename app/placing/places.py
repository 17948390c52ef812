"""Places that rules fill: each article goes to the first place whose rule matches it and that is not full."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple, Protocol, cast

from app.articles.filing import FILINGS
from app.kit.clock import written
from app.kit.ids import dashed
from app.kit.raw_columns import rows_of_json
from app.placing.rules import RuleFields, languages_of, since, too_old_at
from app.text.languages import is_in_range

MOST_URGENT, LEAST_URGENT = 1, 9


class Candidate(NamedTuple):
    """An article that a rule draws."""

    article_id: str
    too_old_at: datetime | None
    """When the rule stops matching it."""


class JudgedRow(Protocol):
    """What rules judge of an article: a raw row (`app/kit/raw_columns.py`); of terms only the kinds that they name."""

    id: str
    published_at: str
    language: str
    kind: str
    urgency: int
    sections: str | None
    tags: str | None
    authors: str | None


class Rules:
    """The rules of the places of one thing, as bits: that of the first place is the lowest.

    A front has up to 30 rules, and judges thousands of articles in the transaction that publishes one: so each article
    is judged by all rules at once.
    """

    def __init__(self, language: str, rules: Iterable[RuleFields], below: Mapping[str, Collection[str]]) -> None:
        """`below`: the ids of each section that a rule names, with those of all sections below it."""
        self.language, self.rules = language, [_whole(rule, below) for rule in rules]
        named = {filing.kind.plural: [_ids(rule, filing.kind.plural) for rule in self.rules] for filing in FILINGS}
        self.filed = frozenset(name for name, several in named.items() if any(several))
        """The kinds of terms that a rule names."""
        self._terms = {name: _Condition(named[name]) for name in self.filed}
        self._kinds = _Condition(rule.get("kinds", ()) for rule in self.rules)
        self._languages: dict[str, int] = {}
        self._urgencies = {
            urgency: _bits(rule["urgency_max"] is None or urgency <= rule["urgency_max"] for rule in self.rules)
            for urgency in range(MOST_URGENT, LEAST_URGENT + 1)
        }

    def matching(self, row: JudgedRow) -> int:
        """The rules that match an article, whatever its age."""
        found = self._urgencies[row.urgency] & self._kinds.met_by(row.kind) & self._spoken(row.language)
        for name, condition in self._terms.items():
            found &= condition.met_by_one(getattr(row, name))
        return found

    def _spoken(self, language: str) -> int:
        if language not in self._languages:
            ranges = (languages_of(rule, self.language) for rule in self.rules)
            self._languages[language] = _bits(is_in_range(language, some) for some in ranges)
        return self._languages[language]


def _whole(rule: RuleFields, below: Mapping[str, Collection[str]]) -> RuleFields:
    """The rule, which names also the sections below its own."""
    sections = {id for one in rule["sections"] for id in below.get(one, (one,))}
    return {**rule, "sections": sorted(sections)}


def _ids(rule: RuleFields, field: str) -> list[str]:
    found: list[str] = cast(dict[str, Any], rule).get(field, [])
    return found


class _Condition:
    """The rules that name a value, or that name none."""

    def __init__(self, named: Iterable[Collection[str]]) -> None:
        self._naming: dict[str, int] = {}
        self._free = 0
        self._of_texts: dict[str, int] = {}
        for number, values in enumerate(named):
            self._free |= 0 if values else 1 << number
            for value in values:
                self._naming[value] = self._naming.get(value, 0) | 1 << number

    def met_by(self, value: str) -> int:
        return self._free | self._naming.get(value, 0)

    def met_by_one(self, text: str | None) -> int:
        """By any of the ids in a JSON aggregate; kept, because many articles have the same few terms."""
        if text is None:
            return self._free
        found = self._of_texts.get(text)
        if found is None:
            found = self._free
            for (id,) in rows_of_json(text):
                found |= self.met_by(dashed(id))
            self._of_texts[text] = found
        return found


def _bits(passed: Iterable[bool]) -> int:
    return sum(1 << number for number, passes in enumerate(passed) if passes)


class Places:
    """The places of one thing that rules fill. Articles are offered newest first.

    An article goes to the first open place whose rule matches it. So each place gets the newest that those before it
    leave: the same as if the rules were asked one after the other, in one pass.
    """

    def __init__(self, rules: Rules, limits: Iterable[int], by_hand: Collection[str], now: datetime) -> None:
        """`limits`: how many articles each place takes, at least one. `by_hand`: ids of those that stand there so."""
        self.rules, self.left = rules, list(limits)
        self.by_hand, self._taken = by_hand, set(by_hand)
        self.found: list[list[Candidate]] = [[] for _ in self.left]
        self.open = _bits(left > 0 for left in self.left)
        ages = ((written(since(rule, now)), number) for number, rule in enumerate(rules.rules) if rule["max_age_hours"])
        self._ages = sorted(ages)  # the rule that ends first comes last

    def offer(self, row: JudgedRow) -> None:
        """Give an article to the first open place whose rule matches it."""
        while self._ages and self._ages[-1][0] > row.published_at:
            self.open &= ~(1 << self._ages.pop()[1])
        matching = self.rules.matching(row) & self.open
        if matching and row.id not in self._taken:
            self._take((matching & -matching).bit_length() - 1, row)

    def _take(self, number: int, row: JudgedRow) -> None:
        rule = self.rules.rules[number]
        at = None if rule["max_age_hours"] is None else datetime.fromisoformat(row.published_at)
        self.found[number].append(Candidate(row.id, at and too_old_at(rule, at)))
        self._taken.add(row.id)
        self.left[number] -= 1
        if not self.left[number]:
            self.open &= ~(1 << number)

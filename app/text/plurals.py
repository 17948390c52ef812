"""Plural rules: the plural category of a number in a language ("one comment", "two comments", "٣ تعليقات").

For whole numbers, in CLDR's own syntax. Source: UTS 35, part 3 (Numbers), section 5,
"Language Plural Rules"; the rules themselves are in CLDR's `plurals.xml`.
"""

import re
from collections.abc import Callable, Mapping

CATEGORIES = ("zero", "one", "two", "few", "many", "other")

Condition = Callable[[int], bool]
Rules = Mapping[str, Condition]

_RANGE = r"[0-9]+(?:\.\.[0-9]+)?"
_RELATION = re.compile(rf"\s*([nivwftce])\s*(?:%\s*([1-9][0-9]*)\s*)?(!?=)\s*({_RANGE}(?:\s*,\s*{_RANGE})*)\s*")


def rules(written: Mapping[str, str]) -> Rules:
    """Parse plural rules by category, in CLDR's syntax: `{"few": "n % 100 = 3..10"}`.

    Samples (after `@`) are ignored, and so is `other`, the default. Raises ValueError for a malformed rule or an
    unknown category.
    """
    if unknown := set(written) - set(CATEGORIES):
        raise ValueError(f"not a plural category: {', '.join(sorted(unknown))}")
    return {category: _condition(text.partition("@")[0]) for category, text in written.items() if category != "other"}


def category(number: int, rules: Rules) -> str:
    """Return the plural category of a whole number: that of the first rule that matches, else `other`."""
    return next((name for name, holds in rules.items() if holds(abs(number))), "other")


def _condition(text: str) -> Condition:
    alternatives = [[_relation(part) for part in chain.split(" and ")] for chain in text.split(" or ")]
    return lambda number: any(all(holds(number) for holds in chain) for chain in alternatives)


def _relation(text: str) -> Condition:
    found = _RELATION.fullmatch(text)
    if not found:
        raise ValueError(f"not a plural rule: {text.strip()!r}")
    operand, modulus, sign, listed = found.groups()
    ends = [part.strip().partition("..") for part in listed.split(",")]
    ranges = [range(int(low), int(high or low) + 1) for low, _, high in ends]

    def holds(number: int) -> bool:
        value = number if operand in "ni" else 0  # the other operands count decimals and exponents: there are none
        value = value % int(modulus) if modulus else value
        return any(value in range for range in ranges) == (sign == "=")

    return holds

"""Regular expressions with Unicode properties.

The standard `re` has no scripts, categories or grapheme clusters. The `regex` package has, but ships no types; only
this module imports it.
"""

import re
from typing import cast

import regex  # type: ignore[import-untyped,unused-ignore]  # the package ships no types


def pattern(source: str) -> re.Pattern[str]:
    """Compile `source`, which may use `\\p{…}`, `\\X` and set operations (`[\\p{L}--\\p{Latin}]`)."""
    return cast("re.Pattern[str]", regex.compile(source, regex.VERSION1))

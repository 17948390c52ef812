"""Where do patterns with Unicode properties come from?

The standard `re` knows no scripts, categories or grapheme clusters; the `regex` package does, but ships no types.
This is the only module that imports it.
"""

import re
from typing import cast

import regex  # type: ignore[import-untyped,unused-ignore]  # the package ships no types


def pattern(source: str) -> re.Pattern[str]:
    """Compile `source`, which may use `\\p{…}`, `\\X` and set operations (`[\\p{L}--\\p{Latin}]`)."""
    return cast("re.Pattern[str]", regex.compile(source, regex.VERSION1))

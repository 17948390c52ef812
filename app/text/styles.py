"""What does a style attribute say that a reader would miss? Weight, italics, lines through and under, and direction.

Word processors and Google Docs say with styles what others say with elements: `<b style="font-weight:normal">` is not
bold, `<span style="font-weight:700">` is. Everything else in a style is looks.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

_DECLARATION = re.compile(r"\s*([a-z-]+)\s*:\s*([^;]*)", re.IGNORECASE)
_LONGEST = 2_000  # code points of an attribute that are read
HEAVY = 600  # from this weight on a text is bold
_WEIGHTS = {"bold": 700, "bolder": 700, "normal": 400, "lighter": 300}


@dataclass(frozen=True, slots=True)
class Style:
    """What of a style counts; None and False where it says nothing of it."""

    is_bold: bool | None = None
    is_italic: bool | None = None
    is_struck: bool = False
    is_underlined: bool = False
    direction: str | None = None

    @property
    def marks(self) -> list[str]:
        """The elements that say the same."""
        declared = {"strong": self.is_bold, "em": self.is_italic, "s": self.is_struck, "u": self.is_underlined}
        return [name for name, is_set in declared.items() if is_set]

    def negates(self, name: str) -> bool:
        """Whether it takes from an element what the element means."""
        return (name in ("b", "strong") and self.is_bold is False) or (name in ("i", "em") and self.is_italic is False)


NO_STYLE = Style()


@lru_cache(maxsize=1_000)
def read_style(text: str) -> Style:
    """Return what a style attribute says."""
    declared = {name.lower(): value.strip().lower() for name, value in _DECLARATION.findall(text[:_LONGEST])}
    lines = declared.get("text-decoration", "") + " " + declared.get("text-decoration-line", "")
    return Style(
        _is_bold(declared.get("font-weight", "")),
        {"italic": True, "oblique": True, "normal": False}.get(declared.get("font-style", "")),
        "line-through" in lines,
        "underline" in lines,
        declared["direction"] if declared.get("direction") in ("ltr", "rtl") else None,
    )


def _is_bold(weight: str) -> bool | None:
    known = _WEIGHTS.get(weight) or (int(weight) if re.fullmatch("[1-9][0-9]{0,3}", weight) else None)
    return None if known is None else known >= HEAVY

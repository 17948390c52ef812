"""Parse `style` attributes: bold, italic, strikethrough, underline and direction.

Word processors and Google Docs use styles instead of elements: `<b style="font-weight:normal">` is not bold,
`<span style="font-weight:700">` is. Everything else in a style is cosmetic.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

_DECLARATION = re.compile(r"\s*([a-z-]+)\s*:\s*([^;]*)", re.IGNORECASE)
_LONGEST = 2_000  # code points of an attribute that are read
HEAVY = 600  # the lowest font weight that is bold
_WEIGHTS = {"bold": 700, "bolder": 700, "normal": 400, "lighter": 300}


@dataclass(frozen=True, slots=True)
class Style:
    """The relevant declarations of a style; None and False for those that it lacks."""

    is_bold: bool | None = None
    is_italic: bool | None = None
    is_struck: bool = False
    is_underlined: bool = False
    direction: str | None = None

    @property
    def marks(self) -> list[str]:
        """The elements with the same meaning."""
        declared = {"strong": self.is_bold, "em": self.is_italic, "s": self.is_struck, "u": self.is_underlined}
        return [name for name, is_set in declared.items() if is_set]

    def negates(self, name: str) -> bool:
        """Whether the style cancels the meaning of an element, such as bold."""
        return (name in ("b", "strong") and self.is_bold is False) or (name in ("i", "em") and self.is_italic is False)


NO_STYLE = Style()


@lru_cache(maxsize=1_000)
def read_style(text: str) -> Style:
    """Parse a `style` attribute."""
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

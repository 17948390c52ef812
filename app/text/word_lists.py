"""Convert the lists of Microsoft Word: each item is a paragraph with a style, not an `<li>`.

`<p style="mso-list:l0 level1 lfo1"><span style="mso-list:Ignore">·</span>words</p>`: the bullet or number is in the
text, the level in the style.
"""

import re
from collections.abc import Iterable, Iterator

from app.text.tokens import EndTag, HtmlToken, StartTag

_ITEM = re.compile(r"mso-list\s*:\s*l\d+\s+level(\d)", re.IGNORECASE)
_SIGN = re.compile(r"mso-list\s*:\s*ignore", re.IGNORECASE)
_NUMBER = re.compile(r"\s*[(]?\w{1,5}[.)\-]")
DEEPEST = 6


def with_lists(tokens: Iterable[HtmlToken]) -> Iterator[HtmlToken]:
    """Yield the tokens with Word's list paragraphs replaced by lists and items."""
    remaining = iter(tokens)
    lists: list[str] = []  # names of the open lists
    for token in remaining:
        level = _level(token)
        if level:
            content, sign = _item(remaining)
            yield from _go_to(lists, level, "ol" if _NUMBER.match(sign) else "ul")
            yield StartTag("li")
            yield from content
        else:
            if lists and not (isinstance(token, str) and not token.strip()):
                yield from _go_to(lists, 0, "")
            yield token
    yield from _go_to(lists, 0, "")


def _level(token: HtmlToken) -> int:
    found = (
        _ITEM.search(token.attributes.get("style", "")) if isinstance(token, StartTag) and token.name == "p" else None
    )
    return min(int(found[1]), DEEPEST) if found else 0


def _item(remaining: Iterator[HtmlToken]) -> tuple[list[HtmlToken], str]:
    """Read the tokens to the end of the paragraph; return them and the bullet or number before the text."""
    content: list[HtmlToken] = []
    sign, depth = "", 0  # of spans inside the sign
    for token in remaining:
        if isinstance(token, EndTag) and token.name == "p":
            break
        if depth:
            sign += token if isinstance(token, str) else ""
            depth += isinstance(token, StartTag) and token.name == "span"
            depth -= isinstance(token, EndTag) and token.name == "span"
        elif isinstance(token, StartTag) and token.name == "span" and _SIGN.search(token.attributes.get("style", "")):
            depth = 1
        else:
            content.append(token)
    return content, sign


def _go_to(lists: list[str], level: int, name: str) -> Iterator[HtmlToken]:
    """End and begin lists until one of that level and name is open for a new item."""
    while len(lists) > level or (lists and len(lists) == level and lists[-1] != name):
        yield EndTag("li")
        yield EndTag(lists.pop())
    if lists and len(lists) == level:
        yield EndTag("li")
    while len(lists) < level:
        lists.append(name)
        yield StartTag(name)
        if len(lists) < level:
            yield StartTag("li")

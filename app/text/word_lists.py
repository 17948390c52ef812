"""Which paragraphs are the items of a list? Word writes none: each item is a paragraph whose style says so.

`<p style="mso-list:l0 level1 lfo1"><span style="mso-list:Ignore">·</span>words</p>`: the sign stands in the text, the
level in the style.
"""

import re
from collections.abc import Iterable, Iterator

from app.text.tokens import End, Start, Token

_ITEM = re.compile(r"mso-list\s*:\s*l\d+\s+level(\d)", re.IGNORECASE)
_SIGN = re.compile(r"mso-list\s*:\s*ignore", re.IGNORECASE)
_NUMBER = re.compile(r"\s*[(]?\w{1,5}[.)\-]")
DEEPEST = 6


def with_lists(tokens: Iterable[Token]) -> Iterator[Token]:
    """Yield the same tokens with such paragraphs as items of lists."""
    reader = iter(tokens)
    lists: list[str] = []  # names of those that are open
    for token in reader:
        level = _level(token)
        if level:
            content, sign = _item(reader)
            yield from _go_to(lists, level, "ol" if _NUMBER.match(sign) else "ul")
            yield Start("li")
            yield from content
        else:
            if lists and not (isinstance(token, str) and not token.strip()):
                yield from _go_to(lists, 0, "")
            yield token
    yield from _go_to(lists, 0, "")


def _level(token: Token) -> int:
    found = _ITEM.search(token.attributes.get("style", "")) if isinstance(token, Start) and token.name == "p" else None
    return min(int(found[1]), DEEPEST) if found else 0


def _item(reader: Iterator[Token]) -> tuple[list[Token], str]:
    """The tokens up to the end of the paragraph, and the sign that stood before its words."""
    content: list[Token] = []
    sign, depth = "", 0  # of spans inside the sign
    for token in reader:
        if isinstance(token, End) and token.name == "p":
            break
        if depth:
            sign += token if isinstance(token, str) else ""
            depth += isinstance(token, Start) and token.name == "span"
            depth -= isinstance(token, End) and token.name == "span"
        elif isinstance(token, Start) and token.name == "span" and _SIGN.search(token.attributes.get("style", "")):
            depth = 1
        else:
            content.append(token)
    return content, sign


def _go_to(lists: list[str], level: int, name: str) -> Iterator[Token]:
    """Ends and begins lists until one of that level and name is open for a new item."""
    while len(lists) > level or (lists and len(lists) == level and lists[-1] != name):
        yield End("li")
        yield End(lists.pop())
    if lists and len(lists) == level:
        yield End("li")
    while len(lists) < level:
        lists.append(name)
        yield Start(name)
        if len(lists) < level:
            yield Start("li")

"""Spaces at which a line must not break: French sets one before `:`, `;`, `!`, `?` and inside of guillemets.

Source: Imprimerie nationale, "Lexique des règles typographiques". The space is U+00A0 everywhere: few fonts have the
narrow one.
"""

import re

_FRENCH = re.compile(r" (?=[:;!?»%€])|(?<=«) |(?<=\d) (?=\d{3}\b)")


def no_break(text: str, language: str) -> str:
    """Return `text`, in French with no-break spaces where French forbids a break; other languages as they are."""
    return _FRENCH.sub("\u00a0", text) if language.partition("-")[0] == "fr" else text

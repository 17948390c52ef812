"""Passwords, keys, tokens and query strings of the settings are shown as `***`, wherever a text leaves the process.
So are the tokens that this newsroom gives to others (`nsh_…`, `npv_…`, `nec_…`).

Reading the settings calls `keep_secret`; what writes logs, results of `doctor` and messages of errors calls `masked`.
"""

from __future__ import annotations

import re
import sys
import traceback
from collections.abc import Iterator, Mapping
from types import TracebackType
from urllib.parse import quote, quote_plus, unquote, unquote_plus

MASK = "***"
SHORTEST = 8  # characters. A shorter secret can be an ordinary word: it is masked only within its address
# Of a member of the staff, a preview, the author of a comment: whoever holds one may do what it is for.
# Inside a word only a text as long as a token is one.
_TOKENS = re.compile(
    r"((?<![0-9A-Za-z])(?:nsh_|npv_|nec_)(?=[0-9A-Za-z_-]{16})|(?:nsh_|npv_|nec_)(?=[0-9A-Za-z_-]{32}))[0-9A-Za-z_-]+"
)
PLAIN_PARAMETERS = {"host", "port", "ssl", "sslmode"}  # of a database's address: what is said when it cannot be reached
_known: list[tuple[str, str]] = []


def keep_secret(replacements: Mapping[str, str]) -> None:
    """Sets what `masked` replaces; what it replaced before is forgotten. The longest comes first."""
    _known[:] = sorted(replacements.items(), key=lambda item: -len(item[0]))


def masked(text: str) -> str:
    """The text, with `***` in place of what the settings of this process hold of secrets, and of tokens."""
    return _TOKENS.sub(rf"\1{MASK}", _replaced(text, _known))


def masked_address(address: str) -> str:
    """An address without its user, password and query, whatever the settings are."""
    return _replaced(address, sorted(of_address(address).items(), key=lambda item: -len(item[0])))


def _replaced(text: str, replacements: list[tuple[str, str]]) -> str:
    for secret, shown in replacements:
        if secret in text:
            text = text.replace(secret, shown)
    return text


def of_secret(text: str) -> dict[str, str]:
    """What to replace for a key, token or password, or for several with commas between: each as it may be written."""
    words = {word.strip() for word in (text, *text.split(","))}
    return {form: MASK for word in words for form in _forms(word) if len(form) >= SHORTEST}


def of_address(text: str) -> dict[str, str]:
    """What to replace for an address: user and password, the query, and both by themselves. Nothing for other texts.

    An `@` that is not percent-encoded may stand in a password, so that each may end it.
    """
    scheme, separator, rest = text.partition("://")
    if not separator:
        return {}
    found: dict[str, str] = {}
    for end in (place for place, character in enumerate(rest) if character == "@"):
        found |= _of_user(rest[:end], is_database=scheme.startswith("postgres"))
    before, _, query = rest.partition("?")
    place = before.rpartition("@")[2]
    shown = MASK if "@" in query and "@" not in before else place  # its `?` can be one of the password
    return found | ({f"{place}?{query}": f"{shown}?{MASK}", **_of_query(query)} if query else {})


def _of_user(user: str, *, is_database: bool) -> dict[str, str]:
    name, colon, password = user.partition(":")
    secret = "" if is_database and not colon else password if colon else name  # a name alone is a token, as a rule
    return {f"//{user}@": f"//{MASK}@", **of_secret(secret)}


def _of_query(query: str) -> dict[str, str]:
    found: dict[str, str] = of_secret(query)
    for part in query.split("&"):
        name, _, value = part.partition("=")
        found |= {} if name in PLAIN_PARAMETERS else of_secret(value or name)
    return found


def _forms(word: str) -> Iterator[str]:
    """A word as it stands, decoded, percent-encoded, and each as `repr` writes it."""
    for plain in {word, unquote(word), unquote_plus(word)}:
        for form in (plain, quote(plain), quote(plain, safe=""), quote(plain, safe=" +"), quote_plus(plain)):
            yield from (form, repr(form)[1:-1])


def print_exception(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """For `sys.excepthook`: the traceback of an error that nobody caught."""
    sys.stderr.write(masked("".join(traceback.format_exception(kind, error, trace))))

"""Patterns of paths on the web site: `/a/{slug}`, `/{section}/{year}/{slug}`.

Of two patterns the one with a fixed word where the other has a name in braces is to be tried first: `/s/{slug}` before
`/{section}/{slug}`. Patterns for which this decides nothing `can_meet`.
"""

import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from itertools import zip_longest
from urllib.parse import quote, unquote

# First words of paths that this server answers itself.
RESERVED = {
    ".well-known", "docs", "feeds", "healthz", "media", "metrics", "openapi.json", "openapi.yaml", "problems", "readyz",
    "search", "static", "v1",
}  # fmt: skip
KEYS = ("slug", "id", "token")  # names that say which thing is meant: a pattern holds one of them
_NAME = re.compile(r"\{(\w+)\}")
_FORM = {"year": r"\d{4}", "month": r"\d\d", "day": r"\d\d", "id": r"[0-9a-fA-F-]{32,36}", "token": r"npv_\w+"}
_UNFIT = re.compile(r'[\x00-\x20\x7f"<>\\^`{|}?#]')
_SAFE = "/!$&'()*+,;=:@"  # beside letters, digits and -._~ in a path (RFC 3986 §3.3)


def checked_path(pattern: str, names: Collection[str]) -> str:
    """Validate a pattern with `names` in braces. Raises ValueError with what is wrong."""
    found, keys = _NAME.findall(pattern), [name for name in names if name in KEYS]
    if not pattern.startswith("/") or set(found) - set(names) or not set(keys) & set(found):
        wanted = " or ".join(f"{{{name}}}" for name in keys)
        others = " ".join(f"{{{name}}}" for name in names if name not in KEYS)
        raise ValueError(f"must begin with / and hold {wanted}" + (f"; also known: {others}" if others else ""))
    words = [unquote(word) for word in _segments(pattern)]
    if _UNFIT.search(_NAME.sub("", unquote(pattern))) or any(word in {"", ".", ".."} or "/" in word for word in words):
        raise ValueError("must be a plain path: no empty part, no . or .., no space, no ? or #")
    if words[0].lower() in RESERVED:
        raise ValueError(f"begins with /{words[0]}, which Nashra itself answers: take another first word")
    return pattern


def names_in(pattern: str) -> set[str]:
    """The names in braces."""
    return set(_NAME.findall(pattern))


def filled_path(pattern: str, values: Mapping[str, str]) -> str:
    """The path, percent-encoded, with `values` in place of their names."""
    path, filled = _encoded_parts(pattern)
    for name, fixed in filled:
        path += values[name].translate(_QUOTED) + fixed
    return path


@lru_cache(maxsize=64)
def _encoded_parts(pattern: str) -> tuple[str, list[tuple[str, str]]]:
    """What stands before the first name, and each name with what stands behind it."""
    first, *rest = _NAME.split(encoded_path(pattern))
    return first, list(zip(rest[::2], rest[1::2], strict=True))


class _Quoted(dict[int, str]):
    """Percent-encodings by code point: `quote` takes four times as long for an Arabic slug, and a sitemap has 5,000."""

    def __missing__(self, code: int) -> str:
        self[code] = found = quote(chr(code), safe="")
        return found


_QUOTED = _Quoted()


def values_in(pattern: str, path: str) -> dict[str, str] | None:
    """The inverse of `filled_path`: the values with which the pattern gives `path`, decoded; None if it does not fit.

    `path` may be percent-encoded or not, in part too; a slash at its end does not count.
    """
    segments = [unquote(segment) for segment in _segments(path)]
    if any("/" in segment for segment in segments):
        return None
    found = _inverse(pattern).fullmatch("/".join(segments))
    return found.groupdict() if found else None


@lru_cache(maxsize=64)
def _inverse(pattern: str) -> re.Pattern[str]:
    """Matches decoded paths without their first slash; one group for each name."""
    parts, seen = _NAME.split("/".join(map(unquote, _segments(pattern)))), set[str]()
    text = ""
    for index, part in enumerate(parts):
        if index % 2 == 0:
            text += re.escape(part)
        elif part in seen:
            text += f"(?P={part})"
        else:
            seen.add(part)
            text += f"(?P<{part}>{_FORM.get(part, '[^/]+')})"
    return re.compile(text)


def names_by_segment(pattern: str) -> list[bool]:
    """A sort key for the order in which patterns are tried: a fixed word before a name in the same place."""
    return [_NAME.search(segment) is not None for segment in pattern.split("/")]


@lru_cache(maxsize=64)
def encoded_path(pattern: str) -> str:
    """The pattern with its fixed words percent-encoded."""
    return quote(unquote(pattern), safe=_SAFE + "{}")


def can_meet(one: str, other: str) -> bool:
    """Whether both patterns can name the same path, and neither is tried before the other."""
    pairs = list(zip_longest(_segments(one), _segments(other)))
    if not all(a is not None and b is not None and _fit(unquote(a), unquote(b)) for a, b in pairs):
        return False
    fixed = [(not _NAME.search(a), not _NAME.search(b)) for a, b in pairs]
    return ((True, False) in fixed) == ((False, True) in fixed)


def _segments(pattern: str) -> list[str]:
    return pattern.removesuffix("/").split("/")[1:]


def _fit(one: str, other: str) -> bool:
    """Whether some word fits both segments. Of two segments with names only what stands around these is compared."""
    if not _NAME.search(one):
        return bool(re.fullmatch(_expression(other), one))
    if not _NAME.search(other):
        return bool(re.fullmatch(_expression(one), other))
    (start, end), (first, last) = _around(one), _around(other)
    return (start.startswith(first) or first.startswith(start)) and (end.endswith(last) or last.endswith(end))


def _around(segment: str) -> tuple[str, str]:
    return segment[: segment.index("{")], segment[segment.rindex("}") + 1 :]


def _expression(segment: str) -> str:
    parts = _NAME.split(segment)  # fixed, name, fixed, …
    return "".join(_FORM.get(part, ".+") if index % 2 else re.escape(part) for index, part in enumerate(parts))

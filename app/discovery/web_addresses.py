"""What an address of the web site can name, by the patterns of the settings. Nothing is looked up here."""

from __future__ import annotations

import unicodedata
from typing import NamedTuple
from urllib.parse import SplitResult, unquote, urlsplit

from app.settings import Settings
from app.settings.site import HOME
from app.text.web_paths import names_by_segment, values_in

RESOURCES = ("article", "section", "tag", "author", "front")
"""Kinds of things that have a page; a preview is none: its address is a secret."""
PORTS = {"http": 80, "https": 443}


class NotAnAddress(ValueError):
    """The text is neither an absolute `http:` or `https:` address nor a path."""


class Named(NamedTuple):
    """What an address names: a kind of thing, and its slug or id."""

    resource: str
    name: str


def path_on_site(url: str, settings: Settings) -> str | None:
    """The path of an address on the web site, without that of the site itself; None for an address elsewhere.

    Query and fragment do not count, nor does the scheme. Raises `NotAnAddress`.
    """
    site = urlsplit(settings.site_url)
    try:
        parts = urlsplit(url)
        place = _host(parts), _port(parts, site.scheme)
    except ValueError:
        raise NotAnAddress from None
    is_absolute = bool(place[0])
    is_path = not parts.scheme and parts.path.startswith("/")
    if parts.scheme not in {"", *PORTS} or not (is_absolute or is_path):
        raise NotAnAddress
    if is_absolute and place != (_host(site), _port(site, site.scheme)):
        return None
    return _below(parts.path or "/", site.path, is_absolute=is_absolute)


def _below(path: str, prefix: str, *, is_absolute: bool) -> str | None:
    """What follows the path of the site; a path alone may be written without that."""
    segments, depth = path.split("/"), prefix.count("/") + 1
    if unquote("/".join(segments[:depth])) == unquote(prefix):
        return "/" + "/".join(segments[depth:])
    return None if is_absolute else path


def _host(parts: SplitResult) -> str:
    """In the form in which hosts are compared: as in DNS, without a dot at the end. Raises ValueError."""
    name = (parts.hostname or "").rstrip(".")
    return name if name.isascii() else name.encode("idna").decode()


def _port(parts: SplitResult, scheme: str) -> int | None:
    """The port, the usual one of the site where the address has the usual one of its own scheme."""
    usual = PORTS.get(parts.scheme or scheme)
    port = parts.port or usual
    return PORTS[scheme] if port == usual else port


def named_by(path: str, settings: Settings) -> list[Named]:
    """What a path on the site can name, in the order in which it is to be tried. The page `/` is the front `home`."""
    if path == "/":
        return [Named("front", HOME)]
    paths = settings.paths
    tried = sorted(paths, key=lambda kind: names_by_segment(unquote(paths[kind]).rstrip("/")))
    found = []
    for kind in tried:
        values = values_in(paths[kind], path)
        if values is not None and kind in RESOURCES:
            found.append(Named(kind, values.get("slug") or values["id"]))
    return found


def is_same_path(one: str, other: str) -> bool:
    """Whether two paths are one address: in any encoding and Unicode form, with or without a slash at the end."""
    return _plain(one) == _plain(other)


def _plain(path: str) -> str:
    return unicodedata.normalize("NFC", unquote(path)).rstrip("/")

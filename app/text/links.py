"""Validate the URLs of links, media and embeds.

URLs are parsed as browsers do (WHATWG URL standard, RFC 3986). One that a browser might read differently from how it
looks is refused, not repaired.
"""

import re
from urllib.parse import SplitResult, urlsplit

from app.text.characters import clean_line

MAX_LENGTH = 2048

_IGNORED_BY_BROWSERS = re.compile("[\t\n\r]")
_SCHEME = re.compile("([A-Za-z][A-Za-z0-9+.-]*):")
_HOST = re.compile(r"[^\s\x00-\x20\"#%/:<>?@\[\\\]^`{|}]+|\[[0-9A-Fa-f:.]+\]")


def safe_link(address: str) -> str | None:
    """Return the URL of a link if it is allowed (http, https, mailto, tel, or relative), else None."""
    cleaned = _cleaned(address)
    scheme = _scheme(cleaned)
    if scheme in ("mailto", "tel"):
        return cleaned if len(cleaned) > len(scheme) + 1 else None
    if scheme:
        return _web(cleaned)
    relative = cleaned and "\\" not in cleaned and ":" not in re.split("[/?#]", cleaned, maxsplit=1)[0]
    return cleaned if relative else None


def safe_source(address: str) -> str | None:
    """Return the URL of a media file if it is allowed (http, https, or an absolute path `/…`), else None."""
    cleaned = _cleaned(address)
    if _scheme(cleaned):
        return _web(cleaned)
    return cleaned if cleaned.startswith("/") and "\\" not in cleaned else None


def safe_embed(address: str, hosts: frozenset[str]) -> str | None:
    """Return the URL of an embed if it is https and its host is one of `hosts` or a subdomain of one, else None."""
    cleaned = _web(_cleaned(address))
    if not cleaned or not cleaned.startswith("https:") or urlsplit(cleaned).port not in (None, 443):
        return None
    labels = host(cleaned).split(".")
    return cleaned if any(".".join(labels[start:]) in hosts for start in range(len(labels))) else None


def host(address: str) -> str:
    """Return the host of a URL in lower case; empty if it has none or is malformed."""
    parts = _split(_cleaned(address))
    return (parts.hostname or "") if parts else ""


def _cleaned(address: str) -> str:
    """Clean a URL as browsers do; empty if it is too long. `//host` becomes https."""
    cleaned = clean_line(_IGNORED_BY_BROWSERS.sub("", address[: 2 * MAX_LENGTH])).replace(" ", "%20")
    cleaned = f"https:{cleaned}" if cleaned.startswith("//") else cleaned
    return cleaned if len(cleaned) <= MAX_LENGTH else ""


def _scheme(address: str) -> str:
    found = _SCHEME.match(address)
    return found[1].lower() if found else ""


def _web(address: str) -> str | None:
    """Return an http or https URL with its scheme in lower case; None with userinfo or a malformed host."""
    parts = _split(address)
    if not parts or parts.scheme not in ("http", "https"):
        return None
    if not _HOST.fullmatch(parts.netloc.removesuffix(f":{parts.port}")):
        return None
    return parts.scheme + address[len(parts.scheme) :]


def _split(address: str) -> SplitResult | None:
    try:
        parts = urlsplit(address)
        return parts if parts.port is None or parts.port else None
    except ValueError:
        return None

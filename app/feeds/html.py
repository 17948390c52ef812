"""The HTML of a text as it stands in a feed: addresses absolute and percent-encoded, language and direction said.

Bodies are stored in the form that `app/text/markup.py` writes: attributes are quoted, and every `<` of a text or an
attribute is escaped. So a pattern finds the tags, and no text can look like one.
"""

from __future__ import annotations

import re
from functools import partial
from html import escape, unescape
from urllib.parse import quote, urljoin, urlsplit, urlunsplit

_ADDRESSES = r' (?:href|src|poster|cite|srcset)="'
# Whether there is anything to do: an address that is not absolute, or one with other letters than ASCII.
_UNFINISHED = re.compile(rf"{_ADDRESSES}(?:(?!https?://|mailto:|tel:)|[\x00-\x21\x23-\x7f]*[^\x00-\x7f])")
_TAG = re.compile(r'<[a-z][a-z0-9]*(?: [a-z-]+(?:="[^"]*")?)+>')
_ADDRESS = re.compile(r' (href|src|poster|cite|srcset)="([^"]*)"')
_RESERVED = "%/:?#[]@!$&'()*+,;=~-._"


def encoded_url(url: str) -> str:
    """An IRI as a URI (RFC 3987 §3.1); what is encoded already stays as it is."""
    if url.isascii() and " " not in url:
        return url
    try:
        parts = urlsplit(url)
        host = parts.netloc if parts.netloc.isascii() else _encoded_host(parts.netloc)
    except ValueError:  # no host that the DNS takes
        return quote(url, safe=_RESERVED)
    return urlunsplit(parts._replace(netloc=host, **{n: quote(getattr(parts, n), safe=_RESERVED) for n in _ENCODED}))


def _encoded_host(netloc: str) -> str:
    """User, host and port. The DNS takes labels only: a port, taken for a part of one, would make another host."""
    user, at, host = netloc.rpartition("@")
    name, colon, port = host.partition(":")
    return f"{quote(user, safe=_RESERVED)}{at}{name.encode('idna').decode()}{colon}{port}"


_ENCODED = ("path", "query", "fragment")


def absolute_url(url: str, base: str) -> str:
    """The address, as it stands on a page at `base`, absolute and percent-encoded."""
    try:
        return encoded_url(urljoin(base, url))
    except ValueError:
        return encoded_url(url)


def absolute_html(html: str, base: str) -> str:
    """HTML with all addresses absolute and percent-encoded."""
    if not _UNFINISHED.search(html):
        return html
    return _TAG.sub(lambda tag: _ADDRESS.sub(partial(_finished, base), tag[0]), html)


def _finished(base: str, found: re.Match[str]) -> str:
    name, value = found[1], unescape(found[2])
    if name == "srcset":
        listed = (one.split(" ") for one in value.split(", "))
        value = ", ".join(" ".join([absolute_url(url, base), *rest]) for url, *rest in listed)
    else:
        value = absolute_url(value, base)
    return f' {name}="{escape(value)}"'


def wrapped(html: str, language: str, direction: str) -> str:
    """HTML that says its language and direction: readers keep these attributes, and drop styles."""
    return f'<div dir="{direction}" lang="{escape(language)}">{html}</div>'

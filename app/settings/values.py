"""Kinds of values that settings of several groups have."""

from __future__ import annotations

import ipaddress
from typing import Annotated
from urllib.parse import quote, urlsplit

from pydantic import AfterValidator, BeforeValidator

_OF_A_PATH = "/%:@!$&'()*+,;=~-._"


def split(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _web_address(value: str) -> str:
    """The address as it stands in headers: a host of ASCII in small letters (IDNA), a percent-encoded path."""
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must be an address such as https://news.example")
    if parts.username is not None or parts.password is not None:
        raise ValueError("must hold no user or password")
    try:
        port = "" if parts.port is None else f":{parts.port}"
        host = parts.hostname.encode("idna").decode()
    except (ValueError, UnicodeError):
        raise ValueError("has a host or a port that cannot be reached") from None
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}{port}{quote(parts.path, safe=_OF_A_PATH).rstrip('/')}"


def _outside_address(value: str) -> str:
    address, mark, query = value.partition("?")
    if "#" in query:
        raise ValueError("must end with its query, without a #")
    return _web_address(address) + mark + query if value else value


Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Words = Annotated[tuple[str, ...], BeforeValidator(split)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
OutsideAddress = Annotated[str, AfterValidator(_outside_address)]
"""Where requests are sent to, or nowhere: only we read it, so it may have a query."""

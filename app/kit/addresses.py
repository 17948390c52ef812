"""Client IP addresses: the right-most hop that is not a trusted proxy."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.types import Scope

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def client_address(scope: Scope, headers: Headers, trusted: Sequence[Network]) -> Address | None:
    """The client's address, or None where there is none (a Unix socket).

    `X-Forwarded-For` is read from the right, as long as each hop is a trusted proxy; an unreadable hop ends it.
    """
    peer = peer_address((scope.get("client") or ("", 0))[0])
    if not trusted or peer is None or not is_among(peer, trusted):
        return peer
    hops = [hop.strip() for line in headers.getlist("x-forwarded-for") for hop in line.split(",")]
    address: Address = peer
    for hop in reversed(hops[-64:]):
        found = peer_address(hop)
        if found is None:
            return address
        address = found
        if not is_among(address, trusted):
            break
    return address


def peer_address(text: str) -> Address | None:
    """Parse an address that may have a port, brackets or a zone; None where it is invalid."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def is_among(address: Address, networks: Sequence[Network]) -> bool:
    return any(address in network for network in networks if network.version == address.version)


def network_of(address: Address) -> Network:
    """The /24 or /64 network of an address, which a household or provider may share."""
    return ipaddress.ip_network((address, 24 if address.version == 4 else 64), strict=False)


def person_of(address: Address) -> str:
    """The key of one visitor: an IPv4 address, or the /64 that one IPv6 customer gets."""
    return str(address) if address.version == 4 else str(network_of(address))


def anonymous(address: Address | None) -> str:
    """An anonymised address for logs: cut to its /24, or to a /48."""
    if address is None:
        return "-"
    return str(ipaddress.ip_network((address, 24 if address.version == 4 else 48), strict=False).network_address)

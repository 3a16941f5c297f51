"""The addresses of clients, and the networks that share a budget."""

import ipaddress
from functools import lru_cache

from litestar.types import Scope

Peer = tuple[str, ...]
"""A client's address and port as Granian gives them; empty if the server does not give them."""


def peer_of(scope: Scope) -> Peer:
    """The client of a connection."""
    return tuple(scope["client"] or ())  # type: ignore[arg-type]  # Granian writes the port as text


def network_of(peer: Peer) -> str:
    """The key of a client's budget: its IPv4 address, or its IPv6 network of 64 bits, which one client can own."""
    return _network(peer[0]) if peer else ""


@lru_cache(maxsize=4096)
def _network(text: str) -> str:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return text
    if isinstance(address, ipaddress.IPv4Address):
        return text
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address.packed, 64), strict=False))

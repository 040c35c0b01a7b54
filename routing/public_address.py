"""Which addresses belong to the public Internet: where a callback may go without being told that it may."""

from __future__ import annotations

import ipaddress

GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
"""All that IANA has opened of IPv6 (RFC 4291, section 2.4)."""
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
"""IPv4 as seen from a network that has only IPv6 (RFC 6052)."""


def is_public_host(host: str) -> bool:
    """Say whether a URL's host may be public, as far as its text tells: a name is, until it is resolved."""
    if host.lower().rstrip(".").rpartition(".")[2] == "localhost":
        return False
    try:
        return is_public(host)
    except ValueError:
        return True


def is_public(address: str) -> bool:
    """Say whether an IP address is one of the public Internet, an IPv4 address inside an IPv6 one included."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = _inner(ip)
        if inner is not None:
            return is_public(str(inner))
        # Everything else in IPv6 is kept back or for local use.
        return ip in GLOBAL_UNICAST and ip.is_global
    return ip.is_global and not ip.is_multicast


def _inner(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address that packets to this IPv6 address end up at, if it is of a kind that has one."""
    if ip in NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)
    return ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)

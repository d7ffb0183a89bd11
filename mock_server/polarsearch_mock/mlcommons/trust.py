"""Which addresses a connector may call: the trusted patterns, and the addresses that count as private."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Sequence

from .engines import Engine
from .errors import illegal_argument
from .javaregex import java_pattern

__all__ = ["Resolver", "check_trusted", "is_private", "java_pattern", "resolve"]

_UNTRUSTED = "Connector URL is not matching the trusted connector endpoint regex"
_PRIVATE = tuple(
    ipaddress.ip_network(one)
    for one in (
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8", "0.0.0.0/32",
        "::1/128", "::/128", "fe80::/10", "fec0::/10", "fc00::/7",
    )
)  # fmt: skip


def check_trusted(url: str, patterns: Sequence[str], engine: Engine) -> None:
    """400 unless one of the patterns, tried in order, matches the whole URL; a broken pattern on the way is 400 too."""
    if any(java_pattern(pattern).fullmatch(url) for pattern in patterns):
        return
    raise illegal_argument(f"{_UNTRUSTED}, URL is: {url}" if engine.untrusted_shows_url else _UNTRUSTED)


def is_private(address: str) -> bool:
    """Whether an IP address is loopback, link-local, site-local or any-local; IPv4 inside IPv6 counts as IPv4."""
    found = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(found, "ipv4_mapped", None)
    return any((mapped or found) in network for network in _PRIVATE)


class Resolver:
    """Addresses of host names; what stands for one already needs no look-up."""

    async def addresses(self, host: str) -> list[str]:
        """Every address of a host; OSError for an unknown one."""
        literal = host.strip("[]")
        try:
            ipaddress.ip_address(literal)
        except ValueError:
            loop = asyncio.get_running_loop()
            found = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
            return list(dict.fromkeys(str(one[4][0]) for one in found))
        return [literal]


async def resolve(host: str, resolver: Resolver) -> list[str]:
    """The addresses of a host; OSError for an unknown one (a label beyond 63 characters is unknown as well)."""
    try:
        return await resolver.addresses(host)
    except UnicodeError as error:
        raise OSError(str(error)) from error

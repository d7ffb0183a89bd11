"""How people write an address (`host:port`, or a URL), and what it means."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from .words import said

DEFAULT_PORTS = {"http": 80, "https": 443}


class AddressError(ValueError):
    """The text is no address; the message says why and never repeats an account."""


@dataclass(frozen=True)
class Address:
    """Where something listens: `scheme` is http or https, `host` is a name or an IP without brackets."""

    scheme: str
    host: str
    port: int

    @property
    def netloc(self) -> str:
        """`host:port` as a URL has it; the scheme's own port is left out."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """`scheme://host:port` without a path."""
        return f"{self.scheme}://{self.netloc}"

    @property
    def on_loopback(self) -> bool:
        """Whether it names this machine, so that the machine's own mock can be reached from there."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


def parse_address(text: str, default_scheme: str) -> Address:
    """The address in `text`; without a scheme it is `default_scheme`. Raises AddressError."""
    parts = _split(text if "://" in text else f"{default_scheme}://{text}")
    if parts.username is not None or parts.password is not None:
        raise AddressError(said("usage.address-account"))
    if parts.scheme not in DEFAULT_PORTS:
        raise AddressError(said("usage.address-scheme", scheme=parts.scheme))
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise AddressError(said("usage.address-path"))
    if not parts.hostname or any(c.isspace() for c in parts.hostname):
        raise AddressError(said("usage.address-host"))
    return Address(parts.scheme, parts.hostname, _port(parts))


def _split(text: str) -> SplitResult:
    try:
        return urlsplit(text)
    except ValueError as error:
        raise AddressError(said("usage.address-unreadable", why=str(error))) from None


def _port(parts: SplitResult) -> int:
    try:
        port = parts.port
    except ValueError:
        raise AddressError(said("usage.address-port")) from None
    if port == 0:
        raise AddressError(said("usage.address-port-zero"))
    return port or DEFAULT_PORTS[parts.scheme]

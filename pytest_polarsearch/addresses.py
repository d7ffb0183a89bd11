"""How people write an address (`host:port`, or a URL), and what it means."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

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
        raise AddressError("holds an account before the @; an account is given in the environment (USER_PASSWORD) only")
    if parts.scheme not in DEFAULT_PORTS:
        raise AddressError(f"has the scheme {parts.scheme!r}; http and https are possible")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise AddressError("goes on after the port; give host and port only, without a path")
    if not parts.hostname or any(c.isspace() for c in parts.hostname):
        raise AddressError("names no host; write HOST:PORT or http(s)://HOST:PORT")
    return Address(parts.scheme, parts.hostname, _port(parts))


def _split(text: str) -> SplitResult:
    try:
        return urlsplit(text)
    except ValueError as error:
        raise AddressError(f"cannot be read ({error})") from None


def _port(parts: SplitResult) -> int:
    try:
        port = parts.port
    except ValueError:
        raise AddressError("has a port that is no number from 1 to 65535") from None
    if port == 0:
        raise AddressError("has port 0; ports go from 1 to 65535")
    return port or DEFAULT_PORTS[parts.scheme]

"""The address of a call: java.net.URI's rules with its words, and what each engine says about a bad one."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .engines import Engine
from .errors import Detail, EngineError, illegal_argument, null_pointer
from .trust import Resolver, is_private, resolve

_GENERAL = (
    "Encountered error when trying to create uri from endpoint in ml connector. "
    "Please update the endpoint in connection configuration: "
)
_NO_HOST = "Invalid URI. Please check if the endpoint is valid from connector."
_UNKNOWN = "Name or service not known"
_MAX_PORT = 65535
#: The ports that the schemes of a call have where none is written.
_PORTS = {"http": 80, "https": 443}
#: Told by what it is not: a class of a million characters takes long to compile.
_OTHER = r"[^\x00-\x9f]"
_ESCAPED = "%[0-9A-Fa-f]{2}"
_PATH = re.compile(rf"(?:[\w\-.!~*'():@&=+$,;/]|{_OTHER}|{_ESCAPED})*", re.ASCII)
_QUERY = re.compile(rf"(?:[\w\-.!~*'();/?:@&=+$,\[\]]|{_OTHER}|{_ESCAPED})*", re.ASCII)
_AUTHORITY = re.compile(rf"(?:[\w\-.!~*'():@&=+$,;\[\]]|{_OTHER}|{_ESCAPED})*", re.ASCII)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+\-.]*")
_SERVER = re.compile(
    r"(?:[^@]*@)?(?P<host>\[[0-9A-Fa-f:.%]+\]|(?:[A-Za-z0-9](?:[A-Za-z0-9\-]*[A-Za-z0-9])?\.)*"
    r"(?:[A-Za-z](?:[A-Za-z0-9\-]*[A-Za-z0-9])?|[0-9]+)\.?)(?::(?P<port>[0-9]*))?"
)


class UriError(Exception):
    """A URISyntaxException."""


@dataclass(frozen=True)
class Uri:
    """The parts of a URL that a call needs. `host` is None where Java finds none; `port` -1 where none is given."""

    scheme: str
    host: str | None
    port: int
    target: str

    @property
    def called_port(self) -> int:
        """The port that a call goes to, the scheme's own where none is given."""
        return self.port if self.port >= 0 else _PORTS[self.scheme]


def parse_uri(text: str) -> Uri:
    """A URL as `java.net.URI` reads it; UriError with its words."""
    colon = re.search(r"[:/?#]", text)
    at, scheme = 0, ""
    if colon and colon[0] == ":":
        scheme, at = text[: colon.start()], colon.end()
        _require(_SCHEME, text, 0, colon.start(), "scheme name")
        if at == len(text):
            raise UriError(f"Expected scheme-specific part at index {at}: {text}")
    host, port = None, -1
    if text.startswith("//", at):
        stop = _stop(text, at + 2, "/?#")
        _require(_AUTHORITY, text, at + 2, stop, "authority")
        found = _SERVER.fullmatch(text, at + 2, stop)
        if found:
            host, port = found["host"], int(found["port"]) if found["port"] else -1
        at = stop
    return Uri(scheme.lower(), host, port, _target(text, at))


def _target(text: str, at: int) -> str:
    """Path and query as they are sent; a fragment is checked and dropped."""
    stop = _stop(text, at, "?#")
    _require(_PATH, text, at, stop, "path")
    path = text[at:stop] or "/"
    if text.startswith("?", stop):
        end = _stop(text, stop + 1, "#")
        _require(_QUERY, text, stop + 1, end, "query")
        path, stop = path + text[stop:end], end
    if stop < len(text):
        _require(_QUERY, text, stop + 1, len(text), "fragment")
    return path


def _stop(text: str, at: int, marks: str) -> int:
    found = re.compile(f"[{marks}]").search(text, at)
    return found.start() if found else len(text)


def _require(allowed: re.Pattern[str], text: str, start: int, stop: int, part: str) -> None:
    found = allowed.match(text, start, stop)
    end = found.end() if found else start
    if end >= stop:
        return
    words = "Malformed escape pair" if text[end] == "%" else f"Illegal character in {part}"
    raise UriError(f"{words} at index {end}: {text}")


def checked_uri(url: str, engine: Engine) -> Uri:
    """The parts of the address of a call, or the engine's refusal of it."""
    return _checked_new(url) if engine.bad_url_general_reason else _checked_old(url)


def _checked_new(url: str) -> Uri:
    try:
        uri = parse_uri(url)
    except UriError as error:
        below = {"type": "u_r_i_syntax_exception", "reason": str(error)}
        cause = {"type": "illegal_argument_exception", "reason": str(error), "caused_by": below}
        raise illegal_argument(_GENERAL, cause) from None
    if uri.host is None:
        raise illegal_argument(_GENERAL, {"type": "illegal_argument_exception", "reason": _NO_HOST})
    if uri.scheme not in ("http", "https"):
        raise illegal_argument(f"Protocol must be 'http' or 'https', but was {uri.scheme}")
    if uri.port > _MAX_PORT:
        reason = f"Port out of range: {uri.port}"
        raise illegal_argument(reason, {"type": "illegal_argument_exception", "reason": reason})
    return uri


def _wrapped(type_: str, reason: str, caused_by: Detail | None = None) -> EngineError:
    cause = {"type": type_, "reason": reason, **({"caused_by": caused_by} if caused_by else {})}
    return EngineError("m_l_exception", "Fail to execute http connector", 500, cause)


def _checked_old(url: str) -> Uri:
    """`java.net.URL` looks first, then the port, then `java.net.URI`."""
    found = re.match(r"([A-Za-z][A-Za-z0-9+\-.]*):", url)
    if not found:
        raise _wrapped("malformed_u_r_l_exception", f"no protocol: {url}")
    if found[1].lower() not in ("http", "https", "ftp", "file", "jar"):
        raise _wrapped("malformed_u_r_l_exception", f"unknown protocol: {found[1].lower()}")
    port = _old_port(url[found.end() :])
    if found[1].lower() not in ("http", "https"):
        raise illegal_argument(f"Protocol is not http or https: {found[1].lower()}")
    if port > _MAX_PORT:
        raise illegal_argument(f"Port out of range: {port}")
    try:
        uri = parse_uri(url)
    except UriError as error:
        raise illegal_argument(str(error), {"type": "u_r_i_syntax_exception", "reason": str(error)}) from None
    if uri.host is None:
        raise null_pointer("host must not be null.")
    return uri


def _old_port(rest: str) -> int:
    authority = re.split(r"[/?#]", rest.removeprefix("//"))[0].rpartition("@")[2]
    text = authority.rpartition("]")[2].partition(":")[2]
    if not text:
        return -1
    digits = re.match(r"[0-9]*", text)
    end = digits.end() if digits else 0
    if end < len(text):
        reason = f'Error at index {end} in: "{text}"'
        raise _wrapped("malformed_u_r_l_exception", reason, {"type": "number_format_exception", "reason": reason})
    return int(text)


async def checked_addresses(host: str, resolver: Resolver, *, private_allowed: bool, engine: Engine) -> list[str]:
    """The addresses of a host; 400 or 500 for an unknown one, 400 when one is private and that is not allowed."""
    try:
        addresses = await resolve(host, resolver)
    except OSError:
        reason = f"{host}: {_UNKNOWN}"
        if engine.bad_host_is_400:
            raise illegal_argument(reason, {"type": "unknown_host_exception", "reason": reason}) from None
        raise _wrapped("unknown_host_exception", reason) from None
    if not private_allowed and any(is_private(one) for one in addresses):
        reason = f"Remote inference host name has private ip address: {host}"
        cause = {"type": "illegal_argument_exception", "reason": reason} if engine.private_ip_has_cause else None
        raise illegal_argument(reason, cause)
    return addresses

"""Reads the settings from command line, ini and environment, in that order, and refuses what cannot be used."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .addresses import DEFAULT_PORTS, Address, AddressError, parse_address
from .options import (
    ADDRESS,
    BY_DEST,
    CHOICE,
    COUNT,
    FILE,
    FLAG,
    FOLDER,
    NUMBER,
    OPTIONS,
    OUTPUT,
    TEXT,
    Option,
)
from .secret import Secret
from .words import said

TRUE, FALSE = ("1", "true", "yes", "on"), ("", "0", "false", "no", "off")

Json = Any


class SettingsError(ValueError):
    """An option has a value that cannot be used; the message names the option, its origin, and what it takes."""


#: The guide's own names for the secrets, after ours.
ACCOUNT_VARIABLES = ("POLARSEARCH_USER_PASSWORD", "USER_PASSWORD")
#: An account without permissions for ML Commons, to see what it is refused.
READER_VARIABLES = ("POLARSEARCH_READER",)
KEY_VARIABLES = ("YOUR_API_KEY", "DASHSCOPE_API_KEY")


@dataclass(frozen=True)
class Value:
    """A setting and where it came from, such as `ini key polarsearch_host`."""

    value: Json
    origin: str


@dataclass(frozen=True)
class Account:
    """Who talks to the cluster."""

    user: str
    password: Secret


@dataclass(frozen=True)
class Settings:
    """All settings of a run. Keys are the names of the table (`host`, `allow-settings`, …)."""

    values: Mapping[str, Value]
    account: Account | None = None
    api_key: Secret | None = None
    reader: Account | None = None
    canaries: Mapping[str, Secret] = field(default_factory=dict)

    @property
    def secrets(self) -> dict[str, Secret]:
        """Everything that may stand nowhere, by the name of the variable to set (or of the canary)."""
        secrets = dict(self.canaries)
        if self.api_key:
            secrets["YOUR_API_KEY"] = self.api_key
        if self.account:
            secrets["PASSWORD"] = self.account.password
        if self.reader:
            secrets["READER_PASSWORD"] = self.reader.password
        return secrets

    def __getitem__(self, name: str) -> Json:
        return self.values[name].value

    def origin(self, name: str) -> str:
        """Where the value came from, for the header and for messages."""
        return self.values[name].origin

    def given(self, name: str) -> bool:
        """Whether somebody set it at all."""
        return self.values[name].origin != "default"

    def address(self, name: str) -> Address | None:
        """The address, or None where none was given."""
        value = self.values[name].value
        return value if isinstance(value, Address) else None


Lookup = Callable[[Option], Json]


def language_of(command_line: Lookup, ini: Lookup, environ: Mapping[str, str]) -> str:
    """The language of what is wrong with the settings themselves: the one that is asked for, where that is one."""
    lang = BY_DEST["polarsearch_lang"]
    asked = (command_line(lang), ini(lang), environ.get(lang.variable))
    found = next((one for one in asked if one), lang.default)
    return str(found) if found in lang.choices else str(lang.default)


def resolve(command_line: Lookup, ini: Lookup, environ: Mapping[str, str]) -> Settings:
    """The settings, each from the first place that has it. Raises SettingsError with one sentence."""
    values = {option.name: _resolve(option, command_line, ini, environ) for option in OPTIONS}
    _check_together(values)
    return Settings(
        values, _account(environ, ACCOUNT_VARIABLES), _api_key(environ), _account(environ, READER_VARIABLES)
    )


def _resolve(option: Option, command_line: Lookup, ini: Lookup, environ: Mapping[str, str]) -> Value:
    places = (
        (command_line(option), said("origin.command-line", flag=option.flag)),
        (ini(option), said("origin.ini", key=option.dest)),
        (environ.get(option.variable) or None, said("origin.environment", variable=option.variable)),
    )
    for raw, origin in places:
        if raw is not None:
            return Value(_convert(option, raw, origin), origin)
    return Value(option.default, "default")


def _convert(option: Option, raw: Json, origin: str) -> Json:
    if not isinstance(raw, str):
        return raw
    try:
        return CONVERTERS[option.kind](option, raw.strip())
    except AddressError as error:
        raise SettingsError(said("usage.address", origin=origin, why=error.args[0])) from None
    except ValueError as error:
        raise SettingsError(said("usage.value", origin=origin, value=repr(raw), why=error.args[0])) from None


def _flag(_option: Option, raw: str) -> bool:
    if raw.lower() in TRUE + FALSE:
        return raw.lower() in TRUE
    raise ValueError(said("usage.flag", yes=", ".join(TRUE), no=", ".join(filter(None, FALSE))))


def _number(option: Option, raw: str) -> float:
    kind, convert = ("whole-number", int) if option.kind == COUNT else ("number", float)
    bounds = said(f"usage.{kind}", least=option.least, most=option.most)
    try:
        value = convert(raw)
    except ValueError:
        raise ValueError(bounds) from None
    if option.least is None or option.most is None or not option.least <= value <= option.most:
        raise ValueError(bounds)
    return value


def _choice(option: Option, raw: str) -> str:
    if raw in option.choices:
        return raw
    raise ValueError(said("usage.choice", choices=", ".join(option.choices), near=closest(raw, option.choices)))


def _file(_option: Option, raw: str) -> str:
    path = Path(raw).expanduser()
    if not path.is_file():
        near = closest(path.name, [one.name for one in path.parent.iterdir()] if path.parent.is_dir() else [])
        raise ValueError(said("usage.absent", near=near))
    return str(path)


CONVERTERS: dict[str, Callable[[Option, str], Json]] = {
    FLAG: _flag,
    TEXT: lambda _option, raw: raw,
    NUMBER: _number,
    COUNT: _number,
    CHOICE: _choice,
    FILE: _file,
    FOLDER: lambda _option, raw: str(Path(raw).expanduser()),
    OUTPUT: lambda _option, raw: str(Path(raw).expanduser()),
    ADDRESS: lambda option, raw: parse_address(raw, option.scheme),
}


def _check_together(values: Mapping[str, Value]) -> None:
    if values["insecure"].value and values["ca"].value:
        raise SettingsError(said("usage.two-trusts"))


def refuse_one_port(settings: Settings, workers: int) -> None:
    """Each process of a run has a mock of its own. Raises SettingsError where there are workers, and one port."""
    advertised = settings.address("advertise")
    if workers and advertised and advertised.port != DEFAULT_PORTS[advertised.scheme]:
        origin, host = settings.origin("advertise"), advertised.host
        raise SettingsError(said("usage.one-port", origin=origin, port=advertised.port, workers=workers, host=host))


def closest(word: str, words: Iterable[str]) -> str:
    """The most similar word as the end of a message, or nothing."""
    found = difflib.get_close_matches(word, list(words), n=1)
    return said("usage.closest", word=found[0]) if found else ""


def _account(environ: Mapping[str, str], variables: Iterable[str]) -> Account | None:
    variable = next((name for name in variables if environ.get(name)), None)
    if variable is None:
        return None
    user, colon, password = environ[variable].partition(":")
    if not (user and colon and password):
        raise SettingsError(said("usage.account", variable=variable))
    return Account(user, Secret(password))


def _api_key(environ: Mapping[str, str]) -> Secret | None:
    return next((Secret(environ[name]) for name in KEY_VARIABLES if environ.get(name)), None)


def refuse_unknown_keys(names: Iterable[str]) -> None:
    """Raises SettingsError for an ini key that looks like ours and is none."""
    for name in names:
        if name.startswith("polarsearch") and name not in BY_DEST:
            raise SettingsError(said("usage.unknown-key", key=name, near=closest(name, BY_DEST)))

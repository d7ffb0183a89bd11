"""TOML files that users write (ledgers, profiles), read strictly: mistakes are told with file, line, closest word."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, NoReturn

from .settings import SettingsError, closest
from .words import said, spoken

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Json = Any

#: What can be wrong with such a file.
MISTAKES: Mapping[str, Mapping[str, str]] = {
    "en": {
        "absent": "{path} is not there{near}; it should be {what}",
        "folder": "{path} is a folder; it should be {what}",
        "closed": "{path} cannot be read ({error}); it should be {what}",
        "bytes": "{where}: byte {byte:#04x} is no UTF-8; save the file as UTF-8",
        "broken": "{where} is no TOML: {error}",
        "no-version": "{where}: there is no version; begin with a line `version = {wanted}`",
        "version": "{where}: version is {value!r}; this kit reads `version = {wanted}`",
        "tables": "{where}: an entry begins with a line [[{table}]], in double brackets",
        "table": "{where}: {key} is {value!r}; it is a table that begins with a line [{key}]",
        "unknown": "{where}: {key!r} is unknown{near}; it takes {known}",
        "value": "{where}: {key} is {value!r}; it takes {takes}{near}",
        "missing": "{where}: {name} has no {key}; it takes {takes}",
        "needed": "{where}: {name} is {because} and has no {key}; it takes {takes}",
    },
    "zh": {
        "absent": "{path} 不存在{near};它应为{what}",
        "folder": "{path} 是一个文件夹;它应为{what}",
        "closed": "无法读取 {path}({error});它应为{what}",
        "bytes": "{where}:字节 {byte:#04x} 不是 UTF-8;请将文件保存为 UTF-8",
        "broken": "{where} 不是 TOML:{error}",
        "no-version": "{where}:缺少 version;请以 `version = {wanted}` 行开头",
        "version": "{where}:version 为 {value!r};本工具读取 `version = {wanted}`",
        "tables": "{where}:每个条目以双方括号行 [[{table}]] 开头",
        "table": "{where}:{key} 为 {value!r};它应是以 [{key}] 行开头的表",
        "unknown": "{where}:未知的键 {key!r}{near};可用的键为 {known}",
        "value": "{where}:{key} 为 {value!r};它应为{takes}{near}",
        "missing": "{where}:{name} 缺少 {key};它应为{takes}",
        "needed": "{where}:{name} 为 {because},但缺少 {key};它应为{takes}",
    },
}
#: What a field takes, by the name of its kind. `{choices}` are those of the field.
TAKES: Mapping[str, Mapping[str, str]] = {
    "en": {
        "id": "the id of a requirement in quotes",
        "choice": "one of {choices}",
        "sentence": "a sentence in quotes",
        "link": "an address in quotes",
        "date": "a date without quotes, such as 2027-03-31",
        "engine": 'a line of engines in quotes, such as "3.3"',
        "profile": 'the name of a vendor profile in quotes, such as "tei"',
        "code": 'the code of a reason in quotes, such as "capability:settings"',
        "name": "a name in quotes",
        "path": 'a path in quotes that begins with a slash, such as "/v1/embeddings"',
        "flag": "true or false, without quotes",
        "count": "a whole number from 1, without quotes",
        "counts": "a list of whole numbers from 1, such as [256, 1024]",
        "share": "a number from -1 to 1",
        "patterns": "a list of requirement ids, * for any part",
    },
    "zh": {
        "id": "带引号的要求编号",
        "choice": "{choices} 之一",
        "sentence": "带引号的句子",
        "link": "带引号的地址",
        "date": "不带引号的日期,例如 2027-03-31",
        "engine": '带引号的引擎系列,例如 "3.3"',
        "profile": '带引号的厂商档案名,例如 "tei"',
        "code": '带引号的原因代码,例如 "capability:settings"',
        "name": "带引号的名称",
        "path": '以斜杠开头、带引号的路径,例如 "/v1/embeddings"',
        "flag": "不带引号的 true 或 false",
        "count": "不带引号、不小于 1 的整数",
        "counts": "不小于 1 的整数列表,例如 [256, 1024]",
        "share": "-1 到 1 之间的数",
        "patterns": "要求编号的列表,* 表示任意部分",
    },
}
WHAT = {
    "en": {"ledger": "a ledger of deviations", "profile": "a vendor's profile", "tolerances": "a file of tolerances"},
    "zh": {"ledger": "偏差清单", "profile": "厂商档案", "tolerances": "容差文件"},
}


class UserFileError(ValueError):
    """A file cannot be used; the message names file, line and the closest word that is possible."""


@dataclass(frozen=True)
class Field:
    """One field of a table: what it takes (a key of TAKES), whether it must be there, its choices if it has some."""

    takes: str
    required: bool = False
    choices: tuple[str, ...] = ()

    def fits(self, value: Json) -> bool:
        """Whether a value is of the right kind."""
        return KINDS[self.takes](value) if self.takes in KINDS else self._text_fits(value)

    def _text_fits(self, value: Json) -> bool:
        if not isinstance(value, str) or not value or (self.choices and value not in self.choices):
            return False
        return bool(FORMS.get(self.takes, re.compile("")).match(value))


def _is_count(value: Json) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _is_date(value: Json) -> bool:
    """A time of day is a `date` to Python too, and is refused."""
    return isinstance(value, date) and not isinstance(value, datetime)


def _is_share(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and -1 <= value <= 1


def _list_of(fits: Callable[[Json], bool]) -> Callable[[Json], bool]:
    return lambda value: isinstance(value, list) and all(map(fits, value))


def _is_text(value: Json) -> bool:
    return isinstance(value, str)


#: What is no text: how its values are told.
KINDS: Mapping[str, Callable[[Json], bool]] = {
    "date": _is_date,
    "flag": lambda value: isinstance(value, bool),
    "count": _is_count,
    "counts": _list_of(_is_count),
    "share": _is_share,
    "patterns": _list_of(_is_text),
}
#: Texts of a form of their own.
FORMS: Mapping[str, re.Pattern[str]] = {"path": re.compile("/"), "engine": re.compile(r"\d+\.\d+$")}


def make_folder(path: Path, option: str) -> Path:
    """The same path to a file, in a folder that is there now. Raises SettingsError, which names the option."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        told = said("usage.no-folder", option=option, path=str(path), folder=str(path.parent), why=error.strerror)
        raise SettingsError(told) from None
    return path


class UserFile:
    """One file as a document, with the places of its tables and fields; the reader of TOML does not tell them.

    Raises UserFileError where it cannot be read, or is of another version.
    """

    def __init__(self, path: Path, what: str, lang: str, *, version: int) -> None:
        self.path, self._lang, self._lines = path, lang, list[str]()
        text = self._text(WHAT[lang][what])
        self._lines = text.splitlines()
        self.document = self._document(text)
        found = self.document.get("version")
        if found is None:
            self._without_version(version)
        if type(found) is not int or found != version:
            self.refuse("version", where=self.place("version"), value=found, wanted=version)

    def _text(self, what: str) -> str:
        """The file as text; a mark of byte order at its beginning is none of it."""
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            folder = self.path.parent
            near = closest(self.path.name, (one.name for one in folder.iterdir()) if folder.is_dir() else ())
            self.refuse("absent", path=self.path, what=what, near=near)
        except IsADirectoryError:
            self.refuse("folder", path=self.path, what=what)
        except OSError as error:
            self.refuse("closed", path=self.path, what=what, error=error.strerror)
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            self.refuse("bytes", where=f"{self.path}:{line}", byte=content[error.start])

    def _document(self, text: str) -> dict[str, Json]:
        try:
            return tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            told = re.search(r"line (\d+)", str(error))
            line = told[1] if told else max(1, len(self._lines))
            self.refuse("broken", where=f"{self.path}:{line}", error=error)

    def _without_version(self, wanted: int) -> NoReturn:
        for key in self.document:
            if closest(key, ("version",)):
                self.only({key: None}, ("version",))
        self.refuse("no-version", where=f"{self.path}:1", wanted=wanted)

    def refuse(self, word: str, **facts: Json) -> NoReturn:
        """Raise UserFileError in the words of a row of MISTAKES."""
        told = {name: spoken(one, self._lang) if isinstance(one, str) else one for name, one in facts.items()}
        raise UserFileError(MISTAKES[self._lang][word].format(**told)) from None

    def tables(self, name: str) -> list[dict[str, Json]]:
        """The entries of an array of tables."""
        rows = self.document.get(name, [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            self.refuse("tables", where=self._top(name), table=name)
        return rows

    def table(self, name: str) -> dict[str, Json]:
        """One table; empty where the file has none."""
        row = self.document.get(name, {})
        if not isinstance(row, dict):
            self.refuse("table", where=self._top(name), key=name, value=row)
        return row

    def place(self, key: str = "", table: str = "", number: int = 0) -> str:
        """File and line of a field, or of its table (the `number`th of that name)."""
        heads = [i for i, line in enumerate(self._lines) if re.match(r"\s*\[", line)]
        named = re.compile(rf"\s*\[{{1,2}}\s*{re.escape(table)}\s*\]")
        mine = [i for i in heads if table and named.match(self._lines[i])]
        start = mine[number] if number < len(mine) else 0
        end = next((i for i in heads if i > start or (i == start and not mine)), len(self._lines))
        field = re.compile(rf"""\s*["']?{re.escape(key)}["']?\s*=""")
        inside = (i for i in range(start, end) if key and field.match(self._lines[i]))
        return f"{self.path}:{next(inside, start) + 1}"

    def only(self, row: Mapping[str, Json], known: Collection[str], table: str = "", number: int = 0) -> None:
        """Refuse a key that is not known."""
        for key in row:
            if key not in known:
                where = self.place(key, table, number) if table else self._top(key)
                self.refuse("unknown", where=where, key=key, near=closest(key, known), known=", ".join(known))

    def _top(self, key: str) -> str:
        """A key at the top of a file is a field there, or a table."""
        here = self.place(key)
        return here if not here.endswith(":1") else self.place("", key)

    def check(self, row: Mapping[str, Json], fields: Mapping[str, Field], table: str = "", number: int = 0) -> None:
        """Refuse unknown keys, values of another kind, and missing fields of a table."""
        self.only(row, fields, table, number)
        for key, value in row.items():
            if not fields[key].fits(value):
                near = closest(value, fields[key].choices) if isinstance(value, str) else ""
                takes = self.takes(fields[key])
                self.refuse("value", where=self.place(key, table, number), key=key, value=value, takes=takes, near=near)
        for key, field in fields.items():
            if field.required and key not in row:
                self.missing(row, (key, field), table, number)

    def missing(
        self, row: Mapping[str, Json], lack: tuple[str, Field], table: str, number: int = 0, *, because: str = ""
    ) -> NoReturn:
        """Refuse a table that lacks a field, perhaps because of what another says."""
        key, field = lack
        where, name = self.place("", table, number), row.get("id", f"[{table}]" if table else self.path.name)
        word = "needed" if because else "missing"
        self.refuse(word, where=where, name=name, key=key, takes=self.takes(field), because=because)

    def takes(self, field: Field) -> str:
        """What a field takes, in words."""
        return TAKES[self._lang][field.takes].format(choices=", ".join(field.choices))

"""Judges the bodies of a file by the rules; every finding names its place, and no secret."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from polarsearch_mock.mlcommons.errors import EngineError
from polarsearch_mock.mlcommons.javaregex import java_pattern
from polarsearch_mock.mlcommons.postprocess import FUNCTIONS

from .reading import REQUEST, Body, bodies

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Json = Any

TRUSTED = "plugins.ml_commons.trusted_connector_endpoints_regex"
SLOT = re.compile(r"\$\{parameters\.([\w.-]+?)(?::-[^}]*)?\}")
SHELL = re.compile(r"\$\{(?!parameters\.|credential\.)\w+\}")
UNFILLED = re.compile(r"<[A-Za-z_]\w*>")
SECRET = re.compile(r"\bsk-(?!x+\b)[A-Za-z0-9]{20,}\b")
DOTS = re.compile(r"(?<=[A-Za-z0-9])(?<!\\)\.(?=[A-Za-z])")
#: Parameters of a predict that are lists, and that are texts, in the guide's three kinds.
LISTS, TEXTS = ("input", "texts", "documents", "messages"), ("query", "prompt", "model")
#: Parameters that the engine itself reads.
ENGINE = (
    "input_docs_processed_step_size", "response_filter", "skip_validating_missing_parameters", "no_escape_params",
    "max_tokens", "temperature",
)  # fmt: skip
#: Models that DashScope has retired, or announced to retire.
RETIRED = ("text-embedding-v1", "text-embedding-v2", "gte-rerank", "qwen-turbo-1101", "qwen-72b-chat", "qwen-14b-chat")
#: Part of a route -> functions that read what it answers.
FITTING: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("/compatible-mode/v1/embeddings", ("openai.embedding", "default.embedding")),
    ("/api/v1/services/rerank/", ()),
    ("/compatible-api/v1/reranks", ("cohere.rerank",)),
    ("/chat/completions", ()),
)
#: Seconds over which a timeout is taken for milliseconds.
LONGEST = 3600


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: the rule, the offset in the file, and what it is about."""

    rule: str
    offset: int
    what: str

    def said(self, lang: str) -> tuple[str, str]:
        """What is wrong, and what to do."""
        row = rules()[self.rule]
        suffix = "" if lang == "en" else "_zh"
        fix = row[f"fix_{lang}"]
        return row["zh" if suffix else "en"].format(what=self.what), fix.replace("{what}", self.what)


@cache
def rules() -> Mapping[str, Mapping[str, str]]:
    """Every rule by its id."""
    return tomllib.loads((resources.files(__package__) / "rules.toml").read_text(encoding="utf-8"))


Found = Iterator[Finding]


def lint(text: str) -> list[Finding]:
    """All findings of a file, in its order. Raises ValueError where it holds no body to judge."""
    found = list(bodies(text))
    if not found:
        raise ValueError("it holds no JSON body, curl with -d '…', or Dashboards request")
    each = [one for body in found for judge in JUDGES for one in judge(body)]
    asked = [Finding("unfilled", *one) for one in _unfilled_addresses(text)]
    secrets = [Finding("secret", match.start(), "") for match in SECRET.finditer(text)]
    return sorted({*each, *asked, *secrets, *_together(found)}, key=lambda one: (one.offset, one.rule))


def _unfilled_addresses(text: str) -> Iterator[tuple[int, str]]:
    for request in REQUEST.finditer(text):
        for match in UNFILLED.finditer(text, *request.span("url" if request["url"] else "path")):
            yield match.start(), match[0]


def _actions(body: Body) -> Sequence[Mapping[str, Json]]:
    actions = body.json.get("actions")
    return [one for one in actions if isinstance(one, dict)] if isinstance(actions, list) else []


def _parameters(body: Body) -> Mapping[str, Json]:
    found = body.json.get("parameters")
    return found if isinstance(found, dict) else {}


def _texts(action: Mapping[str, Json]) -> str:
    return "\n".join(str(action.get(name, "")) for name in ("url", "headers", "request_body"))


def _placeholders(body: Body) -> Found:
    if body.quoted:
        for match in SHELL.finditer(body.text):
            yield Finding("key-in-single-quotes", body.start + match.start(), match[0])
    for match in UNFILLED.finditer(body.text):
        yield Finding("unfilled", body.start + match.start(), match[0])


def _slots(body: Body) -> Found:
    given, actions = _parameters(body), _actions(body)
    for action in actions:
        for name in SLOT.findall(str(action.get("url", ""))):
            if name not in given:
                yield Finding("slot-without-parameter", body.find(f"${{parameters.{name}"), name)
    used = {name for action in actions for name in SLOT.findall(_texts(action))}
    for name in given if actions else ():
        if name not in used and name not in ENGINE:
            yield Finding("parameter-without-slot", body.find(f'"{name}"'), name)


def _quotes(body: Body) -> Found:
    for action in _actions(body):
        template = str(action.get("request_body", ""))
        for match in SLOT.finditer(template):
            before, behind = template[: match.start()][-1:], template[match.end() :][:1]
            if (before, behind) == ('"', '"') and match[1] in LISTS:
                yield Finding("quoted-slot-for-list", body.find(match[0]), match[1])
            if '"' not in (before, behind) and match[1] in TEXTS:
                yield Finding("bare-slot-for-text", body.find(match[0]), match[1])


def _urls(body: Body) -> Found:
    for action in _actions(body):
        url = _filled(str(action.get("url", "")), _parameters(body))
        if re.match(r"https?://https?://", url):
            yield Finding("scheme-twice", body.find(str(_parameters(body).get("endpoint", ""))), url)


def _filled(url: str, parameters: Mapping[str, Json]) -> str:
    return SLOT.sub(lambda slot: str(parameters.get(slot[1], slot[0])), url)


def _patterns(body: Body) -> Found:
    for pattern in patterns(body):
        if _unreadable(pattern):
            yield Finding("broken-pattern", body.find(pattern), pattern)
        elif DOTS.search(pattern):
            yield Finding("bare-dots", body.find(pattern), pattern)


def patterns(body: Body) -> list[str]:
    """The trusted patterns that a settings body sets."""
    found: list[str] = []
    for scope in ("persistent", "transient"):
        changed = body.json.get(scope)
        value = changed.get(TRUSTED) if isinstance(changed, dict) else None
        found += [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
    return found


def _unreadable(pattern: str) -> bool:
    try:
        java_pattern(pattern)
    except EngineError:
        return True
    return False


def _models(body: Body) -> Found:
    name = _parameters(body).get("model")
    if name in RETIRED:
        yield Finding("retired-model", body.find(f'"{name}"'), str(name))
    if "stream" in _parameters(body):
        yield Finding("stream-parameter", body.find('"stream"'), "stream")


def _functions(body: Body) -> Found:
    for action in _actions(body):
        name = str(action.get("post_process_function", ""))
        if name.startswith("connector.post_process.") and name not in FUNCTIONS:
            yield Finding("unknown-function", body.find(name), name)
            continue
        for route, fit in FITTING:
            wrong = name in FUNCTIONS and name.removeprefix("connector.post_process.") not in fit
            if route in str(action.get("url", "")) and wrong and "response_filter" not in _parameters(body):
                yield Finding("function-misfit", body.find(name), name)


def _connector(body: Body) -> Found:
    if _actions(body) and not body.json.get("credential"):
        yield Finding("missing-credential", body.start, "")
    config = body.json.get("client_config")
    for name in ("read_timeout", "connection_timeout") if isinstance(config, dict) else ():
        value = config.get(name)
        if isinstance(value, int) and value > LONGEST:
            yield Finding("timeout-unit", body.find(f'"{name}"'), f"{name} {value}")


def _routes(body: Body) -> Found:
    if "text_docs" in body.json and re.search(r"/models/[^/]+/_predict", body.path):
        yield Finding("text-docs-route", body.find('"text_docs"'), body.path)


def _together(found: Sequence[Body]) -> Found:
    """What several bodies of one file show only together."""
    slots = {name for body in found for action in _actions(body) for name in SLOT.findall(_texts(action))}
    connectors = [body for body in found if _actions(body)]
    for body in found:
        if connectors and not _actions(body) and "top_n" in _parameters(body) and "top_n" not in slots:
            yield Finding("top-n-dropped", body.find('"top_n"'), "top_n")
    trusted = [pattern for body in found for pattern in patterns(body) if not _unreadable(pattern)]
    for body in connectors if trusted else ():
        for action in _actions(body):
            url = _filled(str(action.get("url", "")), _parameters(body))
            plain = not UNFILLED.search(url) and "${" not in url
            if plain and not any(java_pattern(one).fullmatch(url) for one in trusted):
                yield Finding("url-not-covered", body.find(str(action.get("url", ""))), url)


JUDGES: tuple[Callable[[Body], Found], ...] = (
    _placeholders, _slots, _quotes, _urls, _patterns, _models, _functions, _connector, _routes,
)  # fmt: skip

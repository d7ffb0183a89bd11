"""Rules of what connectors fill in: slots and parameters, quotes, addresses, functions, models, credentials."""

from __future__ import annotations

import difflib
import re
from collections.abc import Set

from polarsearch_mock.mlcommons.engines import ENGINES
from polarsearch_mock.mlcommons.errors import EngineError
from polarsearch_mock.mlcommons.jsonpath import PathError
from polarsearch_mock.mlcommons.postprocess import FUNCTIONS, is_builtin, postprocess
from polarsearch_mock.mlcommons.preprocess import EMBEDDING, RERANK

from .connector import TEMPLATES, Connector, File, Slot, known, slots
from .facts import ANSWERS, FROM_PREDICT, LISTS, LONGEST, OF_CONNECTOR, OF_ENGINE, RETIRED, TEXTS, TIMEOUTS
from .findings import Finding, Found
from .jsontree import Node
from .text import Edit, together

_FUNCTION = re.compile(r"[\w.-]+")
#: What wants a list, before a slot in quotes.
_LIST_FIELD = re.compile(rf'"(?:{"|".join(LISTS)})"\s*:\s*"$')
_MODEL = re.compile(r'"model"\s*:\s*"([\w.-]+)"')


def at(connector: Connector, rule: str, node: Node, what: str = "", *edits: Edit | None) -> Finding:
    """A finding about a value; the edits count if all of them can be made."""
    return Finding(rule, *connector.body.span(node), what, together(*edits))


def slots_without_parameter(connector: Connector, file: File) -> Found:
    """Placeholders that nothing fills: neither the connector nor, as far as the file shows, a predict."""
    if connector.partial:
        return
    for action in connector.actions:
        for field in TEMPLATES:
            for slot in slots(action.get(field)):
                if not (slot.default or _filled(connector, slot, file, field)):
                    span = connector.body.span(slot.node, slot.start, slot.end)
                    yield Finding("slot-without-parameter", *span, slot.node.text[slot.start : slot.end])


def _filled(connector: Connector, slot: Slot, file: File, field: str) -> bool:
    if slot.origin in ("credentials", "parameter"):
        return False
    if slot.origin == "credential":
        own = connector.node.get("credential")
        return own is None or own.kind != "object" or own.get(slot.name) is not None
    if slot.name in connector.parameters:
        return True
    if field == "url" or slot.name in OF_CONNECTOR:
        return False
    return slot.name in FROM_PREDICT or slot.name in file.given or not file.given


def parameters_without_slot(connector: Connector, _file: File) -> Found:
    """Parameters that nothing of the connector uses."""
    if not connector.actions or any(action.get("request_body") is None for action in connector.actions):
        return
    used = connector.used()
    own = connector.node.get("parameters")
    for key, _ in own.members if own else ():
        if key.value not in used and key.value not in (*OF_ENGINE, "stream"):
            yield at(connector, "parameter-without-slot", key, str(key.value))


def quotes(connector: Connector, file: File) -> Found:
    """Lists in quotes, texts without."""
    for action in connector.actions:
        template = action.get("request_body")
        for slot in slots(template) if template and template.kind == "text" else ():
            before, behind = slot.node.text[: slot.start][-1:], slot.node.text[slot.end :][:1]
            span, kinds = connector.body.span(slot.node, slot.start, slot.end), _kinds(connector, slot, file)
            if (before, behind) == ('"', '"') and kinds == {"list"}:
                edits = _unquoted(connector, slot)
                yield Finding("quoted-slot-for-list", *span, slot.name, edits)
            if '"' not in (before, behind) and kinds == {"text"} and before in " :,[\t\n" and behind in " ,}]\t\n":
                yield Finding("bare-slot-for-text", *span, slot.name, _quoted(connector, slot))


def _kinds(connector: Connector, slot: Slot, file: File) -> Set[str]:
    """What fills a slot: as the file shows it, else as its name has it."""
    if slot.origin != "parameters":
        return set()
    own = connector.parameters.get(slot.name)
    kinds = file.given.get(slot.name, frozenset())
    if own and not (own.kind == "text" and _json(own.text)):
        kinds = kinds | {own.kind}
    named = {"list"} if slot.name in LISTS else {"text"} if slot.name in TEXTS else set()
    if named == {"list"} and not _LIST_FIELD.search(slot.node.text[: slot.start]):
        return kinds
    return kinds or (named if own is None else set())


def _json(text: str) -> bool:
    """Whether it is JSON without quotes, as numbers in texts are."""
    return bool(re.fullmatch(r"\s*(?:-?\d[\d.eE+-]*|true|false|null|[\[{].*)\s*", text, re.DOTALL))


def _unquoted(connector: Connector, slot: Slot) -> tuple[Edit, ...]:
    body, node = connector.body, slot.node
    return together(body.edit(node, slot.start - 1, slot.start, ""), body.edit(node, slot.end, slot.end + 1, ""))


def _quoted(connector: Connector, slot: Slot) -> tuple[Edit, ...]:
    body, node = connector.body, slot.node
    return together(body.edit(node, slot.start, slot.start, '"'), body.edit(node, slot.end, slot.end, '"'))


def scheme_twice(connector: Connector, _file: File) -> Found:
    """An endpoint with a scheme, behind a scheme."""
    for action in connector.actions:
        url = action.get("url")
        for slot in slots(url):
            value, before = connector.parameters.get(slot.name), slot.node.text[: slot.start]
            found = re.match(r"https?://", value.text) if value else None
            if value and found and re.fullmatch(r"https?://", before):
                same = found[0] == before
                edits = together(connector.body.edit(value, 0, found.end(), "")) if same else ()
                yield Finding("scheme-twice", *connector.body.span(value), connector.url(action), edits)
        if url and re.match(r"https?://https?://", url.text):
            yield at(connector, "scheme-twice", url, connector.url(action))


def functions(connector: Connector, file: File) -> Found:
    """Names that no engine has, and functions that read another shape than the route answers."""
    after = {name for name in FUNCTIONS if not file.engine or is_builtin(name, ENGINES[file.engine])}
    for action in connector.actions:
        for field, names in (("pre_process_function", {*EMBEDDING, *RERANK}), ("post_process_function", after)):
            node = action.get(field)
            if not node or not _FUNCTION.fullmatch(node.text):
                continue
            if node.text not in names:
                near = difflib.get_close_matches(node.text, names, n=1)
                yield at(connector, "unknown-function", node, node.text + (f" ({near[0]}?)" if near else ""))
            elif field == "post_process_function" and not _reads(connector, action, node.text):
                yield at(connector, "function-misfit", node, node.text)


def _reads(connector: Connector, action: Node, function: str) -> bool:
    """Whether the function makes something of what the route answers; so it does where the route is not known."""
    path = connector.url(action).partition("?")[0]
    answer = next((answer for route, answer in ANSWERS if route.search(path)), None)
    chosen = connector.parameters.get("response_filter")
    try:
        return answer is None or bool(postprocess(answer, function, chosen.text if chosen else None))
    except (PathError, EngineError):
        return False


def retired(connector: Connector, _file: File) -> Found:
    """Models that are gone: among the parameters, or in the template itself."""
    own = connector.parameters.get("model")
    if own and own.text in RETIRED:
        yield at(connector, "retired-model", own, f"{own.text} → {RETIRED[own.text]}")
    for action in connector.actions:
        template = action.get("request_body")
        for found in _MODEL.finditer(template.text) if template else ():
            if template and found[1] in RETIRED:
                span = connector.body.span(template, *found.span(1))
                yield Finding("retired-model", *span, f"{found[1]} → {RETIRED[found[1]]}")


def credential(connector: Connector, _file: File) -> Found:
    """None given, where every engine wants one."""
    own, protocol = connector.node.get("credential"), connector.node.get("protocol")
    if connector.partial or (own and (own.members or own.kind == "blank")):
        return
    if protocol and protocol.text.startswith("mcp"):
        return
    uses = any(slot.origin == "credential" for action in connector.actions for slot in slots(action))
    yield at(connector, "missing-credential", own or connector.node, "", *(() if uses else (_dummy(connector, own),)))


def _dummy(connector: Connector, own: Node | None) -> Edit | None:
    """A credential that nobody has to know, where there is none."""
    text, node = connector.body.text, connector.node
    if own:
        return text.edit(own.start, own.end, '{"api_key": "unused"}') if own.kind == "object" else None
    first = node.members[0][0].start
    blanks = text.chars[node.start + 1 : first]
    new = f'"credential": {{"api_key": "unused"}},{blanks or " "}' if not blanks.strip() else ""
    return text.edit(first, first, new) if new else None


def timeouts(connector: Connector, _file: File) -> Found:
    """Milliseconds where seconds are read."""
    config = connector.node.get("client_config")
    for key, value in config.members if config else ():
        number = value.value if value.kind == "number" else value.text
        if key.value in TIMEOUTS and re.fullmatch(r"\d{1,18}", str(number)) and int(str(number)) >= LONGEST:
            yield at(connector, "timeout-unit", value, f"{key.value} {number}")


def port_of_the_other_scheme(connector: Connector, _file: File) -> Found:
    """The https port asked without TLS, and the other way round."""
    for action in connector.actions:
        url, node = connector.url(action), action.get("url")
        if node and known(url) and re.match(r"http://[^/]+:443(?:/|$)|https://[^/]+:80(?:/|$)", url):
            yield at(connector, "scheme-mismatch", node, url)


JUDGES = (
    slots_without_parameter, parameters_without_slot, quotes, scheme_twice, functions, retired, credential, timeouts,
    port_of_the_other_scheme,
)  # fmt: skip

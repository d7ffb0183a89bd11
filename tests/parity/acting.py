"""Acting a scenario out: its requests against an engine, its script as the model service."""

from __future__ import annotations

import json
import re
import socket
import time
from typing import Any

import httpx

from .matching import UNORDERED, Names, folded, in_any_order
from .scenarios import Scenario, parsed
from .service import Service

ML = "/_plugins/_ml"
_INDICES = ".plugins-ml-model,.plugins-ml-connector,.plugins-ml-model-group,.plugins-ml-task"
_BASELINE = {
    "plugins.ml_commons.only_run_on_ml_node": "false",
    "plugins.ml_commons.connector.private_ip_enabled": "true",
    "plugins.ml_commons.trusted_connector_endpoints_regex": [r"^http://127\.0\.0\.1:[0-9]+/.*$"],
}
_SHOWN_HEADERS = ("allow", "warning", "x-opaque-id", "www-authenticate")
_ASKED_HEADERS = ("authorization", "content-type")
_POLL_SECONDS = 5.0


def cleaned(client: httpx.Client, *, fresh: bool) -> None:
    """Brings an engine to where every scenario begins."""
    for scope in ("persistent", "transient"):
        client.put("/_cluster/settings", json={scope: {"*": None}})
    client.put("/_cluster/settings", json={"persistent": _BASELINE})
    search = client.post(f"{ML}/models/_search", json={"size": 1000}).json()
    models = [hit["_id"] for hit in search["hits"]["hits"]]
    if models:
        client.post(f"{ML}/models/_undeploy", json={"model_ids": models})
    wipe = {"query": {"match_all": {}}}
    client.post(f"/{_INDICES}/_delete_by_query", params={"ignore_unavailable": "true"}, json=wipe)
    for index in _INDICES.split(",") if fresh else ():
        client.delete(f"/{index}")


def _sorted_methods(text: str) -> str:
    def in_order(found: re.Match[str]) -> str:
        comma = ", " if ", " in found[0] else ","
        return comma.join(sorted(found[0].split(comma)))

    return re.sub(r"(?<=allowed: \[)[A-Z, ]+|^[A-Z]+(?:,[A-Z]+)+$", in_order, text)


def _content(asked: Any) -> bytes | None:
    if "raw_body" in asked:
        return bytes(asked["raw_body"].encode("utf-8", "surrogatepass"))
    if "body" not in asked:
        return None
    return json.dumps(asked["body"], ensure_ascii=False).encode("utf-8", "surrogatepass")


def _sent(client: httpx.Client, asked: Any) -> dict[str, Any]:
    content = _content(asked)
    headers: dict[str, str] = {} if content is None else {"content-type": "application/json"}
    for name, value in asked.get("headers", {}).items():
        headers.pop(name, None)
        if value is not None:
            headers[name] = value
    url = asked["path"] + (f"?{asked['query']}" if asked.get("query") else "")
    try:
        answer = client.request(asked["method"], url, content=content, headers=headers)
    except (httpx.RemoteProtocolError, httpx.ReadError):
        return {"timeout": True}
    return _seen(answer)


def _seen(answer: httpx.Response) -> dict[str, Any]:
    seen: dict[str, Any] = {"status": answer.status_code, "content_type": answer.headers.get("content-type")}
    headers = {name: _sorted_methods(answer.headers[name]) for name in _SHOWN_HEADERS if name in answer.headers}
    if headers:
        seen["headers"] = headers
    text = _sorted_methods(answer.text) if answer.status_code == 405 else answer.text
    try:
        seen["body"] = parsed(text)
    except ValueError:
        seen["text"] = answer.text
    return seen


def _reached(until: Any, seen: Any) -> bool:
    value = seen
    try:
        for key in until["path"]:
            value = value[key]
    except (KeyError, IndexError, TypeError):
        return False
    return bool(value == until["equals"])


def _performed(client: httpx.Client, step: Any, names: Names) -> dict[str, Any]:
    asked, until = names.filled(step["request"]), step.get("until")
    deadline = time.monotonic() + _POLL_SECONDS
    while True:
        seen = _sent(client, asked)
        if until is None or _reached(until, seen) or time.monotonic() > deadline:
            return seen
        time.sleep(0.02)


def _compared(request: Any, *, loose: bool) -> dict[str, Any]:
    headers = {name.lower(): value for name, value in request.get("headers", {}).items()}
    kept: dict[str, Any] = {key: request[key] for key in ("method", "path", "body", "body_base64") if key in request}
    kept["headers"] = {name: headers[name] for name in _ASKED_HEADERS if name in headers}
    if "body" in kept:
        kept["body"] = folded(kept["body"])
    if loose and "body" in kept:
        try:
            kept["body"] = in_any_order(parsed(kept["body"]))
        except ValueError:
            return kept
    return kept


def _upstream_difference(recorded: list[Any], heard: list[Any], names: Names, *, loose: bool) -> str | None:
    if len(recorded) != len(heard):
        return f"the service was to be asked {len(recorded)} times and was asked {len(heard)} times"
    for place, (wanted, found) in enumerate(zip(recorded, heard, strict=True)):
        pair = _compared(wanted["request"], loose=loose), _compared(found, loose=loose)
        told = names.difference(*pair, f"service[{place}]")
        if told:
            return told
    return None


def _lower_type(answer: Any) -> Any:
    if "content_type" not in answer:
        return answer
    return {**answer, "content_type": (answer["content_type"] or "").lower()}


def difference(scenario: Scenario, client: httpx.Client, service: Service) -> str | None:
    """Acts a scenario out; the first difference in words, or None."""
    cleaned(client, fresh=scenario.fresh)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        closed = f"127.0.0.1:{probe.getsockname()[1]}"
    known = {"upstream": f"127.0.0.1:{service.port}", "local_upstream": f"localhost:{service.port}", "closed": closed}
    names = Names(known, ordered=scenario.name not in UNORDERED)
    for number, step in enumerate(scenario.steps, 1):
        service.script([names.filled(exchange["reply"]) for exchange in step["upstream"]])
        seen = _performed(client, step, names)
        told = names.difference(_lower_type(step["response"]), _lower_type(seen), "answer")
        told = told or _upstream_difference(step["upstream"], service.heard(), names, loose=scenario.loose_bodies)
        if told:
            return f"step {number}, {step['request']['method']} {step['request']['path']}: {told}"
    return None

"""The steps of one predict: parameters merged, body filled, address checked, the service asked, its answer read."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from . import guardrails, output
from .dataset import Dataset
from .endpoint import Uri, checked_addresses, checked_uri
from .engines import Engine
from .errors import EngineError, NeverAnswers, illegal_argument
from .hop import crossed_error, crossed_results
from .interface import check_input
from .lenientjson import is_json
from .postprocess import Tensor
from .preprocess import batches, is_builtin, preprocess, script_not_emulated
from .remote import Answer, body_or_error
from .substitution import CREDENTIAL, PARAMETERS, escaped, fill_body, stringify, substitute, with_methods
from .throttle import Bucket
from .trust import Resolver

_METHODS = ("POST", "GET")
_NO_METHOD = "unsupported http method"
_NO_CONTENT = "Content length is 0. Aborting request to remote model"
_SEES_PARAMETERS = "pre_process_function.process_remote_inference_input"


@dataclass(frozen=True)
class Outgoing:
    """One request as it leaves; its headers hold secrets, so they are not shown."""

    method: str
    uri: Uri
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def url(self) -> str:
        """The whole address, without user and fragment."""
        port = "" if self.uri.port < 0 else f":{self.uri.port}"
        return f"{self.uri.scheme}://{self.uri.host}{port}{self.uri.target}"

    @property
    def place(self) -> tuple[str, int]:
        """Host and port that it goes to, the scheme's own where none is written."""
        return (self.uri.host or "").strip("[]").lower(), self.uri.called_port

    def __repr__(self) -> str:
        return f"Outgoing({self.method} {self.uri.host})"


class Link(Protocol):
    """A way to the service: what it may still be asked, how names resolve, and asking."""

    bucket: Bucket
    resolver: Resolver

    async def ask(self, outgoing: Outgoing) -> Answer:
        """The service's answer; EngineError when none came whole."""
        ...


@dataclass(frozen=True)
class PredictCall:
    """Everything that one predict needs. `hop` runs it on another node; credentials are in plain text, never shown."""

    engine: Engine
    model: Mapping[str, Any]
    model_id: str
    connector: Mapping[str, Any]
    dataset: Dataset
    private_ip_allowed: bool
    hop: bool
    runtime: Link

    def __repr__(self) -> str:
        return f"PredictCall({self.model_id!r}, {self.dataset.kind!r}, {self.engine.name})"


async def results_of(call: PredictCall) -> list[dict[str, Any]]:
    """The entries of `inference_results`. EngineError as the engine fails, NeverAnswers where it stays silent."""
    given = call.dataset.parameters
    parameters = None if given is None else stringify(given, call.engine)
    check_input(call.model.get("interface"), call.dataset, parameters)
    try:
        results = await _execute(call, parameters or {})
        return crossed_results(results) if call.hop else results
    except EngineError as error:
        raise (crossed_error(error) if call.hop else error) from None


async def _execute(call: PredictCall, parameters: Mapping[str, str]) -> list[dict[str, Any]]:
    action = _action(call)
    if call.dataset.kind != "text_docs":
        return [await _one(call, action, call.dataset, parameters)]
    step = (call.connector.get("parameters") or {}).get("input_docs_processed_step_size")
    parts = batches(call.dataset.text_docs, action.get("pre_process_function"), step)
    inputs = [replace(call.dataset, text_docs=part) for part in parts]
    return await _all([asyncio.ensure_future(_one(call, action, one, parameters)) for one in inputs])


async def _all(calls: list[asyncio.Future[dict[str, Any]]]) -> list[dict[str, Any]]:
    """Every call's result, in order; the first failure when all have ended."""
    ended = await asyncio.gather(*calls, return_exceptions=True)
    for one in ended:
        if isinstance(one, BaseException):
            raise one
    return [one for one in ended if not isinstance(one, BaseException)]


def _action(call: PredictCall) -> Mapping[str, Any]:
    wanted = call.dataset.action_type.upper()
    for action in call.connector.get("actions") or ():
        if action["action_type"].upper() == wanted:
            found: Mapping[str, Any] = action
            return found
    raise illegal_argument(f"no {wanted} action found")


async def _one(
    call: PredictCall, action: Mapping[str, Any], dataset: Dataset, given: Mapping[str, str]
) -> dict[str, Any]:
    """One request to the service and the entry of `inference_results` it makes."""
    parameters = _merged(call, action, dataset, given)
    payload = _payload(action, parameters)
    if call.engine.stream_parameter_hangs and "stream" in parameters:
        raise NeverAnswers('a parameter named "stream" takes the streaming branch, which has no channel here')
    call.runtime.bucket.take(call.model.get("rate_limiter"))
    _guard(call, "input_guardrail", payload, guardrails.INPUT_TRIGGERED)
    answer = await call.runtime.ask(await _outgoing(call, action, parameters, payload))
    body = body_or_error(answer, call.engine, hop=call.hop)
    if guardrails.triggered(call.model.get("guardrails"), "output_guardrail", body):
        raise output.post_process_failure("illegal_argument_exception", guardrails.OUTPUT_TRIGGERED, call.engine)
    made: list[Tensor] = output.tensors(body, action, parameters, call.engine)
    return {**({"output": made} if made else {}), "status_code": answer.status}


def _guard(call: PredictCall, side: str, text: str | None, refusal: str) -> None:
    if text is not None and guardrails.triggered(call.model.get("guardrails"), side, text):
        raise illegal_argument(refusal)


def _merged(call: PredictCall, action: Mapping[str, Any], dataset: Dataset, given: Mapping[str, str]) -> dict[str, str]:
    """The connector's parameters as they are, over them, escaped, the caller's or the pre-processed ones."""
    own = dict(call.connector.get("parameters") or {})
    function = action.get("pre_process_function")
    if dataset.kind == "remote":
        asked = escaped(given, call.engine)
        merged = {**own, **asked}
        if not is_builtin(function) and merged.get(_SEES_PARAMETERS, "").lower() == "true":
            raise script_not_emulated("pre_process_function", str(function))
    else:
        merged = {**own, **escaped(preprocess(dataset, function, call.engine), call.engine)}
    return with_methods(merged, call.engine)


def _payload(action: Mapping[str, Any], parameters: Mapping[str, str]) -> str | None:
    """The body to send; 400 where it is no JSON or a placeholder is left in it."""
    template = action.get("request_body")
    if template is None:
        return parameters.get("http_body")
    payload = fill_body(template, parameters)
    if not is_json(payload):
        raise illegal_argument(f"Invalid payload: {payload}")
    if PARAMETERS[:-1] in payload and parameters.get("skip_validating_missing_parameters", "").lower() != "true":
        _check_filled(payload)
    return payload


def _check_filled(payload: str) -> None:
    """400 that names what is still open, in order."""
    pieces = payload.split(PARAMETERS)[1:]
    names = [piece.partition("}")[0] for piece in pieces if "}" in piece]
    if names:
        raise illegal_argument(f"Some parameter placeholder not filled in payload: {', '.join(names)}")


async def _outgoing(
    call: PredictCall, action: Mapping[str, Any], parameters: Mapping[str, str], payload: str | None
) -> Outgoing:
    method = action["method"].upper()
    if method not in _METHODS:
        raise illegal_argument(_NO_METHOD)
    if method == "POST" and not payload:
        raise illegal_argument(_NO_CONTENT)
    url = substitute(action["url"], parameters)
    uri = checked_uri(url, call.engine)
    host = uri.host or ""
    await checked_addresses(host, call.runtime.resolver, private_allowed=call.private_ip_allowed, engine=call.engine)
    body = (payload or "").encode(_charset(parameters), "replace") if method == "POST" else b""
    return Outgoing(method, uri, _headers(call.connector, action), body)


def _charset(parameters: Mapping[str, str]) -> str:
    name = parameters.get("charset", "UTF-8")
    try:
        "".encode(name)
    except LookupError:
        raise EngineError("unsupported_charset_exception", name) from None
    return name


def _headers(connector: Mapping[str, Any], action: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """The headers as they leave, sorted by name: credentials first, then the connector's own parameters filled in."""
    own = connector.get("parameters") or {}
    credential = connector.get("credential") or {}
    filled = {
        name: substitute(substitute(value, credential, CREDENTIAL), own)
        for name, value in (action.get("headers") or {}).items()
    }
    if not any(name.lower() == "content-type" for name in filled):
        filled["Content-Type"] = "application/json"
    return tuple(sorted(filled.items(), key=lambda pair: pair[0].lower()))

"""The faults of the DashScope mock as a table: name, whom each imitates, where it acts, how. `..faults` sets them."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import AsyncIterator, Callable
from typing import Any

from ..faults import Fault, Hook, Occasion
from ..messages import Headers, Reply, Request
from . import reshaping as bad
from .reshaping import reasked, reshaped, with_body

EMBEDDING, RERANK, CHAT, GENERATION = "embedding", "rerank", "chat", "generation"
TALK = (CHAT, GENERATION)
DONE = b"data: [DONE]\n\n"
NGINX = (
    b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n"
    b"<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
)


def is_native(request: Request) -> bool:
    """Whether the route speaks the native dialect."""
    return request.path.startswith("/api/v1/")


def with_headers(reply: Reply, change: Callable[[Headers], Headers]) -> Reply:
    """The same answer under other headers."""
    return Reply(reply.status, reply.body, change(reply.headers), reply.stream, reply.abort)


def header_set(name: str, value: str) -> Callable[[Headers], Headers]:
    """A change of headers: one of them has this value."""
    return lambda headers: (*((k, v) for k, v in headers if k != name), (name, value))


# ---------------------------------------------------------------------------------------------- time
async def fixed(reply: Reply, occasion: Occasion) -> Reply:
    """`seconds` before the first byte."""
    await asyncio.sleep(float(occasion.params["seconds"]))
    return reply


async def lognormal(reply: Reply, occasion: Occasion) -> Reply:
    """A drawn delay with that median (seconds) and sigma: most answers quick, a few very late."""
    drawn = occasion.random.lognormvariate(math.log(float(occasion.params["median"])), float(occasion.params["sigma"]))
    await asyncio.sleep(drawn)
    return reply


async def per_token(reply: Reply, occasion: Occasion) -> Reply:
    """`seconds` a token: a stream is paced to a schedule, so that delays do not add up; a plain answer waits whole."""
    pace = float(occasion.params["seconds"])
    if reply.stream is not None:
        return Reply(reply.status, headers=reply.headers, stream=_paced(reply.stream, pace), abort=reply.abort)
    await asyncio.sleep(pace * tokens_written(reply))
    return reply


def tokens_written(reply: Reply) -> int:
    """How many tokens of its own the answer counts in its usage, in either dialect; 0 where it counts none."""
    try:
        usage = json.loads(reply.body)["usage"]
        return int(usage.get("completion_tokens", usage.get("output_tokens", 0)))
    except (ValueError, KeyError, TypeError, AttributeError):
        return 0


async def _paced(stream: AsyncIterator[bytes], pace: float) -> AsyncIterator[bytes]:
    clock = asyncio.get_running_loop().time
    due = clock()
    async for piece in stream:
        due += pace
        await asyncio.sleep(max(0.0, due - clock()))
        yield piece


def trickle(reply: Reply, occasion: Occasion) -> Reply:
    """`size` bytes at a time, with `seconds` between."""
    size, pause = int(occasion.params["size"]), float(occasion.params["seconds"])
    pieces = [reply.body[at : at + size] for at in range(0, len(reply.body), size)]
    return _in_pieces(reply, pieces, pause) if reply.stream is None else reply


def _in_pieces(reply: Reply, pieces: list[bytes], pause: float) -> Reply:
    async def stream() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece
            await asyncio.sleep(pause)

    return Reply(reply.status, headers=reply.headers, stream=stream(), abort=reply.abort)


def split_character(reply: Reply, occasion: Occasion) -> Reply:
    """The body in two pieces, cut inside the first character of more than one byte."""
    cut = next((at for at, byte in enumerate(reply.body) if byte > 0x7F), -1) + 1
    if reply.stream is not None or not cut:
        return reply
    return _in_pieces(reply, [reply.body[:cut], reply.body[cut:]], float(occasion.params["seconds"]))


# ---------------------------------------------------------------------------------------------- bodies and connections
def aborted(how: Any) -> Callable[[Reply, Occasion], Reply]:
    """A fault that ends the connection early, as `Reply.abort` has it."""
    return lambda reply, _: Reply(reply.status, reply.body, reply.headers, reply.stream, how)


def empty_body(reply: Reply, _occasion: Occasion) -> Reply:
    """The status and headers without a body."""
    return with_body(Reply(reply.status, headers=reply.headers), b"")


def html_page(_request: Request, _occasion: Occasion) -> Reply:
    """A proxy's page."""
    return Reply(502, NGINX, (("server", "nginx"), ("content-type", "text/html")))


def page_with_200(_request: Request, _occasion: Occasion) -> Reply:
    """A page under a success."""
    return Reply(200, b"<html><body>Sign in</body></html>", (("content-type", "text/html"),))


def redirect(request: Request, _occasion: Occasion) -> Reply:
    """To https on the host that was asked."""
    host = request.header("host") or "localhost"
    return Reply(307, b"", (("location", f"https://{host}{request.path}"),))


def error_with_200(request: Request, occasion: Occasion) -> Reply:
    """A refusal whose status says success."""
    code, message = occasion.params["code"], occasion.params["message"]
    if is_native(request):
        body = {"code": code, "message": message, "request_id": "00000000-0000-9000-8000-000000000200"}
    else:
        inner = {"message": message, "type": code, "param": None, "code": code}
        body = {"error": inner, "request_id": "00000000-0000-9000-8000-000000000200"}
    return Reply(200, bad.dumps(body), (("content-type", "application/json"),))


def key_echoed(request: Request, _occasion: Occasion) -> Reply:
    """A refusal that quotes the whole key."""
    key = (request.header("authorization") or "").removeprefix("Bearer ")
    message = f"Incorrect API key provided: {key}."
    inner = {"message": message, "type": "invalid_request_error", "param": None, "code": "invalid_api_key"}
    body = {"code": "InvalidApiKey", "message": message} if is_native(request) else {"error": inner}
    return Reply(401, bad.dumps(body), (("content-type", "application/json"),))


def wrong_content_type(reply: Reply, _occasion: Occasion) -> Reply:
    """JSON that is called text."""
    return with_headers(reply, header_set("content-type", "text/plain; charset=utf-8"))


def missing_request_id(reply: Reply, occasion: Occasion) -> Reply:
    """No id in headers or body."""
    bare = reshaped(bad.without_request_id)(reply, occasion)
    return with_headers(bare, lambda headers: tuple(pair for pair in headers if pair[0] != "x-request-id"))


# ---------------------------------------------------------------------------------------------- streams
def streamed(change: Callable[[AsyncIterator[bytes], Occasion], AsyncIterator[bytes]], abort: Any = "") -> Any:
    """A fault of streamed answers; others pass as they are."""

    def apply(reply: Reply, occasion: Occasion) -> Reply:
        if reply.stream is None:
            return reply
        return Reply(reply.status, headers=reply.headers, stream=change(reply.stream, occasion), abort=abort)

    return apply


async def _first(stream: AsyncIterator[bytes], occasion: Occasion) -> AsyncIterator[bytes]:
    left = int(occasion.params["after"])
    async for piece in stream:
        if left <= 0:
            return
        left -= 1
        yield piece


async def _then_error(stream: AsyncIterator[bytes], occasion: Occasion) -> AsyncIterator[bytes]:
    async for piece in _first(stream, occasion):
        yield piece
    code, message = (
        "internal_error",
        "An internal error has occured, please try again later or contact service support.",
    )
    if is_native(occasion.request):
        body = bad.dumps(
            {"code": "InternalError", "message": message, "request_id": "00000000-0000-9000-8000-000000000500"}
        )
        yield b"id:%d\nevent:error\n:HTTP_STATUS/500\ndata:%b\n\n" % (int(occasion.params["after"]) + 1, body)
    else:
        yield b"data: %b\n\n" % bad.dumps({"error": {"message": message, "type": code, "param": None, "code": code}})


async def _no_done(stream: AsyncIterator[bytes], _occasion: Occasion) -> AsyncIterator[bytes]:
    async for piece in stream:
        kept = piece.replace(DONE, b"")
        if kept:
            yield kept


def row(
    name: str,
    imitates: str,
    apply: Callable[..., Any],
    routes: tuple[str, ...] = (),
    on: Hook = "reply",
    **params: Any,
) -> Fault:
    """One line of the table."""
    return Fault(name, imitates, apply, on, routes, params)


FAULTS: tuple[Fault, ...] = (
    # time
    row("latency", "a far region or a busy model", fixed, seconds=0.1),
    row(
        "latency-lognormal",
        "a shared endpoint whose slowest answers are many times the median",
        lognormal,
        median=0.1,
        sigma=0.8,
    ),
    row("latency-per-token", "a model that writes at a human pace", per_token, TALK, seconds=0.02),
    row("trickle", "a congested uplink that lets a few bytes through at a time", trickle, size=64, seconds=0.01),
    row(
        "split-character",
        "a proxy whose buffer ends inside a Chinese character; ML Commons decodes each buffer by "
        "itself and makes U+FFFD of it",
        split_character,
        seconds=0.02,
    ),
    # embeddings
    row(
        "wrong-dimension",
        "LM Studio and other servers that ignore `dimensions` (lmstudio-ai/lms#300)",
        reshaped(bad.wrong_dimension),
        (EMBEDDING,),
        dimension=8,
    ),
    row(
        "shuffled-rows",
        "a batching server that answers in the order of completion; ML Commons ignores `index`",
        reshaped(bad.shuffled_rows),
        (EMBEDDING,),
    ),
    row(
        "forced-base64",
        "a gateway that always asks upstream for base64 and hands it on (QuantumNous/new-api#1400)",
        reshaped(bad.forced_base64),
        (EMBEDDING,),
    ),
    row(
        "null-data",
        "OpenVINO and others that answer 200 with nothing in it; ML Commons makes zero tensors of it",
        reshaped(bad.null_data),
    ),
    row(
        "nan",
        "a half-precision model that overflowed (huggingface/text-embeddings-inference#557)",
        reshaped(bad.not_a_number),
        (EMBEDDING, RERANK),
    ),
    # rerank
    row(
        "integer-scores",
        "a reranker whose serialiser drops `.0`; ML Commons' rerank post-process casts to Double",
        reshaped(bad.integer_scores),
        (RERANK,),
    ),
    row(
        "long-scores",
        "qwen3-rerank itself, with literals of 19 characters (BerriAI/litellm PR#39237)",
        bad.long_scores,
        (RERANK,),
    ),
    row("unsorted", "LocalAI before its fix (mudler/LocalAI#7189)", reshaped(bad.unsorted), (RERANK,)),
    row(
        "dropped-document",
        "a server that leaves out documents below a threshold of its own",
        reshaped(bad.dropped_document),
        (RERANK,),
    ),
    row(
        "top-n-ignored",
        "LocalAI before its fix (mudler/LocalAI#6700)",
        reasked(bad.top_n_ignored),
        (RERANK,),
        "request",
    ),
    row("string-document", "Infinity, whose `document` is the bare text", reshaped(bad.string_document), (RERANK,)),
    row("duplicate-index", "a server that counts within sub-batches", reshaped(bad.duplicate_index), (RERANK,)),
    row(
        "bare-array", "text-embeddings-inference, whose `/rerank` answers an array", reshaped(bad.bare_array), (RERANK,)
    ),
    # answers of any route
    row("missing-usage", "Cohere's rerank and many local servers", reshaped(bad.missing_usage)),
    row("missing-request-id", "captures of 2024, and every server that is not DashScope", missing_request_id),
    row(
        "un-nested-error",
        "vLLM before 0.10: the error's fields at the top and a numeric code",
        reshaped(bad.un_nested_error, errors=True),
    ),
    row(
        "error-with-200",
        "the native gateway's two-layer errors, which dashscope 2.x knows",
        error_with_200,
        (),
        "request",
        code="InternalError",
        message="inference internal error.",
    ),
    row("html-error-page", "nginx in front of a service that is down", html_page, (), "request"),
    row("page-with-200", "a portal that answers every request with its page", page_with_200, (), "request"),
    row("empty-body", "a gateway that lost its upstream after the headers", empty_body),
    row("wrong-content-type", "a hand-written server that leaves the framework's default", wrong_content_type),
    row("key-echoed", "api.openai.com and gateways that quote the key they refuse", key_echoed, (), "request"),
    row("redirect", "a load balancer that insists on https", redirect, (), "request"),
    # connections
    row(
        "truncated-body", "a proxy with a response limit: content-length promises more than comes", aborted("truncate")
    ),
    row("reset", "a load balancer that drops the connection before any answer", aborted("request")),
    row("reset-in-body", "a service that is restarted while it answers", aborted("body")),
    # streams
    row("sse-cut", "a proxy timeout in the middle of a stream", streamed(_first, "truncate"), TALK, after=2),
    row(
        "sse-error",
        "an error after the first byte, when the status was sent (alibaba/spring-ai-alibaba#3090)",
        streamed(_then_error),
        TALK,
        after=2,
    ),
    row("missing-done", "servers that end the stream without `[DONE]`", streamed(_no_done), (CHAT,)),
)

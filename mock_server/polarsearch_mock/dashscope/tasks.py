"""Embedding of a file as a task: submitted, polled, its result fetched (dashscope.md §5.2)."""

from __future__ import annotations

import time
import zlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from ..messages import Reply, Request
from . import tokens
from .call import Call, State, render
from .errors import Refusal
from .headers import new_request_id, reply_headers
from .meaning import Meaning

PREFIX = "/api/v1/tasks/"
_RESULT = "/output.txt.gz"
_PROGRESS = ("RUNNING", "SUCCEEDED")  # one step a poll: no test has to wait for a clock
_KEPT = 1000
_GZIP = 31  # zlib's number for a gzip frame with the largest window


@dataclass(slots=True)
class Task:
    """One submitted file; `lines` are its texts, one of each line."""

    model: str
    lines: list[str]
    submitted: float
    polls: int = 0


def submit(call: Call) -> Reply:
    """Takes a file by its address. A `data:` address holds the lines itself; nothing is ever fetched, so any other
    address stands for a file of one line, the address."""
    url = call.input.get("url")
    if not isinstance(url, str) or not url:
        raise Refusal("BadRequest.EmptyInput")
    task_id = new_request_id(call.state.chance)
    call.state.tasks[task_id] = Task(call.model.name, _lines(url), call.state.clock())
    while len(call.state.tasks) > _KEPT:
        call.state.tasks.pop(next(iter(call.state.tasks)))
    return call.reply({"output": {"task_status": "PENDING", "task_id": task_id}, "request_id": call.request_id})


def _lines(url: str) -> list[str]:
    if not url.startswith("data:"):
        return [url]
    text = unquote_to_bytes(url.partition(",")[2]).decode("utf-8", "replace")
    return [line for line in text.splitlines() if line.strip()]


def poll(state: State, request: Request, request_id: str, arrived: float) -> Reply:
    """`GET /api/v1/tasks/{id}`."""
    task_id = request.path[len(PREFIX) :]
    task = state.tasks.get(task_id)
    output: dict[str, Any] = {"task_id": task_id, "task_status": "UNKNOWN"}
    value: dict[str, Any] = {"request_id": request_id, "output": output}
    if task is not None:
        output["task_status"] = _PROGRESS[min(task.polls, len(_PROGRESS) - 1)]
        output |= {"submit_time": _clock(task.submitted), "scheduled_time": _clock(task.submitted)}
        task.polls += 1
    if output["task_status"] == "SUCCEEDED":
        host = request.header("host") or "dashscope.aliyuncs.com"
        output |= {"end_time": _clock(state.clock()), "url": f"http://{host}{request.path}{_RESULT}"}
        value["usage"] = {"total_tokens": sum(map(tokens.count, task.lines)) if task else 0}
    return Reply(200, render(value), reply_headers(request_id, arrived, state.clock()))


def result(state: State, request: Request) -> Reply | None:
    """The result file of a finished task, one JSON line a text; None for any other path. Signed, so without a key."""
    task = state.tasks.get(request.path[len(PREFIX) :].removesuffix(_RESULT))
    if task is None or not request.path.endswith(_RESULT):
        return None
    return Reply(200, b"", (("content-type", "application/gzip"),), _packed(state.meaning, task))


async def _packed(known: Meaning, task: Task) -> AsyncIterator[bytes]:
    """The result file a line at a time: a file of 100,000 lines must neither stop the others nor fill the memory."""
    packer = zlib.compressobj(wbits=_GZIP)
    for index, line in enumerate(task.lines):
        row = known.vector(line, task.model, 1536)
        text = b'{"output":{"code":"200","embedding":%b,"text_index":%d},"usage":{"total_tokens":%d}}\n'
        packed = packer.compress(text % (row.json, index, row.tokens))
        if packed:
            yield packed
    yield packer.flush()


def _clock(seconds: float) -> str:
    stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(seconds))
    return f"{stamp}.{int(seconds * 1000) % 1000:03d}"

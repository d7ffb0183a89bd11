"""A cluster answers with harm: every request ends in bounded time and memory, and every requirement has a verdict."""

from __future__ import annotations

import asyncio
import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest
from polarsearch_mock import Emulator, Reply, ThreadedServer

from tests.unit.standins import raw_server

ROOT = Path(__file__).parents[2]
JUDGED = ("connectors.read-back", "predict.chat-content", "predict.embedding-shape")
JSON = (("content-type", "application/json"),)
#: MB above idle, and seconds for the three requirements: two requests each of at most 2 s, and the clean-up.
MOST_MEMORY, MOST_SECONDS = 64, 45
MB = 2**20


async def pieces(piece: bytes, count: int, pause: float = 0.0):
    """A body in chunks."""
    for _ in range(count):
        yield piece
        await asyncio.sleep(pause)


def stream(piece: bytes, count: int, pause: float = 0.0):
    """An answer in chunks, made anew for each request."""
    return lambda: Reply(200, headers=JSON, stream=pieces(piece, count, pause))


def body(content: bytes, *headers: tuple[str, str], status: int = 200, abort: str = ""):
    """An answer at once."""
    return lambda: Reply(status, content, headers or JSON, abort=abort)


HUGE_HEADER = ("x-huge", "x" * 200_000)
ELSEWHERE = "http://127.0.0.1:{port}/stolen"
#: What a hostile cluster answers instead of a connector, or of a prediction.
ANSWERS = {
    "100 MB": stream(b"x" * MB, 100),
    "100 MB of JSON": stream(b"[" + b'{"a": 1}, ' * 100_000 + b"0],", 100),
    "an endless body": stream(b"x" * MB, 10**9),
    "an endless list": stream(b"[]," * 20_000, 10**9),
    "7 MB of empty lists": body(b"[" + b"[]," * (7 * MB // 3) + b"0]"),
    "7 MB of emoji": body(json.dumps({"error": {"reason": "\U0001f600" * (7 * MB // 4)}}, ensure_ascii=False).encode()),
    "deep JSON": body(b"[" * 100_000 + b"]" * 100_000),
    "deep objects": body(b'{"a":' * 100_000 + b"1" + b"}" * 100_000),
    "NaN": body(b'{"inference_results": [{"output": [{"data": [NaN, Infinity, -Infinity, 1e999]}]}]}'),
    "a number of 5,000 digits": body(b'{"inference_results": ' + b"9" * 5000 + b"}"),
    "UTF-16": body('{"name": "云"}'.encode("utf-16")),
    "Latin-1": body('{"name": "é"}'.encode("latin-1"), ("content-type", "application/json; charset=latin-1")),
    "half a letter": body(b'{"name": "\xe4\xba"}'),
    "lone surrogates": body(b'{"name": "\\ud800", "inference_results": [{"output": [{"name": "\\udfff"}]}]}'),
    "a byte order mark": body(b'\xef\xbb\xbf{"name": "x"}'),
    "a gzip bomb": body(gzip.compress(b"0" * 100 * MB), *JSON, ("content-encoding", "gzip")),
    "a lie about gzip": body(b"{}", *JSON, ("content-encoding", "gzip")),
    "nothing": body(b""),
    "null": body(b"null"),
    "wrong types": body(b'{"inference_results": {"output": 7}, "name": [], "actions": "x", "error": [1]}'),
    "HTML": body(b"<html><script>alert(1)</script></html>", ("content-type", "text/html")),
    "a slow trickle": stream(b" ", 10**6, 0.05),
    "a reset before the answer": body(b"", abort="request"),
    "a reset in the middle": body(b"{}" * 5000, abort="body"),
    "half an answer": body(b"{}" * 5000, abort="truncate"),
    "a huge header": body(b"{}", HUGE_HEADER),
    "status 204": body(b"", status=204),
    "status 999": body(b"{}", status=999),
}


class Hostile:
    """An emulator that makes and removes models as it should, and answers questions with harm."""

    def __init__(self, answer) -> None:
        self.emulator, self._answer = Emulator(), answer

    async def __call__(self, request):
        asked = request.path.endswith("_predict") or (request.method == "GET" and "/connectors/" in request.path)
        if not asked:
            return await self.emulator(request)
        known = await self.emulator(request)
        gone = request.method == "GET" and known.status == 404
        return known if gone else self._answer()


def judged(url: str, folder: Path) -> dict:
    """What came of judging it in a process of its own."""
    command = [sys.executable, "-m", "tests.hostile.judge_one", url, str(folder), *JUDGED]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


@pytest.mark.parametrize("answer", ANSWERS)
def test_every_answer_has_its_verdict(answer, tmp_path, record_property):
    """Never an error of ours, never a pass by chance, never more memory or time than said."""
    hostile = Hostile(ANSWERS[answer])
    with ThreadedServer(hostile, closing=hostile.emulator.close) as server:
        told = judged(server.url, tmp_path)
    assert set(told["verdicts"]) == set(JUDGED)
    assert set(told["verdicts"].values()) <= {"fail", "warn", "not-observed"}, told
    assert told["risen"] <= MOST_MEMORY, told
    assert told["seconds"] <= MOST_SECONDS, told
    assert told["shown"] < 100_000
    record_property("hostile answers judged", 1)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_nobody_is_sent_elsewhere(status, tmp_path, record_property):
    """A redirect is an answer like any other; the place it points to never hears of us."""
    came = []

    def elsewhere(connection, _over):
        came.append(connection.recv(65536))

    with raw_server(elsewhere) as port:
        location = ("location", ELSEWHERE.format(port=port))
        hostile = Hostile(body(b"", *JSON, location, status=status))
        with ThreadedServer(hostile, closing=hostile.emulator.close) as server:
            told = judged(server.url, tmp_path)
    assert set(told["verdicts"].values()) <= {"fail", "warn"}
    assert came == []
    record_property("hostile answers judged", 1)


def raw(*sent: bytes, pause: float = 0.0, forever: bytes = b""):
    """A server that sends this to whoever asks, and then `forever` without end."""

    def talk(connection, over):
        connection.recv(65536)
        for one in sent:
            connection.sendall(one)
        while forever and not over.wait(pause):
            connection.sendall(forever)

    return talk


HEAD = b"HTTP/1.1 200 OK\r\n"
#: What is no HTTP, or is hostile before there is a body: there is nothing to judge, and a sentence says so.
CONVERSATIONS = {
    "a head without end, byte by byte": raw(HEAD + b"x-a: ", pause=0.02, forever=b"a"),
    "headers without end": raw(HEAD, forever=b"x-a: aaaaaaaaaaaaaaaa\r\n"),
    "continue, continue": raw(forever=b"HTTP/1.1 100 Continue\r\n\r\n"),
    "a length that is none": raw(HEAD + b"content-length: -1\r\n\r\n{}"),
    "two lengths": raw(HEAD + b"content-length: 1\r\ncontent-length: 2\r\n\r\n{}"),
    "a chunk of 2**60 bytes": raw(
        HEAD + b"transfer-encoding: chunked\r\n\r\n1000000000000000\r\n", forever=b"x" * 65536
    ),
    "another protocol": raw(b"SSH-2.0-OpenSSH_9.6\r\n"),
    "HTTP/2 unasked": raw(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", forever=b"\0" * 9),
    "silence": raw(pause=0.5, forever=b""),
}


@pytest.mark.parametrize("conversation", CONVERSATIONS)
def test_what_is_no_cluster_is_told_in_one_sentence(conversation, tmp_path, record_property):
    """Bounded too, though no body ever comes: the deadline is one of the whole request, its head included."""
    with raw_server(CONVERSATIONS[conversation]) as port:
        told = judged(f"http://127.0.0.1:{port}", tmp_path)
    assert "127.0.0.1" in told["unusable"]
    assert "\n" not in told["unusable"]
    assert told["risen"] <= MOST_MEMORY, told
    assert told["seconds"] <= 8, told
    record_property("hostile answers judged", 1)

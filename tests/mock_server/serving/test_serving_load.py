"""Streams and long runs: schedules hold for many clients at once, and nothing grows without bound."""

from __future__ import annotations

import asyncio
import json

from polarsearch_mock import DashScopeMock

CHAT = "/compatible-mode/v1/chat/completions"


async def stream(port: int) -> int:
    """How many events one chat stream brings; it must end as it should."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body = json.dumps({"model": "qwen-max", "stream": True, "messages": [{"role": "user", "content": "x"}]}).encode()
    head = f"POST {CHAT} HTTP/1.1\r\nAuthorization: Bearer sk-a\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)
    text = await asyncio.wait_for(reader.readuntil(b"0\r\n\r\n"), 30)
    writer.close()
    await writer.wait_closed()
    assert text.rstrip().endswith(b"data: [DONE]\n\n\r\n0")
    return text.count(b"data: ")


def test_200_paced_streams_at_once_all_end_whole():
    """Each client gets every event of its own stream, in spite of 199 others on the same loop."""
    with DashScopeMock() as mock, mock.fault("latency-per-token", seconds=0.002) as fault:
        mock.script_chat([" ".join(f"w{number}" for number in range(30))] * 200)

        async def all_of_them() -> list[int]:
            return await asyncio.gather(*[stream(mock.port) for _ in range(200)])

        counts = asyncio.run(all_of_them())
    assert len(set(counts)) == 1
    assert counts[0] > 30
    assert fault.hits == 200


def test_a_long_run_keeps_a_bounded_log():
    """After far more requests than the log holds, it holds its limit and knows the rest."""
    with DashScopeMock(log_limit=100) as mock:

        async def many() -> None:
            reader, writer = await asyncio.open_connection("127.0.0.1", mock.port)
            for _ in range(30):
                writer.write(b"GET /compatible-mode/v1/models HTTP/1.1\r\n\r\n" * 50)
                for _ in range(50):
                    head = await reader.readuntil(b"\r\n\r\n")
                    size = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
                    await reader.readexactly(size)
            writer.close()
            await writer.wait_closed()

        asyncio.run(many())
        assert (len(mock.calls()), mock.dropped) == (100, 1400)

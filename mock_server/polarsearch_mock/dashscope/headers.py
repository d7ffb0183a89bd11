"""Response headers and request ids, as recordings of the service have them (dashscope.md §3)."""

from __future__ import annotations

import random

from ..messages import Headers

_VARY = "Origin,Access-Control-Request-Method,Access-Control-Request-Headers,Accept-Encoding"


def new_request_id(chance: random.Random) -> str:
    """A bare lower-case id of a UUID's shape with version nibble 9, as most recordings have it."""
    digits = chance.getrandbits(128).to_bytes(16, "big").hex()
    return f"{digits[:8]}-{digits[8:12]}-9{digits[13:16]}-{digits[16:20]}-{digits[20:]}"


def reply_headers(
    request_id: str,
    arrived: float,
    now: float,
    content: str = "application/json",
    *,
    finished: bool = True,
    gateway: bool = True,
) -> Headers:
    """The headers of an answer; times in seconds since the epoch. A refusal of the key has no call-gateway header."""
    taken = str(max(1, int((now - arrived) * 1000)))
    rest: Headers = (
        ("x-dashscope-finished", "true" if finished else "false"),
        ("x-dashscope-timeout", "180"),
        ("x-envoy-upstream-service-time", taken),
        ("req-cost-time", taken),
        ("req-arrive-time", str(int(arrived * 1000))),
        ("resp-start-time", str(int(now * 1000))),
        ("server", "istio-envoy"),
        ("vary", _VARY),
        ("content-type", content),
    )
    called: Headers = (("x-dashscope-call-gateway", "true"),) if gateway else ()
    return (("x-request-id", request_id), *called, *rest)

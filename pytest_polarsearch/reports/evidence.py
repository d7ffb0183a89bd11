"""What an event holds of a judgement: its facts, its requests in time, and for what did not hold both sides of the
connector. Everything is redacted here, before it leaves the process that judged."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from ..exchange import Exchange
from ..judging.evidence import Shell, needed, script
from ..judging.verdicts import TEXTS, Judgement, Verdict
from ..recording.tape import cleaned
from ..run import Run

Json = Any
Redact = Callable[[str], str]

#: What of a judgement may hold words of the target.
TOLD = (*TEXTS, "notes", "left", "zh")
#: Most characters of one body that are kept.
MOST = 4000
#: Headers of an outgoing request that say something of the connector.
TELLING = ("authorization", "content-type", "x-request-id", "user-agent")


class Message(Protocol):
    """A request, or the answer to it, at the service."""

    body: bytes


@dataclass
class Watch:
    """What went on while a check ran: requests with the moment each began, seconds since 1970."""

    began: float = field(default_factory=time.time)
    requests: list[tuple[float, Exchange]] = field(default_factory=list)
    ended: float = 0.0
    before: int = 0

    def note(self, exchange: Exchange) -> None:
        """Keep a request that has just been answered."""
        self.requests.append((time.time() - exchange.seconds, exchange))


@contextmanager
def watched(run: Run) -> Iterator[Watch]:
    """Watch the run's requests, and remember where the mock's log stood."""
    watch = Watch(before=_seen(run))
    stop = run.ml.client.listen(watch.note)
    try:
        yield watch
    finally:
        stop()
        watch.ended = time.time()


def _seen(run: Run) -> int:
    observer = run.target.observer
    return observer.dropped + len(observer.front.recorder) if observer else 0


def told(run: Run, judged: Judgement, watch: Watch, shell: Shell) -> dict[str, Json]:
    """The event of a judgement in builtin types."""
    broken = judged.verdict is not Verdict.PASS and bool(judged.exchanges or judged.actual or judged.looked_at)
    return {
        **_facts(judged, run.redact),
        "worker": run.part.worker,
        "began": round(watch.began, 3),
        "seconds": round(watch.ended - watch.began, 4),
        "requests": [_line(at, one, run.redact) for at, one in watch.requests],
        **(_shown(run, judged, watch, shell) if broken else {}),
    }


def _facts(judged: Judgement, redact: Redact) -> dict[str, Json]:
    return {name: cleaned(value, redact) if name in TOLD else value for name, value in judged.plain().items()}


def _line(at: float, one: Exchange, redact: Redact) -> dict[str, Json]:
    return {
        "at": round(at, 4), "method": one.method, "path": redact(one.path), "status": one.status,
        "seconds": round(one.seconds, 4),
    }  # fmt: skip


def _shown(run: Run, judged: Judgement, watch: Watch, shell: Shell) -> dict[str, Json]:
    repeat = needed(judged.story, judged.own, judged.exchanges)
    return {
        "exchanges": [_whole(one, run.redact) for one in judged.exchanges],
        "upstream": _upstream(run, watch),
        "script": script(repeat, shell, run.redact) if repeat else "",
    }


def _whole(one: Exchange, redact: Redact) -> dict[str, Json]:
    sent = one.request_body.decode("utf-8", "replace") if one.request_body else ""
    return {
        "method": one.method, "path": redact(one.path), "sent": _cut(redact(sent)), "status": one.status,
        "content_type": one.content_type, "answer": _cut(redact(one.shown)), "trouble": redact(one.trouble),
        "seconds": round(one.seconds, 4),
    }  # fmt: skip


def _upstream(run: Run, watch: Watch) -> list[dict[str, Json]]:
    """What reached the built-in mock meanwhile, and its answers; the last three of them."""
    observer = run.target.observer
    if observer is None:
        return []
    entries = observer.front.recorder.entries()
    new = observer.dropped + len(entries) - watch.before
    return [_call(*entry, run.redact) for entry in entries[len(entries) - max(0, min(new, len(entries))) :][-3:]]


def _call(asked: Any, status: int | None, reply: Message | None, redact: Redact) -> dict[str, Json]:
    headers = dict(asked.headers)
    answer = bytes(reply.body).decode("utf-8", "replace") if reply else ""
    return {
        "method": asked.method, "path": redact(asked.path), "status": status,
        "headers": {name: redact(headers[name]) for name in TELLING if name in headers},
        "sent": _cut(redact(asked.body.decode("utf-8", "replace"))), "answer": _cut(redact(answer)),
    }  # fmt: skip


def _cut(text: str) -> str:
    """Redacted text only: a cut through a secret would leave a piece that no redactor knows."""
    return text if len(text) <= MOST else f"{text[:MOST]}… ({len(text)} characters)"


def shell_of(run: Run) -> Shell:
    """How scripts reach the run's cluster."""
    return Shell(run.target.url, run.target.account is not None, run.settings["ca"], run.settings["insecure"])

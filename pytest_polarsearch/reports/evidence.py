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
from ..judging.verdicts import LISTS, TEXTS, Judgement, Verdict
from ..recording.tape import cleaned
from ..run import Run

Json = Any
Redact = Callable[[str], str]

#: What of a judgement may hold words of the target.
TOLD = (*TEXTS, *LISTS, "zh")
#: Most characters of one body that are kept.
MOST = 3000
#: Of the exchanges of one check the first and the last that are kept, and of the requests behind one the last.
FEWEST, SHOWN, BEHIND = 2, 10, 3
#: Headers of an outgoing request that say something of the connector.
TELLING = ("authorization", "content-type", "x-request-id", "user-agent")


class Message(Protocol):
    """A request, or the answer to it, at the service."""

    body: bytes


@dataclass(frozen=True)
class Heard:
    """One exchange: when it began (seconds since 1970), and how many requests had reached the mock when it was over."""

    at: float
    exchange: Exchange
    reached: int


@dataclass
class Watch:
    """What went on while a check ran. `reached` counts what has reached the mock so far, `before` what had by then."""

    reached: Callable[[], int]
    began: float = field(default_factory=time.time)
    heard: list[Heard] = field(default_factory=list)
    ended: float = 0.0

    def __post_init__(self) -> None:
        self.before = self.reached()

    def note(self, exchange: Exchange) -> None:
        """Keep a request that has just been answered."""
        self.heard.append(Heard(time.time() - exchange.seconds, exchange, self.reached()))


@contextmanager
def watched(run: Run) -> Iterator[Watch]:
    """Watch the run's requests, and what reached the mock by the end of each."""
    watch = Watch(lambda: _reached(run))
    stop = run.listen(watch.note)
    try:
        yield watch
    finally:
        stop()
        watch.ended = time.time()


def _reached(run: Run) -> int:
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
        "requests": [_line(one.at, one.exchange, run.redact) for one in watch.heard],
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
    """All that the check exchanged up to what shows the failure, what went on behind the connector, and the script."""
    repeat = needed(judged.story, judged.own, judged.exchanges)
    asked = list(_asked(run, judged, watch))
    first, last = asked[:FEWEST], asked[FEWEST:][-SHOWN:]
    return {
        "exchanges": [*first, *last],
        "left_out": len(asked) - len(first) - len(last),
        "script": script(repeat, shell, run.redact) if repeat else "",
    }


def _asked(run: Run, judged: Judgement, watch: Watch) -> Iterator[dict[str, Json]]:
    """The exchanges of a check in order, those alike in a row as one that counts them, the failing one last."""
    ours = {id(one) for one in (*judged.own, *judged.exchanges)}
    final = judged.exchanges[-1] if judged.exchanges else None
    heard = {id(one.exchange) for one in watch.heard}
    held: dict[str, Json] | None = None
    before = watch.before
    for one in watch.heard:
        behind, before = range(before, one.reached), one.reached
        if id(one.exchange) not in ours:
            continue
        found = _whole(one.exchange, run.redact) | {"upstream": _behind(run, one.exchange, behind), "times": 1}
        if held is not None and _alike(held, found):
            held["times"] += 1
        else:
            yield from [held] if held else []
            held = found
        if one.exchange is final:
            break
    yield from [held] if held else []
    if final is not None and id(final) not in heard:  # a shared model's, made before this check began
        yield _whole(final, run.redact) | {"upstream": [], "times": 1}


def _alike(one: dict[str, Json], other: dict[str, Json]) -> bool:
    """Whether two exchanges say the same; how long they took does not matter."""
    return all(one[name] == other[name] for name in one if name not in ("seconds", "times"))


def _whole(one: Exchange, redact: Redact) -> dict[str, Json]:
    sent = one.request_body.decode("utf-8", "replace") if one.request_body else ""
    return {
        "method": one.method, "path": redact(one.path), "who": one.who, "sent": _cut(redact(sent)),
        "status": one.status, "content_type": one.content_type, "answer": _cut(redact(one.shown)),
        "trouble": redact(one.trouble), "seconds": round(one.seconds, 4),
    }  # fmt: skip


def _behind(run: Run, one: Exchange, numbers: range) -> list[dict[str, Json]]:
    """What the cluster sent on to the built-in mock during an exchange, and the mock's answers; the last of them."""
    observer = run.target.observer
    if observer is None or not numbers or "://" in one.path:  # the mock itself was asked
        return []
    entries = observer.front.recorder.entries()
    oldest = observer.dropped
    kept = [number - oldest for number in numbers if number >= oldest]
    return [_call(*entries[place], run.redact) for place in kept[-BEHIND:]]


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

"""What shows a failure to somebody else: the exchange in words, and a shell script with curl that repeats it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..checks.context import KEY, NOBODY, READER, STAGE, STRANGER, STRANGER_ACCOUNT
from ..exchange import Exchange, NotJson
from .redaction import Redactor

#: Answers whose ids later requests name: field -> shell variable.
CAPTURED = {"connector_id": "CONNECTOR", "model_id": "MODEL", "task_id": "TASK", "model_group_id": "GROUP"}
MARKER = "BODY"
#: How a model service is asked without the cluster.
SERVICE = 'curl -sS -H "Authorization: Bearer $YOUR_API_KEY"'
PLAIN = "curl -sS"

#: Who asks -> how curl says so. The stranger is no secret.
USERS = {
    "": '--user "$USER_PASSWORD"',
    READER: '--user "$POLARSEARCH_READER"',
    STRANGER: f"--user {STRANGER_ACCOUNT}",
    NOBODY: "",
}


@dataclass(frozen=True)
class Shell:
    """How the script reaches the cluster."""

    url: str
    authenticated: bool = False
    ca: str | None = None
    insecure: bool = False

    def options(self, who: str = "") -> str:
        """curl's options that every request to the cluster has; `who` asks where it is not the run's account."""
        parts = [PLAIN]
        parts += [USERS[who]] if self.authenticated and USERS[who] else []
        parts += [f"--cacert {shlex.quote(self.ca)}"] if self.ca else []
        parts += ["--insecure"] if self.insecure else []
        return " ".join(parts)

    def opening(self, path: str, who: str = "") -> str:
        """curl with what it needs for a path of the cluster, or for the whole address of a model service."""
        if "://" not in path:
            return self.options(who)
        if who.startswith(KEY):
            key = who.removeprefix(KEY)
            return f"{PLAIN} -H {shlex.quote(f'Authorization: Bearer {key}')}" if key else PLAIN
        return PLAIN if who == STAGE else SERVICE

    def address(self, path: str) -> str:
        """The whole address of a path, in quotes."""
        return f'"{path}"' if "://" in path else f'"{self.url}{path}"'


def describe(exchange: Exchange, redact: Redactor, most: int = 1200) -> list[str]:
    """The exchange as lines for people, secrets replaced."""
    lines = [f"> {exchange.method} {exchange.path}"]
    if exchange.request_body:
        sent = redact(exchange.request_body.decode("utf-8", "replace"))
        lines += [f"> {line}" for line in _cut(sent, most).splitlines()]
    if exchange.status is None:
        lines.append(f"< no answer: {redact(exchange.trouble)}")
    else:
        lines.append(f"< HTTP {exchange.status} {exchange.content_type} ({exchange.seconds * 1000:.0f} ms)")
        lines += [f"< {line}" for line in _cut(redact(exchange.shown), most).splitlines()]
    return [printable(line) for line in lines]


def _cut(text: str, most: int) -> str:
    """Redacted text only: a cut through a secret would leave a piece that no redactor knows."""
    return text if len(text) <= most else f"{text[:most]}… ({len(text)} characters)"


def printable(text: str) -> str:
    """`text` without what a terminal would obey."""
    return "".join(c if c.isprintable() or c == "\t" else c.encode("unicode_escape").decode() for c in text)


def script(exchanges: Sequence[Exchange], shell: Shell, redact: Redactor) -> str:
    """A bash script that sends the requests again. Ids of what it creates are taken from the answers; secrets are
    read from the environment under the guide's names; bodies come by here-document."""
    names: dict[str, str] = {}
    last = len(exchanges) - 1
    commands = [_command(one, shell, redact, names, final=i == last) for i, one in enumerate(exchanges)]
    return "\n".join(commands)


def _command(exchange: Exchange, shell: Shell, redact: Redactor, names: dict[str, str], *, final: bool) -> str:
    path = _with_names(exchange.path, names)
    captured = {} if final else _captured(exchange, names)
    call = f"{shell.opening(path, exchange.who)} -X {exchange.method} {shell.address(path)}"
    body = ""
    if exchange.request_body:
        text = _with_names(_quoted(exchange.request_body.decode("utf-8", "replace"), redact), names)
        call += " -H 'Content-Type: application/json' --data-binary @-"
        body = f" <<{MARKER}\n{text}\n{MARKER}"
    names.update(captured)
    if not captured:
        return call + body
    return f"ANSWER=$({call}{body}\n)\n" + "\n".join(_capture(name) for name in captured.values())


def _captured(exchange: Exchange, names: dict[str, str]) -> dict[str, str]:
    try:
        found = {exchange.get(key): variable for key, variable in CAPTURED.items()} if exchange.ok else {}
    except NotJson:
        return {}
    count = len(names)
    return {
        value: f"{variable}_{count + i}"
        for i, (value, variable) in enumerate(found.items(), 1)
        if isinstance(value, str) and value not in names
    }


def _capture(name: str) -> str:
    key = next(key for key, variable in CAPTURED.items() if name.startswith(variable))
    pattern = f's/.*"{key}" *: *"\\([^"]*\\)".*/\\1/p'
    return f"{name}=$(printf '%s' \"$ANSWER\" | sed -n '{pattern}')"


def _quoted(body: str, redact: Redactor) -> str:
    """The body as an unquoted here-document needs it, with variables where the secrets were."""
    safe = re.sub(r"([\\$`])", r"\\\1", redact(body, "\0{}\0"))
    return re.sub("\0(\\w+)\0", r"${\1}", safe)


def _with_names(text: str, names: dict[str, str]) -> str:
    for value, name in names.items():
        text = text.replace(value, f"${{{name}}}")
    return text


def needed(story: Iterable[Exchange], own: Iterable[Exchange], shown: Iterable[Exchange]) -> list[Exchange]:
    """The requests that lead to the failure: how the models were made, then what the check sent up to what it shows."""
    seen = list(shown)
    end = seen[-1] if seen else None
    path: list[Exchange] = []
    for exchange in [*story, *own]:
        if exchange is end:
            break
        if exchange.method != "GET" and not any(exchange is one for one in path):
            path.append(exchange)
    return [*path, end] if end else path

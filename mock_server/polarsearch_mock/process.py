"""The serve process: both servers, or one, until a signal. Prints one JSON line when they answer."""

from __future__ import annotations

import gc
import json
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from .faults import UnknownFault
from .front import Front
from .options import FaultOption, ServeOptions, add_arguments
from .serving import ThreadedServer

__all__ = ["ServeOptions", "add_arguments", "serve"]

#: pytest's status for a wrong call, which every command of the project uses.
USAGE_ERROR = 4
SIGNALS = (signal.SIGINT, signal.SIGTERM)
SCOPES = {"polarsearch": "mlcommons", "dashscope": "dashscope"}


class UnusableError(Exception):
    """Why the servers cannot start, in one sentence."""


def serve(options: ServeOptions) -> int:
    """Runs until SIGINT or SIGTERM; gives the exit status: 0, or 4 with a sentence on standard error."""
    return until_told("serve", lambda stack: start(options, stack))


def until_told(command: str, started: Callable[[ExitStack], Mapping[str, Any]]) -> int:
    """Runs what `started` starts until SIGINT or SIGTERM, and prints what it says as one JSON line. Gives the exit
    status: 0, or 4 with the sentence of an UnusableError on standard error."""
    with ExitStack() as stack:
        stop = stack.enter_context(told_to_stop())
        try:
            ready = started(stack)
        except UnusableError as error:
            sys.stderr.write(f"{command}: {error}\n")
            return USAGE_ERROR
        gc.freeze()  # what was loaded stays; a collection need not visit it
        sys.stdout.write(json.dumps(ready) + "\n")
        sys.stdout.flush()
        stop.recv(1)
    return 0


def start(options: ServeOptions, stack: ExitStack) -> dict[str, str]:
    """Starts what is asked for; what the JSON line says. UnusableError when something is in the way."""
    fronts = make_fronts(options)
    for fault in options.faults:
        set_fault(fronts, fault)
    ready: dict[str, str] = {}
    tls = None
    if options.tls and "polarsearch" in fronts:
        ready["ca"], tls = make_certificates(options.bind, stack)
    if "polarsearch" in fronts:
        ready["polarsearch"] = listen(fronts["polarsearch"], options, stack, tls)
        if options.accounts:
            ready["user"] = options.accounts[0].user
    if "dashscope" in fronts:
        ready["dashscope"] = listen(fronts["dashscope"], options, stack)
    order = ("polarsearch", "dashscope", "user", "ca")
    return {name: ready[name] for name in order if name in ready}


def make_fronts(options: ServeOptions) -> dict[str, Front]:
    """The applications by the name of their server. Imported here: one of the two starts without the other's cost."""
    fronts: dict[str, Front] = {}
    if options.only != "dashscope":
        from .mlcommons.front import emulator_front

        fronts["polarsearch"] = emulator_front(options.engine, options.nodes, options.accounts)
    if options.only != "polarsearch":
        from .dashscope.front import dashscope_front
        from .dashscope.service import DashScope

        fronts["dashscope"] = dashscope_front(DashScope(api_keys=options.api_keys))
    return fronts


def set_fault(fronts: dict[str, Front], fault: FaultOption) -> None:
    """Sets a fault in the server whose scope its name begins with, or in the one that knows it."""
    scoped = [name for name, scope in SCOPES.items() if fault.name.startswith(f"{scope}.") and name in fronts]
    candidates = scoped or list(fronts)
    problems = []
    for name in candidates:
        try:
            fronts[name].faults.set(fault.name, **fault.params)
        except (UnknownFault, ValueError, TypeError) as error:
            problems.append(str(error))
        else:
            return
    raise UnusableError(f"--fault: {'; '.join(problems)}")


def make_certificates(bind: str, stack: ExitStack) -> tuple[str, tuple[str, str]]:
    """The file to trust, and the pair to serve with; removed at the end."""
    from .certificates import Certificates  # 150 ms of cryptography that only https needs

    try:
        made = stack.enter_context(Certificates(bind))
    except ImportError as error:
        raise UnusableError(str(error)) from None
    return made.ca, made.server


def listen(front: Front, options: ServeOptions, stack: ExitStack, tls: tuple[str, str] | None = None) -> str:
    """The URL of a started server."""
    mock = front.scope == "dashscope"
    option, port = ("--dashscope-port", options.dashscope_port) if mock else ("--port", options.port)
    server = ThreadedServer(front, options.bind, port, tls, gzip=mock, closing=front.close)
    return listen_with(server, option, stack)


def listen_with(server: ThreadedServer, option: str, stack: ExitStack) -> str:
    """The URL of a server, started here and stopped with the stack; `option` names its port."""
    bind, port = server.host, server.port
    try:
        server.start()
    except OSError as error:
        hint = f"choose another port with {option}" if port else "choose another address with --bind"
        why = error.strerror or error
        raise UnusableError(f"{bind}:{port} cannot be listened on ({why}): {hint}") from None
    stack.callback(server.stop)
    return server.url


@contextmanager
def told_to_stop() -> Iterator[socket.socket]:
    """A socket that becomes readable at SIGINT or SIGTERM; the handlers are put back at the end."""
    reader, writer = socket.socketpair()
    with reader, writer:
        before = {number: signal.signal(number, lambda *_: told(writer)) for number in SIGNALS}
        try:
            yield reader
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def told(writer: socket.socket) -> Any:
    """What a signal does: nothing that could wait."""
    writer.send(b"x")

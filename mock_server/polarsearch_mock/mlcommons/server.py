"""The emulator as a server in this process: start, address, faults, stop."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from ..serving import ThreadedServer
from .front import Sent, emulator_front

if TYPE_CHECKING:
    from ..faults import ActiveFault
    from ..options import Account
    from ..trial import Trial


class PolarSearchEmulator:
    """Answers as OpenSearch with ML Commons does, on `host`:`port` (0 takes a free one), inside a `with` block.

    `engine` is `2.19`, `3.3` or `3.4`, `nodes` 1 or 2; without `accounts` it answers anybody, as a node without the
    security plugin. `tls` is a pair of files, certificate and key. `second` is how long a second of a connector's
    time-outs takes, so that tests need not wait for them.
    """

    def __init__(
        self,
        engine: str = "3.3",
        nodes: int = 1,
        accounts: Sequence[Account] = (),
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: tuple[str, str] | None = None,
        second: float = 1.0,
    ) -> None:
        #: How many requests left for each model service, by its host and port.
        self.sent: Sent = Counter()
        self._front = emulator_front(engine, nodes, tuple(accounts), second, self.sent)
        self._server = ThreadedServer(self._front, host, port, tls, closing=self._front.close)

    @property
    def url(self) -> str:
        """Its address, without a path."""
        return self._server.url

    def start(self) -> None:
        """Listen, and answer when this returns. OSError when the port is taken."""
        self._server.start()

    def stop(self) -> None:
        """Stop answering; the port is free when this returns."""
        self._server.stop()

    def fault(self, name: str, **how: Any) -> ActiveFault:
        """Switch a fault on: until the `with` block of what is returned ends, or its `remove()`."""
        return self._front.faults.set(name, **how)

    def trying(self, names: Iterable[str]) -> AbstractContextManager[Trial]:
        """Meanwhile those faults are tried on everything that passes, and change nothing."""
        return self._front.faults.trying(names)

    def __enter__(self) -> PolarSearchEmulator:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

"""What stands before each of the two applications: the record of exchanges, the faults, the control API."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from .control import PREFIX, Control
from .faults import Fault, FaultBox
from .messages import App, Reply, Request
from .recorder import CAPACITY, Recorder


class Front:
    """An application around `app` that records, misbehaves when told to, and answers the control API.

    `kind_of` names a request's route; `faults` is the server's table, `scope` its prefix; `reset` forgets what the
    application itself holds, `close` ends its connections to elsewhere.
    """

    def __init__(
        self,
        app: App,
        kind_of: Callable[[Request], str],
        faults: Iterable[Fault] = (),
        *,
        scope: str = "",
        reset: Callable[[], None] | None = None,
        close: Callable[[], Awaitable[None]] | None = None,
        capacity: int = CAPACITY,
        recorder: Recorder | None = None,
        lenient: bool = False,
    ) -> None:
        self.app = app
        self.recorder = Recorder(kind_of, capacity) if recorder is None else recorder
        self.faults = FaultBox(faults, kind_of, scope, lenient=lenient)
        self.scope, self._reset, self._close = scope, reset, close
        #: Changes a request before anything here sees it, as the one who sent it would have.
        self.arriving: Callable[[Request], Request] | None = None
        self._control = Control(scope, self.recorder, self.faults, self.reset)

    def reset(self) -> None:
        """Forgets exchanges, faults, and what the application holds."""
        self.recorder.clear()
        self.faults.clear()
        if self._reset is not None:
            self._reset()

    async def close(self) -> None:
        """Ends what the application holds open; the server calls it when it stops."""
        if self._close is not None:
            await self._close()

    def __call__(self, request: Request) -> Reply | Awaitable[Reply]:
        """The answer; at once unless the application or a fault needs time."""
        if request.path.startswith(PREFIX):
            return self._control(request)
        if self.arriving is not None:
            request = self.arriving(request)
        number = self.recorder.arrived(request)
        answer = self.app(request) if self.faults.idle else self.faults.around(request, self.app)
        if isinstance(answer, Reply):
            self.recorder.answered(number, answer)
            return answer
        return self._recorded(number, answer)

    async def _recorded(self, number: int, answer: Awaitable[Reply]) -> Reply:
        reply = await answer
        self.recorder.answered(number, reply)
        return reply

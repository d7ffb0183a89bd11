"""Opens a run: starts what is built in, connects, prepares the cluster, and undoes all of it on the way out."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager

from .client import Client
from .preflight import TargetUnusable, look
from .preparing import prepared
from .profiles.reading import profile_of
from .provision.isolation import Together
from .provision.journal import FileJournal, Journal, NoJournal, journal_folder
from .provision.naming import Names
from .recording.live import describe, open_recorder
from .recording.recorder import NoRecorder
from .run import Part, Run
from .settings import Settings
from .targets import NO_SERVICE, Target, open_target
from .verbs import MlCommons


@contextmanager
def open_run(
    settings: Settings, part: Part, selected: Callable[[str], bool], *, patience: float | None = None, retries: int = 0,
    opening: Callable[[Settings], AbstractContextManager[Target]] = open_target,
) -> Iterator[Run]:  # fmt: skip
    """Start what is built in, connect, and undo everything on the way out. Raises TargetUnusable, SettingsError.

    `patience` is the deadline in seconds of states to be reached, where it is not that of requests; `retries` how
    often a request is asked again after 429, or where no connection was made; `opening` gives the target.
    """
    profile = profile_of(settings)
    with ExitStack() as stack:
        target = stack.enter_context(opening(settings))
        recorder = stack.enter_context(closing(open_recorder(settings, part)))
        ml = MlCommons(stack.enter_context(closing(_client(settings, target, recorder))))
        if not target.ephemeral:
            ml.client.isolation = stack.enter_context(closing(Together(target.url)))
        engine = look(ml)
        if target.service is None:
            raise TargetUnusable(NO_SERVICE)
        journal = _journal(settings, part, target)
        names = Names(part.run_id, part.worker, recorder.numbers())
        run = Run(
            settings, part, target, ml, journal, names, target.service, engine, selected, profile, recorder,
            patience=patience, retries=retries,
        )  # fmt: skip
        stack.callback(lambda: journal.close(clean=not run.left and not run.kept))
        if settings["sweep"] and part.prepares:
            run.sweep()
        if run.toll and part.prepares and not part.purse:
            stack.callback(run.toll.close)
        stack.enter_context(_settled(run))
        stack.enter_context(prepared(run))
        describe(run)
        if part.prepares and not target.ephemeral:
            stack.callback(run.sweep_own)
        stack.enter_context(_released(run))
        yield run


def _client(settings: Settings, target: Target, recorder: NoRecorder) -> Client:
    try:
        client = Client(
            target.way,
            account=target.account,
            trust=target.trust,
            timeout=settings["timeout"],
            clock=recorder.clock,
            named=target.url,
        )
    except ValueError as error:
        raise TargetUnusable(error.args[0]) from None
    client.listen(recorder.exchange)
    return client


@contextmanager
def _settled(run: Run) -> Iterator[None]:
    """What could not be restored counts as left behind."""
    try:
        yield
    finally:
        run.left += run.guest.left


@contextmanager
def _released(run: Run) -> Iterator[None]:
    try:
        yield
    finally:
        run.release(run._shared, failed=run.failed)


def _journal(settings: Settings, part: Part, target: Target) -> Journal:
    if target.ephemeral:
        return NoJournal()
    path = journal_folder(settings["journal"]) / f"{part.run_id}-{part.worker}.jsonl"
    return FileJournal(path, run=part.run_id, worker=part.worker, cluster=target.url, python=sys.version.split()[0])

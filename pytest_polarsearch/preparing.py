"""The cluster's settings as a run needs them: changed for its time where it may, said to an administrator where not."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from .provision.cluster_settings import PRIVATE_IP, TRUSTED, SettingsRefused, covers, pattern_for
from .provision.journal_reading import journals, living
from .provision.trust import runs_in
from .words import said

if TYPE_CHECKING:
    from .run import Run

Json = Any


@contextmanager
def prepared(run: Run) -> Iterator[None]:
    """Inside, the cluster trusts the services of the run, or the run knows what it lacks for that."""
    with ExitStack() as stack:
        try:
            now = run.guest.read()
        except SettingsRefused:
            yield
            return
        if run.part.prepares:
            run.neighbours += sorted(runs_in(now) - {run.part.run_id} - living(journals(run.journals)))
        trusted = list(now.effective(TRUSTED) or [])
        wanted = wanted_patterns(run)
        changes: dict[str, Json] = {TRUSTED: [*trusted, *(p for p in wanted if p not in trusted)]}
        if str(now.effective(PRIVATE_IP)).lower() != "true":
            changes[PRIVATE_IP] = True
        if "settings" in run.lacking:
            _say_what_is_missing(run, trusted, changes)
        elif run.part.prepares or run.target.ephemeral:
            _enter(run, stack, trusted, changes)
        yield


def wanted_patterns(run: Run) -> list[str]:
    """Patterns that let the cluster reach both services; the mock's port is another in every process."""
    observed = run.target.observed
    patterns = [pattern_for(run.service.url)] if run.service != observed else []
    if observed:
        host = observed.netloc.rpartition(":")[0] or observed.netloc
        patterns.append(pattern_for(f"http://{host}").replace("/.*$", ":[0-9]+/.*$"))
    return patterns


def _enter(run: Run, stack: ExitStack, trusted: list[str], changes: Mapping[str, Json]) -> None:
    try:
        stack.enter_context(run.guest.staying(wanted_patterns(run)))
    except SettingsRefused as refused:
        run.lacking["settings"] = said("lacking.settings-refused", refused=refused.args[0])
        _say_what_is_missing(run, trusted, changes)


def _say_what_is_missing(run: Run, trusted: list[str], changes: Mapping[str, Json]) -> None:
    observed = run.target.observed
    if observed and observed != run.service and not covers(trusted, observed.url):
        why = said("lacking.mock-untrusted", url=observed.url, why=run.lacking["settings"])
        run.lacking.update(dict.fromkeys(("upstream-observed", "faults"), why))
    if not covers(trusted, run.service.url) or PRIVATE_IP in changes:
        run.hints.append(request_for_administrator(changes))


def request_for_administrator(changes: Mapping[str, Json]) -> str:
    """The request that makes the cluster trust what the run needs, in the words of the guide's Dashboard."""
    body = json.dumps({"persistent": dict(changes)}, indent=2)
    return said("administrator", body=body)

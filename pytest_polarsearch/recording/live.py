"""The recorder of a live run: opened as the options say, told what the run talks to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..judging.redaction import redactor_of
from ..preflight import TargetUnusable
from ..settings import SettingsError
from ..userfile import make_folder
from ..words import said
from .recorder import NoRecorder, Recorder

if TYPE_CHECKING:
    from ..blueprints import Endpoint
    from ..run import Part, Run
    from ..settings import Settings

Json = Any

OPTION = "--polarsearch-record"


def open_recorder(settings: Settings, part: Part) -> NoRecorder:
    """The recorder that the options ask for. Raises TargetUnusable where its file cannot be written."""
    path = settings["record"]
    if not path or settings["replay"]:
        return NoRecorder()
    try:
        make_folder(Path(path), OPTION)
        return Recorder(Path(path), part.run_id, part.worker, redactor_of(settings), first=part.prepares)
    except SettingsError as error:
        raise TargetUnusable(error.args[0]) from None
    except OSError as error:
        raise TargetUnusable(said("usage.no-file", option=OPTION, path=str(path), why=error.strerror)) from None


def describe(run: Run) -> None:
    """Tell the recorder what is judged, and let it see the mock's side."""
    if run.target.observer is not None:
        run.recorder.watch(run.target.observer)
    run.recorder.write("target", **described(run))


def described(run: Run) -> dict[str, Json]:
    """What a recording must say of the target so that its checks can be judged again."""
    target, settings = run.target, run.settings
    return {
        "url": target.url,
        "origin": target.origin,
        "ephemeral": target.ephemeral,
        "authenticated": run.ml.client.authenticated,
        "ca": settings["ca"],
        "insecure": settings["insecure"],
        "engine": {"distribution": run.engine.distribution, "number": run.engine.number},
        "service": plain_endpoint(run.service),
        "observed": plain_endpoint(target.observed) if target.observed else None,
        "lacking": run.lacking,
        "hints": run.hints,
        "timeout": run.timeout,
        "request_timeout": run.ml.client.timeout,
        "level": settings["level"],
        "requirements": settings["requirements"],
        "declared": list(run.declared),
        "profile": {"name": run.profile.name, "document": run.profile.document},
        "keep": settings["keep"],
        "sampling": {name: getattr(run.sampling, name) for name in ("seed", "examples", "patience")},
        "retries": run.retries,
    }


def plain_endpoint(endpoint: Endpoint) -> dict[str, str]:
    """A model service in builtin types; the recorder takes a secret key out."""
    return {"scheme": endpoint.scheme, "netloc": endpoint.netloc, "key": endpoint.key.reveal()}

"""Runs one check and says how it ended; nothing a check can raise goes unnamed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ..checks.context import Context
from ..checks.contract import Blocked, Check, Failure, NotApplicable, NotObserved
from ..client import NoAnswer
from ..exchange import NotJson
from ..patience import Patience
from ..provision.cluster_settings import SettingsRefused
from ..provision.lifecycle import ProvisionError
from ..requirements.registry import Requirement
from ..words import said
from .diagnosis import diagnose
from .verdicts import FAILING_LEVELS, Judgement, Verdict

Json = Any


@dataclass(frozen=True)
class Court:
    """What judging needs to know of the run: what the target lacks (capability -> reason), the engine's line, the
    level that fails, which requirements are judged in this run, which are scored, why one costs more than is left of
    the budget, how often a request may be asked again, and what a vendor has declared."""

    lacking: Mapping[str, str]
    line: str
    level: str
    selected: Callable[[str], bool]
    scores: Callable[[Requirement], bool] = lambda _requirement: True
    unaffordable: Callable[[Requirement], str] = lambda _requirement: ""
    retries: int = 0
    declared: Collection[str] = ()

    def judge(self, requirement: Requirement, check: Check, ctx: Context) -> Judgement:
        """The verdict on one requirement; what the check created is gone when this returns."""
        reason = self.against(requirement)
        if reason:
            return _judgement(requirement, Verdict.NOT_APPLICABLE, reason[0], reason[1])
        judged = self._run(requirement, check, ctx)
        story = tuple(exchange for model in ctx.models for exchange in model.story)
        judged = replace(judged, notes=tuple(ctx.notes), story=story, own=tuple(ctx.acts), asked=tuple(ctx.asked))
        judged = replace(judged, causes=_causes(judged))
        return judged if self.scores(requirement) else _unscored(judged)

    def against(self, requirement: Requirement) -> tuple[str, str] | None:
        """Why a requirement is not judged here (code, sentence), or None where it can be."""
        for capability in requirement.needs:
            if capability in self.lacking:
                return f"capability:{capability}", self.lacking[capability]
        if requirement.engines and self.line not in requirement.engines:
            return "engine", said("lacking.engine", engines=", ".join(requirement.engines), line=self.line)
        spent = self.unaffordable(requirement)
        return ("budget", spent) if spent else None

    def _run(self, requirement: Requirement, check: Check, ctx: Context) -> Judgement:
        judged = _judgement(requirement, Verdict.HARNESS_ERROR, "interrupted")
        stop = ctx.ml.client.listen(ctx.heard)
        patience = ctx.ml.client.patience = Patience(self.retries)
        try:
            with ctx.ml.client.isolation.judging():
                judged = self._try(requirement, check, ctx)
        finally:  # also after Ctrl-C
            stop()
            left = tuple(ctx.finish(failed=judged.meaning.fails))
        return replace(judged, left=left, retries=patience.retries)

    def _try(self, requirement: Requirement, check: Check, ctx: Context) -> Judgement:
        try:
            for name in check.uses:
                ctx.model(name)
            ctx.models.clear()
            ctx.exchanges.clear()
            ctx.acts.clear()
            check(ctx)
        except Exception as error:  # noqa: BLE001  what a check raises is what is judged here
            return self._of(error, requirement, ctx)
        return _judgement(requirement, Verdict.PASS)

    def _of(self, error: Exception, requirement: Requirement, ctx: Context) -> Judgement:
        if isinstance(error, NotApplicable):
            return _judgement(requirement, Verdict.NOT_APPLICABLE, error.code, sentence(error))
        if isinstance(error, Blocked) and error.by == requirement.id:  # it is what the model stands on
            return self._failed(
                Failure(said("making"), said("expect.success"), error.why, error.exchanges), requirement, ctx
            )
        if isinstance(error, Blocked):
            verdict = Verdict.BLOCKED if self.selected(error.by) else Verdict.SETUP_FAILED
            return _judgement(requirement, verdict, f"blocked:{error.by}", error.why)
        if isinstance(error, NotObserved):
            verdict = Verdict.NOT_OBSERVED if self._fails(requirement) else Verdict.WARN
            return replace(_judgement(requirement, verdict, error.code, sentence(error)), exchanges=ctx.exchanges[-1:])
        failure = as_failure(error)
        if failure is None:
            why = f"{type(error).__name__}: {error}"
            return replace(_judgement(requirement, Verdict.HARNESS_ERROR, "harness", why), exchanges=ctx.exchanges[-1:])
        return self._failed(failure, requirement, ctx)

    def _failed(self, failure: Failure, requirement: Requirement, ctx: Context) -> Judgement:
        verdict = Verdict.FAIL if self._fails(requirement) else Verdict.WARN
        return replace(
            _judgement(requirement, verdict, self._code(requirement), sentence(failure)),
            looked_at=failure.looked_at,
            expected=failure.expected,
            actual=failure.actual,
            exchanges=failure.exchanges or tuple(ctx.exchanges[-1:]),
        )

    def _code(self, requirement: Requirement) -> str:
        return "declared-but-absent" if requirement.declares in self.declared else "mismatch"

    def _fails(self, requirement: Requirement) -> bool:
        return requirement.level in FAILING_LEVELS[self.level] or requirement.declares in self.declared


def sentence(error: Exception) -> str:
    """What an error says, in all the languages that it has."""
    return error.args[0] if error.args and isinstance(error.args[0], str) else str(error)


def as_failure(error: Exception) -> Failure | None:
    """What an error says of the target, or None where it is a bug of ours."""
    if isinstance(error, Failure):
        return error
    told = sentence(error)
    if isinstance(error, NoAnswer):
        return Failure(said("the-answer"), said("expect.one"), said("no-answer", error=told), [error.exchange])
    if isinstance(error, NotJson):
        return Failure(said("the-answer"), "JSON", told, [error.exchange])
    if isinstance(error, ProvisionError):
        return Failure(said("making-stage", stage=error.stage), said("expect.success"), told, [error.exchange])
    if isinstance(error, SettingsRefused):
        return Failure(said("changing-settings"), "HTTP 200", told, [error.exchange])
    return None


def _causes(judged: Judgement) -> tuple[str, ...]:
    broken = judged.meaning.judged and judged.verdict is not Verdict.PASS
    return tuple(cause.id for cause in diagnose(judged)) if broken or judged.meaning.fails else ()


def _unscored(judged: Judgement) -> Judgement:
    """The same, shown only: what has entered after the set of the run neither counts nor fails it."""
    if not judged.meaning.judged and not judged.meaning.fails:
        return judged
    was = judged.verdict.value
    return replace(judged, verdict=Verdict.PROVISIONAL, code=f"{Verdict.PROVISIONAL.value}:{was}")


def _judgement(requirement: Requirement, verdict: Verdict, code: str = "", why: str = "") -> Judgement:
    return Judgement(requirement.id, requirement.level, verdict, code, why)

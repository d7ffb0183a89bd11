"""What stands on what: a red judgement is doubted, and blocked where what it stands on gives no answer at all."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from ..checks.contract import Check
from ..requirements.registry import Requirement
from ..words import said
from .verdicts import Judgement, Verdict

#: Verdicts that may be the consequence of another one.
RED = (Verdict.FAIL, Verdict.WARN, Verdict.NOT_OBSERVED)


@dataclass(frozen=True)
class Foundation:
    """A requirement on which others stand: a step of the guide, and what shows that a check takes it (a pattern over
    `METHOD path` of its requests, and over the names of what it asked)."""

    id: str
    step: str
    carries: str = "(?!)"


#: In the order of the guide's steps: each stands on those of earlier steps.
FOUNDATIONS = (
    Foundation("connectors.guide-chat-created", "connector", r"^POST \S+/connectors/_create$"),
    Foundation("connectors.guide-embedding-created", "connector"),
    Foundation("connectors.guide-rerank-created", "connector"),
    Foundation("register.guide-chat-answer", "register", r"^POST \S+/models/_register\b"),
    Foundation("register.guide-embedding-answer", "register"),
    Foundation("register.guide-rerank-answer", "register"),
    Foundation("deploy.answer-shape", "deploy", r"^POST \S+/_deploy$"),
    Foundation("deploy.reaches-deployed", "deploy"),
    Foundation("chat.stream-false-taken", "service", r"^(service|predict) (chat|prompt)$"),
    Foundation("embeddings.rows-in-order", "service", r"^(service|predict) embedding$"),
    Foundation("reranking.every-document-answered", "service", r"^(service|predict) rerank(\.texts)?$"),
    Foundation("reranking.top-n-honoured", "service", r"^(service|predict) rerank\.flat$"),
    Foundation("predict.chat-content", "predict", r"^predict (chat|prompt)$"),
    Foundation("predict.embedding-tensor", "predict", r"^predict embedding$"),
    Foundation("predict.rerank-order", "predict", r"^predict rerank$"),
    Foundation("processing.rerank-similarity", "predict", r"^predict rerank\.flat$"),
)
PLACES = {one.id: place for place, one in enumerate(FOUNDATIONS)}
#: What another requirement explains where both are red: through the cluster -> the same of the service itself; a
#: narrower carelessness -> the wider one.
EXPLAINED_BY: Mapping[str, str] = {
    "meaning.batch-equals-singles": "embeddings.batch-equals-singles",
    "meaning.obvious-document-first": "reranking.best-first",
    "predict.chat-tools": "chat.tools",
    "predict.embedding-base64": "embeddings.base64-decodes",
    "predict.embedding-dimensions": "embeddings.dimensions-honoured",
    "predict.embedding-empty-text": "embeddings.empty-text-refused",
    "predict.embedding-long-text": "embeddings.long-text",
    "predict.embedding-unit-length": "embeddings.unit-length",
    "predict.rerank-documents-returned": "reranking.documents-on-request",
    "predict.rerank-index-range": "reranking.index-in-range-once",
    "predict.rerank-long-document": "reranking.long-document",
    "predict.rerank-many-documents": "reranking.many-documents",
    "predict.rerank-order": "reranking.best-first",
    "predict.rerank-scores-in-range": "reranking.scores-in-range",
    "processing.rerank-similarity": "reranking.score-literals",
    "processing.rerank-in-input-order": "reranking.score-literals",
    "refusals.missing-key-is-401": "refusals.wrong-key-is-401",
}
#: What a foundation found where there was nothing: what others look for in such an answer is missing with it.
NOTHING = ("None", "[]", "{}", "''", "none")
#: What is judged once, by whoever asks first.
ROOTS = frozenset((*PLACES, *EXPLAINED_BY.values()))


class Standing:
    """Judges with `judge`, and where that is red asks first whether it is only the consequence of something else.

    `known` are all requirements with their checks. A sound target costs nothing: foundations are judged when doubted.
    """

    def __init__(
        self, judge: Callable[[Requirement, Check], Judgement], known: Mapping[str, tuple[Requirement, Check]]
    ) -> None:
        self._judge, self._known = judge, known
        self._found: dict[str, Judgement] = {}

    def judge(self, requirement: Requirement, check: Check) -> Judgement:
        """The verdict on one requirement, blocked where it is another's consequence."""
        if requirement.id not in self._found:
            judged = self._judge(requirement, check)
            judged = self._doubted(judged) if judged.verdict in RED else judged
            if requirement.id not in ROOTS:
                return judged
            self._found[requirement.id] = judged
        return self._found[requirement.id]

    def _doubted(self, judged: Judgement) -> Judgement:
        for below in self._below(judged):
            root = self._root(self.judge(*self._known[below.id]), judged)
            if root is not None:
                return _blocked(judged, root)
        wider = self._known.get(EXPLAINED_BY.get(judged.id, ""))
        other = self.judge(*wider) if wider else None
        return _blocked(judged, other) if other and _explains(other, judged) else judged

    def _below(self, judged: Judgement) -> Iterator[Foundation]:
        """What a judgement stands on, in the order of steps."""
        taken = [f"{one.method} {one.path}" for one in judged.own] + list(judged.asked)
        last = PLACES.get(judged.id, len(FOUNDATIONS))
        step = FOUNDATIONS[last].step if judged.id in PLACES else ""
        for one in FOUNDATIONS[:last]:
            if one.id in self._known and (one.step == step or any(re.search(one.carries, line) for line in taken)):
                yield one

    def _root(self, base: Judgement, judged: Judgement) -> Judgement | None:
        """The judgement that explains this one: the foundation, or what that one is blocked by; None where it holds."""
        if base.verdict is Verdict.BLOCKED:
            return self._found.get(base.code.removeprefix("blocked:"))
        if base.verdict not in RED:
            return None
        if judged.id in PLACES and FOUNDATIONS[PLACES[base.id]].step == FOUNDATIONS[PLACES[judged.id]].step:
            return base if _words(base) == _words(judged) else None
        return base if judged.id in PLACES or _unanswered(base) or (_is_hollow(base) and _answered(judged)) else None


def _unanswered(judged: Judgement) -> bool:
    return bool(judged.exchanges) and not judged.exchanges[-1].ok


def _answered(judged: Judgement) -> bool:
    return bool(judged.exchanges) and judged.exchanges[-1].ok


def _is_hollow(judged: Judgement) -> bool:
    """Whether the answer was a success in which nothing was found."""
    return _answered(judged) and judged.actual in NOTHING


def _words(judged: Judgement) -> tuple[object, str]:
    """What the target said, so that two failures with one cause can be told."""
    last = judged.exchanges[-1] if judged.exchanges else None
    return (last.status, last.reason or last.trouble) if last else (None, judged.actual)


def _blocked(judged: Judgement, root: Judgement) -> Judgement:
    return replace(
        judged, verdict=Verdict.BLOCKED, code=f"blocked:{root.id}", why=said("because", id=root.id, why=root.why)
    )


def _explains(other: Judgement, judged: Judgement) -> bool:
    """Whether the same is red without the cluster, and fails the run if this would."""
    return other.verdict in RED and (other.meaning.fails or not judged.meaning.fails)

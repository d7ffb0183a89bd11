"""The honesty probe: does the target tell sound from nonsense, and one question from another? What fails here is judged
no further (`judging.honesty`), so only a target that takes, refuses or repeats *everything* fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial, reduce

from .context import Context, Exchange
from .contract import Blocked, Failure, NotApplicable, check, said

#: The guide's three kinds of models.
KINDS = ("chat", "embedding", "rerank")
#: What no reader of JSON can read.
NO_JSON = b"] no JSON ["
TEXTS = ("machine learning", "a train leaves at nine")


@dataclass(frozen=True)
class Probe:
    """One thing to ask: in words, and how; `keyed` ones have a meaning only where the service is asked with a key."""

    what: str
    ask: Callable[[Context], Exchange]
    keyed: bool = False


NONSENSE_FOR_CLUSTER = (
    Probe(said("honesty.no-model"), lambda ctx: ctx.ml.model(f"no-such-{ctx.nonce}")),
    Probe(said("honesty.no-path"), lambda ctx: ctx.ml.request("GET", f"/_plugins/_ml/no-such-{ctx.nonce}")),
    Probe(said("honesty.no-json"), lambda ctx: ctx.ml.request("POST", "/_plugins/_ml/connectors/_create", raw=NO_JSON)),
)
SOUND_FOR_CLUSTER = (
    Probe(said("honesty.settings"), lambda ctx: ctx.ml.settings()),
    Probe(said("honesty.search"), lambda ctx: ctx.ml.search("models", {"match_all": {}}, size=0)),
    Probe(said("honesty.connector"), lambda ctx: ctx.scratch.connector(ctx.body(_kind(ctx)))),
)
NONSENSE_FOR_SERVICE = (
    Probe(said("honesty.no-path"), lambda ctx: ctx.ask_service(_kind(ctx), path=f"/no-such-{ctx.nonce}")),
    Probe(said("honesty.no-json"), lambda ctx: ctx.ask_service(_kind(ctx), raw=NO_JSON)),
    Probe(said("honesty.no-model"), lambda ctx: ctx.ask_service(_kind(ctx), model=f"no-such-{ctx.nonce}")),
    Probe(said("honesty.wrong-key"), lambda ctx: ctx.ask_service(_kind(ctx), key="sk-wrong-on-purpose"), keyed=True),
)
SOUND_FOR_SERVICE = {
    "embedding": Probe(said("honesty.embedding"), lambda ctx: ctx.ask_service("embedding")),
    "rerank": Probe(said("honesty.rerank"), lambda ctx: ctx.ask_service(ctx.profile.reranks[0])),
    "chat": Probe(said("honesty.chat"), lambda ctx: ctx.ask_service("chat", max_tokens=1)),
}


@check("honesty.service-tells-nonsense", killed_by=["dashscope.nonsense-taken"])
def service_tells_nonsense(ctx: Context) -> None:
    answers = _asked(ctx, [SOUND_FOR_SERVICE[kind] for kind in KINDS if ctx.offers(kind)])
    _not_refusing_everything(said("honesty.service"), answers)
    bodies = {answer.body for _, answer in answers if answer.ok}
    if len(answers) > 1 and len(bodies) == 1 and all(answer.ok for _, answer in answers):
        raise _accused(said("honesty.service"), said("honesty.same"), said("honesty.different-answers"), answers)
    _not_taking_everything(
        said("honesty.service"), _asked(ctx, [one for one in NONSENSE_FOR_SERVICE if not (one.keyed and ctx.keyless)])
    )
    if ctx.keyless:
        ctx.note(said("honesty.keyless"))


@check("honesty.cluster-tells-nonsense", killed_by=["mlcommons.nonsense-taken"])
def cluster_tells_nonsense(ctx: Context) -> None:
    _not_taking_everything(said("honesty.cluster"), _asked(ctx, NONSENSE_FOR_CLUSTER))
    _not_refusing_everything(said("honesty.cluster"), _asked(ctx, SOUND_FOR_CLUSTER))


@check("honesty.answers-follow-questions", killed_by=["dashscope.constant-vector"], uses=["embedding"])
def answers_follow_questions(ctx: Context) -> None:
    answers = [(text, ctx.predict("embedding", input=[text])) for text in TEXTS]
    for _, answer in answers:
        if not answer.ok:
            raise Blocked(
                "predict.embedding-tensor", said("honesty.predict", status=answer.status, reason=answer.reason[:200])
            )
    first, second = (answer.get("inference_results", 0, "output", 0, "data") for _, answer in answers)
    if first and first == second:
        raise _accused(said("honesty.target"), said("honesty.same-vector"), said("honesty.different-vectors"), answers)


def _kind(ctx: Context) -> str:
    """A kind of model that the service offers. Raises NotApplicable where it offers none."""
    for kind in KINDS:
        if ctx.offers(kind):
            return kind
    raise NotApplicable(said("honesty.offers-nothing"))


Answers = Sequence[tuple[str, Exchange]]


def _asked(ctx: Context, probes: Sequence[Probe]) -> Answers:
    return [(probe.what, ctx.whatever_comes(partial(probe.ask, ctx))) for probe in probes]


def _not_taking_everything(who: str, answers: Answers) -> None:
    if all(answer.ok for _, answer in answers):
        raise _accused(who, said("honesty.takes-all"), said("honesty.a-refusal"), answers)


def _not_refusing_everything(who: str, answers: Answers) -> None:
    if answers and not any(answer.ok for _, answer in answers):
        raise _accused(who, said("honesty.refuses-all"), said("honesty.a-success"), answers)


def _accused(who: str, does: str, expected: str, answers: Answers) -> Failure:
    asked = reduce(lambda first, other: said("both", one=first, other=other), (_told(*pair) for pair in answers))
    found = said("honesty.found", who=who, does=does, asked=asked)
    return Failure(said("honesty.judged", who=who), expected, found, [answer for _, answer in answers])


def _told(what: str, answer: Exchange) -> str:
    if answer.status is None:
        return said("honesty.silent", what=what, trouble=answer.trouble)
    words = (answer.reason or answer.text)[:80] or said("honesty.no-body")
    return said("honesty.answered", what=what, status=answer.status, words=words)

"""Pre-process functions: what a connector makes of text_docs and of a query with texts (parameters pass unchanged)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .dataset import Dataset
from .engines import Engine
from .errors import EngineError, illegal_argument
from .javajson import gson

_DOCS_ONLY = (
    "This pre_process_function can only support TextDocsInputDataSet "
    "which including a list of string with key 'text_docs'"
)
_SIMILARITY_ONLY = "This pre_process_function can only support TextSimilarityInputDataSet"
_NOT_DEFINED = "pre_process_function not defined in connector"
_PREFIX = "connector.pre_process."
DEFAULT_EMBEDDING = f"{_PREFIX}default.embedding"
#: The functions that take one text a call.
ONE_DOC_A_CALL = (f"{_PREFIX}bedrock.embedding",)

Parameters = dict[str, Any]


def _list_named(name: str) -> Callable[[Dataset], Parameters]:
    return lambda dataset: {name: list(dataset.text_docs)}


def _first_doc(dataset: Dataset) -> Parameters:
    return {"inputText": dataset.text_docs[0]}


def _text_and_image(dataset: Dataset) -> Parameters:
    if list(dataset.text_docs) == [None]:
        raise illegal_argument("No input text or image provided")
    named = zip(("inputText", "inputImage"), dataset.text_docs, strict=False)
    return {name: doc for name, doc in named if doc is not None}


def _images(dataset: Dataset) -> Parameters:
    if not any(doc is not None for doc in dataset.text_docs):
        raise illegal_argument("No image provided")
    return {"images": list(dataset.text_docs)}


def _query_and_docs(dataset: Dataset) -> Parameters:
    return {"query": dataset.query_text, "documents": list(dataset.text_docs), "top_n": len(dataset.text_docs)}


def _inline(doc: str | None) -> Parameters:
    return {"type": "TEXT", "textDocument": {"text": doc}}


def _bedrock_rerank(dataset: Dataset) -> Parameters:
    queries = [{"type": "TEXT", "textQuery": {"text": dataset.query_text}}]
    sources = [{"type": "INLINE", "inlineDocumentSource": _inline(doc)} for doc in dataset.text_docs]
    return {"queries": queries, "sources": sources, "numberOfResults": len(sources)}


#: Functions over text_docs.
EMBEDDING: dict[str, Callable[[Dataset], Parameters]] = {
    f"{_PREFIX}openai.embedding": _list_named("input"),
    DEFAULT_EMBEDDING: _list_named("input"),
    f"{_PREFIX}cohere.embedding": _list_named("texts"),
    f"{_PREFIX}bedrock.embedding": _first_doc,
    f"{_PREFIX}bedrock.multimodal_embedding": _text_and_image,
    f"{_PREFIX}cohere.multimodal_embedding": _images,
}
#: Functions over a query and its texts.
RERANK: dict[str, Callable[[Dataset], Parameters]] = {
    f"{_PREFIX}cohere.rerank": _query_and_docs,
    f"{_PREFIX}default.rerank": _query_and_docs,
    f"{_PREFIX}bedrock.rerank": _bedrock_rerank,
}


def preprocess(dataset: Dataset, function: str | None, engine: Engine) -> dict[str, str]:
    """The parameters that a text input becomes. 400 for the wrong kind of input, 501 for a script."""
    if function is None and dataset.kind == "text_similarity":
        raise illegal_argument(_NOT_DEFINED)
    name = function or DEFAULT_EMBEDDING
    if name in EMBEDDING:
        made = _checked(dataset, "text_docs", _DOCS_ONLY, EMBEDDING[name])
    elif name in RERANK:
        made = _checked(dataset, "text_similarity", _SIMILARITY_ONLY, RERANK[name])
    else:
        raise script_not_emulated("pre_process_function", name)
    if engine.bedrock_text_before_type:
        made = _text_first(made)
    return {key: value if isinstance(value, str) else gson(value, engine) for key, value in made.items()}


def _text_first(made: Parameters) -> Parameters:
    """The same with `textDocument` before `type`: the order of this one map differs with the start of an engine."""
    sources = [
        {**one, "inlineDocumentSource": dict(sorted(one["inlineDocumentSource"].items()))}
        for one in made.get("sources", ())
    ]
    return {**made, **({"sources": sources} if sources else {})}


def _checked(dataset: Dataset, kind: str, refusal: str, function: Callable[[Dataset], Parameters]) -> Parameters:
    if dataset.kind != kind:
        raise illegal_argument(refusal)
    return function(dataset)


def script_not_emulated(field: str, source: str) -> EngineError:
    """501: a function that is none of the built-in ones is a Painless script for the engine, and those are not run."""
    shown = source if len(source) <= 80 else f"{source[:80]}…"
    reason = (
        f"{field} [{shown}] is no built-in function: the engine runs it as a Painless script, which is not emulated"
    )
    return EngineError("not_emulated", reason, 501)


def is_builtin(function: str | None) -> bool:
    """Whether a pre-process function is absent or one of the built-in ones."""
    return function is None or function in EMBEDDING or function in RERANK


def batches(docs: Sequence[str | None], function: str | None, step: str | None) -> list[Sequence[str | None]]:
    """The texts of each call: all in one, one a call, or as many as `input_docs_processed_step_size` says."""
    size = len(docs)
    if step is not None:
        size = _step_size(step)
    elif function in ONE_DOC_A_CALL or not is_builtin(function):
        size = 1
    return [docs[at : at + size] for at in range(0, len(docs), size)]


def _step_size(text: str) -> int:
    try:
        size = int(text)
    except ValueError:
        raise EngineError("number_format_exception", f'For input string: "{text}"') from None
    if size <= 0:
        raise illegal_argument("Invalid parameter: input_docs_processed_step_size. It must be positive integer.")
    return size

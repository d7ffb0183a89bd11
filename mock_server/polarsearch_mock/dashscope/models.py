"""What each model takes and gives: limits, dimensions and abilities, as rows of one table (dashscope.md §6.3, §9)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["embedding", "embedding-async", "rerank", "chat", "multimodal"]

_V4_DIMENSIONS = (2048, 1536, 1024, 768, 512, 256, 128, 64)
_V3_DIMENSIONS = (1024, 768, 512, 256, 128, 64)
_V3_DIMENSIONS_INTL = (1024, 768, 512)


@dataclass(frozen=True, slots=True)
class Model:
    """One model. `dimensions` is empty where the size is fixed and the field is ignored in silence.

    `rows` is the most texts (or documents) of one request, `tokens` the most of one text,
    `context` the most of one rerank request or chat answer, all in tokens of the model.
    """

    name: str
    kind: Kind
    default_dimension: int = 0
    dimensions: tuple[int, ...] = ()
    dimensions_intl: tuple[int, ...] = ()
    generation: str = ""  # as the dimension message names it: "v3"
    rows: int = 1
    tokens: int = 8192
    row_end_tokens: int = 0  # a token that closes each text
    sparse: bool = False
    instruct: bool = False
    objects: bool = False  # rerank: query and documents may be objects of text, image or video
    compat: bool = True
    native: bool = True
    result_format: Literal["text", "message"] = "text"
    thinking: Literal["no", "optional", "always"] = "no"
    stream_only: bool = False
    many: bool = False  # takes n > 1
    search: bool = True
    answer_tokens: int = 8192
    context: int = 131_072
    owner: str = "system"

    def allowed_dimensions(self, region: str) -> tuple[int, ...]:
        """The sizes this model gives in a region ("cn-beijing" or another)."""
        return self.dimensions_intl if region != "cn-beijing" and self.dimensions_intl else self.dimensions


def _embedding(name: str, default: int, **row: object) -> Model:
    return Model(name, "embedding", default_dimension=default, **row)  # type: ignore[arg-type]


def _rerank(name: str, **row: object) -> Model:
    return Model(name, "rerank", **{"tokens": 4000, "rows": 500, "context": 120_000, **row})  # type: ignore[arg-type]


def _chat(name: str, **row: object) -> Model:
    return Model(name, "chat", tokens=129_024, **row)  # type: ignore[arg-type]


_QWEN37 = (2560, 2048, 1536, 1024, 768, 512, 256, 128, 64)

_ROWS = (
    _embedding(
        "text-embedding-v4",
        1024,
        dimensions=_V4_DIMENSIONS,
        generation="v4",
        rows=10,
        row_end_tokens=1,
        sparse=True,
        instruct=True,
    ),
    _embedding(
        "text-embedding-v3",
        1024,
        dimensions=_V3_DIMENSIONS,
        dimensions_intl=_V3_DIMENSIONS_INTL,
        generation="v3",
        rows=10,
        row_end_tokens=1,
        sparse=True,
    ),
    _embedding("text-embedding-v2", 1536, rows=25, tokens=2048),
    _embedding("text-embedding-v1", 1536, rows=25, tokens=2048),
    _embedding("qwen3.7-text-embedding", 1024, dimensions=_QWEN37, generation="qwen3.7", rows=20, tokens=128_000),
    _embedding("qwen3.7-text-embedding-flash", 1024, dimensions=_QWEN37, generation="qwen3.7", rows=20, tokens=128_000),
    Model("text-embedding-async-v1", "embedding-async", 1536, rows=100_000, tokens=2048, compat=False),
    Model("text-embedding-async-v2", "embedding-async", 1536, rows=100_000, tokens=2048, compat=False),
    _rerank("qwen3-rerank", instruct=True),
    _rerank("gte-rerank-v2", compat=False, context=30_000),
    _rerank("qwen3-vl-rerank", compat=False, instruct=True, rows=100, tokens=8000, objects=True),
    _rerank("qwen3.7-text-rerank", instruct=True),
    _chat("qwen-max"),
    _chat("qwen-max-latest"),
    _chat("qwen-plus", thinking="optional", many=True, answer_tokens=32_768),
    _chat("qwen-plus-latest", thinking="optional", many=True, answer_tokens=32_768),
    _chat("qwen-turbo", thinking="optional", answer_tokens=16_384),
    _chat("qwen-flash", thinking="optional", answer_tokens=32_768),
    _chat("qwen-long", search=False),
    _chat("qwen2.5-72b-instruct", search=False),
    _chat("qwen2.5-7b-instruct", search=False),
    _chat("qwen3-max", many=True, result_format="message", answer_tokens=65_536),
    _chat("qwen3-32b", thinking="optional", many=True, result_format="message", search=False),
    _chat("qwen3-8b", thinking="optional", many=True, result_format="message", search=False),
    _chat("qwen3-235b-a22b-instruct-2507", many=True, result_format="message", search=False),
    _chat("qwen3-235b-a22b-thinking-2507", thinking="always", result_format="message", search=False),
    _chat("qwen3-coder-plus", result_format="message", answer_tokens=65_536, search=False),
    _chat("qwq-plus", thinking="always", stream_only=True, result_format="message"),
    _chat("qwq-32b", thinking="always", stream_only=True, result_format="message", search=False),
    _chat("deepseek-r1", thinking="always", result_format="message", search=False, owner="deepseek"),
    _chat("deepseek-v3", result_format="message", search=False, owner="deepseek"),
    Model("qwen-vl-max", "multimodal", result_format="message", search=False),
    Model("qwen-vl-plus", "multimodal", result_format="message", search=False),
    Model("qwen3-vl-plus", "multimodal", thinking="optional", result_format="message", search=False),
)

#: Every model the mock knows, by name.
MODELS: dict[str, Model] = {row.name: row for row in _ROWS}

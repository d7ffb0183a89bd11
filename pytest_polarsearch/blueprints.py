"""Connector and model bodies: the guide's three, word for word, and those its users need next."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .addresses import parse_address
from .secret import Secret

Json = Any

#: Sent where a keyless service needs no key but the engine wants a credential (mandatory since ML Commons 2.19).
NO_KEY = Secret("unused")
BEARER = {"Authorization": "Bearer ${credential.api_key}"}
OPENAI_EMBEDDING = {
    "pre_process_function": "connector.pre_process.openai.embedding",
    "post_process_function": "connector.post_process.openai.embedding",
}
COHERE_RERANK = {
    "pre_process_function": "connector.pre_process.cohere.rerank",
    "post_process_function": "connector.post_process.cohere.rerank",
}


@dataclass(frozen=True)
class Endpoint:
    """A model service as a connector names it: scheme, `host[:port]`, key."""

    scheme: str
    netloc: str
    key: Secret = NO_KEY

    @property
    def url(self) -> str:
        """The address that a trust pattern must cover."""
        return f"{self.scheme}://{self.netloc}"

    @property
    def place(self) -> tuple[str, int]:
        """Host and port, the scheme's own where none is written."""
        address = parse_address(self.url, self.scheme)
        return address.host, address.port


@dataclass(frozen=True)
class Blueprint:
    """What a connector is made from. `kind` is what its service does, `path` where, `template` the request body."""

    kind: str
    name: str
    model: str
    path: str
    template: str
    parameters: Mapping[str, Json] = field(default_factory=dict)
    functions: Mapping[str, str] = field(default_factory=dict)
    sample: Mapping[str, Json] = field(default_factory=dict)

    def action(self, endpoint: Endpoint) -> dict[str, Json]:
        """The connector's predict action."""
        return {
            "action_type": "predict",
            "method": "POST",
            "headers": dict(BEARER),
            "url": f"{endpoint.scheme}://${{parameters.endpoint}}{self.path}",
            "request_body": self.template,
            **self.functions,
        }

    def request(self) -> dict[str, Json]:
        """The body that its service gets for the sample: the template filled in."""
        values = {"model": self.model, **self.parameters, **self.sample}
        body = re.sub(
            r'("?)\$\{parameters\.(\w+)\}\1',
            lambda hole: json.dumps(values[hole[2]], ensure_ascii=False),
            self.template,
        )
        return dict(json.loads(body))

    def connector(self, endpoint: Endpoint, **changed: Json) -> dict[str, Json]:
        """The body of a connector's creation; `changed` replaces top-level fields."""
        return {
            "name": self.name,
            "description": self.name,
            "version": "1",
            "protocol": "http",
            "parameters": {"endpoint": endpoint.netloc, "model": self.model, **self.parameters},
            "credential": {"api_key": endpoint.key.reveal()},
            "actions": [self.action(endpoint)],
            **changed,
        }


EMBEDDING = Blueprint(
    "embedding", "text-embedding connector", "text-embedding-v4", "/compatible-mode/v1/embeddings",
    '{ "model": "${parameters.model}", "input": ${parameters.input} }',
    functions=OPENAI_EMBEDDING, sample={"input": ["hello world"]},
)  # fmt: skip
RERANK = Blueprint(
    "rerank", "text-rerank connector", "qwen3-rerank", "/api/v1/services/rerank/text-rerank/text-rerank",
    '{ "model": "${parameters.model}", "input": { "query": "${parameters.query}", "documents": ${parameters.documents} } }',
    parameters={"query": "", "documents": []},
    sample={
        "query": "What is machine learning?",
        "documents": [
            "Machine learning is a subfield of artificial intelligence.",
            "Deep learning uses neural networks.",
            "The weather is nice today.",
        ],
        "top_n": 3,
    },
)  # fmt: skip
CHAT = Blueprint(
    "chat", "qwen-llm connector", "qwen-max", "/compatible-mode/v1/chat/completions",
    '{ "model": "${parameters.model}", "messages": ${parameters.messages} }',
    sample={
        "messages": [
            {"role": "system", "content": "You are a helpful assistant."},
            {"role": "user", "content": "What is PolarSearch?"},
        ]
    },
)  # fmt: skip
#: DashScope's flat route with the built-in Cohere functions: what the `rerank` search processor can read.
RERANK_FLAT = Blueprint(
    "rerank", "flat rerank connector", "qwen3-rerank", "/compatible-api/v1/reranks",
    '{ "model": "${parameters.model}", "query": "${parameters.query}", "documents": ${parameters.documents} }',
    functions=COHERE_RERANK, sample=RERANK.sample,
)  # fmt: skip
#: The route of Text Embeddings Inference; none of the built-in rerank functions reads its bare list.
RERANK_TEXTS = Blueprint(
    "rerank", "texts rerank connector", "text-embeddings-inference", "/rerank",
    '{ "query": "${parameters.query}", "texts": ${parameters.texts} }',
    sample={"query": RERANK.sample["query"], "texts": RERANK.sample["documents"]},
)  # fmt: skip
#: A text in quotes: what a template with one prompt looks like, where escaping matters.
PROMPT = Blueprint(
    "chat", "prompt connector", "qwen-max", "/compatible-mode/v1/chat/completions",
    '{ "model": "${parameters.model}", "messages": [ { "role": "user", "content": "${parameters.prompt}" } ] }',
    sample={"prompt": "What is PolarSearch?"},
)  # fmt: skip

GUIDE: Mapping[str, Blueprint] = {one.kind: one for one in (EMBEDDING, RERANK, CHAT)}
BLUEPRINTS: Mapping[str, Blueprint] = {**GUIDE, "rerank.flat": RERANK_FLAT, "prompt": PROMPT}

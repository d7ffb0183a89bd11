"""What the rules know of engines, functions, services and models: tables, no judgement.

Sources: recordings of 2.19.4, 3.3.2 and 3.4.0 (what the engine reads), DashScope's documentation (models, routes).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

TRUSTED = "plugins.ml_commons.trusted_connector_endpoints_regex"
#: Parameters of a predict that are lists, and that are texts, where a file shows no value of theirs.
LISTS = ("input", "texts", "documents", "messages")
TEXTS = ("query", "prompt", "model")
#: Parameters that come with a predict, or from a pre-process function.
FROM_PREDICT = (
    *LISTS, "query", "prompt", "inputs", "inputText", "inputImage", "images", "image", "text", "question", "top_n",
    "queries", "sources", "numberOfResults", "context", "system_prompt", "chat_history", "_interactions",
)  # fmt: skip
#: Parameters that belong to a connector: no predict of anybody's brings them.
OF_CONNECTOR = ("model", "endpoint", "path", "api_version", "deploy-name", "region", "service_name")
#: Parameters that the engine itself reads.
OF_ENGINE = (
    "input_docs_processed_step_size", "response_filter", "skip_validating_missing_parameters", "no_escape_params",
    "charset", "region", "service_name", "http_body", "llm_interface", "_llm_interface",
)  # fmt: skip
#: Models that DashScope has retired, or announced to retire -> what took their place.
RETIRED: Mapping[str, str] = {
    "text-embedding-v1": "text-embedding-v4 (other dimensions: index again)",
    "text-embedding-v2": "text-embedding-v4 (other dimensions: index again)",
    "gte-rerank": "qwen3-rerank",
    "qwen-turbo-1101": "qwen-flash",
    "qwen-72b-chat": "qwen-max",
    "qwen-14b-chat": "qwen-plus",
}
#: Seconds from which a timeout is taken for milliseconds.
LONGEST = 1000
TIMEOUTS = ("read_timeout", "connection_timeout", "retry_timeout_seconds")
#: A service's answer, as short as it can be, by the route that gives it. The first route that fits counts.
ANSWERS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"/services/embeddings/"), '{"output":{"embeddings":[{"text_index":0,"embedding":[0.5]}]}}'),
    (re.compile(r"/services/rerank/"), '{"output":{"results":[{"index":0,"relevance_score":0.5}]}}'),
    (re.compile(r"/chat/completions$"), '{"choices":[{"message":{"role":"assistant","content":"a"}}]}'),
    (re.compile(r"/v1/embeddings$"), '{"object":"list","data":[{"index":0,"embedding":[0.5]}],"model":"m"}'),
    (re.compile(r"/compatible-api/v1/reranks$"), '{"results":[{"index":0,"relevance_score":0.5}]}'),
)
#: Keys and passwords as they look.
SECRETS = (
    re.compile(r"(?<![\w-])sk-[A-Za-z0-9_-]{16,}"),
    re.compile(r"(?<!\w)(?:LTAI|AKIA|ASIA)[A-Za-z0-9]{12,}"),
    re.compile(r"(?<=Bearer )[A-Za-z0-9_.~+/-]{16,}=*"),
    re.compile(r"(?:(?<=USER_PASSWORD=)|(?<=USER_PASSWORD=[\"']))[^\s:\"'${}<>]+:[^\s\"'${}<>]{4,}"),
    re.compile(r"(?<=://)[^\s/:@\"'${}<>]+:[^\s/:@\"'${}<>]+(?=@)"),
)
#: What stands for a key in documentation: nobody's.
NOBODYS = re.compile(r"x{3}|\*{3}|your|example|placeholder|dummy|unused|redacted|changeme|<|\.\.\.|…", re.IGNORECASE)

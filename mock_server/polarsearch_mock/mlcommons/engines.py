"""The engines the emulator imitates: one frozen row an engine, every behavioural difference a field.

A new engine is one more row; where it behaves in a new way, one more field. No other module compares versions.
Source: recorded scenarios of 2.19.4, 3.3.2 and 3.4.0.
"""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Engine:
    """What one release of OpenSearch with ML Commons does that another does not."""

    name: str
    #: GET / and the plugin lists
    number: str
    build_hash: str
    build_date: str
    lucene: str
    wire_compatible: str
    index_compatible: str

    # --- names, connectors, storage ---
    #: names and descriptions must keep to a list of characters
    names_checked: bool = True
    #: the untrusted-URL text ends with ", URL is: <url>"
    untrusted_shows_url: bool = False
    #: write answers of PUT model and PUT connector say "forced_refresh"
    update_forces_refresh: bool = True
    #: DELETE of a connector or model group before the index exists is 404 (else 500 from the storage client)
    delete_without_index_is_404: bool = True
    #: `is_enabled: false` at registration is stored
    register_keeps_is_enabled: bool = True
    #: a search with aggregations is answered
    aggregations_answered: bool = True

    #: protocols that have a class
    protocols: tuple[str, ...] = ("http", "aws_sigv4", "mcp_sse", "mcp_streamable_http")
    #: number of the variable that the loop over a connector's fields switches on (it is named in an exception)
    connector_switch_local: int = 18
    #: the same of the loop over a model's fields
    register_switch_local: int = 30
    #: the order in which stats of the cluster are listed: all of them, and a choice
    stats_order: tuple[str, ...] = ("ml_connector_count", "ml_config_index_status", "ml_model_count")
    chosen_stats_order: tuple[str, ...] = ("ml_connector_count", "ml_config_index_status", "ml_model_count")

    #: a term on a keyword field scores 1.0 (else as a word in a text does)
    keyword_scores_one: bool = True

    # --- settings ---
    #: the exception of an unknown setting
    unknown_setting_type: str = "settings_exception"
    #: ML Commons settings this engine has beside the common ones
    has_stream_settings: bool = True
    #: default of plugins.ml_commons.max_batch_ingestion_tasks
    max_batch_ingestion_tasks: int = 10

    # --- parameters ---
    #: gson keeps nulls inside objects and lists when it turns a parameter into a text
    gson_keeps_nulls: bool = True
    #: gson writes < > & = ' as \\u003c …
    gson_escapes_html: bool = False
    #: the parameter no_escape_params is honoured
    has_no_escape_params: bool = True
    #: a parameter named "stream" makes the call hang
    stream_parameter_hangs: bool = True

    # --- private addresses and URLs at predict ---
    #: private_ip_enabled is taken when the model is deployed from scratch (else at every predict)
    private_ip_frozen_at_deploy: bool = True
    #: the refusal of a private address has a cause
    private_ip_has_cause: bool = True
    #: unknown host, port out of range, bad authority: 400 illegal_argument_exception (else 500 m_l_exception)
    bad_host_is_400: bool = True
    #: a bad URL has the general reason, the quoted text two levels down
    bad_url_general_reason: bool = True

    # --- the service's answers ---
    #: a post-process function's refusal is 400 illegal_argument_exception (else 500 m_l_exception)
    post_process_refusal_is_400: bool = True
    #: an empty body: 502 for 2xx, else the service's status (else 400 "No response from model")
    empty_body_keeps_status: bool = True
    #: an object taken by response_filter becomes dataAsMap itself
    filter_unwraps_objects: bool = True
    #: cohere_v2.*, bedrock_v2.* and mlcommons.passthrough are built in
    has_v2_post_process: bool = True
    #: bedrock.rerank writes `textDocument` before `type` (each start of an engine draws its order anew)
    bedrock_text_before_type: bool = False

    # --- predict bodies ---
    #: faults in the JSON of a predict body come from the parser (else 500 null_pointer_exception)
    predict_body_faults_from_parser: bool = True

    @property
    def plugin_version(self) -> str:
        """The version of the plugins: the engine's with one more part."""
        return f"{self.number}.0"


_V33 = Engine(
    name="3.3",
    number="3.3.2",
    build_hash="6564992150e26aaa62d4522a220dfff5188aeb88",
    build_date="2025-10-29T22:24:07.450919802Z",
    lucene="10.3.1",
    wire_compatible="2.19.0",
    index_compatible="2.0.0",
)

_V34 = replace(
    _V33,
    name="3.4",
    number="3.4.0",
    build_hash="00336141f90b2456d7aa35e9052fd6baf7147423",
    build_date="2025-12-15T21:42:54.481067826Z",
    lucene="10.3.2",
    max_batch_ingestion_tasks=100,
    bedrock_text_before_type=True,
    stats_order=("ml_model_count", "ml_config_index_status", "ml_connector_count"),
    chosen_stats_order=("ml_model_count", "ml_config_index_status", "ml_connector_count"),
)

_V219 = Engine(
    name="2.19",
    number="2.19.4",
    build_hash="e2e89961c9a327daf514a7ce1320a6189bfd08cd",
    build_date="2025-11-01T02:35:07.862712745Z",
    lucene="9.12.3",
    wire_compatible="7.10.0",
    index_compatible="7.0.0",
    names_checked=False,
    protocols=("http", "aws_sigv4"),
    connector_switch_local=16,
    chosen_stats_order=("ml_model_count", "ml_config_index_status", "ml_connector_count"),
    untrusted_shows_url=True,
    update_forces_refresh=False,
    delete_without_index_is_404=False,
    register_keeps_is_enabled=False,
    aggregations_answered=False,
    keyword_scores_one=False,
    unknown_setting_type="illegal_argument_exception",
    has_stream_settings=False,
    gson_keeps_nulls=False,
    gson_escapes_html=True,
    has_no_escape_params=False,
    stream_parameter_hangs=False,
    private_ip_frozen_at_deploy=False,
    private_ip_has_cause=False,
    bad_host_is_400=False,
    bad_url_general_reason=False,
    post_process_refusal_is_400=False,
    empty_body_keeps_status=False,
    filter_unwraps_objects=False,
    has_v2_post_process=False,
    predict_body_faults_from_parser=False,
)

#: Every engine by the name that `--engine` takes.
ENGINES = {row.name: row for row in (_V219, _V33, _V34)}
DEFAULT_ENGINE = _V33.name


def engine_named(name: str) -> Engine:
    """The row of an engine ("3.3", or its full number "3.3.2"); ValueError names the known ones."""
    for row in ENGINES.values():
        if name in (row.name, row.number):
            return row
    raise ValueError(f"unknown engine {name!r}: one of {', '.join(ENGINES)}")

"""The cluster settings the emulator knows: one row a setting, with its kind, default and bounds.

Source: the settings of ML Commons at 2.19 and 3.3, recorded answers; of the core a few that users set beside them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from .engines import Engine

Kind = Literal["bool", "int", "float", "list", "text"]


@dataclass(frozen=True)
class SettingRow:
    """One setting. `least` and `most` bound numbers; one that is final or not dynamic may not be updated."""

    key: str
    kind: Kind
    default: str | tuple[str, ...]
    least: int | None = None
    most: int | None = None
    dynamic: bool = True
    final: bool = False


_TRUSTED = (
    r"^https://runtime\.sagemaker\..*[a-z0-9-]\.amazonaws\.com/.*$",
    r"^https://api\.sagemaker\..*[a-z0-9-]\.amazonaws\.com/.*$",
    r"^https://api\.openai\.com/.*$",
    r"^https://api\.cohere\.ai/.*$",
    r"^https://api\.deepseek\.com/.*$",
    r"^https://bedrock-runtime\..*[a-z0-9-]\.amazonaws\.com/.*$",
    r"^https://bedrock-agent-runtime\..*[a-z0-9-]\.amazonaws\.com/.*$",
    r"^https://bedrock\..*[a-z0-9-]\.amazonaws\.com/.*$",
    r"^https://textract\..*[a-z0-9-]\.amazonaws\.com$",
    r"^https://comprehend\..*[a-z0-9-]\.amazonaws\.com$",
    r"^https://rekognition(-fips)?\..*[a-z0-9-]\.amazonaws\.com$",
)
_URL = "^(https?|ftp|file)://[-a-zA-Z0-9+&@#/%?=~_|!:,.;]*[-a-zA-Z0-9+&@#/%=~_|]"
_ML = "plugins.ml_commons."

_ML_ROWS = (
    SettingRow("task_dispatch_policy", "text", "round_robin"),
    SettingRow("max_ml_task_per_node", "int", "10", 0, 10_000),
    SettingRow("max_deploy_model_tasks_per_node", "int", "10", 0, 10),
    SettingRow("max_register_model_tasks_per_node", "int", "10", 0, 10),
    SettingRow("max_model_on_node", "int", "10", 0, 10_000),
    SettingRow("max_batch_inference_tasks", "int", "10", 0, 500),
    SettingRow("batch_ingestion_bulk_size", "int", "500", 100, 100_000),
    SettingRow("only_run_on_ml_node", "bool", "true"),
    SettingRow("enable_inhouse_python_model", "bool", "false"),
    SettingRow("sync_up_job_interval_in_seconds", "int", "10", 0, 86_400),
    SettingRow("ml_task_timeout_in_seconds", "int", "600", 1, 86_400),
    SettingRow("monitoring_request_count", "int", "100", 0, 10_000_000),
    SettingRow("native_memory_threshold", "int", "90", 0, 100),
    SettingRow("jvm_heap_memory_threshold", "int", "85", 0, 100),
    SettingRow("disk_free_space_threshold", "text", "5gb"),
    SettingRow("exclude_nodes._name", "text", ""),
    SettingRow("allow_custom_deployment_plan", "bool", "false"),
    SettingRow("model_auto_redeploy.enable", "bool", "true"),
    SettingRow("model_auto_redeploy.lifetime_retry_times", "int", "3"),
    SettingRow("model_auto_redeploy_success_ratio", "float", "0.8", 0, 1),
    SettingRow("model_auto_deploy.enable", "bool", "true"),
    SettingRow("allow_registering_model_via_url", "bool", "false"),
    SettingRow("allow_registering_model_via_local_file", "bool", "false"),
    SettingRow("model_access_control_enabled", "bool", "false"),
    SettingRow("connector_access_control_enabled", "bool", "false"),
    SettingRow("trusted_url_regex", "text", _URL),
    SettingRow("trusted_connector_endpoints_regex", "list", _TRUSTED),
    SettingRow("remote_inference.enabled", "bool", "true"),
    SettingRow("local_model.enabled", "bool", "true"),
    SettingRow("memory_feature_enabled", "bool", "true"),
    SettingRow("rag_pipeline_feature_enabled", "bool", "true"),
    SettingRow("agent_framework_enabled", "bool", "true"),
    SettingRow("offline_batch_ingestion_enabled", "bool", "true"),
    SettingRow("offline_batch_inference_enabled", "bool", "true"),
    SettingRow("controller_enabled", "bool", "true"),
    SettingRow("connector.private_ip_enabled", "bool", "false"),
    SettingRow("safe_delete_model", "bool", "false"),
    SettingRow("multi_tenancy_enabled", "bool", "false", dynamic=False),
    SettingRow("remote_metadata_type", "text", "", final=True),
    SettingRow("remote_metadata_endpoint", "text", "", final=True),
    SettingRow("remote_metadata_region", "text", "", final=True),
    SettingRow("remote_metadata_service_name", "text", "", final=True),
    SettingRow("remote_job.status_field", "list", ("status", "Status", "TransformJobStatus")),
    SettingRow("remote_job.status_regex.completed", "text", "(complete|completed|partiallyCompleted)"),
    SettingRow("remote_job.status_regex.cancelled", "text", "(stopped|cancelled)"),
    SettingRow("remote_job.status_regex.cancelling", "text", "(stopping|cancelling)"),
    SettingRow("remote_job.status_regex.expired", "text", "(expired|timeout)"),
    SettingRow("remote_job.status_regex.failed", "text", "(failed)"),
    SettingRow("task_dispatcher.eligible_node_role.remote_model", "list", ("data", "ml")),
    SettingRow("task_dispatcher.eligible_node_role.local_model", "list", ("data", "ml")),
)

#: Only on engines with streaming.
_STREAM_ROWS = (
    SettingRow("mcp_connector_enabled", "bool", "false"),
    SettingRow("mcp_server_enabled", "bool", "false"),
    SettingRow("execute_tools_enabled", "bool", "true"),
    SettingRow("agentic_memory_enabled", "bool", "true"),
    SettingRow("index_insight_feature_enabled", "bool", "false"),
    SettingRow("metrics_collection_enabled", "bool", "false", final=True),
    SettingRow("metrics_static_collection_enabled", "bool", "false"),
    SettingRow("remote_metadata_global_tenant_id", "text", "", final=True),
    SettingRow("remote_metadata_global_resource_cache_ttl", "text", "", final=True),
    SettingRow("stream_enabled", "bool", "false"),
)

_CORE_ROWS = (
    SettingRow("action.auto_create_index", "text", "true"),
    SettingRow("action.destructive_requires_name", "bool", "false"),
    SettingRow("cluster.max_shards_per_node", "int", "1000", 1),
    SettingRow("cluster.blocks.read_only", "bool", "false"),
    SettingRow("cluster.routing.allocation.enable", "text", "ALL"),
    SettingRow("cluster.routing.allocation.disk.threshold_enabled", "bool", "true"),
    SettingRow("indices.recovery.max_bytes_per_sec", "text", "40mb"),
    SettingRow("search.max_buckets", "int", "65535", 0),
)


def rows_of(engine: Engine) -> dict[str, SettingRow]:
    """Every setting of an engine by its key."""
    batch = SettingRow("max_batch_ingestion_tasks", "int", str(engine.max_batch_ingestion_tasks), 0, 500)
    ours = (*_ML_ROWS, batch, *(_STREAM_ROWS if engine.has_stream_settings else ()))
    named = [replace(row, key=_ML + row.key) for row in ours]
    return {row.key: row for row in (*named, *_CORE_ROWS)}

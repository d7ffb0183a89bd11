"""The verbs of ML Commons, each a request of the guide's or of one that its users send next."""

from __future__ import annotations

from typing import Any

from .client import Asker
from .exchange import Exchange

ML = "/_plugins/_ml"

Json = Any


class MlCommons:
    """The verbs of ML Commons, one method a route of the guide; each gives the Exchange, whatever the answer."""

    def __init__(self, client: Asker) -> None:
        self.client = client
        self.request = client.request

    def info(self) -> Exchange:
        """Who answers: name, version, distribution."""
        return self.request("GET", "/")

    def settings(self, *, flat: bool = True, defaults: bool = False) -> Exchange:
        """The cluster's settings, persistent and transient, and the defaults if wanted."""
        return self.request("GET", f"/_cluster/settings?flat_settings={_text(flat)}&include_defaults={_text(defaults)}")

    def change_settings(self, *, persistent: Json = None, transient: Json = None) -> Exchange:
        """Set (or with None clear) settings."""
        both = {"persistent": persistent, "transient": transient}
        return self.request(
            "PUT", "/_cluster/settings", {key: value for key, value in both.items() if value is not None}
        )

    def create_connector(self, body: Json) -> Exchange:
        """Create a connector: answers `connector_id`."""
        return self.request("POST", f"{ML}/connectors/_create", body)

    def connector(self, connector_id: str) -> Exchange:
        """Read a connector."""
        return self.request("GET", f"{ML}/connectors/{connector_id}")

    def update_connector(self, connector_id: str, body: Json) -> Exchange:
        """Change a connector."""
        return self.request("PUT", f"{ML}/connectors/{connector_id}", body)

    def delete_connector(self, connector_id: str) -> Exchange:
        """Delete a connector."""
        return self.request("DELETE", f"{ML}/connectors/{connector_id}")

    def search(self, kind: str, query: Json, *, size: int = 100) -> Exchange:
        """Search `connectors`, `models`, `model_groups` or `tasks`."""
        return self.request("POST", f"{ML}/{kind}/_search", {"query": query, "size": size})

    def register(self, body: Json, *, deploy: bool = False) -> Exchange:
        """Register a model: answers `task_id`, `status`, `model_id`."""
        return self.request("POST", f"{ML}/models/_register{'?deploy=true' if deploy else ''}", body)

    def model(self, model_id: str) -> Exchange:
        """Read a model."""
        return self.request("GET", f"{ML}/models/{model_id}")

    def update_model(self, model_id: str, body: Json) -> Exchange:
        """Change a model."""
        return self.request("PUT", f"{ML}/models/{model_id}", body)

    def deploy(self, model_id: str) -> Exchange:
        """Deploy a model: answers `task_id`, `task_type`, `status`."""
        return self.request("POST", f"{ML}/models/{model_id}/_deploy")

    def predict(self, model_id: str, parameters: Json) -> Exchange:
        """Ask a model, as the guide does."""
        return self.request("POST", f"{ML}/models/{model_id}/_predict", {"parameters": parameters})

    def predict_as(self, algorithm: str, model_id: str, body: Json) -> Exchange:
        """Ask a model on the route that names an algorithm, such as `text_embedding`."""
        return self.request("POST", f"{ML}/_predict/{algorithm}/{model_id}", body)

    def undeploy(self, model_id: str) -> Exchange:
        """Undeploy one model."""
        return self.request("POST", f"{ML}/models/{model_id}/_undeploy")

    def delete_model(self, model_id: str) -> Exchange:
        """Delete a model."""
        return self.request("DELETE", f"{ML}/models/{model_id}")

    def task(self, task_id: str) -> Exchange:
        """Read a task."""
        return self.request("GET", f"{ML}/tasks/{task_id}")

    def delete_task(self, task_id: str) -> Exchange:
        """Delete a task."""
        return self.request("DELETE", f"{ML}/tasks/{task_id}")

    def model_group(self, group_id: str) -> Exchange:
        """Read a model group."""
        return self.request("GET", f"{ML}/model_groups/{group_id}")

    def delete_model_group(self, group_id: str) -> Exchange:
        """Delete a model group."""
        return self.request("DELETE", f"{ML}/model_groups/{group_id}")


def _text(flag: bool) -> str:  # noqa: FBT001
    return "true" if flag else "false"

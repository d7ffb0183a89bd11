"""The application under test, with models that exist for the session only."""

import pytest
from openai import OpenAI
from search_app import SearchApp

DOCUMENTS = [
    "A shard is a part of an index that one node holds.",
    "Snapshots are copies of an index in a repository.",
    "A connector says how the cluster reaches a model service.",
    "The cafeteria serves noodles on Friday.",
]


@pytest.fixture
def app(polarsearch_cluster, opensearch_client, polarsearch_embedding_model, polarsearch_rerank_model):
    """A search application over four documents; the run's model service answers it too."""
    service = polarsearch_cluster.service
    models = (polarsearch_embedding_model.model_id, polarsearch_rerank_model.model_id)
    with OpenAI(base_url=f"{service.url}/compatible-mode/v1", api_key=service.key.reveal()) as chat:
        app = SearchApp(opensearch_client, *models, chat)
        app.add(DOCUMENTS)
        yield app

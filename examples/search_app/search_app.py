"""A small search application: documents are found by meaning, put in order by a rerank model, and quoted in an answer.

Vectors and rerank scores come through PolarSearch (opensearch-py), the answer from the model service itself (openai).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from openai import OpenAI
from opensearchpy import OpenSearch, TransportError

#: text-embedding-v4 takes ten texts in one request.
BATCH = 10


@dataclass
class SearchApp:
    """Searches a handful of documents, kept with their vectors in memory.

    `embedding_model` and `rerank_model` are ids of models deployed on PolarSearch; `chat_model` is a name that the
    model service knows.
    """

    opensearch: OpenSearch
    embedding_model: str
    rerank_model: str
    chat: OpenAI
    chat_model: str = "qwen-max"
    documents: list[str] = field(default_factory=list)
    _vectors: list[list[float]] = field(default_factory=list)

    def add(self, documents: list[str]) -> None:
        """Keep documents with their vectors."""
        for start in range(0, len(documents), BATCH):
            some = documents[start : start + BATCH]
            self._vectors += self._embed(some)
            self.documents += some

    def search(self, question: str, most: int = 3) -> list[str]:
        """The documents nearest to the question, the best first."""
        [asked] = self._embed([question])
        nearness = [sum(a * b for a, b in zip(asked, vector, strict=True)) for vector in self._vectors]
        best = sorted(range(len(self.documents)), key=lambda i: -nearness[i])[: 2 * most]
        return self._reranked(question, [self.documents[i] for i in best])[:most]

    def answer(self, question: str) -> str:
        """What the chat model says, given the documents found."""
        found = "\n".join(self.search(question))
        said = self.chat.chat.completions.create(
            model=self.chat_model,
            messages=[
                {"role": "system", "content": f"Answer from these documents only:\n{found}"},
                {"role": "user", "content": question},
            ],
        )
        return said.choices[0].message.content or ""

    def _embed(self, texts: list[str]) -> list[list[float]]:
        answer = self._predict(self.embedding_model, input=texts)
        return [tensor["data"] for tensor in answer["inference_results"][0]["output"]]

    def _reranked(self, question: str, documents: list[str]) -> list[str]:
        """In the rerank model's order; in the order given while the model service has no room for us."""
        try:
            answer = self._predict(self.rerank_model, query=question, documents=documents)
        except TransportError as error:
            if error.status_code != 429:
                raise
            return documents
        results = answer["inference_results"][0]["output"][0]["dataAsMap"]["output"]["results"]
        return [documents[int(result["index"])] for result in results]

    def _predict(self, model: str, **parameters: object) -> dict:
        return self.opensearch.plugins.ml.predict_model(model_id=model, body={"parameters": parameters})

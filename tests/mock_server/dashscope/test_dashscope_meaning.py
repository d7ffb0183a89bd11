"""Vectors and scores mean something, in English and Chinese, and are the same everywhere."""

from __future__ import annotations

import hashlib
import json
import random
import re
import subprocess
import sys
from base64 import b64decode
from pathlib import Path
from struct import pack

import pytest
from dashscope_asking import EMBED, EMBED_NATIVE, FLAT, RERANK, ask, post
from polarsearch_mock.dashscope.models import MODELS

TRIPLES = [
    line.split("\t") for line in Path(__file__).with_name("triples.tsv").read_text(encoding="utf-8").splitlines()
]


def embed(service, *texts, **more):
    """The vectors of texts."""
    rows = ask(service, EMBED, {"model": "text-embedding-v4", "input": list(texts), **more})["data"]
    return [row["embedding"] for row in rows]


def native(service, text, **parameters):
    """The native row of one text."""
    body = {"model": "text-embedding-v4", "input": {"texts": [text]}, "parameters": parameters}
    return ask(service, EMBED_NATIVE, body)["output"]["embeddings"][0]


def cosine(one, other):
    """The cosine of two vectors."""
    dot = sum(a * b for a, b in zip(one, other, strict=True))
    return dot / (sum(a * a for a in one) * sum(b * b for b in other)) ** 0.5


def test_triples_are_ordered_right(service, record_property):
    """Of 200 triples, half of them Chinese, at least 95 % have the related text nearer than the unrelated one."""
    wrong = []
    for query, related, unrelated in TRIPLES:
        asked, near, far = embed(service, query, related, unrelated)
        if cosine(asked, near) <= cosine(asked, far) + 0.1:
            wrong.append(query)
    share = 1 - len(wrong) / len(TRIPLES)
    record_property("triples ordered right, by a margin of 0.1", f"{share:.3f} of {len(TRIPLES)}")
    assert len(TRIPLES) >= 200
    assert share >= 0.95, wrong


def test_unrelated_texts_lie_near_zero(service):
    """On average and nearly always: common words and single characters weigh little."""
    values = []
    for query, _, unrelated in TRIPLES:
        asked, far = embed(service, query, unrelated)
        values.append(abs(cosine(asked, far)))
    assert sum(values) / len(values) < 0.08
    assert sorted(values)[len(values) * 95 // 100] < 0.25


def test_triples_are_ordered_by_rerank_too(service):
    """Rerank agrees with the embeddings, by a margin."""
    right = 0
    for query, related, unrelated in TRIPLES:
        body = {"model": "qwen3-rerank", "query": query, "documents": [unrelated, related]}
        results = ask(service, FLAT, body)["results"]
        right += results[0]["index"] == 1 and results[0]["relevance_score"] > results[1]["relevance_score"] + 0.1
    assert right / len(TRIPLES) >= 0.95


def test_the_guides_example_ranks_as_a_reader_expects(service):
    """The definition first, the weather last."""
    documents = [
        "Machine learning is a subfield of artificial intelligence.",
        "Deep learning uses neural networks.",
        "The weather is nice today.",
    ]
    body = {"model": "qwen3-rerank", "input": {"query": "What is machine learning?", "documents": documents}}
    assert [row["index"] for row in ask(service, RERANK, body)["output"]["results"]] == [0, 1, 2]


def test_both_languages_meet(service):
    """A Chinese sentence lies nearer to its English subject than to another."""
    zh, ml, weather = embed(service, "什么是机器学习", "an introduction to machine learning", "tomorrow it will rain")
    assert cosine(zh, ml) > cosine(zh, weather) + 0.2


@pytest.mark.parametrize("name", [name for name, model in MODELS.items() if model.kind == "embedding"])
def test_every_size_is_a_unit_vector(service, name):
    """Each model gives each of its sizes, normalised to a thousandth, with no whole number among the digits."""
    model = MODELS[name]
    for size in model.dimensions or (model.default_dimension,):
        for text in ("hello world", "机器学习", "?", "word " * 900):
            body = {"model": name, "input": text, "dimensions": size}
            raw = post(service, EMBED, body).body
            vector = json.loads(raw)["data"][0]["embedding"]
            assert len(vector) == size
            assert sum(x * x for x in vector) == pytest.approx(1, abs=1e-3)
            assert all(isinstance(number, float) for number in vector)


def test_a_smaller_size_is_the_renormalised_prefix(service):
    """Matryoshka: what is cut off is the tail, the rest keeps its direction."""
    (whole,) = embed(service, "smaller sizes", dimensions=2048)
    for size in (1024, 256, 64):
        (small,) = embed(service, "smaller sizes", dimensions=size)
        assert cosine(small, whole[:size]) > 0.99999


def test_base64_is_the_printed_vector_exactly(service):
    """The string decodes to the little-endian float32 of the printed numbers, bit for bit."""
    (numbers,) = embed(service, "bits")
    (encoded,) = embed(service, "bits", encoding_format="base64")
    assert b64decode(encoded) == pack(f"<{len(numbers)}f", *numbers)


def test_a_query_lies_slightly_apart(service):
    """`text_type` and `instruct` move a vector a little; the document is what the compatible route gives."""
    document, query = native(service, "polar bears")["embedding"], native(service, "polar bears", text_type="query")
    told = native(service, "polar bears", text_type="query", instruct="find animals")["embedding"]
    assert embed(service, "polar bears") == [document]
    assert 0.9 < cosine(document, query["embedding"]) < 0.999
    assert told != query["embedding"]


def test_sparse_vectors_name_their_words(service):
    """`output_type` chooses the keys; weights lie in (0, 1], heaviest first, common words weigh least."""
    both = native(service, "the weather in 北京", output_type="dense&sparse")
    assert list(both) == ["sparse_embedding", "embedding", "text_index"]
    assert list(native(service, "x", output_type="sparse")) == ["sparse_embedding", "text_index"]
    rows = both["sparse_embedding"]
    values = [row["value"] for row in rows]
    assert values == sorted(values, reverse=True)
    assert all(0 < value <= 1 and isinstance(value, float) for value in values)
    weights = {row["token"]: row["value"] for row in rows}
    assert weights["the"] < weights["weather"]


def test_scores_are_floats_that_every_reader_can_take(service):
    """Strictly inside (0, 1), with a point, at most 16 digits and 18 characters."""
    documents = ["alpha", "alpha beta", "gamma", "", "阿尔法"] + [f"text {n} alpha" for n in range(200)]
    body = {"model": "qwen3-rerank", "query": "alpha", "documents": documents}
    raw = post(service, FLAT, body).body
    literals = re.findall(rb'"relevance_score":([^,}]+)', raw)
    assert len(literals) == len(documents)
    for literal in literals:
        assert re.fullmatch(rb"0\.\d{1,16}", literal)
        assert len(literal) <= 18
        assert 0 < float(literal) < 1


def test_the_order_does_not_depend_on_the_order_asked(service):
    """Permuting the documents permutes the indexes and changes no score."""
    documents = [text for triple in TRIPLES[:20] for text in triple[1:]]
    seen = []
    for seed in range(3):
        order = random.Random(seed).sample(documents, len(documents))
        body = {"model": "qwen3-rerank", "query": "account password", "documents": order}
        results = ask(service, FLAT, body)["results"]
        seen.append([(order[row["index"]], row["relevance_score"]) for row in results])
    assert seen[0] == seen[1] == seen[2]


def test_a_vector_can_be_set(service):
    """A set vector is given as it is, cut and renormalised when a smaller size is asked for, until reset."""
    before = embed(service, "mine")
    service.set_vector("mine", [3.0, 4.0] + [0.0] * 1022)
    assert embed(service, "mine")[0][:3] == [3.0, 4.0, 0.0]
    assert embed(service, "mine", dimensions=64)[0][:2] == [pytest.approx(0.6), pytest.approx(0.8)]
    service.reset()
    assert embed(service, "mine") == before


DIGEST = """
import hashlib, sys
from polarsearch_mock.dashscope.meaning import Meaning
m = Meaning()
texts = ["hello world", "什么是机器学习", "naïve 🐻 text", "word " * 5000]
print(hashlib.sha256(b"".join(m.vector(t, "text-embedding-v4", 1024).json for t in texts)).hexdigest())
"""
RECORDED = "9361ab7564a0d01b6a4f3f779e5b3206c932615839f83934df0eaa06250bf6c2"


def test_the_digits_are_the_same_in_every_process():
    """Another process with another hash seed prints the digits that were recorded once."""
    run = subprocess.run(
        [sys.executable, "-c", DIGEST], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": "123"}
    )
    assert run.stdout.strip() == RECORDED


def test_the_memory_of_texts_is_bounded(service):
    """More new texts than a cache holds leave caches of a fixed size."""
    for number in range(2100):
        service.state.meaning.vector(f"text {number}", "text-embedding-v4", 64)
    meaning = service.state.meaning
    kept = [len(meaning._texts), len(meaning._measures), len(meaning._words)]
    assert max(kept) <= 2048
    assert hashlib.sha256(meaning.vector("text 0", "text-embedding-v4", 64).json).digest()

"""Lint of recipes: each rule fires where it should and nowhere else; the guide has exactly the findings that it has."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_polarsearch.blueprints import BLUEPRINTS, NO_KEY, Endpoint
from pytest_polarsearch.cli import main
from pytest_polarsearch.recipes.lint import TRUSTED, lint, rules

GUIDE = Path(__file__).parents[1] / "data" / "guide.zh.txt"
KEY = "sk-0123456789abcdef0123456789"


def connector(name="embedding", **changed):
    """A sound connector body, changed: an action's fields go there, parameters are added, others to the top."""
    body = BLUEPRINTS[name].connector(Endpoint("http", "m.example:80", NO_KEY))
    body["credential"] = {"api_key": "unused"}
    for field, value in changed.items():
        place = body["actions"][0] if field in ("url", "request_body", "post_process_function") else body
        place[field] = {**body[field], **value} if field == "parameters" else value
    return json.dumps(body, indent=2)


def settings(*patterns):
    """A settings body with these trusted patterns."""
    return json.dumps({"persistent": {TRUSTED: patterns}}, indent=2)


def curl(body, path="connectors/_create"):
    """A curl as the guide writes it."""
    return f"curl -XPOST \"https://c/_plugins/_ml/{path}\" \\\n-H 'Content-Type: application/json' \\\n-d '{body}'\n"


def predict(**parameters):
    """A curl that asks a model."""
    return curl(json.dumps({"parameters": parameters}, indent=1), "models/m/_predict")


EMBEDDINGS = "http://${parameters.endpoint}/compatible-mode/v1/embeddings"
FIELDS = st.sampled_from(["actions", "parameters", "persistent", TRUSTED, "client_config", "credential", "url"])
SOUND = r"^http://m\.example:80/.*$"
#: Rule -> a recipe in which it fires, alone.
WRONG = {
    "key-in-single-quotes": curl(connector(credential={"api_key": "${YOUR_API_KEY}"})),
    "unfilled": connector(credential={"api_key": "<your_api_key>"}),
    "slot-without-parameter": connector(url="http://${parameters.endpoint}/v1/${parameters.path}"),
    "parameter-without-slot": connector(parameters={"dimensions": 512}),
    "quoted-slot-for-list": connector(request_body='{"model": "${parameters.model}", "input": "${parameters.input}"}'),
    "bare-slot-for-text": connector(request_body='{"model": ${parameters.model}, "input": ${parameters.input}}'),
    "scheme-twice": connector(parameters={"endpoint": "http://m.example"}),
    "broken-pattern": settings("^http://ep-***.x/.*$"),
    "bare-dots": settings("^http://m.example/.*$"),
    "url-not-covered": f"{curl(settings(SOUND), '')}\n{curl(connector(parameters={'endpoint': 'other:1'}))}",
    "retired-model": connector(parameters={"model": "text-embedding-v1"}),
    "top-n-dropped": curl(connector("rerank")) + predict(query="q", documents=["a"], top_n=1),
    "function-misfit": connector(post_process_function="connector.post_process.cohere.rerank"),
    "unknown-function": connector(post_process_function="connector.post_process.openai.embeding"),
    "missing-credential": connector(credential={}),
    "timeout-unit": connector(client_config={"read_timeout": 30000}),
    "stream-parameter": predict(messages=[], stream=True),
    "text-docs-route": curl('{"text_docs": ["a"]}', "models/m/_predict"),
    "secret": connector(credential={"api_key": KEY}),
}
#: Recipes in which nothing is wrong.
RIGHT = {
    **{name: connector(name) for name in BLUEPRINTS},
    "covered": f"{curl(settings(SOUND), '')}\n{curl(connector())}",
    "from the environment": curl(connector(credential={"api_key": "@"})).replace("@", "'\"${YOUR_API_KEY}\"'"),
    "default of a slot": connector(
        parameters={"size": 1},
        url="http://${parameters.endpoint}/compatible-mode/v1/embeddings?d=${parameters.size:-1}",
    ),
    "seconds": connector(client_config={"read_timeout": 30}),
    "top_n in its place": curl(
        connector("rerank.flat", request_body='{"n": ${parameters.top_n}, "m": "${parameters.model}"}')
    )
    + predict(query="q", documents=["a"], top_n=1),
    "the long route": curl('{"text_docs": ["a"]}', "_predict/text_embedding/m"),
    "nobody's key": connector(credential={"api_key": f"sk-{'x' * 30}"}),
}


def test_every_rule_has_a_recipe_in_which_it_fires():
    """A rule that cannot fire is none."""
    assert WRONG.keys() == rules().keys()


@pytest.mark.parametrize("rule", WRONG)
def test_a_rule_fires_alone(rule):
    """On its slip, and no other rule does; the message is whole in both languages."""
    found = lint(WRONG[rule])
    assert {one.rule for one in found} == {rule}
    for lang in ("en", "zh"):
        assert all(part and KEY not in part for part in found[0].said(lang))


@pytest.mark.parametrize("name", RIGHT)
def test_nothing_is_found_where_nothing_is_wrong(name):
    """Our own blueprints, and the right form of what the rules are about."""
    assert [one.rule for one in lint(RIGHT[name])] == []


def test_the_guide_has_exactly_its_findings():
    """Its broken pattern (twice), keys that the shell leaves alone, values to be filled in, and the dropped top_n."""
    found = lint(GUIDE.read_text(encoding="utf-8"))
    counts = Counter(one.rule for one in found)
    assert {rule: n for rule, n in counts.items() if rule != "unfilled"} == {
        "broken-pattern": 2, "key-in-single-quotes": 3, "top-n-dropped": 2,
    }  # fmt: skip
    values = Counter(one.what for one in found if one.rule == "unfilled")
    assert (values["<your_model_endpoint>"], values["<your_api_key>"], values["<connector_id>"]) == (6, 3, 2)
    assert [values[f"<{name}model_id>"] for name in ("", "embedding_", "rerank_", "llm_")] == [2, 2, 2, 2]


def test_a_finding_names_its_place(tmp_path, capsys):
    """File, line, column, rule; then what to do. Exit status 1."""
    file = tmp_path / "recipe.sh"
    file.write_text("# trust it\n" + curl(settings("^http://ep-***.x/.*$"), ""))
    assert main(["lint", str(file)]) == 1
    line, fix = capsys.readouterr().out.splitlines()
    row = next(number for number, text in enumerate(file.read_text().splitlines(), 1) if "ep-***" in text)
    assert line.startswith(f"{file}:{row}:8: broken-pattern Java cannot read the pattern ^http://ep-***")
    assert "escape the dots" in fix
    assert main(["lint", str(file), "--ignore", "broken-pattern"]) == 0
    assert main(["lint", str(file), "--lang", "zh"]) == 1
    assert "Java 无法解析" in capsys.readouterr().out


@pytest.mark.parametrize("content", [b"no body here", b"\xff\xfe", None])
def test_what_cannot_be_read_is_exit_2(tmp_path, capsys, content):
    """Also beside files with findings; the sentence names the file."""
    file, other = tmp_path / "recipe.txt", tmp_path / "connector.json"
    if content is not None:
        file.write_bytes(content)
    other.write_text(WRONG["secret"])
    assert main(["lint", str(file), str(other)]) == 2
    told = capsys.readouterr()
    assert f"{file}: cannot be judged" in told.err
    assert "secret" in told.out
    assert KEY not in told.out


def test_findings_as_sarif(tmp_path, capsys):
    """Version, rules, and for each finding its rule, message and place."""
    file = tmp_path / "connector.json"
    file.write_text(WRONG["timeout-unit"])
    assert main(["lint", str(file), "--format", "sarif"]) == 1
    document = json.loads(capsys.readouterr().out)
    [run] = document["runs"]
    [result] = run["results"]
    assert document["version"] == "2.1.0"
    assert {row["id"] for row in run["tool"]["driver"]["rules"]} == rules().keys()
    assert result["ruleId"] == "timeout-unit"
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == str(file)
    assert place["region"]["startLine"] > 1


VALUES = st.recursive(
    st.none() | st.booleans() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(FIELDS, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(FIELDS, VALUES, max_size=4))
def test_any_body_is_judged_without_an_error(body):
    """Wrong types in every field."""
    assert isinstance(lint(json.dumps(body)), list)

"""Each rule fires where it should and nowhere else; the guide has exactly the findings that it has."""

from __future__ import annotations

from collections import Counter
from textwrap import indent

import pytest

from pytest_polarsearch.recipes.findings import Finding, rules
from pytest_polarsearch.recipes.lint import lint
from pytest_polarsearch.recipes.reading import place

from .slips import GUIDE, KEY, RIGHT, WRONG, connector, curl, predict, settings

SLIPS = [pytest.param(rule, text, id=f"{rule}-{n}") for rule, texts in WRONG.items() for n, text in enumerate(texts)]


def test_every_rule_has_a_recipe_in_which_it_fires():
    """A rule that cannot fire is none."""
    assert WRONG.keys() == rules().keys()


@pytest.mark.parametrize(("rule", "text"), SLIPS)
def test_a_rule_fires_alone(rule, text):
    """On its slip, and no other rule does; the message is whole in both languages."""
    found = lint(text)
    assert {one.rule for one in found} == {rule}
    for lang in ("en", "zh"):
        assert all(part and KEY not in part and "{what}" not in part for part in found[0].said(lang))


@pytest.mark.parametrize("name", RIGHT)
def test_nothing_is_found_where_nothing_is_wrong(name):
    """Our own blueprints, and the right form of what the rules are about."""
    assert [one.rule for one in lint(RIGHT[name])] == []


#: The guide's findings: rule -> the lines that have it.
OF_THE_GUIDE = {
    "broken-pattern": [90, 102],
    "key-in-single-quotes": [136, 210, 274],
    "top-n-dropped": [421, 436],
    "unfilled": [
        132, 162, 166, 204, 234, 240, 270, 298, 302, 334, 344, 359, 364, 384, 395, 410, 427, 448, 462, 484, 487, 490,
    ],
}  # fmt: skip


def test_the_guide_has_exactly_its_findings():
    """Its broken pattern, keys that the shell leaves alone, values to be filled in, the dropped top_n, line by line."""
    text = GUIDE.read_text(encoding="utf-8")
    found: dict[str, list[int]] = {}
    for one in lint(text):
        found.setdefault(one.rule, []).append(place(text, one.start)[0])
    assert found == OF_THE_GUIDE
    values = Counter(one.what for one in lint(text) if one.rule == "unfilled")
    assert values == {
        "<your_model_endpoint>": 6, "<your_api_key>": 3, "<connector_id>": 3, "<model_id>": 4,
        "<embedding_model_id>": 2, "<rerank_model_id>": 2, "<llm_model_id>": 2,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "rule", "exact"),
    [
        (connector(request_body='{"é\\"": 1, "input": "${parameters.input}", "m": "${parameters.model}"}'),
         "quoted-slot-for-list", "${parameters.input}"),
        (curl(connector(credential={"api_key": "${YOUR_API_KEY}"})), "key-in-single-quotes", "${YOUR_API_KEY}"),
        (settings("^http://m.example/.*$"), "bare-dots", "^http://m.example/.*$"),
        (f"1. Trust it:\n\n   ```sh\n{indent(curl(settings('^http://m.example/.*$')), '   ')}   ```\n",
         "bare-dots", "^http://m.example/.*$"),
        (connector(post_process_function="openai.embedding"), "unknown-function", '"openai.embedding"'),
        (predict(messages=[], stream=True), "stream-parameter", '"stream"'),
        (curl("{}", "_plugins/_ml/models/<model_id>/_predict"), "unfilled", "<model_id>"),
        (connector(credential={"api_key": KEY}), "secret", KEY),
        (connector(client_config={"read_timeout": 30000}), "timeout-unit", "30000"),
    ],
)  # fmt: skip
def test_a_place_is_exact(text, rule, exact):
    """The span in the file holds just what the finding is about, also behind escapes and indentation."""
    [one] = [one for one in lint(text) if one.rule == rule]
    assert text[one.start : one.end] == exact


@pytest.mark.parametrize(
    ("text", "rule", "engines"),
    [
        (predict(messages=[], stream=True), "stream-parameter", ["3.3", "3.4"]),
        (connector(post_process_function="connector.post_process.mlcommons.passthrough"), "unknown-function", ["2.19"]),
        (WRONG["missing-credential"][0], "missing-credential", ["2.19", "3.3", "3.4"]),
    ],
)
def test_a_rule_is_of_some_engines(text, rule, engines):
    """As they were recorded; the table of rules says the same where a rule is of some engines only."""
    fires = [name for name in ("2.19", "3.3", "3.4") if rule in {one.rule for one in lint(text, engine=name)}]
    assert fires == engines
    assert rules()[rule].get("engines", engines) == engines


def test_messages_repeat_no_secret_and_no_control_character():
    """What a file holds is shown on one line, masked, and not at any length."""
    wrong, _, _ = Finding("broken-pattern", 0, 0, f"a\n\x1b[31m {KEY}\ud800{'*' * 999}").said("en")
    assert KEY not in wrong
    assert "\x1b" not in wrong
    assert len(wrong) < 200
    wrong.encode()


@pytest.mark.parametrize(
    ("rule", "word"),
    [("retired-model", "qwen3-rerank"), ("unknown-function", "connector.pre_process.openai.embedding?")],
)
def test_a_message_names_what_is_right(rule, word):
    """The successor of a model, the closest name of a function."""
    assert word in lint(WRONG[rule][1])[0].said("en")[0]

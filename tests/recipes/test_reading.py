"""Recipes are found however they are written, and read as their readers read them."""

from __future__ import annotations

import json
from textwrap import indent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_polarsearch.recipes.jsontree import JsonError, read, written
from pytest_polarsearch.recipes.lint import lint
from pytest_polarsearch.recipes.reading import NothingError, place, recipes
from pytest_polarsearch.recipes.text import FILLED

from .slips import settings

DOTS = "^http://m.example/.*$"
BODY = settings(DOTS)
ESCAPED = BODY.replace('"', '\\"').replace("$", "\\$")
URL = "https://c/_cluster/settings"
#: How a body can be written; each has the one pattern with bare dots.
FORMS = {
    "a file of JSON": BODY,
    "a list of bodies": f"[{{}}, {BODY}]",
    "comments before it": f"// trust it\n# at last\n{BODY}",
    "single quotes": f"curl -XPUT {URL} -d '{BODY}'",
    "the option and its value in one word": f"curl -XPUT {URL} -d'{BODY}'",
    "an equals sign": f"curl -XPUT {URL} --data-raw='{BODY}'",
    "short options together": f"curl -sSXPUT {URL} -kd '{BODY}'",
    "double quotes": f'curl -XPUT {URL} -d "{ESCAPED}"',
    "quotes of C": f"curl -XPUT {URL} -d $'{BODY}'",
    "a heredoc": f"curl -XPUT {URL} -d @- <<EOF\n{BODY}\nEOF\n",
    "a quoted heredoc": f"curl -XPUT {URL} -d @- << 'END' | jq .\n{BODY}\nEND\n",
    "a heredoc with tabs": f"curl -XPUT {URL} --data-binary @- <<-EOF\n{indent(BODY, chr(9))}\n\tEOF\n",
    "a heredoc for another command": f"cat <<EOF | curl -XPUT {URL} -d @-\n{BODY}\nEOF\n",
    "a heredoc into a file": f"cat > body.json <<'EOF'\n{BODY}\nEOF\ncurl -XPUT {URL} -d @body.json\n",
    "a heredoc in a word": f'curl -XPUT {URL} -d "$(cat <<EOF\n{BODY}\nEOF\n)"\n',
    "a variable": f"BODY='{BODY}'\ncurl -XPUT {URL} -d \"$BODY\"\n",
    "an echo": f"echo '{BODY}' | curl -XPUT {URL} -d @-\n",
    "a here string": f"curl -XPUT {URL} -d @- <<< '{BODY}'\n",
    "an answer kept": f"ANSWER=$(curl -XPUT {URL} -d '{BODY}')\n",
    "redirections": f"curl -XPUT {URL} > out.json 2>&1 -d '{BODY}' # done\n",
    "escapes between words": f"curl -H a:\\ b\\\n-XPUT {URL} -d '{BODY}'\n",
    "a line that goes on in double quotes": f'curl "{URL}\\\n" -d \'{BODY}\'\n',
    "behind quotes without an end": f"curl -d \"\n```sh\ncurl -d $'\n```\n```sh\ncurl {URL} -d '{BODY}'\n```\n",
    "a body between paragraphs": f"The settings:\n\n{BODY}\n\nThat is all; see {{this}}.\n{{ or that\n",
    "an if": f"if curl -fsS {URL} -d '{BODY}'; then echo; fi\n",
    "a prompt": f"$ curl -XPUT {URL} -d '{BODY}'\n",
    "lines of Windows": f"curl -XPUT {URL} \\\n -d '{BODY}'\n".replace("\n", "\r\n"),
    "between paragraphs that have quotes": f"If curl doesn't work:\n\ncurl {URL} -d '{BODY}'\n\nIt's done.",
    "Dashboards": f"PUT _cluster/settings\n{BODY}\n",
    "Dashboards with comments": f"# first\nPUT /_cluster/settings\n// here\n{BODY}\n\nGET /\n",
    "an editor's HTTP file": f"PUT https://c/_cluster/settings\nContent-Type: application/json\n\n{BODY}\n",
    "a fenced block": f"# Page\n\n```sh\ncurl {URL} -d '{BODY}'\n```\n",
    "a fenced block of JSON": f"~~~ json title=x\n{BODY}\n~~~\n",
    "a fence that is never closed": f"```\nPUT _cluster/settings\n{BODY}\n",
    "a list in Markdown": f"1. Trust:\n\n   ```sh\n   curl {URL} -d @- <<EOF\n{indent(BODY, '   ')}\n   EOF\n   ```\n",
    "a block in the line of its item": f"- ```json\n{indent(BODY, '  ')}\n  ```\n",
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_a_body_is_found_in_any_form(form):
    """Its slip is found once, at its exact place, and is all that is found."""
    text = FORMS[form]
    [one] = lint(text)
    assert one.rule == "bare-dots"
    assert text[one.start : one.end].replace("\\$", "$") == DOTS
    line, column = place(text, one.start)
    assert text.splitlines()[line - 1][column - 1 :].startswith("^http")


def test_a_template_in_triple_quotes():
    """As Dashboards takes it: no escapes inside."""
    text = 'POST /_plugins/_ml/connectors/_create\n{"credential": {"a": "b"}, "actions": [{"request_body": """\n'
    text += '{"model": "${parameters.model}", "input": "${parameters.input}"}"""}], "parameters": {"model": "m"}}\n'
    [one] = lint(text)
    assert (one.rule, text[one.start : one.end]) == ("quoted-slot-for-list", "${parameters.input}")


def test_variables_of_the_shell_are_not_known():
    """In double quotes, in heredocs, in backquotes, in $( ): nothing is said of what they hold."""
    for variable in ("$HOST", "${HOST}", "${HOST:-x}", "`hostname`", "$(hostname)"):
        [body] = recipes(f'curl {URL} -d "{{\\"persistent\\": {{\\"a\\": \\"{variable}\\"}}}}"').bodies
        assert [node.text for node in body.root.walk() if node.kind == "text"] == [FILLED]


@pytest.mark.parametrize(
    "text",
    ["", "curl -s https://c", "He said curl -d is fine", "```json\n{}\n```", "{}", '{"a": 1}', "curl -d '{\"a\": 1}'"],
)
def test_a_text_without_a_recipe(text):
    """Says so, or has nothing that could be wrong."""
    try:
        found = recipes(text)
    except NothingError:
        return
    assert found.bodies == []
    assert lint(text) == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


def value_of(node):
    """What a tree says, as Python has it."""
    if node.kind == "object":
        return {key.value: value_of(value) for key, value in node.members}
    return [value_of(one) for one in node.items] if node.kind == "list" else node.value


@given(JSON, st.booleans(), st.sampled_from([None, 2]))
def test_json_is_read_as_python_reads_it(value, ascii_only, depth):
    """Values, and the place of every character of every text."""
    text = json.dumps(value, ensure_ascii=ascii_only, indent=depth)
    tree = read(text)
    assert value_of(tree) == json.loads(text)
    for node in tree.walk():
        for at, char in enumerate(node.text):
            start, end = written(text, node, at, at + 1)
            assert json.loads(f'"{text[start:end]}"') == char


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ('{"a" 1}', 5),
        ('{"a": 1', 7),
        ("[1 2]", 3),
        ('{"a": "\\x"}', 6),
        ("{} x", 3),
        ("[1,]", 3),
        ("[" * 300, 201),
        ('{"a', 1),
    ],
)
def test_what_is_no_json_says_where(text, at):
    """By the place of what should not be there."""
    with pytest.raises(JsonError) as error:
        read(text)
    assert error.value.at == at

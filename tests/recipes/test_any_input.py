"""Whatever a file holds: an exit status, never a traceback, never work that grows faster than the file."""

from __future__ import annotations

import json
import sys

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pytest_polarsearch.cli import main
from pytest_polarsearch.recipes.edits import fixed
from pytest_polarsearch.recipes.facts import TRUSTED
from pytest_polarsearch.recipes.lint import lint

from .slips import WRONG, connector, curl, predict
from .slips import settings as trusted

FIELDS = st.sampled_from(
    ["actions", "parameters", "persistent", TRUSTED, "client_config", "credential", "url", "request_body", "headers",
     "post_process_function", "connector", "plugins", "model", "protocol", "text_docs", "stream", "read_timeout"]
)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8)
    | st.sampled_from(["${parameters.model}", "^(a+)+$", "[", "<x y>", "connector.post_process.openai.embedding"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(FIELDS, inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
PIECES = st.lists(
    st.sampled_from(
        ["curl ", "-d ", "'", '"', "{", "}", "[", "]", "\\", "\n", "\r\n", "<<EOF\n", "EOF\n", "$(", ")", "`",
         "```json\n", "```\n", "  ", "POST /_plugins/_ml/x\n", "https://h/_cluster/settings ", "${parameters.x}", "$X",
         "<id>", ":",
         ",", "# polarsearch: ignore[secret]", "\ue000", "\ufeff", "sk-0123456789abcdef01", "-u a:b ", '"""', "/*"]
    ),
    max_size=40,
).map("".join)  # fmt: skip


@given(st.dictionaries(FIELDS, VALUES, max_size=4))
def test_any_body_is_judged_without_an_error(body):
    """Wrong types in every field."""
    assert isinstance(lint(json.dumps({"actions": [], **body})), list)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200) | PIECES.map(str.encode) | st.text(max_size=99).map(lambda text: text.encode("utf-16")))
@example(b"curl -d @- <<EOF")
@example(b"curl https://c/_cluster/settings -d '{}'\\")
@example(b'PUT _cluster/settings\n{"a": 1')
@example(b"PUT _cluster/settings\n" + b"[" * 5000)
def test_any_bytes_give_an_exit_status(tmp_path, capsys, content):
    """0, 1 or 2, with and without edits; every finding lies inside of the file."""
    file = tmp_path / "any"
    file.write_bytes(content)
    status = main(["lint", str(file), "--format", "sarif"])
    told = json.loads(capsys.readouterr().out)
    assert status in (0, 1, 2)
    assert (status == 1) == bool(
        told["runs"][0]["results"] and told["runs"][0]["invocations"][0]["executionSuccessful"]
    )
    assert main(["lint", str(file), "--diff"]) == status
    capsys.readouterr()


@given(PIECES)
def test_fixing_any_text_once_is_enough(text):
    """And gives a text that can be judged."""
    try:
        once = fixed(text, lint)
    except ValueError:
        return
    assert fixed(once, lint) == once


#: What could be looked at again and again: a piece, and what stands before and behind all of them.
HOSTILE = {
    "quotes": ("curl '\n", "", ""), "double": ('curl "\n', "", ""), "operators": (";", "curl ", ""),
    "heredocs": ("<<A\n", "", ""), "heredocs on a line": ("<<A ", "", "\n"), "pipes": ("| ", "", "curl -d '{}'"),
    "substitutions": ('curl "$(', "", ""), "fences": ("```\n", "", ""), "open comments": ("POST /x\n{/*", "", ""),
    "blanks": (" ", "curl", "-d '{}'"), "tags": ("<ab>", '{"actions": "', '"}'), "slashes": ("a/", "", " curl -d 1"),
    "requests": ("POST /_x/<id>\n", "", ""), "openings": ("{\n", "x\n", ""),
    "bodies": ('{"parameters": {}}\n', "x\n", ""),
    "nested": ('{"a":\n', "x\n", ""),
    "many bodies": ('PUT /x\n{"parameters": {}}\n', "", ""), "brackets": ("[", "PUT /x\n{", ""),
    "escapes": ('\\"', '{"a": "', '"}'),
    "slots": ("${parameters.x}", '{"actions": [{"url": "\\"', '"}]}'),
    "comments": ("# polarsearch: ignore[secret]\n", "", "{}"),
    "keys": ("sk-0123456789abcdef01 ", '{"a": "', '"}'),
    "schemes": ("://", '{"a": "', '"}'), "dashes": ("- ", "", "```"),
    "assignments": ("a=b ", "", "curl"), "triples": ('POST /x\n{"a": """\n', "", ""),
    "commas": ("a,", "curl -d '{", "'"),
    "groups": ("(", '{"persistent": {"' + TRUSTED + '": ["', '"]}}'), "line ends": ("\r", "curl", ""),
    "dots": ("a.", '{"persistent": {"' + TRUSTED + '": ["', '"]}}'),
}  # fmt: skip


class _TooMuch(Exception):
    """More was called than a file of this length is worth."""


def _steps(text, most):
    """Calls that judging a text makes, ours and built-in; given up over `most`."""
    count = 0

    def counted(_frame, event, _argument):
        nonlocal count
        count += event in ("call", "c_call")
        if count > most:
            raise _TooMuch

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        lint(text)
    except ValueError:
        pass  # no recipe, or a broken one: it is judged as such
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("name", HOSTILE)
def test_work_grows_with_the_file_and_no_faster(name):
    """Four times the file is about four times the calls."""
    piece, head, tail = HOSTILE[name]
    short, long = (_steps(head + piece * size + tail, 4_000_000) for size in (300, 1200))
    assert long < 6 * short + 2000


ENDLESS = ["^http://(a+)+$", "^http://.*.*.*.*.*.*.*x$", "^(?:[a-z]+\\.?)*!$"]


@pytest.mark.parametrize("pattern", ENDLESS)
def test_a_pattern_that_matches_for_ever_is_not_tried(pattern):
    """Nothing is said of what it covers."""
    text = curl(trusted(pattern), "_cluster/settings") + curl(connector(parameters={"endpoint": "a" * 200}))
    assert "url-not-covered" not in {one.rule for one in lint(text)}


def test_many_recipes_in_one_file():
    """Each keeps its own findings."""
    text = "\n".join(
        [*(text for _, texts in WRONG.items() for text in texts if text.startswith("curl")), predict(a=1)] * 20
    )
    assert len(lint(text)) > 300

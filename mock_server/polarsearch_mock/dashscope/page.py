"""The documentation page of the DashScope mock: `python -m polarsearch_mock.dashscope.page` prints it."""

from __future__ import annotations

import sys

from .errors import literal_table_markdown
from .models import MODELS, Model
from .routes import ROUTES, TASKS, Route
from .switches import switch_table_markdown
from .tasks import PREFIX

_HEAD = """# What the DashScope mock answers

Its routes, its models, the points that the service's documentation leaves open, and every error in its own words.
Made from the code: `python -m polarsearch_mock.dashscope.page` prints this page.
"""

_SWITCHES = """Where sources disagree or say nothing, a switch decides. Give those that should differ:
`DashScopeMock(switches=Switches(long_text="truncate"))`, with `Switches` from `polarsearch_mock.dashscope.switches`.
"""

_MEANING = """Vectors are unit vectors, the same on every machine and Python. A text is a bag of word stems, Chinese
characters and pairs, and ideas that both languages name; common words weigh little. Of the 200 triples
(query, related text, unrelated text; half of them Chinese) in `tests/mock_server/dashscope/triples.tsv` at least 95 %
have the related text nearer by a margin of 0.1, in embeddings and in rerank; a test holds that.

Tokens are counted without a vocabulary: two Chinese characters, ten letters of a word, a digit or a mark are one token
each. It is an approximation that reproduces the recorded counts; compare counts only with each other.
"""

_ERRORS = """A request that breaks a rule gets the row of that rule; the others (arrears, content filter, throttling,
…) are faults: `mock.fault("Throttling.RateQuota")`. Rows with `id` come from the model's side of the gateway and carry
an `id` beside `request_id` on the compatible routes. `{…}` is filled in.
"""


def page() -> str:
    """The whole page, as Markdown."""
    parts = (
        _HEAD,
        "## Routes\n",
        _routes(),
        "Any other path is a 404 of zero bytes.\n",
        "## Models\n",
        _models(),
        "## Meaning and tokens\n",
        _MEANING,
        "## Open points\n",
        _SWITCHES,
        switch_table_markdown(),
        "## Errors\n",
        _ERRORS,
        literal_table_markdown(),
    )
    return "\n".join(parts)


def _routes() -> str:
    rows = [_route(path, route) for path, route in (*ROUTES.items(), (f"{PREFIX}{{id}}", TASKS))]
    return "\n".join(["| route | name | method | errors |", "| --- | --- | --- | --- |", *rows]) + "\n"


def _route(path: str, route: Route) -> str:
    return f"| `{path}` | `{route.name}` | {', '.join(route.methods)} | {route.envelope} |"


def _models() -> str:
    head = [
        "| model | kind | sizes | rows | tokens | compatible | native |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    return "\n".join([*head, *map(_model, MODELS.values())]) + "\n"


def _model(row: Model) -> str:
    sizes = ", ".join(map(str, row.dimensions or (row.default_dimension,))) if row.default_dimension else ""
    shown = sizes.replace(str(row.default_dimension), f"**{row.default_dimension}**") if sizes else "–"
    sides = ("yes" if row.compat else "no", "yes" if row.native else "no")
    return f"| `{row.name}` | {row.kind} | {shown} | {row.rows} | {row.tokens} | {sides[0]} | {sides[1]} |"


if __name__ == "__main__":
    sys.stdout.write(page())

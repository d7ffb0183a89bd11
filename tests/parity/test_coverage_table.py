from __future__ import annotations

from pathlib import Path

from polarsearch_mock.mlcommons.coverage import BEGIN, END, recorded_routes, replaced, table
from polarsearch_mock.mlcommons.routes import ROUTES

from .scenarios import names, scenario

README = Path(__file__).parents[2] / "mock_server" / "README.md"


def requests() -> dict[str, list[tuple[str, str]]]:
    """Every recorded (method, path) by engine."""
    found: dict[str, list[tuple[str, str]]] = {}
    for engine, name in names():
        steps = scenario(engine, name).steps
        found.setdefault(engine, []).extend((one["request"]["method"], one["request"]["path"]) for one in steps)
    return found


def test_the_readme_shows_the_table_as_it_is() -> None:
    """The table in mock_server/README.md is the one made from the routes and the recordings.

    To renew it: `python -m parity.test_coverage_table` in `tests/`.
    """
    text = README.read_text(encoding="utf-8")
    assert text.count(BEGIN) == text.count(END) == 1
    assert replaced(text, table(requests())) == text


def test_every_route_has_one_row() -> None:
    """No route is missing and none comes twice."""
    rows = [line for line in table(requests()).splitlines() if line.startswith("| `")]
    assert len(rows) == len(set(rows)) == len(ROUTES)


def test_what_was_recorded_is_emulated() -> None:
    """The guide's calls are all held against recordings, on every engine."""
    recorded = {route.handler: engines for route, engines in recorded_routes(requests()).items()}
    guide = ("connectors.create", "models.register", "deployments.deploy_call", "prediction.predict_call",
             "deployments.undeploy_call", "models.delete", "connectors.delete", "settings.update")  # fmt: skip
    assert {handler: recorded[handler] for handler in guide} == {one: {"2.19", "3.3", "3.4"} for one in guide}


if __name__ == "__main__":
    README.write_text(replaced(README.read_text(encoding="utf-8"), table(requests())), encoding="utf-8")

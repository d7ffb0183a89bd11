"""The event stream: whole, published as a schema, written as the run goes, without secrets, honest where it is cut."""

from __future__ import annotations

import json
from importlib import resources

import jsonschema
import pytest

from pytest_polarsearch import Secret
from pytest_polarsearch.judging.redaction import Redactor
from pytest_polarsearch.reports.events import EventStream
from pytest_polarsearch.reports.reading import StreamError, read_stream

from ..plugin.conftest import PLAIN_KEY, guarded, run, serve, text_of  # noqa: F401

SCHEMA = json.loads((resources.files("pytest_polarsearch.reports") / "events.schema.json").read_text())
FEW = ("-k", "connectors or substitution")


def lines_of(folder):
    """The events of a folder's stream."""
    return [json.loads(line) for line in (folder / "run.ndjson").read_bytes().splitlines()]


@pytest.fixture(scope="module")
def broken(tmp_path_factory):
    """The stream of a run whose cluster loses quotes and shows credentials."""
    from pytest_polarsearch.cli import main

    from ..plugin.conftest import serving

    folder = tmp_path_factory.mktemp("report")
    with serving("--fault", "mlcommons.quotes-lost") as served:
        main([
            "check", "-q", "-p", "no:cacheprovider", "--polarsearch-host", served.polarsearch,
            "--polarsearch-allow-settings", "--polarsearch-report", str(folder), *FEW,
        ])  # fmt: skip
    return folder


def test_every_line_fits_the_published_schema(broken):
    """Header, judgements of all kinds, footer."""
    check = jsonschema.Draft202012Validator(SCHEMA)
    events = lines_of(broken)
    assert [list(check.iter_errors(event)) for event in events if not check.is_valid(event)] == []
    assert [events[0]["event"], events[-1]["event"]] == ["run", "end"]
    assert {event["event"] for event in events[1:-1]} == {"judgement"}
    assert not check.is_valid({**events[1], "level": "PERHAPS"})


def test_the_footer_counts_what_stands_before_it(broken):
    """Lines, verdicts, the exit status of the run."""
    *events, end = lines_of(broken)
    verdicts = [event["verdict"] for event in events[1:]]
    assert end["counts"] == {one: verdicts.count(one) for one in sorted(set(verdicts))}
    assert (end["lines"], end["exit"]) == (len(events) + 1, 1)
    assert end["counts"]["fail"] >= 1


def test_a_failure_has_both_sides_of_the_connector(broken):
    """What the client sent, what the cluster sent on, what the service answered, what came back, and the script."""
    [lost] = [event for event in lines_of(broken) if event.get("id") == "substitution.quotes-survive"]
    shown = lost["exchanges"][-1]
    [onward] = shown["upstream"]
    assert 'he said \\"hi\\"' in shown["sent"]
    assert "he said 'hi'" in onward["sent"]
    assert json.loads(onward["answer"])["choices"]
    assert shown["status"] == onward["status"] == 200
    assert lost["causes"] == ["unescaped"]
    assert "curl" in lost["script"]
    assert [one["path"] for one in lost["requests"]][-1].endswith("_predict")


def test_every_request_of_a_failing_check_has_what_went_on_behind_it(tmp_path):
    """Each with its own requests to the service, in order, those alike counted; nothing of the cleanup."""
    events = events_of(tmp_path, "mlcommons.failing-once-fails-for-ever", "failures.overload-is-503")
    asked = [(one["method"], one["path"].rpartition("/")[2], one["status"], len(one["upstream"])) for one in events]
    assert asked[:3] == [("POST", "_create", 200, 0), ("POST", "_register", 200, 0), ("POST", "_deploy", 200, 0)]
    assert [one for one in asked if one[1] == "_predict"] == [
        ("POST", "_predict", 503, 1),
        ("POST", "_predict", 500, 1),
    ]
    assert events[-1]["path"].endswith("_predict")


def test_what_is_asked_again_and_again_is_counted(tmp_path):
    """A state that never comes takes one place and not a hundred."""
    events = events_of(tmp_path, "mlcommons.deploy-task-unfinished", "deploy.task-completed", timeout="1")
    assert len(events) <= 3
    assert events[-1]["times"] > 1


def events_of(folder, fault, check, **options):
    """The exchanges that the event of a check holds, judged under a fault."""
    from pytest_polarsearch.checks import all_checks
    from pytest_polarsearch.reports.evidence import shell_of, told, watched
    from pytest_polarsearch.selftest.bench import _judged, _opened, _switched_on
    from pytest_polarsearch.targets import open_target

    from ..unit.standins import settings

    with _opened(settings(**options), all_checks(), open_target) as opened, _switched_on(opened, fault):
        with watched(opened) as watch:
            judged = _judged(opened, {check: all_checks()[check]})[check]
        event = {"event": "judgement", **told(opened, judged, watch, shell_of(opened))}
    assert list(jsonschema.Draft202012Validator(SCHEMA).iter_errors(event)) == []
    return event["exchanges"]


def test_what_passed_has_its_requests_and_no_bodies(broken):
    """A stream stays small; latencies are of all requests."""
    passed = [event for event in lines_of(broken)[1:-1] if event["verdict"] == "pass"]
    assert all("exchanges" not in event for event in passed)
    assert sum(len(event["requests"]) for event in passed) > len(passed)


def test_workers_write_one_stream_and_no_secret(run, guarded, tmp_path, monkeypatch):  # noqa: F811
    """Events of all workers in one file, secrets under their variables' names."""
    monkeypatch.setenv("USER_PASSWORD", ":".join(guarded.auth))
    monkeypatch.setenv("YOUR_API_KEY", PLAIN_KEY)
    target = ("--polarsearch-host", guarded.polarsearch, "--polarsearch-ca", guarded.ca)
    service = ("--polarsearch-endpoint", guarded.dashscope)
    result = run(*target, *service, "-p", "xdist", "-n", "2", "-k", "connectors", "--polarsearch-report", str(tmp_path))
    content = (tmp_path / "run.ndjson").read_bytes()
    assert guarded.auth[1].encode() not in content
    assert PLAIN_KEY.encode() not in content
    report = read_stream(tmp_path / "run.ndjson")
    assert {one["worker"] for one in report.judgements} == {"gw0", "gw1"}
    assert len(report.judgements) == len(report.header["selected"]) == sum(report.end["counts"].values())
    assert report.end["exit"] == result.ret


def test_what_was_left_shows_no_secret(tmp_path):
    """An answer to a removal can repeat the key: the footer says its variable in its place, in both languages."""
    redact = Redactor({"YOUR_API_KEY": Secret("sk-very-secret-key")})
    stream = EventStream(tmp_path / "run.ndjson")
    stream.end(1, ["model x is still there (sk-very-secret-key)"], ["model y sk-very-secret-key"], redact)
    written = stream.path.read_text(encoding="utf-8")
    assert "sk-very-secret-key" not in written
    end = json.loads(written)
    assert [*end["left"], *end["zh"]["left"]] == ["model x is still there ($YOUR_API_KEY)"] * 2
    assert end["kept"] == ["model y $YOUR_API_KEY"]


def test_a_stream_is_read_as_far_as_it_goes(broken, tmp_path):
    """Cut at any byte behind its first line it is read, and says that it is cut; whole it does not."""
    whole = b"\n".join((broken / "run.ndjson").read_bytes().splitlines()[i] for i in (0, 1, -1)) + b"\n"
    first = whole.index(b"\n")
    second = whole.index(b"\n", first + 1)
    path = tmp_path / "run.ndjson"
    for size in range(first, len(whole) - 1):
        path.write_bytes(whole[:size])
        report = read_stream(path)
        assert report.cut
        assert len(report.judgements) == (1 if size >= second else 0)
    path.write_bytes(whole)
    assert not read_stream(path).cut


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (None, "cannot be read"),
        (b"", "does not begin as an event stream"),
        (b'{"event": "judgement"}\n', "does not begin as an event stream"),
        (b"\x89PNG\n", "does not begin as an event stream"),
        (b'{"event": "run", "format": 99}\n', "format 99, this version reads 1"),
    ],
)
def test_what_is_no_stream_is_refused(tmp_path, content, told):
    """With a sentence that says what to give."""
    path = tmp_path / "run.ndjson"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(StreamError, match=told):
        read_stream(path)


def test_a_folder_that_cannot_be_written_ends_the_run(run, tmp_path):  # noqa: F811
    """Before anything is judged, with the option's name."""
    (tmp_path / "file").write_text("")
    result = run("--polarsearch", "--polarsearch-report", str(tmp_path / "file" / "folder"), "-k", "id-form")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "--polarsearch-report" in text_of(result)

"""Files of recordings: cut anywhere, of another format, not there, asked for what they do not hold."""

from __future__ import annotations

import json

import pytest

from pytest_polarsearch.checks.contract import Check
from pytest_polarsearch.cli import main
from pytest_polarsearch.judging.verdicts import Verdict
from pytest_polarsearch.recording.bench import judge_recording
from pytest_polarsearch.recording.findings import known_pairs
from pytest_polarsearch.recording.player import Player, key_of
from pytest_polarsearch.recording.reading import RecordingError, read_recording
from pytest_polarsearch.recording.recorder import Recorder
from pytest_polarsearch.recording.tape import Tape, bytes_of, text_of
from pytest_polarsearch.requirements.registry import load
from pytest_polarsearch.selftest import judge_under

from ..plugin.conftest import run  # noqa: F401  a fixture
from ..unit.standins import exchange, settings

SMALL = ["connectors.unknown-is-404", "connectors.id-form"]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """The recording of two checks."""
    file = tmp_path_factory.mktemp("recorded") / "run.rec"
    judge_under(settings(record=str(file)), None, SMALL)
    return file


def verdicts(recording):
    """Id -> verdict."""
    return {row.id: judged.verdict for row, judged in judge_recording(recording, known_pairs())}


def test_a_recording_cut_at_any_byte_is_read_as_far_as_it_goes(recorded, tmp_path):
    """Whole checks keep their verdicts, a cut one is never judged worse than not observed, and the cut is named."""
    content, cut, usable = recorded.read_bytes(), tmp_path / "cut.rec", 0
    for size in range(0, len(content) - 1, 7):
        cut.write_bytes(content[:size])
        try:
            recording = read_recording(cut)
        except RecordingError as error:
            assert "ends before it says what was judged" in str(error)
            continue
        usable += 1
        assert recording.missing, size
        whole = {one for one, case in recording.cases.items() if case.tape.whole}
        found = verdicts(recording)
        assert {found[one] for one in whole} <= {Verdict.PASS}
        assert set(found.values()) <= {Verdict.PASS, Verdict.NOT_OBSERVED, Verdict.WARN}
    assert usable > 200
    assert verdicts(read_recording(recorded)) == dict.fromkeys(SMALL, Verdict.PASS)


def test_a_cut_recording_says_so(recorded, tmp_path, capsys):
    """In words, beside the verdicts."""
    cut = tmp_path / "cut.rec"
    cut.write_bytes(recorded.read_bytes()[:-30])
    assert main(["judge", str(cut)]) == 0
    told = capsys.readouterr().out
    assert "the recording is not whole:" in told
    assert "is cut or is no event: what follows is not read" in told
    assert "the end of what worker main recorded is not there" in told


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "cannot be read: No such file or directory"),
        (b"", "is no recording of a run"),
        (b"\x89PNG\r\n", "is no recording of a run"),
        (b'{"event": "begin", "worker": "main", "format": 99}\n', "has format 99, and this version reads 1"),
    ],
)
def test_what_is_no_recording_is_wrong_use(tmp_path, capsys, content, sentence):
    """Exit status 4, the file's name, what was found, and what to do."""
    file = tmp_path / "some.rec"
    if content is not None:
        file.write_bytes(content)
    assert main(["judge", str(file)]) == 4
    told = capsys.readouterr().err
    assert str(file) in told
    assert sentence in told


def test_the_folder_of_a_recording_is_made(run, tmp_path):  # noqa: F811
    """As those of the reports are."""
    path = tmp_path / "no" / "folder" / "run.rec"
    assert run("--polarsearch", "-k", "connectors.read-back", "--polarsearch-record", str(path)).ret == 0
    assert read_recording(path).missing == []


@pytest.mark.parametrize(
    ("lang", "told"),
    [
        (
            "en",
            "*--polarsearch-record *run.rec: the folder *taken is not there and cannot be made (File exists); name*",
        ),
        ("zh", "*--polarsearch-record *run.rec:文件夹 *taken 不存在且无法创建(File exists);请*"),
    ],
)
def test_a_folder_that_cannot_be_made_is_wrong_use(run, tmp_path, lang, told):  # noqa: F811
    """Said before anything is judged, with folder and option."""
    (tmp_path / "taken").touch()
    result = run(
        "--polarsearch-lang", lang, "--polarsearch", "--polarsearch-record", str(tmp_path / "taken" / "run.rec")
    )
    assert result.ret == 4
    result.stderr.fnmatch_lines([told])


def test_a_file_that_cannot_be_written_is_wrong_use(run, tmp_path):  # noqa: F811
    """Said before anything is judged, with the option's name."""
    result = run("--polarsearch", "--polarsearch-record", str(tmp_path))
    assert result.ret == 4
    result.stderr.fnmatch_lines(
        ["*--polarsearch-record *: this file cannot be written (Is a directory); name another*"]
    )


def test_a_newer_check_that_asks_for_more_is_not_observed(recorded):
    """It is neither passed nor failed, and the sentence names the request."""

    def newer(ctx):
        ctx.connector("chat")
        ctx.ml.info()

    check = Check("connectors.id-form", newer, ())
    pairs = [(load()["connectors.id-form"], check)]
    [(_, judged)] = judge_recording(read_recording(recorded), pairs)
    assert (judged.verdict, judged.code) == (Verdict.WARN, "not-recorded")
    assert "the recording of connectors.id-form holds no such GET /:" in judged.why


def test_a_newer_check_that_needs_another_model_is_not_observed(recorded):
    """A model that no check asked for was not made."""
    check = Check("connectors.unknown-is-404", lambda ctx: ctx.predict("rerank"), ())
    pairs = [(load()["connectors.unknown-is-404"], check)]
    [(_, judged)] = judge_recording(read_recording(recorded), pairs)
    assert judged.code == "not-recorded"
    assert "holds no model rerank" in judged.why


def test_a_newer_check_may_ask_less_and_in_another_order(tmp_path):
    """Requests are found by what they ask."""
    file, one = tmp_path / "run.rec", "connectors.version-number-or-text"
    judge_under(settings(record=str(file)), None, [one])

    def newer(ctx):
        ctx.scratch.connector(ctx.body("chat", version=1))
        ctx.connector("chat")

    [(_, judged)] = judge_recording(read_recording(file), [(load()[one], Check(one, newer, ()))])
    assert judged.verdict is Verdict.PASS, judged.why


def test_what_was_not_recorded_is_named(recorded, capsys):
    """Requirements of this version that the run did not judge."""
    assert main(["judge", str(recorded)]) == 0
    told = capsys.readouterr().out
    assert "not judged, because the recording does not hold it:" in told
    assert "chat.finish-reason" in told.partition("not judged, because the recording does not hold it:")[2]


def test_an_older_verdict_is_named_where_it_was_another(recorded, tmp_path, capsys):
    """A run judged by another version says what has moved."""
    other = tmp_path / "other.rec"
    other.write_text(recorded.read_text().replace('"verdict": "pass"', '"verdict": "fail"'))
    assert main(["judge", str(other)]) == 0
    assert "connectors.id-form was fail, and is pass" in capsys.readouterr().out


def test_bytes_of_any_kind_come_back():
    """A body that is no UTF-8 is on the tape as it was."""
    body = bytes(range(256))
    assert bytes_of(json.loads(json.dumps(text_of(body)))) == body


def test_a_request_is_the_same_whatever_its_marks_and_the_order_of_its_fields():
    """What a run adds to names, and how a body was put together, is no difference."""
    mark = "(pytest-polarsearch run 0123456789ab main {})"
    bodies = (f'{{"a": 1, "name": "x {mark.format(1)}"}}', f'{{"name": "x {mark.format(22)}", "a": 1}}')
    assert len({key_of("POST", "/", body.encode()) for body in bodies}) == 1


def test_a_tape_without_readings_stands_at_zero():
    """Nothing waits for a clock that was never read."""
    assert Player("a.b", Tape([], whole=True)).reading() == 0.0


def test_a_log_that_was_cleared_is_taken_up_again(tmp_path):
    """A fixture may empty the mock's log in the middle of a run."""

    class Mock:
        dropped = 0
        held: list = []  # noqa: RUF012

        def calls(self):
            return list(self.held)

    class Call:
        kind, headers, body = "chat", {"authorization": "Bearer secret"}, b"{}"

    recorder = Recorder(tmp_path / "a.rec", "run", "main", lambda text: text.replace("secret", "$KEY"), first=True)
    mock = Mock()
    recorder.watch(mock)
    mock.held = [Call(), Call()]
    recorder.exchange(exchange())
    mock.held = [Call()]
    recorder.exchange(exchange())
    recorder.close()
    events = [json.loads(line) for line in (tmp_path / "a.rec").read_text().splitlines()]
    assert [one["event"] for one in events] == [
        "begin", "upstream", "upstream", "exchange", "upstream", "exchange", "end",
    ]  # fmt: skip
    assert events[1]["headers"] == {"authorization": "Bearer $KEY"}

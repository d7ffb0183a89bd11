"""Two recordings compared: alike where the targets are, and every kind of difference named."""

from __future__ import annotations

import json

import pytest

from pytest_polarsearch.cli import main
from pytest_polarsearch.recording.compare import compare, correlation
from pytest_polarsearch.recording.reading import read_recording
from pytest_polarsearch.recording.tolerances import Tolerances, read_tolerances
from pytest_polarsearch.selftest import judge_under

from ..unit.standins import settings

CHECKS = (
    "predict.embedding-one-tensor-a-text", "embeddings.unit-length", "processing.rerank-in-input-order",
    "reranking.every-document-answered", "connectors.unknown-is-404", "connectors.id-form", "refusals.wrong-key-is-401",
)  # fmt: skip


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    """Records the checks under a fault, once a fault."""
    made = {}

    def record(fault=None, **options):
        key = (fault, *options.items())
        if key not in made:
            made[key] = tmp_path_factory.mktemp("recorded") / "run.rec"
            judge_under(settings(record=str(made[key]), **options), fault, CHECKS)
        return made[key]

    return record


def kinds(first, second, **tolerances):
    """The kinds of differences, with the requirement each was seen in."""
    found = compare(read_recording(first), read_recording(second), Tolerances(**tolerances))
    assert found.pairs >= 4
    return {(one.kind, one.id) for one in found.differences}


def edited(file, tmp_path, *changes):
    """The recording with texts replaced."""
    text = file.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    copy = tmp_path / "edited.rec"
    copy.write_text(text)
    return copy


def test_two_sound_runs_are_alike(record, tmp_path):
    """Ids, ports, marks, times and counts of looks are no difference."""
    again = tmp_path / "again.rec"
    judge_under(settings(record=str(again)), None, CHECKS)
    assert kinds(record(), again) == set()
    assert main(["judge", str(record()), "--against", str(again)]) == 0


def test_vectors_of_another_model_are_found(record):
    """By their cosine, as far as the tolerance says; and the verdict is compared too."""
    found = kinds(record(), record("dashscope.drifting-vectors"))
    assert ("cosine", "embeddings.unit-length") in found
    assert "cosine" not in {kind for kind, _ in kinds(record(), record("dashscope.drifting-vectors"), cosine=-1)}


def test_vectors_of_another_length_are_found(record):
    """A dimension is no matter of tolerance."""
    assert ("dimension", "embeddings.unit-length") in kinds(record(), record("dashscope.wrong-dimension"))


def test_another_order_of_documents_is_found(record, tmp_path):
    """By rank correlation, at the service and through the cluster."""
    text = record().read_text()
    events = [json.loads(line) for line in text.splitlines()]
    body = next(
        one["body"] for one in events
        if one["event"] == "exchange" and "rerank" in one["path"] and "relevance_score" in one["body"]
    )  # fmt: skip
    answer = json.loads(body)
    results = answer["output"]["results"]
    scores = [one["relevance_score"] for one in results]
    for one, score in zip(results, reversed(scores), strict=True):
        one["relevance_score"] = score
    turned = edited(record(), tmp_path, (json.dumps(body), json.dumps(json.dumps(answer))))
    assert kinds(record(), turned) == {("rank", "reranking.every-document-answered")}
    assert kinds(record(), turned, rank=-1) == set()


def test_errors_of_another_shape_and_type_are_found(record, tmp_path):
    """A client that reads the envelope breaks where either differs."""
    other = edited(record(), tmp_path, ('\\"type\\":\\"status_exception\\"', '\\"type\\":\\"another\\",\\"more\\":1'))
    found = kinds(record(), other)
    assert ("error-type", "connectors.unknown-is-404") in found
    assert ("error-shape", "connectors.unknown-is-404") in found


def test_other_statuses_and_verdicts_are_found(record):
    """The verdict as it was given, and the status of the request."""
    found = kinds(record(), record("mlcommons.unknown-connector-read"))
    assert {("verdict", "connectors.unknown-is-404"), ("status", "connectors.unknown-is-404")} <= found
    assert kinds(record(), record("mlcommons.unknown-connector-read"), ignore=("connectors.*",)) == set()


@pytest.mark.parametrize(("lang", "words"), [("en", "statuses differ (1):"), ("zh", "状态码不同 (1):")])
def test_the_report_says_what_where_and_exits_6(record, capsys, lang, words):
    """Both files, how much was compared, each difference with its request, in both languages."""
    files = str(record()), str(record("mlcommons.unknown-connector-read"))
    assert main(["judge", files[0], "--against", files[1], "--lang", lang]) == 6
    told = capsys.readouterr().out
    assert told.startswith(f"{files[0]} | {files[1]}")
    assert words in told
    assert "connectors.unknown-is-404 GET /_plugins/_ml/connectors/no-such-connector-00: 404 | 200" in told


def test_recordings_with_nothing_in_common_are_wrong_use(record, tmp_path, capsys):
    """Nothing compared is not alike."""
    other = tmp_path / "other.rec"
    judge_under(settings(record=str(other)), None, ["connectors.read-back"])
    assert main(["judge", str(record()), "--against", str(other)]) == 4
    assert "have no request in common" in capsys.readouterr().err


def test_a_cut_recording_is_named_in_the_report(record, tmp_path, capsys):
    """What is missing on one side is said with its file."""
    cut = tmp_path / "cut.rec"
    cut.write_bytes(record().read_bytes()[:-20])
    main(["judge", str(record()), "--against", str(cut)])
    assert f"the recording is not whole: {cut}: line" in capsys.readouterr().out


def test_tolerances_are_read(tmp_path):
    """What a file declares, and the defaults for the rest."""
    file = tmp_path / "tolerances.toml"
    file.write_text('version = 1\ncosine = 0.5\nignore = ["chat.*"]\n')
    assert read_tolerances(file) == Tolerances(cosine=0.5, rank=0.9, ignore=("chat.*",))
    assert read_tolerances(file).ignores("chat.answer")


def test_a_bad_file_of_tolerances_is_wrong_use(record, tmp_path, capsys):
    """One sentence with file and line; what each mistake is told as, tests/unit/test_user_files.py reads."""
    file = tmp_path / "tolerances.toml"
    file.write_text("version = 1\ncosin = 1")
    assert main(["judge", str(record()), "--against", str(record()), "--tolerances", str(file)]) == 4
    assert f"{file}:2: 'cosin' is unknown (did you mean cosine?)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([(1, 10), (2, 20), (3, 30)], 1.0),
        ([(1, 30), (2, 20), (3, 10)], -1.0),
        ([(1, 1), (2, 3), (3, 2)], 0.5),
        ([(1, 5), (1, 5)], 1.0),
        ([(1, 5), (1, 6)], 0.0),
    ],
)
def test_rank_correlation(pairs, expected):
    """Spearman's, with ties sharing a rank."""
    assert correlation(pairs) == pytest.approx(expected)

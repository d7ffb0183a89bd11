"""The search for secrets in files: every form, every place, packed or not; and what looks like one is none."""

from __future__ import annotations

import base64
import gzip
import json
import os
from urllib.parse import quote

import pytest

from pytest_polarsearch import Secret
from pytest_polarsearch.client import Client
from pytest_polarsearch.judging.canaries import GZIP, PIECE, Scanner, inflated, plant
from pytest_polarsearch.judging.redaction import Redactor
from pytest_polarsearch.secret import new_canaries
from pytest_polarsearch.verbs import ML, MlCommons

from .standins import answer, closed_port, cluster

VALUE = 'pass"wörd/+1'
FORMS = {
    "raw": VALUE.encode(),
    "percent-encoded": quote(VALUE, safe="").encode(),
    "JSON": json.dumps(VALUE).encode(),
    "JSON, letters as they are": json.dumps(VALUE, ensure_ascii=False).encode(),
    **{f"base64 after {n}": base64.b64encode(b"admin:"[:n] + VALUE.encode() + b"\n") for n in range(3)},
}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_found(form, packed, tmp_path):
    """In the middle of a file, and in a gzip member in the middle of one."""
    inside = b"x" * 5000 + FORMS[form] + b"y" * 5000
    path = tmp_path / "file"
    path.write_bytes(b"before" + (gzip.compress(inside) if packed else inside) + b"after")
    assert Scanner([Secret(VALUE)]).hits([path]) == [path]
    assert Scanner([Secret("another secret")]).hits([path]) == []


def test_a_secret_across_two_pieces_of_a_member_is_found(tmp_path):
    """Members are unpacked piece by piece; where one ends is no place to hide."""
    path = tmp_path / "file.gz"
    for offset in (-6, -1, 0, 5):
        path.write_bytes(gzip.compress(os.urandom(PIECE + offset) + VALUE.encode() + b"z" * 100))
        assert Scanner([Secret(VALUE)]).hits([path]) == [path]


def test_what_only_looks_like_gzip_is_no_error():
    """The three bytes of its beginning stand in many files."""
    assert b"".join(inflated(GZIP + b"nonsense" + GZIP)) == b""


def test_files_that_are_not_there_or_empty_hold_nothing(tmp_path):
    """An artefact that was not written is none."""
    (tmp_path / "empty").touch()
    assert Scanner([Secret(VALUE)]).hits([tmp_path / "empty", tmp_path / "missing"]) == []


def test_canaries_are_sent_where_secrets_go_and_taken_out_of_what_is_shown():
    """Each is in the request, in its body or a header, and the redactor knows each."""
    canaries = new_canaries()
    line = f"POST {ML}/models/polarsearch-canary/_predict"
    with cluster({line: answer(404, {})}) as (fake, ml):
        plant(ml, canaries)
    (asked,) = fake.asked
    sent = asked.body.decode() + str(asked.headers)
    assert all(one.reveal() in sent for one in canaries.values())
    shown = Redactor(canaries)(sent)
    assert not any(one.reveal() in shown for one in canaries.values())
    assert new_canaries() != canaries


def test_planting_asks_for_no_answer():
    """A cluster that does not answer is found out by others; without canaries nothing is sent."""
    with cluster({}) as (fake, ml):
        plant(ml, {})
        assert fake.asked == []
    client = Client(f"http://127.0.0.1:{closed_port()}")
    plant(MlCommons(client), new_canaries())
    client.close()

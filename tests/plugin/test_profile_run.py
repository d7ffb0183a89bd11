"""Runs under a vendor's profile: what it does not declare is skipped with its reason; a bad file ends the run."""

from __future__ import annotations

import pytest

from .conftest import text_of

EMBEDDING = '[embedding]\npath = "/compatible-mode/v1/embeddings"\nmodel = "text-embedding-v4"\n'


def test_what_is_not_declared_is_not_applicable(pytester, run):
    """The reason names profile and capability."""
    pytester.path.joinpath("ours.toml").write_text(f'version = 1\ntitle = "Ours"\n{EMBEDDING}')
    result = run("--polarsearch", "--polarsearch-profile", "ours.toml", "-k", "chat.finish-reason", "-rs")
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED, text_of(result)
    assert "the profile ours does not declare chat" in text_of(result)


def test_a_profile_of_another_vendor_is_found_out(run):
    """A service that has none of the declared routes is named as such, and judged no further."""
    result = run("--polarsearch", "--polarsearch-profile", "cohere-like", "-k", "reranking.best-first")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert "the model service refuses everything" in text_of(result)


def test_a_profile_of_ones_own_names_the_models(pytester, run):
    """Connectors and direct requests bear the names of the file."""
    pytester.path.joinpath("ours.toml").write_text(
        'version = 1\ntitle = "Ours"\n[chat]\npath = "/compatible-mode/v1/chat/completions"\nmodel = "qwen-plus"\n'
    )
    pytester.makepyfile(
        "def test_model(polarsearch_chat_model):\n"
        '    assert b\'"model": "qwen-plus"\' in polarsearch_chat_model.created.request_body\n'
    )
    result = run("--polarsearch-profile", "ours.toml", "test_a_profile_of_ones_own_names_the_models.py")
    assert result.ret == 0, text_of(result)


@pytest.mark.parametrize(
    ("name", "words"),
    [("teii", "did you mean tei?"), ("bad.toml", "bad.toml:3: 'chta' is unknown (did you mean chat?)")],
)
def test_a_profile_that_cannot_be_used_is_wrong_use(pytester, run, name, words):
    """Exit status 4 and one sentence, before anything is judged."""
    pytester.path.joinpath("bad.toml").write_text('version = 1\ntitle = "x"\n[chta]\n')
    result = run("--polarsearch", "--polarsearch-profile", name)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert words in text_of(result)
    assert "Traceback" not in text_of(result)

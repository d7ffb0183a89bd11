"""Profiles of vendors: the shipped ones are whole, a user's mistakes are told with their place, connectors follow."""

from __future__ import annotations

import pytest

from pytest_polarsearch.blueprints import BLUEPRINTS
from pytest_polarsearch.cli import main
from pytest_polarsearch.profiles.profile import OFFERS
from pytest_polarsearch.profiles.reading import profile_of, read_profile, read_shipped, shipped
from pytest_polarsearch.requirements.plan import planned
from pytest_polarsearch.requirements.registry import CAPABILITIES
from pytest_polarsearch.settings import SettingsError, resolve
from pytest_polarsearch.userfile import UserFileError

HEAD = 'version = 1\ntitle = "Ours"\n'
EMBEDDING = '[embedding]\npath = "/v1/embeddings"\nmodel = "m"\n'


def settings(**given):
    """Settings with these options and no others."""
    return resolve(lambda option: given.get(option.name), lambda _option: None, {})


@pytest.fixture
def read(tmp_path):
    """Reads a text as a profile."""

    def read(text, lang="en"):
        path = tmp_path / "vendor.toml"
        path.write_text(text, encoding="utf-8")
        return read_profile(path, lang)

    return read


#: What is wrong -> the file, the line that is named, words of the sentence.
MISTAKES = {
    "no title": ("version = 1\n", ":1:", "has no title"),
    "a misspelt table": (HEAD + '\n[embeddings]\npath = "/x"\n', ":4:", "did you mean embedding?"),
    "a misspelt key": (HEAD + "keys = true\n", ":3:", "did you mean key?"),
    "a misspelt field": (HEAD + EMBEDDING + "row = 3\n", ":6:", "did you mean rows?"),
    "a field of another table": (HEAD + EMBEDDING + "stream = true\n", ":6:", "'stream' is unknown"),
    "a table that is none": (HEAD + "chat = 3\n", ":3:", "begins with a line [chat]"),
    "no path": (HEAD + '[chat]\nmodel = "m"\n', ":3:", "[chat] has no path"),
    "no model": (HEAD + '[chat]\npath = "/c"\n', ":3:", "[chat] has no model"),
    "a path that is none": (HEAD + '[chat]\npath = "c"\nmodel = "m"\n', ":4:", "begins with a slash"),
    "a flag in quotes": (HEAD + 'key = "yes"\n', ":3:", "true or false"),
    "a count in quotes": (HEAD + EMBEDDING + 'rows = "10"\n', ":6:", "a whole number from 1"),
    "a count of nothing": (HEAD + EMBEDDING + "rows = 0\n", ":6:", "a whole number from 1"),
    "a flag as a count": (HEAD + EMBEDDING + "rows = true\n", ":6:", "a whole number from 1"),
    "one size": (HEAD + EMBEDDING + "dimensions = 256\n", ":6:", "a list of whole numbers"),
    "a size in quotes": (HEAD + EMBEDDING + 'dimensions = [256, "x"]\n', ":6:", "a list of whole numbers"),
    "a rerank without route": (HEAD + '[rerank]\nmodel = "m"\n', ":3:", "has no native / flat / texts"),
}


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_is_told_with_its_place(read, case, lang):
    """File, line, what is possible there and the closest word; in Chinese too."""
    text, line, words = MISTAKES[case]
    with pytest.raises(UserFileError) as told:
        read(text, lang)
    assert f"vendor.toml{line}" in str(told.value)
    if lang == "en":
        assert words in str(told.value)
    elif "did you mean" in words:
        assert words.replace("did you mean", "是否想写").replace("?", "?") in str(told.value)
    else:
        assert any("\u4e00" <= letter <= "\u9fff" for letter in str(told.value))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("teii", "did you mean tei?"),
        ("nowhere/ours.toml", "nowhere/ours.toml is not there; it should be a vendor's profile"),
        (".", ". is a folder; it should be a vendor's profile"),
    ],
)
def test_a_profile_that_is_not_there_is_refused(name, words):
    """The sentence names the option and what it takes."""
    with pytest.raises(SettingsError) as told:
        profile_of(settings(profile=name))
    assert words in str(told.value)
    assert "--polarsearch-profile" in str(told.value)


def test_every_capability_of_a_profile_is_one_of_the_registry():
    """A requirement can need each of them."""
    assert set(OFFERS) <= set(CAPABILITIES)


@pytest.mark.parametrize("name", shipped())
def test_a_shipped_profile_is_whole(name):
    """It reads, offers something, and names connectors for all that it offers."""
    profile = read_shipped(name)
    assert profile.name == name
    assert set(profile.offers) | profile.lacking.keys() == set(OFFERS)
    for one in profile.offered:
        assert profile.blueprints[one].path.startswith("/")
        assert profile.blueprints[one].request()


def test_the_default_profile_is_the_guide():
    """Without a profile connectors are those of the guide, and nothing is lacking."""
    profile = profile_of(settings())
    assert profile.name == "dashscope"
    assert dict(profile.blueprints) == dict(BLUEPRINTS)
    assert profile.lacking == {}


def test_connectors_follow_the_profile(read):
    """Paths and model names are the vendor's, the template and functions the guide's."""
    profile = read(HEAD + '[rerank]\nmodel = "m-1"\nflat = "/v1/rerank"\n')
    flat = profile.blueprints["rerank.flat"]
    assert (flat.path, flat.request()["model"], flat.functions) == (
        "/v1/rerank", "m-1", BLUEPRINTS["rerank.flat"].functions,
    )  # fmt: skip
    assert profile.reranks == ("rerank.flat",)
    assert "the profile vendor does not declare chat" in profile.lacking["chat"]


def test_the_plan_follows_the_profile():
    """What a vendor does not declare is not applicable, with the reason."""
    told = {one.id: one for one in planned(settings(profile="cohere-like"))}
    assert told["chat.finish-reason"].state == "not-applicable"
    assert "cohere-like" in told["chat.finish-reason"].why


def test_profiles_are_listed_and_printed(capsys):
    """One line each; by name the file, to begin one's own with."""
    assert main(["profiles"]) == 0
    assert [line.partition(":")[0] for line in capsys.readouterr().out.splitlines()] == list(shipped())
    assert main(["profiles", "tei"]) == 0
    assert 'texts = "/rerank"' in capsys.readouterr().out

"""The option table: where a value may come from, what is refused, and with which words."""

from __future__ import annotations

import re

import pytest

from pytest_polarsearch.options import BY_DEST, CHOICE, COUNT, FILE, FLAG, NUMBER, OPTIONS
from pytest_polarsearch.settings import SettingsError, language_of, refuse_unknown_keys, resolve
from pytest_polarsearch.words import spoken

BY_NAME = {option.name: option for option in OPTIONS}
#: A value of each option that is not its default, as text and as it must be read.
SAMPLES = {
    "": ("true", True),
    "host": ("pc-xxx.polardbsearch.rds.aliyuncs.com:3001", "https://pc-xxx.polardbsearch.rds.aliyuncs.com:3001"),
    "endpoint": ("models.example:8000", "http://models.example:8000"),
    "advertise": ("10.1.2.3", "http://10.1.2.3"),
    "profile": ("tei", "tei"),
    "ca": (__file__, __file__),
    "insecure": ("yes", True),
    "engine": ("2.19", "2.19"),
    "nodes": ("2", 2),
    "allow-settings": ("1", True),
    "budget": ("300", 300),
    "rate": ("2.5", 2.5),
    "seed": ("7", 7),
    "examples": ("20", 20),
    "level": ("should", "should"),
    "requirements": ("2026.1", "2026.1"),
    "report": ("reports", "reports"),
    "deviations": (__file__, __file__),
    "timeout": ("2.5", 2.5),
    "keep": ("on-failure", "on-failure"),
    "sweep": ("on", True),
    "selftest": ("on", True),
    "journal": ("/some/folder", "/some/folder"),
    "record": ("/some/run.rec", "/some/run.rec"),
    "replay": ("substitution.quotes-survive", "substitution.quotes-survive"),
    "lang": ("zh", "zh"),
}
PLACES = ("command line", "ini key", "environment variable")


def read(line=None, ini=None, environ=None):
    """Settings from three dictionaries, the first two by the option's name."""
    line, ini = line or {}, ini or {}
    return resolve(lambda option: line.get(option.name), lambda option: ini.get(option.name), environ or {})


def plain(value):
    """An address as its URL, everything else as it is."""
    return getattr(value, "url", value)


def test_every_option_has_a_sample():
    """The table of this test follows the option table."""
    assert SAMPLES.keys() == BY_NAME.keys()


@pytest.mark.parametrize("name", BY_NAME)
@pytest.mark.parametrize("place", PLACES)
def test_every_option_is_read_from_every_place(name, place):
    """Each option can be set on the command line, in the ini and in the environment, and says where it came from."""
    option, (raw, meant) = BY_NAME[name], SAMPLES[name]
    found = {
        "command line": lambda: read(line={name: raw}),
        "ini key": lambda: read(ini={name: raw}),
        "environment variable": lambda: read(environ={option.variable: raw}),
    }[place]()
    assert plain(found[name]) == meant
    assert (
        found.origin(name)
        == f"{place} {dict(zip(PLACES, (option.flag, option.dest, option.variable), strict=True))[place]}"
    )
    assert found.given(name)


@pytest.mark.parametrize("name", BY_NAME)
def test_the_default_stands_where_nothing_is_given(name):
    """An option that nobody sets has the table's default and says so."""
    found = read()
    assert found[name] == BY_NAME[name].default
    assert found.origin(name) == "default"
    assert not found.given(name)


def test_the_line_is_stronger_than_the_ini_and_that_than_the_environment():
    """Command line, ini, environment, default: the first that has a value wins."""
    environ = {"POLARSEARCH_LANG": "en", "POLARSEARCH_TIMEOUT": "3", "POLARSEARCH_NODES": "2"}
    found = read(line={"lang": "zh"}, ini={"lang": "en", "timeout": "4"}, environ=environ)
    assert (found["lang"], found["timeout"], found["nodes"]) == ("zh", 4.0, 2)


def test_a_flag_can_be_switched_off_where_a_weaker_place_switches_it_on():
    """A word for no in the ini is a value: the environment is not asked any more."""
    found = read(ini={"allow-settings": "no"}, environ={"POLARSEARCH_ALLOW_SETTINGS": "1"})
    assert found["allow-settings"] is False


def test_an_empty_variable_is_as_none():
    """CI systems set variables to nothing: that is not a value."""
    assert read(environ={"POLARSEARCH_HOST": ""}).address("host") is None


BAD = [
    *((option.name, "7x") for option in OPTIONS if option.kind in (NUMBER, COUNT)),
    *((option.name, str(option.most + 1)) for option in OPTIONS if option.kind in (NUMBER, COUNT)),
    *((option.name, str(option.least - 1)) for option in OPTIONS if option.kind in (NUMBER, COUNT)),
    *((option.name, "no-such-choice") for option in OPTIONS if option.kind == CHOICE),
    *((option.name, "/no/such/file.pem") for option in OPTIONS if option.kind == FILE),
    *((option.name, "perhaps") for option in OPTIONS if option.kind == FLAG),
    ("nodes", "1.5"),
    ("timeout", "nan"),
    ("timeout", "inf"),
    ("host", "ftp://x"),
    ("host", "a b:9200"),
]


@pytest.mark.parametrize(("name", "raw"), BAD)
def test_a_value_that_cannot_be_used_is_refused_with_its_origin(name, raw):
    """The refusal is one line and names the option as it was given."""
    with pytest.raises(SettingsError) as refused:
        read(environ={BY_NAME[name].variable: raw})
    assert BY_NAME[name].variable in str(refused.value)
    assert "\n" not in str(refused.value)
    assert not re.search(r"[a-z]{3,} [a-z]{2,} [a-z]{2,}", spoken(refused.value.args[0], "zh"))


@pytest.mark.parametrize(
    ("line", "ini", "environ", "found"),
    [
        (None, None, {}, "en"), ("zh", None, {}, "zh"), (None, "zh", {}, "zh"),
        (None, None, {"POLARSEARCH_LANG": "zh"}, "zh"), ("en", "zh", {"POLARSEARCH_LANG": "zh"}, "en"),
        ("fr", None, {"POLARSEARCH_LANG": "zh"}, "en"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_in_the_language_that_was_asked_for(line, ini, environ, found):
    """From the first place that names one; one that there is not is told in English."""
    assert language_of(lambda _option: line, lambda _option: ini, environ) == found


@pytest.mark.parametrize("option", [one for one in OPTIONS if one.kind == CHOICE], ids=lambda one: one.name)
def test_a_refused_choice_names_what_is_possible(option):
    """Every possible word stands in the refusal, and the closest one is offered."""
    with pytest.raises(SettingsError) as refused:
        read(line={option.name: option.choices[-1] + "x"})
    assert all(choice in str(refused.value) for choice in option.choices)
    assert f"did you mean {option.choices[-1]}?" in str(refused.value)


@pytest.mark.parametrize("option", [one for one in OPTIONS if one.kind in (NUMBER, COUNT)], ids=lambda one: one.name)
def test_a_refused_number_names_the_range(option):
    """Least and most stand in the refusal."""
    with pytest.raises(SettingsError, match=f"from {option.least:g} to {option.most:g}"):
        read(line={option.name: "-5"})


@pytest.mark.parametrize("name", ["host", "endpoint", "advertise"])
@pytest.mark.parametrize(
    "raw", ["https://admin:s3cret@c:9200", "admin:s3cret@c:9200", "https://s3cret@c", "//u:s3cret@c"]
)
def test_a_password_in_a_url_is_refused_and_not_repeated(name, raw):
    """The refusal says where an account belongs, without the account."""
    with pytest.raises(SettingsError) as refused:
        read(line={name: raw})
    assert "s3cret" not in str(refused.value)
    assert "admin" not in str(refused.value)


def test_trusting_nobody_and_somebody_exclude_each_other(tmp_path):
    """--polarsearch-ca with --polarsearch-insecure is a contradiction, and is said to be one."""
    (tmp_path / "ca.pem").touch()
    with pytest.raises(SettingsError, match="exclude each other"):
        read(line={"ca": str(tmp_path / "ca.pem"), "insecure": "true"})


@pytest.mark.parametrize("variable", ["POLARSEARCH_USER_PASSWORD", "USER_PASSWORD"])
def test_the_account_comes_from_the_environment(variable):
    """The guide's variable and ours give the account; a password may hold colons."""
    account = read(environ={variable: "admin:a:b"}).account
    assert (account.user, account.password.reveal()) == ("admin", "a:b")


def test_our_variable_goes_before_the_guides():
    """POLARSEARCH_USER_PASSWORD is the more exact name."""
    assert read(environ={"USER_PASSWORD": "u:1", "POLARSEARCH_USER_PASSWORD": "v:2"}).account.user == "v"


@pytest.mark.parametrize("raw", ["s3cret", ":s3cret", "s3cret:"])
def test_half_an_account_is_refused_and_not_repeated(raw):
    """The refusal names the variable and the form, not the value."""
    with pytest.raises(SettingsError) as refused:
        read(environ={"USER_PASSWORD": raw})
    assert "USER_PASSWORD" in str(refused.value)
    assert "user:password" in str(refused.value)
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize("variable", ["YOUR_API_KEY", "DASHSCOPE_API_KEY"])
def test_the_key_comes_from_the_environment(variable):
    """Both names that people use give the key."""
    assert read(environ={variable: "sk-1"}).api_key.reveal() == "sk-1"


def test_without_secrets_there_are_none():
    """No account and no key is a state of its own."""
    found = read()
    assert found.account is None
    assert found.api_key is None


def test_an_unknown_key_is_told_with_the_closest():
    """Keys that look like ours and are none are named, others are nobody's business here."""
    refuse_unknown_keys(["addopts", *BY_DEST])
    with pytest.raises(SettingsError) as refused:
        refuse_unknown_keys(["addopts", "polarsearch_hots"])
    assert "polarsearch_hots" in str(refused.value)
    assert "did you mean polarsearch_host?" in str(refused.value)


def test_settings_show_no_secret():
    """The settings' repr can stand in any report."""
    found = read(environ={"USER_PASSWORD": "admin:s3cret", "YOUR_API_KEY": "sk-s3cret"})
    assert "s3cret" not in repr(found)

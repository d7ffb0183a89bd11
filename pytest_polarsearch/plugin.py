"""pytest's doorway: options and hooks. It loads nothing heavy until a run uses PolarSearch."""

from __future__ import annotations

import os
import warnings
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .options import BY_DEST, FLAG, OPTIONS, Option

if TYPE_CHECKING:
    from .session.holder import RunHolder
    from .settings import Settings

#: Fixtures stand in a module of their own, and load with this one.
pytest_plugins = ("pytest_polarsearch.fixtures",)

SETTINGS = pytest.StashKey["Settings"]()
HOLDER = pytest.StashKey["RunHolder"]()
SUITE = Path(__file__).parent / "suite" / "test_conformance.py"
#: How node ids of the suite begin, wherever the package is installed.
NODE = "polarsearch"


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Offer our hooks."""
    from . import hookspecs

    pluginmanager.add_hookspecs(hookspecs)


def pytest_addoption(parser: pytest.Parser) -> None:
    """One option and one ini key for each row of the table."""
    group = parser.getgroup("polarsearch", "PolarSearch conformance and fixtures")
    for option in OPTIONS:
        group.addoption(option.flag, dest=option.dest, default=None, help=_help(option), **_reading(option))
        parser.addini(option.dest, option.help, type="string", default=None)


def _reading(option: Option) -> dict[str, Any]:
    if option.kind == FLAG:
        return {"action": "store_const", "const": "true"}
    return {"metavar": option.metavar or "|".join(option.choices)}


def _help(option: Option) -> str:
    default = "" if option.default in (None, False) else f" [default: {option.default}]"
    return f"{option.help}{default}".replace("%", "%%")


def pytest_configure(config: pytest.Config) -> None:
    """Read the settings, and put the suite in the run's way if it is wanted."""
    config.addinivalue_line(
        "markers", "polarsearch(*capabilities): skip, with the reason, where the target lacks one of the capabilities"
    )
    if config.option.help or config.option.version:
        return
    if _anything_said(config):
        _read(config)
    if SETTINGS in config.stash and config.stash[SETTINGS]["selftest"]:
        from .session.selftest import register

        register(config)
    elif _suite_wanted(config):
        _aim_at_suite(config)
        from .session.conformance import Conformance

        config.pluginmanager.register(Conformance(config), "polarsearch-conformance")
        _report_on(config)
        _replay(config)
    config.pluginmanager.register(LastLook(), "polarsearch-last-look")  # last: around what reports write at the end


def _report_on(config: pytest.Config) -> None:
    """Write the event stream and the reports, where the run has a folder for them."""
    if settings_of(config)["report"]:
        from .session.reporting import reporting_of

        config.pluginmanager.register(reporting_of(config), "polarsearch-reporting")


def _replay(config: pytest.Config) -> None:
    """Set what is judged beside what was recorded, where one requirement is judged again."""
    if settings_of(config)["replay"]:
        from .session.replaying import Replaying

        config.pluginmanager.register(Replaying(config), "polarsearch-replaying")


def _anything_said(config: pytest.Config) -> bool:
    """Whether somebody set one of our options, or an ini key that looks like ours."""
    on_the_line = any(getattr(config.option, dest, None) is not None for dest in BY_DEST)
    around = any(option.variable in os.environ for option in OPTIONS)
    return on_the_line or around or any(key.startswith("polarsearch") for key in _ini_keys(config))


def settings_of(config: pytest.Config) -> Settings:
    """The settings of the run, read when first asked for. Raises pytest.UsageError."""
    if SETTINGS not in config.stash:
        _read(config)
    return config.stash[SETTINGS]


def _read(config: pytest.Config) -> None:
    from .secret import Secret, new_canaries
    from .settings import SettingsError, language_of, refuse_one_port, refuse_unknown_keys, resolve
    from .words import spoken

    places = (
        lambda option: getattr(config.option, option.dest, None), lambda option: config.getini(option.dest), os.environ,
    )  # fmt: skip
    try:
        refuse_unknown_keys(_ini_keys(config))
        settings = resolve(*places)
        if settings["replay"]:
            from .recording.replaying import as_recorded

            settings = as_recorded(settings)
        refuse_one_port(settings, _workers(config))
    except SettingsError as error:
        raise pytest.UsageError(spoken(error.args[0], language_of(*places))) from None
    theirs = getattr(config, "workerinput", {}).get("polarsearch_canaries", {})
    canaries = {name: Secret(value) for name, value in theirs.items()} or new_canaries()
    config.stash[SETTINGS] = replace(settings, canaries=canaries)


def _workers(config: pytest.Config) -> int:
    """How many workers of pytest-xdist this process is going to start."""
    distributes = getattr(config.option, "dist", "no") != "no" and not config.option.collectonly
    return len(getattr(config.option, "tx", None) or ()) if distributes else 0


def _ini_keys(config: pytest.Config) -> list[str]:
    """The keys of the ini file; pytest 9.2 deprecates the only public way to them without giving another."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return list(getattr(config, "inicfg", ()))


def _paths_given(config: pytest.Config) -> bool:
    return config.args_source is pytest.Config.ArgsSource.ARGS


def _suite_wanted(config: pytest.Config) -> bool:
    """Asked for by name, by node id, or because a target stands on the command line and nothing else to run does."""
    asked = SETTINGS in config.stash and any(config.stash[SETTINGS][name] for name in ("", "replay"))
    aimed = any(getattr(config.option, f"polarsearch_{name}", None) for name in ("host", "endpoint"))
    named = any(map(_is_ours, config.args))
    return asked or named or (aimed and not _paths_given(config))


def _aim_at_suite(config: pytest.Config) -> None:
    given = config.args if _paths_given(config) else []
    ours = [f"{SUITE}::{arg.partition('::')[2]}" for arg in given if _is_ours(arg)]
    config.args = [arg for arg in given if not _is_ours(arg)] + (ours or [str(SUITE)])


def _is_ours(arg: str) -> bool:
    """Whether it is a node id of the suite, as pytest prints it (from a folder below the root with dots before it)."""
    return "::" in arg and arg.partition("::")[0].rpartition("/")[2] == NODE


def pytest_report_header(config: pytest.Config) -> str | None:
    """One line about the target, only where there is one to speak of."""
    holder = config.stash.get(HOLDER, None)
    settings = config.stash.get(SETTINGS, None)
    if holder is not None and holder.open:
        return holder.header()
    if settings is not None and settings.given("host"):
        from .words import said, spoken

        told = said("header.cluster", url=settings["host"].url, origin=settings.origin("host"))
        return spoken(told, settings["lang"])
    return None


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what the target lacks a capability for."""
    for mark in item.iter_markers("polarsearch"):
        reasons = holder_of(item.config).lacking(mark.args)
        if reasons:
            pytest.skip(f"{reasons[0]}")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """No traceback, local variable or captured line shows a secret, in tests of others too."""
    report = yield
    holder = item.config.stash.get(HOLDER, None)
    if holder is not None:
        holder.clean(report)
    return report


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, object, object]:
    """Close what is still open once pytest-xdist's workers are gone, and pass on what could not be removed."""
    result = yield
    holder = session.config.stash.get(HOLDER, None)
    if holder is not None:
        holder.finish(session)
    return result


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Give a worker of pytest-xdist the run's id, and prepare the cluster for all of them."""
    if SETTINGS in node.config.stash:
        holder_of(node.config).hand_over(node)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:  # noqa: ARG001  the hook's signature
    """Take over what a worker could not remove; a crashed one has left no word."""
    if SETTINGS in node.config.stash:
        holder_of(node.config).take_over(getattr(node, "workeroutput", None))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """What was left on the cluster, or in files, and should not be."""
    holder = config.stash.get(HOLDER, None)
    if holder is not None:
        holder.tell(terminalreporter.line)


def pytest_unconfigure(config: pytest.Config) -> None:
    """The last place that runs, also after a second Ctrl-C."""
    holder = config.stash.get(HOLDER, None)
    if holder is not None:
        holder.close()


def holder_of(config: pytest.Config) -> RunHolder:
    """What holds this process's run, opened or not."""
    if HOLDER not in config.stash:
        from .session.holder import RunHolder

        config.stash[HOLDER] = RunHolder(config, settings_of(config))
    return config.stash[HOLDER]


class LastLook:
    """Looks for secrets in what the run wrote, when all of it is written and before the summary is."""

    @pytest.hookimpl(wrapper=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, object, object]:
        """A secret in a file fails the run."""
        result = yield
        holder = session.config.stash.get(HOLDER, None)
        if holder is not None:
            holder.look_for_secrets(session)
        return result
